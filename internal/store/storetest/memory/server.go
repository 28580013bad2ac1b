package main

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// server is databases of collections, and cursors whose documents were not all asked for yet.
type server struct {
	started  time.Time
	requests atomic.Int64

	mu          sync.RWMutex
	collections map[string]map[string]*collection // by database and name
	cursors     map[int64]*cursor
	lastCursor  int64
}

func newServer() *server {
	return &server{started: time.Now(), collections: map[string]map[string]*collection{}, cursors: map[int64]*cursor{}}
}

// handler carries out a command: it returns the fields of a good answer, but for ok.
type handler func(*server, *arguments) (*builder, error)

// commands are all that is known, with the arguments that each takes beside the common ones.
var commands = map[string]struct {
	do   handler
	args []string
}{
	"hello":    {(*server).hello, nil},
	"isMaster": {(*server).hello, nil},
	"ismaster": {(*server).hello, nil},
	"ping":     {(*server).nothing, nil},

	"endSessions":  {(*server).nothing, nil},
	"buildInfo":    {(*server).buildInfo, nil},
	"serverStatus": {(*server).status, nil},
	"fsync":        {(*server).fsync, nil},

	"find":          {(*server).find, []string{"filter", "sort", "projection", "skip", "limit", "batchSize", "singleBatch"}},
	"getMore":       {(*server).getMore, []string{"collection", "batchSize"}},
	"killCursors":   {(*server).killCursors, []string{"cursors"}},
	"count":         {(*server).count, []string{"query"}},
	"aggregate":     {(*server).aggregate, []string{"pipeline", "cursor"}},
	"explain":       {(*server).explain, []string{"verbosity"}},
	"insert":        {(*server).insert, []string{"documents", "ordered"}},
	"update":        {(*server).update, []string{"updates", "ordered"}},
	"delete":        {(*server).delete, []string{"deletes", "ordered"}},
	"findAndModify": {(*server).findAndModify, []string{"query", "sort", "update", "remove", "new", "upsert", "fields"}},

	"create":          {(*server).create, nil},
	"drop":            {(*server).drop, nil},
	"listCollections": {(*server).listCollections, []string{"filter", "nameOnly", "cursor", "authorizedCollections"}},
	"dropDatabase":    {(*server).dropDatabase, nil},
	"createIndexes":   {(*server).createIndexes, []string{"indexes"}},
	"listIndexes":     {(*server).listIndexes, []string{"cursor"}},
	"dropIndexes":     {(*server).dropIndexes, []string{"index"}},
}

// common are arguments that every command may have. Sessions, concerns and preferences are as good as kept: there is one server, and what it
// has acknowledged is there for all.
var common = []string{
	"$db", "$readPreference", "$clusterTime", "lsid", "writeConcern", "readConcern", "maxTimeMS", "comment", "apiVersion", "apiStrict", "apiDeprecationErrors",
}

// greetings are commands with which drivers introduce themselves at length.
var greetings = []string{"hello", "isMaster", "ismaster"}

// run carries out a request and returns the answer.
func (s *server) run(r *request) bsoncore.Document {
	s.requests.Add(1)
	b, err := s.dispatch(r)
	if err == nil {
		b.double("ok", 1)
		return b.done()
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return f.reply()
	}
	return badValue("%v", err).reply()
}

func (s *server) dispatch(r *request) (*builder, error) {
	known, ok := commands[r.command]
	if !ok {
		return nil, noCommand("no such command: '%s'", r.command)
	}
	a := &arguments{request: r, values: map[string]bsoncore.Value{}}
	for name, v := range fields(r.body) {
		key := string(name)
		if key != r.command && !slices.Contains(known.args, key) && !slices.Contains(common, key) && !slices.Contains(greetings, r.command) {
			return nil, unknownField("BSON field '%s.%s' is an unknown field.", r.command, key)
		}
		a.values[key] = v
	}
	return known.do(s, a)
}

// arguments are a command's fields. What has another type than wanted counts as not given, as does 0 where a number is asked for.
type arguments struct {
	*request
	values map[string]bsoncore.Value
}

func (a *arguments) document(name string) bsoncore.Document {
	doc, _ := a.values[name].DocumentOK()
	return doc
}

func (a *arguments) number(name string, otherwise int) int {
	if n, ok := a.values[name].AsInt64OK(); ok && n != 0 {
		return int(n)
	}
	return otherwise
}

func (a *arguments) flag(name string, otherwise bool) bool {
	v, ok := a.values[name]
	if !ok {
		return otherwise
	}
	if n, ok := v.AsInt64OK(); ok {
		return n != 0
	}
	b, _ := v.BooleanOK()
	return b
}

