package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// d is a document literal: names and values in turn.
func d(pairs ...any) bson.D {
	doc := make(bson.D, 0, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		doc = append(doc, bson.E{Key: name, Value: pairs[i+1]})
	}
	return doc
}

// noon is the time that tests count from.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 123_000_000, time.UTC)

// insert stores documents and fails the test if one is refused.
func insert(t *testing.T, e store.Engine, collection string, docs ...bson.D) {
	t.Helper()
	writes := make([]store.Write, len(docs))
	for i, doc := range docs {
		writes[i] = store.Write{Kind: store.Insert, Collection: collection, Document: doc}
	}
	write(t, e, writes...)
}

// write does writes that must not be refused.
func write(t *testing.T, e store.Engine, writes ...store.Write) []store.WriteResult {
	t.Helper()
	results, err := e.Write(t.Context(), writes)
	if err != nil {
		t.Fatalf("write: %v", err)
	}
	for i, r := range results {
		if r.Err != nil {
			t.Fatalf("write %d: %v", i, r.Err)
		}
	}
	return results
}

// find returns the values of one field of the matches.
func find(t *testing.T, e store.Engine, q store.Query, field string) []string {
	t.Helper()
	found := []string{}
	err := e.Find(t.Context(), q, func(doc bson.Raw) error {
		text, _ := doc.Lookup(field).StringValueOK()
		found = append(found, text)
		return nil
	})
	if err != nil {
		t.Fatalf("find %v: %v", q.Filter, err)
	}
	return found
}

var threads = []bson.ObjectID{{11: 1}, {11: 2}}

// samples have every type of declared field: there, null, missing, and (the last) of types that are not the declared ones.
func samples() []bson.D {
	mailbox := bson.NewObjectID()
	doc := func(tag string, pairs ...any) bson.D {
		return append(d("tag", tag, "mailboxId", mailbox, "dedupeKey", tag, "folder", tag), d(pairs...)...)
	}
	return []bson.D{
		doc("a", "uid", 1, "kind", "human", "receivedAt", noon, "from", d("address", "a@example.com"), "effects", d("done", true), "threadId", threads[0]),
		doc("b", "uid", 2, "kind", "bounce", "receivedAt", noon.Add(time.Millisecond), "effects", d("done", false), "threadId", nil),
		doc("c", "uid", int64(3), "threadId", threads[1], "from", d("name", "C", "address", nil)),
		doc("x", "uid", "four", "kind", 7, "receivedAt", "yesterday", "from", "x", "effects", d("done", "no"), "threadId", "t"),
	}
}

