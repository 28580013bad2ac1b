package sqlite

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// update is a compiled update document: what it does to a document, and whether it does so only to new ones.
type update []change

type change struct {
	path       string // dotted
	create     bool   // make parents that are missing
	insertOnly bool   // $setOnInsert
	// apply makes the new value of the old one; nil where it is value whatever was there before.
	apply func(old bson.RawValue) (bson.RawValue, error)
	value bson.RawValue // missing for $unset
}

// of is what the change makes of a value.
func (c *change) of(old bson.RawValue) (bson.RawValue, error) {
	if c.apply == nil {
		return c.value, nil
	}
	return c.apply(old)
}

// operators make the change of one field from an operator's argument.
var operators = map[string]func(arg bson.RawValue) (change, error){
	"$set":         func(arg bson.RawValue) (change, error) { return become(arg, true), nil },
	"$setOnInsert": setOnInsert,
	"$unset":       func(bson.RawValue) (change, error) { return become(missing, false), nil },
	"$inc":         increment,
	"$max":         raise,
	"$push":        func(arg bson.RawValue) (change, error) { return addTo(arg, false) },
	"$addToSet":    func(arg bson.RawValue) (change, error) { return addTo(arg, true) },
	"$pull":        pull,
}

// compileUpdate reads an update document.
func compileUpdate(doc bson.D) (update, error) {
	if len(doc) == 0 {
		return nil, errors.New("an update that changes nothing")
	}
	u := make(update, 0, changesIn(doc))
	for _, op := range doc {
		args, ok := op.Value.(bson.D)
		if operators[op.Key] == nil || !ok {
			return nil, fmt.Errorf("update: cannot do %s", op.Key)
		}
		for _, arg := range args {
			v, err := encode(arg.Value)
			if err == nil {
				u, err = u.with(op.Key, arg.Key, v)
			}
			if err != nil {
				return nil, fmt.Errorf("update: %s %s: %w", op.Key, arg.Key, err)
			}
		}
	}
	return u, nil
}

// changesIn counts the changes of an update document.
func changesIn(doc bson.D) (n int) {
	for _, op := range doc {
		if args, ok := op.Value.(bson.D); ok {
			n += len(args)
		}
	}
	return n
}

// with adds the change that an operator makes with one argument.
func (u update) with(operator, path string, arg bson.RawValue) (update, error) {
	c, err := operators[operator](arg)
	if err != nil {
		return nil, err
	}
	c.path = path
	switch {
	case overlap(path, "_id") && !c.insertOnly:
		return nil, errors.New("an id cannot change")
	case path == "" || path[0] == '.' || path[len(path)-1] == '.' || strings.Contains(path, ".."):
		return nil, errors.New("an empty name")
	case slices.ContainsFunc(u, func(other change) bool { return overlap(path, other.path) }):
		return nil, errors.New("changed twice")
	}
	return append(u, c), nil
}

// overlap tells whether one dotted path is the other or leads to it.
func overlap(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return strings.HasPrefix(b, a) && (len(a) == len(b) || b[len(a)] == '.')
}

// apply changes a document's fields.
func (u update) apply(doc fields, inserting bool) (fields, error) {
	for i := range u {
		if u[i].insertOnly && !inserting {
			continue
		}
		var err error
		if doc, err = doc.edit(u[i].path, &u[i]); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// touches tells whether the update may change the value at a path of a document that exists.
func (u update) touches(path string) bool {
	return slices.ContainsFunc(u, func(c change) bool { return !c.insertOnly && overlap(c.path, path) })
}

// column is what the change makes of a declared field that it reaches, if that does not depend on what it was before.
func (c *change) column(path string) (v bson.RawValue, constant bool) {
	switch {
	case c.apply != nil || len(c.path) > len(path):
		return missing, false
	case len(c.path) == len(path):
		return c.value, true
	case c.value.Type != bson.TypeEmbeddedDocument:
		return missing, true
	}
	inner, err := openDocument(c.value.Document())
	return inner.lookup(strings.Split(path[len(c.path)+1:], ".")), err == nil
}

// become puts a value in the place of whatever is there.
func become(v bson.RawValue, create bool) change {
	return change{create: create, value: v}
}

func setOnInsert(v bson.RawValue) (change, error) {
	c := become(v, true)
	c.insertOnly = true
	return c, nil
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

// isOperators tells whether a document holds operators and not fields.
func isOperators(doc bson.Raw) bool {
	el, err := doc.IndexErr(0)
	return err == nil && strings.HasPrefix(el.Key(), "$")
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
