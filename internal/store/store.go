// Package store keeps mailrun's documents. Every query is written once, here, in MongoDB's words; two engines (sqlite, mongo) carry
// them out. One file per collection, each query beside its method; collections.go declares the indexes that serve them.
//
// Only single-document atomicity is used. What spans documents is ordered so that a process killed between two writes leaves something
// that the next run recognises and completes:
//
//   - a delivery: recipient claimed → history inserted as sending → (SMTP) → history sent → recipient advanced. The history's id is
//     derived from recipient and step, so a second attempt at a step collides with the first.
//   - a reply: reply inserted → each effect applied and marked on the reply → cursor advanced.
//
// Ownership is by lease: a document carries owner, token and expiry, and whoever writes under a lease puts the token in the filter.
package store

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Store reads and writes documents through an engine.
type Store struct {
	engine  Engine
	now     func() time.Time
	reading atomic.Pointer[reading] // of the server's clock, nil if that does not count
	looks   *Gatherer[*looking]

	suppressed *Gatherer[*asking]
}

// New returns a store over an engine; now is its clock, unless UseServerTime is called.
func New(engine Engine, now func() time.Time) *Store {
	s := &Store{engine: engine, now: now}
	s.looks = NewGatherer(lookTogether, s.lookAll)
	s.suppressed = NewGatherer(lookTogether, s.askTogether)
	return s
}

// Engine is the database underneath.
func (s *Store) Engine() Engine { return s.engine }

// Millis is a time as the store keeps it: UTC, cut to the millisecond.
func Millis(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// find decodes every match.
func find[T any](ctx context.Context, s *Store, q Query) ([]T, error) {
	var out []T
	err := s.engine.Find(ctx, q, func(raw bson.Raw) error {
		switch {
		case out == nil:
			out = make([]T, 0, min(max(q.Limit, 4), 64))
		case len(out) == cap(out): // it will be many
			out = slices.Grow(out, int(min(max(q.Limit-int64(len(out)), 1), 1000)))
		}
		out = append(out, *new(T))
		if err := bson.Unmarshal(raw, &out[len(out)-1]); err != nil {
			return fmt.Errorf("read %s %v: %w", q.Collection, raw.Lookup("_id"), err)
		}
		return nil
	})
	return out, err
}

// first decodes the first match or returns ErrNotFound.
func first[T any](ctx context.Context, s *Store, q Query) (*T, error) {
	q.Limit = 1
	docs, err := find[T](ctx, s, q)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, ErrNotFound
	}
	return &docs[0], nil
}

// findOneAndUpdate changes the first match and decodes it as it is afterwards.
func findOneAndUpdate[T any](ctx context.Context, s *Store, q Query, update bson.D) (*T, error) {
	raw, err := s.engine.FindOneAndUpdate(ctx, q, s.touched(update))
	if err != nil {
		return nil, err
	}
	var doc T
	if err := bson.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read %s: %w", q.Collection, err)
	}
	return &doc, nil
}

// findManyAndUpdate changes every match and decodes those that it changed, as they are afterwards; for changed see Engine.
func findManyAndUpdate[T any](ctx context.Context, s *Store, collection string, filter, update, changed bson.D) ([]T, error) {
	found, err := s.engine.FindManyAndUpdate(ctx, collection, filter, s.touched(update), changed)
	if err != nil {
		return nil, err
	}
	docs := make([]T, len(found))
	for i, raw := range found {
		if err := bson.Unmarshal(raw, &docs[i]); err != nil {
			return nil, fmt.Errorf("read %s %v: %w", collection, raw.Lookup("_id"), err)
		}
	}
	return docs, nil
}

// touched adds updatedAt to an update.
func (s *Store) touched(update bson.D) bson.D {
	stamp := bson.E{Key: "updatedAt", Value: s.Now()}
	out := make(bson.D, 0, len(update)+1)
	found := false
	for _, op := range update {
		if op.Key == "$set" {
			found = true
			op.Value = append(append(bson.D{}, op.Value.(bson.D)...), stamp)
		}
		out = append(out, op)
	}
	if !found {
		out = append(out, bson.E{Key: "$set", Value: bson.D{stamp}})
	}
	return out
}

// write runs writes and returns the first error, a duplicate included.
func (s *Store) write(ctx context.Context, writes ...Write) error {
	results, err := s.engine.Write(ctx, writes)
	if err != nil {
		return err
	}
	for _, r := range results {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// insert stores one new document.
func (s *Store) insert(ctx context.Context, collection string, document any) error {
	return s.write(ctx, Write{Kind: Insert, Collection: collection, Document: document})
}

// insertEach stores new documents in one go and tells for each whether it was new; one whose key is known is left as it is.
func (s *Store) insertEach(ctx context.Context, writes []Write) ([]bool, error) {
	results, err := s.engine.Write(ctx, writes)
	if err != nil {
		return nil, err
	}
	isNew := make([]bool, len(results))
	for i, r := range results {
		if r.Err != nil && !IsDuplicate(r.Err) {
			return nil, r.Err
		}
		isNew[i] = r.Err == nil
	}
	return isNew, nil
}

// update changes the document that matches the filter and returns ErrNotFound if none does.
func (s *Store) update(ctx context.Context, collection string, filter, update bson.D) error {
	return s.updateOne(ctx, Write{Kind: Update, Collection: collection, Filter: filter, Update: s.touched(update)})
}

func (s *Store) updateOne(ctx context.Context, w Write) error {
	results, err := s.engine.Write(ctx, []Write{w})
	if err != nil {
		return err
	}
	if results[0].Err == nil && results[0].Matched == 0 {
		return ErrNotFound
	}
	return results[0].Err
}

// remove deletes the documents that match the filter and returns how many there were.
func (s *Store) remove(ctx context.Context, collection string, filter bson.D) (int64, error) {
	results, err := s.engine.Write(ctx, []Write{{Kind: DeleteMany, Collection: collection, Filter: filter}})
	if err != nil {
		return 0, err
	}
	return results[0].Matched, results[0].Err
}

// byID is the filter for one document.
func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// set and unset are the two updates that most methods make.
func set(fields ...bson.E) bson.D { return bson.D{{Key: "$set", Value: bson.D(fields)}} }

func unset(fields ...string) bson.E {
	names := make(bson.D, len(fields))
	for i, f := range fields {
		names[i] = bson.E{Key: f, Value: ""}
	}
	return bson.E{Key: "$unset", Value: names}
}
