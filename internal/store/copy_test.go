package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
)

// contents reads all documents of an engine by collection and id.
func contents(t *testing.T, e store.Engine) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, c := range store.Collections {
		err := e.Find(t.Context(), store.Query{Collection: c.Name}, func(doc bson.Raw) error {
			all[c.Name+" "+doc.Lookup("_id").String()] = doc.String()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func put(t *testing.T, e store.Engine, collection string, docs ...bson.D) {
	t.Helper()
	writes := make([]store.Write, len(docs))
	for i, doc := range docs {
		writes[i] = store.Write{Kind: store.Insert, Collection: collection, Document: doc}
	}
	results, err := e.Write(t.Context(), writes)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func ignore(string, int64, int64) {}

// TestCopy takes documents there and back again between all pairs of engines.
func TestCopy(t *testing.T) {
	engines := storetest.Engines(t)
	for i, first := range engines {
		second := engines[(i+1)%len(engines)]
		t.Run(first.Name+" to "+second.Name, func(t *testing.T) {
			from, to := first.Open(t), second.Open(t)
			at := time.Date(2026, 11, 22, 12, 0, 0, 5_000_000, time.UTC)
			lease := bson.D{{Key: "owner", Value: "me"}, {Key: "until", Value: at}}
			put(t, from, store.Mailboxes, bson.D{{Key: "email", Value: "a"}, {Key: "lease", Value: lease}, {Key: "syncLease", Value: lease}, {Key: "theirs", Value: at}})
			put(t, from, store.Recipients, bson.D{{Key: "email", Value: "r"}, {Key: "claim", Value: lease}, {Key: "step", Value: int32(1)}})
			put(t, from, store.Counters, bson.D{{Key: "_id", Value: "k"}, {Key: "count", Value: int32(3)}})
			var users []bson.D
			for i := range 60 {
				users = append(users, bson.D{{Key: "email", Value: fmt.Sprint(i)}, {Key: "claim", Value: "no lease here"}})
			}
			put(t, from, store.Users, users...)

			for range 2 { // it may be run again
				counts, err := store.Copy(t.Context(), from, to, ignore)
				if err != nil {
					t.Fatal(err)
				}
				requireCounts(t, counts, map[string]int64{store.Mailboxes: 1, store.Recipients: 1, store.Counters: 1, store.Users: 60})
			}
			if n, err := to.Count(t.Context(), store.Mailboxes, bson.D{{Key: "lease.owner", Value: nil}, {Key: "syncLease.owner", Value: nil}}); err != nil || n != 1 {
				t.Errorf("%d mailboxes are free in the copy (%v), want 1", n, err)
			}
			if n, err := to.Count(t.Context(), store.Recipients, bson.D{{Key: "claim.owner", Value: nil}}); err != nil || n != 1 {
				t.Errorf("%d recipients are free in the copy (%v), want 1", n, err)
			}
			copied := contents(t, to)
			if _, err := store.Copy(t.Context(), to, from, ignore); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(copied, contents(t, from)); diff != "" {
				t.Errorf("there and back again (-there +back):\n%s", diff)
			}
		})
	}
}

func requireCounts(t *testing.T, counts []store.CopyCount, want map[string]int64) {
	t.Helper()
	if len(counts) != len(store.Collections) {
		t.Errorf("%d collections, want %d", len(counts), len(store.Collections))
	}
	for _, c := range counts {
		if c.Copied != want[c.Collection] || c.Target != want[c.Collection] {
			t.Errorf("%s: %d copied, %d there, want %d", c.Collection, c.Copied, c.Target, want[c.Collection])
		}
	}
}

func TestCopyReportsProgress(t *testing.T) {
	from, to := storetest.SQLite().Open(t), storetest.SQLite().Open(t)
	var users []bson.D
	for i := range 1200 {
		users = append(users, bson.D{{Key: "email", Value: fmt.Sprint(i)}})
	}
	put(t, from, store.Users, users...)
	var seen [][2]int64
	_, err := store.Copy(t.Context(), from, to, func(collection string, done, total int64) {
		if collection == store.Users {
			seen = append(seen, [2]int64{done, total})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][2]int64{{500, 1200}, {1000, 1200}, {1200, 1200}}, seen); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestCopyNamesWhatStandsInTheWay(t *testing.T) {
	from, to := storetest.SQLite().Open(t), storetest.SQLite().Open(t)
	put(t, from, store.Users, bson.D{{Key: "email", Value: "a"}})
	put(t, to, store.Users, bson.D{{Key: "email", Value: "a"}})
	if _, err := store.Copy(t.Context(), from, to, ignore); !store.IsDuplicate(err) {
		t.Errorf("got %v, want a DuplicateError", err)
	}
}
