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

	Waiting, Due, Sequences, Enrolled mean
	mailboxes                         int
}

// mean is the mean of what was looked at from time to time.
type mean struct{ sum, n, most int }

func (m *mean) add(v int) { m.sum, m.n, m.most = m.sum+v, m.n+1, max(m.most, v) }

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
	l.First, l.Looked, l.Strangers, l.Ours, l.mailboxes = l.First+o.First, l.Looked+o.Looked, l.Strangers+o.Strangers, l.Ours+o.Ours, l.mailboxes+o.mailboxes
	for _, p := range [][2]*mean{{&l.Waiting, &o.Waiting}, {&l.Due, &o.Due}, {&l.Sequences, &o.Sequences}, {&l.Enrolled, &o.Enrolled}} {
		p[0].sum, p[0].n, p[0].most = p[0].sum+p[1].sum, p[0].n+p[1].n, p[0].most+p[1].most
	}
}

// Total is the sum over the week.
func Total(minutes *[week]int) int {
	n := 0
	for _, v := range minutes {
		n += v
	}
	return n
}

// Peak is the greatest sum over so many minutes in a row, and the minute in which they begin.
func Peak(minutes *[week]int, length int) (most, at int) {
	sum := 0
	for m, v := range minutes {
		if sum += v; m >= length {
			sum -= minutes[m-length]
		}
		if sum > most {
			most, at = sum, m-length+1
		}
	}
	return most, at
}
