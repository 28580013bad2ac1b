package inbox

import (
	"context"
	"errors"
	"iter"
	"slices"

	"mailrun/internal/mailbox"
	"mailrun/pkg/message"
)

// fetchBodies fetches the bodies of messages and hands them over, in batches and in UID order.
func (f *fetcher) fetchBodies(ctx context.Context, chosen []mailbox.Fetched) error {
	for batch := range bodyBatches(chosen) {
		bodies, err := f.bodies(ctx, batch)
		if err != nil {
			return err
		}
		if err := f.hand(ctx, parcel{bodies: bodies}); err != nil {
			return err
		}
	}
	return nil
}

// bodyBatches cuts messages into batches that are bounded in number and in bytes.
func bodyBatches(chosen []mailbox.Fetched) iter.Seq[[]mailbox.Fetched] {
	return func(yield func([]mailbox.Fetched) bool) {
		first, size := 0, int64(0)
		for i, c := range chosen {
			own := min(c.Size, bodyBytes)
			if i > first && (i-first == bodyBatch || size+own > bodyBatchBytes) {
				if !yield(chosen[first:i]) {
					return
				}
				first, size = i, 0
			}
			size += own
		}
		if first < len(chosen) {
			yield(chosen[first:])
		}
	}
}

// bodies fetches a batch of messages. If an answer cannot be read, what is missing is asked for one by one; what cannot be read
// alone is quarantined with its headers.
func (f *fetcher) bodies(ctx context.Context, batch []mailbox.Fetched) ([]mailbox.Fetched, error) {
	got := make(map[uint32]mailbox.Fetched, len(batch))
	err := f.fetch(ctx, batch, got)
	if !errors.Is(err, mailbox.ErrProtocol) {
		return inOrder(batch, got), err
	}
	if err := f.reopen(ctx); err != nil {
		return nil, err
	}
	for _, c := range missingFrom(batch, got) {
		if err := f.fetchAlone(ctx, c, got); err != nil {
			return nil, err
		}
	}
	return inOrder(batch, got), nil
}

// fetchAlone asks for one message up to unreadableTries times.
func (f *fetcher) fetchAlone(ctx context.Context, c mailbox.Fetched, got map[uint32]mailbox.Fetched) error {
	var err error
	for range unreadableTries {
		err = f.fetch(ctx, []mailbox.Fetched{c}, got)
		if !errors.Is(err, mailbox.ErrProtocol) {
			return err
		}
		if err := f.reopen(ctx); err != nil {
			return err
		}
	}
	f.quarantine(c.UID, err, c.Raw)
	return nil
}

// fetch reads the bodies of messages. One that the server lists but does not deliver is quarantined.
func (f *fetcher) fetch(ctx context.Context, chosen []mailbox.Fetched, got map[uint32]mailbox.Fetched) error {
	uids := make([]uint32, len(chosen))
	byUID := make(map[uint32]mailbox.Fetched, len(chosen))
	for i, c := range chosen {
		uids[i], byUID[c.UID] = c.UID, c
	}
	err := f.session.Bodies(ctx, uids, bodyBytes, func(body mailbox.Fetched) error {
		if seen := byUID[body.UID].InternalDate; !seen.IsZero() {
			body.InternalDate = seen // phase one's is the one that counts
		}
		got[body.UID] = body
		return nil
	})
	if missing, ok := errors.AsType[*mailbox.MissingError](err); ok {
		for _, uid := range missing.UIDs {
			f.quarantine(uid, err, byUID[uid].Raw)
		}
		return nil
	}
	return err
}

func missingFrom(batch []mailbox.Fetched, got map[uint32]mailbox.Fetched) []mailbox.Fetched {
	return slices.DeleteFunc(slices.Clone(batch), func(c mailbox.Fetched) bool { _, ok := got[c.UID]; return ok })
}

func inOrder(batch []mailbox.Fetched, got map[uint32]mailbox.Fetched) []mailbox.Fetched {
	out := make([]mailbox.Fetched, 0, len(batch))
	for _, c := range batch {
		if body, ok := got[c.UID]; ok {
			out = append(out, body)
		}
	}
	return out
}

// inbound is a whole message as it was read, with what the matching looks for.
type inbound struct {
	fetched   mailbox.Fetched // without its bytes
	msg       *message.Message
	reading   message.Reading
	answered  []string
	from      []string
	dedupeKey string
}

// read reads a batch of whole messages and hands over what they are to the keeping side.
func (r *reader) read(ctx context.Context, p parcel) error {
	d := delivery{done: p.done}
	if p.done == nil {
		var err error
		if d, err = r.weigh(ctx, r.understand(p.bodies)); err != nil {
			return err
		}
	}
	select {
	case r.handed <- d:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// understand parses bodies and tells what each message is.
func (r *reader) understand(bodies []mailbox.Fetched) []inbound {
	read := make([]inbound, len(bodies))
	for i, body := range bodies {
		if body.InternalDate.IsZero() {
			body.InternalDate = r.Store.Now()
		}
		msg := message.Parse(body.Raw)
		in := &read[i]
		*in = inbound{msg: msg, answered: answered(msg.Header), from: senders(msg.Header), dedupeKey: dedupeKey(msg, body)}
		in.reading = message.Read(msg, body.InternalDate)
		bodies[i].Raw, body.Raw, msg.Parts = nil, nil, nil // the bytes as they came are not needed any more
		in.fetched = body
	}
	return read
}
