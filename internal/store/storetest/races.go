package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
)

// racers is how many goroutines compete.
const racers = 8

// claimAll claims free recipients until there are none and calls got with each.
func claimAll(t testing.TB, e store.Engine, owner string, got func(bson.ObjectID)) error {
	free := store.Query{Collection: store.Recipients, Filter: d("claim.owner", nil)}
	for {
		doc, err := e.FindOneAndUpdate(t.Context(), free, d("$set", d("claim", d("owner", owner, "until", noon))))
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		got(doc.Lookup("_id").ObjectID())
	}
}

// enrol inserts n recipients of one sequence.
func enrol(t *testing.T, e store.Engine, n int) {
	t.Helper()
	sequence := bson.NewObjectID()
	docs := make([]bson.D, n)
	for i := range docs {
		docs[i] = d("sequenceId", sequence, "email", fmt.Sprintf("r%d@example.com", i), "state", "queued", "nextSendAt", noon, "createdAt", noon)
	}
	insert(t, e, store.Recipients, docs...)
}

func testRaces(t *testing.T, e Engine) {
	t.Run("claims", func(t *testing.T) {
		engine := e.Open(t)
		enrol(t, engine, 100)
		var mu sync.Mutex
		claims := map[bson.ObjectID]int{}
		race(t, func(i int) error {
			return claimAll(t, engine, fmt.Sprint(i), func(id bson.ObjectID) {
				mu.Lock()
				defer mu.Unlock()
				claims[id]++
			})
		})
		requireOnce(t, claims, 100)
	})
	t.Run("upserts", func(t *testing.T) {
		engine := e.Open(t)
		race(t, func(int) error {
			results, err := engine.Write(t.Context(), []store.Write{{
				Kind: store.Upsert, Collection: store.Suppressions, Filter: d("value", "a"), Update: d("$inc", d("n", 1)),
			}})
			if err != nil {
				return err
			}
			return results[0].Err
		})
		if n := only(t, engine, store.Suppressions, d("value", "a")).Lookup("n").AsInt64(); n != racers {
			t.Errorf("%d of %d upserts counted", n, racers)
		}
	})
	t.Run("inserts of one key", func(t *testing.T) {
		engine := e.Open(t)
		won := make(chan int, racers)
		race(t, func(i int) error {
			results, err := engine.Write(t.Context(), []store.Write{
				{Kind: store.Insert, Collection: store.Users, Document: d("email", fmt.Sprint("own", i))},
				{Kind: store.Insert, Collection: store.Users, Document: d("email", "shared")},
				{Kind: store.Insert, Collection: store.Users, Document: d("email", fmt.Sprint("own too", i))},
			})
			if err == nil && results[1].Err == nil {
				won <- i
			}
			return errors.Join(err, results[0].Err, results[2].Err)
		})
		if len(won) != 1 {
			t.Errorf("%d inserts of one key were accepted, want 1", len(won))
		}
	})
	t.Run("counters", func(t *testing.T) {
		engine := e.Open(t)
		insert(t, engine, store.Counters, d("_id", "k", "count", 0))
		race(t, func(int) error {
			for range 5 {
				results, err := engine.Write(t.Context(), []store.Write{{Kind: store.Update, Collection: store.Counters, Filter: d("_id", "k"), Update: d("$inc", d("count", 1))}})
				if err != nil || results[0].Matched != 1 {
					return fmt.Errorf("matched %v: %w", results, err)
				}
			}
			return nil
		})
		if n := only(t, engine, store.Counters, d("_id", "k")).Lookup("count").AsInt64(); n != 5*racers {
			t.Errorf("counted to %d, want %d", n, 5*racers)
		}
	})
}

// race runs f in parallel.
func race(t *testing.T, f func(i int) error) {
	t.Helper()
	var g errgroup.Group
	for i := range racers {
		g.Go(func() error { return f(i) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func requireOnce(t *testing.T, claims map[bson.ObjectID]int, want int) {
	t.Helper()
	if len(claims) != want {
		t.Errorf("%d claimed, want %d", len(claims), want)
	}
	for id, n := range claims {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id.Hex(), n)
		}
	}
}
