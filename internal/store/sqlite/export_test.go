package sqlite

import (
	"testing"
	"time"
)

// SetBusyTimeout changes how long the writing connection waits for other processes.
func SetBusyTimeout(t *testing.T, e *Engine, d time.Duration) {
	t.Helper()
	if err := e.closeWriter(); err != nil {
		t.Fatal(err)
	}
	e.dsn, e.closed = dsn(e.path, d), false
}

// Log is the path of the log that durable writes have synced, known since the first write.
func (e *Engine) Log() string { return e.log }

// SetLog has another path synced.
func (e *Engine) SetLog(path string) { e.log = path }
