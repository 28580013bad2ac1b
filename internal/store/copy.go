package store

import (
	"context"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A batch of a copy is at most so many documents and bytes: few commits, little memory.
const (
	copyBatch = 500
	copyBytes = 4 << 20
)

// CopyCount is what became of one collection: how many documents were copied, and how many the target holds now, its own from before
// included.
type CopyCount struct {
	Collection     string
	Copied, Target int64
}

// Copy puts every document of one database into another, in the place of those with the same _id, so that it may be run again. Unknown
// fields go along. Leases and claims do not: what a process holds here is free there. Progress is told after each batch. It is an error if
// the target holds fewer documents of a collection afterwards than were copied.
func Copy(ctx context.Context, from, to Engine, progress func(collection string, done, total int64)) ([]CopyCount, error) {
	if err := to.EnsureIndexes(ctx); err != nil {
		return nil, err
	}
	counts := make([]CopyCount, 0, len(Collections))
	for _, c := range Collections {
		total, err := from.Count(ctx, c.Name, everything)
		if err != nil {
			return counts, err
		}
		target := copier{to: to, collection: c.Name, progress: func(done int64) { progress(c.Name, done, max(done, total)) }}
		if err := target.copyAll(ctx, from); err != nil {
			return counts, err
		}
		held, err := to.Count(ctx, c.Name, everything)
		if err != nil {
			return counts, err
		}
		counts = append(counts, CopyCount{Collection: c.Name, Copied: target.done, Target: held})
		if held < target.done {
			return counts, fmt.Errorf("copy %s: %d documents were copied, but %s holds %d", c.Name, target.done, to.Location(), held)
		}
	}
	return counts, nil
}

// copier writes one collection's documents in batches.
type copier struct {
	to         Engine
	collection string
	progress   func(done int64)
	batch      []Write
	size       int
	done       int64
}

func (c *copier) copyAll(ctx context.Context, from Engine) error {
	leases := leasesOf(c.collection)
	err := from.Find(ctx, Query{Collection: c.collection}, func(doc bson.Raw) error {
		free, err := withoutFields(doc, leases)
		if err != nil {
			return fmt.Errorf("copy %s %v: %w", c.collection, doc.Lookup("_id"), err)
		}
		c.batch = append(c.batch, Write{Kind: Replace, Collection: c.collection, Document: free})
		c.size += len(free)
		if len(c.batch) < copyBatch && c.size < copyBytes {
			return nil
		}
		return c.flush(ctx)
	})
	if err != nil {
		return err
	}
	return c.flush(ctx)
}

func (c *copier) flush(ctx context.Context) error {
	results, err := c.to.Write(ctx, c.batch)
	if err != nil {
		return err
	}
	for i, r := range results {
		if r.Err != nil {
			doc, _ := c.batch[i].Document.(bson.Raw)
			return fmt.Errorf("copy %s %v to %s: its key belongs to another document there: %w", c.collection, doc.Lookup("_id"), c.to.Location(), r.Err)
		}
	}
	c.done += int64(len(c.batch))
	c.batch, c.size = c.batch[:0], 0
	c.progress(c.done)
	return nil
}

// leasesOf names the fields that say who owns a document of a collection.
func leasesOf(collection string) []string {
	var fields []string
	for _, f := range []LeaseField{SendLease, SyncLease, Claim} {
		if f.collection() == collection {
			fields = append(fields, string(f))
		}
	}
	return fields
}

// withoutFields is a copy of a document without some top-level fields.
func withoutFields(doc bson.Raw, names []string) (bson.Raw, error) {
	if len(names) == 0 {
		return slices.Clone(doc), nil
	}
	var fields bson.D
	if err := bson.Unmarshal(doc, &fields); err != nil {
		return nil, err
	}
	fields = slices.DeleteFunc(fields, func(el bson.E) bool { return slices.Contains(names, el.Key) })
	return bson.Marshal(fields)
}

// everything is a filter that all documents match. Without one a server may answer with what it believes to hold.
var everything = bson.D{{Key: "_id", Value: bson.D{{Key: "$exists", Value: true}}}}
