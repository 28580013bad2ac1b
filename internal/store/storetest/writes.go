package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

func testWrites(t *testing.T, e Engine) {
	for _, tc := range []struct {
		name  string
		test  func(*testing.T, store.Engine)
		lacks string // what of it the stand-in has not
	}{
		{"duplicates in a batch", testDuplicates, ""},
		{"unique keys hold nulls", testUniqueNulls, "it holds missing keys to be distinct"},
		{"in order", testInOrder, ""},
		{"many", testMany, ""},
		{"upsert", testUpsert, ""},
		{"replace", testReplace, ""},
		{"delete", testDelete, ""},
		{"ids", testIDs, "it takes an ObjectID and its hex text for the same id"},
		{"nothing", testNothing, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e.needs(t, tc.lacks)
			tc.test(t, e.Open(t))
		})
	}
}

// outcomes tells of each write whether it was refused as a duplicate.
func outcomes(t *testing.T, e store.Engine, writes []store.Write) []bool {
	t.Helper()
	results, err := e.Write(t.Context(), writes)
	if err != nil {
		t.Fatal(err)
	}
	refused := make([]bool, len(results))
	for i, r := range results {
		refused[i] = store.IsDuplicate(r.Err)
		if r.Err != nil && !refused[i] {
			t.Errorf("write %d: %v", i, r.Err)
		}
	}
	return refused
}

func testDuplicates(t *testing.T, e store.Engine) {
	user := func(email string) store.Write {
		return store.Write{Kind: store.Insert, Collection: store.Users, Document: d("email", email)}
	}
	rename := func(from, to string) store.Write {
		return store.Write{Kind: store.Update, Collection: store.Users, Filter: d("email", from), Update: d("$set", d("email", to))}
	}
	insert(t, e, store.Users, d("email", "b"))
	got := outcomes(t, e, []store.Write{user("a"), user("b"), user("c"), user("a"), user("d")})
	if diff := cmp.Diff([]bool{false, true, false, true, false}, got); diff != "" {
		t.Errorf("inserts refused (-want +got):\n%s", diff)
	}
	got = outcomes(t, e, []store.Write{rename("a", "e"), user("c"), user("a"), user("b"), rename("d", "g"), user("f")})
	if diff := cmp.Diff([]bool{false, true, false, true, false, false}, got); diff != "" {
		t.Errorf("mixed writes refused (-want +got):\n%s", diff)
	}
	q := store.Query{Collection: store.Users, Sort: []string{"email"}}
	if diff := cmp.Diff([]string{"a", "b", "c", "e", "f", "g"}, find(t, e, q, "email")); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
}

// testUniqueNulls proves that a missing key counts as a value of a unique index, as in MongoDB.
func testUniqueNulls(t *testing.T, e store.Engine) {
	mailbox := bson.NewObjectID()
	reply := func(key any, uid int) store.Write {
		doc := d("mailboxId", mailbox, "folder", "INBOX", "uidValidity", 1, "uid", uid, "dedupeKey", key)
		if key == nil {
			doc = without(doc, "dedupeKey")
		}
		return store.Write{Kind: store.Insert, Collection: store.Replies, Document: doc}
	}
	got := outcomes(t, e, []store.Write{reply("k", 1), reply(nil, 2), reply("l", 3), reply(nil, 4)})
	if diff := cmp.Diff([]bool{false, false, false, true}, got); diff != "" {
		t.Errorf("inserts refused (-want +got):\n%s", diff)
	}
}

