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

// keepOpen is for how long a wait keeps the connection; providers drop idle ones, and others may need the slot.
const keepOpen = 5 * time.Second

// box is one leased mailbox at work.
type box struct {
	*run
	*candidate
	me       store.Lessee      // its token is that of the claims in hand
	mb       *outreach.Mailbox // as it was leased
	place    *mailbox.Place    // for the first connection; nil once that was opened
	smtp     *mailbox.SMTPSession
	sent     *sentCopies
	strikes  int                                // connections in a row that broke before the final dot
	brokeOff bool                               // one of them did so in this run
	unsynced bool                               // follow-ups must wait for a sync of this mailbox
	passed   map[bson.ObjectID]bool             // recipients left where they are, not to be looked at again
	leftOut  map[outreach.State][]bson.ObjectID // sequences whose recipients of the mailbox's own are not wanted
	// givesBack tells that the lease ended with the last that was written.
	givesBack bool
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
	due, err := b.due(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	if ok, err := b.lease(ctx); !ok {
		b.putBack(due)
		return err
	}
	r.working.Add(1)
	defer r.working.Add(-1)
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
	leased, err := b.leaseMailbox(ctx, b.ID)
	if err != nil {
		return false, err
	}
	if leased == nil {
		b.stats.skip(ReasonLeased)
		return false, nil
	}
	b.mb = leased
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
	err = b.Store.UpdateLeasedMailbox(ctx, store.SendLease, b.mb.ID, b.mb.Lease.Token,
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
			if reason := b.mustWait(b.mb); reason != "" {
				if len(candidates) > len(batch) || b.somebodyInLine() {
					b.stats.skip(reason)
				}
				return nil // nobody is looked for to whom it may not send
			}
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

// somebodyInLine tells whether anybody is known to wait for this mailbox among others.
func (b *box) somebodyInLine() bool {
	return slices.ContainsFunc(b.lines, func(c *campaign) bool { return c.blocked.Load() == nil && c.newBlocked.Load() == nil && c.line.some() })
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
	if b.givesBack {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishGrace)
	defer cancel()
	err := b.Store.ReleaseMailbox(ctx, store.SendLease, b.mb.ID, b.mb.Lease.Token, nil)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
