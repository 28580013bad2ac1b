package main

import (
	"bytes"
	"slices"
	"sync"

	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// collection is documents by their age, with their indexes. One writer or many readers are at it at a time; a statement, of which a batch may
// hold many, is done at one go.
type collection struct {
	namespace string

	mu      sync.RWMutex
	records btree.Map[uint64, *record]
	next    uint64
	indexes []*index // the first is that of _id
}

func newCollection(namespace string) *collection {
	spec := newBuilder()
	key := newBuilder()
	key.int("_id", 1)
	spec.int("v", 2)
	spec.document("key", key.done())
	spec.text("name", "_id_")
	id := &index{spec: spec.done(), name: "_id_", parts: []part{{path: path{"_id"}}}, unique: true}
	return &collection{namespace: namespace, indexes: []*index{id}}
}

// scan visits the matches of a filter until visit returns false, in the order of the plan.
func (c *collection) scan(p plan, f filter, visit func(*record) bool) {
	seen := map[*record]bool{}
	repeats := p.either != nil || p.index != nil && p.index.multikey
	check := func(r *record) bool {
		if !f.matches(r.doc) || repeats && seen[r] {
			return true
		}
		if repeats {
			seen[r] = true
		}
		return visit(r)
	}
	c.walk(p, check)
}

// walk visits everything that a plan leads to, and tells whether visit wanted more.
func (c *collection) walk(p plan, visit func(*record) bool) bool {
	switch {
	case p.either != nil:
		return !slices.ContainsFunc(p.either, func(one plan) bool { return !c.walk(one, visit) })
	case p.index == nil:
		more := true
		c.records.Scan(func(_ uint64, r *record) bool {
			more = visit(r)
			return more
		})
		return more
	}
	spans := p.spans
	if p.reverse {
		spans = slices.Clone(spans)
		slices.Reverse(spans)
	}
	for _, s := range spans {
		if !p.index.scan(s, p.reverse, visit) {
			return false
		}
	}
	return true
}

// find returns the matches in an order, as many as wanted; 0 means all.
func (c *collection) find(f filter, order []part, most int) []*record {
	p := c.plan(f, order)
	var found []*record
	if len(order) > 0 && p.sorted && len(p.spans) > 1 {
		for _, s := range p.spans {
			one := p
			one.spans = []span{s}
			found = append(found, c.take(one, f, most)...)
		}
	} else {
		if len(order) == 0 || p.sorted {
			return c.take(p, f, most)
		}
		found = c.take(p, f, 0)
	}
	found = sorted(found, order)
	if most > 0 {
		found = found[:min(most, len(found))]
	}
	return found
}

func (c *collection) take(p plan, f filter, most int) []*record {
	var found []*record
	c.scan(p, f, func(r *record) bool {
		found = append(found, r)
		return len(found) != most
	})
	return found
}

func sorted(records []*record, order []part) []*record {
	type keyed struct {
		key []byte
		*record
	}
	all := make([]keyed, len(records))
	for i, r := range records {
		all[i] = keyed{sortKey(order, r.doc), r}
	}
	slices.SortStableFunc(all, func(a, b keyed) int { return bytes.Compare(a.key, b.key) })
	for i := range all {
		records[i] = all[i].record
	}
	return records
}

// first is the first match in an order, nil if there is none.
func (c *collection) first(f filter, order []part) *record {
	if found := c.find(f, order, 1); len(found) > 0 {
		return found[0]
	}
	return nil
}

// insert adds a document, with an id if it has none.
func (c *collection) insert(doc bsoncore.Document) (*record, error) {
	doc = withID(doc)
	switch id := lookup(doc, "_id"); {
	case id.Type == bsoncore.TypeArray:
		return nil, badValue("The '_id' value cannot be of type array")
	case len(doc) > maxDocument:
		return nil, badValue("the document of %d bytes is larger than %d", len(doc), maxDocument)
	}
	c.next++
	r := &record{number: c.next}
	if err := c.put(r, doc, everything); err != nil {
		return nil, err
	}
	c.records.Set(r.number, r)
	return r, nil
}

// put makes a document a record's, in all indexes, or in none if one refuses it. Indexes on fields that have not changed are left alone.
func (c *collection) put(r *record, doc bsoncore.Document, changed func(*index) bool) error {
	keys := make([][]string, len(c.indexes))
	for i, ix := range c.indexes {
		if !changed(ix) {
			keys[i] = r.keys[i]
			continue
		}
		var err error
		if keys[i], err = ix.keysOf(r, doc); err != nil {
			return err
		}
		if err := ix.check(c.namespace, r, keys[i], doc); err != nil {
			return err
		}
	}
	for i, ix := range c.indexes {
		var old []string
		if i < len(r.keys) {
			old = r.keys[i]
		}
		if changed(ix) {
			ix.replace(r, old, keys[i])
		}
	}
	r.doc, r.keys = doc, keys
	return nil
}

// everything says of every index that it is to be looked at.
func everything(*index) bool { return true }

func (c *collection) remove(r *record) {
	for i, ix := range c.indexes {
		ix.replace(r, r.keys[i], nil)
	}
	c.records.Delete(r.number)
}

// withID puts an id in front if there is none, and to the front if there is one.
func withID(doc bsoncore.Document) bsoncore.Document {
	if first, err := doc.IndexErr(0); err == nil && first.Key() == "_id" {
		return doc
	}
	b := newBuilder()
	if id := lookup(doc, "_id"); !isMissing(id) {
		b.value("_id", id)
	} else {
		fresh := bson.NewObjectID()
		b.value("_id", bsoncore.Value{Type: bsoncore.TypeObjectID, Data: fresh[:]})
	}
	for el := range elements(doc) {
		if string(el.KeyBytes()) != "_id" {
			b.element(el)
		}
	}
	return b.done()
}

// change applies an update to a record and tells whether that changed it.
func (c *collection) change(r *record, u update) (bool, error) {
	doc, err := u.apply(r.doc, false)
	switch {
	case err != nil:
		return false, err
	case bytes.Equal(doc, r.doc):
		return false, nil
	case len(doc) > maxDocument:
		return false, badValue("the document of %d bytes is larger than %d", len(doc), maxDocument)
	}
	return true, c.put(r, doc, u.touches)
}

// upsert adds the document that an update makes of a filter that nothing matches.
func (c *collection) upsert(f filter, u update) (*record, error) {
	doc, err := f.seed()
	if err != nil {
		return nil, err
	}
	if doc, err = u.apply(doc, true); err != nil {
		return nil, err
	}
	return c.insert(doc)
}

// addIndex makes an index over what is there.
func (c *collection) addIndex(ix *index) error {
	var err error
	all := make(map[*record][]string, c.records.Len())
	c.records.Scan(func(_ uint64, r *record) bool {
		var keys []string
		if keys, err = ix.keysOf(r, r.doc); err == nil {
			err = ix.check(c.namespace, r, keys, r.doc)
		}
		if err == nil {
			ix.replace(r, nil, keys)
			all[r] = keys
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	c.indexes = append(c.indexes, ix)
	for r, keys := range all {
		r.keys = append(r.keys, keys)
	}
	return nil
}

func (c *collection) dropIndex(i int) {
	c.indexes = slices.Delete(slices.Clone(c.indexes), i, i+1)
	c.records.Scan(func(_ uint64, r *record) bool {
		r.keys = slices.Delete(r.keys, i, i+1)
		return true
	})
}
