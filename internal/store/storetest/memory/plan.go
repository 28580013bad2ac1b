package main

import (
	"bytes"
	"slices"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// plan is how the matches of a filter are found: by spans of an index, by plans of their own for each filter of an $or, or, without either, by
// looking at every document.
type plan struct {
	index   *index
	spans   []span
	reverse bool
	sorted  bool // each span gives its records in the order that was asked for
	either  []plan
}

// Limits of a plan, beyond which a field's operands are compared with each document instead of looked up.
const maxSpans = 10_000

// What a plan is worth. Of several indexes the one is taken that the most fields lead through; MongoDB tries them out, which comes to the same
// for indexes that were made for their queries.
const (
	worthField  = 10
	worthSorted = 8
	worthRange  = 5
	worthUnique = 1000
)

// plan chooses the index that serves a filter and an order best.
func (c *collection) plan(f filter, order []part) plan {
	best, most := plan{}, 0
	for _, ix := range c.indexes {
		if !ix.holdsAll(f) {
			continue
		}
		if p, worth := ix.plan(f, order); worth > most {
			best, most = p, worth
		}
	}
	if most < worthRange || best.index != nil && most == worthSorted && len(f) > 0 {
		if either, ok := c.planEither(f); ok {
			return either
		}
	}
	return best
}

// planEither plans an $or of which every filter is served by an index.
func (c *collection) planEither(f filter) (plan, bool) {
	for i := range f {
		if f[i].either == nil {
			continue
		}
		var p plan
		for _, one := range f[i].either {
			inner := c.plan(one, nil)
			if inner.index == nil {
				break
			}
			p.either = append(p.either, inner)
		}
		if len(p.either) == len(f[i].either) {
			return p, true
		}
	}
	return plan{}, false
}

// holdsAll tells whether every document that can match is in the index: in a partial one those that have a field with a value, if the filter
// wants a value there.
func (ix *index) holdsAll(f filter) bool {
	for _, needed := range ix.partial {
		if needed.op != "$exists" || !slices.ContainsFunc(f, func(c condition) bool { return c.wantsValue(needed.path) }) {
			return false
		}
	}
	return true
}

// wantsValue tells whether a condition holds only for documents with something other than null at a path.
func (c *condition) wantsValue(p path) bool {
	if c.either != nil || !slices.Equal(c.path, p) || c.op == "$ne" || c.op == "$nin" || c.op == "$exists" {
		return false
	}
	return !slices.ContainsFunc(c.keys, func(key []byte) bool { return key[0] == classNull })
}

// plan makes the spans of an index in which a filter's matches are, and says what they are worth.
func (ix *index) plan(f filter, order []part) (plan, int) {
	prefixes, fixed := [][]byte{nil}, 0
	for ; fixed < len(ix.parts); fixed++ {
		keys := f.points(ix.parts[fixed].path)
		if keys == nil || len(prefixes)*len(keys) > maxSpans {
			break
		}
		prefixes = lengthen(prefixes, ix.parts[fixed], keys)
	}
	p, worth := plan{index: ix}, fixed*worthField
	if fixed == len(ix.parts) && ix.unique {
		worth += worthUnique
	}
	from, to := []byte(nil), []byte(above)
	if fixed < len(ix.parts) {
		var limited bool
		if from, to, limited = ix.ranged(f, ix.parts[fixed]); limited {
			worth += worthRange
		}
	}
	for _, prefix := range prefixes {
		p.spans = append(p.spans, span{string(prefix) + string(from), string(prefix) + string(to)})
	}
	if p.sorted, p.reverse = ix.ordered(f, fixed, order); p.sorted && len(order) > 0 {
		worth += worthSorted
	}
	return p, worth
}

// points are the keys that a filter allows at a path, if it names them; nil if it does not. Arrays it names are compared with each document.
func (f filter) points(p path) [][]byte {
	var keys [][]byte
	for i := range f {
		c := &f[i]
		if c.either != nil || c.op != "$eq" && c.op != "$in" || !slices.Equal(c.path, p) {
			continue
		}
		if slices.ContainsFunc(c.keys, func(key []byte) bool { return key[0] == classArray }) {
			continue
		}
		if keys == nil || len(c.keys) < len(keys) {
			keys = append([][]byte{}, c.keys...)
		}
	}
	return keys
}

func lengthen(prefixes [][]byte, p part, keys [][]byte) [][]byte {
	out := make([][]byte, 0, len(prefixes)*len(keys))
	for _, prefix := range prefixes {
		for _, key := range keys {
			out = append(out, append(slices.Clone(prefix), p.turned(key)...))
		}
	}
	slices.SortFunc(out, bytes.Compare)
	return out
}

// turned is a key in a part's direction.
func (p part) turned(key []byte) []byte {
	if !p.descending {
		return key
	}
	out := make([]byte, len(key))
	for i, b := range key {
		out[i] = ^b
	}
	return out
}

// ranged is the part of an index behind a prefix that a filter's $gt, $gte, $lt and $lte leave of the next field. Of an array each may be
// fulfilled by another element, so that there only one of them counts.
func (ix *index) ranged(f filter, p part) (from, to []byte, limited bool) {
	to = []byte(above)
	if p.descending {
		return nil, to, false // no index of mailrun's descends
	}
	for i := range f {
		c := &f[i]
		if c.either != nil || !slices.Equal(c.path, p.path) || limited && ix.multikey {
			continue
		}
		if len(c.keys) != 1 || c.keys[0][0] == classArray { // an array is in the index by its elements
			continue
		}
		lowest, highest := []byte{c.keys[0][0]}, []byte{c.keys[0][0] + 1}
		switch c.op {
		case "$gt", "$gte":
			from, to, limited = later(from, c.keys[0]), earlier(to, highest), true
		case "$lt":
			from, to, limited = later(from, lowest), earlier(to, c.keys[0]), true
		case "$lte":
			from, to, limited = later(from, lowest), earlier(to, append(slices.Clone(c.keys[0]), above...)), true
		}
	}
	return from, to, limited
}

func later(a, b []byte) []byte {
	if bytes.Compare(a, b) > 0 {
		return a
	}
	return b
}

func earlier(a, b []byte) []byte {
	if bytes.Compare(a, b) < 0 {
		return a
	}
	return b
}

// ordered tells whether an index gives an order behind its first fields, or its reverse. What these have a single value of is in any order.
func (ix *index) ordered(f filter, fixed int, order []part) (sorted, reverse bool) {
	rest, first := ix.parts[fixed:], true
	for _, want := range order {
		if ix.fixes(f, want.path, fixed) {
			continue
		}
		if len(rest) == 0 || ix.multikey || !slices.Equal(rest[0].path, want.path) {
			return false, false
		}
		turned := rest[0].descending != want.descending
		if !first && turned != reverse {
			return false, false
		}
		rest, first, reverse = rest[1:], false, turned
	}
	return true, reverse
}

// fixes tells whether all that an index finds with its first fields has the same value at a path.
func (ix *index) fixes(f filter, p path, fixed int) bool {
	among := slices.ContainsFunc(ix.parts[:fixed], func(one part) bool { return slices.Equal(one.path, p) })
	return among && !ix.multikey && len(f.points(p)) == 1
}

// describe tells the plan in the words of MongoDB's explain.
func (p plan) describe(order []part) bsoncore.Document {
	b := newBuilder()
	if len(order) > 0 && !p.sorted {
		b.text("stage", "SORT")
		b.document("inputStage", p.describe(nil))
		return b.done()
	}
	switch {
	case p.either != nil:
		b.text("stage", "OR")
		var stages []bsoncore.Document
		for _, one := range p.either {
			stages = append(stages, one.describe(nil))
		}
		b.array("inputStages", arrayOf(stages))
	case p.index == nil:
		b.text("stage", "COLLSCAN")
	case len(p.spans) > 1 && len(order) > 0:
		b.text("stage", "SORT_MERGE")
		b.document("inputStage", p.fetch())
	default:
		return p.fetch()
	}
	return b.done()
}

func (p plan) fetch() bsoncore.Document {
	scan := newBuilder()
	scan.text("stage", "IXSCAN")
	scan.document("keyPattern", lookup(p.index.spec, "key").Document())
	scan.text("indexName", p.index.name)
	scan.bool("isMultiKey", p.index.multikey)
	scan.text("direction", map[bool]string{false: "forward", true: "backward"}[p.reverse])
	scan.int("spans", int32(len(p.spans))) //nolint:gosec // at most maxSpans
	b := newBuilder()
	b.text("stage", "FETCH")
	b.document("inputStage", scan.done())
	return b.done()
}
