package simulation

import (
	"container/heap"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Team is some mailboxes and the sequences that they send together. No two teams share anything.
type Team struct {
	Policy outreach.Policy
	boxes  []*box
	lists  []*list
	dice   func() float64
	echo   Echo
	caps   map[string]int
}

// box is a mailbox with the follow-ups that are its own and what is on its way to it.
type box struct {
	*outreach.Mailbox
	due     queue
	coming  mailQueue
	strange time.Time // when the next message arrives that concerns nobody
	lists   []*list
}

// list is a sequence with its new recipients in line.
type list struct {
	*outreach.Sequence
	fresh queue
	live  int // recipients who may still be sent to
}

// NewTeam makes a team of stored documents. Dice are from 0 up to 1. Recipients without a mailbox are new ones of their sequence.
func NewTeam(boxes []outreach.Mailbox, sequences []outreach.Sequence, recipients []outreach.Recipient, dice func() float64) *Team {
	t := &Team{dice: dice, caps: map[string]int{}}
	byID := map[bson.ObjectID]*box{}
	for i := range boxes {
		b := &box{Mailbox: &boxes[i]}
		byID[b.ID] = b
		t.boxes = append(t.boxes, b)
	}
	lists := map[bson.ObjectID]*list{}
	for i := range sequences {
		lists[sequences[i].ID] = t.add(&sequences[i])
	}
	for i := range recipients {
		r := &recipients[i]
		l := lists[r.SequenceID]
		l.live++
		if r.MailboxID.IsZero() {
			heap.Push(&l.fresh, r)
		} else {
			heap.Push(&byID[r.MailboxID].due, r)
		}
	}
	return t
}

// add takes a sequence into the team.
func (t *Team) add(seq *outreach.Sequence) *list {
	l := &list{Sequence: seq}
	t.lists = append(t.lists, l)
	for _, b := range t.boxes {
		for _, id := range seq.MailboxIDs {
			if id == b.ID {
				b.lists = append(b.lists, l)
			}
		}
	}
	return l
}

func (t *Team) list(id bson.ObjectID) *list {
	for _, l := range t.lists {
		if l.ID == id {
			return l
		}
	}
	return nil
}

// ended takes a recipient out of the team's count; wherever he stands in line he is passed over.
func (t *Team) ended(r *outreach.Recipient, state outreach.State) {
	if sendable(r) {
		r.State = state
		t.list(r.SequenceID).live--
	}
}

// forget drops the sequences that have nobody left to send to, all but the last, which is being filled.
func (t *Team) forget() {
	kept := t.lists[:0]
	for i, l := range t.lists {
		if l.live > 0 || i == len(t.lists)-1 {
			kept = append(kept, l)
		}
	}
	if len(kept) == len(t.lists) {
		return
	}
	t.lists = kept
	for _, b := range t.boxes {
		b.lists = nil
		for _, l := range kept {
			for _, id := range l.MailboxIDs {
				if id == b.ID {
					b.lists = append(b.lists, l)
				}
			}
		}
	}
}

func sendable(r *outreach.Recipient) bool {
	return r.State == outreach.StateQueued || r.State == outreach.StateActive
}

// queue is a heap of recipients in the order in which they come due.
type queue []*outreach.Recipient

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	a, b := q[i].DueAt(), q[j].DueAt()
	return a.Before(b) || a.Equal(b) && outreach.CompareDue(q[i], q[j]) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*outreach.Recipient)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// head is the first who is due at now and may be sent to, nil if there is none.
func (q *queue) head(now time.Time) *outreach.Recipient {
	for len(*q) > 0 {
		r := (*q)[0]
		if sendable(r) {
			if r.DueAt().After(now) {
				return nil
			}
			return r
		}
		heap.Pop(q)
	}
	return nil
}

// take removes up to n who are due.
func (q *queue) take(now time.Time, n int) []*outreach.Recipient {
	var out []*outreach.Recipient
	for len(out) < n && q.head(now) != nil {
		out = append(out, heap.Pop(q).(*outreach.Recipient))
	}
	return out
}

// dueNow counts who is due, up to a limit. Below one who is not due yet nobody is.
func (q queue) dueNow(now time.Time, limit int) int {
	n := 0
	var look func(i int)
	look = func(i int) {
		if i >= len(q) || n >= limit || q[i].DueAt().After(now) {
			return
		}
		if sendable(q[i]) {
			n++
		}
		look(2*i + 1)
		look(2*i + 2)
	}
	look(0)
	return n
}

// mail is a message on its way back to a mailbox. Without a recipient it concerns nobody.
type mail struct {
	at        time.Time
	recipient *outreach.Recipient
	ends      outreach.State // what becomes of the recipient, "" for nothing
	away      bool
}

// mailQueue is a heap of them, the next one first.
type mailQueue []mail

func (q mailQueue) Len() int           { return len(q) }
func (q mailQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q mailQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *mailQueue) Push(x any)        { *q = append(*q, x.(mail)) }
func (q *mailQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}
