package sequence

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// lineLength is how many recipients are listed at once at most; lineShortest at least; lineRest is for how long an empty line is not listed again;
// furthestAhead is how many are passed by at most, for each listing steps over them.
const (
	lineLength    = 500
	lineShortest  = 20
	lineRest      = time.Second
	furthestAhead = 10 * lineLength
)

// line hands out a sequence's new recipients who are due and belong to no mailbox yet to its mailboxes, oldest due first, each of them to
// one. It lists as many as the mailboxes may take at once, and then more and more. Where other runs are at work it begins somewhere in the
// middle, so that they do not all reach for the head.
type line struct {
	store     *store.Store
	of        store.NewOf
	dead      []string // owners whose claims count for nothing
	mailboxes int      // that share it
	share     int      // how many each of them takes at once at most, so that they are shared out evenly
	others    int      // runs at work
	start     float64  // how far in the middle it begins, from 0 up to 1

	mu     sync.Mutex
	listed []outreach.Recipient
	next   int                    // who of them is handed out next
	out    map[bson.ObjectID]bool // handed out; those that were claimed are forgotten when the line is listed again
	length int                    // how many were listed last
	ahead  int                    // how many are passed by at the head
	rested time.Time              // nobody new was found then
}

// take hands out up to n recipients.
func (l *line) take(ctx context.Context, n int) ([]outreach.Recipient, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n = min(n, l.share)
	if now := l.store.Now(); len(l.waiting()) == 0 && (now.Sub(l.rested) >= lineRest || now.Before(l.rested)) {
		l.lengthen(n)
		if err := l.list(ctx); err != nil {
			return nil, err
		}
	}
	taken := slices.Clone(l.waiting()[:min(n, len(l.waiting()))])
	l.next += len(taken)
	for i := range taken {
		l.out[taken[i].ID] = true
	}
	return taken, nil
}

// waiting are those who were listed and not handed out.
func (l *line) waiting() []outreach.Recipient { return l.listed[l.next:] }

// some tells whether somebody who was listed waits.
func (l *line) some() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting()) > 0
}

// lengthen says how many are listed next: as many as all mailboxes take at once with some to spare, then twice as many each time.
func (l *line) lengthen(each int) {
	if l.length > 0 {
		l.length = min(2*l.length, lineLength)
		return
	}
	l.length = min(max(2*each*l.mailboxes, lineShortest), lineLength)
	l.ahead = int(l.start * float64(min(l.others*l.length, furthestAhead)))
}

// list fills the line. Listed again are those who were handed out and passed over: the listing must reach beyond them.
func (l *line) list(ctx context.Context) error {
	found, err := l.store.DueNew(ctx, l.of, l.dead, l.ahead, l.length+len(l.out))
	if err != nil {
		return err
	}
	if len(found) == 0 && l.ahead > 0 {
		l.ahead = 0
		return l.list(ctx)
	}
	still := map[bson.ObjectID]bool{}
	var waiting []outreach.Recipient
	for i := range found {
		if id := found[i].ID; l.out[id] {
			still[id] = true
		} else {
			waiting = append(waiting, found[i])
		}
	}
	l.out, l.listed, l.next = still, waiting, 0
	switch {
	case len(waiting) > 0:
	case l.ahead > 0:
		l.ahead = 0
		return l.list(ctx)
	default:
		l.rested = l.store.Now()
	}
	return nil
}

// putBack returns a recipient who was not claimed to the head of the line.
func (l *line) putBack(rec *outreach.Recipient) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.out, rec.ID)
	if l.next == 0 {
		l.listed = slices.Insert(l.listed, 0, *rec)
		return
	}
	l.next--
	l.listed[l.next] = *rec
}

// free lets a recipient who was claimed and given back be handed out once more.
func (l *line) free(id bson.ObjectID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.out, id)
	l.rested = time.Time{}
}

// taken says that another run claims from the same part of the line: what is listed is out of date.
func (l *line) taken() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.listed, l.next = nil, 0
}
