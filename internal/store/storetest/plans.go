package storetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/mongo"
	"mailrun/internal/store/sqlite"
)

// Recorder is an engine that remembers every query made through it, the filters of writes included. With it a test asks of a job's or a
// store method's own queries whether they are served by indexes.
type Recorder struct {
	store.Engine
	mu      sync.Mutex
	queries []store.Query
}

// Record wraps an engine.
func Record(e store.Engine) *Recorder { return &Recorder{Engine: e} }

// Queries lists what was asked since it was last called.
func (r *Recorder) Queries() []store.Query {
	r.mu.Lock()
	defer r.mu.Unlock()
	queries := r.queries
	r.queries = nil
	return queries
}

func (r *Recorder) add(q store.Query) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queries = append(r.queries, q)
}

// Find records and passes on.
func (r *Recorder) Find(ctx context.Context, q store.Query, each func(bson.Raw) error) error {
	r.add(q)
	return r.Engine.Find(ctx, q, each)
}

// FindAll records and passes on.
func (r *Recorder) FindAll(ctx context.Context, queries []store.Query, each func(int, bson.Raw) error) error {
	for _, q := range queries {
		r.add(q)
	}
	return r.Engine.FindAll(ctx, queries, each)
}

// Count records and passes on.
func (r *Recorder) Count(ctx context.Context, collection string, filter bson.D) (int64, error) {
	r.add(store.Query{Collection: collection, Filter: filter})
	return r.Engine.Count(ctx, collection, filter)
}

// GroupCount records and passes on.
func (r *Recorder) GroupCount(ctx context.Context, collection string, filter bson.D, by ...string) ([]store.Group, error) {
	r.add(store.Query{Collection: collection, Filter: filter})
	return r.Engine.GroupCount(ctx, collection, filter, by...)
}

// GroupFirst records and passes on.
func (r *Recorder) GroupFirst(ctx context.Context, q store.Query, by ...string) ([]store.Group, error) {
	r.add(q)
	return r.Engine.GroupFirst(ctx, q, by...)
}

// Distinct records and passes on.
func (r *Recorder) Distinct(ctx context.Context, q store.Query, field string) ([]bson.RawValue, error) {
	r.add(q)
	return r.Engine.Distinct(ctx, q, field)
}

// FindOneAndUpdate records and passes on.
func (r *Recorder) FindOneAndUpdate(ctx context.Context, q store.Query, update bson.D) (bson.Raw, error) {
	r.add(q)
	return r.Engine.FindOneAndUpdate(ctx, q, update)
}

// FindManyAndUpdate records and passes on.
func (r *Recorder) FindManyAndUpdate(ctx context.Context, collection string, filter, update, changed bson.D) ([]bson.Raw, error) {
	r.add(store.Query{Collection: collection, Filter: filter})
	r.add(store.Query{Collection: collection, Filter: changed})
	return r.Engine.FindManyAndUpdate(ctx, collection, filter, update, changed)
}

// Write records and passes on.
func (r *Recorder) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	for _, w := range writes {
		if w.Kind != store.Insert && w.Kind != store.Replace {
			r.add(store.Query{Collection: w.Collection, Filter: w.Filter})
		}
	}
	return r.Engine.Write(ctx, writes)
}

// RequireIndexed fails the test for each query that no index serves: one that has a filter and reads the whole collection all the same, or
// sorts what it found. On every engine an index of store.Collections must begin with fields that the filter compares and go on with the
// order; beside that, SQLite's query plan, and MongoDB's where the server tells it, must agree.
func RequireIndexed(t testing.TB, engine store.Engine, queries []store.Query) {
	t.Helper()
	if r, ok := engine.(*Recorder); ok {
		engine = r.Engine
	}
	for _, q := range queries {
		if err := indexed(t.Context(), engine, q); err != nil {
			t.Errorf("%s: filter %v, sort %v: %v", q.Collection, q.Filter, q.Sort, err)
		}
	}
}

func indexed(ctx context.Context, engine store.Engine, q store.Query) error {
	if !covered(q) {
		return fmt.Errorf("no declared index serves it")
	}
	switch engine := engine.(type) {
	case *sqlite.Engine:
		plan, err := engine.Explain(ctx, q)
		if err != nil {
			return err
		}
		return checkPlan(q, plan)
	case *mongo.Engine:
		plan, err := engine.Explain(ctx, q)
		if err != nil || plan == nil {
			return err
		}
		if text := plan.String(); len(q.Filter) > 0 && strings.Contains(text, `"COLLSCAN"`) || strings.Contains(text, `"SORT"`) {
			return fmt.Errorf("the server would scan or sort: %s", text)
		}
	}
	return nil
}

// checkPlan reads the steps of SQLite's EXPLAIN QUERY PLAN (sqlite.org/eqp.html).
func checkPlan(q store.Query, plan []string) error {
	for _, step := range plan {
		scan := strings.HasPrefix(step, "SCAN ") && !strings.HasPrefix(step, "SCAN json_each")
		if scan && len(q.Filter) > 0 || strings.Contains(step, "TEMP B-TREE FOR ORDER BY") || strings.Contains(step, "AUTOMATIC") {
			return fmt.Errorf("SQLite would scan or sort:\n\t%s", strings.Join(plan, "\n\t"))
		}
	}
	return nil
}

