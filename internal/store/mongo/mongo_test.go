package mongo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
	"mailrun/internal/store/mongo"
	"mailrun/internal/store/storetest"
)

// deaf listens and never answers.
func deaf(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// gone is an address at which nobody listens.
func gone(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

func TestUnreachable(t *testing.T) {
	const wait = "serverSelectionTimeoutMS=300&connectTimeoutMS=200"
	for _, tc := range []struct {
		name, address, says string
	}{
		{"nobody there", gone(t), "connection refused"},
		{"no answer", deaf(t), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			uri := "mongodb://me:pass%3Aword@" + tc.address + "/mail?" + wait
			_, err := mongo.Open(t.Context(), uri, "", mongo.Options{})
			if !errors.Is(err, store.ErrUnreachable) {
				t.Fatalf("got %v, want ErrUnreachable", err)
			}
			text := err.Error()
			if !strings.Contains(text, tc.address+"/mail") || !strings.Contains(text, tc.says) || strings.Contains(text, "\n") {
				t.Errorf("got %q, want one line that names host and database, and says %q", text, tc.says)
			}
			if strings.Contains(text, "pass") {
				t.Errorf("%q tells the password", text)
			}
		})
	}
}

func TestBadURI(t *testing.T) {
	for _, uri := range []string{"", "localhost", "mongodb://", "http://localhost", "mongodb://me:se%zzcret@localhost/", "mongodb://me:secret@localhost/?w=x&tls=maybe"} {
		_, err := mongo.Open(t.Context(), uri, "", mongo.Options{})
		if err == nil || errors.Is(err, store.ErrUnreachable) || !strings.HasPrefix(err.Error(), "MONGODB_URI: ") {
			t.Errorf("%q: got %v, want an error about MONGODB_URI", uri, err)
		} else if strings.Contains(err.Error(), "cret") {
			t.Errorf("%q tells the password", err)
		}
	}
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := mongo.Open(ctx, "mongodb://"+gone(t), "", mongo.Options{})
	if !errors.Is(err, context.Canceled) || errors.Is(err, store.ErrUnreachable) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestDatabase(t *testing.T) {
	uri := storetest.Mongo(t)
	for _, tc := range []struct{ database, want string }{{"", uri[strings.LastIndex(uri, "/")+1:]}, {"other", "other"}} {
		e, err := mongo.Open(t.Context(), uri, tc.database, mongo.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want, _, _ := strings.Cut(tc.want, "?"); !strings.HasSuffix(e.Location(), "/"+want) {
			t.Errorf("%s is used, want the database %s", e.Location(), want)
		}
		if err := e.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestSharedRoundTrips has many goroutines write the same shape of batch at once.
func TestSharedRoundTrips(t *testing.T) {
	e := storetest.MongoDB().Open(t)
	batch := func(i int) []store.Write {
		id := bson.NewObjectID()
		return []store.Write{
			{Kind: store.Insert, Collection: store.History, Document: bson.D{{Key: "_id", Value: id}, {Key: "status", Value: "sending"}}},
			{Kind: store.Insert, Collection: store.Users, Document: bson.D{{Key: "email", Value: fmt.Sprint(i)}}},
			{Kind: store.Update, Collection: store.History, Filter: bson.D{{Key: "_id", Value: id}}, Update: bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "sent"}}}}},
		}
	}
	before := e.RoundTrips()
	const writers = 40
	var g errgroup.Group
	for i := range writers {
		g.Go(func() error {
			results, err := e.Write(t.Context(), batch(i))
			if err == nil && results[2].Matched != 1 {
				return fmt.Errorf("got %v, want each update to match", results)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if trips := e.RoundTrips() - before; trips >= writers*3 {
		t.Errorf("%d requests for %d batches of three: none was shared", trips, writers)
	}
	if n, err := e.Count(t.Context(), store.History, bson.D{{Key: "status", Value: "sent"}}); err != nil || n != writers {
		t.Errorf("%d histories are sent (%v), want %d", n, err, writers)
	}
}

// TestMatched tells when an engine that bundles knows how many documents a write found.
func TestMatched(t *testing.T) {
	e := storetest.MongoDB().Open(t)
	set := func(email string) store.Write {
		return store.Write{Kind: store.Update, Collection: store.Users, Filter: bson.D{{Key: "email", Value: email}}, Update: bson.D{{Key: "$set", Value: bson.D{{Key: "at", Value: time.Now()}}}}}
	}
	for _, email := range []string{"a", "b"} {
		if _, err := e.Write(t.Context(), []store.Write{{Kind: store.Insert, Collection: store.Users, Document: bson.D{{Key: "email", Value: email}}}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name   string
		writes []store.Write
		want   []int64
	}{
		{"one", []store.Write{set("a")}, []int64{1}},
		{"one that is not there", []store.Write{set("x")}, []int64{0}},
		{"all", []store.Write{set("a"), set("b")}, []int64{1, 1}},
		{"none", []store.Write{set("x"), set("y")}, []int64{0, 0}},
		{"some", []store.Write{set("a"), set("x")}, []int64{-1, -1}},
	} {
		results, err := e.Write(t.Context(), tc.writes)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range results {
			if r.Matched != tc.want[i] {
				t.Errorf("%s: write %d matched %d, want %d", tc.name, i, r.Matched, tc.want[i])
			}
		}
	}
}

// TestOthersIndexes finds indexes of another application: one that serves is kept, one that stands in the way of a unique one is replaced.
func TestOthersIndexes(t *testing.T) {
	uri := storetest.Mongo(t)
	e, err := mongo.Open(t.Context(), uri, "", mongo.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close(context.Background()) })
	if err := mongo.CreateIndex(t, e, store.Recipients, "email_1", "email"); err != nil {
		t.Fatal(err)
	}
	if err := mongo.CreateIndex(t, e, store.Users, "email_1", "email"); err != nil {
		t.Fatal(err)
	}
	if err := e.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	names := mongo.IndexNames(t, e, store.Recipients)
	if !names["email_1"] || names["by_email"] || !names["enrolled_once"] {
		t.Errorf("the recipients' indexes are %v", names)
	}
	names = mongo.IndexNames(t, e, store.Users)
	if names["email_1"] || !names["email"] {
		t.Errorf("the users' indexes are %v", names)
	}
}

// A list of ordinary length comes in one round trip, a page of any size too.
func TestOneAnswer(t *testing.T) {
	const n = 300
	e := storetest.MongoDB().Open(t)
	writes := make([]store.Write, n)
	for i := range writes {
		writes[i] = store.Write{Kind: store.Insert, Collection: store.Users, Document: bson.D{{Key: "email", Value: fmt.Sprint(i)}}}
	}
	if _, err := e.Write(t.Context(), writes); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{0, store.MaxPageSize} {
		before, found := e.RoundTrips(), int64(0)
		err := e.Find(t.Context(), store.Query{Collection: store.Users, Limit: limit}, func(bson.Raw) error {
			found++
			return nil
		})
		want := limit
		if want == 0 {
			want = n
		}
		if trips := e.RoundTrips() - before; err != nil || found != want || trips != 1 {
			t.Errorf("limit %d: %d documents in %d round trips, %v, want %d in 1", limit, found, trips, err, want)
		}
	}
}
