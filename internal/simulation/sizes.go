package simulation

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/population"
	"mailrun/internal/store"
)

// What MongoDB's storage engine adds to what is measured here. WiredTiger keeps an index entry as its key and the record's number with a cell
// header, compresses prefixes that entries share, and fills pages by some three quarters where keys come in no order. Documents are compressed
// by snappy, which makes about half of mail texts and field names.
const (
	perEntry    = 8    // bytes: record number and cell header
	pageFill    = 0.75 // of an index
	compression = 0.5  // of documents on disk
)

// Size is what a collection's documents and index entries take on average, in bytes.
type Size struct {
	Collection string
	Count      int // documents that were looked at
	Document   float64
	Indexes    map[string]float64 // by name, for each document
}

// Index is the sum over the indexes.
func (s Size) Index() float64 {
	var sum float64
	for _, n := range s.Indexes {
		sum += n
	}
	return sum
}

// Measure fills nothing but a scale with what internal/population would store, and weighs it.
func Measure(ctx context.Context, recipients int) (map[string]Size, error) {
	s := &scale{byName: map[string]*weight{}}
	plan := population.Plan{Recipients: recipients, Mailboxes: recipients / 200, Sequences: max(recipients/1800, 2), Runs: 100, Now: monday, Seed: 1}
	if _, err := population.Fill(ctx, store.New(s, nil), plan); err != nil {
		return nil, fmt.Errorf("weigh documents: %w", err)
	}
	sizes := map[string]Size{}
	for name, w := range s.byName {
		sizes[name] = w.size(declared(name))
	}
	return sizes, nil
}

// scale is an engine that weighs what is written to it and keeps nothing.
type scale struct {
	store.Engine
	mu     sync.Mutex
	byName map[string]*weight
}

// weight is what was written to one collection.
type weight struct {
	documents, bytes int
	keys             []indexWeight
}

// indexWeight is what the entries of one index weigh: by field, the bytes of its values and how many prefixes up to it differ.
type indexWeight struct {
	bytes    []int
	prefixes []map[string]bool
}

// Name makes population write in batches, as to a server.
func (s *scale) Name() string { return "scale" }

// Write weighs documents.
func (s *scale) Write(_ context.Context, writes []store.Write) ([]store.WriteResult, error) {
	for _, w := range writes {
		raw, err := bson.Marshal(w.Document)
		if err != nil {
			return nil, err
		}
		s.weigh(w.Collection, raw)
	}
	return make([]store.WriteResult, len(writes)), nil
}

func (s *scale) weigh(collection string, doc bson.Raw) {
	s.mu.Lock()
	defer s.mu.Unlock()
	def := declared(collection)
	w := s.byName[collection]
	if w == nil {
		w = &weight{keys: make([]indexWeight, len(def.Indexes))}
		s.byName[collection] = w
	}
	w.documents++
	w.bytes += len(doc)
	for i, ix := range def.Indexes {
		w.keys[i].add(ix, doc)
	}
}

func (w *indexWeight) add(ix store.Index, doc bson.Raw) {
	if w.bytes == nil {
		w.bytes, w.prefixes = make([]int, len(ix.Keys)), make([]map[string]bool, len(ix.Keys))
	}
	if ix.Sparse && slices.ContainsFunc(ix.Needs, func(path string) bool { _, err := doc.LookupErr(path); return err != nil }) {
		return
	}
	prefix := ""
	for f, key := range ix.Keys {
		value, _ := doc.LookupErr(strings.Split(key, ".")...)
		w.bytes[f] += keyBytes(value)
		if prefix += value.String() + "\x00"; w.prefixes[f] == nil {
			w.prefixes[f] = map[string]bool{}
		}
		w.prefixes[f][prefix] = true
	}
}

// keyBytes is the length of a value in MongoDB's key encoding (src/mongo/db/storage/key_string): a byte for the type, then the value.
func keyBytes(v bson.RawValue) int {
	switch v.Type {
	case bson.TypeObjectID:
		return 1 + 12
	case bson.TypeDateTime:
		return 1 + 8
	case bson.TypeString:
		return 1 + len(v.StringValue()) + 1
	case bson.TypeInt32, bson.TypeInt64:
		return 1 + 2
	}
	return 1 // null, missing, boolean
}

// sharedBy is how many entries must share a prefix, on average, for it to count as compressed away.
const sharedBy = 4

// size makes averages. Of an index's fields those at its beginning that many entries share weigh nothing.
func (w *weight) size(def store.Collection) Size {
	s := Size{Collection: def.Name, Count: w.documents, Document: float64(w.bytes) / float64(w.documents), Indexes: map[string]float64{}}
	s.Indexes["_id"] = (1 + 12 + perEntry) / pageFill
	for i, ix := range def.Indexes {
		entry := float64(perEntry)
		for f := range ix.Keys {
			if len(w.keys[i].prefixes) > f && sharedBy*len(w.keys[i].prefixes[f]) > w.documents {
				entry += float64(w.keys[i].bytes[f]) / float64(w.documents)
			}
		}
		s.Indexes[ix.Name] = entry / pageFill
	}
	return s
}
