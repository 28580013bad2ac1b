package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open opens an engine on a fresh file.
func open(t testing.TB) *sqlite.Engine {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "mailrun.db"), sqlite.Options{})
}

func openAt(t testing.TB, path string, opts sqlite.Options) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeEngine(t, e) })
	return e
}

func closeEngine(t testing.TB, e *sqlite.Engine) {
	t.Helper()
	if err := e.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func user(email string) store.Write {
	return store.Write{Kind: store.Insert, Collection: store.Users, Document: bson.D{{Key: "email", Value: email}, {Key: "n", Value: int32(0)}}}
}

func write(t testing.TB, e store.Engine, writes ...store.Write) {
	t.Helper()
	results, err := e.Write(t.Context(), writes)
	for _, r := range results {
		err = errors.Join(err, r.Err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, e store.Engine, collection string, filter bson.D) int64 {
	t.Helper()
	n, err := e.Count(t.Context(), collection, filter)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestUnreachable proves that each way in which a file cannot serve gives one line that names it and is a store.ErrUnreachable.
func TestUnreachable(t *testing.T) {
	for _, tc := range []struct {
		name, says string
		path       func(dir string) string
	}{
		{"a folder", "is a directory", func(dir string) string { return dir }},
		{"below a file", "not a directory", func(dir string) string { return filepath.Join(file(t, dir, "f", "x"), "mailrun.db") }},
		{"no database", "not an SQLite database", func(dir string) string { return file(t, dir, "mailrun.db", strings.Repeat("not a database\n", 500)) }},
		{"damaged", "damaged", func(dir string) string { return damaged(t, dir) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := tc.path(t.TempDir())
			e, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if err == nil {
				err = e.Ping(t.Context())
				_, err2 := e.Write(t.Context(), []store.Write{user("a")})
				err = errors.Join(err, err2)
				closeEngine(t, e)
			}
			requireUnreachable(t, err, path, tc.says)
		})
	}
	t.Run("locked", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "mailrun.db")
		e := openAt(t, path, sqlite.Options{})
		other := raw(t, path)
		if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		sqlite.SetBusyTimeout(t, e, 20*time.Millisecond)
		_, err := e.Write(t.Context(), []store.Write{user("a")})
		requireUnreachable(t, err, path, "locked by another process")
		if _, err := other.Exec("ROLLBACK"); err != nil {
			t.Fatal(err)
		}
		write(t, e, user("a"))
	})
	t.Run("not writable", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("nothing is unwritable for root")
		}
		dir := t.TempDir()
		path := file(t, dir, "mailrun.db", "")
		if err := os.Chmod(path, 0o400); err != nil {
			t.Fatal(err)
		}
		_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		requireUnreachable(t, err, path, "permission denied")
	})
}

func requireUnreachable(t *testing.T, err error, path, says string) {
	t.Helper()
	if !errors.Is(err, store.ErrUnreachable) || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), says) {
		t.Errorf("got %v, want one line of ErrUnreachable that names %s and says %q", err, path, says)
	}
}

func file(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// damaged makes a database and overwrites all of its pages but the first.
func damaged(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "mailrun.db")
	e, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	closeEngine(t, e)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096; i < len(data); i++ {
		data[i] = 0xaa
	}
	return file(t, dir, "mailrun.db", string(data))
}

// raw opens the file past the engine, with one connection.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	e := openAt(t, filepath.Join(dir, "a ?#%41.db"), sqlite.Options{})
	write(t, e, user("a"))
	got := map[string]fs.FileMode{}
	for _, name := range []string{"", "a ?#%41.db", "a ?#%41.db-wal", "a ?#%41.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got[name] = info.Mode().Perm()
	}
	want := map[string]fs.FileMode{"": 0o700, "a ?#%41.db": 0o600, "a ?#%41.db-wal": 0o600, "a ?#%41.db-shm": 0o600}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modes (-want +got):\n%s", diff)
	}
}

