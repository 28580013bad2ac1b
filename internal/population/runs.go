package population

import (
	"context"
	"math/rand/v2"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// runDays is how long run logs are kept.
const runDays = 90

// writeRuns writes the logs of past runs: five syncs to two sends, now and then one that failed.
func (f *filler) writeRuns(ctx context.Context) error {
	dice := rand.New(rand.NewPCG(f.Seed, 0))
	apart := time.Duration(min(f.Days, runDays)) * 24 * time.Hour / time.Duration(max(f.Runs, 1))
	const portion = 2000
	for from := 0; from < f.Runs; from += portion {
		var b batch
		for i := from; i < min(from+portion, f.Runs); i++ {
			at := f.Now.Add(-time.Duration(f.Runs-i) * apart).Truncate(time.Millisecond)
			b.add(store.Runs, f.run(dice, i, at))
		}
		if err := b.write(ctx, f.engine); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) run(dice *rand.Rand, i int, at time.Time) *outreach.CronRunLog {
	took := int64(dice.IntN(20_000))
	end := at.Add(time.Duration(took) * time.Millisecond)
	run := &outreach.CronRunLog{
		ID: idAt(at), JobName: outreach.JobSyncMailboxes, Status: outreach.RunSuccess, StartedAt: at, FinishedAt: &end, DurationMs: took,
		TriggeredBy: outreach.TriggeredByCron, Host: "demo", PID: 1000 + i%30_000, Version: "demo", CreatedAt: at, UpdatedAt: end,
	}
	boxes := len(f.mailboxes)
	var stats any = outreach.SyncStats{Mailboxes: boxes, Synced: dice.IntN(boxes + 1), Messages: dice.IntN(2*boxes + 1), Replies: dice.IntN(boxes/4 + 1), Errors: []outreach.SyncError{}}
	if i%7 >= 5 {
		run.JobName = outreach.JobRunSequences
		n := dice.IntN(4*boxes + 1)
		stats = outreach.SendStats{Due: n, Sent: n, Mailboxes: min(n, boxes), Skipped: map[string]int{outreach.ReasonGap: max(boxes/5, 1)}, SendMs: outreach.Percentiles{P50: 180, P95: 900}}
	}
	if i%400 == 399 {
		run.Status, run.ErrorMessage = outreach.RunFailed, "every mailbox that was tried failed"
	}
	run.Stats = asDocument(stats)
	return run
}

// asDocument turns counts into the document that a log carries.
func asDocument(stats any) outreach.Stats {
	raw, err := bson.Marshal(stats)
	if err != nil {
		return outreach.Stats{}
	}
	var doc outreach.Stats
	_ = bson.Unmarshal(raw, &doc) // what was just encoded can be read
	return doc
}
