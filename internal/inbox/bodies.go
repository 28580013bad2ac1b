package inbox

import (
	"context"
	"errors"
	"iter"
	"slices"

	"mailrun/internal/mailbox"
	"mailrun/pkg/message"
)

// readBodies fetches the bodies of messages and hands them over, in batches and in UID order.
func (r *reader) readBodies(ctx context.Context, chosen []mailbox.Fetched) error {
	for batch := range bodyBatches(chosen) {
		read, err := r.bodies(ctx, batch)
		if err != nil {
			return err
		}
		d, err := r.weigh(ctx, read)
		if err != nil {
			return err
		}
		if err := r.hand(ctx, d); err != nil {
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

// bodies fetches and reads a batch of messages. If an answer cannot be read, what is missing is asked for one by one; what cannot be read
// alone is quarantined with its headers.
func (r *reader) bodies(ctx context.Context, batch []mailbox.Fetched) ([]inbound, error) {
	got := make(map[uint32]inbound, len(batch))
	err := r.fetch(ctx, batch, got)
	if !errors.Is(err, mailbox.ErrProtocol) {
		return inOrder(batch, got), err
	}
	if err := r.reopen(ctx); err != nil {
		return nil, err
	}
	for _, c := range missingFrom(batch, got) {
		if err := r.fetchAlone(ctx, c, got); err != nil {
			return nil, err
		}
	}
	return inOrder(batch, got), nil
}

// fetchAlone asks for one message up to unreadableTries times.
func (r *reader) fetchAlone(ctx context.Context, c mailbox.Fetched, got map[uint32]inbound) error {
	var err error
	for range unreadableTries {
		err = r.fetch(ctx, []mailbox.Fetched{c}, got)
		if !errors.Is(err, mailbox.ErrProtocol) {
			return err
		}
		if err := r.reopen(ctx); err != nil {
			return err
		}
	}
	r.quarantine(c.UID, err, c.Raw)
	return nil
}

// fetch reads the bodies of messages. One that the server lists but does not deliver is quarantined.
func (r *reader) fetch(ctx context.Context, chosen []mailbox.Fetched, got map[uint32]inbound) error {
	uids := make([]uint32, len(chosen))
	byUID := make(map[uint32]mailbox.Fetched, len(chosen))
	for i, c := range chosen {
		uids[i], byUID[c.UID] = c.UID, c
	}
	err := r.session.Bodies(ctx, uids, bodyBytes, func(body mailbox.Fetched) error {
		got[body.UID] = r.readOne(byUID[body.UID], body)
		return nil
	})
	if missing, ok := errors.AsType[*mailbox.MissingError](err); ok {
		for _, uid := range missing.UIDs {
			r.quarantine(uid, err, byUID[uid].Raw)
		}
		return nil
	}
	return err
}

func missingFrom(batch []mailbox.Fetched, got map[uint32]inbound) []mailbox.Fetched {
	return slices.DeleteFunc(slices.Clone(batch), func(c mailbox.Fetched) bool { _, ok := got[c.UID]; return ok })
}

func inOrder(batch []mailbox.Fetched, got map[uint32]inbound) []inbound {
	out := make([]inbound, 0, len(batch))
	for _, c := range batch {
		if in := got[c.UID]; in.msg != nil {
			out = append(out, in)
		}
	}
	return out
}

// readOne parses a body and tells what the message is. Its time of arrival is the one that phase one saw.
func (r *reader) readOne(c mailbox.Fetched, body mailbox.Fetched) inbound {
	switch {
	case !c.InternalDate.IsZero():
		body.InternalDate = c.InternalDate
	case body.InternalDate.IsZero():
		body.InternalDate = r.Store.Now()
	}
	msg := message.Parse(body.Raw)
	in := inbound{
		msg: msg, reading: message.Read(msg, body.InternalDate), answered: answered(msg.Header), from: senders(msg.Header), dedupeKey: dedupeKey(msg, body),
	}
	in.fetched, in.fetched.Raw, msg.Parts = body, nil, nil // what shares the bytes as they came is not needed any more
	return in
}
