package sequence

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// judgeAll keeps the recipients who may be mailed now and acts on the others: holds, stops, postpones, or passes them over.
func (b *box) judgeAll(ctx context.Context, due []outreach.Recipient) ([]outreach.Recipient, error) {
	suppressed, err := b.suppressedAmong(ctx, due)
	if err != nil {
		return nil, err
	}
	kept := due[:0]
	mailboxReason, _ := b.mb.Blocked(b.Store.Now())
	for i := range due {
		rec := due[i]
		in, err := b.situation(ctx, &rec, suppressed[rec.Email] != nil)
		if err != nil {
			return nil, err
		}
		decision := outreach.Verdict(in)
		if decision.Action == outreach.Send || decision.Reason == mailboxReason {
			kept = append(kept, rec) // what the mailbox itself waits for is for ready to wait for
			continue
		}
		if err := b.passOver(ctx, &rec, decision); err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// suppressedAmong looks up all recipients' addresses and domains at once.
func (b *box) suppressedAmong(ctx context.Context, due []outreach.Recipient) (map[string]*outreach.Suppression, error) {
	emails := make([]string, len(due))
	for i := range due {
		emails[i] = due[i].Email
	}
	return b.Store.SuppressedAmong(ctx, emails)
}

// situation gathers what a verdict rests on. Shared caps are read only where one is set.
func (b *box) situation(ctx context.Context, rec *outreach.Recipient, suppressed bool) (outreach.Situation, error) {
	now := b.Store.Now()
	c := b.campaign(rec.SequenceID)
	in := outreach.Situation{Now: now, Recipient: rec, Sequence: c.Sequence, Mailbox: b.mb, Policy: b.Policy, Suppressed: suppressed}
	for _, limit := range outreach.SharedCaps(now, c.Sequence, rec, b.mb, b.Policy) {
		n, err := b.Store.Reserved(ctx, limit.Key)
		if err != nil {
			return in, err
		}
		limit.Put(&in, n)
	}
	return in, nil
}

// reserve takes a place under every shared cap, or under none and returns ok false.
func (b *box) reserve(ctx context.Context, c *campaign, rec *outreach.Recipient) (taken []string, ok bool, err error) {
	for _, limit := range outreach.SharedCaps(b.Store.Now(), c.Sequence, rec, b.mb, b.Policy) {
		ok, err := b.Store.Reserve(ctx, limit.Key, limit.Limit)
		if err != nil || !ok {
			b.unreserve(ctx, taken)
			return nil, false, err
		}
		taken = append(taken, limit.Key)
	}
	return taken, true, nil
}

// unreserve gives places back: only accepted messages count. A place that cannot be given back costs one message today, never a cap.
func (b *box) unreserve(ctx context.Context, taken []string) {
	for _, key := range taken {
		if err := b.Store.Unreserve(ctx, key); err != nil {
			b.Log.Debug("could not give a place under a cap back", "cap", key, "error", err)
		}
	}
}

// passOver acts on a verdict that is not Send and counts its reason.
func (b *box) passOver(ctx context.Context, rec *outreach.Recipient, d outreach.Decision) error {
	c := b.campaign(rec.SequenceID)
	switch d.Action {
	case outreach.Hold:
		return b.hold(ctx, rec, d.Reason)
	case outreach.Stop:
		return b.stop(ctx, rec, d.Reason)
	}
	b.stats.skip(d.Reason)
	switch d.Reason {
	case outreach.ReasonSequenceDailyLimit:
		c.blocked.Store(&d.Reason)
	case outreach.ReasonNewPerDay:
		c.newBlocked.Store(&d.Reason)
	case outreach.ReasonInboxNotSynced:
		b.unsynced = true
	case outreach.ReasonOutsideWindow, outreach.ReasonHoliday, outreach.ReasonDomainLimit:
		switch {
		case d.Until.IsZero():
			b.passed[rec.ID] = true
			return nil
		case d.Reason != outreach.ReasonDomainLimit && rec.MailboxID.IsZero() && rec.Timezone == "":
			c.newBlocked.Store(&d.Reason) // everybody else in line waits for the same window, and is left where he is
			return nil
		}
		return b.move(ctx, rec, bson.D{{Key: "nextSendAt", Value: store.Millis(d.Until)}, {Key: "reason", Value: d.Reason}})
	default:
		b.passed[rec.ID] = true
	}
	return nil
}

// hold puts a recipient aside for a person, with the reason.
func (b *box) hold(ctx context.Context, rec *outreach.Recipient, reason string) error {
	b.stats.count(func(s *outreach.SendStats) { s.Held++ })
	return b.move(ctx, rec, bson.D{{Key: "state", Value: outreach.StateHeld}, {Key: "reason", Value: reason}})
}

// stop ends a recipient who must not be mailed.
func (b *box) stop(ctx context.Context, rec *outreach.Recipient, reason string) error {
	b.stats.skip(reason)
	state := outreach.State(reason)
	if reason == outreach.ReasonSuppressed {
		state = outreach.StateUnsubscribed
	}
	return b.move(ctx, rec, bson.D{{Key: "state", Value: state}, {Key: "reason", Value: reason}})
}

// move changes a recipient that is still sendable; one that something else moved meanwhile stays there.
func (b *box) move(ctx context.Context, rec *outreach.Recipient, fields bson.D) error {
	err := b.Store.MoveRecipient(ctx, rec.ID, []outreach.State{outreach.StateQueued, outreach.StateActive}, fields)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
