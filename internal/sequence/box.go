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

// batchSize is how many recipients a mailbox without a gap claims at once, claimFirst how many as long as its server's pace is not known, and
// claimAhead for how long its work may be claimed beyond that.
const (
	batchSize  = 20
	claimFirst = 5
	claimAhead = time.Second
)

// closedMost is how many a visit dates anew at most while the windows of all of the mailbox's sequences are closed. Nobody waits for it then,
// and the mailboxes of a whole zone would do it at the same moment: when the window closes, and at midnight, when their daily caps end.
const closedMost = 10

// keepOpen is for how long a wait keeps the connection; providers drop idle ones, and others may need the slot.
const keepOpen = 5 * time.Second

// box is one leased mailbox at work.
type box struct {
	*run
	*candidate
	me       store.Lessee      // one token for each mailbox: two of one run must not take each other's claims for their own
	mb       *outreach.Mailbox // as it was leased
	place    *mailbox.Place    // for the first connection; nil once that was opened
	smtp     *mailbox.SMTPSession
	sent     *sentCopies
	strikes  int                                // connections in a row that broke before the final dot
	unsynced bool                               // follow-ups must wait for a sync of this mailbox
	passed   map[bson.ObjectID]bool             // recipients left where they are, not to be looked at again
	leftOut  map[outreach.State][]bson.ObjectID // sequences whose recipients of the mailbox's own are not wanted
	ledger
}

