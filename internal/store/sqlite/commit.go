package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"
	"time"
)

// batch is one caller's writes. Its error, if any, is about the database or about a write that cannot be done.
type batch struct {
	ops  []*op
	lazy bool          // a power cut may take it back until the next batch that is not lazy is on disk
	wait time.Duration // for how long it may wait for others
	err  error
}

// submit has a batch committed, and unless it is lazy waits until it is on disk. The next group is being written meanwhile.
func (e *Engine) submit(ctx context.Context, b *batch) error {
	if err := e.gather.DoWithin(ctx, b, b.wait); err != nil {
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
		_, err = c.exec(ctx, "PRAGMA cache_size = -3072") // KiB: it alone writes, so that it keeps what it has read
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
