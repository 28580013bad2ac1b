package inbox

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"mailrun/internal/mailbox"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// unreadableTries is how often one message is asked for, each time over a new connection, before the cursor steps over it.
const unreadableTries = 3

// readRange reads the messages of a range of UIDs: headers of all, bodies of those that concern us, and stores these. Messages that came
// before since are left alone. If the server's answers cannot be read, the range is halved until the message that causes it is alone.
func (p *pass) readRange(ctx context.Context, f *outreach.Folder, from, to uint32, since time.Time) error {
	headers, err := p.headers(ctx, f, from, to)
	if errors.Is(err, mailbox.ErrProtocol) {
		return p.isolate(ctx, f, from, to, since, err)
	}
	if err != nil {
		return err
	}
	headers = slices.DeleteFunc(headers, func(h mailbox.Fetched) bool { return h.InternalDate.Before(since) && !h.InternalDate.IsZero() })
	p.count(func(s *outreach.SyncStats) { s.Messages += len(headers) })
	var wanted []candidate
	for batch := range slices.Chunk(headers, siftBatch) {
		concern, err := p.sift(ctx, batch)
		if err != nil {
			return err
		}
		wanted = append(wanted, concern...)
	}
	if len(wanted) == 0 {
		return nil
	}
	return p.readBodies(ctx, f, wanted)
}

// headers fetches the header blocks of a range; messages that the server has but does not deliver are quarantined.
func (p *pass) headers(ctx context.Context, f *outreach.Folder, from, to uint32) ([]mailbox.Fetched, error) {
	headers, err := p.session.Headers(ctx, from, to)
	if missing, ok := errors.AsType[*mailbox.MissingError](err); ok {
		for _, uid := range missing.UIDs {
			p.quarantine(f, uid, unreadableTries, err, nil)
		}
		err = nil
	}
	slices.SortFunc(headers, func(a, b mailbox.Fetched) int { return int(int64(a.UID) - int64(b.UID)) })
	return headers, err
}

// isolate halves a range that cannot be read over new connections; a single message that cannot be read is tried again and then
// quarantined, and the rest goes on.
func (p *pass) isolate(ctx context.Context, f *outreach.Folder, from, to uint32, since time.Time, cause error) error {
	if err := p.reopen(ctx, f); err != nil {
		return err
	}
	if from < to {
		middle := from + (to-from)/2
		return errors.Join(p.readRange(ctx, f, from, middle, since), p.readRange(ctx, f, middle+1, to, since))
	}
	for try := 2; try <= unreadableTries; try++ {
		headers, err := p.headers(ctx, f, from, to)
		if err == nil {
			return p.readBodies(ctx, f, sifted(headers))
		}
		if !errors.Is(err, mailbox.ErrProtocol) {
			return err
		}
		if err := p.reopen(ctx, f); err != nil {
			return err
		}
	}
	p.quarantine(f, from, unreadableTries, cause, nil)
	return nil
}

// reopen replaces a connection whose answers could not be read. The new one asks for less, so that more servers get it right.
func (p *pass) reopen(ctx context.Context, f *outreach.Folder) error {
	if err := p.connect(ctx); err != nil {
		return err
	}
	p.session.Lenient = true
	return p.examine(ctx, f)
}

// quarantine notes a message that the cursor steps over.
func (p *pass) quarantine(f *outreach.Folder, uid uint32, attempts int, cause error, headers []byte) {
	const headersMost = 4 << 10
	q := outreach.QuarantinedUID{UID: uid, Attempts: attempts, Error: cause.Error(), Headers: string(headers[:min(len(headers), headersMost)]), At: p.Store.Now()}
	f.Quarantine = slices.DeleteFunc(f.Quarantine, func(old outreach.QuarantinedUID) bool { return old.UID == uid })
	f.Quarantine = append(f.Quarantine, q)
	p.dirty = true
	p.Log.Warn("message cannot be read and was passed over", "mailbox", p.mb.Email, "folder", f.Path, "uid", uid, "error", cause)
}

// retryQuarantine tries again to read what could not be read. What still cannot stays where it was.
func (p *pass) retryQuarantine(ctx context.Context, f *outreach.Folder) error {
	waiting := f.Quarantine
	f.Quarantine, p.dirty = nil, true
	for _, q := range waiting {
		if err := p.examine(ctx, f); err != nil {
			return err
		}
		if err := p.readRange(ctx, f, q.UID, q.UID, time.Time{}); err != nil {
			return err
		}
	}
	return p.saveCursor(ctx)
}

// candidate is a message with its header as read in phase one, whose body may be wanted.
type candidate struct {
	fetched mailbox.Fetched
	header  message.Header
	from    []string
}

func sifted(headers []mailbox.Fetched) []candidate {
	out := make([]candidate, len(headers))
	for i, h := range headers {
		header := message.ParseHeader(h.Raw)
		out[i] = candidate{h, header, senders(header)}
	}
	return out
}

