package main

import (
	"fmt"
	"math"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// firstBatch is how many documents the first answer holds unless the client says otherwise; those that follow are bounded by their size alone.
const firstBatch = 101

// cursor is what of an answer was not asked for yet. It holds the documents as they were when it was made.
type cursor struct {
	namespace string
	docs      []bsoncore.Document
}

// query is a find command.
type query struct {
	filter      filter
	order       []part
	fields      projection // nil means all
	skip, limit int
}

func parseQueryOf(a *arguments) (query, error) {
	q := query{skip: a.number("skip", 0), limit: a.number("limit", 0)}
	if q.skip < 0 || q.limit < 0 {
		return q, badValue("skip and limit must not be negative")
	}
	var err error
	if q.filter, err = parseFilter(a.document("filter")); err != nil {
		return q, err
	}
	if q.order, err = parseParts(a.document("sort")); err != nil {
		return q, err
	}
	q.fields, err = parseProjection(a.document("projection"))
	return q, err
}

// projection says which fields of a document are wanted: those of a document inside, or the whole field if it says nothing of it.
type projection map[string]projection

// parseProjection reads which fields are wanted; nil means all.
func parseProjection(doc bsoncore.Document) (projection, error) {
	if count(doc) == 0 {
		return nil, nil
	}
	wanted := projection{"_id": nil}
	for name, v := range fields(doc) {
		n, isNumber := v.AsInt64OK()
		b, isBool := v.BooleanOK()
		on := isNumber && n != 0 || isBool && b
		key := string(name)
		switch {
		case on:
			if !wanted.add(strings.Split(key, ".")) {
				return nil, badValue("path collision at '%s'", key)
			}
		case key == "_id" && (isNumber || isBool):
			delete(wanted, key)
		default:
			return nil, badValue("this server cannot leave out '%s'", key)
		}
	}
	return wanted, nil
}

// add has a path wanted, unless another already asks for the whole that it leads into, or for a part of it.
func (p projection) add(path []string) bool {
	inner, there := p[path[0]]
	switch {
	case len(path) == 1:
		p[path[0]] = nil
		return inner == nil
	case there && inner == nil:
		return false
	case !there:
		inner = projection{}
		p[path[0]] = inner
	}
	return inner.add(path[1:])
}

// of leaves the wanted fields of a document.
func (p projection) of(doc bsoncore.Document) bsoncore.Document {
	if p == nil {
		return doc
	}
	b := newBuilder()
	for el := range elements(doc) {
		inner, wanted := p[string(el.KeyBytes())]
		embedded, isDocument := el.Value().DocumentOK()
		switch {
		case wanted && inner == nil:
			b.element(el)
		case wanted && isDocument:
			b.document(el.Key(), inner.of(embedded))
		}
	}
	return b.done()
}

func (s *server) find(a *arguments) (*builder, error) {
	q, err := parseQueryOf(a)
	if err != nil {
		return nil, err
	}
	c, err := s.collection(a, false)
	if err != nil {
		return nil, err
	}
	cur := &cursor{namespace: a.database + "." + a.values["find"].StringValue()}
	if c != nil {
		cur.docs = c.answer(q)
	}
	size := a.number("batchSize", firstBatch)
	if a.flag("singleBatch", false) {
		cur.docs = cur.docs[:min(size, len(cur.docs))]
	}
	return s.batch(cur, 0, size, "firstBatch"), nil
}

// answer is the documents of a query's answer.
func (c *collection) answer(q query) []bsoncore.Document {
	c.mu.RLock()
	defer c.mu.RUnlock()
	most := 0
	if q.limit > 0 {
		most = q.skip + q.limit
	}
	found := c.find(q.filter, q.order, most)
	found = found[min(q.skip, len(found)):]
	docs := make([]bsoncore.Document, len(found))
	for i, r := range found {
		docs[i] = r.doc
	}
	if q.fields != nil {
		for i := range docs {
			docs[i] = q.fields.of(docs[i])
		}
	}
	return docs
}

// batch answers with the next documents of a cursor, as many as wanted and fit, and keeps what is left under its number.
func (s *server) batch(cur *cursor, id int64, most int, name string) *builder {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, size := 0, 0
	for ; n < min(most, len(cur.docs)); n++ {
		if size += len(cur.docs[n]); n > 0 && size > maxDocument {
			break
		}
	}
	docs := cur.docs[:n]
	cur.docs = cur.docs[n:]
	switch {
	case len(cur.docs) == 0:
		delete(s.cursors, id)
		id = 0
	case id == 0:
		s.lastCursor++
		id = s.lastCursor
		s.cursors[id] = cur
	}
	return answerBatch(cur.namespace, id, name, docs)
}

// answerWith is an answer that holds all its documents.
func answerWith(namespace string, docs []bsoncore.Document) *builder {
	return answerBatch(namespace, 0, "firstBatch", docs)
}

func answerBatch(namespace string, id int64, name string, docs []bsoncore.Document) *builder {
	inner := newBuilder()
	inner.long("id", id)
	inner.text("ns", namespace)
	inner.array(name, arrayOf(docs))
	b := newBuilder()
	b.document("cursor", inner.done())
	return b
}

func (s *server) getMore(a *arguments) (*builder, error) {
	id, _ := a.values["getMore"].AsInt64OK()
	s.mu.RLock()
	cur := s.cursors[id]
	s.mu.RUnlock()
	if cur == nil {
		return nil, noCursor("cursor id %d not found", id)
	}
	return s.batch(cur, id, a.number("batchSize", math.MaxInt), "nextBatch"), nil
}

func (s *server) killCursors(a *arguments) (*builder, error) {
	list, _ := a.values["cursors"].ArrayOK()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range fields(list) {
		id, _ := v.AsInt64OK()
		delete(s.cursors, id)
	}
	return newBuilder(), nil
}

func (s *server) count(a *arguments) (*builder, error) {
	f, err := parseFilter(a.document("query"))
	if err != nil {
		return nil, err
	}
	c, err := s.collection(a, false)
	if err != nil {
		return nil, err
	}
	b := newBuilder()
	b.int("n", int32(c.countAll(f))) //nolint:gosec // documents in memory
	return b, nil
}

func (c *collection) countAll(f filter) int {
	if c == nil {
		return 0
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	if len(f) == 0 {
		return c.records.Len()
	}
	n := 0
	c.scan(c.plan(f, nil), f, func(*record) bool {
		n++
		return true
	})
	return n
}

// explain tells how a find would be carried out: by the plan that the find itself would make.
func (s *server) explain(a *arguments) (*builder, error) {
	inner := a.inner("find", a.document("explain"))
	if isMissing(inner.values["find"]) {
		return nil, badValue("this server explains only find")
	}
	q, err := parseQueryOf(inner)
	if err != nil {
		return nil, err
	}
	c, err := s.collection(inner, false)
	if err != nil {
		return nil, err
	}
	if c == nil {
		c = newCollection(fmt.Sprintf("%s.%s", a.database, inner.values["find"].StringValue()))
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	planner := newBuilder()
	planner.text("namespace", c.namespace)
	planner.document("winningPlan", c.plan(q.filter, q.order).describe(q.order))
	b := newBuilder()
	b.document("queryPlanner", planner.done())
	return b, nil
}
