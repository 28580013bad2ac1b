package sequence

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// A mailbox that may send without a gap shares its writes: the intents of the next few messages become durable together, and what became
// of the last few is written with them. As many stand open when the process dies; so they are at most Worker.Together, and only as many as
// leave within intentsAhead, going by the last one. A slow server, or a gap, makes it one at a time.
const intentsAhead = time.Second / 2

// inHandMost is how many messages all mailboxes together have begun at most: they are in memory. Where many mailboxes are at work, they share
// the store's commits anyway.
const inHandMost = 1000

// ledger is what a mailbox has done and not written down yet.
type ledger struct {
	unwritten []store.Outcome // accepted messages
	accepts   int             // messages accepted so far
	pace      time.Duration   // that the server took over the last message
	ahead     *ahead          // what is begun meanwhile; nil if nothing is
}

// inDoubt is how many messages of the mailbox may have been begun without anybody knowing what became of them.
func (b *box) inDoubt() int {
	if b.pace <= 0 || b.paced() {
		return 1
	}
	share := inHandMost / max(int(b.working.Load()), 1)
	return min(max(b.Together, 1), max(share, 1), max(int(intentsAhead/b.pace), 1))
}

// sendBatch delivers to claimed recipients, a few at a time. Whom it does not come to is given back.
func (b *box) sendBatch(ctx context.Context, batch []outreach.Recipient) (stop bool, err error) {
	claimed, before := len(batch), b.accepts
	for (len(batch) > 0 || b.ahead != nil) && b.going(ctx) && !stop && err == nil {
		stop, err = b.sendFew(ctx, &batch)
	}
	left, lost := b.begunAhead()
	err = errors.Join(err, lost, b.takeBack(ctx, left))
	for i := range batch {
		b.giveBack(ctx, &batch[i])
	}
	b.left.Add(int64(claimed - (b.accepts - before)))
	return stop, errors.Join(err, b.writeLast(ctx))
}

// sendFew takes the first few of a batch through one attempt each, while the next few are begun. Stop tells that the mailbox cannot go on; an
// error is the store's.
func (b *box) sendFew(ctx context.Context, batch *[]outreach.Recipient) (stop bool, err error) {
	var ready []*delivery
	if b.ahead != nil {
		ready, err = b.begunAhead()
	} else {
		ready, stop, err = b.beginHere(ctx, b.few(batch))
	}
	if stop || err != nil {
		return stop, errors.Join(err, b.takeBack(ctx, ready))
	}
	if len(ready) > 0 && len(*batch) > 0 && b.goesAhead() {
		b.beginAhead(ctx, b.few(batch), b.pace*time.Duration(len(ready)))
	}
	if stop, err = b.transmitAll(ctx, ready); b.Together <= 1 {
		err = errors.Join(err, b.writeAccepted(ctx))
	}
	return stop, err
}

// few takes those who are begun at once out of a batch: as many as may be in doubt, or half of them if the other half is under way meanwhile.
func (b *box) few(batch *[]outreach.Recipient) []outreach.Recipient {
	n := b.inDoubt()
	if b.goesAhead() {
		n /= 2
	}
	n = min(n, len(*batch))
	taken := (*batch)[:n]
	*batch = (*batch)[n:]
	return taken
}

// beginHere begins a few deliveries. Stop tells that the mailbox cannot go on; an error is the store's.
func (b *box) beginHere(ctx context.Context, recs []outreach.Recipient) (ready []*delivery, stop bool, err error) {
	if ready, err = b.prepare(ctx, recs); err != nil || len(ready) == 0 {
		return nil, false, err
	}
	if err := b.connect(ctx); err != nil {
		b.notBegun(ctx, ready)
		return nil, true, b.notConnected(ctx, err)
	}
	p := b.turn()
	ready, err = b.intend(ctx, ready, p)
	b.unturn(p)
	return ready, false, err
}

