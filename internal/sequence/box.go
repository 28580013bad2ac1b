package sequence

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// batchSize is how many recipients a mailbox without a gap claims at once.
const batchSize = 20

// keepOpen is for how long a wait keeps the connection; providers drop idle ones, and others may need the slot.
const keepOpen = 5 * time.Second

// box is one leased mailbox at work.
type box struct {
	*run
	me       store.Lessee // one token for each mailbox: two of one run must not take each other's claims for their own
	mb       *outreach.Mailbox
	place    *mailbox.Place // for the first connection; nil once that was opened
	smtp     *mailbox.SMTPSession
	sent     *sentCopies
	strikes  int                    // connections in a row that broke before the final dot
	unsynced bool                   // follow-ups must wait for a sync of this mailbox
	passed   map[bson.ObjectID]bool // recipients left where they are, not to be looked at again
	ledger
}

// work leases a mailbox, sends what it may, and gives it back. The lease is taken when there is room for a connection and not before:
// mailboxes that would only wait for it are other runs' to send from.
func (r *run) work(ctx context.Context, candidate *outreach.Mailbox) error {
	if candidate.SendFailures > 0 && candidate.NextSendAt != nil && candidate.NextSendAt.After(r.Store.Now()) {
		r.stats.skip(outreach.ReasonMailboxBackoff) // a gap is waited for, a back-off is for another run
		return nil
	}
	place, err := r.Dialer.Place(ctx, candidate, mailbox.DoorSMTP)
	if err != nil || !r.going(ctx) || r.left.Load() <= 0 {
		place.Free()
		return nil // the run is over
	}
	defer place.Free()
	if some, err := r.wanted(ctx, candidate.ID); err != nil || !some {
		return err
	}
	me := r.me
	me.Token = bson.NewObjectID().Hex()
	mb, err := r.Store.LeaseMailbox(ctx, store.SendLease, candidate.ID, me)
	if errors.Is(err, store.ErrNotFound) {
		r.stats.skip(ReasonLeased)
		return nil
	}
	if err != nil {
		return err
	}
	r.tried.Add(1)
	r.stats.count(func(s *outreach.SendStats) { s.Mailboxes++ })
	b := &box{run: r, me: me, mb: mb, place: place, sent: newSentCopies(r.Dialer, mb, r.Log), passed: map[bson.ObjectID]bool{}}
	// a run that leased it after it was listed here may have died since, if there was time for its lease to run out
	ownerDied := candidate.Lease != nil || r.Store.Now().Sub(r.chosen) >= store.LeaseTime
	if err := b.recount(ctx, ownerDied); err != nil {
		return errors.Join(err, b.release(ctx))
	}
	return errors.Join(b.sendAll(ctx), b.release(ctx))
}

