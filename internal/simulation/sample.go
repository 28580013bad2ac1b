package simulation

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// monday is when the counted week begins. It is an ordinary week: no clock is changed in it.
var monday = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

// players is how many teams are played side by side.
const players = 2

// Result is what the sample did in the counted week.
type Result struct {
	Assumptions
	Ledger
	// Error is the standard error of the number of messages, as a share of it.
	Error float64
}

// Factor is how many mailboxes each of the sample stands for.
func (r *Result) Factor() float64 { return float64(r.Mailboxes) / float64(r.Sample*r.Team) }

// Play plays the sample.
func Play(a Assumptions) *Result {
	ledgers := make([]Ledger, players)
	messages := make([]float64, a.Sample)
	var group sync.WaitGroup
	for p := range ledgers {
		ledgers[p].From = monday
		group.Go(func() {
			for i := p; i < a.Sample; i += players {
				before := Sum(ledgers[p].Messages[:])
				a.playTeam(i, &ledgers[p])
				messages[i] = float64(Sum(ledgers[p].Messages[:]) - before)
			}
		})
	}
	group.Wait()
	r := &Result{Assumptions: a, Ledger: Ledger{From: monday}, Error: standardError(messages)}
	for p := range ledgers {
		r.Add(&ledgers[p])
	}
	return r
}

func standardError(values []float64) float64 {
	var sum, squares float64
	for _, v := range values {
		sum += v
	}
	n := float64(len(values))
	average := sum / n
	for _, v := range values {
		squares += (v - average) * (v - average)
	}
	return math.Sqrt(squares/(n-1)/n) / average
}

// playTeam plays one team from its beginning to the end of the counted week, minute by minute.
func (a Assumptions) playTeam(i int, book *Ledger) {
	p := a.newPlayer(i)
	end := monday.Add(week * time.Minute)
	for now := monday.AddDate(0, 0, -7*a.Warm); now.Before(end); now = now.Add(time.Minute) {
		if now.Sub(monday)%a.SyncEvery == 0 {
			p.Read(now, a.Unrelated, book)
		}
		if now.Sub(monday)%a.SendEvery != 0 {
			continue
		}
		p.fill(now)
		if now.Sub(monday)%time.Hour == 0 && !now.Before(monday) {
			p.note(now, book)
		}
		p.Send(now, Cron{For: a.SendFor, PerMessage: a.PerMessage}, book)
	}
}

// player is a team that never runs out of people to write to.
type player struct {
	*Team
	Assumptions
	zone  string
	ids   uint32
	dice  *rand.Rand
	lists int
}

// Of the mailboxes some rest, paused or with a login that fails, and some are in their first weeks, with a ramp-up.
const (
	resting = 0.04
	young   = 0.10
)

// newPlayer makes the i-th team. Its mailboxes have mailrun's default limit and gap.
func (a Assumptions) newPlayer(i int) *player {
	dice := rand.New(rand.NewPCG(a.Seed, uint64(i))) //nolint:gosec // dice
	p := &player{Assumptions: a, zone: zoneOf((float64(i) + dice.Float64()) / float64(a.Sample)), dice: dice}
	start := monday.AddDate(0, 0, -7*a.Warm)
	boxes := make([]outreach.Mailbox, a.Team)
	for k := range boxes {
		sync := start.Add(time.Duration(dice.Float64() * float64(a.SyncEvery)))
		status := outreach.MailboxActive
		if dice.Float64() < resting {
			status = outreach.MailboxPaused
		}
		boxes[k] = outreach.Mailbox{
			ID: p.id(), Email: fmt.Sprintf("box%d@team%d.example", k, i), Status: status, Timezone: p.zone,
			IMAP: outreach.Server{Host: "imap.example"}, NextSyncAt: &sync, LastSyncOKAt: &start,
		}
		if dice.Float64() < young {
			since := monday.AddDate(0, 0, -dice.IntN(21))
			boxes[k].RampUp = &outreach.RampUp{StartPerDay: 5, AddPerDay: 1, Since: since}
		}
	}
	p.Team = NewTeam(boxes, nil, nil, dice.Float64)
	p.Policy = outreach.Policy{FollowUpMaxSyncAge: 30 * time.Minute, StaleAfter: 7 * 24 * time.Hour, SyncEnabled: true}
	p.echo = a.Echo
	return p
}

// zoneOf spreads the teams over the zones by their shares.
func zoneOf(share float64) string {
	for _, z := range zones {
		if share -= z.share; share < 0 {
			return z.name
		}
	}
	return zones[0].name
}

// id is the next id of the team, in order.
func (p *player) id() (id bson.ObjectID) {
	p.ids++
	id[8], id[9], id[10], id[11] = byte(p.ids>>24), byte(p.ids>>16), byte(p.ids>>8), byte(p.ids)
	return id
}

// fill imports the next people when the last of those before them has been written to. The first list is a part of one, so that the teams
// do not import on the same day.
func (p *player) fill(now time.Time) {
	p.forget()
	size := p.ListSize()
	if p.lists == 0 {
		size = 1 + int(p.dice.Float64()*float64(size))
	} else if len(p.Team.lists[len(p.Team.lists)-1].fresh) > 0 {
		return
	}
	p.lists++
	seq := &outreach.Sequence{
		ID: p.id(), Name: fmt.Sprint(p.lists), Status: outreach.SequenceActive, ActivatedAt: &now, Timezone: p.zone,
		Window: &outreach.Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"},
	}
	for _, d := range delays {
		seq.Steps = append(seq.Steps, outreach.Step{Delay: d})
	}
	for _, b := range p.boxes {
		seq.MailboxIDs = append(seq.MailboxIDs, b.ID)
	}
	l := p.add(seq)
	l.live = size
	people := make([]outreach.Recipient, size)
	for k := range people {
		people[k] = outreach.Recipient{ID: p.id(), SequenceID: seq.ID, State: outreach.StateQueued, NextSendAt: &now}
		l.fresh = append(l.fresh, &people[k]) // in order, so it is a heap
	}
}

// note looks at who is enrolled and who is due.
func (p *player) note(now time.Time, book *Ledger) {
	hour := int(now.Sub(book.From).Hours())
	for _, l := range p.Team.lists {
		book.Enrolled[hour] += l.live
		book.Due[hour] += l.fresh.dueNow(now, math.MaxInt)
	}
	for _, b := range p.boxes {
		book.Due[hour] += b.due.dueNow(now, math.MaxInt)
		if b.Status == outreach.MailboxActive && b.hasWork(now) {
			book.Working[hour]++
		}
	}
	book.Sequences[hour] += len(p.Team.lists)
}
