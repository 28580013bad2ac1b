package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Whose clock counts. Leases, due times, gaps, daily limits and time stamps are compared by hosts that did not write them, so all of them
// are told by one clock: the database server's, where the engine has a server. A host's own clock then only measures how long something
// took, with the monotonic part of its readings, which nobody sets. A host that is ten minutes wrong neither takes what another one still
// holds nor leaves its own leases lying about for ten minutes, and mails when the others would.
//
// What is assumed:
//
//   - With MongoDB: every reading is off by half its round trip at most, and slower answers than slowestReading are not used; the members
//     of a replica set and the routers of a sharded cluster agree among themselves within some seconds (they are kept by NTP, which MongoDB
//     asks for too). LeaseMargin covers both.
//   - With SQLite: the file is used by processes of one machine, which share its clock. The database is no place for a network file
//     system, whose locks cannot be relied on either. If that clock is set forward while a process works, its leases may look run out to
//     others until it renews them; whoever lost one finds out at the last look before DATA, by the claim's token.

// ServerClock is an Engine whose server has a clock of its own, which all its clients can read.
type ServerClock interface {
	// ServerTime is the server's time at some moment between the question and the answer.
	ServerTime(ctx context.Context) (time.Time, error)
}

// slowestReading is the longest round trip that still tells the time well enough for leases.
const slowestReading = 4 * time.Second

// reading is one moment on both clocks.
type reading struct{ server, host time.Time }

// Skew is one moment on this host's clock and on the store's, each as its clock tells it.
type Skew struct {
	Host, Store time.Time
}

// Ahead is how far this host's clock is ahead of the store's; below 0 it is behind.
func (k Skew) Ahead() time.Duration { return k.Host.Sub(k.Store) }

// ErrNoServerTime says that the server answered too slowly, or not at all what a client can read as its time.
var ErrNoServerTime = errors.New("the store does not tell the time")

// Now is the store's clock in UTC to the millisecond, which is what both engines keep: the server's after UseServerTime, else the one that
// New was given.
func (s *Store) Now() time.Time {
	now := s.now()
	if r := s.reading.Load(); r != nil {
		now = r.server.Add(now.Sub(r.host))
	}
	return Millis(now)
}

// UseServerTime makes the server's clock the store's, and tells how far off this host's is. An engine without a server keeps the clock
// that New was given, and the skew is zero. The server's clock is read again whenever leases are taken and renewed (see NewLessee and
// HoldLeases). ErrNoServerTime leaves the clock as it was.
func (s *Store) UseServerTime(ctx context.Context) (Skew, error) {
	engine, ok := s.engine.(ServerClock)
	if !ok {
		now := s.now()
		return Skew{now, now}, nil
	}
	asked := s.now()
	server, err := engine.ServerTime(ctx)
	if err != nil {
		return Skew{}, err
	}
	trip := s.now().Sub(asked)
	if trip > slowestReading {
		return Skew{}, fmt.Errorf("%w: it took %s to answer", ErrNoServerTime, trip.Round(time.Millisecond))
	}
	host := asked.Add(trip / 2)
	s.keep(&reading{server: server, host: host}, trip/2)
	return Skew{host, server}, nil
}

// keep goes by a new reading. One that says within its own error what the last one did makes no step.
func (s *Store) keep(r *reading, uncertain time.Duration) {
	if old := s.reading.Load(); old != nil {
		expected := old.server.Add(r.host.Sub(old.host))
		if expected.Sub(r.server).Abs() <= uncertain+time.Millisecond {
			r.server = expected
		}
	}
	s.reading.Store(r)
}

// refreshTime reads the server's clock again if it is the store's and was not read just now. A reading that is no use is none that matters:
// the last one still holds.
func (s *Store) refreshTime(ctx context.Context) error {
	if r := s.reading.Load(); r == nil || s.now().Sub(r.host) < RenewEvery/2 {
		return nil
	}
	if _, err := s.UseServerTime(ctx); err != nil && !errors.Is(err, ErrNoServerTime) {
		return err
	}
	return nil
}

// KeepTime reads the server's clock every minute until stop is called. It is for a process that runs for days, on a host that may be put to
// sleep: its monotonic clock stands still then.
func (s *Store) KeepTime(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Minute)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				_ = s.refreshTime(ctx) // a store that does not answer now will answer another time
			}
		}
	}()
	return func() {
		cancel()
		<-done
	}
}
