package web

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// BenchmarkLogs: 100,000 run logs must cost at most three times what 100 do.
func BenchmarkLogs(b *testing.B) {
	for _, n := range []int{100, 100_000} {
		s := newSite(b, nil)
		fillFast(b, s.store, n)
		c := s.signIn(b)
		for _, path := range []string{"/api/admin/cron/logs", "/api/admin/cron/logs?status=failed&jobName=run-sequences", "/api/admin/cron/logs?jobName=run-sequences", fmt.Sprintf("/api/admin/cron/logs?page=%d", n/40), fmt.Sprintf("/api/admin/cron/logs?page=%d", n/20), "/settings/cron"} {
			b.Run(fmt.Sprintf("%d%s", n, path), func(b *testing.B) {
				for b.Loop() {
					if a := s.do(b, c, "GET", path, ""); a.status != 200 {
						b.Fatal(a.status)
					}
				}
			})
		}
	}
}

// BenchmarkRunNothing: a call with nothing to do must cost at most half more than the run itself.
func BenchmarkRunNothing(b *testing.B) {
	s := newSite(b, nil)
	c := client(b)
	b.Run("in process", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.web.Send(b.Context(), outreach.TriggeredByCron, func(outreach.CronRunLog) {}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("over HTTP", func(b *testing.B) {
		for b.Loop() {
			if a := s.do(b, c, "POST", "/api/cron/run-sequences", "", "x-cron-secret", testSecret); a.status != 200 {
				b.Fatal(a.status)
			}
		}
	})
}

// fillFast stores many runs in few writes.
func fillFast(b *testing.B, s *store.Store, n int) {
	b.Helper()
	var writes []store.Write
	for i := range n {
		at := store.Millis(s.Now().Add(-time.Duration(n-i) * time.Minute))
		run := &outreach.CronRunLog{
			ID: bson.NewObjectID(), JobName: outreach.JobSyncMailboxes, Status: outreach.RunSuccess, StartedAt: at, FinishedAt: &at, DurationMs: 900,
			TriggeredBy: outreach.TriggeredByCron, Stats: outreach.Stats{"mailboxes": 12, "replies": 1}, CreatedAt: at, UpdatedAt: at,
		}
		if i%2 == 1 {
			run.JobName = outreach.JobRunSequences
		}
		if i%5 == 1 {
			run.Status = outreach.RunFailed
		}
		writes = append(writes, store.Write{Kind: store.Insert, Collection: store.Runs, Document: run})
		if len(writes) == 5000 || i == n-1 {
			if _, err := s.Engine().Write(b.Context(), writes); err != nil {
				b.Fatal(err)
			}
			writes = writes[:0]
		}
	}
}
