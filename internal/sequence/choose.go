package sequence

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// A run goes through the mailboxes that may send page by page, the one that might have sent for longest first, asks of each page which of
// them have work, and turns the page when it has begun with the last of them. So what a run reads grows with what it does, not with what there
// is. dueMost is how many who are due are counted of each kind, and idleMost of how many mailboxes that cannot send the reasons are.
const (
	pageSize = 500
	dueMost  = 10_000
	idleMost = 1000
)

// candidate is a mailbox that has work: recipients of its own who are due, or sequences with somebody in line.
type candidate struct {
	*outreach.Mailbox // as it was listed
	listed            time.Time
	own               bool
	resting           bool // the windows of all of its sequences are closed
	lines             []*campaign
}

// countDue counts who is due, up to dueMost of each kind, and tells whether anybody may be.
func (r *run) countDue(ctx context.Context) (some bool, err error) {
	due := 0
	for _, state := range []outreach.State{outreach.StateActive, outreach.StateQueued} {
		counts, err := r.Store.CountDue(ctx, state, dueMost)
		if err != nil {
			return false, err
		}
		counted := 0
		for _, d := range counts {
			counted += d.Count
			e := r.roster.entry(d.SequenceID)
			if e == nil {
				continue
			}
			due += d.Count
			if d.MailboxID.IsZero() {
				e.due += d.Count
			} else {
				r.dueOf[d.MailboxID] = true
			}
		}
		some = some || counted >= dueMost
	}
	r.stats.count(func(s *outreach.SendStats) { s.Due = due })
	return some || due > 0, nil
}

// sendAll works on the mailboxes side by side. One mailbox's trouble stays its own; an error is the store's.
func (r *run) sendAll(ctx context.Context) error {
	if err := r.enlist(ctx); err != nil {
		return err
	}
	if err := r.countIdle(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(r.MaxMailboxes, 1))
	err := r.eachCandidate(ctx, func(c *candidate) bool {
		if !r.going(ctx) || r.left.Load() <= 0 {
			return false
		}
		group.Go(func() error { return r.work(ctx, c) })
		return true
	})
	return errors.Join(err, group.Wait())
}

// eachCandidate calls each with the mailboxes that have work, of each page the one that has been idle for longest first, until it says stop.
func (r *run) eachCandidate(ctx context.Context, each func(*candidate) (goOn bool)) error {
	tried := map[bson.ObjectID]bool{} // a mailbox that sent comes again further down
	for p := r.newPages(); ; {
		boxes, err := p.next(ctx)
		if err != nil || len(boxes) == 0 {
			return err
		}
		boxes = slices.DeleteFunc(boxes, func(mb outreach.Mailbox) bool { return tried[mb.ID] })
		chosen, err := r.choose(ctx, boxes)
		if err != nil {
			return err
		}
		for _, c := range chosen {
			tried[c.ID] = true
			if !each(c) {
				return nil
			}
		}
	}
}

// choose finds which mailboxes have work, longest idle first, and leaves out those that another run has.
func (r *run) choose(ctx context.Context, boxes []outreach.Mailbox) ([]*candidate, error) {
	now := r.Store.Now()
	ids := make([]bson.ObjectID, len(boxes))
	sequences := make([][]*entry, len(boxes))
	var asking []*entry
	for i := range boxes {
		ids[i], sequences[i] = boxes[i].ID, r.roster.of(boxes[i].ID)
		asking = append(asking, sequences[i]...)
	}
	own, err := r.Store.MailboxesWithDue(ctx, ids)
	if err != nil {
		return nil, err
	}
	if err := r.askWhoIsInLine(ctx, asking); err != nil {
		return nil, err
	}
	var chosen []*candidate
	for i := range boxes {
		c := &candidate{Mailbox: &boxes[i], listed: now, own: own[ids[i]], resting: len(sequences[i]) > 0}
		for _, e := range sequences[i] {
			c.resting = c.resting && e.closed != "" && !e.inLine
			if known := r.campaign(e.id); e.inLine && known != nil {
				c.lines = append(c.lines, known)
			}
		}
		switch {
		case !c.own && len(c.lines) == 0:
		case r.me.KeptOut(c.Lease, now):
			r.stats.skip(ReasonLeased)
		default:
			chosen = append(chosen, c)
		}
	}
	slices.SortFunc(chosen, func(a, b *candidate) int { return outreach.CompareIdle(a.Mailbox, b.Mailbox, now) })
	return chosen, nil
}

