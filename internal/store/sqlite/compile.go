package sqlite

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// op is a compiled write.
type op struct {
	kind   store.WriteKind
	table  *table
	row    []driver.Value // Insert, Replace
	large  []byte         // the document's large fields, packed
	find   selection
	lookup string // SELECT of the first match
	update update
	whole  bool   // the update reaches large fields, or the caller wants to see them
	set    string // UPDATE of the columns that the update touches
	sets   []int  // these columns
	once   string // the whole update in one statement, if there is one; its arguments
	args   []driver.Value

	result  store.WriteResult
	returns bool       // the caller wants the documents that the update changed
	changed []bson.Raw // these, as it left them
}

// compileWrite does all of a write's work that needs no lock.
func (e *Engine) compileWrite(w store.Write) (*op, error) {
	find, err := e.compileQuery(store.Query{Collection: w.Collection, Filter: w.Filter})
	if err != nil {
		return nil, err
	}
	o := &op{kind: w.Kind, table: find.table, find: find}
	switch w.Kind {
	case store.Insert, store.Replace:
		return o, o.compileDocument(w.Document)
	case store.Update, store.UpdateMany, store.Upsert:
		return o, o.compileUpdate(w.Update)
	}
	return o, nil
}

// compileDocument makes what is written of a document.
func (o *op) compileDocument(document any) error {
	d := newDraft()
	defer d.release()
	if err := d.open(document); err != nil {
		return fmt.Errorf("encode a document for %s: %w", o.table.def.Name, err)
	}
	o.compileRow(d.fields)
	return nil
}

// compileRow makes what is written of a document's fields; one without an _id gets an ObjectID, as from MongoDB's drivers.
func (o *op) compileRow(f fields) {
	if f.index("_id") < 0 {
		f = slices.Insert(f, 0, newElement("_id", rawValue(bson.NewObjectID())))
	}
	row, large := o.table.row(f)
	o.row, o.large = row, o.table.pack(large)
}

func (o *op) compileUpdate(doc bson.D) error {
	var err error
	if o.update, err = compileUpdate(doc); err != nil {
		return err
	}
	for _, name := range o.table.def.Apart {
		o.whole = o.whole || o.update.touches(name)
	}
	if o.compileOnce() {
		return nil
	}
	o.lookup = o.find.text(o.reads()) + " LIMIT 1"
	var sql strings.Builder
	sql.WriteString("UPDATE " + o.table.name + " SET doc = ?")
	for i, col := range o.table.columns {
		if o.update.touches(col.dotted) {
			o.sets = append(o.sets, i)
			sql.WriteString(", " + col.name + " = ?")
		}
	}
	sql.WriteString(" WHERE rowid = ?")
	o.set = sql.String()
	return nil
}

// compileOnce makes one statement of an update, in which SQLite finds the documents, has them edited (see editFunction) and sets their
// columns. That takes half the time of reading them first. It goes for documents that are named by id, few, and whose columns become what
// the update alone tells.
func (o *op) compileOnce() bool {
	one := o.kind == store.Update && o.find.byID == 1
	if few := o.kind == store.UpdateMany && o.find.byID > 0 && o.find.byID <= breatheEvery; o.whole || !one && !few {
		return false
	}
	var sql strings.Builder
	var args []driver.Value
	sql.WriteString("UPDATE " + o.table.name + " SET doc = " + editFunction + "(doc)")
	for i := range o.update {
		c := &o.update[i]
		if c.insertOnly {
			continue
		}
		for _, col := range o.table.reachedBy(c.path) {
			v, constant := c.column(col.dotted)
			if !constant {
				return false
			}
			sql.WriteString(", " + col.name + " = ?")
			args = append(args, toColumn(col.typ, v))
		}
	}
	sql.WriteString(o.find.where())
	args = append(args, o.find.args...)
	o.once, o.args = sql.String(), args
	return true
}

// reads are the columns that an update needs.
func (o *op) reads() string {
	if o.whole {
		return "rowid, " + o.table.columnsOf(nil)
	}
	return "rowid, doc"
}

// seed is the document that an upsert begins with: the equalities of its filter.
func (s selection) seed() (fields, error) {
	raw, err := bson.Marshal(s.filter)
	if err != nil {
		return nil, fmt.Errorf("encode filter: %w", err)
	}
	filter, err := openDocument(raw)
	if err != nil {
		return nil, err
	}
	var doc fields
	for _, el := range filter {
		v := el.Value()
		if inner, ok := v.DocumentOK(); strings.HasPrefix(el.Key(), "$") || ok && isOperators(inner) {
			continue
		}
		c := become(v, true)
		if doc, err = doc.edit(el.Key(), &c); err != nil {
			return nil, err
		}
	}
	return doc, nil
}
