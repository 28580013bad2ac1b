package sequence

import (
	"testing"
	"time"

	"mailrun/pkg/outreach"
)

// A write begins as many messages as leave soon after it, by the last one's pace, and not more than are allowed.
func TestTogether(t *testing.T) {
	none, gap := 0, 60
	for _, tc := range []struct {
		name             string
		pace             time.Duration
		gap              *int
		most, have, want int
		working          int64
	}{
		{"the first, whose pace nobody knows", 0, &none, 20, 20, 1, 1},
		{"a relay at hand", 2 * time.Millisecond, &none, 20, 20, 20, 1},
		{"fewer than that are claimed", 2 * time.Millisecond, &none, 20, 7, 7, 1},
		{"a provider", 200 * time.Millisecond, &none, 20, 20, 2, 1},
		{"a slow server", 3 * time.Second, &none, 20, 20, 1, 1},
		{"a gap after each", 2 * time.Millisecond, &gap, 20, 20, 1, 1},
		{"one at a time", 2 * time.Millisecond, &none, 0, 20, 1, 1},
		{"one of many", 2 * time.Millisecond, &none, 20, 20, 12, 50},
		{"one of very many", 2 * time.Millisecond, &none, 20, 20, 1, 5000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mb := &outreach.Mailbox{MinGapSeconds: tc.gap, GapJitterSeconds: &none}
			b := &box{run: &run{Worker: &Worker{Together: tc.most}}, mb: mb, ledger: ledger{pace: tc.pace}}
			b.working.Store(tc.working)
			if got := b.together(tc.have); got != tc.want {
				t.Errorf("%d together, want %d", got, tc.want)
			}
		})
	}
}