// askWhoIsInLine finds of sequences, once for each, whether new recipients of theirs are due, and reads those whole that have some.
func (r *run) askWhoIsInLine(ctx context.Context, sequences []*entry) error {
	var open, closed []*entry
	for _, e := range sequences {
		switch {
		case e.asked:
			continue
		case e.closed == "":
			open = append(open, e)
		default:
			closed = append(closed, e)
		}
		e.asked = true
	}
	inLine, err := r.Store.SequencesWithDue(ctx, idsOf(open), false)
	if err != nil {
		return err
	}
	abroad, err := r.Store.SequencesWithDue(ctx, idsOf(closed), true)
	if err != nil {
		return err
	}
	var reading []bson.ObjectID
	for _, e := range append(open, closed...) {
		if e.inLine = inLine[e.id] || abroad[e.id]; e.inLine {
			reading = append(reading, e.id)
		} else {
			r.stats.skipMany(e.closed, e.due)
		}
	}
	return r.readAll(ctx, reading)
}

func idsOf(entries []*entry) []bson.ObjectID {
	ids := make([]bson.ObjectID, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	return ids
}

// countIdle counts mailboxes that have work but cannot do it before the deadline, with the reason. It knows of work as far as that was counted.
func (r *run) countIdle(ctx context.Context) error {
	boxes, err := r.Store.MailboxesToWait(ctx, r.opts.Deadline, idleMost)
	if err != nil {
		return err
	}
	for i := range boxes {
		mb := &boxes[i]
		inLine := func(e *entry) bool { return e.due > 0 && e.closed == "" }
		if !r.dueOf[mb.ID] && !slices.ContainsFunc(r.roster.of(mb.ID), inLine) {
			continue
		}
		if reason, _ := mb.Blocked(r.Store.Now()); reason != "" {
			r.stats.skip(reason)
		}
	}
	return r.countGone(ctx)
}

// countGone counts mailboxes that were removed while recipients of theirs are due.
func (r *run) countGone(ctx context.Context) error {
	if len(r.dueOf) == 0 {
		return nil
	}
	known, err := r.Store.CountMailboxesOf(ctx, slices.Collect(maps.Keys(r.dueOf)))
	r.stats.skipMany(outreach.ReasonNoMailbox, len(r.dueOf)-int(known))
	return err
}

// pages are the mailboxes that may send before the deadline, a page at a time. Where other runs are at work each begins at a place of its
// own and comes to those before it in the end, so that they do not all reach for the same ones.
type pages struct {
	*run
	mark  store.SendMark  // of the last mailbox that was read
	skip  int             // how many are passed by at first
	began *store.SendMark // of the first that was read, if any were passed by
	again bool            // it came to the end, and goes on from the beginning
	ended bool
}

func (r *run) newPages() *pages {
	p := &pages{run: r}
	if r.me.Others > 0 {
		p.skip = int(r.Draw() * float64(r.me.Others*pageSize))
	}
	return p
}

// next reads a page; an empty one is the end.
func (p *pages) next(ctx context.Context) ([]outreach.Mailbox, error) {
	for !p.ended {
		boxes, err := p.Store.MailboxesToSend(ctx, p.opts.Deadline, p.mark, p.skip, pageSize)
		if err != nil {
			return nil, err
		}
		last := len(boxes) < pageSize
		if p.skip > 0 && len(boxes) > 0 {
			p.began = new(markOf(&boxes[0]))
		}
		if p.again && p.began != nil {
			boxes = slices.DeleteFunc(boxes, func(mb outreach.Mailbox) bool { return !markOf(&mb).Before(*p.began) })
			last = len(boxes) < pageSize
		}
		if len(boxes) > 0 {
			p.mark = markOf(&boxes[len(boxes)-1])
		}
		if last {
			p.ended = p.again || p.skip == 0 && p.began == nil
			p.again, p.mark = true, store.SendMark{}
		}
		if p.skip = 0; len(boxes) > 0 {
			return boxes, nil
		}
	}
	return nil, nil
}

func markOf(mb *outreach.Mailbox) store.SendMark {
	return store.SendMark{At: *mb.NextSendAt, ID: mb.ID}
}

// ReasonLeased says that another run is working on the mailbox.
const ReasonLeased = "leased_by_another_run"
