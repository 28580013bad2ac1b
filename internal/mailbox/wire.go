package mailbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// errTooMuch says that a server sent more in one session than it may.
var errTooMuch = fmt.Errorf("server sent too much: %w", ErrProtocol)

// wire is the bottom of a connection: a socket on which nothing waits for ever. While a caller is in an operation (between begin and the
// function that it returns), each read and write must make progress within the idle time and all of them end by the context's deadline.
// Between operations a read may wait: imapclient always has one outstanding. Deadlines are real time, never the clock of a demo.
type wire struct {
	net.Conn

	mu     sync.Mutex
	busy   int
	idle   time.Duration // longest silence during an operation
	end    time.Time     // the operation's deadline, zero if it has none
	read   time.Time     // what the library above asked for, a further cap
	write  time.Time     // likewise, for writes
	left   int64         // bytes that may still be read
	under  int           // reads and writes that are under way
	failed error         // the first read or write that failed: it tells a broken line from an unreadable answer

	readArmed, writeArmed time.Time // the deadlines that the socket has
	armedFor              time.Time // the end of the operation that they are of
}

// longAgo stands for a deadline that is to be set anew whatever it is.
var longAgo = time.Unix(0, 0)

func newWire(conn net.Conn, idle time.Duration, maxBytes int64) *wire {
	return &wire{Conn: conn, idle: idle, left: maxBytes}
}

// begin arms the wire for an operation: ctx's deadline caps it and ctx's end closes the socket, so the session is over then. The returned
// function must be called when the operation is done.
func (w *wire) begin(ctx context.Context) (done func()) {
	end, _ := ctx.Deadline()
	w.mu.Lock()
	w.busy++
	w.end = end
	if !end.Equal(w.armedFor) {
		w.armedFor, w.readArmed, w.writeArmed = end, longAgo, longAgo // another operation's deadline is not early, it is wrong
	}
	w.reach()
	w.mu.Unlock()
	stop := context.AfterFunc(ctx, func() { _ = w.fail(context.Cause(ctx)); w.Conn.Close() })
	return func() {
		stop()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy--
		if w.busy == 0 {
			w.end = time.Time{}
			w.reach()
		}
	}
}

// setIdle changes how long the other side may be silent, from the next read or write on.
func (w *wire) setIdle(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idle = d
}

// reach has a read or write that is under way go by the deadlines as they are now; the next one sets its own. The caller holds mu.
func (w *wire) reach() {
	if w.under > 0 {
		w.arm()
	}
}

// arm sets the socket's deadlines; the caller holds mu. It also reaches a read that already waits.
func (w *wire) arm() {
	w.armRead()
	w.armWrite()
}

func (w *wire) armRead() {
	deadline := time.Time{}
	if w.busy > 0 {
		deadline = earliest(w.next(), w.read)
	}
	if w.moved(deadline, w.readArmed) {
		w.readArmed = deadline
		w.Conn.SetReadDeadline(deadline)
	}
}

func (w *wire) armWrite() {
	deadline := w.write
	if w.busy > 0 {
		deadline = earliest(w.next(), w.write)
	}
	if w.moved(deadline, w.writeArmed) {
		w.writeArmed = deadline
		w.Conn.SetWriteDeadline(deadline)
	}
}

// next is when the next step must be done.
func (w *wire) next() time.Time { return earliest(time.Now().Add(w.idle), w.end) }

// moved tells whether a deadline is worth setting anew: setting one costs more than reading a reply, so it may be early by a sixteenth of
// the idle time. It is never late.
func (w *wire) moved(deadline, armed time.Time) bool {
	if deadline.IsZero() || armed.IsZero() {
		return deadline != armed
	}
	ahead := deadline.Sub(armed)
	return ahead < 0 || ahead > w.idle/16
}

// earliest returns the earlier of two times, of which the second may be zero for never.
func earliest(a, b time.Time) time.Time {
	if b.IsZero() || a.Before(b) {
		return a
	}
	return b
}

func (w *wire) Read(b []byte) (int, error) {
	w.mu.Lock()
	if w.left <= 0 {
		w.mu.Unlock()
		return 0, w.fail(errTooMuch)
	}
	w.armRead()
	w.under++
	w.mu.Unlock()
	n, err := w.Conn.Read(b)
	w.mu.Lock()
	w.under--
	w.left -= int64(n)
	w.mu.Unlock()
	if err != nil {
		return n, w.fail(err)
	}
	return n, nil
}

func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.armWrite()
	w.under++
	w.mu.Unlock()
	n, err := w.Conn.Write(b)
	w.mu.Lock()
	w.under--
	w.mu.Unlock()
	if err != nil {
		return n, w.fail(err)
	}
	return n, nil
}

// fail keeps the first failure and returns it: what follows is only its consequence.
func (w *wire) fail(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failed == nil {
		w.failed = err
	}
	return w.failed
}

// failure returns the first read or write that failed, or nil.
func (w *wire) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// SetDeadline lets the library above ask for less time, never for more.
func (w *wire) SetDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read, w.write = t, t
	w.arm()
	return nil
}

// SetReadDeadline is SetDeadline for reads.
func (w *wire) SetReadDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read = t
	w.armRead()
	return nil
}

// SetWriteDeadline is SetDeadline for writes.
func (w *wire) SetWriteDeadline(t time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.write = t
	w.armWrite()
	return nil
}

// isTimeout tells whether a wait ended by a deadline.
func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
