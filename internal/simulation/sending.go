package simulation

import (
	"container/heap"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// The worker's own numbers: how many recipients a mailbox with a gap lists at once, and while all windows are closed, how many a line does at most and at
// least, for how long an empty line rests, how many mailboxes are on a page, and how often it is noted that a run looked at a sequence.
const (
	pacedSize    = 40
	closedMost   = 10
	lineLength   = 500
	lineShortest = 20
	// furthestAhead is how many a line passes by at most where other runs are at work.
	furthestAhead = 10 * lineLength
	lineRest      = time.Second
	pageSize      = 500
	markEvery     = time.Hour
)

// Cron is how a run of run-sequences is called: for how long, how long a message takes a mailbox, and with how many mailboxes it works at
// once, 0 for all. All hosts together are one such run: which of them visits a mailbox changes nothing.
type Cron struct {
	For, PerMessage time.Duration
	AtOnce          int
}

// sendRun is one run of run-sequences over a team.
type sendRun struct {
	*Team
	Cron
	book     Book
	deadline time.Time
	lines    map[bson.ObjectID]*line
	blocked  map[bson.ObjectID]bool // sequences whose daily limit is reached
	noNew    map[bson.ObjectID]bool
	read     map[bson.ObjectID]bool // sequences that were read whole
	waiting  visits
}

// Send plays one run of run-sequences that begins at now.
func (t *Team) Send(now time.Time, c Cron, book Book) {
	r := &sendRun{
		Team: t, Cron: c, book: book, deadline: now.Add(c.For),
		lines: map[bson.ObjectID]*line{}, blocked: map[bson.ObjectID]bool{}, noNew: map[bson.ObjectID]bool{}, read: map[bson.ObjectID]bool{},
	}
	chosen := r.choose(now)
	first := len(chosen)
	if c.AtOnce > 0 {
		first = min(first, c.AtOnce)
	}
	for _, v := range chosen[:first] {
		r.begin(v, now)
	}
	next := chosen[first:]
	for len(r.waiting) > 0 {
		v := heap.Pop(&r.waiting).(*visit)
		if ended, over := r.goOn(v, v.at); over && len(next) > 0 && ended.Before(r.deadline) {
			r.begin(next[0], ended)
			next = next[1:]
		}
	}
	for _, l := range t.lists {
		if l.LastRunAt == nil || now.Sub(*l.LastRunAt) >= markEvery {
			l.LastRunAt = &now
		}
	}
}

// begin has a mailbox visited at now.
func (r *sendRun) begin(v *visit, now time.Time) {
	v.began, v.at = now, now
	heap.Push(&r.waiting, v)
}

func (r *sendRun) count(now time.Time, k Kind) { r.book.Count(now, k, 1) }

// choose is the worker's choice: the mailboxes with due work that may send before the deadline, page by page, of each the longest idle first.
func (r *sendRun) choose(now time.Time) []*visit {
	var able []*box
	for _, b := range r.boxes {
		if b.Status == outreach.MailboxActive && (b.NextSendAt == nil || !b.NextSendAt.After(r.deadline)) {
			able = append(able, b)
		}
	}
	if len(able) > pageSize {
		slices.SortStableFunc(able, func(a, b *box) int { return maySend(a).Compare(maySend(b)) })
	}
	var chosen []*visit
	for page := range slices.Chunk(able, pageSize) {
		from := len(chosen)
		for _, b := range page {
			if v := r.candidate(b, now); v != nil {
				chosen = append(chosen, v)
			}
		}
		slices.SortFunc(chosen[from:], func(a, b *visit) int { return outreach.CompareIdle(a.Mailbox, b.Mailbox, now) })
		r.readLines(chosen[from:], now)
	}
	for i, v := range chosen {
		v.order = i
	}
	return chosen
}

// maySend is when a mailbox may send at the earliest.
func maySend(b *box) time.Time {
	if b.NextSendAt == nil {
		return time.Time{}
	}
	return *b.NextSendAt
}

// candidate is a visit to a mailbox, nil if it has no work.
func (r *sendRun) candidate(b *box, now time.Time) *visit {
	v := &visit{box: b, own: b.due.head(now) != nil, inLine: b.inLine(now), passed: map[*outreach.Recipient]bool{}}
	if !v.own && len(v.inLine) == 0 {
		return nil
	}
	v.rests = len(b.lists) > 0 && !slices.ContainsFunc(b.lists, func(l *list) bool { return l.Closed(now, l.Location()) == "" })
	return v
}

// hasWork tells whether somebody is due whom the mailbox could send to.
func (b *box) hasWork(now time.Time) bool { return b.due.head(now) != nil || len(b.inLine(now)) > 0 }

// visit is a run's work on one mailbox.
type visit struct {
	*box
	began  time.Time
	at     time.Time // when it goes on
	own    bool      // follow-ups of its own were due when the run began, or it wrote to somebody
	inLine []*list   // sequences with somebody in line, when the run began
	rests  bool      // the windows of all of its sequences were closed then
	leased bool
	given  bool // back, with the last outcome
	sent   bool
	order  int // among those that go on at the same time
	kept   []*outreach.Recipient
	passed map[*outreach.Recipient]bool
}

// goOn works until the mailbox has nothing to do or may not send before the deadline, and says when that is; or until it must wait for a
// moment.
func (r *sendRun) goOn(v *visit, now time.Time) (ended time.Time, over bool) {
	if !v.leased && v.mustWait(now, r.deadline) {
		return now, true
	}
	for now.Before(r.deadline) {
		if len(v.kept) == 0 {
			due := r.listDue(v, now)
			if len(due) == 0 {
				break
			}
			r.lease(v, now)
			v.kept = r.judge(v, due, now)
			if len(v.kept) == 0 && v.rests {
				break
			}
			if len(v.kept) == 0 {
				continue
			}
		}
		if reason, until := v.Blocked(now); reason != "" {
			if until.IsZero() || !until.Before(r.deadline) {
				break
			}
			v.at = until
			heap.Push(&r.waiting, v)
			return now, false
		}
		if now = r.deliver(v, now); v.given {
			break
		}
	}
	if !v.leased {
		return now, true
	}
	r.leave(v)
	if !v.given {
		r.count(now, Release)
	}
	r.book.Visited(v.began, now.Sub(v.began), v.sent)
	return now, true
}

// mustWait tells whether the mailbox may not send before a deadline.
func (b *box) mustWait(now, deadline time.Time) bool {
	reason, until := b.Blocked(now)
	return reason != "" && (until.IsZero() || !until.Before(deadline))
}

// lease takes the mailbox, once there is somebody to send to.
func (r *sendRun) lease(v *visit, now time.Time) {
	if !v.leased {
		v.leased = true
		r.count(now, Lease)
	}
}

// leave puts back whom the visit had in hand.
func (r *sendRun) leave(v *visit) {
	r.putBack(v, v.kept)
	v.kept = nil
	for rec := range v.passed {
		r.putBack(v, []*outreach.Recipient{rec})
	}
}

func (r *sendRun) putBack(v *visit, recs []*outreach.Recipient) {
	for _, rec := range recs {
		r.queueOf(v.box, rec)
		if ln := r.lines[rec.SequenceID]; rec.MailboxID.IsZero() && !v.passed[rec] {
			ln.listed, ln.out, ln.hand = ln.listed+1, ln.out-1, ln.hand-1
		}
	}
}

// deliver sends to the first in line and puts the others back.
func (r *sendRun) deliver(v *visit, now time.Time) time.Time {
	rec := v.kept[0]
	v.sent, v.own = true, true
	r.gone(rec)
	r.putBack(v, v.kept[1:])
	v.kept = nil
	l := r.list(rec.SequenceID)
	r.count(now, ClaimOne)
	if rec.Step > 0 {
		r.count(now, LookBack)
	}
	for _, c := range r.sharedCaps(now, l, rec, v) {
		r.count(now, TakeCap)
		r.caps[c.Key]++
	}
	for _, k := range []Kind{Intent, LookState, LookStop, LookStatus} {
		r.count(now, k)
	}
	now = now.Add(r.PerMessage)
	r.book.Sent(now, v.ID, rec.Step)
	v.AfterSend(now, r.dice()).Apply(v.Mailbox)
	if v.given = v.mustWait(now, r.deadline); v.given {
		r.count(now, OutcomeLast)
	} else {
		r.count(now, Outcome)
	}
	r.advance(v.box, l, rec, now)
	return now
}

// advance is what an accepted step makes of the recipient, and what comes back to it.
func (t *Team) advance(b *box, l *list, rec *outreach.Recipient, now time.Time) {
	state, due, _ := l.Advance(rec, rec.Step, now)
	rec.Step, rec.MailboxID, rec.LastSentAt = rec.Step+1, b.ID, &now
	if state == outreach.StateActive {
		rec.State, rec.NextSendAt = state, due
		heap.Push(&b.due, rec)
	} else {
		t.ended(rec, state)
	}
	t.answer(b, rec, now)
}

// answer draws what comes back to a message.
func (t *Team) answer(b *box, rec *outreach.Recipient, now time.Time) {
	if t.echo == (Echo{}) {
		return
	}
	roll := t.dice()
	for _, e := range []struct {
		share float64
		ends  outreach.State
		after time.Duration // at most
		away  bool
	}{
		{t.echo.Answers, outreach.StateReplied, 48 * time.Hour, false},
		{t.echo.Bounces, outreach.StateBounced, 10 * time.Minute, false},
		{t.echo.SoftBounces, "", 6 * time.Hour, false},
		{t.echo.OptOuts, outreach.StateUnsubscribed, 24 * time.Hour, false},
		{t.echo.Away, "", time.Minute, true},
	} {
		if roll -= e.share; roll < 0 {
			at := now.Add(time.Duration(t.dice() * float64(e.after)))
			heap.Push(&b.coming, mail{at: at, recipient: rec, ends: e.ends, away: e.away})
			return
		}
	}
}

// visits is a heap of visits that wait, the next one first.
type visits []*visit

func (h visits) Len() int { return len(h) }
func (h visits) Less(i, j int) bool {
	return h[i].at.Before(h[j].at) || h[i].at.Equal(h[j].at) && h[i].order < h[j].order
}
func (h visits) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *visits) Push(x any)   { *h = append(*h, x.(*visit)) }
func (h *visits) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
