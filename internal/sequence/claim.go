package sequence

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// batchSize is how many recipients a mailbox without a gap claims at once, claimFirst how many as long as its server's pace is not known, and
// claimAhead for how long its work may be claimed beyond that. A mailbox with a gap lists pacedSize to send to one of them.
const (
	batchSize  = 100
	pacedSize  = 40
	claimFirst = 5
	claimAhead = time.Second
)

// closedMost is how many a visit dates anew at most while the windows of all of the mailbox's sequences are closed. Nobody waits for it then,
// and the mailboxes of a whole zone would do it at the same moment: when the window closes, and at midnight, when their daily caps end.
const closedMost = 10

// due lists who is due and could be served from this mailbox: follow-ups first, then those whose first step it has tried before, then new
// recipients, oldest due first.
func (b *box) due(ctx context.Context) ([]outreach.Recipient, error) {
	var due []outreach.Recipient
	size := b.listSize()
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
	if b.own && len(due) < size && len(open) > 0 {
		retries, err := b.dueOf(ctx, outreach.StateQueued, func(c *campaign) bool { return slices.Contains(open, c) })
		if err != nil {
			return nil, err
		}
		due = append(due, retries...)
	}
	for _, c := range open {
		if len(due) >= size {
			break
		}
		fresh, err := c.line.take(ctx, b.atOnce(size-len(due)))
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
	most := b.listSize() + len(b.passed)
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

// listSize is how many who are due the mailbox looks at at once.
func (b *box) listSize() int {
	if b.paced() {
		return pacedSize
	}
	return batchSize
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
	claimed, token, err := b.claimThese(ctx, ids)
	if err != nil {
		b.left.Add(int64(n))
		return nil, err
	}
	b.me.Token = token
	for i, id := range ids {
		if !slices.ContainsFunc(claimed, func(r outreach.Recipient) bool { return r.ID == id }) {
			b.passed[id] = true
			b.campaign(candidates[i].SequenceID).line.taken(id)
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