// testInOrder proves that a write sees those before it, also across collections.
func testInOrder(t *testing.T, e store.Engine) {
	set := func(collection, email, field string) store.Write {
		return store.Write{Kind: store.Update, Collection: collection, Filter: d("email", email), Update: d("$set", d(field, 1))}
	}
	write(t, e,
		store.Write{Kind: store.Insert, Collection: store.Users, Document: d("email", "a")},
		set(store.Users, "a", "x"),
		store.Write{Kind: store.Insert, Collection: store.Mailboxes, Document: d("email", "m")},
		set(store.Mailboxes, "m", "x"),
		store.Write{Kind: store.Update, Collection: store.Users, Filter: d("email", "a"), Update: d("$set", d("email", "b"))},
		set(store.Users, "a", "never"),
		set(store.Users, "b", "y"),
	)
	got := plain(t, only(t, e, store.Users, d("email", "b")))
	delete(got, "_id")
	if diff := cmp.Diff(bson.M{"email": "b", "x": int32(1), "y": int32(1)}, got); diff != "" {
		t.Errorf("the user (-want +got):\n%s", diff)
	}
	if m := only(t, e, store.Mailboxes, d("email", "m")); m.Lookup("x").AsInt64() != 1 {
		t.Errorf("the mailbox is %v", m)
	}
}

// people inserts n users p00, p01, … of one age each.
func people(t *testing.T, e store.Engine, n int) {
	t.Helper()
	docs := make([]bson.D, n)
	for i := range docs {
		docs[i] = d("email", fmt.Sprintf("p%02d", i), "createdAt", noon.Add(time.Duration(i)*time.Second))
	}
	insert(t, e, store.Users, docs...)
}

func testMany(t *testing.T, e store.Engine) {
	people(t, e, 20)
	young := d("createdAt", d("$gte", noon.Add(15*time.Second)))
	results := write(t, e, store.Write{Kind: store.UpdateMany, Collection: store.Users, Filter: young, Update: d("$set", d("createdAt", noon.Add(time.Hour)), "$inc", d("n", 1))})
	if results[0].Matched != 5 {
		t.Errorf("matched %d documents, want 5", results[0].Matched)
	}
	n := 0
	err := e.Find(t.Context(), store.Query{Collection: store.Users, Filter: d("createdAt", noon.Add(time.Hour))}, func(doc bson.Raw) error {
		n += int(doc.Lookup("n").AsInt64())
		return nil
	})
	if err != nil || n != 5 {
		t.Errorf("%d changes (%v), want each of 5 changed once", n, err)
	}
	results = write(t, e, store.Write{Kind: store.Update, Collection: store.Users, Filter: d("email", "nobody"), Update: d("$set", d("n", 1))})
	if results[0].Matched != 0 {
		t.Errorf("matched %d documents, want none", results[0].Matched)
	}
}

func testUpsert(t *testing.T, e store.Engine) {
	up := store.Write{
		Kind: store.Upsert, Collection: store.Suppressions, Filter: d("value", "a@example.com", "at", d("$gt", noon.Add(-time.Hour))),
		Update: d("$set", d("reason", "bounce"), "$setOnInsert", d("at", noon), "$inc", d("n", 1)),
	}
	if r := write(t, e, up); r[0].Matched != 0 {
		t.Errorf("the first upsert matched %d, want 0", r[0].Matched)
	}
	if r := write(t, e, up); r[0].Matched != 1 {
		t.Errorf("the second upsert matched %d, want 1", r[0].Matched)
	}
	got := plain(t, only(t, e, store.Suppressions, d("value", "a@example.com")))
	if _, ok := got["_id"].(bson.ObjectID); !ok {
		t.Errorf("_id is %v, want an ObjectID", got["_id"])
	}
	delete(got, "_id")
	want := bson.M{"value": "a@example.com", "reason": "bounce", "at": bson.NewDateTimeFromTime(noon), "n": int32(2)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the document (-want +got):\n%s", diff)
	}
	up.Filter = d("value", "a@example.com", "reason", "manual")
	up.Update = d("$set", d("n", 1))
	if got := outcomes(t, e, []store.Write{up}); !got[0] {
		t.Error("an upsert whose insert collides was not refused")
	}
}

func testReplace(t *testing.T, e store.Engine) {
	id := bson.NewObjectID()
	replace := func(pairs ...any) store.Write {
		return store.Write{Kind: store.Replace, Collection: store.Users, Document: append(d("_id", id), d(pairs...)...)}
	}
	write(t, e, replace("email", "a", "x", 1), replace("email", "b", "y", 1))
	got := plain(t, only(t, e, store.Users, d("email", "b")))
	if diff := cmp.Diff(bson.M{"_id": id, "email": "b", "y": int32(1)}, got); diff != "" {
		t.Errorf("the document (-want +got):\n%s", diff)
	}
	if n, err := e.Count(t.Context(), store.Users, d("email", "a")); err != nil || n != 0 {
		t.Errorf("%d documents (%v) are found by what they were before", n, err)
	}
}

