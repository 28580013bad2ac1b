package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// condition is a compiled filter: an SQL expression over columns, and its arguments.
type condition struct {
	sql  string
	args []driver.Value
	raw  bson.Raw
}

// where is the condition as a clause, nothing if it holds for all.
func (c condition) where() string {
	if c.sql == "" {
		return ""
	}
	return " WHERE " + c.sql
}

// compileFilter translates a filter. Values travel as parameters, so that a query's text, and with it its prepared statement, depends
// only on its shape.
func (t *table) compileFilter(filter bson.D) (condition, error) {
	if filter == nil {
		filter = bson.D{}
	}
	raw, err := bson.Marshal(filter)
	if err != nil {
		return condition{}, fmt.Errorf("encode filter: %w", err)
	}
	b := filterBuilder{table: t, byID: slices.ContainsFunc(filter, func(e bson.E) bool { return e.Key == "_id" })}
	if err := b.document(raw, " AND "); err != nil {
		return condition{}, err
	}
	return condition{sql: b.sql.String(), args: b.args, raw: raw}, nil
}

type filterBuilder struct {
	table *table
	byID  bool // the filter names ids
	sql   strings.Builder
	args  []driver.Value
}

// name writes a column. Beside ids, which find few documents, a plus sign keeps SQLite from going by another index, which may find very
// many.
func (b *filterBuilder) name(col column) {
	if b.byID && col.path[0] != "_id" {
		b.sql.WriteString("+")
	}
	b.sql.WriteString(col.name)
}

