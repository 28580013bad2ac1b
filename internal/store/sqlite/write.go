package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// breatheEvery is how many documents one transaction changes at most on behalf of one UpdateMany or DeleteMany before it commits and
// begins anew, so that other processes get their turn within their busy timeout.
const breatheEvery = 1000

// Write runs the writes in one transaction, together with those of concurrent callers.
func (e *Engine) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	b := &batch{ops: make([]*op, len(writes)), lazy: true, wait: store.Patience(writes)}
	for i, w := range writes {
		var err error
		if b.ops[i], err = e.compileWrite(w); err != nil {
			return nil, err
		}
		b.lazy = b.lazy && w.Lazy
	}
	if len(writes) == 0 {
		return nil, ctx.Err()
	}
	if err := e.submit(ctx, b); err != nil {
		return nil, err
	}
	results := make([]store.WriteResult, len(writes))
	for i, o := range b.ops {
		results[i] = o.result
	}
	return results, nil
}

// FindOneAndUpdate changes the first match.
func (e *Engine) FindOneAndUpdate(ctx context.Context, q store.Query, doc bson.D) (bson.Raw, error) {
	q.Limit, q.Skip = 0, 0
	find, err := e.compileQuery(q)
	if err != nil {
		return nil, err
	}
	changed, err := e.findAndUpdate(ctx, store.Update, find, doc)
	switch {
	case err != nil:
		return nil, err
	case len(changed) == 0:
		return nil, store.ErrNotFound
	}
	return changed[0], nil
}

// FindManyAndUpdate changes every match. Which those are it need not be told.
func (e *Engine) FindManyAndUpdate(ctx context.Context, collection string, filter, update, _ bson.D) ([]bson.Raw, error) {
	find, err := e.compileQuery(store.Query{Collection: collection, Filter: filter})
	if err != nil {
		return nil, err
	}
	return e.findAndUpdate(ctx, store.UpdateMany, find, update)
}

// findAndUpdate changes documents and returns them as they are afterwards.
func (e *Engine) findAndUpdate(ctx context.Context, kind store.WriteKind, find selection, update bson.D) ([]bson.Raw, error) {
	o := &op{kind: kind, table: find.table, find: find, whole: len(find.table.def.Apart) > 0, returns: true}
	if err := o.compileUpdate(update); err != nil {
		return nil, err
	}
	if err := e.submit(ctx, &batch{ops: []*op{o}, lazy: true}); err != nil {
		return nil, err
	}
	return o.changed, o.result.Err
}

// run does a batch's writes in order. The error it returns is SQLite's and fails the whole group; one that is the batch's own is kept
// there, and ends only the batch.
func (tx *transaction) run(b *batch) error {
	for _, o := range b.ops {
		err := tx.write(o)
		switch {
		case isDuplicate(err):
			o.result.Err = &store.DuplicateError{Collection: o.table.def.Name, Err: err}
		case code(err) != 0:
			return err
		case err != nil:
			b.err = fmt.Errorf("write to %s: %w", o.table.def.Name, err)
			return nil
		}
	}
	return nil
}

func (tx *transaction) write(o *op) error {
	switch o.kind {
	case store.Insert:
		return tx.insert(o)
	case store.Replace:
		return tx.replace(o)
	case store.Update, store.Upsert:
		return tx.updateFirst(o)
	case store.UpdateMany:
		return tx.updateMany(o)
	case store.Delete:
		n, err := tx.deleteSome(o, 1)
		o.result.Matched = n
		return err
	case store.DeleteMany:
		return tx.deleteMany(o)
	}
	return fmt.Errorf("unknown kind of write %d", o.kind)
}

func (tx *transaction) insert(o *op) error {
	_, err := tx.exec(tx.ctx, o.table.insert, o.row...)
	if err == nil && o.large != nil {
		_, err = tx.exec(tx.ctx, o.table.insertApart, o.large)
	}
	return err
}

func (tx *transaction) replace(o *op) error {
	_, err := tx.exec(tx.ctx, o.table.replace, o.row...)
	if err != nil || len(o.table.def.Apart) == 0 {
		return err
	}
	row, err := tx.one(tx.ctx, "SELECT rowid FROM "+o.table.name+" WHERE _id = ?", o.row[0])
	if err != nil || row == nil {
		return err
	}
	return tx.writeApart(o.table, row[0], o.large)
}

