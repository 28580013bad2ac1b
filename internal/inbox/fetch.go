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

// fetchSpans fetches one range after the other.
func (f *fetcher) fetchSpans(ctx context.Context, next func() (span, bool)) error {
	for s, more := next(); more; s, more = next() {
		if err := f.fetchSpan(ctx, s); err != nil {
			return err
		}
		if err := f.done(ctx, s.reached); err != nil {
			return err
		}
	}
	return nil
}

// fetchSpan fetches those of a range's messages that concern us. If the server's answers cannot be read, the range is halved until the message
// that causes it is alone.
func (f *fetcher) fetchSpan(ctx context.Context, s span) error {
	headers, err := f.arrived(f.session.Headers(ctx, s.from, s.to))
	if errors.Is(err, mailbox.ErrProtocol) {
		return f.isolate(ctx, s, err)
	}
	if err != nil {
		return err
	}
	return f.fetchChosen(ctx, s, headers)
}

func (f *fetcher) fetchChosen(ctx context.Context, s span, headers []mailbox.Fetched) error {
	chosen, err := f.choose(ctx, s, headers)
	if err != nil {
		return err
	}
	return f.fetchBodies(ctx, chosen)
}

// choose returns the messages of a range whose bodies are needed.
func (f *fetcher) choose(ctx context.Context, s span, headers []mailbox.Fetched) (chosen []mailbox.Fetched, err error) {
	headers = slices.DeleteFunc(headers, func(h mailbox.Fetched) bool { return h.InternalDate.Before(s.since) && !h.InternalDate.IsZero() })
	f.count(func(stats *outreach.SyncStats) { stats.Messages += len(headers) })
	for batch := range slices.Chunk(headers, siftBatch) {
		concern, err := f.sift(ctx, batch)
		if err != nil {
			return nil, err
		}
		chosen = append(chosen, concern...)
	}
	return chosen, nil
}

// arrived quarantines the messages that the server has and does not deliver.
func (f *fetcher) arrived(headers []mailbox.Fetched, err error) ([]mailbox.Fetched, error) {
	missing, ok := errors.AsType[*mailbox.MissingError](err)
	if !ok {
		return headers, err
	}
	for _, uid := range missing.UIDs {
		f.quarantine(uid, err, nil)
	}
	return headers, nil
}

// isolate halves a range that cannot be read over new connections; a single message that cannot be read is tried again and then
// quarantined, and the rest goes on.
func (f *fetcher) isolate(ctx context.Context, s span, cause error) error {
	if err := f.reopen(ctx); err != nil {
		return err
	}
	if s.from < s.to {
		lower, upper := s, s
		lower.to = s.from + (s.to-s.from)/2
		upper.from = lower.to + 1
		if err := f.fetchSpan(ctx, lower); err != nil {
			return err
		}
		return f.fetchSpan(ctx, upper)
	}
	for try := 2; try <= unreadableTries; try++ {
		headers, err := f.arrived(f.session.Headers(ctx, s.from, s.to))
		if err == nil {
			return f.fetchChosen(ctx, s, headers)
		}
		if !errors.Is(err, mailbox.ErrProtocol) {
			return err
		}
		if err := f.reopen(ctx); err != nil {
			return err
		}
	}
	f.quarantine(s.from, cause, nil)
	return nil
}

// reopen replaces a connection whose answers could not be read. The new one asks for less, so that more servers get it right.
func (f *fetcher) reopen(ctx context.Context) error {
	if err := f.connect(ctx); err != nil {
		return err
	}
	f.session.Lenient = true
	return f.examine(ctx, f.folder)
}