func testFilters(t *testing.T, e Engine) {
	engine := e.Open(t)
	insert(t, engine, store.Replies, samples()...)
	in := func(values ...any) bson.D { return d("$in", bson.A(values)) }
	nin := func(values ...any) bson.D { return d("$nin", bson.A(values)) }
	for _, tc := range []struct {
		name   string
		filter bson.D
		want   string
	}{
		{"all", nil, "abcx"},
		{"int", d("uid", 2), "b"},
		{"int64 is int32", d("uid", int64(2)), "b"},
		{"double is int", d("uid", 2.0), "b"},
		{"text", d("kind", "human"), "a"},
		{"time", d("receivedAt", noon), "a"},
		{"time of another zone", d("receivedAt", noon.In(time.FixedZone("", 3600))), "a"},
		{"id", d("threadId", threads[1]), "c"},
		{"bool", d("effects.done", false), "b"},
		{"dotted", d("from.address", "a@example.com"), "a"},
		{"null or missing", d("threadId", nil), "b"},
		{"null or missing below", d("from.address", nil), "bcx"},
		{"missing", d("receivedAt", nil), "c"},
		{"another type", d("uid", "four"), "x"},
		{"two fields", d("uid", 1, "kind", "human"), "a"},
		{"two fields, no match", d("uid", 1, "kind", "bounce"), ""},
		{"$in", d("uid", in(1, 3, 9)), "ac"},
		{"$in one", d("kind", in("bounce")), "b"},
		{"$in none", d("kind", in()), ""},
		{"$in null", d("kind", in(nil)), "c"},
		{"$in null and values", d("kind", in("human", nil)), "ac"},
		{"$in many", d("uid", in(1, 2, 3, 4, 5, 6, 7, 8, 9)), "abc"},
		{"$in ids", d("threadId", in(threads[0], threads[1])), "ac"},
		{"$nin", d("uid", nin(1, 2)), "cx"},
		{"$nin keeps missing", d("kind", nin("human")), "bcx"},
		{"$nin null", d("kind", nin("human", nil)), "bx"},
		{"$nin none", d("kind", nin()), "abcx"},
		{"$ne", d("uid", d("$ne", 1)), "bcx"},
		{"$ne keeps missing", d("kind", d("$ne", "human")), "bcx"},
		{"$ne null", d("threadId", d("$ne", nil)), "acx"},
		{"$gt", d("uid", d("$gt", 1)), "bc"},
		{"$gte", d("uid", d("$gte", 2)), "bc"},
		{"$lt", d("uid", d("$lt", 2)), "a"},
		{"$lte", d("uid", d("$lte", 2.5)), "ab"},
		{"range", d("uid", d("$gt", 1, "$lt", 3)), "b"},
		{"text range", d("kind", d("$gte", "c")), "a"},
		{"time range", d("receivedAt", d("$gt", noon)), "b"},
		{"time range from the year 1", d("receivedAt", d("$gt", time.Time{})), "ab"},
		{"id range", d("threadId", d("$gt", threads[0])), "c"},
		{"$exists", d("threadId", d("$exists", true)), "acx"},
		{"$exists not", d("kind", d("$exists", false)), "c"},
		{"$or", d("$or", bson.A{d("uid", 1), d("kind", nil)}), "ac"},
		{"$or of pairs", d("$or", bson.A{d("uid", 1, "kind", "bounce"), d("uid", 2, "kind", "bounce")}), "b"},
		{"$and", d("$and", bson.A{d("uid", d("$gt", 1)), d("uid", d("$lt", 3))}), "b"},
		{"$or beside a field", d("folder", d("$lt", "c"), "$or", bson.A{d("receivedAt", nil), d("receivedAt", d("$lte", noon))}), "a"},
		{"$or in $and", d("$and", bson.A{d("$or", bson.A{d("uid", 1), d("uid", 2)}), d("$or", bson.A{d("uid", 2), d("uid", 3)})}), "b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var want []string
			for _, tag := range tc.want {
				want = append(want, string(tag))
			}
			q := store.Query{Collection: store.Replies, Filter: tc.filter}
			got := find(t, engine, q, "tag")
			slices.Sort(got)
			if diff := cmp.Diff(want, got, equateEmpty); diff != "" {
				t.Errorf("%v found (-want +got):\n%s", tc.filter, diff)
			}
			if n, err := engine.Count(t.Context(), store.Replies, tc.filter); err != nil || n != int64(len(want)) {
				t.Errorf("%v counts %d (%v), want %d", tc.filter, n, err, len(want))
			}
		})
	}
}

// equateEmpty holds nil and empty lists to be equal.
var equateEmpty = cmp.FilterValues(func(a, b []string) bool { return len(a)+len(b) == 0 }, cmp.Comparer(func(_, _ []string) bool { return true }))