// work leases a mailbox that has work, sends what it may, and gives it back. The lease is taken when there is room for a connection and
// somebody to send to, and not before: mailboxes that would only wait are other runs' to send from.
func (r *run) work(ctx context.Context, c *candidate) error {
	if reason := r.mustWait(c.Mailbox); reason != "" {
		r.stats.skip(reason)
		return nil
	}
	place, err := r.Dialer.Place(ctx, c.Mailbox, mailbox.DoorSMTP)
	if err != nil || !r.going(ctx) || r.left.Load() <= 0 {
		place.Free()
		return nil // the run is over
	}
	defer place.Free()
	b := &box{
		run: r, candidate: c, me: r.me, mb: c.Mailbox, place: place,
		passed: map[bson.ObjectID]bool{}, leftOut: map[outreach.State][]bson.ObjectID{},
	}
	b.me.Token = bson.NewObjectID().Hex()
	due, err := b.due(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	if ok, err := b.lease(ctx); !ok {
		b.putBack(due)
		return err
	}
	return errors.Join(b.send(ctx, due), b.release(ctx))
}

// mustWait says why a mailbox may not send before the deadline, or "". A gap is waited for, a back-off is for another run.
func (r *run) mustWait(mb *outreach.Mailbox) (reason string) {
	reason, until := mb.Blocked(r.Store.Now())
	if reason == "" || reason != outreach.ReasonMailboxBackoff && !until.IsZero() && until.Before(r.opts.Deadline) {
		return ""
	}
	return reason
}

// lease takes the mailbox, if no other run has it, and makes sure of its counters.
func (b *box) lease(ctx context.Context) (ok bool, err error) {
	b.mb, err = b.Store.LeaseMailbox(ctx, store.SendLease, b.ID, b.me)
	if errors.Is(err, store.ErrNotFound) {
		b.stats.skip(ReasonLeased)
		return false, nil
	}
	if err != nil {
		return false, err
	}
	b.tried.Add(1)
	b.stats.count(func(s *outreach.SendStats) { s.Mailboxes++ })
	b.sent = newSentCopies(b.Dialer, b.mb, b.Log)
	// a run that leased it after it was listed here may have died since, if there was time for its lease to run out
	ownerDied := b.Lease != nil || b.Store.Now().Sub(b.listed) >= store.LeaseTime
	if err := b.recount(ctx, ownerDied); err != nil {
		return false, errors.Join(err, b.release(ctx))
	}
	return true, nil
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

// send sends to those who are due until there are no more, the mailbox may not send before the deadline, or something stops it.
func (b *box) send(ctx context.Context, due []outreach.Recipient) error {
	for len(due) > 0 {
		candidates, err := b.judgeAll(ctx, due)
		if err != nil {
			return err
		}
		if len(candidates) == 0 && b.resting {
			return nil // all of them were put elsewhere, and there is no hurry
		}
		if len(candidates) > 0 {
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
			b.own = true // whom it wrote to may be due again at once
		}
		if !b.going(ctx) || b.left.Load() <= 0 {
			return nil
		}
		if due, err = b.due(ctx); err != nil {
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
	b.campaign(rec.SequenceID).line.free(rec.ID)
}

// due lists who is due and could be served from this mailbox: follow-ups first, then those whose first step it has tried before, then new
// recipients, oldest due first.
func (b *box) due(ctx context.Context) ([]outreach.Recipient, error) {
	var due []outreach.Recipient
	if b.own && !b.unsynced {
		followups, err := b.dueOf(ctx, outreach.StateActive, func(c *campaign) bool { return c.blocked.Load() == nil })
		if err != nil {
			return nil, err
		}
		due = append(due, followups...)
	}
	open, err := b.open(ctx)
	if err != nil {
		return nil, err
	}
	if b.own && len(due) < batchSize && len(open) > 0 {
		retries, err := b.dueOf(ctx, outreach.StateQueued, func(c *campaign) bool { return slices.Contains(open, c) })
		if err != nil {
			return nil, err
		}
		due = append(due, retries...)
	}
	for _, c := range open {
		if len(due) >= batchSize {
			break
		}
		fresh, err := c.line.take(ctx, b.atOnce(batchSize-len(due)))
		if err != nil {
			return nil, err
		}
		due = append(due, fresh...)
	}
	slices.SortFunc(due, func(x, y outreach.Recipient) int { return outreach.CompareDue(&x, &y) })
	return due, nil
}

// dueOf lists the mailbox's own recipients in a state without those that it has passed over. The sequences that are not wanted are found out
// by coming upon their recipients, and are left out from then on.
func (b *box) dueOf(ctx context.Context, state outreach.State, wanted func(*campaign) bool) ([]outreach.Recipient, error) {
	most := batchSize + len(b.passed)
	if b.resting {
		most = closedMost + len(b.passed)
	}
	for {
		own, err := b.Store.DueOf(ctx, b.ID, state, b.leftOut[state], b.me.Dead, most)
		if err != nil {
			return nil, err
		}
		whole, before := len(own) == most, len(b.leftOut[state])
		for i := range own {
			id := own[i].SequenceID
			c, err := b.reach(ctx, id)
			if err != nil {
				return nil, err
			}
			if (c == nil || !wanted(c)) && !slices.Contains(b.leftOut[state], id) {
				b.leftOut[state] = append(b.leftOut[state], id)
			}
		}
		own = slices.DeleteFunc(own, func(r outreach.Recipient) bool {
			return b.passed[r.ID] || slices.Contains(b.leftOut[state], r.SequenceID)
		})
		if !whole || len(b.leftOut[state]) == before {
			return own, nil
		}
	}
}

// putBack returns new recipients who were listed and not claimed to their lines.
func (b *box) putBack(listed []outreach.Recipient) {
	for i := len(listed) - 1; i >= 0; i-- {
		if listed[i].MailboxID.IsZero() {
			b.campaign(listed[i].SequenceID).line.putBack(&listed[i])
		}
	}
}

// atOnce is how many of n recipients the mailbox may claim at once: one where a gap follows each message, else what its server takes in
// about a second, by the last message. What it has claimed and not sent is what other mailboxes and other runs would send meanwhile.
func (b *box) atOnce(n int) int {
	switch {
	case b.paced():
		return min(n, 1)
	case b.pace <= 0:
		return min(n, claimFirst)
	}
	return min(n, batchSize, max(int(claimAhead/b.pace), claimFirst))
}

// paced tells whether a gap follows each message.
func (b *box) paced() bool { return b.mb.MinGap() > 0 || b.mb.GapJitter() > 0 }

// open are the sequences that may still give this mailbox new recipients in this run.
func (b *box) open(ctx context.Context) ([]*campaign, error) {
	var open []*campaign
	for _, c := range b.lines {
		if c.blocked.Load() != nil || c.newBlocked.Load() != nil {
			continue
		}
		ok, err := b.sends(ctx, c)
		if err != nil {
			return nil, err
		}
		if ok {
			open = append(open, c)
		}
	}
	return open, nil
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
			b.campaign(candidates[i].SequenceID).line.taken()
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