// TestIndexOfOneValue asks for the one value that an index holds, and for another.
func TestIndexOfOneValue(t *testing.T) {
	e := open(t)
	for status, want := range map[outreach.HistoryStatus]bool{outreach.HistorySending: true, outreach.HistorySent: false} {
		q := store.Query{Collection: store.History, Filter: bson.D{{Key: "status", Value: status}}, Sort: []string{"createdAt"}, Limit: 10}
		plan, err := e.Explain(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(plan, "\n"), "email_history_by_status"); got != want {
			t.Errorf("%s: by the index: %v, want %v: %q", status, got, want, plan)
		}
	}
}

// TestUpdateOfMoreThanATransaction changes more documents than one transaction may, whether they are named by their ids or by what the update
// changes, and each of them once.
func TestUpdateOfMoreThanATransaction(t *testing.T) {
	e := open(t)
	const many = 2500
	ids, inserts := make([]bson.ObjectID, many), make([]store.Write, many)
	for i := range ids {
		ids[i] = bson.NewObjectID()
		doc := bson.D{{Key: "_id", Value: ids[i]}, {Key: "email", Value: fmt.Sprintf("%d@us.example", i)}, {Key: "step", Value: int32(0)}}
		inserts[i] = store.Write{Kind: store.Insert, Collection: store.Recipients, Document: doc}
	}
	write(t, e, inserts...)
	more := bson.D{{Key: "$inc", Value: bson.D{{Key: "step", Value: int32(1)}}}}
	for i, filter := range []bson.D{
		{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, {Key: "step", Value: int32(0)}},
		{{Key: "step", Value: bson.D{{Key: "$gte", Value: int32(1)}}}},
	} {
		results, err := e.Write(t.Context(), []store.Write{{Kind: store.UpdateMany, Collection: store.Recipients, Filter: filter, Update: more}})
		if err != nil || results[0].Err != nil || results[0].Matched != many {
			t.Fatalf("update %d: %+v, %v, want %d matched", i, results, err, many)
		}
		n, err := e.Count(t.Context(), store.Recipients, bson.D{{Key: "step", Value: int32(i + 1)}})
		if err != nil || n != many {
			t.Errorf("update %d: %d were changed once, %v, want %d", i, n, err, many)
		}
	}
}

