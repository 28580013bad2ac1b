package main

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// aggregate knows pipelines that count matches, all or the first, by the values of fields, or list these: [$match,] [$sort,] [$limit,] $group;
// and those that read collections one after the other: [$match,] [$sort,] [$limit,] [$project,] [$replaceWith,] {$unionWith: …}….
func (s *server) aggregate(a *arguments) (*builder, error) {
	stages, err := a.documents("pipeline")
	if err != nil {
		return nil, err
	}
	own, others := stages, []bsoncore.Document(nil)
	if i := slices.IndexFunc(stages, func(d bsoncore.Document) bool { return !isMissing(lookup(d, "$unionWith")) }); i >= 0 {
		own, others = stages[:i], stages[i:]
	}
	p, err := parsePipeline(own)
	if err != nil {
		return nil, err
	}
	c, err := s.collection(a, false)
	if err != nil {
		return nil, err
	}
	cur := &cursor{namespace: a.database + "." + a.values["aggregate"].StringValue(), docs: c.through(p)}
	for _, stage := range others {
		docs, err := s.unionWith(a, stage)
		if err != nil {
			return nil, err
		}
		cur.docs = append(cur.docs, docs...)
	}
	return s.batch(cur, 0, maxBatch, "firstBatch"), nil
}

// unionWith is what leaves another collection's pipeline.
func (s *server) unionWith(a *arguments, stage bsoncore.Document) ([]bsoncore.Document, error) {
	union, _ := lookup(stage, "$unionWith").DocumentOK()
	if union == nil || count(stage) != 1 || count(union) != 2 {
		return nil, unknownStage("this server knows no stages after $unionWith, which is of a coll and a pipeline")
	}
	other := a.inner("coll", union)
	stages, err := other.documents("pipeline")
	if err != nil {
		return nil, err
	}
	p, err := parsePipeline(stages)
	if err != nil {
		return nil, err
	}
	c, err := s.collection(other, false)
	return c.through(p), err
}

// pipeline is a query and what becomes of its matches: they are counted, or each becomes another document.
type pipeline struct {
	query
	groups
	as func(doc []byte) bsoncore.Value // nil means as it is
}

// parsePipeline reads a pipeline's stages, each of which may stand once and in this order.
func parsePipeline(stages []bsoncore.Document) (p pipeline, err error) {
	known := []string{"$match", "$sort", "$limit", "$project", "$replaceWith", "$group"}
	for _, stage := range stages {
		first, err := stage.IndexErr(0)
		if err != nil || count(stage) != 1 {
			return p, unknownStage("a stage must have one name")
		}
		at := slices.Index(known, first.Key())
		if at < 0 {
			return p, unknownStage("this server knows only pipelines of $match, $sort, $limit, $project, $replaceWith and $group, not '%s' here", first.Key())
		}
		known = known[at+1:]
		if err := p.stage(first.Key(), first.Value()); err != nil {
			return p, err
		}
	}
	if p.by != nil && (p.as != nil || p.query.fields != nil) {
		return p, unknownStage("this server groups only whole documents")
	}
	return p, nil
}

func (p *pipeline) stage(name string, v bsoncore.Value) (err error) {
	doc, _ := v.DocumentOK()
	switch name {
	case "$match":
		p.filter, err = parseFilter(doc)
	case "$sort":
		p.order, err = parseParts(doc)
	case "$limit":
		n, ok := v.AsInt64OK()
		if p.limit = int(n); !ok || n <= 0 {
			err = badValue("the limit must be positive")
		}
	case "$project":
		if p.query.fields, err = parseProjection(doc); err == nil && p.query.fields == nil {
			err = badValue("a projection must name a field")
		}
	case "$replaceWith":
		if p.as, err = composed(doc); doc == nil {
			err = badValue("this server replaces only with documents")
		}
	case "$group":
		p.groups, err = parseGroups(doc)
	}
	return err
}

// through is what leaves a pipeline.
func (c *collection) through(p pipeline) []bsoncore.Document {
	if c == nil {
		return nil
	}
	if p.by != nil {
		return c.group(p.query, p.groups)
	}
	docs := c.answer(p.query)
	if p.as != nil {
		for i := range docs {
			docs[i], _ = p.as(docs[i]).DocumentOK()
		}
	}
	return docs
}

// groups is what a $group stage asks for: counts under some names, by the values of fields.
type groups struct {
	by    func(doc []byte) bsoncore.Value
	field path // if it is by the values of one field
	sums  []string
}

