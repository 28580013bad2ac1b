package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// condition is a compiled filter: an SQL expression over columns, and its arguments.
type condition struct {
	sql    string
	args   []driver.Value
	filter bson.D
	byID   int // how many documents it names by their ids, 0 if it does not
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
	ids := idsIn(filter)
	b := filterBuilder{table: t, byID: ids > 0}
	if err := b.document(filter, " AND "); err != nil {
		return condition{}, err
	}
	return condition{sql: b.sql.String(), args: b.args, filter: filter, byID: ids}, nil
}

// idsIn is how many ids a filter names at most; more than a transaction changes (breatheEvery) if it only says something about them.
func idsIn(filter bson.D) int {
	for _, el := range filter {
		if el.Key != "_id" {
			continue
		}
		ops, ok := el.Value.(bson.D)
		if !ok || len(ops) == 0 || !strings.HasPrefix(ops[0].Key, "$") {
			return 1
		}
		if values, ok := listOf(ops[0].Value); ok && ops[0].Key == "$in" {
			return max(len(values), 1)
		}
		return breatheEvery + 1
	}
	return 0
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
func (b *filterBuilder) document(filter bson.D, join string) (err error) {
	for i, el := range filter {
		if i > 0 {
			b.sql.WriteString(join)
		}
		switch el.Key {
		case "$or":
			err = b.list(el, " OR ")
		case "$and":
			err = b.list(el, " AND ")
		default:
			err = b.field(el.Key, el.Value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// list writes the filters under $or and $and.
func (b *filterBuilder) list(el bson.E, join string) error {
	filters, ok := listOf(el.Value)
	if !ok || len(filters) == 0 {
		return fmt.Errorf("filter: %s needs a list of filters", el.Key)
	}
	b.sql.WriteString("(")
	for i, v := range filters {
		if i > 0 {
			b.sql.WriteString(join)
		}
		doc, ok := v.(bson.D)
		if !ok || len(doc) == 0 {
			return fmt.Errorf("filter: %s: %v is no filter", el.Key, v)
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
func (b *filterBuilder) field(path string, v any) error {
	col, err := b.table.column(path)
	if err != nil {
		return err
	}
	ops, isDoc := v.(bson.D)
	if !isDoc || len(ops) == 0 || !strings.HasPrefix(ops[0].Key, "$") {
		return b.equal(col, v)
	}
	for i, op := range ops {
		if i > 0 {
			b.sql.WriteString(" AND ")
		}
		if err := b.operator(col, op, ops); err != nil {
			return fmt.Errorf("filter: %s: %w", path, err)
		}
	}
	return nil
}

func (b *filterBuilder) operator(col column, op bson.E, all bson.D) error {
	switch op.Key {
	case "$eq":
		return b.equal(col, op.Value)
	case "$ne":
		return b.differs(col, op.Value)
	case "$exists":
		present, ok := op.Value.(bool)
		if !ok {
			return fmt.Errorf("$exists needs a boolean")
		}
		b.null(col, !present)
	case "$in", "$nin":
		values, ok := listOf(op.Value)
		if !ok {
			return fmt.Errorf("%s needs a list", op.Key)
		}
		return b.in(col, values, op.Key == "$nin")
	case "$gt", "$gte", "$lt", "$lte":
		return b.compare(col, op, all)
	default:
		return fmt.Errorf("cannot do %s", op.Key)
	}
	return nil
}

// listOf are the values of a list of any type.
func listOf(v any) ([]any, bool) {
	switch v := v.(type) {
	case bson.A:
		return v, true
	case []any:
		return v, true
	case nil:
		return nil, true // of a nil slice that lost its type
	}
	list := reflect.ValueOf(v)
	if list.Kind() != reflect.Slice || list.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	values := make([]any, list.Len())
	for i := range values {
		values[i] = list.Index(i).Interface()
	}
	return values, true
}

func (b *filterBuilder) null(col column, is bool) {
	b.name(col)
	if is {
		b.sql.WriteString(" IS NULL")
	} else {
		b.sql.WriteString(" IS NOT NULL")
	}
}

func (b *filterBuilder) equal(col column, v any) error {
	value, err := argument(col.typ, v)
	if err != nil || value == nil {
		b.null(col, true)
		return err
	}
	if col.only != "" && value == col.only && !b.byID {
		b.sql.WriteString(col.isOnly())
		return nil
	}
	b.name(col)
	b.sql.WriteString(" = ?")
	b.args = append(b.args, value)
	return nil
}

// differs also holds for documents without the field.
func (b *filterBuilder) differs(col column, v any) error {
	value, err := argument(col.typ, v)
	if err != nil || value == nil {
		b.null(col, false)
		return err
	}
	b.name(col)
	b.sql.WriteString(" IS NOT ?")
	b.args = append(b.args, value)
	return nil
}

var comparisons = map[string]string{"$gt": " > ?", "$gte": " >= ?", "$lt": " < ?", "$lte": " <= ?"}

// compare writes a range. MongoDB compares within a type only, and in SQLite texts and blobs come after numbers, blobs after texts: a
// range without an upper end needs the end of its type as one.
func (b *filterBuilder) compare(col column, op bson.E, all bson.D) error {
	value, err := argument(col.typ, op.Value)
	if err != nil {
		return err
	}
	if value == nil {
		return fmt.Errorf("%s null", op.Key)
	}
	b.name(col)
	b.sql.WriteString(comparisons[op.Key])
	b.args = append(b.args, value)
	if slices.ContainsFunc(all, func(e bson.E) bool { return e.Key == "$lt" || e.Key == "$lte" }) {
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
func (b *filterBuilder) in(col column, values []any, not bool) error {
	args := make([]driver.Value, 0, len(values))
	null := false
	for _, v := range values {
		value, err := argument(col.typ, v)
		switch {
		case err != nil:
			return err
		case value == nil:
			null = true
		default:
			args = append(args, value)
		}
	}
	switch {
	case len(args) == 0:
		b.listNull(col, null, not)
		return nil
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
	return nil
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

// argument is a filter's value as the column holds it; nil for null.
func argument(t store.FieldType, v any) (driver.Value, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil
	case bson.ObjectID:
		if t == store.ObjectID {
			return v.Hex(), nil
		}
	case string:
		if t == store.Text {
			return v, nil
		}
	case time.Time:
		if t == store.Time {
			return v.UnixMilli(), nil
		}
	}
	value, err := encode(v)
	if err != nil {
		return nil, fmt.Errorf("encode filter: %w", err)
	}
	return toColumn(t, value), nil
}
