package forecast

import (
	"cmp"
	"slices"
	"time"
)

// tally counts reasons with their earliest ends.
type tally struct {
	order []string
	by    map[string]*Waiting
}

func newTally() *tally { return &tally{by: map[string]*Waiting{}} }

func (t *tally) add(reason string, n int, until time.Time) {
	w := t.by[reason]
	if w == nil {
		w = &Waiting{Reason: reason}
		t.by[reason] = w
		t.order = append(t.order, reason)
	}
	w.Count += n
	if !until.IsZero() && (w.NextEligibleAt == nil || until.Before(*w.NextEligibleAt)) {
		w.NextEligibleAt = &until
	}
}

func (t *tally) list() []Waiting {
	out := make([]Waiting, 0, len(t.order))
	for _, reason := range t.order {
		out = append(out, *t.by[reason])
	}
	slices.SortStableFunc(out, func(a, b Waiting) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

func (t *tally) earliest() *time.Time {
	var first *time.Time
	for _, w := range t.by {
		if w.NextEligibleAt != nil && (first == nil || w.NextEligibleAt.Before(*first)) {
			first = w.NextEligibleAt
		}
	}
	return first
}