func parseGroups(doc bsoncore.Document) (groups, error) {
	var g groups
	for name, v := range fields(doc) {
		if string(name) == "_id" {
			var err error
			if g.by, err = expression(v); err != nil {
				return g, err
			}
			if text, ok := v.StringValueOK(); ok && len(text) > 1 && text[0] == '$' {
				g.field = parsePath(text[1:])
			}
			continue
		}
		sum, _ := v.DocumentOK()
		if one, ok := lookup(sum, "$sum").AsInt64OK(); !ok || one != 1 || count(sum) != 1 {
			return g, unknownGroup("this server knows only {$sum: 1}, not '%s'", v)
		}
		g.sums = append(g.sums, string(name))
	}
	if g.by == nil {
		return g, unknownGroup("a group specification must include an _id")
	}
	return g, nil
}

// expression is what "$field", "$$ROOT", {$literal: …}, a document of such, or a constant gives for a document.
func expression(v bsoncore.Value) (func(doc []byte) bsoncore.Value, error) {
	text, _ := v.StringValueOK()
	inner, isDocument := v.DocumentOK()
	literal := lookup(inner, "$literal")
	switch {
	case isDocument && !isMissing(literal) && count(inner) == 1:
		return func([]byte) bsoncore.Value { return literal }, nil
	case isDocument:
		return composed(inner)
	case text == "$$ROOT":
		return func(doc []byte) bsoncore.Value { return bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: doc} }, nil
	case strings.HasPrefix(text, "$$"):
		return nil, badValue("this server knows no variable '%s'", text)
	case len(text) > 1 && text[0] == '$':
		return parsePath(text[1:]).plain, nil
	}
	return func([]byte) bsoncore.Value { return v }, nil
}

// composed is a document of expressions.
func composed(doc bsoncore.Document) (func(doc []byte) bsoncore.Value, error) {
	type named struct {
		name string
		of   func([]byte) bsoncore.Value
	}
	var all []named
	for name, v := range fields(doc) {
		of, err := expression(v)
		if err != nil {
			return nil, err
		}
		if len(name) > 0 && name[0] == '$' {
			return nil, badValue("this server knows no operator '%s' here", name)
		}
		all = append(all, named{string(name), of})
	}
	return func(doc []byte) bsoncore.Value {
		b := newBuilder()
		for _, one := range all {
			if v := one.of(doc); !isMissing(v) {
				b.value(one.name, v)
			}
		}
		return bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: b.done()}
	}, nil
}

// group counts the matches by the values of fields, in the order in which they are first met.
func (c *collection) group(q query, g groups) []bsoncore.Document {
	counts, ids := map[string]int{}, []bsoncore.Value{}
	add := func(r *record) bool {
		id := g.by(r.doc)
		key := string(appendKey(nil, id))
		if counts[key]++; counts[key] == 1 {
			ids = append(ids, id)
		}
		return true
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	switch {
	case q.limit > 0:
		for _, r := range c.find(q.filter, q.order, q.limit) {
			add(r)
		}
	case len(g.sums) > 0 || !c.stepThrough(q.filter, g.field, add):
		c.scan(c.plan(q.filter, nil), q.filter, add)
	}
	return g.answer(counts, ids)
}

func (g groups) answer(counts map[string]int, ids []bsoncore.Value) []bsoncore.Document {
	docs := make([]bsoncore.Document, len(ids))
	for i, id := range ids {
		n := counts[string(appendKey(nil, id))]
		if isMissing(id) {
			id = bsoncore.Value{Type: bsoncore.TypeNull}
		}
		b := newBuilder()
		b.value("_id", id)
		for _, name := range g.sums {
			b.int(name, int32(n)) //nolint:gosec // documents in memory
		}
		docs[i] = b.done()
	}
	return docs
}

// stepThrough visits one match for each value of a field, stepping from value to value along an index that begins with what the filter asks for
// and goes on with the field, as MongoDB's DISTINCT_SCAN does. It tells whether there is such an index.
func (c *collection) stepThrough(f filter, field path, visit func(*record) bool) bool {
	if field == nil {
		return false
	}
	for _, ix := range c.indexes {
		prefix, ok := ix.leadsTo(f, field)
		if !ok {
			continue
		}
		end := prefix + above
		for from := prefix; ; {
			var next string
			ix.scan(span{from, end}, false, func(r *record) bool {
				next = prefix + string(ix.parts[len(f)].append(nil, field.plain(r.doc))) + above
				visit(r)
				return false
			})
			if next == "" {
				return true
			}
			from = next
		}
	}
	return false
}

// leadsTo tells whether the filter names one value for each of an index's first fields, and nothing else, and the next is this one; the prefix
// is their key.
func (ix *index) leadsTo(f filter, field path) (prefix string, ok bool) {
	if ix.multikey || ix.partial != nil || len(ix.parts) <= len(f) || !slices.Equal(ix.parts[len(f)].path, field) {
		return "", false
	}
	var key []byte
	for _, p := range ix.parts[:len(f)] {
		points := f.points(p.path)
		if len(points) != 1 {
			return "", false
		}
		key = append(key, p.turned(points[0])...)
	}
	return string(key), true
}
