package mongo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"mailrun/internal/store"
)

// duplicateKey is the server's error code for a unique index's refusal.
const duplicateKey = 11000

// op is a compiled write.
type op struct {
	kind       store.WriteKind
	collection collection
	model      mongo.WriteModel
	batch      *batch
	result     store.WriteResult
}

// batch is one caller's writes, the next of them first. Its error, if any, is about the server or about a write that cannot be done.
type batch struct {
	ctx  context.Context
	todo []*op
	err  error
}

// Write runs the writes in order. Those of concurrent callers travel together, collection by collection. A single change of documents
// travels alone: only then is Matched known exactly, which is what a caller who makes one fenced change wants to know.
func (e *Engine) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	if len(writes) == 0 {
		return nil, ctx.Err()
	}
	b := &batch{ctx: ctx}
	for _, w := range writes {
		o, err := e.compile(w)
		if err != nil {
			return nil, err
		}
		o.batch = b
		b.todo = append(b.todo, o)
	}
	ops := b.todo
	if w := writes[0]; len(writes) == 1 && w.Kind != store.Insert && w.Kind != store.Replace {
		e.run([]*batch{b})
	} else if err := e.share(ctx, b, store.Patience(writes)); err != nil {
		return nil, err
	}
	if b.err != nil {
		return nil, e.explain(ctx, b.err)
	}
	results := make([]store.WriteResult, len(ops))
	for i, o := range ops {
		results[i] = o.result
	}
	return results, nil
}

// gatherer is one of those that send groups of batches, with how many batches it has.
type gatherer struct {
	*store.Gatherer[*batch]
	batches atomic.Int64
}

// share sends a batch in a group of the gatherer with the least to do. One that may wait goes with the most others.
func (e *Engine) share(ctx context.Context, b *batch, patience time.Duration) error {
	busier := func(x, y *gatherer) int { return cmp.Compare(x.batches.Load(), y.batches.Load()) }
	g := slices.MinFunc(e.gathers, busier)
	if patience > 0 {
		g = slices.MaxFunc(e.gathers, busier)
	}
	g.batches.Add(1)
	defer g.batches.Add(-1)
	return g.DoWithin(ctx, b, patience)
}

// FindOneAndUpdate changes the first match.
func (e *Engine) FindOneAndUpdate(ctx context.Context, q store.Query, update bson.D) (bson.Raw, error) {
	c, err := e.collection(q.Collection)
	if err != nil {
		return nil, err
	}
	change, err := encodeUpdate(update)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	opts := options.FindOneAndUpdate().SetSort(sortOrder(q.Sort)).SetReturnDocument(options.After)
	doc, err := c.FindOneAndUpdate(limited, translate(q.Filter), change, opts).Raw()
	switch {
	case errors.Is(err, mongo.ErrNoDocuments):
		return nil, store.ErrNotFound
	case mongo.IsDuplicateKeyError(err):
		return nil, &store.DuplicateError{Collection: q.Collection, Err: err}
	}
	return doc, e.explain(ctx, err)
}

// FindManyAndUpdate changes every match and, if there was one, finds them again.
func (e *Engine) FindManyAndUpdate(ctx context.Context, collection string, filter, update, changed bson.D) ([]bson.Raw, error) {
	results, err := e.Write(ctx, []store.Write{{Kind: store.UpdateMany, Collection: collection, Filter: filter, Update: update}})
	switch {
	case err != nil:
		return nil, err
	case results[0].Err != nil:
		return nil, results[0].Err
	case results[0].Matched == 0:
		return nil, nil
	}
	var docs []bson.Raw
	err = e.Find(ctx, store.Query{Collection: collection, Filter: changed, Limit: results[0].Matched}, func(doc bson.Raw) error {
		docs = append(docs, bytes.Clone(doc))
		return nil
	})
	return docs, err
}

// compile makes the driver's model of a write. Documents are encoded here, so that an error is the caller's own.
func (e *Engine) compile(w store.Write) (*op, error) {
	c, err := e.collection(w.Collection)
	if err != nil {
		return nil, err
	}
	o := &op{kind: w.Kind, collection: c}
	filter := translate(w.Filter)
	switch w.Kind {
	case store.Insert, store.Replace:
		o.model, err = documentModel(w)
	case store.Update, store.Upsert, store.UpdateMany:
		o.model, err = updateModel(w, filter)
	case store.Delete:
		o.model = mongo.NewDeleteOneModel().SetFilter(filter)
	case store.DeleteMany:
		o.model = mongo.NewDeleteManyModel().SetFilter(filter)
	default:
		err = fmt.Errorf("unknown kind of write %d", w.Kind)
	}
	return o, err
}

func documentModel(w store.Write) (mongo.WriteModel, error) {
	data, err := bson.Marshal(w.Document)
	if err != nil {
		return nil, fmt.Errorf("encode a document for %s: %w", w.Collection, err)
	}
	doc := bson.Raw(data)
	if w.Kind == store.Insert {
		return mongo.NewInsertOneModel().SetDocument(doc), nil
	}
	id := bson.D{{Key: "_id", Value: doc.Lookup("_id")}}
	return mongo.NewReplaceOneModel().SetFilter(id).SetReplacement(doc).SetUpsert(true), nil
}

func updateModel(w store.Write, filter bson.D) (mongo.WriteModel, error) {
	update, err := encodeUpdate(w.Update)
	if err != nil {
		return nil, err
	}
	if w.Kind == store.UpdateMany {
		return mongo.NewUpdateManyModel().SetFilter(filter).SetUpdate(update), nil
	}
	return mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(update).SetUpsert(w.Kind == store.Upsert), nil
}

