package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// A query's first rows are read before the caller sees any: most queries end there, and then no connection is held while the caller
// works on them. headRows and headBytes bound what that takes in memory.
const (
	headRows  = 256
	headBytes = 1 << 20
)

// selection is a compiled store.Query.
type selection struct {
	table *table
	condition
	index  string
	order  string
	limit  string
	fields []string
	kept   []column // the columns that hold these fields, and the id's, if each field has one; then no document is read
}

func (e *Engine) compileQuery(q store.Query) (selection, error) {
	t, err := e.table(q.Collection)
	if err != nil {
		return selection{}, err
	}
	s := selection{table: t, fields: q.Fields}
	if s.kept, err = t.keeping(q.Fields); err != nil {
		return s, err
	}
	if s.condition, err = t.compileFilter(q.Filter); err != nil {
		return s, err
	}
	if q.Index != "" {
		s.index = " INDEXED BY " + quote(t.indexName(q.Index))
	}
	for i, key := range q.Sort {
		col, err := t.column(strings.TrimPrefix(key, "-"))
		if err != nil {
			return s, err
		}
		s.order += []string{" ORDER BY ", ", "}[min(i, 1)] + col.name + direction(key)
	}
	if q.Limit > 0 || q.Skip > 0 {
		s.limit = " LIMIT ? + 0 OFFSET ? + 0" // a sum, for SQLite plans anew for each value of a bare parameter there
		limit := q.Limit
		if limit <= 0 {
			limit = -1
		}
		s.args = append(s.args, limit, q.Skip)
	}
	return s, nil
}

// text is the SELECT of some columns.
func (s selection) text(columns string) string {
	return "SELECT " + columns + " FROM " + s.table.name + s.index + s.where() + s.order + s.limit
}

// Find calls each with every match.
func (e *Engine) Find(ctx context.Context, q store.Query, each func(bson.Raw) error) error {
	s, err := e.compileQuery(q)
	if err != nil {
		return err
	}
	e.trips.Add(1)
	c, err := e.readers.get(ctx)
	if err != nil {
		return e.explain(err)
	}
	rows, err := c.query(ctx, s.text(s.columns()), s.args...)
	if err != nil {
		e.readers.put(c, true)
		e.readers.leave()
		return e.explain(err)
	}
	release := sync.OnceFunc(func() { e.readers.put(c, rows.Close() != nil) })
	defer release()
	head, more, err := s.readHead(ctx, rows)
	if !more {
		release()
	}
	e.readers.leave()
	if err != nil {
		return e.explain(err)
	}
	for _, doc := range head {
		if err := each(doc); err != nil {
			return err
		}
	}
	if !more {
		return nil
	}
	return e.stream(ctx, s, rows, each)
}

// FindAll answers all queries from one snapshot.
func (e *Engine) FindAll(ctx context.Context, queries []store.Query, each func(int, bson.Raw) error) error {
	selections := make([]selection, len(queries))
	for i, q := range queries {
		var err error
		if selections[i], err = e.compileQuery(q); err != nil {
			return err
		}
	}
	e.trips.Add(1)
	c, err := e.readers.get(ctx)
	if err != nil {
		return e.explain(err)
	}
	defer e.readers.leave()
	if _, err = c.exec(ctx, "BEGIN"); err == nil {
		err = c.answer(ctx, selections, each)
	}
	if err == nil {
		_, err = c.exec(ctx, "COMMIT")
	}
	e.readers.put(c, err != nil)
	return e.explain(err)
}

