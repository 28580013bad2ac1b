package forecast

import (
	"bytes"
	"container/heap"
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Send is one message that the simulation sends.
type Send struct {
	At        time.Time
	Mailbox   *outreach.Mailbox
	Sequence  *outreach.Sequence
	Recipient *outreach.Recipient // as it was before
	Step      int
}

// eventsMost bounds a simulation.
const eventsMost = 2_000_000

// serviceTime is how long one message takes a mailbox without a gap.
const serviceTime = time.Second

// middle is the draw that stands for all: the simulation shows the average, not one throw of the dice.
const middle = 0.5

// simulation plays the worker forward: every mailbox sends what the rules allow as soon as they allow it. Nobody answers, nothing bounces,
// cron and syncs run all the time.
type simulation struct {
	policy    outreach.Policy
	cron      bool // runs happen all the time, so that nobody who waits behind a cap is forgotten
	until     time.Time
	counters  map[string]int
	sequences map[bson.ObjectID]*outreach.Sequence
	sentFrom  map[bson.ObjectID][]*outreach.Sequence // the sequences of a mailbox
	fresh     map[bson.ObjectID]*queue               // new recipients by sequence
	followups map[bson.ObjectID]*queue               // by mailbox
	closed    map[bson.ObjectID]time.Time            // until when a sequence's caps hold
	noNew     map[bson.ObjectID]time.Time
	zoned     map[bson.ObjectID]bool // sequences with new recipients who have a zone of their own
	wakes     wakes
	benches
	left map[bson.ObjectID]int // recipients of a sequence who still wait for something
}

// newSimulation loads what is waiting in active sequences.
func (f *Forecaster) newSimulation(ctx context.Context, w *world, until time.Time) (*simulation, error) {
	s := &simulation{
		policy: f.Policy, cron: true, until: until, counters: map[string]int{}, sequences: map[bson.ObjectID]*outreach.Sequence{},
		sentFrom: map[bson.ObjectID][]*outreach.Sequence{}, fresh: map[bson.ObjectID]*queue{}, followups: map[bson.ObjectID]*queue{}, closed: map[bson.ObjectID]time.Time{}, noNew: map[bson.ObjectID]time.Time{},
		left: map[bson.ObjectID]int{}, zoned: map[bson.ObjectID]bool{}, benches: newBenches(),
	}
	s.policy.FollowUpMaxSyncAge = 0
	for _, seq := range w.sequences {
		if seq.Status != outreach.SequenceActive {
			continue
		}
		alive := *seq
		s.sequences[seq.ID], s.fresh[seq.ID] = &alive, &queue{}
		for _, id := range seq.MailboxIDs {
			s.sentFrom[id] = append(s.sentFrom[id], &alive)
		}
		if err := f.loadSequence(ctx, w, s, &alive); err != nil {
			return nil, err
		}
	}
	for _, mb := range w.mailboxes {
		if mb.Status == outreach.MailboxActive {
			simulated := *mb
			s.wakes = append(s.wakes, wake{at: w.now, mailbox: &simulated})
		}
	}
	heap.Init(&s.wakes)
	return s, nil
}

// loadSequence loads a sequence's sendable recipients and what is taken of its caps today.
func (f *Forecaster) loadSequence(ctx context.Context, w *world, s *simulation, seq *outreach.Sequence) error {
	for _, state := range []outreach.State{outreach.StateActive, outreach.StateQueued} {
		err := f.Store.Upcoming(ctx, seq.ID, state, 0, func(r outreach.Recipient) error {
			if f.Content != nil && f.Content(seq, &r) != "" {
				return nil
			}
			s.add(&r)
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, c := range outreach.SharedCaps(w.now, seq, &outreach.Recipient{}, nil, s.policy) {
		n, err := f.Store.Reserved(ctx, c.Key)
		if err != nil {
			return err
		}
		s.counters[c.Key] = n
	}
	return nil
}

// add puts a recipient where the mailbox that will send to him looks.
func (s *simulation) add(r *outreach.Recipient) {
	s.left[r.SequenceID]++
	if r.MailboxID.IsZero() && r.Timezone != "" {
		s.zoned[r.SequenceID] = true
	}
	s.push(r)
}

func (s *simulation) push(r *outreach.Recipient) {
	if r.MailboxID.IsZero() {
		heap.Push(s.fresh[r.SequenceID], r)
		return
	}
	if s.followups[r.MailboxID] == nil {
		s.followups[r.MailboxID] = &queue{}
	}
	heap.Push(s.followups[r.MailboxID], r)
}

// run plays until nothing is left, the time is over, or each says stop.
func (s *simulation) run(each func(Send) (goOn bool)) (finished bool) {
	for range eventsMost {
		if len(s.wakes) == 0 {
			return true
		}
		w := heap.Pop(&s.wakes).(wake)
		if w.at.After(s.until) {
			return false
		}
		mb := s.whose(w)
		if mb == nil {
			continue
		}
		s.turns[mb.ID]++
		sent, next := s.turn(w.at, mb)
		if sent != nil && !each(*sent) {
			return false
		}
		if !next.IsZero() {
			heap.Push(&s.wakes, wake{at: next, mailbox: mb, turn: s.turns[mb.ID]})
		}
		if w.sequence != nil {
			s.alarm(w.at, w.sequence)
		}
	}
	return false
}

// whose turn it is, nil if nobody's: a mailbox that had a turn since it was to be woken has another time to wake up.
func (s *simulation) whose(w wake) *outreach.Mailbox {
	switch {
	case w.sequence != nil:
		return s.woken(w)
	case w.turn != s.turns[w.mailbox.ID]:
		return nil
	}
	return w.mailbox
}

// turn lets one mailbox send one message, if it may, and says when to look at it again; never if zero.
func (s *simulation) turn(now time.Time, mb *outreach.Mailbox) (*Send, time.Time) {
	if reason, until := mb.Blocked(now); reason != "" {
		return nil, until
	}
	for {
		q := s.nextQueue(now, mb)
		if q == nil {
			return nil, s.rest(now, mb)
		}
		r := heap.Pop(q).(*outreach.Recipient)
		seq := s.sequences[r.SequenceID]
		if s.cron {
			seq.LastRunAt = &now
		}
		in := outreach.Situation{Now: now, Recipient: r, Sequence: seq, Mailbox: mb, Policy: s.policy}
		caps := outreach.SharedCaps(now, seq, r, mb, s.policy)
		for _, c := range caps {
			c.Put(&in, s.counters[c.Key])
		}
		d := outreach.Verdict(in)
		if d.Action != outreach.Send {
			s.put(now, r, d)
			continue
		}
		for _, c := range caps {
			s.counters[c.Key]++
		}
		send := s.send(now, mb, seq, r)
		return send, later(now.Add(serviceTime), mb.NextSendAt)
	}
}

// put acts on a verdict that is not Send as the worker does.
func (s *simulation) put(now time.Time, r *outreach.Recipient, d outreach.Decision) {
	seq := s.sequences[r.SequenceID]
	if d.Action != outreach.Wait || d.Until.IsZero() {
		s.left[r.SequenceID]-- // held or stopped: nothing will be sent without a person
		return
	}
	switch d.Reason {
	case outreach.ReasonSequenceDailyLimit:
		s.closed[r.SequenceID] = d.Until
	case outreach.ReasonNewPerDay:
		s.noNew[r.SequenceID] = d.Until
	case outreach.ReasonOutsideWindow, outreach.ReasonHoliday:
		opens, ok := seq.Window.Next(now, seq.Location(), seq.Holidays)
		if ok && r.MailboxID.IsZero() && !s.zoned[r.SequenceID] { // all in line wait for the same window, as they stand
			s.noNew[r.SequenceID] = opens
			s.push(r)
			return
		}
	}
	r.NextSendAt = &d.Until
	s.push(r)
}

// send advances the mailbox and the recipient.
func (s *simulation) send(now time.Time, mb *outreach.Mailbox, seq *outreach.Sequence, r *outreach.Recipient) *Send {
	before := *r
	mb.AfterSend(now, middle).Apply(mb)
	state, due, _ := seq.Advance(r, r.Step, now)
	r.Step, r.MailboxID, r.State, r.LastSentAt = r.Step+1, mb.ID, state, &now
	if state == outreach.StateActive {
		r.NextSendAt = due
		s.push(r)
	} else {
		s.left[seq.ID]--
	}
	return &Send{At: now, Mailbox: mb, Sequence: seq, Recipient: &before, Step: before.Step}
}

// queues are where a mailbox finds work: its follow-ups, then new recipients of its sequences that may take some.
func (s *simulation) queues(now time.Time, mb *outreach.Mailbox) []*queue {
	var out []*queue
	if q := s.followups[mb.ID]; q != nil {
		out = append(out, q)
	}
	for _, seq := range s.sentFrom[mb.ID] {
		if !s.closed[seq.ID].After(now) && !s.noNew[seq.ID].After(now) {
			out = append(out, s.fresh[seq.ID])
		}
	}
	return out
}

// nextQueue is the queue whose head is first in line at now, nil if none is due.
func (s *simulation) nextQueue(now time.Time, mb *outreach.Mailbox) *queue {
	var best *queue
	for _, q := range s.queues(now, mb) {
		if len(*q) == 0 || (*q)[0].DueAt().After(now) {
			continue
		}
		if best == nil || outreach.CompareDue((*q)[0], (*best)[0]) < 0 {
			best = q
		}
	}
	return best
}

func later(t time.Time, other *time.Time) time.Time {
	if other != nil && other.After(t) {
		return *other
	}
	return t
}

// queue is a heap of recipients in the order in which they come due.
type queue []*outreach.Recipient

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].DueAt().Before(q[j].DueAt()) || q[i].DueAt().Equal(q[j].DueAt()) && outreach.CompareDue(q[i], q[j]) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*outreach.Recipient)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// wake is when a mailbox looks for work, or when one is called from a sequence's bench to do so.
type wake struct {
	at       time.Time
	mailbox  *outreach.Mailbox
	turn     int // of the mailbox when this was set
	sequence *outreach.Sequence
}

// wakes is a heap of them, earliest first; of equals the benches, whose mailboxes were idle longest, then the mailbox that was.
type wakes []wake

func (h wakes) Len() int { return len(h) }
func (h wakes) Less(i, j int) bool {
	a, b := h[i], h[j]
	switch {
	case !a.at.Equal(b.at):
		return a.at.Before(b.at)
	case a.sequence != nil && b.sequence != nil:
		return bytes.Compare(a.sequence.ID[:], b.sequence.ID[:]) < 0
	case a.sequence != nil || b.sequence != nil:
		return a.sequence != nil
	}
	return outreach.CompareIdle(a.mailbox, b.mailbox, a.at) < 0
}
func (h wakes) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *wakes) Push(x any)   { *h = append(*h, x.(wake)) }
func (h *wakes) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