// updateFirst changes the first match, or inserts a document if that is wanted and there is none.
func (tx *transaction) updateFirst(o *op) error {
	if o.once != "" {
		return tx.updateOnce(o)
	}
	row, err := tx.one(tx.ctx, o.lookup, o.find.args...)
	if err != nil {
		return err
	}
	if row != nil {
		o.result.Matched = 1
		return tx.store(o, row)
	}
	if o.kind != store.Upsert {
		return nil
	}
	f, err := o.find.seed()
	if err != nil {
		return err
	}
	if f, err = o.update.apply(f, true); err != nil {
		return err
	}
	o.compileRow(f)
	return tx.insert(o)
}

// store writes the updated document and the columns that the update touches.
func (tx *transaction) store(o *op, found []driver.Value) error {
	old, err := join(found[1:])
	if err != nil {
		return err
	}
	f, err := openDocument(old)
	if err != nil {
		return err
	}
	if f, err = o.update.apply(f, false); err != nil {
		return err
	}
	doc := f.document()
	if o.returns {
		o.changed = append(o.changed, doc)
	}
	if bytes.Equal(doc, old) {
		return nil
	}
	small, large := o.table.split(f)
	if len(large) > 0 {
		doc = small.document()
	}
	if o.whole {
		if err := tx.writeApart(o.table, found[0], o.table.pack(large)); err != nil {
			return err
		}
	}
	args := make([]driver.Value, 0, len(o.sets)+2)
	args = append(args, []byte(doc))
	for _, i := range o.sets {
		col := o.table.columns[i]
		args = append(args, toColumn(col.typ, f.lookup(col.path)))
	}
	_, err = tx.exec(tx.ctx, o.set, append(args, found[0])...)
	return err
}

// updateOnce changes documents in one statement.
func (tx *transaction) updateOnce(o *op) (err error) {
	tx.editor.begin(o)
	o.result.Matched, err = tx.exec(tx.ctx, o.once, o.args...)
	if failed := tx.editor.end(); failed != nil {
		return failed
	}
	return err
}

// updateMany changes every match. Whatever the update does to the filter's fields, no document is changed twice.
func (tx *transaction) updateMany(o *op) error {
	if o.once != "" {
		if err := tx.updateOnce(o); err != nil {
			return err
		}
		return tx.breathe(int(o.result.Matched))
	}
	var few [][]driver.Value // documents that one transaction changes at most
	var ids []driver.Value
	err := tx.each(tx.ctx, o.find.text(o.reads()), o.find.args, func(row []driver.Value) error {
		if ids = append(ids, row[0]); len(ids) <= breatheEvery {
			few = append(few, slices.Clone(row))
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(ids) > breatheEvery {
		return tx.updateAgain(o, ids)
	}
	return tx.storeAll(o, few)
}

// updateAgain changes documents that other processes may change in between, as many at a time as one transaction changes.
func (tx *transaction) updateAgain(o *op, ids []driver.Value) error {
	again := "SELECT " + o.reads() + " FROM " + o.table.name + " WHERE rowid IN (SELECT value FROM json_each(?))"
	if o.find.sql != "" {
		again += " AND (" + o.find.sql + ")"
	}
	for some := range slices.Chunk(ids, breatheEvery) {
		these, err := json.Marshal(some)
		if err != nil {
			return err
		}
		var rows [][]driver.Value
		err = tx.each(tx.ctx, again, append([]driver.Value{string(these)}, o.find.args...), func(row []driver.Value) error {
			rows = append(rows, slices.Clone(row))
			return nil
		})
		if err == nil {
			err = tx.storeAll(o, rows)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// storeAll changes documents that were read in this transaction.
func (tx *transaction) storeAll(o *op, rows [][]driver.Value) error {
	for _, row := range rows {
		o.result.Matched++
		if err := tx.store(o, row); err != nil {
			return err
		}
	}
	return tx.breathe(len(rows))
}

func (tx *transaction) deleteMany(o *op) error {
	for {
		n, err := tx.deleteSome(o, breatheEvery)
		o.result.Matched += n
		if err != nil || n < breatheEvery {
			return err
		}
		if err := tx.breathe(int(n)); err != nil {
			return err
		}
	}
}

func (tx *transaction) deleteSome(o *op, limit int) (int64, error) {
	args := append(append([]driver.Value{}, o.find.args...), int64(limit))
	return tx.exec(tx.ctx, "DELETE FROM "+o.table.name+" WHERE rowid IN ("+o.find.text("rowid")+" LIMIT ?)", args...)
}

// breathe commits what was changed so far if it is much.
func (tx *transaction) breathe(n int) error {
	if tx.changed += n; tx.changed < breatheEvery {
		return nil
	}
	tx.changed = 0
	if _, err := tx.exec(tx.ctx, "COMMIT"); err != nil {
		return err
	}
	_, err := tx.exec(tx.ctx, "BEGIN IMMEDIATE")
	return err
}
