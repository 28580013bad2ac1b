package words_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/words"
	"mailrun/pkg/outreach"
)

func TestRun(t *testing.T) {
	for _, c := range []struct {
		name, want string
		run        outreach.CronRunLog
	}{
		{"nothing", "", outreach.CronRunLog{JobName: outreach.JobRunSequences, Stats: outreach.Stats{"sent": 0}}},
		{"one", "1 message sent", outreach.CronRunLog{JobName: outreach.JobRunSequences, Stats: outreach.Stats{"sent": int32(1)}}},
		{"more", "7 messages sent, 9 were due", outreach.CronRunLog{JobName: outreach.JobRunSequences, Stats: outreach.Stats{"due": 9, "sent": int64(7)}}},
		{"what matters most of many", "1 reply, 2 bounces, 3 automatic replies, 4 opt-outs", outreach.CronRunLog{
			JobName: outreach.JobSyncMailboxes, Stats: outreach.Stats{"messages": 14, "mailboxes": 12, "replies": 1, "bounces": 2, "autoReplies": 3, "unsubscribes": 4},
		}},
		{"without counts", "", outreach.CronRunLog{JobName: outreach.JobSyncMailboxes}},
	} {
		if got := words.Run(&c.run); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestLines: a run reads the same whether its counts come fresh from the job or back from the database.
func TestLines(t *testing.T) {
	want := []words.Line{
		{"messages sent", "7"}, {"were due", "9"}, {"passed over: the gap between two messages", "2"}, {"passed over: odd case", "1"},
		{"time per message, P50", "412ms"}, {"time per message, P95", "1.29s"},
	}
	for name, stats := range map[string]outreach.Stats{
		"fresh":  {"sent": 7, "due": 9, "skipped": map[string]any{"odd_case": 1, "gap": 2}, "sendMs": map[string]any{"p95": 1290, "p50": 412}},
		"stored": {"sent": int32(7), "due": int64(9), "skipped": bson.D{{Key: "odd_case", Value: 1}, {Key: "gap", Value: 2}}, "sendMs": bson.D{{Key: "p50", Value: 412}, {Key: "p95", Value: 1290}}},
	} {
		run := &outreach.CronRunLog{JobName: outreach.JobRunSequences, Stats: stats}
		if diff := cmp.Diff(want, words.Lines(run)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got := words.PassedOver(run); got != "2 the gap between two messages, 1 odd case" {
			t.Errorf("%s: passed over %q", name, got)
		}
	}
}

func TestTimes(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		0: "just now", 9 * time.Second: "just now", 11 * time.Second: "11 s ago", 90 * time.Second: "1 min ago", 3 * time.Hour: "3 h ago",
		72 * time.Hour: "3 days ago", -25 * time.Minute: "in 25 min",
	} {
		if got := words.Ago(now.Add(-ago), now); got != want {
			t.Errorf("%s: %q, want %q", ago, got, want)
		}
	}
	for ms, want := range map[int64]string{3: "3 ms", 1400: "1.4 s", 61_000: "1 min 1 s", 3_600_000: "60 min 0 s"} {
		if got := words.Duration(ms); got != want {
			t.Errorf("%d: %q, want %q", ms, got, want)
		}
	}
}
