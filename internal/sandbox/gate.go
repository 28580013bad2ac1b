package sandbox

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// gate is a listener that knows its connections: it counts them, delays what they send, and cuts them.
type gate struct {
	net.Listener
	roundTrip time.Duration
	greeting  time.Duration

	quit chan struct{}
	wg   sync.WaitGroup

	mu    sync.Mutex
	open  map[*conn]struct{}
	total int
	peak  int
	shut  bool
}

func newGate(listener net.Listener, roundTrip, greeting time.Duration) *gate {
	return &gate{Listener: listener, roundTrip: roundTrip, greeting: greeting, quit: make(chan struct{}), open: map[*conn]struct{}{}}
}

// Accept waits for the next connection and puts it on the books.
func (g *gate) Accept() (net.Conn, error) {
	raw, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut {
		_ = raw.Close() // the gate shut in between; the client sees what it would have seen a moment later
		return nil, net.ErrClosed
	}
	c := &conn{Conn: raw, gate: g}
	c.left.Store(unlimited)
	g.open[c] = struct{}{}
	g.total++
	g.peak = max(g.peak, len(g.open))
	if g.roundTrip > 0 {
		c.startWire()
	}
	return c, nil
}

// shutDown stops accepting, cuts every connection and waits for their wires.
func (g *gate) shutDown() {
	g.mu.Lock()
	first := !g.shut
	g.shut = true
	open := make([]*conn, 0, len(g.open))
	for c := range g.open {
		open = append(open, c)
	}
	g.mu.Unlock()
	if !first {
		return
	}
	close(g.quit)
	_ = g.Listener.Close()
	for _, c := range open {
		c.cut()
	}
	g.wg.Wait()
}

// counts returns the connections accepted so far and the most that were open at once.
func (g *gate) counts() (total, peak int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.total, g.peak
}

func (g *gate) forget(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.open, c)
}

// wait sleeps for d, or until the gate shuts.
func (g *gate) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-g.quit:
	}
}

// unlimited is the number of writes left to a connection that is not to be cut.
const unlimited = -1

// wireDepth is how many writes may be under way on one slow connection before its sender has to wait.
const wireDepth = 256

// conn is the server's end of a connection. With a round-trip time, everything the server says takes that long to arrive, and the
// connection itself another one to open: to a client that asks and waits, that is what distance is.
type conn struct {
	net.Conn
	gate   *gate
	left   atomic.Int64 // writes until the connection is cut
	spoken atomic.Bool

	mu     sync.Mutex
	wire   chan packet
	closed bool
}

type packet struct {
	due  time.Time
	data []byte
}

func (c *conn) startWire() {
	c.wire = make(chan packet, wireDepth)
	c.gate.wg.Add(1)
	go func() {
		defer c.gate.wg.Done()
		defer c.cut()
		for p := range c.wire {
			c.gate.wait(time.Until(p.due))
			if _, err := c.Conn.Write(p.data); err != nil {
				c.cut() // later writes fail at once; the loop ends when the owner closes
			}
		}
	}()
}

// Write sends p, or hands it to the wire.
func (c *conn) Write(p []byte) (int, error) {
	delay := c.gate.roundTrip
	if c.spoken.CompareAndSwap(false, true) {
		c.gate.wait(c.gate.greeting)
		delay *= 2
	}
	n, err := c.put(p, delay)
	if err == nil && c.left.Load() > 0 && c.left.Add(-1) == 0 {
		_ = c.Close()
	}
	return n, err
}

func (c *conn) put(p []byte, delay time.Duration) (int, error) {
	if c.wire == nil {
		return c.Conn.Write(p)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	select {
	case c.wire <- packet{due: time.Now().Add(delay), data: append([]byte(nil), p...)}:
		return len(p), nil
	case <-c.gate.quit:
		return 0, net.ErrClosed
	}
}

// cutAfter lets n more writes through and then closes the connection; 0 closes it now.
func (c *conn) cutAfter(n int64) {
	if n <= 0 {
		c.cut()
		return
	}
	c.left.Store(n)
}

// Close lets what is on the wire arrive and closes the connection.
func (c *conn) Close() error {
	c.gate.forget(c)
	if c.wire == nil {
		return c.Conn.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.closed = true
		close(c.wire)
	}
	return nil
}

func (c *conn) cut() {
	_ = c.Conn.Close()
}
