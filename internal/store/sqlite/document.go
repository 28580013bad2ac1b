package sqlite

import (
	"encoding/binary"
	"fmt"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
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

// hasName tells whether an element's name is name.
func hasName(el bson.RawElement, name string) bool {
	end := 1 + len(name)
	return len(el) > end && el[end] == 0 && string(el[1:end]) == name
}

// lookup finds the value at a path; missing if there is none.
func lookup(doc bson.Raw, path []string) bson.RawValue {
	elements, err := doc.Elements()
	if err != nil {
		return missing
	}
	for _, el := range elements {
		if hasName(el, path[0]) {
			return lookupIn(el, path[1:])
		}
	}
	return missing
}

// lookupIn finds the value at a path below an element.
func lookupIn(el bson.RawElement, path []string) bson.RawValue {
	v, err := el.ValueErr()
	if err != nil {
		return missing
	}
	if len(path) == 0 {
		return v
	}
	if v.Type != bson.TypeEmbeddedDocument {
		return missing
	}
	return lookup(v.Document(), path)
}

// edit returns a document with the value at path replaced by what change makes of it; missing on either side means that the field is not
// there. Unless create is set, a path whose parents do not exist is left alone.
func edit(doc bson.Raw, path []string, create bool, change func(bson.RawValue) (bson.RawValue, error)) (bson.Raw, error) {
	elements, err := doc.Elements()
	if err != nil {
		return nil, fmt.Errorf("damaged document: %w", err)
	}
	out, found := newDocument(len(doc)+64), false
	for _, el := range elements {
		if found || !hasName(el, path[0]) {
			out = append(out, el...)
			continue
		}
		found = true
		v, err := el.ValueErr()
		if err != nil {
			return nil, fmt.Errorf("damaged document: %w", err)
		}
		if v, err = editValue(v, path, create, change); err != nil {
			return nil, err
		}
		out = appendElement(out, path[0], v)
	}
	if !found {
		v, err := editValue(missing, path, create, change)
		if err != nil {
			return nil, err
		}
		out = appendElement(out, path[0], v)
	}
	return endDocument(out), nil
}

// editValue edits the value that path[0] names.
func editValue(v bson.RawValue, path []string, create bool, change func(bson.RawValue) (bson.RawValue, error)) (bson.RawValue, error) {
	if len(path) == 1 {
		return change(v)
	}
	inner := bson.Raw{5, 0, 0, 0, 0}
	switch {
	case v.Type == bson.TypeEmbeddedDocument:
		inner = v.Document()
	case !create:
		return v, nil
	case v.Type != 0:
		return v, fmt.Errorf("cannot set a field of %q: it holds a %s", path[0], v.Type)
	}
	doc, err := edit(inner, path[1:], create, change)
	return bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: doc}, err
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
	elements, err := doc.Elements()
	if err != nil {
		return nil, fmt.Errorf("damaged document: %w", err)
	}
	out := newDocument(len(doc))
	for _, el := range elements {
		keep := hasName(el, "_id")
		for _, name := range names {
			keep = keep || hasName(el, name)
		}
		if keep {
			out = append(out, el...)
		}
	}
	return endDocument(out), nil
}
