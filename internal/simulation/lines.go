package simulation

import (
	"container/heap"
	"slices"
	"time"

	"mailrun/pkg/outreach"
)

// line is what a run has listed of a sequence's new recipients. Out were handed out since it was listed; those in hand are neither sent to nor
// put elsewhere, and are listed again.
type line struct {
	length            int // of the last listing
	listed, out, hand int
	rested            time.Time
}

// readLines reads the sequences of a page whole that have somebody in line.
func (r *sendRun) readLines(page []*visit, now time.Time) {
	before := len(r.read)
	for _, v := range page {
		for _, l := range v.inLine {
			r.read[l.ID] = true
		}
	}
	if len(r.read) > before {
		r.count(now, ReadSequences)
	}
}

// inLine are the mailbox's sequences that have somebody in line for it. While the window is closed, nobody is: all live in the sequence's zone.
func (b *box) inLine(now time.Time) []*list {
	var lists []*list
	for _, l := range b.lists {
		if l.fresh.head(now) != nil && l.Closed(now, l.Location()) == "" {
			lists = append(lists, l)
		}
	}
	return lists
}

// listDue is box.due of the worker: follow-ups first, then new recipients of the sequences that may take some.
func (r *sendRun) listDue(v *visit, now time.Time) []*outreach.Recipient {
	var due []*outreach.Recipient
	if v.own {
		due = r.followUps(v, now)
	}
	open := r.open(v)
	if v.own && len(due) < pacedSize && len(open) > 0 {
		r.count(now, ListRetries)
	}
	for _, l := range open {
		if len(due) >= pacedSize {
			break
		}
		due = append(due, r.takeNew(l, now)...)
	}
	slices.SortFunc(due, outreach.CompareDue)
	return due
}

// followUps are those of the mailbox's own who are due, without the sequences whose daily limit is reached. A sequence that the run comes
// upon is read.
func (r *sendRun) followUps(v *visit, now time.Time) []*outreach.Recipient {
	for {
		r.count(now, ListDue)
		most := pacedSize
		if v.rests {
			most = closedMost
		}
		due := v.due.take(now, most)
		whole := len(due) == most
		left := 0
		due = slices.DeleteFunc(due, func(rec *outreach.Recipient) bool {
			if !r.read[rec.SequenceID] {
				r.read[rec.SequenceID] = true
				r.count(now, ReadSequences)
			}
			if r.blocked[rec.SequenceID] {
				v.passed[rec] = true
				left++
			}
			return r.blocked[rec.SequenceID]
		})
		if !whole || left == 0 {
			return due
		}
	}
}

// open are the mailbox's sequences that may take new recipients in this run.
func (r *sendRun) open(v *visit) []*list {
	var open []*list
	for _, l := range v.inLine {
		if !r.blocked[l.ID] && !r.noNew[l.ID] {
			open = append(open, l)
		}
	}
	return open
}

// takeNew takes a new recipient off a line. It is one at a time where a gap follows each message, as with every mailbox that is played.
func (r *sendRun) takeNew(l *list, now time.Time) []*outreach.Recipient {
	if !r.somebodyIn(l, now) {
		return nil
	}
	taken, ln := l.fresh.take(now, 1), r.lines[l.ID]
	ln.listed, ln.out, ln.hand = ln.listed-len(taken), ln.out+len(taken), ln.hand+len(taken)
	return taken
}

// somebodyIn tells whether somebody is in a line, listing it again when what was listed is used up.
func (r *sendRun) somebodyIn(l *list, now time.Time) bool {
	ln := r.lines[l.ID]
	if ln == nil {
		ln = &line{}
		r.lines[l.ID] = ln
	}
	if ln.listed > 0 {
		return true
	}
	if !ln.rested.IsZero() && now.Sub(ln.rested) < lineRest {
		return false
	}
	if ln.length = min(2*ln.length, lineLength); ln.length == 0 {
		ln.length = min(max(2*len(l.MailboxIDs), lineShortest), lineLength)
	}
	r.count(now, ListNew)
	if ln.listed = l.fresh.dueNow(now, ln.length+ln.out-ln.hand); ln.listed == 0 {
		ln.rested = now
	}
	r.book.Listed(now, ln.listed+ln.hand)
	ln.out = ln.hand
	return ln.listed > 0
}

// queueOf puts a recipient in the line in which he waits.
func (t *Team) queueOf(b *box, rec *outreach.Recipient) {
	if rec.MailboxID.IsZero() {
		heap.Push(&t.list(rec.SequenceID).fresh, rec)
		return
	}
	heap.Push(&b.due, rec)
}