// covered tells whether a declared index serves the query.
func covered(q store.Query) bool {
	i := slices.IndexFunc(store.Collections, func(c store.Collection) bool { return c.Name == q.Collection })
	if i < 0 {
		return false
	}
	equal, ranged := fieldsOf(q.Filter)
	if len(q.Filter) == 0 && len(q.Sort) == 0 {
		return true
	}
	indexes := append([]store.Index{{Keys: []string{"_id"}}}, store.Collections[i].Indexes...)
	if slices.ContainsFunc(indexes, func(ix store.Index) bool { return serves(ix.Keys, equal, ranged, q.Sort) }) {
		return true
	}
	return len(q.Sort) == 0 && alternativesCovered(q)
}

// alternativesCovered tells whether every filter of an $or is served: then the whole is.
func alternativesCovered(q store.Query) bool {
	for _, el := range q.Filter {
		list, ok := el.Value.(bson.A)
		if el.Key != "$or" || !ok {
			continue
		}
		all := true
		for _, v := range list {
			filter, ok := v.(bson.D)
			all = all && ok && covered(store.Query{Collection: q.Collection, Filter: filter})
		}
		if all {
			return true
		}
	}
	return false
}

// fieldsOf sorts a filter's fields: those compared with single values, and those compared with ranges.
func fieldsOf(filter bson.D) (equal, ranged map[string]bool) {
	equal, ranged = map[string]bool{}, map[string]bool{}
	for _, el := range filter {
		ops, isDoc := el.Value.(bson.D)
		switch {
		case strings.HasPrefix(el.Key, "$"):
		case !isDoc || len(ops) == 0 || !strings.HasPrefix(ops[0].Key, "$"):
			equal[el.Key] = true
		case ops[0].Key == "$in" || ops[0].Key == "$eq":
			equal[el.Key] = true
		case ops[0].Key != "$ne" && ops[0].Key != "$nin":
			ranged[el.Key] = true
		}
	}
	return equal, ranged
}

// serves tells whether an index on keys leads to the matches: first fields that are compared with values, then the order, or a range.
func serves(keys []string, equal, ranged map[string]bool, order []string) bool {
	n := 0
	for n < len(keys) && equal[strings.TrimPrefix(keys[n], "-")] {
		n++
	}
	if n == 0 && len(equal) > 0 {
		return false
	}
	rest := keys[n:]
	if len(order) == 0 {
		return n > 0 || len(rest) > 0 && ranged[strings.TrimPrefix(rest[0], "-")]
	}
	if len(order) > len(rest) {
		return false
	}
	same, reversed := true, true
	for i, key := range order {
		same = same && key == rest[i]
		reversed = reversed && strings.TrimPrefix(key, "-") == strings.TrimPrefix(rest[i], "-") && key != rest[i]
	}
	return same || reversed
}

// testPlans checks the queries that runs make at every tick, on a collection of some size.
func testPlans(t *testing.T, e Engine) {
	engine := e.Open(t)
	enrol(t, engine, e.Size)
	id, now := bson.NewObjectID(), time.Now()
	due := d("$lte", now)
	free := bson.E{Key: "$or", Value: bson.A{d("claim.until", nil), d("claim.until", d("$lte", now)), d("claim.owner", d("$in", bson.A{"dead"}))}}
	queries := []store.Query{
		{Collection: store.Recipients, Filter: append(d("state", "active", "mailboxId", id, "nextSendAt", due, "sequenceId", d("$in", bson.A{id, id})), free), Sort: []string{"nextSendAt"}, Limit: 20},
		{Collection: store.Recipients, Filter: append(d("state", "queued", "sequenceId", id, "nextSendAt", due), free), Sort: []string{"nextSendAt"}, Limit: 20},
		{Collection: store.Recipients, Filter: d("state", "queued", "nextSendAt", due)},
		{Collection: store.Recipients, Filter: append(d("_id", id, "state", d("$in", bson.A{"queued", "active"})), free)},
		{Collection: store.Recipients, Filter: d("email", "a@example.com")},
		{Collection: store.Recipients, Filter: d("claim.owner", d("$gt", ""))},
		{Collection: store.Recipients, Filter: d("claim.owner", "me")},
		{Collection: store.Recipients, Sort: []string{"-createdAt"}, Limit: 20},
		{Collection: store.Recipients, Filter: d("sequenceId", id), Sort: []string{"-createdAt"}, Limit: 20},
		{Collection: store.Mailboxes, Filter: d("status", "active", "nextSyncAt", due), Sort: []string{"nextSyncAt"}, Limit: 1},
		{Collection: store.Suppressions, Filter: d("value", d("$in", bson.A{"a@example.com", "example.com"}))},
	}
	RequireIndexed(t, engine, queries)

	for name, q := range map[string]store.Query{
		"by a field without an index": {Collection: store.Recipients, Filter: d("step", 1)},
		"sorted without an index":     {Collection: store.Recipients, Filter: d("email", "a"), Sort: []string{"nextSendAt"}},
	} {
		if err := indexed(t.Context(), engine, q); err == nil {
			t.Errorf("a query %s passes for an indexed one", name)
		}
	}
	t.Run("undeclared field", func(t *testing.T) {
		if _, err := engine.Count(t.Context(), store.Recipients, d("firstName", "A")); engine.Name() == "sqlite" && err == nil {
			t.Error("a filter by an undeclared field was accepted")
		}
	})
}