// readBodies fetches the bodies of the wanted messages and stores them, in batches and in UID order. While one batch is stored the next is
// fetched: the session and the folder belong to the fetching side, the store and what is known of sequences to the other.
func (p *pass) readBodies(ctx context.Context, f *outreach.Folder, wanted []candidate) error {
	group, ctx := errgroup.WithContext(ctx)
	fetched := make(chan []inbound)
	group.Go(func() error {
		defer close(fetched)
		for batch := range bodyBatches(wanted) {
			inbound, err := p.bodies(ctx, f, batch)
			if err != nil {
				return err
			}
			select {
			case fetched <- inbound:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	group.Go(func() error {
		for inbound := range fetched {
			p.at(Fetched)
			if err := p.keep(ctx, f, inbound); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// bodyBatches cuts messages into batches that are bounded in number and in bytes.
func bodyBatches(wanted []candidate) iter.Seq[[]candidate] {
	return func(yield func([]candidate) bool) {
		first, size := 0, int64(0)
		for i, c := range wanted {
			own := min(c.fetched.Size, bodyBytes)
			if i > first && (i-first == bodyBatch || size+own > bodyBatchBytes) {
				if !yield(wanted[first:i]) {
					return
				}
				first, size = i, 0
			}
			size += own
		}
		if first < len(wanted) {
			yield(wanted[first:])
		}
	}
}

// inbound is a whole message as it was read.
type inbound struct {
	fetched mailbox.Fetched
	msg     *message.Message
	reading message.Reading
}

// bodies fetches and reads a batch of messages. If an answer cannot be read, what is missing is asked for one by one; what cannot be read
// alone is quarantined with its headers.
func (p *pass) bodies(ctx context.Context, f *outreach.Folder, batch []candidate) ([]inbound, error) {
	got := make(map[uint32]inbound, len(batch))
	err := p.fetch(ctx, f, batch, got)
	if !errors.Is(err, mailbox.ErrProtocol) {
		return inOrder(batch, got), err
	}
	if err := p.reopen(ctx, f); err != nil {
		return nil, err
	}
	for _, c := range missingFrom(batch, got) {
		if err := p.fetchAlone(ctx, f, c, got); err != nil {
			return nil, err
		}
	}
	return inOrder(batch, got), nil
}

// fetchAlone asks for one message up to unreadableTries times.
func (p *pass) fetchAlone(ctx context.Context, f *outreach.Folder, c candidate, got map[uint32]inbound) error {
	var err error
	for range unreadableTries {
		err = p.fetch(ctx, f, []candidate{c}, got)
		if !errors.Is(err, mailbox.ErrProtocol) {
			return err
		}
		if err := p.reopen(ctx, f); err != nil {
			return err
		}
	}
	p.quarantine(f, c.fetched.UID, unreadableTries, err, c.fetched.Raw)
	return nil
}

// fetch reads the bodies of messages. One that the server lists but does not deliver is quarantined.
func (p *pass) fetch(ctx context.Context, f *outreach.Folder, wanted []candidate, got map[uint32]inbound) error {
	uids := make([]uint32, len(wanted))
	byUID := make(map[uint32]candidate, len(wanted))
	for i, c := range wanted {
		uids[i], byUID[c.fetched.UID] = c.fetched.UID, c
	}
	err := p.session.Bodies(ctx, uids, bodyBytes, func(body mailbox.Fetched) error {
		got[body.UID] = p.readOne(byUID[body.UID], body)
		return nil
	})
	if missing, ok := errors.AsType[*mailbox.MissingError](err); ok {
		for _, uid := range missing.UIDs {
			p.quarantine(f, uid, unreadableTries, err, byUID[uid].fetched.Raw)
		}
		return nil
	}
	return err
}

func missingFrom(batch []candidate, got map[uint32]inbound) []candidate {
	return slices.DeleteFunc(slices.Clone(batch), func(c candidate) bool { _, ok := got[c.fetched.UID]; return ok })
}

func inOrder(batch []candidate, got map[uint32]inbound) []inbound {
	out := make([]inbound, 0, len(batch))
	for _, c := range batch {
		if in := got[c.fetched.UID]; in.msg != nil {
			out = append(out, in)
		}
	}
	return out
}

// readOne parses a body and tells what the message is. Its time of arrival is the one that phase one saw.
func (p *pass) readOne(c candidate, body mailbox.Fetched) inbound {
	switch {
	case !c.fetched.InternalDate.IsZero():
		body.InternalDate = c.fetched.InternalDate
	case body.InternalDate.IsZero():
		body.InternalDate = p.Store.Now()
	}
	msg := message.Parse(body.Raw)
	return inbound{fetched: body, msg: msg, reading: message.Read(msg, body.InternalDate)}
}
