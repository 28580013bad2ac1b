package main

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// update is what is to become of a document: another in its place, or changes of fields, in the order of their names.
type update struct {
	replacement bsoncore.Document
	changes     []change
}

// change is one operator's work on one field.
type change struct {
	op      string
	path    path
	operand bsoncore.Value
	pull    filter // what $pull takes out of a list of documents
}

// operators are the update operators that are known.
var operators = []string{"$set", "$unset", "$inc", "$max", "$setOnInsert", "$push", "$addToSet", "$pull"}

// parseUpdate reads an update. What it does not know is refused.
func parseUpdate(v bsoncore.Value) (update, error) {
	doc, ok := v.DocumentOK()
	if !ok {
		return update{}, failedToParse("this server knows no updates by pipelines")
	}
	if !beginsWithOperator(doc) {
		return update{replacement: doc}, nil
	}
	var u update
	for op, args := range fields(doc) {
		if !slices.Contains(operators, string(op)) {
			return u, failedToParse("Unknown modifier: %s", op)
		}
		list, ok := args.DocumentOK()
		if !ok {
			return u, failedToParse("Modifiers operate on fields but we found type %s instead", args.Type)
		}
		for name, operand := range fields(list) {
			c, err := parseChange(string(op), string(name), operand)
			if err != nil {
				return u, err
			}
			u.changes = append(u.changes, c)
		}
	}
	slices.SortFunc(u.changes, func(a, b change) int { return slices.Compare(a.path, b.path) })
	for i := 1; i < len(u.changes); i++ {
		a, b := u.changes[i-1].path, u.changes[i].path
		if len(a) <= len(b) && slices.Equal(a, b[:len(a)]) {
			return u, conflicting("Updating the path '%s' would create a conflict at '%s'", b, a)
		}
	}
	return u, nil
}

func parseChange(op, name string, operand bsoncore.Value) (change, error) {
	c := change{op: op, path: parsePath(name), operand: operand}
	if slices.ContainsFunc(c.path, func(part string) bool { return part == "" || strings.HasPrefix(part, "$") }) {
		return c, badValue("this server knows no field '%s' in an update", name)
	}
	doc, isDoc := operand.DocumentOK()
	switch {
	case op == "$inc" && (!operand.IsNumber() || operand.Type == bsoncore.TypeDecimal128):
		return c, typeMismatch("Cannot increment with non-numeric argument: {%s: %s}", name, operand)
	case op == "$pull" && isDoc:
		var err error
		c.pull, err = parseFilter(doc)
		return c, err
	case isDoc && (op == "$push" || op == "$addToSet") && beginsWithOperator(doc):
		return c, badValue("this server knows no modifiers of %s", op)
	}
	return c, nil
}

// apply makes the document as it is after the update. Inserted tells that it is being added.
func (u update) apply(doc bsoncore.Document, inserted bool) (bsoncore.Document, error) {
	id := lookup(doc, "_id")
	if u.replacement != nil {
		return u.replace(id)
	}
	var err error
	for _, c := range u.changes {
		if c.op == "$setOnInsert" && !inserted {
			continue
		}
		if doc, err = c.path.edit(doc, c.op != "$unset" && c.op != "$pull", c.of); err != nil {
			return nil, err
		}
	}
	if now := lookup(doc, "_id"); !isMissing(id) && !now.Equal(id) {
		return nil, immutable("Performing an update on the path '_id' would modify the immutable field '_id'")
	}
	return doc, nil
}

// touches tells whether an update may change what an index knows of a document.
func (u update) touches(ix *index) bool {
	return u.replacement != nil || slices.ContainsFunc(u.changes, func(c change) bool { return ix.knows(c.path[0]) })
}

func (u update) replace(id bsoncore.Value) (bsoncore.Document, error) {
	given := lookup(u.replacement, "_id")
	switch {
	case isMissing(id), given.Equal(id):
		return u.replacement, nil
	case !isMissing(given):
		return nil, immutable("the (immutable) field '_id' was found to have been altered to _id: %s", given)
	}
	b := newBuilder()
	b.value("_id", id)
	for el := range elements(u.replacement) {
		b.element(el)
	}
	return b.done(), nil
}

// edit makes the document in which change has changed the value at a path; missing on either side means that it is not there. Unless create is
// set, a path whose parents do not exist is left alone.
func (p path) edit(doc bsoncore.Document, create bool, change func(bsoncore.Value) (bsoncore.Value, error)) (bsoncore.Document, error) {
	old := lookup(doc, p[0])
	now, err := p.editValue(old, doc, create, change)
	if err != nil || same(old, now) {
		return doc, err
	}
	b := newBuilder()
	for el := range elements(doc) {
		switch {
		case string(el.KeyBytes()) != p[0]:
			b.element(el)
		case !isMissing(now):
			b.value(p[0], now)
		}
	}
	if isMissing(old) {
		b.value(p[0], now)
	}
	return b.done(), nil
}

func (p path) editValue(v bsoncore.Value, in bsoncore.Document, create bool, change func(bsoncore.Value) (bsoncore.Value, error)) (bsoncore.Value, error) {
	if len(p) == 1 {
		return change(v)
	}
	if isMissing(v) && create {
		v = bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: newBuilder().done()}
	}
	if array, ok := v.ArrayOK(); ok {
		return p[1:].editArray(v, array, create, change)
	}
	inner, ok := v.DocumentOK()
	switch {
	case ok:
		inner, err := p[1:].edit(inner, create, change)
		return bsoncore.Value{Type: v.Type, Data: inner}, err
	case create:
		return v, notViable("Cannot create field '%s' in element {%s: %s}", p[1], p[0], v)
	}
	return v, nil
}

