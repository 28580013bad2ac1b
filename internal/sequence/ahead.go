package sequence

import (
	"context"
	"time"

	"mailrun/pkg/outreach"
)

// While a mailbox delivers to a few recipients it begins the next few: their messages are written, and their intents are on disk when the
// last of those before them has left.

// ahead are the few deliveries that are begun meanwhile.
type ahead struct {
	page  *page
	ended chan struct{}
	ready []*delivery
	err   error
}

// ledgerWait is for how long a write that nobody waits for yet may wait for others at most: outcomes stand open meanwhile.
const ledgerWait = 25 * time.Millisecond

// A crowd are so many mailboxes at work with servers as quick as that: one of them always has something to do while another waits, and what
// costs time is the number of requests.
const (
	crowdAtWork = 20
	crowdPace   = 100 * time.Millisecond
)

func (b *box) crowded() bool { return b.working.Load() >= crowdAtWork && b.pace < crowdPace }

// goesAhead tells whether the mailbox begins deliveries while others are under way.
func (b *box) goesAhead() bool { return b.inDoubt() > 1 && !b.crowded() }

// beginAhead starts to begin deliveries. The server is busy for a while, half of which the write may wait for those of other mailboxes.
func (b *box) beginAhead(ctx context.Context, recs []outreach.Recipient, busy time.Duration) {
	a := &ahead{page: b.turn(), ended: make(chan struct{})}
	a.page.mayWait = min(busy/2, ledgerWait)
	b.ahead = a
	go func() {
		defer close(a.ended)
		if a.ready, a.err = b.prepare(ctx, recs); a.err == nil {
			a.ready, a.err = b.intend(ctx, a.ready, a.page)
		}
	}()
}

// begunAhead waits for what is begun ahead, and takes it.
func (b *box) begunAhead() ([]*delivery, error) {
	a := b.ahead
	if a == nil {
		return nil, nil
	}
	b.awaitAhead()
	b.ahead = nil
	return a.ready, a.err
}

// awaitAhead waits until what is begun ahead is written, for what is written next must come after it.
func (b *box) awaitAhead() {
	if a := b.ahead; a != nil {
		<-a.ended
		b.unturn(a.page)
	}
}
