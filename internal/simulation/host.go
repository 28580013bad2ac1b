package simulation

import "sync"

// atOnce is how many mailboxes a run works on at once: four for each of its connections, for most of them wait for a gap (cmd/mailrun).
func (c Capacity) atOnce() int { return 4 * c.Connections }

// OneHost is what one host sends of what the mailboxes given to it could, by their number.
type OneHost struct {
	Mailboxes []int
	Share     []float64 // of the messages that go out where nothing bounds how many mailboxes are worked on at once
}

// PlayHost plays a working day of one host with more and more mailboxes, all of one zone.
func PlayHost(a Assumptions, c Capacity) OneHost {
	h := OneHost{Mailboxes: []int{1000, 4000}}
	for _, n := range h.Mailboxes {
		var free, bound int
		var group sync.WaitGroup
		group.Go(func() { free = a.hostDay(n, 0) })
		group.Go(func() { bound = a.hostDay(n, c.atOnce()) })
		group.Wait()
		h.Share = append(h.Share, float64(bound)/float64(free))
	}
	return h
}

// peopleForADay are some more than a mailbox writes to in a day.
const peopleForADay = 50

// hostDay counts the messages of one Monday.
func (a Assumptions) hostDay(mailboxes, atOnce int) int {
	a.Sample, a.Warm, a.Team = 1, 0, mailboxes
	a.Recipients = peopleForADay * a.Mailboxes
	p := a.newPlayer(0)
	book := &Ledger{From: monday}
	for now := monday; now.Before(monday.AddDate(0, 0, 1)); now = now.Add(a.SendEvery) {
		p.fill(now)
		p.Send(now, Cron{For: a.SendFor, PerMessage: a.PerMessage, AtOnce: atOnce}, book)
	}
	return Sum(book.Messages[:])
}
