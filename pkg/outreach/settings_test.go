package outreach

import (
	"math"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func TestSequenceDefaults(t *testing.T) {
	s := &Sequence{}
	if !s.StopsOnReply() || !s.UnsubscribeHeader() || s.UnsubscribeText() != "" || s.BounceRateMax() != 0.05 || s.MinSample() != 50 || s.GuardDays() != 7 {
		t.Errorf("the zero sequence has other defaults than documented")
	}
	s = &Sequence{
		StopOnReply: new(false), Unsubscribe: &Unsubscribe{Header: new(false), Text: "bye"},
		Guard: &Guard{BounceRateMax: new(0.1), MinSample: new(5), WindowDays: new(3)},
	}
	if s.StopsOnReply() || s.UnsubscribeHeader() || s.UnsubscribeText() != "bye" || s.BounceRateMax() != 0.1 || s.MinSample() != 5 || s.GuardDays() != 3 {
		t.Errorf("settings are not honoured")
	}
}

func TestGuardTrips(t *testing.T) {
	for _, tc := range []struct {
		sent, bounced int
		want          bool
	}{{0, 0, false}, {4, 1, false}, {49, 49, false}, {50, 2, false}, {50, 3, true}, {100, 5, false}, {100, 6, true}} {
		if got := (&Sequence{}).GuardTrips(tc.sent, tc.bounced); got != tc.want {
			t.Errorf("%d bounced of %d: %v", tc.bounced, tc.sent, got)
		}
	}
}

func TestResumeShift(t *testing.T) {
	if got := (&Sequence{}).ResumeShift(friday); got != 0 {
		t.Errorf("never paused: %s", got)
	}
	if got := (&Sequence{PausedAt: new(friday.Add(-50 * time.Hour))}).ResumeShift(friday); got != 50*time.Hour {
		t.Errorf("paused for 50 h: %s", got)
	}
	if got := (&Sequence{PausedAt: new(friday.Add(time.Hour))}).ResumeShift(friday); got != 0 {
		t.Errorf("paused in the future: %s", got)
	}
}

func TestPickVariant(t *testing.T) {
	for _, tc := range []struct {
		name    string
		weights []int
		share   []float64
	}{
		{"equal without weights", []int{0, 0}, []float64{0.5, 0.5}},
		{"by weight", []int{1, 3}, []float64{0.25, 0.75}},
		{"one switched off", []int{0, 1, 1}, []float64{0, 0.5, 0.5}},
		{"a negative weight is none", []int{-3, 1}, []float64{0, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &Sequence{Steps: []Step{{}}}
			for i, w := range tc.weights {
				s.Steps[0].Variants = append(s.Steps[0].Variants, Variant{ID: string(rune('a' + i)), Weight: w})
			}
			counts := map[string]int{}
			const n = 4000
			for i := range n {
				counts[s.PickVariant(0, HistoryID(bson.ObjectID{}, i)).ID]++
			}
			for i, want := range tc.share {
				if got := float64(counts[string(rune('a'+i))]) / n; math.Abs(got-want) > 0.03 {
					t.Errorf("variant %d got %.3f, want %.3f", i, got, want)
				}
			}
		})
	}
}

func TestPickVariantOfNone(t *testing.T) {
	s := &Sequence{Steps: []Step{{}}}
	for _, step := range []int{-1, 0, 1} {
		if v := s.PickVariant(step, bson.ObjectID{}); v != nil {
			t.Errorf("step %d has variant %+v", step, v)
		}
	}
}
