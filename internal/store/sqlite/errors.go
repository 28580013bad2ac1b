package sqlite

import (
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"mailrun/internal/store"
)

// errClosed says that the engine was closed before.
var errClosed = errors.New("the database is closed")

// primaryCode is the part of SQLite's extended result codes that names the kind of failure (sqlite.org/rescode.html).
const primaryCode = 0xff

// troubles says in plain words why a file cannot serve as the database.
var troubles = map[int]string{
	lib.SQLITE_BUSY:     "locked by another process",
	lib.SQLITE_LOCKED:   "locked by another process",
	lib.SQLITE_PROTOCOL: "locked by another process",
	lib.SQLITE_CANTOPEN: "cannot be opened; is it a file in a folder that mailrun may write to?",
	lib.SQLITE_PERM:     "permission denied",
	lib.SQLITE_READONLY: "not writable",
	lib.SQLITE_NOTADB:   "not an SQLite database",
	lib.SQLITE_CORRUPT:  "damaged; restore it from a backup, or try `sqlite3 FILE .recover`",
	lib.SQLITE_FULL:     "the disk is full",
	lib.SQLITE_IOERR:    "the disk reports an input/output error",
	lib.SQLITE_NOMEM:    "out of memory",
}

// code is SQLite's extended result code, 0 if the error is not SQLite's.
func code(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code()
	}
	return 0
}

// isDuplicate tells whether a unique index refused a row.
func isDuplicate(err error) bool {
	c := code(err)
	return c == lib.SQLITE_CONSTRAINT_UNIQUE || c == lib.SQLITE_CONSTRAINT_PRIMARYKEY
}

// explain names the file in an error, and marks it as store.ErrUnreachable if the file cannot serve as the database.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	if trouble, ok := troubles[code(err)&primaryCode]; ok {
		return fmt.Errorf("%w: sqlite database %s: %s", store.ErrUnreachable, path, trouble)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%w: sqlite database %s: %s: %w", store.ErrUnreachable, path, e.Op, e.Err)
	}
	return fmt.Errorf("sqlite database %s: %w", path, err)
}

func (e *Engine) explain(err error) error { return explain(e.path, err) }
