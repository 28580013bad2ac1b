package main

import (
	"errors"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// outcome is what a batch of writes came to.
type outcome struct {
	n, modified int
	upserted    []bsoncore.Document
	failures    []bsoncore.Document
}

// statements does a batch of writes one by one: in order until one fails, or all of them.
func (s *server) statements(a *arguments, list string, do func(c *collection, i int, doc bsoncore.Document, o *outcome) error) (*outcome, error) {
	docs, err := a.documents(list)
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 || len(docs) > maxBatch {
		return nil, badValue("Write batch sizes must be between 1 and %d. Got %d operations.", maxBatch, len(docs))
	}
	c, err := s.collection(a, true)
	if err != nil {
		return nil, err
	}
	o := &outcome{}
	for i, doc := range docs {
		err := c.locked(func() error { return do(c, i, doc, o) })
		if err == nil {
			continue
		}
		f, ok := errors.AsType[*failure](err)
		if !ok {
			f = badValue("%v", err)
		}
		o.failures = append(o.failures, f.write(i))
		if a.flag("ordered", true) {
			break
		}
	}
	return o, nil
}

func (c *collection) locked(do func() error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return do()
}

func (o *outcome) answer() *builder {
	b := newBuilder()
	b.int("n", int32(o.n)) //nolint:gosec // documents in memory
	if len(o.upserted) > 0 {
		b.array("upserted", arrayOf(o.upserted))
	}
	if len(o.failures) > 0 {
		b.array("writeErrors", arrayOf(o.failures))
	}
	return b
}

func (s *server) insert(a *arguments) (*builder, error) {
	o, err := s.statements(a, "documents", func(c *collection, _ int, doc bsoncore.Document, o *outcome) error {
		_, err := c.insert(doc)
		if err == nil {
			o.n++
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return o.answer(), nil
}

func (s *server) update(a *arguments) (*builder, error) {
	o, err := s.statements(a, "updates", updateOne)
	if err != nil {
		return nil, err
	}
	b := o.answer()
	b.int("nModified", int32(o.modified)) //nolint:gosec // documents in memory
	return b, nil
}

// updateOne does one statement of an update command.
func updateOne(c *collection, i int, statement bsoncore.Document, o *outcome) error {
	var upsert, multi bool
	for name, v := range fields(statement) {
		switch string(name) {
		case "q", "u":
		case "upsert":
			upsert, _ = v.BooleanOK()
		case "multi":
			multi, _ = v.BooleanOK()
		default:
			return unknownField("BSON field 'update.updates.%s' is an unknown field.", name)
		}
	}
	q, _ := lookup(statement, "q").DocumentOK()
	f, err := parseFilter(q)
	if err != nil {
		return err
	}
	u, err := parseUpdate(lookup(statement, "u"))
	if err != nil {
		return err
	}
	if multi && u.replacement != nil {
		return failedToParse("multi update is not supported for replacement-style update")
	}
	most := 1
	if multi {
		most = 0
	}
	matches := c.find(f, nil, most)
	for _, r := range matches {
		changed, err := c.change(r, u)
		if err != nil {
			return err
		}
		o.n++
		if changed {
			o.modified++
		}
	}
	if len(matches) > 0 || !upsert {
		return nil
	}
	r, err := c.upsert(f, u)
	if err != nil {
		return err
	}
	o.n++
	b := newBuilder()
	b.int("index", int32(i)) //nolint:gosec // at most maxBatch
	b.value("_id", lookup(r.doc, "_id"))
	o.upserted = append(o.upserted, b.done())
	return nil
}

func (s *server) delete(a *arguments) (*builder, error) {
	o, err := s.statements(a, "deletes", func(c *collection, _ int, statement bsoncore.Document, o *outcome) error {
		q, _ := lookup(statement, "q").DocumentOK()
		f, err := parseFilter(q)
		if err != nil {
			return err
		}
		most, _ := lookup(statement, "limit").AsInt64OK()
		for _, r := range c.find(f, nil, int(most)) {
			c.remove(r)
			o.n++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return o.answer(), nil
}

// findAndModify changes or removes the first match in an order, or adds a document.
func (s *server) findAndModify(a *arguments) (*builder, error) {
	f, err := parseFilter(a.document("query"))
	if err != nil {
		return nil, err
	}
	order, err := parseParts(a.document("sort"))
	if err != nil {
		return nil, err
	}
	wanted, err := parseProjection(a.document("fields"))
	if err != nil {
		return nil, err
	}
	var u update
	if !a.flag("remove", false) {
		if u, err = parseUpdate(a.values["update"]); err != nil {
			return nil, err
		}
	}
	c, err := s.collection(a, true)
	if err != nil {
		return nil, err
	}
	var m modification
	if err := c.locked(func() error { return m.do(c, a, f, order, u) }); err != nil {
		return nil, err
	}
	return m.answer(a, wanted), nil
}

// modification is what findAndModify did to a document.
type modification struct {
	before, after, upserted bsoncore.Document
	removed                 bool
}

func (m *modification) do(c *collection, a *arguments, f filter, order []part, u update) error {
	r := c.first(f, order)
	switch {
	case r == nil && a.flag("upsert", false):
		r, err := c.upsert(f, u)
		if err == nil {
			m.after, m.upserted = r.doc, r.doc
		}
		return err
	case r == nil:
		return nil
	case a.flag("remove", false):
		m.before, m.removed = r.doc, true
		c.remove(r)
		return nil
	}
	m.before = r.doc
	_, err := c.change(r, u)
	m.after = r.doc
	return err
}

func (m *modification) answer(a *arguments, wanted projection) *builder {
	last := newBuilder()
	n := int32(0)
	if m.before != nil || m.upserted != nil {
		n = 1
	}
	last.int("n", n)
	if !m.removed {
		last.bool("updatedExisting", m.before != nil)
	}
	if m.upserted != nil {
		last.value("upserted", lookup(m.upserted, "_id"))
	}
	b := newBuilder()
	b.document("lastErrorObject", last.done())
	doc := m.before
	if a.flag("new", false) {
		doc = m.after
	}
	if doc == nil {
		b.null("value")
	} else {
		b.document("value", wanted.of(doc))
	}
	return b
}