// documents are a list of documents, which may have come in a section of its own.
func (a *arguments) documents(name string) ([]bsoncore.Document, error) {
	if docs, ok := a.sequences[name]; ok {
		return docs, nil
	}
	list, ok := a.values[name].ArrayOK()
	if !ok {
		return nil, failedToParse("%s needs the array '%s'", a.command, name)
	}
	var docs []bsoncore.Document
	for _, v := range fields(list) {
		doc, ok := v.DocumentOK()
		if !ok {
			return nil, typeMismatch("'%s' holds a value of type %s", name, v.Type)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// inner are the arguments of what a command carries inside, in the same database.
func (a *arguments) inner(command string, doc bsoncore.Document) *arguments {
	inner := &arguments{request: &request{command: command, database: a.database}, values: map[string]bsoncore.Value{}}
	for name, v := range fields(doc) {
		inner.values[string(name)] = v
	}
	return inner
}

// collection is the one that a command names, nil if it does not exist and is not to be made.
func (s *server) collection(a *arguments, make bool) (*collection, error) {
	name, ok := a.values[a.command].StringValueOK()
	if !ok || name == "" || a.database == "" {
		return nil, badValue("%s needs the name of a collection in a database", a.command)
	}
	s.mu.RLock()
	c := s.collections[a.database][name]
	s.mu.RUnlock()
	if c != nil || !make {
		return c, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.made(a.database, name), nil
}

// made is a collection that is there from now on. The caller holds the lock.
func (s *server) made(database, name string) *collection {
	if s.collections[database] == nil {
		s.collections[database] = map[string]*collection{}
	}
	if s.collections[database][name] == nil {
		s.collections[database][name] = newCollection(database + "." + name)
	}
	return s.collections[database][name]
}

func (s *server) nothing(*arguments) (*builder, error) { return newBuilder(), nil }

// hello tells what a standalone server of MongoDB 7 would, so far as it is true here.
func (s *server) hello(*arguments) (*builder, error) {
	b := newBuilder()
	b.bool("isWritablePrimary", true)
	b.bool("ismaster", true)
	b.int("maxBsonObjectSize", maxDocument)
	b.int("maxMessageSizeBytes", maxMessage)
	b.int("maxWriteBatchSize", maxBatch)
	b.time("localTime", time.Now().UnixMilli())
	b.int("minWireVersion", 0)
	b.int("maxWireVersion", wireVersion)
	b.bool("readOnly", false)
	b.text("msg", "documents are kept in memory: a server for tests")
	return b, nil
}

func (s *server) buildInfo(*arguments) (*builder, error) {
	b := newBuilder()
	b.text("version", "7.0.0")
	b.text("gitVersion", "mailrun's server for tests")
	return b, nil
}

// status tells under MongoDB's names how many requests there were, and what they took of the processor.
func (s *server) status(*arguments) (*builder, error) {
	network := newBuilder()
	network.long("numRequests", s.requests.Load())
	extra := newBuilder()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err == nil {
		extra.long("user_time_us", used.Utime.Nano()/1000)
		extra.long("system_time_us", used.Stime.Nano()/1000)
	}
	b := newBuilder()
	b.document("network", network.done())
	b.document("extra_info", extra.done())
	b.text("process", "memory")
	b.long("uptimeMillis", time.Since(s.started).Milliseconds())
	b.time("localTime", time.Now().UnixMilli())
	return b, nil
}

// fsync has no disk to flush to. What is left over from before is collected instead, so that it is no cost of what comes after.
func (s *server) fsync(*arguments) (*builder, error) {
	runtime.GC()
	return newBuilder(), nil
}

func (s *server) create(a *arguments) (*builder, error) {
	if c, err := s.collection(a, false); err != nil || c != nil {
		return nil, orElse(err, func() error { return exists("Collection %s already exists.", c.namespace) })
	}
	_, err := s.collection(a, true)
	return newBuilder(), err
}

func orElse(err error, other func() error) error {
	if err != nil {
		return err
	}
	return other()
}

func (s *server) drop(a *arguments) (*builder, error) {
	c, err := s.collection(a, false)
	if err != nil || c == nil {
		return nil, orElse(err, func() error { return noNamespace("ns not found") })
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.collections[a.database], a.values[a.command].StringValue())
	return newBuilder(), nil
}

func (s *server) dropDatabase(a *arguments) (*builder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.collections, a.database)
	return newBuilder(), nil
}

func (s *server) listCollections(a *arguments) (*builder, error) {
	f, err := parseFilter(a.document("filter"))
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var docs []bsoncore.Document
	for name := range s.collections[a.database] {
		b := newBuilder()
		b.text("name", name)
		b.text("type", "collection")
		if doc := b.done(); f.matches(doc) {
			docs = append(docs, doc)
		}
	}
	return answerWith(fmt.Sprintf("%s.$cmd.listCollections", a.database), docs), nil
}
