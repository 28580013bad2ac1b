package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ErrNotFound says that no document matches.
var ErrNotFound = errors.New("not found")

// ErrUnreachable says that the database cannot be reached or opened. Its text names the database without its password.
var ErrUnreachable = errors.New("store unreachable")

// DuplicateError says that a unique index refused a document.
type DuplicateError struct {
	Collection string
	Err        error
}

// Engine is a database of documents: MongoDB, or an SQLite file that understands the same few filters and updates. Each engine
// implements it once; every query is written once, in this package, in MongoDB's words.
//
// Filters are bson.D with plain equality (nil matches null and missing; dotted paths) and
// the operators $in, $nin, $ne, $gt, $gte, $lt, $lte, $exists (for which null counts as missing), and $or and $and. A filter may name only declared
// fields of its collection (see Collections), so that a query without an index cannot be written. Updates know $set, $unset, $inc,
// $max, $setOnInsert, $push, $addToSet and $pull with plain values. Only the fields that an update names change. One write touches one
// document atomically; nothing more is promised.
type Engine interface {
	// Name is "mongodb" or "sqlite"; Location is what a person calls the database, without secrets.
	Name() string
	Location() string
	// Ping tells whether the database answers, as ErrUnreachable or nil.
	Ping(ctx context.Context) error
	// EnsureIndexes creates what Collections declares, idempotently. What a server cannot do (partial, TTL) is done without.
	EnsureIndexes(ctx context.Context) error
	// Find calls each with every match in order until it returns an error or the matches end. The raw document is valid during the call.
	Find(ctx context.Context, q Query, each func(bson.Raw) error) error
	// FindAll answers several queries with few matches each, in order, and tells with each match which query it is of: as of one moment or in one
	// request where the engine can, else side by side, so that it takes no longer than one of them.
	FindAll(ctx context.Context, queries []Query, each func(query int, doc bson.Raw) error) error
	// Count counts the matches of a filter.
	Count(ctx context.Context, collection string, filter bson.D) (int64, error)
	// GroupCount counts matches by the values of one or more declared fields.
	GroupCount(ctx context.Context, collection string, filter bson.D, by ...string) ([]Group, error)
	// GroupFirst is GroupCount of the first q.Limit matches alone, of which the engine reads no more.
	GroupFirst(ctx context.Context, q Query, by ...string) ([]Group, error)
	// Distinct lists the values that a declared field has among the matches, each once and null not at all. Where the filter compares the
	// fields of q.Index before that one with single values, an engine may step from one value to the next and pass over the matches between.
	Distinct(ctx context.Context, q Query, field string) ([]bson.RawValue, error)
	// FindOneAndUpdate changes the first match in order, atomically, and returns it as it is afterwards, or ErrNotFound. It takes leases
	// and places under caps, and is lazy (see Write).
	FindOneAndUpdate(ctx context.Context, q Query, update bson.D) (bson.Raw, error)
	// FindManyAndUpdate changes every match of an UpdateMany and returns those that it changed, as they are afterwards, in no order. An engine
	// that is not told which those are finds them by changed, which must match them and no others then. A duplicate is
	// its error, and what was changed before it may stay so. It takes leases, and is lazy.
	FindManyAndUpdate(ctx context.Context, collection string, filter, update, changed bson.D) ([]bson.Raw, error)
	// Write runs the writes in order, in as few round trips and commits as the engine can, and returns once they would survive a power
	// cut. A duplicate fails its own write only.
	Write(ctx context.Context, writes []Write) ([]WriteResult, error)
	// Atomic tells whether what Write does is done as a whole or, if the process or the machine dies, not at all. An UpdateMany or DeleteMany in it
	// may be done in pieces even so.
	Atomic() bool
	// RoundTrips counts the requests (MongoDB) or transactions (SQLite) so far.
	RoundTrips() int64
	// Close releases the database.
	Close(ctx context.Context) error
}

// Query selects documents. Sort keys are field names, "-" in front for descending; it must follow a declared index. Fields limits the
// answer to these fields (and _id), top-level ones or, if all of them are, declared ones; empty means all. Index names the declared index to
// go by, for an engine that plans without knowing how the values are spread; empty leaves the choice to it.
type Query struct {
	Collection  string
	Filter      bson.D
	Sort        []string
	Skip, Limit int64
	Fields      []string
	Index       string
}

// Group is one row of GroupCount.
type Group struct {
	Values []bson.RawValue
	Count  int64
}

// WriteKind says what a Write does.
type WriteKind int

// Insert adds Document. Update changes the first match, UpdateMany all, Upsert the first or a new document made of the filter's
// equalities and the update. Delete removes the first match, DeleteMany all. Replace puts Document in the place of the one with its _id,
// or adds it.
const (
	Insert WriteKind = iota
	Update
	UpdateMany
	Upsert
	Delete
	DeleteMany
	Replace
)

// Write is one change of one collection.
type Write struct {
	Kind       WriteKind
	Collection string
	Document   any
	Filter     bson.D
	Update     bson.D
	// Lazy says that a power cut may take this write back until the next one that is not lazy: leases and claims, which a dead machine
	// does not need. It survives the death of the process all the same. An engine may ignore it.
	Lazy bool
	// MayWait is for how long the write may wait for others to be written with. An engine that shares nothing ignores it.
	MayWait time.Duration

	joins *joining // of a Batch
}

// Patience is for how long all of some writes may wait.
func Patience(writes []Write) time.Duration {
	if len(writes) == 0 {
		return 0
	}
	return slices.MinFunc(writes, func(x, y Write) int { return cmp.Compare(x.MayWait, y.MayWait) }).MayWait
}

// WriteResult is what became of a Write. Matched counts the documents that an update or a deletion found; an engine that bundles writes
// may know only the sum and then says -1. Err is a *DuplicateError or nil.
type WriteResult struct {
	Matched int64
	Err     error
}

func (e *DuplicateError) Error() string {
	return "a document with this key already exists in " + e.Collection
}

func (e *DuplicateError) Unwrap() error { return e.Err }

// IsDuplicate tells whether an error is a unique index's refusal.
func IsDuplicate(err error) bool {
	_, ok := errors.AsType[*DuplicateError](err)
	return ok
}