// answer runs one query after the other.
func (c *conn) answer(ctx context.Context, selections []selection, each func(int, bson.Raw) error) error {
	for i, s := range selections {
		err := c.each(ctx, s.text(s.columns()), s.args, func(row []driver.Value) error {
			doc, err := s.document(row)
			if err != nil {
				return err
			}
			return each(i, doc)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readHead reads the first rows and tells whether there may be more.
func (s selection) readHead(ctx context.Context, rows driver.Rows) (head []bson.Raw, more bool, err error) {
	values := make([]driver.Value, len(rows.Columns()))
	for size := 0; len(head) < headRows && size < headBytes; {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return head, false, nil
		case err != nil:
			return nil, false, err
		}
		doc, err := s.document(values)
		if err != nil {
			return nil, false, err
		}
		head = append(head, doc)
		size += len(doc)
	}
	return head, true, nil
}

// stream delivers the rest of the rows one by one.
func (e *Engine) stream(ctx context.Context, s selection, rows driver.Rows, each func(bson.Raw) error) error {
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return e.explain(err)
		}
		doc, err := s.document(values)
		if err != nil {
			return err
		}
		if err := each(doc); err != nil {
			return err
		}
	}
}

// columns are what is read of each match.
func (s selection) columns() string {
	if s.kept == nil {
		return s.table.columnsOf(s.fields)
	}
	names := make([]string, len(s.kept))
	for i, col := range s.kept {
		names[i] = col.name
	}
	return strings.Join(names, ", ")
}

// document is what a query delivers of a row.
func (s selection) document(row []driver.Value) (bson.Raw, error) {
	if s.kept != nil {
		return fromColumns(s.kept, row, 0), nil
	}
	doc, err := join(row)
	if err != nil || len(s.fields) == 0 {
		return doc, err
	}
	return only(doc, s.fields)
}

// Count counts the matches of a filter.
func (e *Engine) Count(ctx context.Context, collection string, filter bson.D) (int64, error) {
	s, err := e.compileQuery(store.Query{Collection: collection, Filter: filter})
	if err != nil {
		return 0, err
	}
	var n int64
	err = e.read(ctx, s.text("count(*)"), s.args, func(row []driver.Value) error {
		n, _ = row[0].(int64)
		return nil
	})
	return n, err
}

// GroupCount counts matches by the values of fields.
func (e *Engine) GroupCount(ctx context.Context, collection string, filter bson.D, by ...string) ([]store.Group, error) {
	return e.group(ctx, store.Query{Collection: collection, Filter: filter}, by, func(s selection, list string) string {
		return s.text(list+", count(*)") + " GROUP BY " + list
	})
}

// GroupFirst counts the first matches by the values of fields.
func (e *Engine) GroupFirst(ctx context.Context, q store.Query, by ...string) ([]store.Group, error) {
	return e.group(ctx, q, by, func(s selection, list string) string {
		return "SELECT " + list + ", count(*) FROM (" + s.text(list) + ") GROUP BY " + list
	})
}

// group runs a query whose rows are the values of some columns and a count.
func (e *Engine) group(ctx context.Context, q store.Query, by []string, text func(s selection, list string) string) ([]store.Group, error) {
	s, err := e.compileQuery(q)
	if err != nil {
		return nil, err
	}
	columns := make([]column, len(by))
	names := make([]string, len(by))
	for i, path := range by {
		if columns[i], err = s.table.column(path); err != nil {
			return nil, err
		}
		names[i] = columns[i].name
	}
	var groups []store.Group
	err = e.read(ctx, text(s, strings.Join(names, ", ")), s.args, func(row []driver.Value) error {
		g := store.Group{Values: make([]bson.RawValue, len(by))}
		for i, col := range columns {
			g.Values[i] = fromColumn(col.typ, row[i])
		}
		g.Count, _ = row[len(by)].(int64)
		groups = append(groups, g)
		return nil
	})
	return groups, err
}

// Distinct lists the values of a field among the matches.
func (e *Engine) Distinct(ctx context.Context, q store.Query, field string) ([]bson.RawValue, error) {
	s, err := e.compileQuery(q)
	if err != nil {
		return nil, err
	}
	col, err := s.table.column(field)
	if err != nil {
		return nil, err
	}
	var values []bson.RawValue
	err = e.read(ctx, s.text("DISTINCT "+col.name), s.args, func(row []driver.Value) error {
		if row[0] != nil {
			values = append(values, fromColumn(col.typ, row[0]))
		}
		return nil
	})
	return values, err
}

// read runs a query whose rows are few.
func (e *Engine) read(ctx context.Context, sql string, args []driver.Value, row func([]driver.Value) error) error {
	e.trips.Add(1)
	c, err := e.readers.get(ctx)
	if err != nil {
		return e.explain(err)
	}
	defer e.readers.leave()
	err = c.each(ctx, sql, args, row)
	e.readers.put(c, err != nil)
	return e.explain(err)
}

// Explain tells in SQLite's words how a query would be carried out: one line per step of EXPLAIN QUERY PLAN.
func (e *Engine) Explain(ctx context.Context, q store.Query) ([]string, error) {
	s, err := e.compileQuery(q)
	if err != nil {
		return nil, err
	}
	var plan []string
	err = e.read(ctx, "EXPLAIN QUERY PLAN "+s.text("doc"), s.args, func(row []driver.Value) error {
		step, _ := row[len(row)-1].(string)
		plan = append(plan, step)
		return nil
	})
	return plan, err
}
