package simulation

import "mailrun/internal/store"

// kept is what a collection holds.
type kept struct {
	collection string
	documents  float64
	data       float64 // bytes, not compressed
	indexes    float64 // bytes
}

const weeksInMonth = 365.25 / 7 / 12

// after is what the large collections hold after so many months in which nothing was deleted, beyond the recipients at the start.
func (p *Paper) after(months float64) []kept {
	weeks := months * weeksInMonth
	grown := func(perWeek int) float64 { return p.all(perWeek) * weeks }
	ended := p.Echo.Bounces + p.Echo.OptOuts
	return []kept{
		p.keep(store.Recipients, float64(p.Recipients)+grown(p.First)),
		p.keep(store.History, grown(Sum(p.Messages[:]))),
		p.keep(store.Replies, grown(p.Ours)),
		p.keep(store.Threads, grown(p.Ours)),
		p.keep(store.Suppressions, grown(Sum(p.Messages[:]))*ended),
		p.keep(store.Sequences, p.all(Sum(p.Sequences[:]))/float64(len(p.Sequences))+grown(p.First)/float64(p.ListSize())),
		p.keep(store.Mailboxes, float64(p.Mailboxes)),
	}
}

func (p *Paper) keep(collection string, documents float64) kept {
	s := p.Sizes[collection]
	return kept{collection, documents, documents * s.Document, documents * s.Index()}
}

// hot is what is in use all the time, in bytes.
type hot struct{ mailboxes, recipients, history float64 }

func (h hot) total() float64 { return h.mailboxes + h.recipients + h.history }

// lookBackDays is for how long a delivery is read again: until the last step, and while answers come.
const lookBackDays = 21

// workingSet is what must be in the database's memory: the mailboxes, the recipients who are enrolled, and the deliveries of those, each with
// their index entries.
func (p *Paper) workingSet() hot {
	size := func(k kept) float64 { return k.data + k.indexes }
	recent := p.all(Sum(p.Messages[:])) / 7 * lookBackDays
	return hot{
		mailboxes:  size(p.keep(store.Mailboxes, float64(p.Mailboxes))),
		recipients: size(p.keep(store.Recipients, float64(p.Recipients))),
		history:    size(p.keep(store.History, recent)),
	}
}
