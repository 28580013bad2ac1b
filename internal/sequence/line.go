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
// middle, and where it meets one it goes on somewhere further down, so that they do not all reach for the same.
type line struct {
	store     *store.Store
	of        store.NewOf
	dead      []string // owners whose claims count for nothing
	mailboxes int      // that share it
	share     int      // how many each of them takes at once at most, so that they are shared out evenly
	others    int      // runs at work
	start     float64  // how far in the middle it begins, from 0 up to 1
	draw      func() float64

	mu     sync.Mutex
	listed []outreach.Recipient
	next   int                   // who of them is handed out next
	out    map[bson.ObjectID]int // handed out, after how many leaps; those that were claimed are forgotten when the line is listed again
	leaps  int                   // how often it has met another run
	length int                   // how many were listed last
	ahead  int                   // how many are passed by at the head
	rested time.Time             // nobody new was found then
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
		l.out[taken[i].ID] = l.leaps
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
	still := map[bson.ObjectID]int{}
	waiting := slices.DeleteFunc(found, func(r outreach.Recipient) bool {
		leaps, out := l.out[r.ID]
		if out {
			still[r.ID] = leaps
		}
		return out
	})
	l.out, l.listed, l.next = still, waiting, 0
	if l.leaps > 0 {
		l.next = int(l.draw() * float64(len(waiting)))
	}
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

// taken says that another run has claimed somebody who was handed out: it works on the same part of the line. So this one leaps somewhere
// further down what is listed, once for all who were handed out before. Those that it leaps over are listed again in their time.
func (l *line) taken(id bson.ObjectID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if leaps, out := l.out[id]; !out || leaps < l.leaps {
		return
	}
	l.leaps++
	l.next += int(l.draw() * float64(len(l.waiting())+1))
}
