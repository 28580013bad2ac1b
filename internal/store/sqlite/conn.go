package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"sync"
)

// maxStatements bounds the prepared statements that one connection keeps. mailrun's own queries come to about a hundred.
const maxStatements = 256

// conn is one SQLite connection with its prepared statements; one goroutine uses it at a time. It sits on the driver itself instead of
// database/sql: the pool there knows nothing of one writer and many readers, and its per-statement cost would double that of a send.
type conn struct {
	driver.Conn
	statements map[string]driver.Stmt
	arguments  []driver.NamedValue // room for those of the statement that is run
}

// dial opens a connection. Settings that are no property of the file must be made on each.
func (e *Engine) dial() (*conn, error) {
	raw, err := e.driver.Open(e.dsn)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: raw, statements: map[string]driver.Stmt{}}, nil
}

// statement prepares a statement once.
func (c *conn) statement(sql string) (driver.Stmt, error) {
	if st, ok := c.statements[sql]; ok {
		return st, nil
	}
	for old, st := range c.statements {
		if len(c.statements) < maxStatements {
			break
		}
		_ = st.Close()
		delete(c.statements, old)
	}
	st, err := c.Prepare(sql)
	if err == nil {
		c.statements[sql] = st
	}
	return st, err
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(ctx context.Context, sql string, args ...driver.Value) (int64, error) {
	st, err := c.statement(sql)
	if err != nil {
		return 0, err
	}
	res, err := st.(driver.StmtExecContext).ExecContext(ctx, c.named(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query starts a query; the caller closes the rows.
func (c *conn) query(ctx context.Context, sql string, args ...driver.Value) (driver.Rows, error) {
	st, err := c.statement(sql)
	if err != nil {
		return nil, err
	}
	return st.(driver.StmtQueryContext).QueryContext(ctx, c.named(args))
}

// each calls row with every row of a query until it returns an error. The slice is used again for the next row, what it holds is not.
func (c *conn) each(ctx context.Context, sql string, args []driver.Value, row func([]driver.Value) error) (err error) {
	rows, err := c.query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([]driver.Value, len(rows.Columns()))
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		switch err := rows.Next(values); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if err := row(values); err != nil {
			return err
		}
	}
}

// one returns the first row of a query, nil if there is none.
func (c *conn) one(ctx context.Context, sql string, args ...driver.Value) ([]driver.Value, error) {
	rows, err := c.query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	values := make([]driver.Value, len(rows.Columns()))
	err = rows.Next(values)
	if errors.Is(err, io.EOF) {
		values, err = nil, nil
	}
	return values, errors.Join(err, rows.Close())
}

// close finalises the statements first: an open one would keep the file open.
func (c *conn) close() error {
	for _, st := range c.statements {
		_ = st.Close()
	}
	return c.Close()
}

// named are the arguments as the driver takes them. It copies what it is to keep.
func (c *conn) named(args []driver.Value) []driver.NamedValue {
	c.arguments = c.arguments[:0]
	for i, a := range args {
		c.arguments = append(c.arguments, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.arguments
}

// maxReaders is how many queries run at once, and how many idle connections are kept. More would only wait for each other's pages.
const maxReaders = 8

// pool keeps the connections for reading. A query that outlives its first rows gives its slot back (see Engine.Find), so that a callback
// that queries again cannot wait for itself.
type pool struct {
	dial  func() (*conn, error)
	slots chan struct{}

	mu     sync.Mutex
	idle   []*conn
	closed bool
}

func newPool(dial func() (*conn, error)) *pool {
	return &pool{dial: dial, slots: make(chan struct{}, maxReaders)}
}

// get waits for a slot and returns a connection.
func (p *pool) get(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.take()
	if err != nil {
		p.leave()
	}
	return c, err
}

func (p *pool) take() (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	return p.dial()
}

// leave gives the slot back but not the connection.
func (p *pool) leave() { <-p.slots }

// put keeps a connection for the next query, or closes it if there are enough or if it failed.
func (p *pool) put(c *conn, failed bool) {
	p.mu.Lock()
	keep := !failed && !p.closed && len(p.idle) < maxReaders
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		_ = c.close()
	}
}

func (p *pool) close() error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	var err error
	for _, c := range idle {
		err = errors.Join(err, c.close())
	}
	return err
}