// transmitAll takes deliveries that were begun through one attempt each. Stop tells that the mailbox cannot go on; an error is the store's.
func (b *box) transmitAll(ctx context.Context, ready []*delivery) (stop bool, err error) {
	for i, d := range ready {
		if stop || err != nil || !b.going(ctx) {
			return stop, errors.Join(err, b.takeBack(ctx, ready[i:]))
		}
		if err := b.connect(ctx); err != nil {
			return true, errors.Join(b.takeBack(ctx, ready[i:]), b.notConnected(ctx, err))
		}
		var next *delivery
		if i+1 < len(ready) && b.mayBeginNext() {
			next = ready[i+1]
		}
		stop, err = d.transmit(ctx, next)
		ready[i] = nil // it is large, and those who follow may take a while
	}
	return stop, err
}

// mayBeginNext tells whether a message may begin with the final dot of the one before it: the server is not kept waiting for its text while
// copies are filed, and no connection has broken in the middle of a message, for whatever reason.
func (b *box) mayBeginNext() bool { return b.sent.off && !b.brokeOff }

// prepare writes the messages to recipients who are ready for one. The others are put where they belong.
func (b *box) prepare(ctx context.Context, recs []outreach.Recipient) ([]*delivery, error) {
	var ready []*delivery
	for i := range recs {
		d := &delivery{box: b, c: b.campaign(recs[i].SequenceID), rec: &recs[i]}
		settled, err := d.lookBack(ctx)
		if err != nil {
			return nil, err
		}
		if settled {
			continue
		}
		if reason := d.write(); reason != "" {
			if err := d.holdClaimed(ctx, reason); err != nil {
				return nil, err
			}
			continue
		}
		b.at(Rendered)
		ready = append(ready, d)
	}
	return ready, nil
}

