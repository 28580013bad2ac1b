package sqlite

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// breatheEvery is how many documents one transaction changes at most on behalf of one UpdateMany or DeleteMany before it commits and
// begins anew, so that other processes get their turn within their busy timeout.
const breatheEvery = 1000

// batch is one caller's writes. Its error, if any, is about the database or about a write that cannot be done.
type batch struct {
	ops  []*op
	lazy bool // a power cut may take it back until the next batch that is not lazy is on disk
	err  error
}

// Write runs the writes in one transaction, together with those of concurrent callers.
func (e *Engine) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	b := &batch{ops: make([]*op, len(writes)), lazy: true}
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
	o := &op{kind: store.Update, table: find.table, find: find, whole: len(find.table.def.Apart) > 0, returns: true}
	if err := o.compileUpdate(doc); err != nil {
		return nil, err
	}
	if err := e.submit(ctx, &batch{ops: []*op{o}, lazy: true}); err != nil {
		return nil, err
	}
	switch {
	case o.result.Err != nil:
		return nil, o.result.Err
	case o.result.Matched == 0:
		return nil, store.ErrNotFound
	}
	return o.after, nil
}

// submit has a batch committed, and unless it is lazy waits until it is on disk. The next group is being written meanwhile.
func (e *Engine) submit(ctx context.Context, b *batch) error {
	if err := e.gather.Do(ctx, b); err != nil {
		return err
	}
	if b.err != nil || b.lazy {
		return b.err
	}
	_ = e.syncs.Do(context.Background(), b) // what is committed must be waited for
	return b.err
}

// commit runs a group of batches in one transaction. It has the writing connection to itself. It heeds no caller's context: the group is
// not one caller's, and SQLite's busy timeout bounds it.
func (e *Engine) commit(group []*batch) {
	e.writing.Lock()
	defer e.writing.Unlock()
	e.trips.Add(1)
	tx := transaction{ctx: context.Background(), editor: &e.editor}
	err := e.begin(&tx)
	for _, b := range group {
		if err != nil {
			break
		}
		err = tx.run(b)
	}
	if err == nil {
		_, err = tx.exec(tx.ctx, "COMMIT")
	}
	if err == nil {
		return
	}
	if tx.conn != nil {
		// SQLite may have rolled back by itself; then this one fails, and means nothing.
		_, _ = tx.exec(tx.ctx, "ROLLBACK")
	}
	for _, b := range group {
		b.err = e.explain(err)
	}
}

// sync has the log written to disk, with all that was committed before: to that of a group of callers in one go. A log that is gone was
// copied into the file, and that was synced.
func (e *Engine) sync(group []*batch) {
	log, err := os.OpenFile(e.log, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = errors.Join(log.Sync(), log.Close())
	}
	for _, b := range group {
		b.err = e.explain(err)
	}
}

// transaction is what one group writes in.
type transaction struct {
	*conn
	ctx     context.Context
	editor  *editor
	changed int
}

// begin takes the write lock, which other processes may hold for a while.
func (e *Engine) begin(tx *transaction) (err error) {
	if e.closed {
		return errClosed
	}
	if e.writer == nil {
		if e.writer, err = e.dialWriter(tx.ctx); err != nil {
			return err
		}
	}
	tx.conn = e.writer
	_, err = tx.exec(tx.ctx, "BEGIN IMMEDIATE")
	return err
}

// dialWriter opens the connection that writes. Its commits are not synced to disk by SQLite, which would have the next group wait for that
// (see submit); what keeps the file whole is synced all the same: the log before it is copied, and the file before the log begins anew.
func (e *Engine) dialWriter(ctx context.Context) (*conn, error) {
	c, err := e.dial()
	if err != nil {
		return nil, err
	}
	_, err = c.exec(ctx, "PRAGMA synchronous = NORMAL")
	if err == nil {
		_, err = c.exec(ctx, "PRAGMA cache_size = -4096") // KiB: it alone writes, so that it keeps what it has read
	}
	var row []driver.Value
	if err == nil {
		row, err = c.one(ctx, "PRAGMA database_list") // its path, links followed, is what the log is named after
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	file, _ := row[2].(string)
	e.log = file + "-wal"
	return c, nil
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
	if err := o.compileRow(f.document()); err != nil {
		return err
	}
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
	o.after = f.document()
	if bytes.Equal(o.after, old) {
		return nil
	}
	small, large := o.table.split(f)
	doc := o.after
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
	tx.editor.begin(o.update)
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
		return tx.updateEach(o, ids)
	}
	for _, row := range few {
		o.result.Matched++
		if err := tx.store(o, row); err != nil {
			return err
		}
	}
	return tx.breathe(len(few))
}

// updateEach changes documents that other processes may change in between.
func (tx *transaction) updateEach(o *op, ids []driver.Value) error {
	again := "SELECT " + o.reads() + " FROM " + o.table.name + " WHERE rowid = ?"
	if o.find.sql != "" {
		again += " AND (" + o.find.sql + ")"
	}
	for _, id := range ids {
		row, err := tx.one(tx.ctx, again, append([]driver.Value{id}, o.find.args...)...)
		if err == nil && row != nil {
			o.result.Matched++
			err = tx.store(o, row)
		}
		if err == nil {
			err = tx.breathe(1)
		}
		if err != nil {
			return err
		}
	}
	return nil
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

// closeWriter waits for the group under way and ends writing.
func (e *Engine) closeWriter() error {
	e.writing.Lock()
	defer e.writing.Unlock()
	c := e.writer
	e.writer, e.closed = nil, true
	if c == nil {
		return nil
	}
	return c.close()
}
