package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/btree"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// record is a stored document with its number, which tells its age, and its keys in each index. Documents are never changed, only replaced, so
// that a reader may keep one.
type record struct {
	number uint64
	doc    bsoncore.Document
	keys   [][]string
}

// part is one field of an index or an order.
type part struct {
	path       path
	descending bool
}

// index is an ordered index: a tree of keys, each the keys of the indexed fields in a row. Where it is not unique, the record's number makes
// each key one of a kind.
type index struct {
	spec     bsoncore.Document // as it was asked for
	name     string
	parts    []part
	unique   bool
	partial  filter // documents that are in it; nil means all
	multikey bool   // some document has an array at an indexed path
	tree     btree.Map[string, *record]
}

// knows tells whether a top-level field is in an index, or decides who is.
func (ix *index) knows(field string) bool {
	return slices.ContainsFunc(ix.parts, func(p part) bool { return p.path[0] == field }) ||
		slices.ContainsFunc(ix.partial, func(c condition) bool { return c.either != nil || c.path[0] == field })
}

// parseParts reads a key pattern or a sort order.
func parseParts(doc []byte) ([]part, error) {
	var parts []part
	for name, v := range fields(doc) {
		n, ok := v.AsInt64OK()
		if !ok || n != 1 && n != -1 {
			return nil, badValue("the direction of %s must be 1 or -1", name)
		}
		parts = append(parts, part{parsePath(string(name)), n < 0})
	}
	return parts, nil
}

// appendPart adds a value's key in a part's direction: a descending one is turned over bit by bit, which turns the order over.
func (p part) append(dst []byte, v bsoncore.Value) []byte {
	n := len(dst)
	dst = appendKey(dst, v)
	if p.descending {
		for i := range dst[n:] {
			dst[n+i] = ^dst[n+i]
		}
	}
	return dst
}

// keysOf are the keys under which an index finds a document: one, or if there is an array at an indexed path, one for each element.
func (ix *index) keysOf(r *record, doc []byte) ([]string, error) {
	if ix.partial != nil && !ix.partial.matches(doc) {
		return nil, nil
	}
	var buffer [128]byte
	rows, arrays := [][]byte{buffer[:0]}, 0
	for _, p := range ix.parts {
		values, isArray := valuesAt(p.path, doc)
		if isArray {
			arrays++
		}
		rows = extend(rows, p, values)
	}
	switch {
	case arrays > 1:
		return nil, noParallel("cannot index parallel arrays")
	case arrays > 0:
		ix.multikey = true
	}
	keys := make([]string, len(rows))
	for i, row := range rows {
		if !ix.unique {
			row = binary.BigEndian.AppendUint64(row, r.number)
		}
		keys[i] = string(row)
	}
	slices.Sort(keys)
	return slices.Compact(keys), nil
}

// extend adds to each row each of the values.
func extend(rows [][]byte, p part, values []bsoncore.Value) [][]byte {
	if len(values) == 1 {
		for i := range rows {
			rows[i] = p.append(rows[i], values[0])
		}
		return rows
	}
	var out [][]byte
	for _, row := range rows {
		for _, v := range values {
			out = append(out, p.append(slices.Clone(row), v))
		}
	}
	return out
}

// valuesAt are the values that an index has of a path: of an array its elements.
func valuesAt(p path, doc []byte) (values []bsoncore.Value, isArray bool) {
	if v := lookup(doc, p[0]); len(p) == 1 && v.Type != bsoncore.TypeArray {
		return []bsoncore.Value{v}, false
	}
	if !entersArray(p, doc) {
		return []bsoncore.Value{p.plain(doc)}, false
	}
	p.walk(doc, func(v bsoncore.Value) bool {
		if v.Type != bsoncore.TypeArray {
			values = append(values, v)
		}
		return false
	})
	if len(values) == 0 {
		values = append(values, bsoncore.Value{Type: bsoncore.TypeUndefined})
	}
	return values, true
}

// entersArray tells whether there is an array on the way or at its end.
func entersArray(p path, doc []byte) bool {
	v := lookup(doc, p[0])
	if inner, ok := v.DocumentOK(); ok && len(p) > 1 {
		return entersArray(p[1:], inner)
	}
	return v.Type == bsoncore.TypeArray
}

// check refuses keys that another document has in a unique index.
func (ix *index) check(namespace string, r *record, keys []string, doc []byte) error {
	if !ix.unique {
		return nil
	}
	for _, key := range keys {
		if other, taken := ix.tree.Get(key); taken && other != r {
			return ix.duplicate(namespace, doc)
		}
	}
	return nil
}

func (ix *index) duplicate(namespace string, doc []byte) error {
	pattern, values := newBuilder(), newBuilder()
	var text []string
	for _, p := range ix.parts {
		v := p.path.plain(doc)
		if isMissing(v) {
			v = bsoncore.Value{Type: bsoncore.TypeNull}
		}
		pattern.int(p.path.String(), 1)
		values.value(p.path.String(), v)
		text = append(text, fmt.Sprintf("%s: %s", p.path, v))
	}
	f := duplicateKey("E11000 duplicate key error collection: %s index: %s dup key: { %s }", namespace, ix.name, strings.Join(text, ", "))
	f.pattern, f.keyValue = pattern.done(), values.done()
	return f
}

// replace takes a record's old keys out and puts the new ones in.
func (ix *index) replace(r *record, old, now []string) {
	for _, key := range old {
		if !slices.Contains(now, key) {
			ix.tree.Delete(key)
		}
	}
	for _, key := range now {
		if !slices.Contains(old, key) {
			ix.tree.Set(key, r)
		}
	}
}

// span is a part of an index: from a key, which belongs to it, to one that does not.
type span struct{ from, to string }

// above is behind every key that begins as another does: no class is so high, in either direction.
const above = "\xff"

// scan visits the records of a span in order until visit returns false, and tells whether it did.
func (ix *index) scan(s span, reverse bool, visit func(*record) bool) bool {
	more := true
	if !reverse {
		ix.tree.Ascend(s.from, func(key string, r *record) bool {
			if key >= s.to {
				return false
			}
			more = visit(r)
			return more
		})
		return more
	}
	ix.tree.Descend(s.to, func(key string, r *record) bool {
		if key >= s.to {
			return true
		}
		if key < s.from {
			return false
		}
		more = visit(r)
		return more
	})
	return more
}

// sortKey is what a document is sorted by: of an array the element that comes first in the direction.
func sortKey(order []part, doc []byte) []byte {
	var key []byte
	for _, p := range order {
		values, _ := valuesAt(p.path, doc)
		best := p.append(nil, values[0])
		for _, v := range values[1:] {
			if other := p.append(nil, v); bytes.Compare(other, best) < 0 {
				best = other
			}
		}
		key = append(key, best...)
	}
	return key
}