// document writes the conditions of a filter document.
func (b *filterBuilder) document(filter bson.Raw, join string) error {
	elements, err := filter.Elements()
	if err != nil {
		return err
	}
	for i, el := range elements {
		if i > 0 {
			b.sql.WriteString(join)
		}
		switch name := el.Key(); name {
		case "$or":
			err = b.list(el.Value(), " OR ")
		case "$and":
			err = b.list(el.Value(), " AND ")
		default:
			err = b.field(name, el.Value())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list writes the filters under $or and $and.
func (b *filterBuilder) list(v bson.RawValue, join string) error {
	filters, ok := v.ArrayOK()
	values, err := filters.Values()
	if !ok || err != nil || len(values) == 0 {
		return fmt.Errorf("filter: %sneeds a list of filters", strings.TrimPrefix(join, " "))
	}
	b.sql.WriteString("(")
	for i, v := range values {
		if i > 0 {
			b.sql.WriteString(join)
		}
		doc, ok := v.DocumentOK()
		if !ok || len(doc) <= 5 {
			return fmt.Errorf("filter: %s%v is no filter", strings.TrimPrefix(join, " "), v)
		}
		b.sql.WriteString("(")
		if err := b.document(doc, " AND "); err != nil {
			return err
		}
		b.sql.WriteString(")")
	}
	b.sql.WriteString(")")
	return nil
}

// field writes the conditions on one field: equality, or operators.
func (b *filterBuilder) field(path string, v bson.RawValue) error {
	col, err := b.table.column(path)
	if err != nil {
		return err
	}
	ops, isDoc := v.DocumentOK()
	if !isDoc || !isOperators(ops) {
		b.equal(col, v)
		return nil
	}
	elements, err := openDocument(ops)
	if err != nil {
		return err
	}
	for i, el := range elements {
		if i > 0 {
			b.sql.WriteString(" AND ")
		}
		if err := b.operator(col, el.Key(), el.Value(), elements); err != nil {
			return fmt.Errorf("filter: %s: %w", path, err)
		}
	}
	return nil
}

// isOperators tells whether a document holds operators and not fields.
func isOperators(doc bson.Raw) bool {
	el, err := doc.IndexErr(0)
	return err == nil && strings.HasPrefix(el.Key(), "$")
}

func (b *filterBuilder) operator(col column, op string, v bson.RawValue, all fields) error {
	switch op {
	case "$eq":
		b.equal(col, v)
	case "$ne":
		b.differs(col, v)
	case "$exists":
		present, ok := v.BooleanOK()
		if !ok {
			return fmt.Errorf("$exists needs a boolean")
		}
		b.null(col, !present)
	case "$in", "$nin":
		if isNull(v) { // a nil slice
			v = missing
		}
		values, err := elementsOf(v)
		if err != nil {
			return fmt.Errorf("%s: %w", op, err)
		}
		b.in(col, values, op == "$nin")
	case "$gt", "$gte", "$lt", "$lte":
		return b.compare(col, op, v, all)
	default:
		return fmt.Errorf("cannot do %s", op)
	}
	return nil
}

func (b *filterBuilder) null(col column, is bool) {
	b.name(col)
	if is {
		b.sql.WriteString(" IS NULL")
	} else {
		b.sql.WriteString(" IS NOT NULL")
	}
}

func (b *filterBuilder) equal(col column, v bson.RawValue) {
	if isNull(v) {
		b.null(col, true)
		return
	}
	b.name(col)
	b.sql.WriteString(" = ?")
	b.args = append(b.args, toColumn(col.typ, v))
}

// differs also holds for documents without the field.
func (b *filterBuilder) differs(col column, v bson.RawValue) {
	if isNull(v) {
		b.null(col, false)
		return
	}
	b.name(col)
	b.sql.WriteString(" IS NOT ?")
	b.args = append(b.args, toColumn(col.typ, v))
}

var comparisons = map[string]string{"$gt": " > ?", "$gte": " >= ?", "$lt": " < ?", "$lte": " <= ?"}

// compare writes a range. MongoDB compares within a type only, and in SQLite texts and blobs come after numbers, blobs after texts: a
// range without an upper end needs the end of its type as one.
func (b *filterBuilder) compare(col column, op string, v bson.RawValue, all fields) error {
	if isNull(v) {
		return fmt.Errorf("%s null", op)
	}
	value := toColumn(col.typ, v)
	b.name(col)
	b.sql.WriteString(comparisons[op])
	b.args = append(b.args, value)
	if op[1] == 'l' || all.index("$lt") >= 0 || all.index("$lte") >= 0 {
		return nil
	}
	switch value.(type) {
	case int64, float64:
		b.sql.WriteString(" AND ")
		b.name(col)
		b.sql.WriteString(" < ''")
	case string:
		b.sql.WriteString(" AND ")
		b.name(col)
		b.sql.WriteString(" < x''")
	}
	return nil
}

// maxListed is the longest list that is written as parameters. A longer one travels as one JSON text.
const maxListed = 64

// in writes a list. Its length is rounded up to a power of two by repeating the last value, so that lists of all lengths share a few
// prepared statements.
func (b *filterBuilder) in(col column, values []bson.RawValue, not bool) {
	var args []driver.Value
	null := false
	for _, v := range values {
		if isNull(v) {
			null = true
		} else {
			args = append(args, toColumn(col.typ, v))
		}
	}
	switch {
	case len(args) == 0:
		b.listNull(col, null, not)
		return
	case not && null:
		b.sql.WriteString("(" + col.name + " IS NOT NULL AND ")
	case not || null:
		b.sql.WriteString("(" + col.name + " IS NULL OR ")
	}
	b.name(col)
	if not {
		b.sql.WriteString(" NOT")
	}
	b.values(args)
	if not || null {
		b.sql.WriteString(")")
	}
}

// listNull writes a list that holds null or nothing.
func (b *filterBuilder) listNull(col column, null, not bool) {
	switch {
	case null:
		b.null(col, !not)
	case not:
		b.sql.WriteString("1")
	default:
		b.sql.WriteString("0")
	}
}

func (b *filterBuilder) values(args []driver.Value) {
	if len(args) > maxListed {
		if text, ok := jsonList(args); ok {
			b.sql.WriteString(" IN (SELECT value FROM json_each(?))")
			b.args = append(b.args, text)
			return
		}
	}
	n := 1
	for n < len(args) {
		n *= 2
	}
	for len(args) < n && n <= maxListed {
		args = append(args, args[len(args)-1])
	}
	b.sql.WriteString(" IN (?" + strings.Repeat(", ?", len(args)-1) + ")")
	b.args = append(b.args, args...)
}

// jsonList writes a list of ids or texts as JSON, if each survives that unchanged. Other types stay parameters.
func jsonList(args []driver.Value) (string, bool) {
	list := make([]string, len(args))
	for i, a := range args {
		text, ok := a.(string)
		if !ok || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return "", false
		}
		list[i] = text
	}
	text, err := json.Marshal(list)
	return string(text), err == nil
}
