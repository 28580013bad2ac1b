package mongo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
)

// firstBatch is how many documents the first answer to a query may hold. Servers send 101 unless they are told, so that a list of 200 mailboxes
// would take two round trips; what does not fit into an answer of 16 MB comes with the next in any case.
const firstBatch = 5000

// Find calls each with every match. Each batch from the server has its own deadline, the caller's work on it has none.
func (e *Engine) Find(ctx context.Context, q store.Query, each func(bson.Raw) error) error {
	c, err := e.collection(q.Collection)
	if err != nil {
		return err
	}
	batch := int64(firstBatch)
	if q.Limit > 0 {
		batch = min(q.Limit+1, batch) // one more than there will be: a full answer would be asked for its rest
	}
	opts := options.Find().SetSort(sortOrder(q.Sort)).SetSkip(q.Skip).SetLimit(q.Limit).SetBatchSize(int32(batch)) //nolint:gosec // at most firstBatch
	if len(q.Fields) > 0 {
		opts.SetProjection(projection(q.Fields))
	}
	first, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	cursor, err := c.Find(first, translate(q.Filter), opts)
	if err != nil {
		return e.explain(ctx, err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	for {
		next, cancel := context.WithTimeout(ctx, operationTimeout)
		ok := cursor.Next(next)
		cancel()
		if !ok {
			return e.explain(ctx, cursor.Err())
		}
		if err := each(cursor.Current); err != nil {
			return err
		}
	}
}

// FindAll asks all queries in one request where the server knows how, else side by side. What is sorted is asked apart: one answer to several
// queries is in no order (mongodb.com/docs/manual/reference/operator/aggregation/unionWith).
func (e *Engine) FindAll(ctx context.Context, queries []store.Query, each func(int, bson.Raw) error) error {
	if len(queries) == 0 {
		return nil
	}
	find := e.findUnited
	if e.noUnion.Load() || slices.ContainsFunc(queries, func(q store.Query) bool { return len(q.Sort) > 0 || q.Skip > 0 }) {
		find = e.findApart
	}
	answers, err := find(ctx, queries)
	if err != nil {
		return err
	}
	for i, answer := range answers {
		for _, doc := range answer {
			if err := each(i, doc); err != nil {
				return err
			}
		}
	}
	return nil
}

// unknownStage are the codes by which servers say that they do not know a pipeline's stage: MongoDB, FerretDB, DocumentDB and Cosmos DB.
var unknownStage = []int{40324, 238, 304, 59, 115}

// findUnited asks all queries by one pipeline that reads one collection after the other. A server that refuses is asked apart, and one that does
// not know of it never so again.
func (e *Engine) findUnited(ctx context.Context, queries []store.Query) ([][]bson.Raw, error) {
	var first collection
	var pipeline bson.A
	for i, q := range queries {
		c, err := e.collection(q.Collection)
		if err != nil {
			return nil, err
		}
		stages := numbered(i, q)
		if i == 0 {
			first = c
		} else {
			stages = bson.A{bson.D{{Key: "$unionWith", Value: bson.D{{Key: "coll", Value: c.Name()}, {Key: "pipeline", Value: stages}}}}}
		}
		pipeline = append(pipeline, stages...)
	}
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	cursor, err := first.Aggregate(limited, pipeline, options.Aggregate().SetBatchSize(firstBatch))
	if err != nil {
		if ctx.Err() != nil || unreachable(err) {
			return nil, e.explain(ctx, err)
		}
		if server, ok := errors.AsType[mongo.ServerError](err); ok && slices.ContainsFunc(unknownStage, server.HasErrorCode) && !e.noUnion.Swap(true) {
			e.log.Debug("the server does not read several collections in one request; each is read by its own", "error", e.redact(err.Error()))
		}
		return e.findApart(ctx, queries)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	answers := make([][]bson.Raw, len(queries))
	for cursor.Next(limited) {
		i, isNumber := cursor.Current.Lookup("query").AsInt64OK()
		doc, isDocument := cursor.Current.Lookup("found").DocumentOK()
		if !isNumber || !isDocument || i < 0 || i >= int64(len(answers)) {
			return nil, fmt.Errorf("%s: the server's answer to several queries is none: %s", e.location, cursor.Current)
		}
		answers[i] = append(answers[i], bytes.Clone(doc))
	}
	return answers, e.explain(ctx, cursor.Err())
}

// numbered is the pipeline of a query whose matches tell its number.
func numbered(i int, q store.Query) bson.A {
	stages := bson.A{bson.D{{Key: "$match", Value: translate(q.Filter)}}}
	if q.Limit > 0 {
		stages = append(stages, bson.D{{Key: "$limit", Value: q.Limit}})
	}
	if len(q.Fields) > 0 {
		stages = append(stages, bson.D{{Key: "$project", Value: projection(q.Fields)}})
	}
	number := bson.D{{Key: "$literal", Value: i}}
	return append(stages, bson.D{{Key: "$replaceWith", Value: bson.D{{Key: "query", Value: number}, {Key: "found", Value: "$$ROOT"}}}})
}

// findApart asks all queries at the same time.
func (e *Engine) findApart(ctx context.Context, queries []store.Query) ([][]bson.Raw, error) {
	answers := make([][]bson.Raw, len(queries))
	g, asking := errgroup.WithContext(ctx)
	for i, q := range queries {
		g.Go(func() error {
			return e.Find(asking, q, func(doc bson.Raw) error {
				answers[i] = append(answers[i], bytes.Clone(doc))
				return nil
			})
		})
	}
	return answers, g.Wait()
}

// countedExactly is up to how many documents of a collection are counted one by one if all are asked for. Of more the server's own count is
// taken, which costs nothing; after a crash of the server, or while a sharded cluster moves documents, it may be off a little.
const countedExactly = 100_000

// Count counts the matches of a filter.
func (e *Engine) Count(ctx context.Context, name string, filter bson.D) (int64, error) {
	c, err := e.collection(name)
	if err != nil {
		return 0, err
	}
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	if len(filter) == 0 {
		if n, err := c.EstimatedDocumentCount(limited); err != nil || n > countedExactly {
			return n, e.explain(ctx, err)
		}
	}
	n, err := c.CountDocuments(limited, translate(filter))
	return n, e.explain(ctx, err)
}

// GroupCount counts matches by the values of fields.
func (e *Engine) GroupCount(ctx context.Context, name string, filter bson.D, by ...string) ([]store.Group, error) {
	return e.group(ctx, name, bson.A{bson.D{{Key: "$match", Value: translate(filter)}}}, by)
}

// GroupFirst counts the first matches by the values of fields.
func (e *Engine) GroupFirst(ctx context.Context, q store.Query, by ...string) ([]store.Group, error) {
	stages := bson.A{bson.D{{Key: "$match", Value: translate(q.Filter)}}}
	if len(q.Sort) > 0 {
		stages = append(stages, bson.D{{Key: "$sort", Value: sortOrder(q.Sort)}})
	}
	return e.group(ctx, q.Collection, append(stages, bson.D{{Key: "$limit", Value: q.Limit}}), by)
}

// group counts what leaves the stages of a pipeline by the values of fields.
func (e *Engine) group(ctx context.Context, name string, stages bson.A, by []string) ([]store.Group, error) {
	c, err := e.collection(name)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	id := bson.D{}
	for i, path := range by {
		id = append(id, bson.E{Key: groupKey(i), Value: "$" + path})
	}
	count := bson.D{{Key: "_id", Value: id}, {Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}}
	cursor, err := c.Aggregate(limited, append(stages, bson.D{{Key: "$group", Value: count}}))
	if err != nil {
		return nil, e.explain(ctx, err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var groups []store.Group
	for cursor.Next(limited) {
		groups = addGroup(groups, cursor.Current, len(by))
	}
	return groups, e.explain(ctx, cursor.Err())
}

// Distinct lists the values of a field among the matches. It is no distinct command, whose answer is one document of 16 MB at most; the
// server steps from value to value along an index for both (DISTINCT_SCAN).
func (e *Engine) Distinct(ctx context.Context, q store.Query, field string) ([]bson.RawValue, error) {
	c, err := e.collection(q.Collection)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	cursor, err := c.Aggregate(limited, bson.A{
		bson.D{{Key: "$match", Value: translate(q.Filter)}},
		bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: "$" + field}}}},
	})
	if err != nil {
		return nil, e.explain(ctx, err)
	}
	defer func() { _ = cursor.Close(context.WithoutCancel(ctx)) }()
	var values []bson.RawValue
	for cursor.Next(limited) {
		if v := cursor.Current.Lookup("_id"); v.Type != bson.TypeNull && v.Type != bson.TypeUndefined && len(v.Value) > 0 {
			values = append(values, bson.RawValue{Type: v.Type, Value: slices.Clone(v.Value)})
		}
	}
	return values, e.explain(ctx, cursor.Err())
}

func groupKey(i int) string { return "k" + strconv.Itoa(i) }

// addGroup adds a row of the server's answer. Missing and null are two groups there and one here.
func addGroup(groups []store.Group, row bson.Raw, n int) []store.Group {
	g := store.Group{Values: make([]bson.RawValue, n), Count: row.Lookup("n").AsInt64()}
	for i := range g.Values {
		v, err := row.LookupErr("_id", groupKey(i))
		if err != nil || v.Type == bson.TypeUndefined {
			v = bson.RawValue{Type: bson.TypeNull}
		}
		g.Values[i] = bson.RawValue{Type: v.Type, Value: slices.Clone(v.Value)}
	}
	for i := range groups {
		if slices.EqualFunc(groups[i].Values, g.Values, bson.RawValue.Equal) {
			groups[i].Count += g.Count
			return groups
		}
	}
	return append(groups, g)
}

// sortOrder makes the driver's sort of field names with "-" for descending.
func sortOrder(keys []string) bson.D {
	order := bson.D{}
	for _, key := range keys {
		direction := 1
		if strings.HasPrefix(key, "-") {
			direction = -1
		}
		order = append(order, bson.E{Key: strings.TrimPrefix(key, "-"), Value: direction})
	}
	return order
}

func projection(fields []string) bson.D {
	p := bson.D{}
	for _, f := range fields {
		p = append(p, bson.E{Key: f, Value: 1})
	}
	return p
}

// translate makes MongoDB's filter of ours. They differ in $exists, for which null counts as missing here: that can be answered from an
// index, and it is what the other engine knows.
func translate(filter bson.D) bson.D {
	out := make(bson.D, len(filter))
	for i, el := range filter {
		switch v := el.Value.(type) {
		case bson.D:
			el = bson.E{Key: el.Key, Value: translate(v)}
		case bson.A:
			el.Value = translateList(v)
		case bool:
			if el.Key == "$exists" {
				el = bson.E{Key: map[bool]string{true: "$nin", false: "$in"}[v], Value: bson.A{nil}}
			}
		}
		if v := reflect.ValueOf(el.Value); v.Kind() == reflect.Slice && v.IsNil() {
			el.Value = bson.A{} // it would be encoded as null
		}
		out[i] = el
	}
	return out
}

// translateList translates the filters under $or and $and; other lists hold plain values and come out as they are.
func translateList(list bson.A) bson.A {
	out := make(bson.A, len(list))
	for i, v := range list {
		if d, ok := v.(bson.D); ok {
			v = translate(d)
		}
		out[i] = v
	}
	return out
}

// Explain tells in the server's words how a query would be carried out: the explain command's queryPlanner.winningPlan, empty if the
// server has none to tell.
func (e *Engine) Explain(ctx context.Context, q store.Query) (bson.Raw, error) {
	c, err := e.collection(q.Collection)
	if err != nil {
		return nil, err
	}
	find := bson.D{{Key: "find", Value: c.Name()}, {Key: "filter", Value: translate(q.Filter)}, {Key: "sort", Value: sortOrder(q.Sort)}}
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	answer, err := e.db.RunCommand(limited, bson.D{{Key: "explain", Value: find}, {Key: "verbosity", Value: "queryPlanner"}}).Raw()
	if err != nil {
		return nil, e.explain(ctx, err)
	}
	plan, _ := answer.Lookup("queryPlanner", "winningPlan").DocumentOK()
	return plan, nil
}
