package sequence

import (
	"context"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// choose finds the mailboxes that have due work and may send before the deadline, longest idle first. It counts what is due and, of the
// mailboxes that have work, those that cannot do it, with the reason.
func (r *run) choose(ctx context.Context) ([]outreach.Mailbox, error) {
	ids, err := r.mailboxesWithWork(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	r.chosen = r.Store.Now()
	boxes, err := r.Store.SendableMailboxes(ctx, ids, r.opts.Deadline, r.me.Dead)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(boxes, func(a, b outreach.Mailbox) int { return outreach.CompareIdle(&a, &b, r.Store.Now()) })
	return boxes, r.countIdle(ctx, ids, boxes)
}

// mailboxesWithWork lists the mailboxes that could send something that is due: those of due follow-ups, and for new recipients all of
// their sequence.
func (r *run) mailboxesWithWork(ctx context.Context) ([]bson.ObjectID, error) {
	due, work := 0, map[bson.ObjectID]bool{}
	for _, state := range []outreach.State{outreach.StateActive, outreach.StateQueued} {
		counts, err := r.Store.CountDue(ctx, state)
		if err != nil {
			return nil, err
		}
		for _, d := range counts {
			c, err := r.campaign(ctx, d.SequenceID)
			if err != nil {
				return nil, err
			}
			if c == nil {
				continue
			}
			due += d.Count
			for _, id := range r.senders(c, d) {
				work[id] = true
			}
		}
	}
	r.stats.count(func(s *outreach.SendStats) { s.Due = due })
	return slices.Collect(maps.Keys(work)), nil
}

// senders are the mailboxes that could send to these recipients; it notes how many new ones each should take, and where to begin.
func (r *run) senders(c *campaign, due store.DueCount) []bson.ObjectID {
	if !due.MailboxID.IsZero() {
		r.own[due.MailboxID] = true
		return []bson.ObjectID{due.MailboxID}
	}
	c.share = min(max(due.Count/max(len(c.MailboxIDs), 1), 1), batchSize)
	if r.me.Others > 0 {
		c.line.ahead = int(r.Draw() * float64(min(due.Count, furthestAhead)))
	}
	return c.MailboxIDs
}

// wanted tells whether there is work left for a mailbox: recipients of its own, or somebody in the line of one of its sequences.
func (r *run) wanted(ctx context.Context, id bson.ObjectID) (bool, error) {
	if r.own[id] {
		return true, nil
	}
	for _, c := range r.sequences {
		if c.blocked.Load() != nil || c.newBlocked.Load() != nil || !slices.Contains(c.MailboxIDs, id) {
			continue
		}
		if some, err := c.line.any(ctx); err != nil || some {
			return some, err
		}
	}
	return false, nil
}

// countIdle counts the mailboxes that have work but cannot do it before the deadline.
func (r *run) countIdle(ctx context.Context, ids []bson.ObjectID, sendable []outreach.Mailbox) error {
	if len(sendable) == len(ids) {
		return nil
	}
	able := make(map[bson.ObjectID]bool, len(sendable))
	for i := range sendable {
		able[sendable[i].ID] = true
	}
	all, err := r.Store.MailboxesByID(ctx, ids)
	if err != nil {
		return err
	}
	for i := range all {
		if able[all[i].ID] {
			continue
		}
		reason, _ := all[i].Blocked(r.Store.Now())
		if reason == "" {
			reason = ReasonLeased
		}
		r.stats.skip(reason)
	}
	r.stats.skipMany(outreach.ReasonNoMailbox, len(ids)-len(all))
	return nil
}

// ReasonLeased says that another run is working on the mailbox.
const ReasonLeased = "leased_by_another_run"
