package simulation

import (
	"math"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Book is told what happens.
type Book interface {
	Count(at time.Time, k Kind, n int)
	Sent(at time.Time, mailbox bson.ObjectID, step int)
	// Listed is told how many recipients a line listed, Arrived how many messages a mailbox received.
	Listed(at time.Time, recipients int)
	Arrived(at time.Time, strangers, ours int)
	// Visited is told how long a run stayed with a mailbox, and whether it sent from it.
	Visited(began time.Time, took time.Duration, sent bool)
}

// week is the length of what is counted, in minutes.
const week = 7 * 24 * 60

// Ledger counts a week by the minute, of one team or of many.
type Ledger struct {
	From      time.Time
	Messages  [week]int
	First     int // messages that were first steps
	Requests  [kinds][week]int
	Looked    int // recipients that lines listed
	Strangers int
	Ours      int

	Idle int       // visits that sent nothing
	Stay [week]int // seconds that runs stayed with mailboxes, by the minute in which they came

	// Looked at once an hour: recipients enrolled and not at their end, those of them who are due, active sequences, mailboxes that could send
	// to somebody who is due.
	Enrolled, Due, Sequences, Working [week / 60]int
}

// minute is the place of an instant in the week, false if it lies outside.
func (l *Ledger) minute(at time.Time) (int, bool) {
	m := int(math.Floor(at.Sub(l.From).Minutes()))
	return m, m >= 0 && m < week
}

// Count counts requests.
func (l *Ledger) Count(at time.Time, k Kind, n int) {
	if m, ok := l.minute(at); ok {
		l.Requests[k][m] += n
	}
}

// Sent counts a message.
func (l *Ledger) Sent(at time.Time, _ bson.ObjectID, step int) {
	m, ok := l.minute(at)
	if !ok {
		return
	}
	l.Messages[m]++
	if step == 0 {
		l.First++
	}
}

// Listed counts recipients that were read to choose from.
func (l *Ledger) Listed(at time.Time, n int) {
	if _, ok := l.minute(at); ok {
		l.Looked += n
	}
}

// Arrived counts messages that came in.
func (l *Ledger) Arrived(at time.Time, strangers, ours int) {
	if _, ok := l.minute(at); ok {
		l.Strangers, l.Ours = l.Strangers+strangers, l.Ours+ours
	}
}

// Add adds another ledger.
func (l *Ledger) Add(o *Ledger) {
	for m := range l.Messages {
		l.Messages[m] += o.Messages[m]
	}
	for k := range l.Requests {
		for m := range l.Requests[k] {
			l.Requests[k][m] += o.Requests[k][m]
		}
	}
	for m := range l.Stay {
		l.Stay[m] += o.Stay[m]
	}
	for h := range l.Due {
		l.Enrolled[h], l.Due[h] = l.Enrolled[h]+o.Enrolled[h], l.Due[h]+o.Due[h]
		l.Sequences[h], l.Working[h] = l.Sequences[h]+o.Sequences[h], l.Working[h]+o.Working[h]
	}
	l.First, l.Looked, l.Strangers, l.Ours, l.Idle = l.First+o.First, l.Looked+o.Looked, l.Strangers+o.Strangers, l.Ours+o.Ours, l.Idle+o.Idle
}

// Visited notes a visit to a mailbox.
func (l *Ledger) Visited(began time.Time, took time.Duration, sent bool) {
	m, ok := l.minute(began)
	if !ok {
		return
	}
	l.Stay[m] += int(took.Seconds())
	if !sent {
		l.Idle++
	}
}

// Sum is the sum of counts.
func Sum(counts []int) int {
	n := 0
	for _, v := range counts {
		n += v
	}
	return n
}

// Peak is the greatest sum over so many minutes that begin at a multiple of them, and the minute in which they begin.
func Peak(minutes []int, length int) (most, at int) {
	for m := 0; m < len(minutes); m += length {
		if sum := Sum(minutes[m:min(m+length, len(minutes))]); sum > most {
			most, at = sum, m
		}
	}
	return most, at
}