// editArray changes what is at a place of a list that is there, or the next.
func (p path) editArray(v bsoncore.Value, array []byte, create bool, change func(bsoncore.Value) (bsoncore.Value, error)) (bsoncore.Value, error) {
	n, err := strconv.Atoi(p[0])
	switch {
	case err == nil && n <= count(array):
		edited, err := p.edit(array, create, change)
		return bsoncore.Value{Type: v.Type, Data: edited}, err
	case create:
		return v, notViable("Cannot create field '%s' in this array", p[0])
	}
	return v, nil
}

func same(a, b bsoncore.Value) bool { return a.Type == b.Type && bytes.Equal(a.Data, b.Data) }

func count(doc []byte) int {
	n := 0
	for range elements(doc) {
		n++
	}
	return n
}

// of is what the operator makes of a value.
func (c change) of(v bsoncore.Value) (bsoncore.Value, error) {
	switch c.op {
	case "$unset":
		return missing, nil
	case "$inc":
		return c.sum(v)
	case "$max":
		if isMissing(v) || bytes.Compare(appendKey(nil, c.operand), appendKey(nil, v)) > 0 {
			return c.operand, nil
		}
		return v, nil
	case "$push", "$addToSet", "$pull":
		return c.list(v)
	}
	return c.operand, nil
}

// sum adds as MongoDB does: in the wider of the two types, and in a wider one if an int32 is too small.
func (c change) sum(v bsoncore.Value) (bsoncore.Value, error) {
	switch {
	case isMissing(v):
		return c.operand, nil
	case !v.IsNumber() || v.Type == bsoncore.TypeDecimal128:
		return v, typeMismatch("Cannot apply $inc to a value of non-numeric type. The field '%s' is of type %s", c.path, v.Type)
	case v.Type == bsoncore.TypeDouble || c.operand.Type == bsoncore.TypeDouble:
		return bsoncore.Value{Type: bsoncore.TypeDouble, Data: bsoncore.AppendDouble(nil, v.AsFloat64()+c.operand.AsFloat64())}, nil
	}
	a, b := v.AsInt64(), c.operand.AsInt64()
	sum := a + b
	switch {
	case (sum > a) != (b > 0) && b != 0:
		return v, badValue("Failed to apply $inc operations to current value %d of '%s'", a, c.path)
	case v.Type == bsoncore.TypeInt32 && c.operand.Type == bsoncore.TypeInt32 && sum >= math.MinInt32 && sum <= math.MaxInt32:
		return bsoncore.Value{Type: bsoncore.TypeInt32, Data: bsoncore.AppendInt32(nil, int32(sum))}, nil
	}
	return bsoncore.Value{Type: bsoncore.TypeInt64, Data: bsoncore.AppendInt64(nil, sum)}, nil
}

// list adds to a list or takes out of it.
func (c change) list(v bsoncore.Value) (bsoncore.Value, error) {
	array, ok := v.ArrayOK()
	switch {
	case isMissing(v) && c.op == "$pull":
		return v, nil
	case !isMissing(v) && !ok:
		return v, badValue("The field '%s' must be an array but is of type %s", c.path, v.Type)
	}
	var items []bsoncore.Value
	for _, item := range fields(array) {
		items = append(items, item)
	}
	switch before := len(items); {
	case c.op == "$push", c.op == "$addToSet" && !slices.ContainsFunc(items, c.isOperand):
		items = append(items, c.operand)
	case c.op == "$addToSet":
		return v, nil
	case c.op == "$pull":
		if items = slices.DeleteFunc(items, c.pulls); len(items) == before {
			return v, nil
		}
	}
	b := newBuilder()
	for i, item := range items {
		b.value(place(i), item)
	}
	return bsoncore.Value{Type: bsoncore.TypeArray, Data: b.done()}, nil
}

func (c change) isOperand(v bsoncore.Value) bool {
	return bytes.Equal(appendKey(nil, v), appendKey(nil, c.operand))
}

func (c change) pulls(v bsoncore.Value) bool {
	if c.operand.Type != bsoncore.TypeEmbeddedDocument {
		return c.isOperand(v)
	}
	doc, ok := v.DocumentOK()
	return ok && c.pull.matches(doc)
}

// seed is the document that an upsert begins with: what the filter says that fields are equal to.
func (f filter) seed() (bsoncore.Document, error) {
	doc := newBuilder().done()
	for i := range f {
		c := &f[i]
		v := c.value
		if c.op == "$in" && len(c.keys) == 1 {
			v = lookup(c.value.Array(), "0")
		} else if c.op != "$eq" {
			continue
		}
		if !isMissing(c.path.plain(doc)) {
			return nil, notViable("cannot infer query fields to set, path '%s' is matched twice", c.path)
		}
		var err error
		if doc, err = c.path.edit(doc, true, func(bsoncore.Value) (bsoncore.Value, error) { return v, nil }); err != nil {
			return nil, err
		}
	}
	return doc, nil
}

// place is the name of an element of an array.
func place(i int) string { return strconv.Itoa(i) }