// recount sets what the mailbox sent today and this hour by its deliveries, where the counters may have missed some: a run that died with
// the lease, or a delivery that was settled afterwards. Counters never go down by it.
func (b *box) recount(ctx context.Context, ownerDied bool) error {
	if _, settled := b.uncounted.Load(b.mb.ID); !settled && !ownerDied {
		return nil
	}
	now := b.Store.Now().In(b.mb.Location())
	since := func(hour int) time.Time {
		return time.Date(now.Year(), now.Month(), now.Day(), hour, 0, 0, 0, now.Location())
	}
	today, err := b.Store.CountSentFrom(ctx, b.mb.ID, since(0))
	if err != nil {
		return err
	}
	hour, err := b.Store.CountSentFrom(ctx, b.mb.ID, since(now.Hour()))
	if err != nil {
		return err
	}
	b.mb.Recount(now, today, hour)
	err = b.Store.UpdateLeasedMailbox(ctx, store.SendLease, b.mb.ID, b.me.Token,
		bson.D{{Key: "sentToday", Value: b.mb.SentToday}, {Key: "sentHour", Value: b.mb.SentHour}})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// sendAll sends until there is no candidate any more, the mailbox may not send before the deadline, or something stops it.
func (b *box) sendAll(ctx context.Context) error {
	for b.going(ctx) && b.left.Load() > 0 {
		due, err := b.due(ctx)
		if err != nil || len(due) == 0 {
			return err
		}
		candidates, err := b.judgeAll(ctx, due)
		if err != nil {
			return err
		}
		if len(candidates) == 0 {
			continue // all of them were put elsewhere; look at the next ones
		}
		if reason := b.ready(ctx); reason != "" {
			b.putBack(candidates)
			b.stats.skip(reason)
			return nil
		}
		batch, err := b.claim(ctx, candidates)
		if err != nil {
			return err
		}
		if stop, err := b.sendBatch(ctx, batch); err != nil || stop {
			return err
		}
	}
	return nil
}

// ready waits until the mailbox may send, if that is before the deadline, or returns why it may not.
func (b *box) ready(ctx context.Context) (reason string) {
	for {
		reason, until := b.mb.Blocked(b.Store.Now())
		if reason == "" || until.IsZero() || !until.Before(b.opts.Deadline) {
			return reason
		}
		wait := until.Sub(b.Store.Now())
		if wait > keepOpen {
			b.hangUp()
		}
		select {
		case <-ctx.Done():
			return reason
		case <-time.After(wait):
		}
	}
}

// giveBack ends a claim without any change. If the store cannot be reached the claim runs out by itself.
func (b *box) giveBack(ctx context.Context, rec *outreach.Recipient) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishGrace)
	defer cancel()
	if err := b.Store.ReleaseClaim(ctx, rec.ID, b.me.Token, nil); err != nil {
		b.Log.Debug("could not give a recipient back", "recipient", rec.ID.Hex(), "error", err)
		return
	}
	b.sequences[rec.SequenceID].line.free(rec.ID)
}

// due lists who is due and could be served from this mailbox: follow-ups first, then those whose first step it has tried before, then new
// recipients, oldest due first.
func (b *box) due(ctx context.Context) ([]outreach.Recipient, error) {
	var due []outreach.Recipient
	if ids := b.open(false); len(ids) > 0 && !b.unsynced {
		followups, err := b.dueOf(ctx, outreach.StateActive, ids)
		if err != nil {
			return nil, err
		}
		due = append(due, followups...)
	}
	open := b.open(true)
	if len(due) < batchSize && len(open) > 0 {
		retries, err := b.dueOf(ctx, outreach.StateQueued, open)
		if err != nil {
			return nil, err
		}
		due = append(due, retries...)
	}
	for _, id := range open {
		if len(due) >= batchSize {
			break
		}
		c := b.sequences[id]
		fresh, err := c.line.take(ctx, b.atOnce(min(c.share, batchSize-len(due))))
		if err != nil {
			return nil, err
		}
		due = append(due, fresh...)
	}
	slices.SortFunc(due, func(x, y outreach.Recipient) int { return outreach.CompareDue(&x, &y) })
	return due, nil
}

// dueOf lists the mailbox's own recipients in a state without those that it has passed over.
func (b *box) dueOf(ctx context.Context, state outreach.State, sequences []bson.ObjectID) ([]outreach.Recipient, error) {
	own, err := b.Store.DueOf(ctx, b.mb.ID, state, sequences, b.me.Dead, batchSize+len(b.passed))
	return slices.DeleteFunc(own, func(r outreach.Recipient) bool { return b.passed[r.ID] }), err
}

// putBack returns new recipients who were listed and not claimed to their lines.
func (b *box) putBack(listed []outreach.Recipient) {
	for i := len(listed) - 1; i >= 0; i-- {
		if listed[i].MailboxID.IsZero() {
			b.sequences[listed[i].SequenceID].line.putBack(&listed[i])
		}
	}
}

// atOnce is how many of n recipients the mailbox may claim at once: one where a gap follows each message.
func (b *box) atOnce(n int) int {
	if b.paced() {
		return min(n, 1)
	}
	return min(n, batchSize)
}

// paced tells whether a gap follows each message.
func (b *box) paced() bool { return b.mb.MinGap() > 0 || b.mb.GapJitter() > 0 }

