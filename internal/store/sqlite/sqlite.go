// Package sqlite keeps mailrun's documents in one SQLite file. It is the store for those who have no MongoDB: nothing to install, and any
// number of processes may use the file at once.
//
// Each collection is a table. Its column doc holds the document as BSON, exactly as MongoDB would; beside it stands a real column for each
// field that store.Collections declares, computed from the document at every write, and filters, orders and indexes use only these.
//
// The file is in WAL mode: readers never wait, writers take turns. Every commit but those of lazy writes is synced to disk before it is
// reported, since a history that a power cut takes back is a message sent twice. That costs some milliseconds, so the writes of concurrent
// goroutines share commits, and commits share syncs (store.Gatherer): while one group is synced, the next is written.
package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"mailrun/internal/store"
)

// busyTimeout is how long a writer waits for other processes' transactions, which take milliseconds each.
const busyTimeout = 10 * time.Second

// walRetry is the pause between attempts to put a new file into WAL mode.
const walRetry = 5 * time.Millisecond

// maxGroup is how many callers' writes share one commit at most.
const maxGroup = 200

// Options change how documents are kept.
type Options struct {
	// Collections gives collections other names than the default ones.
	Collections map[string]string
}

// Engine is a store.Engine on one file.
type Engine struct {
	path    string
	dsn     string
	driver  sqlite.Driver
	tables  map[string]*table
	ordered []*table
	readers *pool
	gather  *store.Gatherer[*batch]
	syncs   *store.Gatherer[*batch] // of those that are committed
	trips   atomic.Int64

	writing sync.Mutex // held by the leader of a group
	writer  *conn
	log     string // the path of the write-ahead log, known since the first write
	editor  editor
	closed  bool
}

// Open opens the file, makes it (0600, its folder 0700) if there is none, and brings its tables and indexes up to date. A file that cannot
// serve as the database is a store.ErrUnreachable.
func Open(ctx context.Context, path string, opts Options) (*Engine, error) {
	if err := touch(path); err != nil {
		return nil, explain(path, err)
	}
	e := &Engine{path: path, dsn: dsn(path, busyTimeout), tables: map[string]*table{}}
	for _, def := range store.Collections {
		t := newTable(def, opts.Collections)
		e.tables[def.Name] = t
		e.ordered = append(e.ordered, t)
	}
	e.readers = newPool(e.dial)
	e.gather = store.NewGatherer(maxGroup, e.commit)
	e.syncs = store.NewGatherer(maxGroup, e.sync)
	if err := e.editor.register(&e.driver); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := e.EnsureIndexes(ctx); err != nil {
		return nil, errors.Join(err, e.Close(ctx))
	}
	return e, nil
}

// touch makes the file with the mode that SQLite then gives to the files beside it, and finds out early what the system forbids.
func touch(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's choice
	if err != nil {
		return err
	}
	return f.Close()
}

// dsn names the file and the settings of each connection.
func dsn(path string, busy time.Duration) string {
	pragmas := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
		"synchronous(FULL)",
		"temp_store(MEMORY)",
		"cache_size(-512)",              // KiB, per connection that reads: whatever is written empties its cache
		"journal_size_limit(134217728)", // bytes that the log keeps after a long write
		"wal_autocheckpoint(32000)",     // pages: what changes often is copied into the file once in 128 MB of changes
	}}
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: pragmas.Encode()}
	return file.String()
}

// Name is "sqlite".
func (e *Engine) Name() string { return "sqlite" }

// Location is the file's path.
func (e *Engine) Location() string { return e.path }

// Atomic is true: the writes are one transaction.
func (e *Engine) Atomic() bool { return true }

// RoundTrips counts queries and commits.
func (e *Engine) RoundTrips() int64 { return e.trips.Load() }

// Ping reads from the file.
func (e *Engine) Ping(ctx context.Context) error {
	return e.read(ctx, "SELECT 1 FROM sqlite_master LIMIT 1", nil, func([]driver.Value) error { return nil })
}

// EnsureIndexes brings tables, columns and indexes up to date. It costs one small read if they are.
func (e *Engine) EnsureIndexes(ctx context.Context) error {
	c, err := e.readers.get(ctx)
	if err != nil {
		return e.explain(err)
	}
	defer e.readers.leave()
	if err = writeAhead(ctx, c); err == nil {
		err = e.migrate(ctx, c)
	}
	e.readers.put(c, err != nil)
	return e.explain(err)
}

// writeAhead puts the file into WAL mode, in which it then stays. SQLite's busy timeout does not hold for this, so those who make the same
// file at the same time wait here.
func writeAhead(ctx context.Context, c *conn) error {
	limited, cancel := context.WithTimeout(ctx, busyTimeout)
	defer cancel()
	for {
		_, err := c.one(ctx, "PRAGMA journal_mode = WAL")
		if code(err)&primaryCode != lib.SQLITE_BUSY {
			return err
		}
		select {
		case <-limited.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(walRetry):
		}
	}
}

// Close waits for the writes under way and closes the file.
func (e *Engine) Close(context.Context) error {
	return e.explain(errors.Join(e.closeWriter(), e.readers.close()))
}

func (e *Engine) table(collection string) (*table, error) {
	t, ok := e.tables[collection]
	if !ok {
		return nil, fmt.Errorf("unknown collection %q", collection)
	}
	return t, nil
}
