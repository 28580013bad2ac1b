package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"sync"

	"mailrun/internal/store"
)

// table is a collection as SQLite keeps it: one column per declared field beside the document itself.
type table struct {
	name    string // quoted
	def     store.Collection
	columns []column // _id first
	byPath  map[string]int
	insert  string
	replace string
	// insertApart adds the large fields of the document that was inserted last.
	insertApart string
	packing     sync.Pool // of *packing
	reached     sync.Map  // []column by path, see reachedBy
}

type column struct {
	dotted string // the field's path
	path   []string
	name   string // quoted
	typ    store.FieldType
	only   string // the one value that an index of this column is about (store.Index.Only)
}

// newTable lays out a collection under the name that the settings give it.
func newTable(def store.Collection, names map[string]string) *table {
	name := def.Name
	if other := names[def.Name]; other != "" {
		name = other
	}
	t := &table{name: quote(name), def: def, byPath: map[string]int{}}
	t.add("_id", store.ObjectID)
	for _, f := range def.Fields {
		t.add(f.Path, f.Type)
	}
	for _, ix := range def.Indexes {
		if ix.Only != "" {
			t.columns[t.byPath[ix.Keys[0]]].only = ix.Only
		}
	}
	var keys, updates []string
	for _, c := range t.columns {
		keys = append(keys, c.name)
		updates = append(updates, c.name+" = excluded."+c.name)
	}
	t.insert = fmt.Sprintf("INSERT INTO %s (%s, doc) VALUES (%s?)", t.name, strings.Join(keys, ", "), strings.Repeat("?, ", len(t.columns)))
	t.replace = fmt.Sprintf("%s ON CONFLICT (_id) DO UPDATE SET %s, doc = excluded.doc", t.insert, strings.Join(updates[1:], ", "))
	t.insertApart = "INSERT INTO " + t.apartName() + " (id, doc) VALUES (last_insert_rowid(), ?)"
	return t
}

func (t *table) add(path string, typ store.FieldType) {
	c := column{dotted: path, path: strings.Split(path, "."), name: quote(strings.ReplaceAll(path, ".", "_")), typ: typ}
	t.byPath[path] = len(t.columns)
	t.columns = append(t.columns, c)
}

// column finds a declared field.
func (t *table) column(path string) (column, error) {
	i, ok := t.byPath[path]
	if !ok {
		return column{}, fmt.Errorf("%s has no declared field %q to filter or sort by", t.def.Name, path)
	}
	return t.columns[i], nil
}

// reachedBy are the columns that a change at a path reaches. The paths are those that the program knows, some dozens.
func (t *table) reachedBy(path string) []column {
	if known, ok := t.reached.Load(path); ok {
		return known.([]column)
	}
	var reached []column
	for _, col := range t.columns {
		if overlap(path, col.dotted) {
			reached = append(reached, col)
		}
	}
	t.reached.Store(path, reached)
	return reached
}

// keeping are the columns that hold these fields, the id's first, if each of them is declared; if not, the fields must be top-level ones.
func (t *table) keeping(names []string) (columns []column, err error) {
	if len(names) == 0 {
		return nil, nil
	}
	columns = append(columns, t.columns[0])
	inner := false
	for _, name := range names {
		col, unknown := t.column(name)
		if unknown != nil {
			err = unknown
		}
		inner = inner || strings.Contains(name, ".")
		columns = append(columns, col)
	}
	switch {
	case err == nil:
		return columns, nil
	case inner:
		return nil, err
	}
	return nil, nil
}

// row makes the column values of a document, its small fields last, and returns its large ones. See split for what becomes of f.
func (t *table) row(f fields) (row []driver.Value, large fields) {
	row = make([]driver.Value, len(t.columns)+1)
	for i, col := range t.columns {
		row[i] = toColumn(col.typ, f.lookup(col.path))
	}
	small, large := t.split(f)
	row[len(t.columns)] = []byte(small.document())
	return row, large
}

// create are the statements that make the table.
func (t *table) create() []string {
	defs := make([]string, len(t.columns))
	for i, c := range t.columns {
		defs[i] = c.declaration()
	}
	defs[0] += " UNIQUE NOT NULL"
	table := fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (row INTEGER PRIMARY KEY, %s, doc BLOB NOT NULL)", t.name, strings.Join(defs, ", "))
	return append([]string{table}, t.createApart()...)
}

