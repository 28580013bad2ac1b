package outreach

import "time"

// Advance is where a recipient stands after a step was accepted at a time: active with the next step due, completed after the last one, or
// held if the next delay cannot be read.
func (s *Sequence) Advance(r *Recipient, step int, sentAt time.Time) (state State, due *time.Time, reason string) {
	next := step + 1
	if next >= len(s.Steps) {
		return StateCompleted, nil, ""
	}
	at, err := s.StepDue(next, sentAt, RecipientLocation(r, s))
	if err != nil {
		return StateHeld, nil, ReasonBadDelay
	}
	return StateActive, &at, ""
}
