package storetest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// only reads the one document that matches.
func only(t *testing.T, e store.Engine, collection string, filter bson.D) bson.Raw {
	t.Helper()
	var found []bson.Raw
	err := e.Find(t.Context(), store.Query{Collection: collection, Filter: filter}, func(doc bson.Raw) error {
		found = append(found, append(bson.Raw{}, doc...))
		return nil
	})
	if err != nil || len(found) != 1 {
		t.Fatalf("%v found %d documents (%v), want one", filter, len(found), err)
	}
	return found[0]
}

// plain decodes a document for comparison; the order of fields is left out.
func plain(t *testing.T, doc any) bson.M {
	t.Helper()
	raw, err := bson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	dec := bson.NewDecoder(bson.NewDocumentReader(bytes.NewReader(raw)))
	dec.DefaultDocumentM()
	var out bson.M
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

func testUpdates(t *testing.T, e Engine) {
	engine := e.Open(t)
	id := bson.NewObjectID()
	for _, tc := range []struct {
		name              string
		doc, update, want bson.D
	}{
		{"$set", d("email", "a", "n", 1), d("$set", d("n", "two", "new", true)), d("email", "a", "n", "two", "new", true)},
		{"$set below", d("a", d("b", 1, "c", 2)), d("$set", d("a.b", 3)), d("a", d("b", 3, "c", 2))},
		{"$set makes parents", d("x", 1), d("$set", d("a.b.c", 1)), d("x", 1, "a", d("b", d("c", 1)))},
		{"$set a document", d("a", d("b", 1)), d("$set", d("a", d("c", 2))), d("a", d("c", 2))},
		{"$set null", d("a", 1), d("$set", d("a", nil)), d("a", nil)},
		{"$unset", d("a", 1, "b", 2), d("$unset", d("a", "")), d("b", 2)},
		{"$unset below", d("a", d("b", 1, "c", 2)), d("$unset", d("a.b", "")), d("a", d("c", 2))},
		{"$unset what is not there", d("b", 2), d("$unset", d("a", "", "c.d", "")), d("b", 2)},
		{"$inc", d("n", 1), d("$inc", d("n", 2)), d("n", 3)},
		{"$inc missing", d("m", 1), d("$inc", d("n", 2, "a.b", -1)), d("m", 1, "n", 2, "a", d("b", -1))},
		{"$inc past int32", d("n", int32(1<<31-1)), d("$inc", d("n", 1)), d("n", int64(1<<31))},
		{"$inc by a fraction", d("n", 1), d("$inc", d("n", 0.5)), d("n", 1.5)},
		{"$max raises", d("at", noon), d("$max", d("at", noon.Add(time.Second))), d("at", noon.Add(time.Second))},
		{"$max keeps", d("at", noon), d("$max", d("at", noon.Add(-time.Second))), d("at", noon)},
		{"$max missing", d("m", 1), d("$max", d("n", 5)), d("m", 1, "n", 5)},
		{"$max null", d("n", nil), d("$max", d("n", 5)), d("n", 5)},
		{"$setOnInsert", d("a", 1), d("$set", d("a", 2), "$setOnInsert", d("b", 1)), d("a", 2)},
		{"$push", d("l", bson.A{1}), d("$push", d("l", d("x", 1))), d("l", bson.A{1, d("x", 1)})},
		{"$push missing", d("m", 1), d("$push", d("l", "a")), d("m", 1, "l", bson.A{"a"})},
		{"$addToSet", d("l", bson.A{"a"}), d("$addToSet", d("l", "b")), d("l", bson.A{"a", "b"})},
		{"$addToSet has it", d("l", bson.A{"a", id}), d("$addToSet", d("l", id)), d("l", bson.A{"a", id})},
		{"$addToSet missing", d("m", 1), d("$addToSet", d("a.l", "b")), d("m", 1, "a", d("l", bson.A{"b"}))},
		{"$pull", d("l", bson.A{"a", "b", "a"}), d("$pull", d("l", "a")), d("l", bson.A{"b"})},
		{"$pull missing", d("m", 1), d("$pull", d("l", "a")), d("m", 1)},
		{"several", d("a", 1, "b", 1, "c", 1), d("$set", d("a", 2), "$unset", d("b", ""), "$inc", d("c", 1)), d("a", 2, "c", 2)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			byID := d("_id", bson.NewObjectID())
			email := d("email", tc.name)
			insert(t, engine, store.Users, append(append(byID, email...), without(tc.doc, "email")...))
			results := write(t, engine, store.Write{Kind: store.Update, Collection: store.Users, Filter: byID, Update: tc.update})
			if results[0].Matched != 1 {
				t.Errorf("matched %d documents, want 1", results[0].Matched)
			}
			want := plain(t, append(append(byID, email...), without(tc.want, "email")...))
			if diff := cmp.Diff(want, plain(t, only(t, engine, store.Users, byID))); diff != "" {
				t.Errorf("the document afterwards (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("order and unknown fields stay", func(t *testing.T) { testUntouched(t, engine) })
	t.Run("filters see updates", func(t *testing.T) { testFiltersSeeUpdates(t, engine) })
	t.Run("find one and update", func(t *testing.T) { testFindOneAndUpdate(t, engine) })
	t.Run("find many and update", func(t *testing.T) { testFindManyAndUpdate(t, engine) })
	t.Run("decimals stay", func(t *testing.T) {
		e.needs(t, "it has no decimals")
		testDecimals(t, engine)
	})
	t.Run("to a taken key", func(t *testing.T) {
		e.needs(t, "it reports a duplicate that an update makes as an internal error")
		testTakenKey(t, engine)
	})
	t.Run("refused", func(t *testing.T) { testRefusedUpdates(t, engine) })
}

func without(doc bson.D, name string) bson.D {
	var out bson.D
	for _, el := range doc {
		if el.Key != name {
			out = append(out, el)
		}
	}
	return out
}

// testUntouched updates a document of another application, with types in it that mailrun's have not.
func testUntouched(t *testing.T, engine store.Engine) {
	doc := d("_id", bson.NewObjectID(), "z", bson.Binary{Subtype: 4, Data: []byte("0123456789abcdef")}, "email", "untouched", "a", 1.5,
		"theirs", d("deep", bson.A{d("x", nil), bson.Timestamp{T: 1, I: 2}}), "r", bson.Regex{Pattern: "p", Options: "i"}, "n", 1)
	insert(t, engine, store.Users, doc)
	write(t, engine, store.Write{Kind: store.Update, Collection: store.Users, Filter: doc[:1], Update: d("$set", d("n", 2), "$inc", d("added", 1))})
	doc[len(doc)-1].Value = 2
	want, err := bson.Marshal(append(doc, d("added", 1)...))
	if err != nil {
		t.Fatal(err)
	}
	if got := only(t, engine, store.Users, doc[:1]); string(got) != string(want) {
		t.Errorf("got  %v\nwant %v", got, bson.Raw(want))
	}
}

// testFiltersSeeUpdates changes a declared field in every way and looks for it each time.
func testFiltersSeeUpdates(t *testing.T, engine store.Engine) {
	byID := d("_id", bson.NewObjectID())
	insert(t, engine, store.Mailboxes, append(byID, d("email", "seen", "status", "active")...))
	for _, tc := range []struct {
		name          string
		update, found bson.D
	}{
		{"set", d("$set", d("status", "paused")), d("status", "paused")},
		{"a document", d("$set", d("lease", d("owner", "me", "until", noon))), d("lease.owner", "me", "lease.until", noon)},
		{"below", d("$set", d("lease.until", noon.Add(time.Hour))), d("lease.until", noon.Add(time.Hour))},
		{"unset", d("$unset", d("lease", "")), d("lease.owner", nil, "status", "paused")},
		{"max", d("$max", d("nextSendAt", noon)), d("nextSendAt", noon)},
	} {
		write(t, engine, store.Write{Kind: store.Update, Collection: store.Mailboxes, Filter: byID, Update: tc.update})
		if n, err := engine.Count(t.Context(), store.Mailboxes, tc.found); err != nil || n != 1 {
			t.Errorf("%s: %v counts %d (%v), want 1", tc.name, tc.found, n, err)
		}
	}
}

func testFindOneAndUpdate(t *testing.T, engine store.Engine) {
	for i, name := range []string{"late", "early", "other"} {
		due := noon.Add(time.Duration([]int{2, 1, 0}[i]) * time.Hour)
		insert(t, engine, store.Mailboxes, d("email", name, "status", []string{"due", "due", "off"}[i], "nextSyncAt", due, "theirs", 1))
	}
	q := store.Query{Collection: store.Mailboxes, Filter: d("status", "due"), Sort: []string{"nextSyncAt"}}
	for _, want := range []string{"early", "late"} {
		doc, err := engine.FindOneAndUpdate(t.Context(), q, d("$set", d("status", "done")))
		if err != nil {
			t.Fatal(err)
		}
		if doc.Lookup("email").StringValue() != want || doc.Lookup("status").StringValue() != "done" || doc.Lookup("theirs").AsInt64() != 1 {
			t.Errorf("got %v, want %s as it is afterwards", doc, want)
		}
	}
	if doc, err := engine.FindOneAndUpdate(t.Context(), q, d("$set", d("status", "done"))); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("got %v, %v, want ErrNotFound", doc, err)
	}
	byID := d("_id", bson.NewObjectID())
	insert(t, engine, store.Mailboxes, append(byID, d("email", "by id", "status", "off")...))
	q = store.Query{Collection: store.Mailboxes, Filter: append(byID, d("status", "off")...)}
	first, err := engine.FindOneAndUpdate(t.Context(), q, d("$set", d("theirs", "first")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.FindOneAndUpdate(t.Context(), q, d("$set", d("theirs", "later", "status", "done"))); err != nil {
		t.Fatal(err)
	}
	if first.Lookup("theirs").StringValue() != "first" || first.Lookup("status").StringValue() != "off" {
		t.Errorf("the first answer has become %v", first)
	}
	if doc, err := engine.FindOneAndUpdate(t.Context(), q, d("$set", d("theirs", "none"))); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by id: got %v, %v, want ErrNotFound", doc, err)
	}
}

// testFindManyAndUpdate takes few and many, named by id and by another field, with and without large fields.
func testFindManyAndUpdate(t *testing.T, engine store.Engine) {
	takeFree(t, engine, store.History, "status", 3)
	takeFree(t, engine, store.Recipients, "state", 3)
	takeFree(t, engine, store.Recipients, "state", 1200)
}

// takeFree changes all of n documents but the second, which is not free: by their ids, and then, given back, by their sequence.
func takeFree(t *testing.T, engine store.Engine, collection, state string, n int) {
	t.Helper()
	ids, docs, sequence := make([]bson.ObjectID, n), make([]bson.D, n), bson.NewObjectID()
	for i := range docs {
		ids[i] = bson.NewObjectID()
		docs[i] = d("_id", ids[i], "sequenceId", sequence, "email", ids[i].Hex(), state, "free", "text", "large", "n", i)
	}
	docs[1][3].Value = "not free"
	insert(t, engine, collection, docs...)
	for _, these := range d("_id", d("$in", ids), "sequenceId", sequence) {
		free, taken := bson.D{these, {Key: state, Value: "free"}}, bson.D{these, {Key: state, Value: "taken"}}
		take := func() []bson.Raw {
			got, err := engine.FindManyAndUpdate(t.Context(), collection, free, d("$set", d(state, "taken")), taken)
			if err != nil {
				t.Fatalf("%s, %d by %s: %v", collection, n, these.Key, err)
			}
			return got
		}
		seen := map[int64]bool{}
		for _, doc := range take() {
			seen[doc.Lookup("n").AsInt64()] = true
			if doc.Lookup(state).StringValue() != "taken" || doc.Lookup("text").StringValue() != "large" {
				t.Fatalf("%s, %d by %s: got %v, want it whole as it is afterwards", collection, n, these.Key, doc)
			}
		}
		if len(seen) != n-1 || seen[1] {
			t.Errorf("%s, %d by %s: got %d, the one that was not free: %v", collection, n, these.Key, len(seen), seen[1])
		}
		if again := take(); len(again) != 0 {
			t.Errorf("%s, %d by %s: nothing is free any more, and got %d", collection, n, these.Key, len(again))
		}
		write(t, engine, store.Write{Kind: store.UpdateMany, Collection: collection, Filter: taken, Update: d("$set", d(state, "free"))})
	}
}

func testTakenKey(t *testing.T, engine store.Engine) {
	id := bson.NewObjectID()
	insert(t, engine, store.Users, d("_id", id, "email", "mine"), d("email", "taken"))
	rename := d("$set", d("email", "taken"))
	for _, mine := range []bson.D{d("email", "mine"), d("_id", id), d("_id", d("$in", []bson.ObjectID{id}))} {
		if _, err := engine.FindOneAndUpdate(t.Context(), store.Query{Collection: store.Users, Filter: mine}, rename); !store.IsDuplicate(err) {
			t.Errorf("FindOneAndUpdate %v got %v, want a DuplicateError", mine, err)
		}
		if _, err := engine.FindManyAndUpdate(t.Context(), store.Users, mine, rename, d("email", "taken")); !store.IsDuplicate(err) {
			t.Errorf("FindManyAndUpdate %v got %v, want a DuplicateError", mine, err)
		}
	}
	got := outcomes(t, engine, []store.Write{
		{Kind: store.Update, Collection: store.Users, Filter: d("email", "mine"), Update: rename},
		{Kind: store.Update, Collection: store.Users, Filter: d("email", "mine"), Update: d("$set", d("email", "free"))},
		{Kind: store.Replace, Collection: store.Users, Document: d("_id", bson.NewObjectID(), "email", "taken")},
	})
	if diff := cmp.Diff([]bool{true, false, true}, got); diff != "" {
		t.Errorf("writes refused (-want +got):\n%s", diff)
	}
	only(t, engine, store.Users, d("email", "free"))
}

func testDecimals(t *testing.T, engine store.Engine) {
	decimal, err := bson.ParseDecimal128("1.50")
	if err != nil {
		t.Fatal(err)
	}
	byID := d("_id", bson.NewObjectID())
	insert(t, engine, store.Users, append(byID, d("email", "decimal", "price", decimal)...))
	write(t, engine, store.Write{Kind: store.Update, Collection: store.Users, Filter: byID, Update: d("$set", d("n", 1))})
	if got, ok := only(t, engine, store.Users, byID).Lookup("price").Decimal128OK(); !ok || got != decimal {
		t.Errorf("1.50 came back as %v", got)
	}
}

// testRefusedUpdates proves that an update that cannot be done is an error and changes nothing.
func testRefusedUpdates(t *testing.T, engine store.Engine) {
	byID := d("_id", bson.NewObjectID())
	insert(t, engine, store.Users, append(byID, d("email", "refused", "text", "t")...))
	before := only(t, engine, store.Users, byID)
	for _, update := range []bson.D{
		d("$inc", d("text", 1)),
		d("$push", d("text", 1)),
		d("$set", d("text.below", 1)),
		d("$set", d("_id", 1)),
		d("$set", d("a", d("b", 1), "a.b", 2)),
		d("$set", d("a", 1), "$unset", d("a", "")),
		d(),
	} {
		_, err := engine.Write(t.Context(), []store.Write{{Kind: store.Update, Collection: store.Users, Filter: byID, Update: update}})
		if err == nil || errors.Is(err, store.ErrUnreachable) {
			t.Errorf("%v: got %v, want an error about the update", update, err)
		}
		if _, err := engine.FindManyAndUpdate(t.Context(), store.Users, byID, update, byID); err == nil || errors.Is(err, store.ErrUnreachable) {
			t.Errorf("FindManyAndUpdate %v: got %v, want an error about the update", update, err)
		}
	}
	if after := only(t, engine, store.Users, byID); string(after) != string(before) {
		t.Errorf("the document is now %v", after)
	}
}