func (c column) declaration() string {
	if c.typ == store.ObjectID || c.typ == store.Text {
		return c.name + " TEXT"
	}
	return c.name + " INTEGER"
}

// indexes are the statements that make the table's indexes, by name. SQLite holds NULLs of a unique index to be distinct, MongoDB does
// not: a second unique index, which holds only the rows with a NULL among the keys and is mostly empty, makes up for that.
func (t *table) indexes() (map[string]string, error) {
	out := map[string]string{}
	for _, ix := range t.def.Indexes {
		name := t.indexName(ix.Name)
		var keys, whole, nulls []string
		for i, key := range ix.Keys {
			c, err := t.column(strings.TrimPrefix(key, "-"))
			if err != nil {
				return nil, err
			}
			keys = append(keys, c.name+direction(key))
			whole = append(whole, "ifnull("+c.name+", x'')")
			if i > 0 || !ix.Sparse {
				nulls = append(nulls, c.name+" IS NULL")
			}
		}
		on := " INDEX " + quote(name) + " ON " + t.name + " (" + strings.Join(keys, ", ") + ")"
		only, err := t.partOf(ix)
		if err != nil {
			return nil, err
		}
		if only != "" {
			on += " WHERE " + only
		}
		if !ix.Unique {
			out[name] = "CREATE" + on
			continue
		}
		out[name] = "CREATE UNIQUE" + on
		if len(nulls) > 0 {
			where := "(" + strings.Join(nulls, " OR ") + ")"
			if ix.Sparse {
				where += " AND " + strings.TrimSuffix(keys[0], " DESC") + " IS NOT NULL"
			}
			out[name+"_null"] = "CREATE UNIQUE INDEX " + quote(name+"_null") + " ON " + t.name + " (" + strings.Join(whole, ", ") + ") WHERE " + where
		}
	}
	return out, nil
}

// partOf is the condition of the rows that an index holds, "" if those are all.
func (t *table) partOf(ix store.Index) (string, error) {
	var parts []string
	for _, path := range ix.Needs {
		c, err := t.column(path)
		if err != nil {
			return "", err
		}
		parts = append(parts, c.name+" IS NOT NULL")
	}
	if ix.Only != "" {
		parts = append(parts, t.columns[t.byPath[ix.Keys[0]]].isOnly())
	}
	return strings.Join(parts, " AND "), nil
}

// isOnly is the condition of an index that is about one value of a column. A query that such an index can serve has to say the same word for
// word: what a parameter will be SQLite does not know.
func (c column) isOnly() string {
	return c.name + " = '" + strings.ReplaceAll(c.only, "'", "''") + "'"
}

// indexName is what the file calls a declared index.
func (t *table) indexName(declared string) string { return strings.Trim(t.name, `"`) + "_" + declared }

func direction(key string) string {
	if strings.HasPrefix(key, "-") {
		return " DESC"
	}
	return ""
}

// quote makes an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// metaTable remembers which columns the last mailrun to change the schema kept up to date, so that a newer one, after an older one has
// written documents, knows which columns to fill again.
const metaTable = "CREATE TABLE IF NOT EXISTS _mailrun_columns (tbl TEXT PRIMARY KEY NOT NULL, columns TEXT NOT NULL)"

// version is a hash of everything that the schema is made of. It is kept as the file's user_version: if that matches, there is nothing
// to do, which makes a start cheap.
func (e *Engine) version() (int64, error) {
	h := fnv.New32a()
	for _, t := range e.ordered {
		indexes, err := t.indexes()
		if err != nil {
			return 0, err
		}
		statements := t.create()
		for _, sql := range indexes {
			statements = append(statements, sql)
		}
		slices.Sort(statements)
		fmt.Fprintln(h, statements)
	}
	return int64(h.Sum32()>>1) | 1, nil // user_version is a signed 32-bit number; 0 is that of a new file
}

// migrate brings the file up to the schema, once for any number of processes that start together.
func (e *Engine) migrate(ctx context.Context, c *conn) error {
	want, err := e.version()
	if err != nil {
		return err
	}
	if have, err := userVersion(ctx, c); err != nil || have == want {
		return err
	}
	if _, err := c.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err = e.migrateLocked(ctx, c, want)
	if err != nil {
		_, undo := c.exec(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, undo)
	}
	_, err = c.exec(ctx, "COMMIT")
	return err
}

