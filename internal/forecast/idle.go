package forecast

import (
	"bytes"
	"cmp"
	"container/heap"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// benches are where mailboxes rest that found nothing to send, one bench for each sequence. When a new recipient of a sequence comes due, the
// one of its bench that was idle longest is woken. If each of a thousand mailboxes woke up by itself to look, every recipient would cost a
// thousand looks.
type benches struct {
	resting map[bson.ObjectID]*resters
	turns   map[bson.ObjectID]int       // of each mailbox; who rests since an earlier turn has left the bench
	alarms  map[bson.ObjectID]time.Time // when a sequence's bench is looked at next
}

func newBenches() benches {
	return benches{resting: map[bson.ObjectID]*resters{}, turns: map[bson.ObjectID]int{}, alarms: map[bson.ObjectID]time.Time{}}
}

// rest lays a mailbox on the benches of its sequences until one of their recipients comes due, and says when its own next follow-up is.
func (s *simulation) rest(now time.Time, mb *outreach.Mailbox) time.Time {
	for _, seq := range s.sentFrom[mb.ID] {
		bench := s.resting[seq.ID]
		if bench == nil {
			bench = &resters{}
			s.resting[seq.ID] = bench
		}
		heap.Push(bench, rester{mb, s.turns[mb.ID]})
		s.alarm(now, seq)
	}
	if q := s.followups[mb.ID]; q != nil && len(*q) > 0 {
		return (*q)[0].DueAt()
	}
	return time.Time{}
}

// alarm has a sequence's bench looked at when its next new recipient may be sent to, but not before now.
func (s *simulation) alarm(now time.Time, seq *outreach.Sequence) {
	bench, fresh := s.resting[seq.ID], *s.fresh[seq.ID]
	if bench == nil || len(*bench) == 0 || len(fresh) == 0 {
		return
	}
	at := fresh[0].DueAt()
	for _, other := range []time.Time{s.closed[seq.ID], s.noNew[seq.ID], now} {
		if other.After(at) {
			at = other
		}
	}
	if set, ok := s.alarms[seq.ID]; ok && !set.After(at) {
		return
	}
	s.alarms[seq.ID] = at
	heap.Push(&s.wakes, wake{at: at, sequence: seq})
}

// woken takes the mailbox off a sequence's bench that was idle longest, nil if the alarm was put off or nobody is there.
func (s *simulation) woken(w wake) *outreach.Mailbox {
	if set, ok := s.alarms[w.sequence.ID]; !ok || !set.Equal(w.at) {
		return nil
	}
	delete(s.alarms, w.sequence.ID)
	if fresh := *s.fresh[w.sequence.ID]; len(fresh) == 0 || fresh[0].DueAt().After(w.at) {
		s.alarm(w.at, w.sequence) // another mailbox came first
		return nil
	}
	bench := s.resting[w.sequence.ID]
	for len(*bench) > 0 {
		if r := heap.Pop(bench).(rester); r.turn == s.turns[r.mailbox.ID] {
			return r.mailbox
		}
	}
	return nil
}

// rester is a mailbox on a bench since one of its turns.
type rester struct {
	mailbox *outreach.Mailbox
	turn    int
}

// resters is a heap of them, the one that was idle longest first.
type resters []rester

func (h resters) Len() int { return len(h) }
func (h resters) Less(i, j int) bool {
	a, b := h[i].mailbox, h[j].mailbox
	return cmp.Or(timeOf(a.LastSentAt).Compare(timeOf(b.LastSentAt)), bytes.Compare(a.ID[:], b.ID[:])) < 0
}
func (h resters) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *resters) Push(x any)   { *h = append(*h, x.(rester)) }
func (h *resters) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
