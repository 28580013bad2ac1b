package sqlite

import (
	"bytes"
	"database/sql/driver"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"modernc.org/sqlite"
)

// editFunction is the SQL function by which an UPDATE statement has a document edited: it takes the document and returns what the update in
// hand makes of it. So SQLite finds a row once, and not once to read it and once more to write it.
const editFunction = "mailrun_edit"

// editor carries an update into the SQL function. Only the writer uses it, one statement at a time.
type editor struct {
	op     *op
	failed error
	fields fields // room for those of the document that is edited
	edited []byte // room for what becomes of it
}

// register makes the function known to a driver's connections, before the first is opened.
func (e *editor) register(d *sqlite.Driver) error {
	return d.RegisterFunction(editFunction, &sqlite.FunctionImpl{
		NArgs:        1,
		VolatileArgs: true, // the document stays SQLite's: what becomes of it is a copy
		Scalar: func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			doc, err := e.edit(args[0])
			if err != nil {
				e.failed = err
			}
			return doc, err
		},
	})
}

// begin names the update that the next statement is; end tells why the function failed, if it did.
func (e *editor) begin(o *op) { e.op, e.failed = o, nil }

func (e *editor) end() error {
	failed := e.failed
	e.op, e.failed = nil, nil
	return failed
}

// edit makes of a document what the update does, in room that the next one takes: SQLite copies what it is given.
func (e *editor) edit(v driver.Value) ([]byte, error) {
	doc, ok := v.([]byte)
	if !ok || e.op == nil {
		return nil, errors.New("no document, or no update in hand")
	}
	f, err := openInto(e.fields, bson.Raw(doc))
	if err != nil {
		return nil, err
	}
	if f, err = e.op.update.apply(f, false); err != nil {
		return nil, fmt.Errorf("edit: %w", err)
	}
	e.fields, e.edited = f, f.appendTo(e.edited[:0])
	if e.op.returns {
		e.op.changed = append(e.op.changed, bytes.Clone(e.edited))
	}
	return e.edited, nil
}
