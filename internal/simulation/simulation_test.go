package simulation_test

import (
	"math"
	"testing"
	"time"

	"mailrun/internal/simulation"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// tiny are the page's assumptions over a few teams.
func tiny() simulation.Assumptions {
	a := simulation.Default()
	a.Sample, a.Warm = 4, 2
	return a
}

// The same seed plays the same week, however the teams are divided among those who play.
func TestSameSeedSameWeek(t *testing.T) {
	a, b := simulation.Play(tiny()), simulation.Play(tiny())
	if *a != *b {
		t.Error("two plays of one seed differ")
	}
	other := tiny()
	other.Seed++
	if c := simulation.Play(other); c.Messages == a.Messages {
		t.Error("another seed played the same messages")
	}
}

// A played week keeps the caps, and has as many people enrolled as are asked for.
func TestWeekIsPlausible(t *testing.T) {
	a := tiny()
	r := simulation.Play(a)
	boxes := a.Sample * a.Team
	for day := range 7 {
		if n := simulation.Sum(r.Messages[day*24*60 : (day+1)*24*60]); n > 40*boxes {
			t.Errorf("day %d: %d messages from %d mailboxes with a limit of 40", day, n, boxes)
		}
	}
	messages := simulation.Sum(r.Messages[:])
	for _, kinds := range [][]simulation.Kind{{simulation.ClaimOne}, {simulation.Outcome, simulation.OutcomeLast}} {
		n := 0
		for _, k := range kinds {
			n += simulation.Sum(r.Requests[k][:])
		}
		if math.Abs(float64(n-messages)) > 3 { // one may leave as the week begins or ends
			t.Errorf("%d requests of the kinds %v for %d messages", n, kinds, messages)
		}
	}
	enrolled := float64(simulation.Sum(r.Enrolled[:])) / float64(len(r.Enrolled)) / float64(boxes)
	if want := float64(a.Recipients) / float64(a.Mailboxes); math.Abs(enrolled/want-1) > 0.25 {
		t.Errorf("%.0f recipients are enrolled for each mailbox, want some %.0f", enrolled, want)
	}
}

// With few places a host still sends what is due, only later; it never sends more than without bound in a day of caps.
func TestPlacesBoundHowManyAreWorkedOn(t *testing.T) {
	held := map[int]int{}
	for _, atOnce := range []int{0, 1} {
		a := tiny()
		now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		s := makeSmall(nobodys, now)
		team := simulation.NewTeam(s.boxes, s.sequences, s.recipients, half)
		b := &book{calls: map[string]int{}, sent: map[string]int{}, emails: s.emails()}
		for end := now.AddDate(0, 0, 1); now.Before(end); now = now.Add(a.SendEvery) {
			team.Send(now, simulation.Cron{For: a.SendFor, PerMessage: 20 * time.Second, AtOnce: atOnce}, b)
		}
		for _, n := range b.sent {
			held[atOnce] += n
		}
	}
	if held[1] == 0 || held[1] >= held[0] {
		t.Errorf("%d messages one mailbox at a time, %d all at once: want fewer, but some", held[1], held[0])
	}
}

// Documents and index entries are weighed: a history has an entry in each of its indexes, and what is unique is not compressed away.
func TestMeasure(t *testing.T) {
	sizes, err := simulation.Measure(t.Context(), 500)
	if err != nil {
		t.Fatal(err)
	}
	h := sizes[store.History]
	if h.Count < 500 || h.Document < 300 || h.Document > 3000 {
		t.Errorf("%d deliveries of %.0f bytes were weighed", h.Count, h.Document)
	}
	if len(h.Indexes) != 8 {
		t.Errorf("a delivery is in %d indexes, want the 7 that are declared and _id", len(h.Indexes))
	}
	if r := sizes[store.Recipients]; r.Indexes["enrolled_once"] < 30 || r.Indexes["by_sequence"] > 15 {
		t.Errorf("an entry of enrolled_once has %.0f bytes and of by_sequence %.0f, want an address in the one and nothing but the record in the other", r.Indexes["enrolled_once"], r.Indexes["by_sequence"])
	}
}

func TestPeak(t *testing.T) {
	most, at := simulation.Peak([]int{1, 9, 2, 3, 4, 5, 6}, 2)
	if most != 10 || at != 0 {
		t.Errorf("the fullest two minutes have %d from %d, want 10 from 0", most, at)
	}
}

// nobodys is a mailbox without servers.
func nobodys(email string, _ outreach.Security) *outreach.Mailbox {
	return &outreach.Mailbox{Email: email}
}
