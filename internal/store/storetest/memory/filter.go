package main

import (
	"bytes"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// filter is a conjunction of conditions; no condition at all matches everything.
type filter []condition

// condition is one thing that a filter asks of a document: that one of several filters match, or a comparison of the values at a path.
type condition struct {
	either []filter // $or
	path   path
	op     string
	keys   [][]byte // of the operands, in order
	value  bsoncore.Value
}

// matches tells whether a document fulfils every condition.
func (f filter) matches(doc []byte) bool {
	var scratch [64]byte
	for i := range f {
		if !f[i].holds(doc, scratch[:0]) {
			return false
		}
	}
	return true
}

func (c *condition) holds(doc, scratch []byte) bool {
	if c.either != nil {
		return slices.ContainsFunc(c.either, func(f filter) bool { return f.matches(doc) })
	}
	switch c.op {
	case "$ne", "$nin":
		return !c.path.walk(doc, func(v bsoncore.Value) bool { return c.among(appendKey(scratch, v)) })
	case "$eq", "$in":
		return c.path.walk(doc, func(v bsoncore.Value) bool { return c.among(appendKey(scratch, v)) })
	case "$exists":
		there := c.path.walk(doc, func(v bsoncore.Value) bool { return !isMissing(v) })
		return there == c.value.Boolean()
	}
	return c.path.walk(doc, func(v bsoncore.Value) bool { return c.compares(appendKey(scratch, v)) })
}

func (c *condition) among(key []byte) bool {
	if len(c.keys) == 1 {
		return bytes.Equal(c.keys[0], key)
	}
	_, found := slices.BinarySearchFunc(c.keys, key, bytes.Compare)
	return found
}

// compares tells whether a key stands where $gt, $gte, $lt or $lte wants it. Values of other types are on neither side.
func (c *condition) compares(key []byte) bool {
	if key[0] != c.keys[0][0] {
		return false
	}
	switch order := bytes.Compare(key, c.keys[0]); c.op {
	case "$gt":
		return order > 0
	case "$gte":
		return order >= 0
	case "$lt":
		return order < 0
	default:
		return order <= 0
	}
}

// parseFilter reads a filter. What it does not know is refused.
func parseFilter(doc []byte) (filter, error) {
	var f filter
	for name, v := range fields(doc) {
		conditions, err := parseField(string(name), v)
		if err != nil {
			return nil, err
		}
		f = append(f, conditions...)
	}
	return f, nil
}

func parseField(name string, v bsoncore.Value) (filter, error) {
	switch {
	case name == "$and":
		all, err := parseFilters(name, v)
		return slices.Concat(all...), err
	case name == "$or":
		either, err := parseFilters(name, v)
		return filter{{either: either}}, err
	case strings.HasPrefix(name, "$"):
		return nil, badValue("unknown top level operator: %s", name)
	}
	operators, ok := v.DocumentOK()
	if !ok || !beginsWithOperator(operators) {
		c, err := parseComparison(name, "$eq", v)
		return filter{c}, err
	}
	var f filter
	for op, operand := range fields(operators) {
		c, err := parseComparison(name, string(op), operand)
		if err != nil {
			return nil, err
		}
		f = append(f, c)
	}
	return f, nil
}

func beginsWithOperator(doc []byte) bool {
	for name := range fields(doc) {
		return bytes.HasPrefix(name, []byte("$"))
	}
	return false
}

func parseFilters(op string, v bsoncore.Value) ([]filter, error) {
	list, ok := v.ArrayOK()
	if !ok || len(list) <= bsoncore.EmptyDocumentLength {
		return nil, badValue("%s must be a nonempty array", op)
	}
	var filters []filter
	for _, v := range fields(list) {
		doc, ok := v.DocumentOK()
		if !ok {
			return nil, badValue("%s argument's entries must be objects", op)
		}
		f, err := parseFilter(doc)
		if err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	return filters, nil
}

func parseComparison(name, op string, operand bsoncore.Value) (condition, error) {
	c := condition{path: parsePath(name), op: op, value: operand}
	switch op {
	case "$eq", "$ne", "$gt", "$gte", "$lt", "$lte":
		c.keys = [][]byte{appendKey(nil, operand)}
		return c, comparable(operand)
	case "$in", "$nin":
		list, ok := operand.ArrayOK()
		if !ok {
			return c, badValue("%s needs an array", op)
		}
		for _, v := range fields(list) {
			if err := comparable(v); err != nil {
				return c, err
			}
			c.keys = append(c.keys, appendKey(nil, v))
		}
		slices.SortFunc(c.keys, bytes.Compare)
		c.keys = slices.CompactFunc(c.keys, bytes.Equal)
		return c, nil
	case "$exists":
		if _, ok := operand.BooleanOK(); !ok {
			return c, badValue("$exists needs a boolean here")
		}
		return c, nil
	}
	return c, badValue("unknown operator: %s", op)
}

// comparable refuses operands that mean more than a value.
func comparable(v bsoncore.Value) error {
	switch v.Type {
	case bsoncore.TypeRegex, bsoncore.TypeMinKey, bsoncore.TypeMaxKey:
		return badValue("this server compares with no %s", v.Type)
	}
	return nil
}
