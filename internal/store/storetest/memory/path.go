package main

import (
	"bytes"
	"iter"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// missing is the value of a field that is not there.
var missing bsoncore.Value

func isMissing(v bsoncore.Value) bool { return v.Type == 0 }

// fields are the names and values of a document that was checked before, or an array's places and elements.
func fields(doc []byte) iter.Seq2[[]byte, bsoncore.Value] {
	return func(yield func([]byte, bsoncore.Value) bool) {
		if len(doc) < bsoncore.EmptyDocumentLength {
			return
		}
		for rest := doc[4:]; len(rest) > 1; {
			name, value, named := bytes.Cut(rest[1:], []byte{0})
			v, after, ok := bsoncore.ReadValue(value, bsoncore.Type(rest[0]))
			if !named || !ok || !yield(name, v) {
				return
			}
			rest = after
		}
	}
}

func elements(doc []byte) iter.Seq[bsoncore.Element] {
	return func(yield func(bsoncore.Element) bool) {
		if len(doc) < bsoncore.EmptyDocumentLength {
			return
		}
		for rest := doc[4:]; len(rest) > 1; {
			el, after, ok := bsoncore.ReadElement(rest)
			if !ok || !yield(el) {
				return
			}
			rest = after
		}
	}
}

// lookup is the value of a top-level field.
func lookup(doc []byte, name string) bsoncore.Value {
	for key, v := range fields(doc) {
		if string(key) == name {
			return v
		}
	}
	return missing
}

// path is where a field is: the names on the way to it.
type path []string

func parsePath(text string) path { return strings.Split(text, ".") }

func (p path) String() string { return strings.Join(p, ".") }

// plain is the value at a path on which no array is entered; missing if there is none. It is what a path means in an expression.
func (p path) plain(doc []byte) bsoncore.Value {
	v := lookup(doc, p[0])
	if len(p) == 1 {
		return v
	}
	if inner, ok := v.DocumentOK(); ok {
		return p[1:].plain(inner)
	}
	return missing
}

// walk visits the values that a filter's path means: those at the path in the document, in every document of an array on the way, and in
// the element at a place of it; and the elements of an array at the end beside the array itself. Missing is visited once for each way that ends
// before the path does, but for elements of arrays that are no documents. It ends when visit returns true, and tells so.
func (p path) walk(doc []byte, visit func(v bsoncore.Value) bool) bool {
	return p[1:].from(lookup(doc, p[0]), visit)
}

// from goes on at a value with what is left of the path.
func (p path) from(v bsoncore.Value, visit func(v bsoncore.Value) bool) bool {
	array, isArray := v.ArrayOK()
	switch {
	case len(p) == 0 && !isArray:
		return visit(v)
	case len(p) == 0:
		return visit(v) || p.within(array, visit)
	case isArray:
		return p.within(array, visit)
	}
	if inner, ok := v.DocumentOK(); ok {
		return p.walk(inner, visit)
	}
	return visit(missing)
}

func (p path) within(array []byte, visit func(v bsoncore.Value) bool) bool {
	place := -1
	if len(p) > 0 {
		if n, err := strconv.Atoi(p[0]); err == nil {
			place = n
		}
	}
	i := 0
	for _, v := range fields(array) {
		inner, isDoc := v.DocumentOK()
		switch {
		case len(p) == 0:
			if visit(v) {
				return true
			}
		case i == place && p[1:].from(v, visit), isDoc && p.walk(inner, visit):
			return true
		}
		i++
	}
	return false
}