// TestOpenTogether has several openers make the same new file.
func TestOpenTogether(t *testing.T) {
	for range 5 {
		path := filepath.Join(t.TempDir(), "mailrun.db")
		var g errgroup.Group
		for i := range 8 {
			g.Go(func() error {
				e, err := sqlite.Open(t.Context(), path, sqlite.Options{})
				if err != nil {
					return err
				}
				_, err = e.Write(t.Context(), []store.Write{user(fmt.Sprint(i))})
				return errors.Join(err, e.Close(context.Background()))
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCollectionNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailrun.db")
	e := openAt(t, path, sqlite.Options{Collections: map[string]string{store.Users: `Its "users"`}})
	write(t, e, user("a"))
	var n int
	if err := raw(t, path).QueryRow(`SELECT count(*) FROM "Its ""users""" WHERE email = 'a'`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows (%v), want 1", n, err)
	}
}

// TestSchemaGrows takes columns and indexes from a file, as an older mailrun would have left it, and has them made and filled again.
func TestSchemaGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailrun.db")
	e, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	write(t, e, store.Write{Kind: store.Insert, Collection: store.Mailboxes, Document: bson.D{
		{Key: "email", Value: "a"}, {Key: "status", Value: "active"}, {Key: "lease", Value: bson.D{{Key: "owner", Value: "me"}}}, {Key: "nextSendAt", Value: at},
	}})
	closeEngine(t, e)

	old := raw(t, path)
	for _, stmt := range []string{
		`DROP INDEX mailboxes_lease_owner`,
		`ALTER TABLE mailboxes DROP COLUMN lease_owner`,
		`DROP INDEX mailboxes_due_send`,
		`CREATE INDEX mailboxes_due_send ON mailboxes (nextSendAt)`,
		// An older mailrun that knows no nextSendAt has changed the document since.
		`UPDATE mailboxes SET nextSendAt = 1`,
		`UPDATE _mailrun_columns SET columns = replace(replace(columns, '"\"nextSendAt\" INTEGER",', ''), '"\"lease_owner\" TEXT",', '')`,
		`PRAGMA user_version = 7`,
	} {
		if _, err := old.Exec(stmt); err != nil {
			t.Fatalf("%s: %v", stmt, err)
		}
	}

	e = openAt(t, path, sqlite.Options{})
	filter := bson.D{{Key: "lease.owner", Value: "me"}, {Key: "nextSendAt", Value: at}}
	if n := count(t, e, store.Mailboxes, filter); n != 1 {
		t.Errorf("%d mailboxes are found by the new columns, want 1", n)
	}
	plan, err := e.Explain(t.Context(), store.Query{Collection: store.Mailboxes, Filter: bson.D{{Key: "status", Value: "x"}}, Sort: []string{"nextSendAt"}})
	if err != nil || !strings.Contains(strings.Join(plan, "\n"), "mailboxes_due_send (status=?)") {
		t.Errorf("plan %q (%v), want the index as it is declared", plan, err)
	}
}

func TestUniqueIndexOverDuplicates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailrun.db")
	e, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, e, user("a"))
	closeEngine(t, e)
	old := raw(t, path)
	for _, stmt := range []string{`DROP INDEX users_email`, `INSERT INTO users (_id, email, doc) SELECT 'other', email, doc FROM users`, `PRAGMA user_version = 7`} {
		if _, err := old.Exec(stmt); err != nil {
			t.Fatal(err)
		}
	}
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	if err == nil || !strings.Contains(err.Error(), "users holds documents with the same key") {
		t.Errorf("got %v, want an error that names the collection", err)
	}
}

// TestFindWithinFind queries from inside of callbacks, more of them at once than there are slots for readers.
func TestFindWithinFind(t *testing.T) {
	e := open(t)
	writes := make([]store.Write, 600) // more than a query's head
	for i := range writes {
		writes[i] = user(fmt.Sprint(i))
	}
	write(t, e, writes...)
	all := store.Query{Collection: store.Users}
	var g errgroup.Group
	for range 20 {
		g.Go(func() error {
			seen := 0
			err := e.Find(t.Context(), all, func(bson.Raw) error {
				if seen++; seen%100 != 0 {
					return nil
				}
				if _, err := e.Count(t.Context(), store.Users, nil); err != nil {
					return err
				}
				return e.Find(t.Context(), all, func(bson.Raw) error { return nil })
			})
			if seen != len(writes) {
				return fmt.Errorf("saw %d of %d: %w", seen, len(writes), err)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// TestWriteWithinFind changes the documents that it reads, one by one.
func TestWriteWithinFind(t *testing.T) {
	e := open(t)
	writes := make([]store.Write, 600)
	for i := range writes {
		writes[i] = user(fmt.Sprint(i))
	}
	write(t, e, writes...)
	seen := 0
	err := e.Find(t.Context(), store.Query{Collection: store.Users, Sort: []string{"email"}}, func(doc bson.Raw) error {
		seen++
		_, err := e.Write(t.Context(), []store.Write{{
			Kind: store.Update, Collection: store.Users, Filter: bson.D{{Key: "_id", Value: doc.Lookup("_id")}},
			Update: bson.D{{Key: "$set", Value: bson.D{{Key: "email", Value: "z" + doc.Lookup("email").StringValue()}}}},
		}})
		return err
	})
	if err != nil || seen != len(writes) {
		t.Errorf("saw %d documents (%v), want %d: each once", seen, err, len(writes))
	}
}

func TestFindStops(t *testing.T) {
	e := open(t)
	write(t, e, user("a"), user("b"))
	stop := errors.New("stop")
	if err := e.Find(t.Context(), store.Query{Collection: store.Users}, func(bson.Raw) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the callback's error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := e.Find(ctx, store.Query{Collection: store.Users}, func(bson.Raw) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	if _, err := e.Write(ctx, []store.Write{user("c")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// TestFlatMemory reads 60 MB of documents and holds a few of them.
func TestFlatMemory(t *testing.T) {
	e := open(t)
	text := strings.Repeat("x", 60<<10)
	for i := range 10 {
		writes := make([]store.Write, 100)
		for j := range writes {
			writes[j] = store.Write{Kind: store.Insert, Collection: store.Users, Document: bson.D{{Key: "email", Value: fmt.Sprint(i, " ", j)}, {Key: "text", Value: text}}}
		}
		write(t, e, writes...)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, seen := heap(), 0
	err := e.Find(t.Context(), store.Query{Collection: store.Users}, func(bson.Raw) error {
		if seen++; seen == 500 {
			if now := heap(); now > before+8<<20 {
				t.Errorf("half-way through 60 MB, %d KB more are in use", (now-before)>>10)
			}
		}
		return nil
	})
	if err != nil || seen != 1000 {
		t.Errorf("saw %d documents (%v)", seen, err)
	}
}

// TestSharedCommits has many goroutines write at once, some of them badly: the commits are shared, the failures are not.
func TestSharedCommits(t *testing.T) {
	e := open(t)
	write(t, e, user("taken"))
	before := e.RoundTrips()
	const writers, each = 40, 5
	var g errgroup.Group
	for i := range writers {
		g.Go(func() error {
			for j := range each {
				bad := store.Write{Kind: store.Update, Collection: store.Users, Filter: bson.D{{Key: "email", Value: "taken"}}, Update: bson.D{{Key: "$push", Value: bson.D{{Key: "n", Value: 1}}}}}
				if _, err := e.Write(t.Context(), []store.Write{bad}); err == nil {
					return errors.New("an update that cannot be done was accepted")
				}
				results, err := e.Write(t.Context(), []store.Write{user("taken"), user(fmt.Sprint(i, " ", j))})
				if err != nil || !store.IsDuplicate(results[0].Err) || results[1].Err != nil {
					return fmt.Errorf("got %v, %w", results, err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, e, store.Users, nil); n != writers*each+1 {
		t.Errorf("%d users, want %d", n, writers*each+1)
	}
	if commits := e.RoundTrips() - before; commits >= writers*each*2 {
		t.Errorf("%d commits for %d writes: none was shared", commits, writers*each*2)
	}
}

// TestLongWritesLetOthersIn changes more documents with one write than one transaction may.
func TestLongWritesLetOthersIn(t *testing.T) {
	e := open(t)
	const n = 2500
	writes := make([]store.Write, n)
	for i := range writes {
		writes[i] = user(fmt.Sprint(i))
	}
	write(t, e, writes...)
	all := bson.D{{Key: "email", Value: bson.D{{Key: "$gt", Value: ""}}}}
	results, err := e.Write(t.Context(), []store.Write{
		{Kind: store.UpdateMany, Collection: store.Users, Filter: all, Update: bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}},
		{Kind: store.DeleteMany, Collection: store.Users, Filter: all},
	})
	if err != nil || results[0].Matched != n || results[1].Matched != n {
		t.Errorf("got %v, %v, want %d changed and deleted", results, err, n)
	}
}

func TestClosed(t *testing.T) {
	e, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mailrun.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { _, _ = e.Write(t.Context(), []store.Write{user(fmt.Sprint(i))}) })
	}
	closeEngine(t, e)
	wg.Wait()
	if _, err := e.Write(t.Context(), []store.Write{user("late")}); err == nil {
		t.Error("a closed engine wrote")
	}
	if err := e.Ping(t.Context()); err == nil {
		t.Error("a closed engine read")
	}
}

func TestUndeclared(t *testing.T) {
	e := open(t)
	for name, q := range map[string]store.Query{
		"filter":     {Collection: store.Users, Filter: bson.D{{Key: "nickname", Value: "a"}}},
		"sort":       {Collection: store.Users, Sort: []string{"nickname"}},
		"collection": {Collection: "nickname"},
		"operator":   {Collection: store.Users, Filter: bson.D{{Key: "email", Value: bson.D{{Key: "$nickname", Value: "a"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			err := e.Find(t.Context(), q, func(bson.Raw) error { return nil })
			if err == nil || !strings.Contains(err.Error(), "nickname") {
				t.Errorf("got %v, want an error that names what is not declared", err)
			}
		})
	}
}
