package outreach

import "time"

// A login that is refused for AuthFailuresLasting times in a row over at least AuthFailingLasting is refused for good. One refusal proves
// nothing: servers disguise limits on logins as wrong passwords, and providers have bad minutes.
const (
	AuthFailuresLasting = 5
	AuthFailingLasting  = time.Hour
)

// AuthFailingFrom is since when the mailbox's login has been refused without a success in between, given that it has just failed: nil if
// this failure was of another kind.
func (m *Mailbox) AuthFailingFrom(auth bool, now time.Time) *time.Time {
	switch {
	case !auth:
		return nil
	case m.AuthFailingSince != nil:
		return m.AuthFailingSince
	}
	return &now
}

// AuthFailureLasts tells whether a mailbox whose login has been refused since a time, so many times in a row, must stop trying.
func AuthFailureLasts(since *time.Time, failures int, now time.Time) bool {
	return since != nil && failures >= AuthFailuresLasting && now.Sub(*since) >= AuthFailingLasting
}
