package outreach

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

func TestRetryDelay(t *testing.T) {
	var longest time.Duration
	for attempt := 1; attempt < MaxAttempts; attempt++ {
		least, again := RetryDelay(attempt, 0)
		most, _ := RetryDelay(attempt, 1)
		if !again || least <= longest || most <= least {
			t.Errorf("attempt %d: %s to %s, again %v, after at most %s", attempt, least, most, again, longest)
		}
		longest = most
	}
	if _, again := RetryDelay(MaxAttempts, 0); again {
		t.Errorf("a seventh try after %d", MaxAttempts)
	}
	if d, again := RetryDelay(0, 0.5); !again || d != 5*time.Minute {
		t.Errorf("attempt 0: %s, %v", d, again)
	}
}

func TestBackOff(t *testing.T) {
	for _, tc := range []struct {
		failures int
		want     time.Duration
	}{{0, 30 * time.Second}, {1, 30 * time.Second}, {2, time.Minute}, {5, 8 * time.Minute}, {8, time.Hour}, {1 << 40, time.Hour}} {
		if got := BackOff(tc.failures, 0, time.Hour); got != tc.want {
			t.Errorf("after %d failures %s, want %s", tc.failures, got, tc.want)
		}
	}
}

func TestBackOffIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		failures, draw := rapid.IntRange(0, 1000).Draw(t, "failures"), rapid.Float64Range(0, 1).Draw(t, "draw")
		if d := BackOff(failures, draw, time.Hour); d < 22*time.Second || d > time.Hour {
			t.Fatalf("%s", d)
		}
	})
}

func TestHistoryID(t *testing.T) {
	a, b := bson.ObjectID{1}, bson.ObjectID{2}
	if HistoryID(a, 0) != HistoryID(a, 0) {
		t.Error("two attempts at one step have different ids")
	}
	seen := map[bson.ObjectID]bool{HistoryID(a, 0): true, HistoryID(a, 1): true, HistoryID(b, 0): true, HistoryID(b, 1): true}
	if len(seen) != 4 {
		t.Errorf("%d ids for 4 steps", len(seen))
	}
	// Stored ids depend on it: a change would send every step again.
	if got := HistoryID(a, 1).Hex(); got != "01000000f1637ca661000000" {
		t.Errorf("the id of step 1 became %s", got)
	}
}
