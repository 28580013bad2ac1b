package main

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// createIndexes makes the indexes that are not there.
func (s *server) createIndexes(a *arguments) (*builder, error) {
	c, err := s.collection(a, true)
	if err != nil {
		return nil, err
	}
	specs, err := a.documents("indexes")
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.indexes)
	for _, spec := range specs {
		ix, err := parseIndex(spec)
		if err == nil {
			err = c.ensureIndex(ix)
		}
		if err != nil {
			return nil, err
		}
	}
	b := newBuilder()
	b.int("numIndexesBefore", int32(before))        //nolint:gosec // a few
	b.int("numIndexesAfter", int32(len(c.indexes))) //nolint:gosec // a few
	return b, nil
}

// ensureIndex adds an index unless it is there. Two of one name or on the same keys cannot be.
func (c *collection) ensureIndex(ix *index) error {
	for _, other := range c.indexes {
		sameKeys := slices.EqualFunc(other.parts, ix.parts, func(p, q part) bool {
			return p.descending == q.descending && slices.Equal(p.path, q.path)
		})
		switch {
		case sameKeys && other.name == ix.name && other.unique == ix.unique:
			return nil
		case sameKeys:
			return optionsConflict("Index already exists with a different name or options: %s", other.name)
		case other.name == ix.name:
			return keysConflict("An existing index has the same name as the requested index: %s", other.name)
		}
	}
	return c.addIndex(ix)
}

// parseIndex reads what an index is to be. Of TTL indexes the index is made; their documents stay.
func parseIndex(spec bsoncore.Document) (*index, error) {
	ix := &index{spec: spec}
	var err error
	for name, v := range fields(spec) {
		switch string(name) {
		case "key":
			doc, _ := v.DocumentOK()
			ix.parts, err = parseParts(doc)
		case "name":
			ix.name, _ = v.StringValueOK()
		case "unique":
			ix.unique, _ = v.BooleanOK()
		case "partialFilterExpression":
			doc, _ := v.DocumentOK()
			ix.partial, err = parseFilter(doc)
		case "expireAfterSeconds", "v", "background":
		default:
			return nil, badIndexOption("this server knows no '%s' of an index", name)
		}
		if err != nil {
			return nil, err
		}
	}
	if ix.name == "" || len(ix.parts) == 0 {
		return nil, failedToParse("an index needs a name and keys")
	}
	return ix, nil
}

// listIndexes answers with the indexes as they were asked for.
func (s *server) listIndexes(a *arguments) (*builder, error) {
	c, err := s.collection(a, false)
	if err != nil || c == nil {
		return nil, orElse(err, func() error { return noNamespace("ns does not exist") })
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	specs := make([]bsoncore.Document, len(c.indexes))
	for i, ix := range c.indexes {
		specs[i] = ix.spec
	}
	return answerWith(c.namespace, specs), nil
}

// dropIndexes drops one index by its name or keys, or all but that of _id.
func (s *server) dropIndexes(a *arguments) (*builder, error) {
	c, err := s.collection(a, false)
	if err != nil || c == nil {
		return nil, orElse(err, func() error { return noNamespace("ns not found") })
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	name, _ := a.values["index"].StringValueOK()
	keys := a.document("index")
	before := len(c.indexes)
	for i := before - 1; i > 0; i-- {
		ix := c.indexes[i]
		if name == "*" || name == ix.name || keys != nil && bytes.Equal(keys, lookup(ix.spec, "key").Data) {
			c.dropIndex(i)
		}
	}
	switch {
	case name == "_id_":
		return nil, invalidOptions("cannot drop _id index")
	case name != "*" && len(c.indexes) == before:
		return nil, noIndex("index not found with name [%s]", name)
	}
	b := newBuilder()
	b.int("nIndexesWas", int32(before)) //nolint:gosec // a few
	return b, nil
}