// intend takes the places under the shared caps and makes the intents durable. It returns the deliveries that may begin; the recipients of
// the others were given back or settled.
func (b *box) intend(ctx context.Context, ready []*delivery, p *page) ([]*delivery, error) {
	var placed []*delivery
	for _, d := range ready {
		taken, ok, err := b.reserve(ctx, d.c, d.rec)
		if err != nil {
			b.notBegun(ctx, placed)
			return nil, err
		}
		if !ok {
			b.giveBack(ctx, d.rec)
			continue
		}
		d.taken = taken
		placed = append(placed, d)
	}
	begun, err := b.begin(ctx, placed, p)
	if err != nil {
		for _, d := range placed {
			b.unreserve(ctx, d.taken)
		}
		return nil, err // what was written nobody knows: the claims stay until a later run has looked
	}
	b.at(Intended)
	kept := placed[:0]
	for i, d := range placed {
		if begun[i] {
			d.history.Text, d.history.HTML = "", "" // they are in the store, and in the message
			kept = append(kept, d)
			continue
		}
		b.unreserve(ctx, d.taken)
		if err := d.attemptedBefore(ctx); err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// begin writes the intents, together with what became of the messages before. A retry changes the history of its first attempt.
func (b *box) begin(ctx context.Context, placed []*delivery, p *page) (begun []bool, err error) {
	begun = make([]bool, len(placed))
	var fresh []int
	var intents []*outreach.History
	for i, d := range placed {
		if d.history.Attempts == 1 {
			fresh, intents = append(fresh, i), append(intents, d.history)
			continue
		}
		err := b.Store.RetryDelivery(ctx, d.history)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		begun[i] = err == nil
	}
	if b.paced() {
		p.marks = b.gapAhead()
	}
	news, err := b.writeLedger(ctx, p, intents)
	for k, i := range fresh {
		if err == nil {
			begun[i] = news[k]
		}
	}
	return begun, err
}

// attemptedBefore puts the recipient where the attempt leads that stands in this one's way.
func (d *delivery) attemptedBefore(ctx context.Context) error {
	past, err := d.Store.HistoryByID(ctx, d.history.ID)
	if err != nil {
		return err
	}
	return d.follow(ctx, past)
}

// notBegun gives back recipients whose intents were never written. Nothing is removed: a history under the same id would be another run's.
func (b *box) notBegun(ctx context.Context, placed []*delivery) {
	for _, d := range placed {
		b.unreserve(ctx, d.taken)
		b.giveBack(ctx, d.rec)
	}
}

// takeBack takes intents back that nothing was sent for.
func (b *box) takeBack(ctx context.Context, rest []*delivery) (err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishGrace)
	defer cancel()
	for _, d := range rest {
		b.unreserve(ctx, d.taken)
		err = errors.Join(err, b.Store.DropDelivery(ctx, d.history, d.rec.ID, b.me.Token, nil))
	}
	return err
}

// notConnected records that the mailbox's server could not be reached.
func (b *box) notConnected(ctx context.Context, cause error) error {
	return errors.Join(b.writeAccepted(ctx), b.mailboxFailed(ctx, cause))
}

// writeAccepted writes down what was accepted and is not written yet.
func (b *box) writeAccepted(ctx context.Context) error {
	b.awaitAhead()
	if len(b.unwritten) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	p := b.turn()
	defer b.unturn(p)
	_, err := b.writeLedger(ctx, p, nil)
	return err
}

// writeLast is writeAccepted after a batch. A mailbox that must rest then for longer than the run takes is given back with it: no run can send
// from it before that rest is over, so that it does not matter if the connection is still to be closed.
func (b *box) writeLast(ctx context.Context) error {
	b.givesBack = len(b.unwritten) > 0 && b.mustWait(b.mb) != ""
	err := b.writeAccepted(ctx)
	b.givesBack = b.givesBack && err == nil
	return err
}

// writeWhenLate writes down what was accepted before if the message in hand takes longer than intentsAhead: a server that falls silent must
// not keep it in doubt. The returned function ends the wait, or waits for the writing.
func (b *box) writeWhenLate(ctx context.Context) (end func() error) {
	if len(b.unwritten) == 0 {
		return func() error { return nil }
	}
	written := make(chan error, 1)
	timer := time.AfterFunc(intentsAhead, func() { written <- b.writeAccepted(ctx) })
	return func() error {
		if timer.Stop() {
			return nil
		}
		return <-written
	}
}

// page is what is written at one time beside the intents: outcomes, and what the mailbox's clock says after them.
type page struct {
	outcomes []store.Outcome
	marks    bson.D
	mayWait  time.Duration // for those of other mailboxes
}

// turn begins a new page and returns the one before.
func (b *box) turn() *page {
	p := &page{outcomes: b.unwritten, marks: b.clock()}
	b.unwritten = nil
	return p
}

// unturn goes back to a page if it could not be written.
func (b *box) unturn(p *page) {
	if len(p.outcomes) == 0 {
		return
	}
	b.unwritten = append(p.outcomes, b.unwritten...)
	p.outcomes = nil
}

func (b *box) writeLedger(ctx context.Context, p *page, intents []*outreach.History) ([]bool, error) {
	begun, err := b.Store.WriteLedger(ctx, store.Ledger{
		Outcomes: p.outcomes, Intents: intents, MailboxID: b.mb.ID, MailboxToken: b.mb.Lease.Token, Mailbox: p.marks, GivesBack: b.givesBack, MayWait: p.mayWait,
	})
	if err != nil {
		return nil, err
	}
	for range p.outcomes {
		b.at(Recorded)
	}
	p.outcomes = nil
	return begun, nil
}

// gapAhead moves the mailbox's clock before the message leaves, so that a process that dies right after it does not shorten the gap.
func (b *box) gapAhead() bson.D {
	return bson.D{{Key: "nextSendAt", Value: store.Millis(b.Store.Now().Add(b.mb.MinGap()))}}
}

// clock is what the mailbox's own document says after what was accepted since it was last written.
func (b *box) clock() bson.D {
	if len(b.unwritten) == 0 {
		return nil
	}
	return bson.D{
		{Key: "sentToday", Value: b.mb.SentToday}, {Key: "sentHour", Value: b.mb.SentHour},
		{Key: "lastSentAt", Value: *b.mb.LastSentAt}, {Key: "nextSendAt", Value: store.Millis(*b.mb.NextSendAt)},
	}
}
