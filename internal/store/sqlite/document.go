package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// A BSON document is its length as int32, elements (type, name, 0, value) and a closing 0 (bsonspec.org). Documents are edited element
// by element without decoding them: what an update does not name keeps its bytes and its place.

// newDocument begins a document; endDocument completes it.
func newDocument(capacity int) []byte { return make([]byte, 4, max(capacity, 5)) }

func endDocument(doc []byte) []byte {
	doc = append(doc, 0)
	binary.LittleEndian.PutUint32(doc, uint32(len(doc))) //nolint:gosec // SQLite refuses blobs of 1 GB and more
	return doc
}

// appendElement adds a field, or nothing if the value is missing.
func appendElement(doc []byte, name string, v bson.RawValue) []byte {
	if v.Type == 0 {
		return doc
	}
	doc = append(doc, byte(v.Type))
	doc = append(doc, name...)
	doc = append(doc, 0)
	return append(doc, v.Value...)
}

// newElement makes a field.
func newElement(name string, v bson.RawValue) bson.RawElement {
	return appendElement(make([]byte, 0, 2+len(name)+len(v.Value)), name, v)
}

// hasName tells whether an element's name is name.
func hasName(el bson.RawElement, name string) bool {
	end := 1 + len(name)
	return len(el) > end && el[end] == 0 && string(el[1:end]) == name
}

// fields are the elements of a document that is being read or edited.
type fields []bson.RawElement

// usualFields is room for the fields of nearly every document.
const usualFields = 40

// openDocument splits a document into its fields.
func openDocument(doc bson.Raw) (fields, error) {
	return openInto(make(fields, 0, usualFields), doc)
}

// openInto is openDocument in the room of fields that are not needed any more.
func openInto(f fields, doc bson.Raw) (fields, error) {
	f = f[:0]
	err := eachField(doc, func(el bson.RawElement) { f = append(f, el) })
	return f, err
}

// eachField calls back for the fields of a document, in order.
func eachField(doc bson.Raw, field func(bson.RawElement)) error {
	length, rest, ok := bsoncore.ReadLength(doc)
	if !ok || int(length) != len(doc) || length < emptyDocument {
		return fmt.Errorf("damaged document: its length does not fit its %d bytes", len(doc))
	}
	for n := 1; len(rest) > 1; n++ {
		var el bsoncore.Element
		if el, rest, ok = bsoncore.ReadElement(rest); !ok {
			return fmt.Errorf("damaged document: field %d is cut off or of an unknown type", n)
		}
		field(bson.RawElement(el))
	}
	if len(rest) != 1 || rest[0] != 0 {
		return errors.New("damaged document: no end")
	}
	return nil
}

// document puts the fields together again.
func (f fields) document() bson.Raw {
	size := 5
	for _, el := range f {
		size += len(el)
	}
	return f.appendTo(make([]byte, 0, size))
}

// appendTo writes the document into doc, an empty slice with room for it.
func (f fields) appendTo(doc []byte) []byte {
	doc = append(doc, 0, 0, 0, 0)
	for _, el := range f {
		doc = append(doc, el...)
	}
	return endDocument(doc)
}

// index is where a field stands, -1 if it is not there.
func (f fields) index(name string) int {
	for i, el := range f {
		if hasName(el, name) {
			return i
		}
	}
	return -1
}

// lookup finds the value at a path; missing if there is none.
func (f fields) lookup(path []string) bson.RawValue {
	i := f.index(path[0])
	if i < 0 {
		return missing
	}
	v, err := f[i].ValueErr()
	switch {
	case err != nil:
		return missing
	case len(path) == 1:
		return v
	case v.Type != bson.TypeEmbeddedDocument:
		return missing
	}
	var room [8]bson.RawElement
	inner, err := openInto(room[:0], v.Document())
	if err != nil {
		return missing
	}
	return inner.lookup(path[1:])
}

// edit replaces the value at a dotted path by what a change makes of it; missing on either side means that the field is not there. Unless the
// change creates, a path whose parents do not exist is left alone.
func (f fields) edit(path string, c *change) (fields, error) {
	name, rest, deep := strings.Cut(path, ".")
	i, v := f.index(name), missing
	if i >= 0 {
		var err error
		if v, err = f[i].ValueErr(); err != nil {
			return nil, fmt.Errorf("damaged document: %w", err)
		}
	}
	var err error
	if deep {
		v, err = editInside(v, name, rest, c)
	} else {
		v, err = c.of(v)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case i < 0 && v.Type != 0:
		f = append(f, newElement(name, v))
	case i >= 0 && v.Type == 0:
		f = append(f[:i], f[i+1:]...)
	case i >= 0:
		f[i] = newElement(name, v)
	}
	return f, nil
}

// editInside edits the document that a name stands for.
func editInside(v bson.RawValue, name, path string, c *change) (bson.RawValue, error) {
	var inner fields
	switch {
	case v.Type == bson.TypeEmbeddedDocument:
		var err error
		if inner, err = openDocument(v.Document()); err != nil {
			return v, err
		}
	case !c.create:
		return v, nil
	case v.Type != 0:
		return v, fmt.Errorf("cannot set a field of %q: it holds a %s", name, v.Type)
	}
	inner, err := inner.edit(path, c)
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: inner.document()}, err
}

// array makes a BSON array of values.
func array(values []bson.RawValue) bson.RawValue {
	doc := newDocument(64)
	for i, v := range values {
		doc = appendElement(doc, strconv.Itoa(i), v)
	}
	return bson.RawValue{Type: bson.TypeArray, Value: endDocument(doc)}
}

// only keeps the top-level fields with these names, and _id.
func only(doc bson.Raw, names []string) (bson.Raw, error) {
	kept := newDocument(len(doc))
	err := eachField(doc, func(el bson.RawElement) {
		if hasName(el, "_id") || slices.ContainsFunc(names, func(name string) bool { return hasName(el, name) }) {
			kept = append(kept, el...)
		}
	})
	return endDocument(kept), err
}
