// Package storetest is the contract of store.Engine as tests, and the databases that tests run on: SQLite in a temporary file; MongoDB,
// either the server that MONGODB_TEST_URI names or FerretDB as a stand-in, built from the nested module standin; and memory, a server of our
// own with MongoDB's protocol that keeps documents in memory, fast enough for many processes and many documents. FerretDB is others' work and
// so the judge of the contract; of what it cannot do, memory tells at least that the engine copes with a server that can.
//
// A package whose tests need a store loops over the engines:
//
//	for _, engine := range storetest.Engines(t) {
//		t.Run(engine.Name, func(t *testing.T) {
//			s := store.New(engine.Open(t), time.Now)
//			…
package storetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	driver "go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"mailrun/internal/store"
	"mailrun/internal/store/mongo"
	"mailrun/internal/store/sqlite"
)

// Engine is a kind of database.
type Engine struct {
	// Name is what the engine calls itself.
	Name string
	// Size is how many documents a test may put into it.
	Size int
	// Scans says that the server looks at every document of a collection for most queries and answers one request at a time: that its speed
	// is no sign of MongoDB's, and that what takes a thousand queries takes a minute.
	Scans bool

	lacks   bool                      // some of what MongoDB has
	place   func(t testing.TB) string // of a fresh, empty database
	connect func(ctx context.Context, place string) (store.Engine, error)
}

// Engines lists the kinds of database. Opening one skips the test, with the reason, where it cannot be had.
func Engines(testing.TB) []Engine {
	return []Engine{SQLite(), Memory(), MongoDB()}
}

// SQLite is the engine on a file in the test's temporary folder.
func SQLite() Engine {
	return Engine{
		Name:  "sqlite",
		Size:  10_000,
		place: func(t testing.TB) string { return filepath.Join(t.TempDir(), "mailrun.db") },
		connect: func(ctx context.Context, place string) (store.Engine, error) {
			return sqlite.Open(ctx, place, sqlite.Options{})
		},
	}
}

// Memory is the MongoDB engine on a database of the test's own in the server that keeps documents in memory.
func Memory() Engine {
	return Engine{Name: "memory", Size: 10_000, place: memoryPlace, connect: connectMongo}
}

// MongoDB is the engine on a database of the test's own, which is dropped after it, of the server that MONGODB_TEST_URI names, or else of
// FerretDB.
func MongoDB() Engine {
	if os.Getenv("MONGODB_TEST_URI") != "" {
		return Engine{Name: "mongodb", Size: 10_000, place: Mongo, connect: connectMongo}
	}
	return Engine{Name: "mongodb", Size: 100, Scans: true, lacks: true, place: Mongo, connect: connectMongo}
}

func connectMongo(ctx context.Context, place string) (store.Engine, error) {
	return mongo.Open(ctx, place, "", mongo.Options{})
}

// Open returns an engine on a fresh, empty database with its indexes made. It is closed when the test ends.
func (e Engine) Open(t testing.TB) store.Engine {
	t.Helper()
	engine, _ := e.OpenPlace(t)
	return engine
}

// Connect opens a database that exists already, by its place. It is the caller's to close.
func (e Engine) Connect(ctx context.Context, place string) (store.Engine, error) {
	return e.connect(ctx, place)
}

// OpenPlace is Open and tells the database's place, by which other processes can connect to it.
func (e Engine) OpenPlace(t testing.TB) (engine store.Engine, place string) {
	t.Helper()
	place = e.place(t)
	engine, err := e.connect(t.Context(), place)
	if err != nil {
		t.Fatalf("open %s: %v", e.Name, err)
	}
	t.Cleanup(func() {
		if err := engine.Close(context.Background()); err != nil {
			t.Errorf("close %s: %v", e.Name, err)
		}
	})
	if err := engine.EnsureIndexes(t.Context()); err != nil {
		t.Fatalf("make the indexes of %s: %v", e.Name, err)
	}
	return engine, place
}

// Mongo returns the URI of a database of the test's own, which is dropped after it.
func Mongo(t testing.TB) string {
	t.Helper()
	if uri := os.Getenv("MONGODB_TEST_URI"); uri != "" {
		return freshDatabase(t, uri)
	}
	return onServer(t, standIn)
}

func memoryPlace(t testing.TB) string {
	t.Helper()
	return onServer(t, memory)
}

// onServer is a fresh database of a server that is built if need be.
func onServer(t testing.TB, start func() (*server, error)) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a MongoDB server: set MONGODB_TEST_URI, or leave out -short to have one built")
	}
	server, err := start()
	if err != nil {
		t.Fatalf("start a server for tests: %v", err)
	}
	return freshDatabase(t, "mongodb://"+server.address+"/")
}

func freshDatabase(t testing.TB, uri string) string {
	t.Helper()
	name := "mailrun_test_" + bson.NewObjectID().Hex()
	uri = withDatabase(uri, name)
	t.Cleanup(func() { dropDatabase(t, uri, name) })
	return uri
}

// withDatabase puts a database's name into a URI. Credentials belong to the database that the URI named before, or to admin.
func withDatabase(uri, name string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, old, _ := strings.Cut(rest, "/")
	if strings.Contains(hosts, "@") && !strings.Contains(query, "authSource=") {
		if old == "" {
			old = "admin"
		}
		query = strings.TrimPrefix(query+"&authSource="+old, "&")
	}
	return strings.TrimSuffix(scheme+"://"+hosts+"/"+name+"?"+query, "?")
}

func dropDatabase(t testing.TB, uri, name string) {
	t.Helper()
	ctx := context.Background()
	client, err := driver.Connect(options.Client().ApplyURI(uri))
	if err == nil {
		err = client.Database(name).Drop(ctx)
	}
	if err != nil {
		t.Errorf("drop the test's database: %v", err)
	}
	if client != nil {
		_ = client.Disconnect(ctx)
	}
}

// needs skips a test that the stand-in fails and MongoDB would not; say why.
func (e Engine) needs(t *testing.T, why string) {
	t.Helper()
	if e.lacks && why != "" {
		t.Skip("the MongoDB stand-in cannot do this: " + why)
	}
}

// Run proves that an engine keeps the contract of store.Engine.
func Run(t *testing.T, e Engine) {
	if child(t, e) {
		return
	}
	for _, group := range []struct {
		name string
		test func(*testing.T, Engine)
	}{
		{"filters", testFilters},
		{"order", testOrder},
		{"several at once", testFindAll},
		{"groups", testGroups},
		{"first groups", testGroupFirst},
		{"distinct", testDistinct},
		{"updates", testUpdates},
		{"writes", testWrites},
		{"values", testValues},
		{"races", testRaces},
		{"processes", testProcesses},
		{"durability", testDurability},
		{"plans", testPlans},
	} {
		t.Run(group.name, func(t *testing.T) { group.test(t, e) })
	}
}
