package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// InsertRun writes a run's log when it starts.
func (s *Store) InsertRun(ctx context.Context, run *outreach.CronRunLog) error {
	run.CreatedAt, run.UpdatedAt = s.Now(), s.Now()
	return s.insert(ctx, Runs, run)
}

// FinishRun closes a run's log if it is still running; ErrNotFound says that another run closed it first.
func (s *Store) FinishRun(ctx context.Context, run *outreach.CronRunLog) error {
	filter := bson.D{{Key: "_id", Value: run.ID}, {Key: "status", Value: outreach.RunRunning}}
	return s.update(ctx, Runs, filter, set(
		bson.E{Key: "status", Value: run.Status},
		bson.E{Key: "finishedAt", Value: run.FinishedAt},
		bson.E{Key: "durationMs", Value: run.DurationMs},
		bson.E{Key: "stats", Value: run.Stats},
		bson.E{Key: "errorMessage", Value: run.ErrorMessage},
	))
}

// UpdateRunStats notes a running run's counts so far.
func (s *Store) UpdateRunStats(ctx context.Context, id bson.ObjectID, stats outreach.Stats) error {
	return s.update(ctx, Runs, byID(id), set(bson.E{Key: "stats", Value: stats}))
}

// Run finds a run by its id.
func (s *Store) Run(ctx context.Context, id bson.ObjectID) (*outreach.CronRunLog, error) {
	return first[outreach.CronRunLog](ctx, s, Query{Collection: Runs, Filter: byID(id)})
}

// RunningRuns lists the runs whose logs are open.
func (s *Store) RunningRuns(ctx context.Context) ([]outreach.CronRunLog, error) {
	q := Query{Collection: Runs, Filter: bson.D{{Key: "status", Value: outreach.RunRunning}}, Sort: []string{"startedAt"}}
	return find[outreach.CronRunLog](ctx, s, q)
}

// newestFirst is the order of run logs; the id settles it where runs started in the same millisecond, so that paging shows each once.
var newestFirst = []string{"-startedAt", "-_id"}

// LastRun is the newest run of a job, of one status unless that is empty; ErrNotFound if there is none.
func (s *Store) LastRun(ctx context.Context, job outreach.JobName, status outreach.RunStatus) (*outreach.CronRunLog, error) {
	filter := bson.D{{Key: "jobName", Value: job}}
	if status != "" {
		filter = append(filter, bson.E{Key: "status", Value: status})
	}
	return first[outreach.CronRunLog](ctx, s, Query{Collection: Runs, Filter: filter, Sort: newestFirst})
}

// LastRuns are the newest runs of a job, newest first, at most so many.
func (s *Store) LastRuns(ctx context.Context, job outreach.JobName, most int) ([]outreach.CronRunLog, error) {
	q := Query{Collection: Runs, Filter: RunFilter{Job: job}.filter(), Sort: newestFirst, Limit: int64(most)}
	return find[outreach.CronRunLog](ctx, s, q)
}

// RunFilter selects run logs; zero fields select all.
type RunFilter struct {
	Job    outreach.JobName
	Status outreach.RunStatus
	// Since is when a run started at the earliest; Before is when it did not start any more.
	Since, Before time.Time
}

func (f RunFilter) filter() bson.D {
	d := bson.D{}
	if f.Job != "" {
		d = append(d, bson.E{Key: "jobName", Value: f.Job})
	}
	if f.Status != "" {
		d = append(d, bson.E{Key: "status", Value: f.Status})
	}
	started := bson.D{}
	if !f.Since.IsZero() {
		started = append(started, bson.E{Key: "$gte", Value: Millis(f.Since)})
	}
	if !f.Before.IsZero() {
		started = append(started, bson.E{Key: "$lt", Value: Millis(f.Before)})
	}
	if len(started) > 0 {
		d = append(d, bson.E{Key: "startedAt", Value: started})
	}
	return d
}

// RunLogs lists run logs, newest first, and counts all that match.
func (s *Store) RunLogs(ctx context.Context, f RunFilter, p Page) ([]outreach.CronRunLog, int64, error) {
	return page[outreach.CronRunLog](ctx, s, Query{Collection: Runs, Filter: f.filter(), Sort: newestFirst}, p)
}

// PruneRuns removes finished run logs that started before a time and returns how many there were.
func (s *Store) PruneRuns(ctx context.Context, before time.Time) (int64, error) {
	return s.remove(ctx, Runs, bson.D{{Key: "startedAt", Value: bson.D{{Key: "$lt", Value: Millis(before)}}}})
}