func userVersion(ctx context.Context, c *conn) (int64, error) {
	row, err := c.one(ctx, "PRAGMA user_version")
	if err != nil || row == nil {
		return 0, err
	}
	v, _ := row[0].(int64)
	return v, nil
}

func (e *Engine) migrateLocked(ctx context.Context, c *conn, want int64) error {
	if have, err := userVersion(ctx, c); err != nil || have == want {
		return err
	}
	if _, err := c.exec(ctx, metaTable); err != nil {
		return err
	}
	for _, t := range e.ordered {
		if err := t.migrate(ctx, c); err != nil {
			return err
		}
	}
	_, err := c.exec(ctx, fmt.Sprintf("PRAGMA user_version = %d", want))
	return err
}

// migrate adds what the table lacks: itself, columns, their values, indexes.
func (t *table) migrate(ctx context.Context, c *conn) error {
	for _, sql := range t.create() {
		if _, err := c.exec(ctx, sql); err != nil {
			return err
		}
	}
	have := map[string]bool{}
	err := c.each(ctx, "PRAGMA table_info("+t.name+")", nil, func(row []driver.Value) error {
		name, _ := row[1].(string)
		have[quote(name)] = true
		return nil
	})
	if err != nil {
		return err
	}
	for _, col := range t.columns {
		if have[col.name] {
			continue
		}
		if _, err := c.exec(ctx, "ALTER TABLE "+t.name+" ADD COLUMN "+col.declaration()); err != nil {
			return err
		}
	}
	if err := t.fill(ctx, c); err != nil {
		return err
	}
	return t.index(ctx, c)
}

// fill computes, from the documents, the columns that the last schema did not keep.
func (t *table) fill(ctx context.Context, c *conn) error {
	var kept []string
	row, err := c.one(ctx, "SELECT columns FROM _mailrun_columns WHERE tbl = ?", t.name)
	if err != nil {
		return err
	}
	if row != nil {
		text, _ := row[0].(string)
		_ = json.Unmarshal([]byte(text), &kept) // unreadable: all columns are filled again
	}
	var declared, sets []string
	var stale []int
	for i, col := range t.columns {
		declared = append(declared, col.declaration())
		if !slices.Contains(kept, col.declaration()) && i > 0 {
			stale = append(stale, i)
			sets = append(sets, col.name+" = ?")
		}
	}
	if len(stale) > 0 {
		if err := t.rewrite(ctx, c, stale, "UPDATE "+t.name+" SET "+strings.Join(sets, ", ")+" WHERE rowid = ?"); err != nil {
			return err
		}
	}
	text, err := json.Marshal(declared)
	if err != nil {
		return err
	}
	_, err = c.exec(ctx, "INSERT OR REPLACE INTO _mailrun_columns VALUES (?, ?)", t.name, string(text))
	return err
}

// rewrite runs update with the given columns of every document.
func (t *table) rewrite(ctx context.Context, c *conn, columns []int, update string) error {
	return c.each(ctx, "SELECT rowid, doc FROM "+t.name, nil, func(found []driver.Value) error {
		doc, _ := found[1].([]byte)
		f, err := openDocument(doc)
		if err != nil {
			return fmt.Errorf("%s: %w", t.def.Name, err)
		}
		row, _ := t.row(f)
		args := make([]driver.Value, 0, len(columns)+1)
		for _, i := range columns {
			args = append(args, row[i])
		}
		_, err = c.exec(ctx, update, append(args, found[0])...)
		return err
	})
}

// index makes the indexes that are missing or declared differently from those in the file.
func (t *table) index(ctx context.Context, c *conn) error {
	want, err := t.indexes()
	if err != nil {
		return err
	}
	for name, sql := range want {
		row, err := c.one(ctx, "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?", name)
		if err != nil {
			return err
		}
		if row != nil && row[0] == sql {
			continue
		}
		if _, err := c.exec(ctx, "DROP INDEX IF EXISTS "+quote(name)); err != nil {
			return err
		}
		if _, err := c.exec(ctx, sql); isDuplicate(err) {
			return fmt.Errorf("unique index %s: %s holds documents with the same key", name, t.def.Name)
		} else if err != nil {
			return err
		}
	}
	return nil
}
