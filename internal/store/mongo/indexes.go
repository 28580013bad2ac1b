package mongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
)

// unknownOption are the error codes with which servers refuse a kind of index that they lack.
var unknownOption = []int{2, 9, 67, 72, 115, 197, 238}

// parallelIndexes is how many collections are looked after at once: few enough for a small server, enough to hide a long way to it.
const parallelIndexes = 4

// EnsureIndexes creates what is declared and not there. If all is there, that costs one request per collection.
func (e *Engine) EnsureIndexes(ctx context.Context) error {
	g, limited := errgroup.WithContext(ctx)
	g.SetLimit(parallelIndexes)
	for _, c := range e.collections {
		g.Go(func() error {
			limited, cancel := context.WithTimeout(limited, operationTimeout)
			defer cancel()
			return e.ensure(limited, c)
		})
	}
	err := g.Wait()
	if mongo.IsDuplicateKeyError(err) {
		return fmt.Errorf("%s: a unique index is refused, since documents with the same key exist: %w", e.location, err)
	}
	return e.explain(ctx, err)
}

// ensure makes the indexes that a collection lacks.
func (e *Engine) ensure(ctx context.Context, c collection) error {
	have, err := c.Indexes().ListSpecifications(ctx)
	if err != nil {
		return err
	}
	var lacking []store.Index
	for _, ix := range c.def.Indexes {
		there, stale := served(ix, have)
		if stale != "" {
			e.log.DebugContext(ctx, "an index is made anew", slog.String("collection", c.Name()), slog.String("index", stale))
			if err := c.Indexes().DropOne(ctx, stale); err != nil {
				return err
			}
		}
		if !there {
			lacking = append(lacking, ix)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	err = create(ctx, c, lacking...)
	if !hasCode(err, unknownOption) {
		return err
	}
	for _, ix := range lacking {
		if err := e.createPlain(ctx, c, ix); err != nil {
			return err
		}
	}
	return nil
}

// served tells whether one of the indexes that are there does the work of a declared one, under whatever name another application gave it,
// and which one of the declared name does not, or stands in the way because MongoDB has no two indexes on the same keys.
func served(ix store.Index, have []mongo.IndexSpecification) (there bool, stale string) {
	keys, err := bson.Marshal(sortOrder(ix.Keys))
	if err != nil {
		return false, ""
	}
	for _, spec := range have {
		unique := spec.Unique != nil && *spec.Unique
		switch same := sameKeys(spec.KeysDocument, keys); {
		case same && (unique || !ix.Unique || ix.Sparse):
			return true, ""
		case same || spec.Name == ix.Name:
			stale = spec.Name
		}
	}
	return false, stale
}

func create(ctx context.Context, c collection, indexes ...store.Index) error {
	models := make([]mongo.IndexModel, len(indexes))
	for i, ix := range indexes {
		models[i] = indexModel(ix)
	}
	_, err := c.Indexes().CreateMany(ctx, models)
	return err
}

// createPlain makes one index, and does without what the server does not know. A unique index that cannot leave out the documents without
// the field must not be unique.
func (e *Engine) createPlain(ctx context.Context, c collection, ix store.Index) error {
	err := create(ctx, c, ix)
	if !hasCode(err, unknownOption) || !ix.Sparse && ix.ExpireAfterSeconds == 0 {
		return err
	}
	e.log.DebugContext(ctx, "the server lacks a kind of index", slog.String("collection", c.Name()), slog.String("index", ix.Name), slog.Any("error", err))
	ix.Unique, ix.Sparse, ix.ExpireAfterSeconds = ix.Unique && !ix.Sparse, false, 0
	return create(ctx, c, ix)
}

// sameKeys compares key documents by name and direction, whatever type of number the direction has.
func sameKeys(a, b bson.Raw) bool {
	x, err1 := a.Elements()
	y, err2 := b.Elements()
	return err1 == nil && err2 == nil && slices.EqualFunc(x, y, func(p, q bson.RawElement) bool {
		m, ok1 := p.Value().AsInt64OK()
		n, ok2 := q.Value().AsInt64OK()
		return p.Key() == q.Key() && ok1 && ok2 && m == n
	})
}

func hasCode(err error, codes []int) bool {
	server, ok := errors.AsType[mongo.ServerError](err)
	return ok && slices.ContainsFunc(codes, server.HasErrorCode)
}

func indexModel(ix store.Index) mongo.IndexModel {
	opts := options.Index().SetName(ix.Name)
	if ix.Unique {
		opts.SetUnique(true)
	}
	if ix.Sparse {
		needed := ix.Keys[:1]
		if len(ix.Needs) > 0 {
			needed = ix.Needs
		}
		there := bson.D{}
		for _, path := range needed {
			there = append(there, bson.E{Key: path, Value: bson.D{{Key: "$exists", Value: true}}})
		}
		opts.SetPartialFilterExpression(there)
	}
	if ix.ExpireAfterSeconds > 0 {
		opts.SetExpireAfterSeconds(ix.ExpireAfterSeconds)
	}
	return mongo.IndexModel{Keys: sortOrder(ix.Keys), Options: opts}
}
