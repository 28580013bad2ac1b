package forecast

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Plan is the calendar of coming sends if nobody answers. Days are calendar days in UTC unless all sequences share a zone.
type Plan struct {
	From      time.Time      `json:"from"`
	Timezone  string         `json:"timezone"`
	Days      []PlanDay      `json:"days"`
	Sequences []PlanSequence `json:"sequences"`
}

// PlanDay is one day's sends.
type PlanDay struct {
	Date       string         `json:"date"`
	Total      int            `json:"total"`
	New        int            `json:"new"`
	FollowUps  int            `json:"followUps"`
	ByMailbox  map[string]int `json:"byMailbox"`
	BySequence map[string]int `json:"bySequence"`
}

// PlanSequence is a sequence's way to its end. FinishesAt is the time of its last message, nil if that lies beyond Horizon or if somebody is
// held and must be looked at first (Waiting).
type PlanSequence struct {
	Name       string     `json:"name"`
	Planned    int        `json:"planned"`
	FinishesAt *time.Time `json:"finishesAt"`
	Unfinished int        `json:"unfinished"`
}

// planHorizon is how far a plan looks for the ends of sequences.
const planHorizon = 400 * 24 * time.Hour

// Plan simulates the coming days under all caps and windows.
func (f *Forecaster) Plan(ctx context.Context, days int, sequence string) (*Plan, error) {
	w, err := f.world(ctx, sequence)
	if err != nil {
		return nil, err
	}
	s, err := f.newSimulation(ctx, w, w.now.Add(planHorizon))
	if err != nil {
		return nil, err
	}
	loc := commonZone(w)
	plan := &Plan{From: w.now, Timezone: loc.String(), Days: emptyDays(w.now, loc, days)}
	byDate := map[string]*PlanDay{}
	for i := range plan.Days {
		byDate[plan.Days[i].Date] = &plan.Days[i]
	}
	sums := map[bson.ObjectID]*PlanSequence{}
	for id, seq := range s.sequences {
		sums[id] = &PlanSequence{Name: seq.Name}
	}
	s.run(func(send Send) bool {
		sum := sums[send.Sequence.ID]
		sum.Planned++
		sum.FinishesAt = &send.At
		if day := byDate[outreach.LocalDay(send.At, loc)]; day != nil {
			day.count(send)
		}
		return true
	})
	for id, sum := range sums {
		if sum.Unfinished = s.left[id]; sum.Unfinished > 0 {
			sum.FinishesAt = nil
		}
	}
	for _, sum := range slices.SortedFunc(maps.Values(sums), func(a, b *PlanSequence) int { return cmp.Compare(a.Name, b.Name) }) {
		plan.Sequences = append(plan.Sequences, *sum)
	}
	plan.Sequences = orEmpty(plan.Sequences)
	return plan, nil
}

func (d *PlanDay) count(send Send) {
	d.Total++
	if send.Step == 0 {
		d.New++
	} else {
		d.FollowUps++
	}
	d.ByMailbox[send.Mailbox.Email]++
	d.BySequence[send.Sequence.Name]++
}

func emptyDays(now time.Time, loc *time.Location, n int) []PlanDay {
	days := make([]PlanDay, n)
	at := now
	for i := range days {
		days[i] = PlanDay{Date: outreach.LocalDay(at, loc), ByMailbox: map[string]int{}, BySequence: map[string]int{}}
		at = outreach.NextLocalDay(at, loc)
	}
	return days
}

// commonZone is the zone of all sequences if they share one, else UTC.
func commonZone(w *world) *time.Location {
	var zone *time.Location
	for _, seq := range w.sequences {
		loc := seq.Location()
		if zone != nil && zone.String() != loc.String() {
			return time.UTC
		}
		zone = loc
	}
	if zone == nil {
		return time.UTC
	}
	return zone
}

// DryRun tells what a run would send before a deadline, in order, and what it would pass over and why.
func (f *Forecaster) DryRun(ctx context.Context, sequences []string, limit int, until time.Time) ([]Send, error) {
	w, err := f.world(ctx, "")
	if err != nil {
		return nil, err
	}
	if len(sequences) > 0 {
		w.sequences = slices.DeleteFunc(w.sequences, func(s *outreach.Sequence) bool { return !slices.Contains(sequences, s.Name) })
	}
	s, err := f.newSimulation(ctx, w, until)
	if err != nil {
		return nil, err
	}
	s.policy.FollowUpMaxSyncAge, s.cron = f.Policy.FollowUpMaxSyncAge, false
	var sends []Send
	s.run(func(send Send) bool {
		sends = append(sends, send)
		return limit <= 0 || len(sends) < limit
	})
	return sends, nil
}
