package sequence

import (
	"testing"
	"time"

	"mailrun/pkg/outreach"
)

// As many messages may be in doubt as leave soon, by the last one's pace, and not more than are allowed.
func TestInDoubt(t *testing.T) {
	none, gap := 0, 60
	for _, tc := range []struct {
		name       string
		pace       time.Duration
		gap        *int
		most, want int
		working    int64
	}{
		{"the first, whose pace nobody knows", 0, &none, 20, 1, 1},
		{"a relay at hand", 2 * time.Millisecond, &none, 20, 20, 1},
		{"a provider", 200 * time.Millisecond, &none, 20, 2, 1},
		{"a slow server", 3 * time.Second, &none, 20, 1, 1},
		{"a gap after each", 2 * time.Millisecond, &gap, 20, 1, 1},
		{"one at a time", 2 * time.Millisecond, &none, 0, 1, 1},
		{"one of many", 2 * time.Millisecond, &none, 20, 10, 100},
		{"one of very many", 2 * time.Millisecond, &none, 20, 1, 5000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mb := &outreach.Mailbox{MinGapSeconds: tc.gap, GapJitterSeconds: &none}
			b := &box{run: &run{Worker: &Worker{Together: tc.most}}, mb: mb, ledger: ledger{pace: tc.pace}}
			b.working.Store(tc.working)
			if got := b.inDoubt(); got != tc.want {
				t.Errorf("%d in doubt, want %d", got, tc.want)
			}
		})
	}
}

// While a few messages leave the next few are begun, unless one at a time may be in doubt, or there is a crowd at quick servers.
func TestGoesAhead(t *testing.T) {
	none := 0
	for _, tc := range []struct {
		name    string
		pace    time.Duration
		working int64
		want    bool
		few     int
	}{
		{"the first", 0, 1, false, 1},
		{"a relay at hand", 2 * time.Millisecond, 10, true, 20},
		{"a provider", 200 * time.Millisecond, 10, true, 1},
		{"a slow server", 3 * time.Second, 1, false, 1},
		{"a crowd at relays", 12 * time.Millisecond, 50, false, 20},
		{"a crowd at providers", 200 * time.Millisecond, 50, true, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			mb := &outreach.Mailbox{MinGapSeconds: &none, GapJitterSeconds: &none}
			b := &box{run: &run{Worker: &Worker{Together: 40}}, mb: mb, ledger: ledger{pace: tc.pace}}
			b.working.Store(tc.working)
			batch := make([]outreach.Recipient, 40)
			if got := b.goesAhead(); got != tc.want {
				t.Errorf("goes ahead: %v", got)
			}
			if few := b.few(&batch); len(few) != tc.few || len(batch) != 40-tc.few {
				t.Errorf("takes %d and leaves %d, want %d at once", len(few), len(batch), tc.few)
			}
		})
	}
}