// open lists the sequences that may still send in this run; for new recipients those that this mailbox belongs to.
func (b *box) open(fresh bool) []bson.ObjectID {
	var ids []bson.ObjectID
	for id, c := range b.sequences {
		if c.blocked.Load() != nil || fresh && (c.newBlocked.Load() != nil || !slices.Contains(c.MailboxIDs, b.mb.ID)) {
			continue
		}
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y bson.ObjectID) int { return slices.Compare(x[:], y[:]) })
	return ids
}

// claim takes as many candidates as may be sent now.
func (b *box) claim(ctx context.Context, candidates []outreach.Recipient) ([]outreach.Recipient, error) {
	n := min(b.atOnce(len(candidates)), b.mb.RoomToday(b.Store.Now()))
	if b.mb.HourlyLimit > 0 {
		n = min(n, b.mb.HourlyLimit-b.mb.SentThisHour(b.Store.Now()))
	}
	n = b.take(max(n, 0))
	b.putBack(candidates[n:])
	if n == 0 {
		return nil, nil
	}
	ids := make([]bson.ObjectID, n)
	for i := range ids {
		ids[i] = candidates[i].ID
	}
	claimed, err := b.Store.Claim(ctx, ids, b.me)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		b.left.Add(int64(n))
		return nil, err
	}
	for i, id := range ids {
		if !slices.ContainsFunc(claimed, func(r outreach.Recipient) bool { return r.ID == id }) {
			b.passed[id] = true
			b.sequences[candidates[i].SequenceID].line.taken()
		}
	}
	claimed = b.asListed(ctx, claimed, candidates)
	b.left.Add(int64(n - len(claimed)))
	slices.SortFunc(claimed, func(x, y outreach.Recipient) int { return outreach.CompareDue(&x, &y) })
	b.at(Claimed)
	return claimed, nil
}

// take reserves up to n of the messages that the run may still send.
func (r *run) take(n int) int {
	for {
		left := r.left.Load()
		most := min(int64(n), left)
		if most <= 0 || r.left.CompareAndSwap(left, left-most) {
			return int(max(most, 0))
		}
	}
}

// asListed gives back the claimed recipients to whom another mailbox sent after they were listed: their next step was not judged, and may
// not be this mailbox's to send.
func (b *box) asListed(ctx context.Context, claimed, listed []outreach.Recipient) []outreach.Recipient {
	return slices.DeleteFunc(claimed, func(r outreach.Recipient) bool {
		at := slices.IndexFunc(listed, func(l outreach.Recipient) bool { return l.ID == r.ID })
		if at >= 0 && listed[at].Step == r.Step {
			return false
		}
		b.giveBack(ctx, &r)
		return true
	})
}

// connect opens the mailbox's SMTP session, or uses the one that is open. A server that falls silent at the login is cut off with the run.
func (b *box) connect(ctx context.Context) error {
	if b.smtp != nil && b.smtp.Usable() {
		return nil
	}
	place := b.place
	b.place = nil
	b.hangUp()
	limit := b.opts.Deadline.Sub(b.Store.Now()) + finishGrace
	opening, cancel := context.WithTimeout(ctx, max(limit, time.Second))
	defer cancel()
	session, err := b.Dialer.SMTPAt(opening, b.mb, place)
	if err != nil {
		return err
	}
	b.smtp = session
	b.at(Connected)
	return nil
}

// hangUp closes the session and leaves its place, or the one that was kept for it, to others.
func (b *box) hangUp() {
	b.place.Free()
	b.place = nil
	if b.smtp != nil {
		_ = b.smtp.Close() // the message was answered already; QUIT is a courtesy
		b.smtp = nil
	}
}

// release ends the sessions and the lease.
func (b *box) release(ctx context.Context) error {
	b.hangUp()
	b.sent.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishGrace)
	defer cancel()
	err := b.Store.ReleaseMailbox(ctx, store.SendLease, b.mb.ID, b.me.Token, nil)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