func testOrder(t *testing.T, e Engine) {
	engine := e.Open(t)
	var docs []bson.D
	var names []string
	for i := range 50 {
		name := string([]byte{'a' + byte(i/26), 'a' + byte(i%26)})
		names = append(names, name)
		docs = append(docs, d("name", name, "status", []string{"active", "paused"}[i%2], "note", "n", "createdAt", noon.Add(time.Duration(i)*time.Second)))
	}
	for i := range docs { // in another order than the one asked for
		j := i * 7 % 50
		insert(t, engine, store.Sequences, docs[j])
	}
	reversed := slices.Clone(names)
	slices.Reverse(reversed)
	for _, tc := range []struct {
		name  string
		query store.Query
		want  []string
	}{
		{"ascending", store.Query{Sort: []string{"name"}}, names},
		{"descending", store.Query{Sort: []string{"-name"}}, reversed},
		{"first", store.Query{Sort: []string{"name"}, Limit: 1}, names[:1]},
		{"page", store.Query{Sort: []string{"-name"}, Skip: 20, Limit: 10}, reversed[20:30]},
		{"rest", store.Query{Sort: []string{"name"}, Skip: 45, Limit: 10}, names[45:]},
		{"past the end", store.Query{Sort: []string{"name"}, Skip: 60, Limit: 10}, nil},
		{"filtered", store.Query{Filter: d("status", "paused"), Sort: []string{"name"}, Limit: 2}, []string{"ab", "ad"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.query.Collection = store.Sequences
			if diff := cmp.Diff(tc.want, find(t, engine, tc.query, "name"), equateEmpty); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("fields", func(t *testing.T) { testFields(t, engine) })
}

// testFindAll asks several queries at once: of a server in one request, unless it is to sort or does not know how.
func testFindAll(t *testing.T, e Engine) {
	engine := e.Open(t)
	insert(t, engine, store.Sequences, d("name", "a", "status", "active"), d("name", "b", "status", "paused"), d("name", "c", "status", "active"))
	insert(t, engine, store.Suppressions, d("value", "x@a.example", "reason", "manual"))
	active := store.Query{Collection: store.Sequences, Filter: d("status", "active")}
	sorted, first := active, active
	sorted.Sort, first.Limit = []string{"-name"}, 1
	for _, tc := range []struct {
		name   string
		of     store.Query
		want   []string
		united bool
	}{
		{"in order", sorted, []string{"0 c", "0 a", "2 x@a.example"}, false},
		{"in no order", active, []string{"0 a", "0 c", "2 x@a.example"}, true},
		{"limited", first, []string{"0 a", "2 x@a.example"}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			queries := []store.Query{
				tc.of,
				{Collection: store.Sequences, Filter: d("status", "archived")},
				{Collection: store.Suppressions, Filter: d("value", d("$in", bson.A{"a.example", "x@a.example"})), Fields: []string{"value"}},
			}
			var got []string
			each := func(query int, doc bson.Raw) error {
				name, _ := doc.Lookup([]string{"name", "name", "value"}[query]).StringValueOK()
				got = append(got, fmt.Sprint(query, " ", name))
				return nil
			}
			before := engine.RoundTrips()
			if err := engine.FindAll(t.Context(), queries, each); err != nil {
				t.Fatal(err)
			}
			if trips := engine.RoundTrips() - before; tc.united && trips != 1 && engine.Name() != "sqlite" && !e.lacks {
				t.Errorf("%d requests, want one", trips)
			}
			if tc.united {
				slices.Sort(got)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			stop := errors.New("stop")
			if err := engine.FindAll(t.Context(), queries, func(int, bson.Raw) error { return stop }); !errors.Is(err, stop) {
				t.Errorf("got %v, want what the callback returned", err)
			}
		})
	}
	if err := engine.FindAll(t.Context(), nil, nil); err != nil {
		t.Errorf("no query: %v", err)
	}
}

// testFields asks for a part of a document: for top-level fields, and for declared ones, which may lie deeper.
func testFields(t *testing.T, engine store.Engine) {
	whole := outreach.Recipient{
		ID: bson.ObjectID{11: 1}, Email: "a@a.example", FirstName: "Ann", State: outreach.StateQueued, Step: 2, NextSendAt: &noon,
		Claim: &outreach.Lease{Owner: "o", Token: "t", Until: noon}, CreatedAt: noon,
	}
	write(t, engine, store.Write{Kind: store.Insert, Collection: store.Recipients, Document: &whole})
	for _, tc := range []struct {
		fields []string
		want   outreach.Recipient
	}{
		{[]string{"firstName", "claim"}, outreach.Recipient{ID: whole.ID, FirstName: "Ann", Claim: whole.Claim}},
		{[]string{"email", "state", "createdAt", "threadId"}, outreach.Recipient{ID: whole.ID, Email: whole.Email, State: whole.State, CreatedAt: noon}},
		{[]string{"step", "nextSendAt", "claim.owner", "claim.until"}, outreach.Recipient{ID: whole.ID, Step: 2, NextSendAt: &noon, Claim: &outreach.Lease{Owner: "o", Until: noon}}},
	} {
		var got []outreach.Recipient
		err := engine.Find(t.Context(), store.Query{Collection: store.Recipients, Fields: tc.fields}, func(doc bson.Raw) error {
			got = append(got, outreach.Recipient{})
			return bson.Unmarshal(doc, &got[len(got)-1])
		})
		if err != nil {
			t.Fatalf("%v: %v", tc.fields, err)
		}
		if diff := cmp.Diff([]outreach.Recipient{tc.want}, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tc.fields, diff)
		}
	}
}

func testGroups(t *testing.T, e Engine) {
	engine := e.Open(t)
	insert(t, engine, store.Replies, samples()...)
	extra := samples()[0]
	extra[2].Value, extra[3].Value = "a2", "a2"
	insert(t, engine, store.Replies, extra)
	groups, err := engine.GroupCount(t.Context(), store.Replies, d("uid", d("$lte", 3)), "threadId", "kind")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, g := range groups {
		id, _ := g.Values[0].ObjectIDOK()
		kind, _ := g.Values[1].StringValueOK()
		got[id.Hex()+" "+kind] += g.Count
		if g.Values[0].Type != bson.TypeObjectID && g.Values[0].Type != bson.TypeNull {
			t.Errorf("a thread of type %s", g.Values[0].Type)
		}
	}
	want := map[string]int64{threads[0].Hex() + " human": 2, bson.NilObjectID.Hex() + " bounce": 1, threads[1].Hex() + " ": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

// Of the first matches alone, the first ones in order are counted.
func testGroupFirst(t *testing.T, e Engine) {
	engine := e.Open(t)
	for i := range 6 {
		insert(t, engine, store.Sequences, d("name", string(rune('a'+i)), "status", []string{"active", "paused"}[i/4]))
	}
	for limit, want := range map[int64]map[string]int64{3: {"active": 3}, 5: {"active": 4, "paused": 1}, 9: {"active": 4, "paused": 2}} {
		q := store.Query{Collection: store.Sequences, Filter: d("name", d("$gte", "a")), Sort: []string{"name"}, Limit: limit}
		groups, err := engine.GroupFirst(t.Context(), q, "status")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for _, g := range groups {
			got[g.Values[0].StringValue()] += g.Count
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("of the first %d (-want +got):\n%s", limit, diff)
		}
	}
}

func testDistinct(t *testing.T, e Engine) {
	engine := e.Open(t)
	insert(t, engine, store.Replies, samples()...)
	extra := samples()[0]
	extra[2].Value, extra[3].Value = "a2", "a2"
	insert(t, engine, store.Replies, extra)
	values, err := engine.Distinct(t.Context(), store.Query{Collection: store.Replies, Filter: d("uid", d("$lte", 3))}, "threadId")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range values {
		id, ok := v.ObjectIDOK()
		if !ok {
			t.Errorf("a value of type %s", v.Type)
		}
		got = append(got, id.Hex())
	}
	slices.Sort(got)
	want := []string{threads[0].Hex(), threads[1].Hex()}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("threads (-want +got):\n%s", diff)
	}
}