// encodeUpdate encodes an update, so that what is wrong with it is not taken for a fault of the server.
func encodeUpdate(update bson.D) (bson.Raw, error) {
	if len(update) == 0 {
		return nil, errors.New("an update that changes nothing")
	}
	raw, err := bson.Marshal(update)
	if err != nil {
		return nil, fmt.Errorf("encode update: %w", err)
	}
	return raw, nil
}

// run does a group of batches: again and again, all that stands first in line for one collection. Batches of the same shape, and most
// are, so take as many requests together as one takes alone.
func (e *Engine) run(group []*batch) {
	ctx, cancel := groupContext(group)
	defer cancel()
	for {
		ops := nextOps(group)
		if len(ops) == 0 {
			return
		}
		e.bulk(ctx, ops)
	}
}

// groupContext ends when every caller's has, or after the time for one answer per request that the longest batch can need.
func groupContext(group []*batch) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(group[0].ctx))
	var left atomic.Int64
	left.Store(int64(len(group)))
	stops := make([]func() bool, len(group))
	for i, b := range group {
		stops[i] = context.AfterFunc(b.ctx, func() {
			if left.Add(-1) == 0 {
				cancel()
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel()
	}
}

// nextOps takes from the batches the writes that come next in the collection that most of them need next.
func nextOps(group []*batch) []*op {
	heads := map[string]int{}
	var name string
	for _, b := range group {
		if b.err != nil || len(b.todo) == 0 {
			continue
		}
		head := b.todo[0].collection.def.Name
		if heads[head]++; heads[head] > heads[name] {
			name = head
		}
	}
	var ops []*op
	for _, b := range group {
		for b.err == nil && len(b.todo) > 0 && b.todo[0].collection.def.Name == name {
			ops = append(ops, b.todo[0])
			b.todo = b.todo[1:]
		}
	}
	return ops
}

// bulk sends writes to one collection in order. The server stops at the first that it refuses; the rest is sent again. Inserts alone need
// no order and are all tried at once.
func (e *Engine) bulk(ctx context.Context, ops []*op) {
	for len(ops) > 0 {
		done, err := e.send(ctx, ops)
		if err != nil {
			for _, o := range ops {
				o.batch.err = err
			}
			return
		}
		ops = unfailed(ops[done:])
	}
}

// unfailed leaves out the writes of batches that have failed.
func unfailed(ops []*op) []*op {
	var out []*op
	for _, o := range ops {
		if o.batch.err == nil {
			out = append(out, o)
		}
	}
	return out
}

// send makes one request and returns how many of the writes are settled. Its error is about the server.
func (e *Engine) send(ctx context.Context, ops []*op) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	models := make([]mongo.WriteModel, len(ops))
	ordered := false
	for i, o := range ops {
		models[i] = o.model
		ordered = ordered || o.kind != store.Insert
	}
	res, err := ops[0].collection.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(ordered))
	refused, ok := errors.AsType[mongo.BulkWriteException](err)
	switch {
	case err == nil:
		settle(ops, res)
		return len(ops), nil
	case !ok:
		return 0, err
	case refused.WriteConcernError != nil:
		return 0, refused
	case len(refused.WriteErrors) == 0:
		return 0, err
	}
	done := len(ops)
	if ordered {
		done = refused.WriteErrors[0].Index + 1
		settle(ops[:done-1], res)
	}
	for _, we := range refused.WriteErrors {
		e.refuse(ctx, ops[we.Index], we.WriteError)
	}
	return done, nil
}

// refuse records what the server had against a write. Two upserts at once may both find nothing and both insert; the one that came
// second finds the other's document when it tries again.
func (e *Engine) refuse(ctx context.Context, o *op, refusal mongo.WriteError) {
	if refusal.Code == duplicateKey && (o.kind == store.Upsert || o.kind == store.Replace) {
		res, err := o.collection.BulkWrite(ctx, []mongo.WriteModel{o.model})
		if err == nil {
			settle([]*op{o}, res)
			return
		}
		if !mongo.IsDuplicateKeyError(err) {
			o.batch.err = err
			return
		}
	}
	if refusal.Code == duplicateKey {
		o.result.Err = &store.DuplicateError{Collection: o.collection.def.Name, Err: refusal}
		return
	}
	o.batch.err = fmt.Errorf("write to %s: %w", o.collection.def.Name, mongo.WriteException{WriteErrors: mongo.WriteErrors{refusal}})
}

// settle gives each write its share of the sums that the server reports: exactly if each matched one document, if none matched, or if
// there is only one; otherwise it is not known.
func settle(ops []*op, res *mongo.BulkWriteResult) {
	if res == nil {
		return
	}
	var updates, deletes []*op
	for i, o := range ops {
		_, inserted := res.UpsertedIDs[int64(i)]
		switch o.kind {
		case store.Update, store.UpdateMany, store.Upsert:
			if !inserted {
				updates = append(updates, o)
			}
		case store.Delete, store.DeleteMany:
			deletes = append(deletes, o)
		}
	}
	share(updates, res.MatchedCount)
	share(deletes, res.DeletedCount)
}

func share(ops []*op, sum int64) {
	single := true
	for _, o := range ops {
		single = single && o.kind != store.UpdateMany && o.kind != store.DeleteMany
	}
	each := int64(-1)
	switch {
	case sum == 0 || len(ops) == 1:
		each = sum
	case single && sum == int64(len(ops)):
		each = 1
	}
	for _, o := range ops {
		o.result.Matched = each
	}
}
