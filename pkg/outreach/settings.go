package outreach

import (
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// StopsOnReply tells whether a human reply ends the sequence for its sender (default true).
func (s *Sequence) StopsOnReply() bool { return s.StopOnReply == nil || *s.StopOnReply }

// UnsubscribeHeader tells whether messages carry List-Unsubscribe (default true).
func (s *Sequence) UnsubscribeHeader() bool {
	return s.Unsubscribe == nil || s.Unsubscribe.Header == nil || *s.Unsubscribe.Header
}

// UnsubscribeText is the opt-out line under the body, "" for none.
func (s *Sequence) UnsubscribeText() string {
	if s.Unsubscribe == nil {
		return ""
	}
	return s.Unsubscribe.Text
}

// BounceRateMax is the share of bounces (0.05 is 5 %) past which the sequence pauses itself.
func (s *Sequence) BounceRateMax() float64 {
	if s.Guard == nil || s.Guard.BounceRateMax == nil {
		return DefaultBounceRateMax
	}
	return *s.Guard.BounceRateMax
}

// MinSample is how many messages must have been sent before the bounce rate means anything.
func (s *Sequence) MinSample() int {
	if s.Guard == nil {
		return DefaultGuardMinSample
	}
	return intOr(s.Guard.MinSample, DefaultGuardMinSample)
}

// GuardDays is over how many past days the bounce rate is taken.
func (s *Sequence) GuardDays() int {
	if s.Guard == nil {
		return DefaultGuardWindowDays
	}
	return intOr(s.Guard.WindowDays, DefaultGuardWindowDays)
}

// GuardTrips tells whether so many bounces among so many sent in GuardDays must pause the sequence.
func (s *Sequence) GuardTrips(sent, bounced int) bool {
	return sent > 0 && sent >= s.MinSample() && float64(bounced) > s.BounceRateMax()*float64(sent)
}

// ResumeShift is by how much every pending NextSendAt moves when a paused sequence is resumed at now: as long as it was paused. Delays
// freeze during a pause, so that the backlog comes back spread as it was and not in one burst.
func (s *Sequence) ResumeShift(now time.Time) time.Duration {
	if s.PausedAt == nil {
		return 0
	}
	return max(now.Sub(*s.PausedAt), 0)
}

// PickVariant chooses a step's variant by weight, always the same one for a history id; nil if the step has none. Where no variant has
// a weight all are equal; where some have, one without is switched off.
func (s *Sequence) PickVariant(step int, historyID bson.ObjectID) *Variant {
	if step < 0 || step >= len(s.Steps) || len(s.Steps[step].Variants) == 0 {
		return nil
	}
	variants := s.Steps[step].Variants
	total := 0
	for i := range variants {
		total += max(variants[i].Weight, 0)
	}
	draw := rand.New(rand.NewPCG(Seed(historyID, "variant"), 0))
	if total <= 0 {
		return &variants[draw.IntN(len(variants))]
	}
	n := draw.IntN(total)
	for i := range variants {
		if n -= max(variants[i].Weight, 0); n < 0 {
			return &variants[i]
		}
	}
	return &variants[len(variants)-1]
}
