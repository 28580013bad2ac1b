package store

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// counterLife is how long a day's counter is kept; longer than any day in any zone.
const counterLife = 72 * time.Hour

// Reserve takes one place under a cap that several processes share ("new:<sequence>:<day>") and tells whether there was one. What is
// not used must be given back with Unreserve.
func (s *Store) Reserve(ctx context.Context, key string, limit int) (bool, error) {
	if limit <= 0 {
		return false, nil
	}
	for {
		below := bson.D{{Key: "_id", Value: key}, {Key: "count", Value: bson.D{{Key: "$lt", Value: limit}}}}
		_, err := s.engine.FindOneAndUpdate(ctx, Query{Collection: Counters, Filter: below}, bson.D{{Key: "$inc", Value: bson.D{{Key: "count", Value: 1}}}})
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return false, err
		}
		err = s.insert(ctx, Counters, bson.D{{Key: "_id", Value: key}, {Key: "count", Value: 1}, {Key: "expiresAt", Value: s.Now().Add(counterLife)}})
		if err == nil {
			return true, nil
		}
		if !IsDuplicate(err) {
			return false, err
		}
		if n, err := s.Reserved(ctx, key); err != nil || n >= limit {
			return false, err
		}
	}
}

// Unreserve gives a place back.
func (s *Store) Unreserve(ctx context.Context, key string) error {
	return s.write(ctx, Write{Kind: Update, Collection: Counters, Filter: byID(key), Update: bson.D{{Key: "$inc", Value: bson.D{{Key: "count", Value: -1}}}}})
}

// Reserved is how many places under a cap are taken.
func (s *Store) Reserved(ctx context.Context, key string) (int, error) {
	doc, err := first[struct {
		Count int `bson:"count"`
	}](ctx, s, Query{Collection: Counters, Filter: byID(key)})
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return doc.Count, nil
}

// PruneCounters removes the counters of days gone by.
func (s *Store) PruneCounters(ctx context.Context) error {
	_, err := s.remove(ctx, Counters, bson.D{{Key: "expiresAt", Value: bson.D{{Key: "$lt", Value: s.Now()}}}})
	return err
}
