package inbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"mailrun/internal/mailbox"
	"mailrun/pkg/outreach"
)

// unreadableTries is how often one message is asked for, each time over a new connection, before the cursor steps over it.
const unreadableTries = 3

// span is a range of UIDs to read. Messages that came before since are left alone. Reached is what the cursor notes once it was read and kept,
// nil for nothing.
type span struct {
	from, to uint32
	since    time.Time
	reached  func()
}

// readSpans reads one range after the other. While the messages of one are chosen, the headers of the next are on their way.
func (r *reader) readSpans(ctx context.Context, next func() (span, bool)) error {
	s, more := next()
	if !more {
		return nil
	}
	asked := r.ask(ctx, s)
	defer func() { _, _ = asked.wait() }() // nothing outlives this
	for more {
		this := s
		headers, err := r.arrived(asked.wait())
		s, more = next()
		switch {
		case errors.Is(err, mailbox.ErrProtocol):
			if err = r.isolate(ctx, this, err); err == nil && more {
				asked = r.ask(ctx, s)
			}
		case err == nil:
			if more {
				asked = r.ask(ctx, s)
			}
			err = r.readChosen(ctx, this, headers, asked)
		}
		if err == nil {
			err = r.done(ctx, this.reached)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// asked are headers on their way.
type asked struct {
	arrived chan struct{}
	headers []mailbox.Fetched
	err     error
}

// ask fetches the headers of a range. The session must not be used until they have arrived.
func (r *reader) ask(ctx context.Context, s span) *asked {
	a := &asked{arrived: make(chan struct{})}
	go func() {
		defer close(a.arrived)
		a.headers, a.err = r.session.Headers(ctx, s.from, s.to)
	}()
	return a
}

func (a *asked) wait() ([]mailbox.Fetched, error) {
	if a == nil {
		return nil, nil
	}
	<-a.arrived
	return a.headers, a.err
}

// readChosen reads those of a range's messages that concern us, as soon as the headers that were asked for meanwhile have arrived. If they broke
// the session, that is their range's affair: this one gets a new session.
func (r *reader) readChosen(ctx context.Context, s span, headers []mailbox.Fetched, meanwhile *asked) error {
	chosen, err := r.choose(ctx, s, headers)
	if err != nil || len(chosen) == 0 {
		return err
	}
	if _, _ = meanwhile.wait(); !r.session.Usable() {
		if err := r.reopen(ctx); err != nil {
			return err
		}
	}
	return r.readBodies(ctx, chosen)
}

// choose returns the messages of a range whose bodies are needed.
func (r *reader) choose(ctx context.Context, s span, headers []mailbox.Fetched) (chosen []mailbox.Fetched, err error) {
	headers = slices.DeleteFunc(headers, func(h mailbox.Fetched) bool { return h.InternalDate.Before(s.since) && !h.InternalDate.IsZero() })
	r.count(func(stats *outreach.SyncStats) { stats.Messages += len(headers) })
	for batch := range slices.Chunk(headers, siftBatch) {
		concern, err := r.sift(ctx, batch)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, concern...)
	}
	return chosen, nil
}

// arrived quarantines the messages that the server has and does not deliver.
func (r *reader) arrived(headers []mailbox.Fetched, err error) ([]mailbox.Fetched, error) {
	missing, ok := errors.AsType[*mailbox.MissingError](err)
	if !ok {
		return headers, err
	}
	for _, uid := range missing.UIDs {
		r.quarantine(uid, err, nil)
	}
	return headers, nil
}

// readSpan reads one range with nothing else on its way. If the server's answers cannot be read, the range is halved until the message that
// causes it is alone.
func (r *reader) readSpan(ctx context.Context, s span) error {
	headers, err := r.arrived(r.session.Headers(ctx, s.from, s.to))
	if errors.Is(err, mailbox.ErrProtocol) {
		return r.isolate(ctx, s, err)
	}
	if err != nil {
		return err
	}
	return r.readChosen(ctx, s, headers, nil)
}

// isolate halves a range that cannot be read over new connections; a single message that cannot be read is tried again and then
// quarantined, and the rest goes on.
func (r *reader) isolate(ctx context.Context, s span, cause error) error {
	if err := r.reopen(ctx); err != nil {
		return err
	}
	if s.from < s.to {
		lower, upper := s, s
		lower.to = s.from + (s.to-s.from)/2
		upper.from = lower.to + 1
		if err := r.readSpan(ctx, lower); err != nil {
			return err
		}
		return r.readSpan(ctx, upper)
	}
	for try := 2; try <= unreadableTries; try++ {
		headers, err := r.arrived(r.session.Headers(ctx, s.from, s.to))
		if err == nil {
			return r.readChosen(ctx, s, headers, nil)
		}
		if !errors.Is(err, mailbox.ErrProtocol) {
			return err
		}
		if err := r.reopen(ctx); err != nil {
			return err
		}
	}
	r.quarantine(s.from, cause, nil)
	return nil
}

// reopen replaces a connection whose answers could not be read. The new one asks for less, so that more servers get it right.
func (r *reader) reopen(ctx context.Context) error {
	if err := r.connect(ctx); err != nil {
		return err
	}
	r.session.Lenient = true
	return r.examine(ctx, r.folder)
}
