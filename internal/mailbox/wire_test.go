package mailbox

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// within is what comes of one read in an operation that may take so long.
func within(t *testing.T, w *wire, limit time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	done := w.begin(ctx)
	defer done()
	_, err := w.Read(make([]byte, 1))
	return err
}

// TestWireDeadlines: a deadline that an operation leaves on the socket ends neither the next one nor a read that waits between two, and an
// operation puts its own on a read that waits already.
func TestWireDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer func() { _ = near.Close(); _ = far.Close() }()
		w := newWire(near, time.Minute, defaultMaxBytes)
		say := func(after time.Duration) {
			time.AfterFunc(after, func() { _, _ = far.Write([]byte("!")) })
		}
		say(time.Millisecond)
		if err := within(t, w, time.Second); err != nil {
			t.Fatalf("a read in time: %v", err)
		}
		say(1200 * time.Millisecond)
		if err := within(t, w, 1500*time.Millisecond); err != nil {
			t.Fatalf("a read past the deadline of the operation before: %v", err)
		}
		say(time.Hour)
		if _, err := w.Read(make([]byte, 1)); err != nil {
			t.Fatalf("a read between operations: %v", err)
		}
		ended := make(chan error, 1)
		go func() {
			_, err := w.Read(make([]byte, 1))
			ended <- err
		}()
		synctest.Wait()
		began, done := time.Now(), w.begin(t.Context())
		defer done()
		if err := <-ended; !isTimeout(err) || time.Since(began) != time.Minute {
			t.Fatalf("a read that waited before its operation ended after %s: %v", time.Since(began), err)
		}
	})
}
