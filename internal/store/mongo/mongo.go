// Package mongo keeps mailrun's documents in MongoDB: standalone, replica set, sharded or Atlas, from version 6. Only what all of these and
// the compatible servers have is relied on: no transactions, joins, server-side JavaScript, pipeline updates or change streams; a union of
// queries where a server knows it. Writes are acknowledged by a majority, and in the journal, before they are reported.
package mongo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"mailrun/internal/store"
)

// Waits. An operator learns within 25 s that the server is not there.
const (
	selectionTimeout = 15 * time.Second // for any server to be found
	connectTimeout   = 10 * time.Second // for one connection
	operationTimeout = 20 * time.Second // for one answer
)

// DefaultDatabase is used when neither the settings nor the URI name a database.
const DefaultDatabase = "mailrun"

// The pool, unless the URI says otherwise. Writes of concurrent callers travel together and reads are short: 64 connections at a distance of
// 40 ms carry 1,600 requests a second, more than 64 SMTP connections ask for, and eight processes stay within the 500 connections of Atlas's
// smallest clusters. Several are opened at once, since the first second of a run from cron is most of it.
const (
	poolSize      = 64
	poolOpensMost = 8
)

// groupsAtOnce is how many groups of callers' writes are under way at once. With one alone, whoever comes while it is would wait for all its
// round trips; with many, hardly any would travel together.
const groupsAtOnce = 3

// maxGroup is how many callers' writes travel together at most.
const maxGroup = 200

// Options change how documents are kept.
type Options struct {
	// Collections gives collections other names than the default ones.
	Collections map[string]string
	// Log hears of optional indexes that the server refused; nil means nobody does.
	Log *slog.Logger
}

// Engine is a store.Engine on one MongoDB database.
type Engine struct {
	client      *mongo.Client
	db          *mongo.Database
	location    string
	password    string
	collections map[string]collection
	log         *slog.Logger
	gathers     []*gatherer
	trips       atomic.Int64
	noUnion     atomic.Bool // the server does not read several collections in one request
}

// collection is where the documents of a declared collection are.
type collection struct {
	def store.Collection
	*mongo.Collection
}

// Open connects to the server and waits for its first answer; a server that gives none is a store.ErrUnreachable. The database is the one
// named, else the URI's, else DefaultDatabase.
func Open(ctx context.Context, uri, database string, opts Options) (*Engine, error) {
	place := parseURI(uri)
	if database == "" {
		database = place.database
	}
	if database == "" {
		database = DefaultDatabase
	}
	e := &Engine{location: "mongodb://" + place.hosts + "/" + database, password: place.password, collections: map[string]collection{}, log: opts.Log}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	for range groupsAtOnce {
		e.gathers = append(e.gathers, &gatherer{Gatherer: store.NewGatherer(maxGroup, e.run)})
	}

	var err error
	if e.client, err = mongo.Connect(e.options(uri)); err != nil {
		return nil, e.badURI(err)
	}
	e.db = e.client.Database(database)
	for _, def := range store.Collections {
		name := def.Name
		if other := opts.Collections[def.Name]; other != "" {
			name = other
		}
		e.collections[def.Name] = collection{def, e.db.Collection(name)}
	}
	if err := e.Ping(ctx); err != nil {
		return nil, errors.Join(err, e.Close(context.WithoutCancel(ctx)))
	}
	return e, nil
}

// options are the driver's. What mailrun's promises rest on overrides the URI: every write survives a fail-over,
// every read sees it, and no wait is longer than promised.
func (e *Engine) options(uri string) *options.ClientOptions {
	journal := true
	majority := &writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}
	monitor := &event.CommandMonitor{Started: func(context.Context, *event.CommandStartedEvent) { e.trips.Add(1) }}
	opts := options.Client().SetConnectTimeout(connectTimeout).SetServerSelectionTimeout(selectionTimeout).ApplyURI(uri)
	opts.SetServerSelectionTimeout(min(*opts.ServerSelectionTimeout, selectionTimeout))
	opts.SetConnectTimeout(min(*opts.ConnectTimeout, connectTimeout))
	if opts.MaxPoolSize == nil {
		opts.SetMaxPoolSize(poolSize)
	}
	if opts.MaxConnecting == nil {
		opts.SetMaxConnecting(poolOpensMost)
	}
	return opts.SetAppName("mailrun").SetMonitor(monitor).SetWriteConcern(majority).SetReadPreference(readpref.Primary())
}

// Name is "mongodb".
func (e *Engine) Name() string { return "mongodb" }

// Location is the URI with hosts and database alone.
func (e *Engine) Location() string { return e.location }

// Atomic is false: single documents are written as a whole, and no more.
func (e *Engine) Atomic() bool { return false }

// RoundTrips counts the commands sent.
func (e *Engine) RoundTrips() int64 { return e.trips.Load() }

// Ping asks the primary for a sign of life.
func (e *Engine) Ping(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	return e.explain(ctx, e.client.Ping(limited, readpref.Primary()))
}

// Close ends the connections.
func (e *Engine) Close(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	return e.explain(ctx, e.client.Disconnect(limited))
}

func (e *Engine) collection(name string) (collection, error) {
	c, ok := e.collections[name]
	if !ok {
		return c, fmt.Errorf("unknown collection %q", name)
	}
	return c, nil
}

// place is what a URI says of interest: mongodb://user:password@hosts/database?options.
type place struct{ hosts, database, password string }

func parseURI(uri string) place {
	_, rest, _ := strings.Cut(uri, "://")
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], strings.TrimPrefix(rest[i:], "/")
	}
	var p place
	p.database, _, _ = strings.Cut(path, "?")
	if i := strings.LastIndex(authority, "@"); i >= 0 {
		_, p.password, _ = strings.Cut(authority[:i], ":")
		authority = authority[i+1:]
	}
	p.hosts = authority
	return p
}
