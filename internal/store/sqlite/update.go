package sqlite

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// update is a compiled update document: what it does to a document, and whether it does so only to new ones.
type update []change

type change struct {
	path       []string
	create     bool // make parents that are missing
	insertOnly bool // $setOnInsert
	apply      func(old bson.RawValue) (bson.RawValue, error)
}

// operators make the change of one field from an operator's argument.
var operators = map[string]func(arg bson.RawValue) (change, error){
	"$set": func(arg bson.RawValue) (change, error) { return change{create: true, apply: always(arg)}, nil },
	"$setOnInsert": func(arg bson.RawValue) (change, error) {
		return change{create: true, insertOnly: true, apply: always(arg)}, nil
	},
	"$unset":    func(bson.RawValue) (change, error) { return change{apply: always(missing)}, nil },
	"$inc":      increment,
	"$max":      raise,
	"$push":     func(arg bson.RawValue) (change, error) { return addTo(arg, false) },
	"$addToSet": func(arg bson.RawValue) (change, error) { return addTo(arg, true) },
	"$pull":     pull,
}

// compileUpdate reads an update document.
func compileUpdate(doc bson.D) (update, error) {
	raw, err := bson.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode update: %w", err)
	}
	ops, err := bson.Raw(raw).Elements()
	if err != nil {
		return nil, err
	}
	var u update
	seen := map[string]bool{}
	for _, op := range ops {
		compile, ok := operators[op.Key()]
		fields, isDoc := op.Value().DocumentOK()
		if !ok || !isDoc {
			return nil, fmt.Errorf("update: cannot do %s", op.Key())
		}
		elements, err := fields.Elements()
		if err != nil {
			return nil, err
		}
		for _, el := range elements {
			c, err := compile(el.Value())
			if err != nil {
				return nil, fmt.Errorf("update: %s %s: %w", op.Key(), el.Key(), err)
			}
			if seen[el.Key()] || el.Key() == "_id" && !c.insertOnly {
				return nil, fmt.Errorf("update: %s %s: changed twice, or not changeable", op.Key(), el.Key())
			}
			seen[el.Key()] = true
			c.path = strings.Split(el.Key(), ".")
			u = append(u, c)
		}
	}
	return u, nil
}

// apply changes a document's fields.
func (u update) apply(doc fields, inserting bool) (fields, error) {
	for _, c := range u {
		if c.insertOnly && !inserting {
			continue
		}
		var err error
		if doc, err = doc.edit(c.path, c.create, c.apply); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// touches tells whether the update may change the value at a path, on a document that exists.
func (u update) touches(path []string) bool {
	for _, c := range u {
		n := min(len(c.path), len(path))
		same := 0
		for same < n && c.path[same] == path[same] {
			same++
		}
		if same == n && !c.insertOnly {
			return true
		}
	}
	return false
}

func always(v bson.RawValue) func(bson.RawValue) (bson.RawValue, error) {
	return func(bson.RawValue) (bson.RawValue, error) { return v, nil }
}

// increment adds numbers; a result that no int32 holds becomes an int64.
func increment(by bson.RawValue) (change, error) {
	if !isNumber(by) {
		return change{}, fmt.Errorf("a %s is no number", by.Type)
	}
	add := func(old bson.RawValue) (bson.RawValue, error) {
		switch {
		case old.Type == 0:
			return by, nil
		case !isNumber(old):
			return old, fmt.Errorf("cannot increment a %s", old.Type)
		case old.Type == bson.TypeDouble || by.Type == bson.TypeDouble:
			return rawValue(old.AsFloat64() + by.AsFloat64()), nil
		}
		sum := old.AsInt64() + by.AsInt64()
		if int64(int32(sum)) == sum && old.Type == bson.TypeInt32 && by.Type == bson.TypeInt32 { //nolint:gosec // the cut is the question
			return rawValue(int32(sum)), nil //nolint:gosec // it fits
		}
		return rawValue(sum), nil
	}
	return change{create: true, apply: add}, nil
}

// raise keeps the greater value.
func raise(to bson.RawValue) (change, error) {
	greater := func(old bson.RawValue) (bson.RawValue, error) {
		if old.Type == 0 || compare(to, old) > 0 {
			return to, nil
		}
		return old, nil
	}
	return change{create: true, apply: greater}, nil
}

// addTo appends a value to an array, to a set only if it is not in it.
func addTo(v bson.RawValue, set bool) (change, error) {
	if err := plain(v); set && err != nil {
		return change{}, err
	}
	if doc, ok := v.DocumentOK(); ok && isOperators(doc) {
		return change{}, fmt.Errorf("cannot do %s", v)
	}
	add := func(old bson.RawValue) (bson.RawValue, error) {
		values, err := elementsOf(old)
		if err != nil {
			return old, err
		}
		for _, have := range values {
			if set && compare(have, v) == 0 {
				return old, nil
			}
		}
		return array(append(values, v)), nil
	}
	return change{create: true, apply: add}, nil
}

// pull takes every equal value out of an array.
func pull(v bson.RawValue) (change, error) {
	if err := plain(v); err != nil {
		return change{}, err
	}
	remove := func(old bson.RawValue) (bson.RawValue, error) {
		if old.Type == 0 {
			return old, nil
		}
		values, err := elementsOf(old)
		if err != nil {
			return old, err
		}
		kept := values[:0]
		for _, have := range values {
			if compare(have, v) != 0 {
				kept = append(kept, have)
			}
		}
		return array(kept), nil
	}
	return change{apply: remove}, nil
}

// plain refuses documents and arrays, which MongoDB's set operators read as conditions or as several values.
func plain(v bson.RawValue) error {
	if v.Type == bson.TypeEmbeddedDocument || v.Type == bson.TypeArray {
		return fmt.Errorf("a %s is no plain value", v.Type)
	}
	return nil
}

// elementsOf lists an array's values; a missing array has none.
func elementsOf(v bson.RawValue) ([]bson.RawValue, error) {
	if v.Type == 0 {
		return nil, nil
	}
	a, ok := v.ArrayOK()
	if !ok {
		return nil, fmt.Errorf("a %s is no array", v.Type)
	}
	return a.Values()
}