func testDelete(t *testing.T, e store.Engine) {
	people(t, e, 10)
	old := d("createdAt", d("$lt", noon.Add(4*time.Second)))
	one := store.Write{Kind: store.Delete, Collection: store.Users, Filter: old}
	many := store.Write{Kind: store.DeleteMany, Collection: store.Users, Filter: old}
	for _, tc := range []struct {
		write store.Write
		want  int64
	}{{one, 1}, {many, 3}, {many, 0}, {one, 0}} {
		if r := write(t, e, tc.write); r[0].Matched != tc.want {
			t.Errorf("deleted %d documents, want %d", r[0].Matched, tc.want)
		}
	}
	if n, err := e.Count(t.Context(), store.Users, nil); err != nil || n != 6 {
		t.Errorf("%d are left (%v), want 6", n, err)
	}
}

// testIDs proves that ids of other types than ObjectID serve, and do not mix with them.
func testIDs(t *testing.T, e store.Engine) {
	id := bson.NewObjectID()
	insert(t, e, store.Counters, d("_id", id, "count", 1), d("_id", id.Hex(), "count", 2), d("_id", "new:x:2026-11-22", "count", 3))
	for _, tc := range []struct {
		id   any
		want int64
	}{{id, 1}, {id.Hex(), 2}, {"new:x:2026-11-22", 3}} {
		if doc := only(t, e, store.Counters, d("_id", tc.id)); doc.Lookup("count").AsInt64() != tc.want {
			t.Errorf("%v found %v", tc.id, doc)
		}
	}
	again := store.Write{Kind: store.Insert, Collection: store.Counters, Document: d("_id", id.Hex())}
	if got := outcomes(t, e, []store.Write{again}); !got[0] {
		t.Error("a second document with one _id was not refused")
	}
}

func testNothing(t *testing.T, e store.Engine) {
	if results, err := e.Write(t.Context(), nil); err != nil || len(results) != 0 {
		t.Errorf("no writes got %v, %v", results, err)
	}
	if e.RoundTrips() < 0 || e.Location() == "" || e.Name() == "" {
		t.Error("an engine without a name, place or count")
	}
	if err := e.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if err := e.EnsureIndexes(t.Context()); err != nil {
		t.Errorf("the indexes a second time: %v", err)
	}
}

// testValues proves that documents come back as they were stored.
func testValues(t *testing.T, e Engine) {
	engine := e.Open(t)
	for name, doc := range map[string]bson.D{
		"times to the millisecond": d("at", noon, "early", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), "late", time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC)),
		"texts":                    d("arabic", "مرحبا بالعالم", "quotes", `'"\`+"\x00;--", "empty", ""),
		"numbers":                  d("i", int32(-1), "l", int64(1)<<62, "f", 0.1),
		"nested":                   d("a", bson.A{d("b", bson.A{}), nil}, "e", d()),
	} {
		t.Run(name, func(t *testing.T) {
			doc = append(d("_id", bson.NewObjectID(), "email", name), doc...)
			insert(t, engine, store.Users, doc)
			if diff := cmp.Diff(plain(t, doc), plain(t, only(t, engine, store.Users, d("_id", doc[0].Value)))); diff != "" {
				t.Errorf("the document (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("large", func(t *testing.T) {
		text := make([]byte, 2<<20)
		for i := range text {
			text[i] = 'a' + byte(i%26)
		}
		insert(t, engine, store.Users, d("email", "large", "text", string(text)))
		if got := only(t, engine, store.Users, d("email", "large")).Lookup("text").StringValue(); got != string(text) {
			t.Errorf("a text of 2 MB came back with %d bytes", len(got))
		}
	})
}
