// Package job is one run of any job: is it switched off, the log that a run leaves, its deadline, its counts, and how it ended.
//
// The log is written as running before the work starts, so that a killed run is visible. Whoever runs next closes the logs of runs whose
// process is gone or whose deadline passed long ago. A panic in a job fails that run and nothing else.
package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("interrupted")

// deadlineGrace is how long after its deadline a run may still be finishing before its log counts as left behind.
const deadlineGrace = 2 * time.Minute

// progressEvery is how often a running run's counts are stored for those who watch.
const progressEvery = 3 * time.Second

// Progress notes a run's counts so far; the job calls it with a value it will not change any more.
type Progress func(stats any)

// Job is what a run does. Switch names the setting that turns the job off; Do returns its final counts even with an error.
type Job struct {
	Name       outreach.JobName
	Enabled    bool
	Switch     string
	MaxRuntime time.Duration
	Do         func(ctx context.Context, progress Progress) (stats any, err error)
}

// Runner runs jobs in one process's name.
type Runner struct {
	Store     *store.Store
	Self      store.Owner
	Version   string
	Retention time.Duration // run logs older than this go; 0 keeps all
	Log       *slog.Logger
	// Started, if set, is told of each run's log as soon as it is written.
	Started func(outreach.CronRunLog)
}

// Run runs a job and returns its log as stored, nil only if it could not be written. The error is why the run failed: the job's own, or
// ErrInterrupted after a signal.
func (r *Runner) Run(ctx context.Context, j Job, triggeredBy string) (*outreach.CronRunLog, error) {
	run := r.newLog(j, triggeredBy)
	if !j.Enabled {
		return run, r.skip(ctx, run, j.Switch)
	}
	if err := r.closeLeftovers(ctx); err != nil {
		return nil, err
	}
	if err := r.Store.InsertRun(ctx, run); err != nil {
		return nil, fmt.Errorf("write the run log: %w", err)
	}
	if r.Started != nil {
		r.Started(*run)
	}
	stats, err := r.do(ctx, j, run)
	return run, r.finish(ctx, run, stats, err)
}

func (r *Runner) newLog(j Job, triggeredBy string) *outreach.CronRunLog {
	now := r.Store.Now()
	deadline := now.Add(j.MaxRuntime)
	return &outreach.CronRunLog{
		ID: bson.NewObjectID(), JobName: j.Name, Status: outreach.RunRunning, StartedAt: now, TriggeredBy: triggeredBy,
		Stats: outreach.Stats{}, Host: r.Self.Host, PID: r.Self.PID, Owner: r.Self.String(), Version: r.Version, DeadlineAt: &deadline,
	}
}

// skip writes the log of a run that is switched off.
func (r *Runner) skip(ctx context.Context, run *outreach.CronRunLog, setting string) error {
	run.Status, run.FinishedAt = outreach.RunSkipped, &run.StartedAt
	run.ErrorMessage = "switched off by " + setting + "=false"
	return r.Store.InsertRun(ctx, run)
}

// do runs the job with its panics caught and its progress stored now and then.
func (r *Runner) do(ctx context.Context, j Job, run *outreach.CronRunLog) (stats any, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error("job panicked", "job", j.Name, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	last := time.Now()
	return j.Do(ctx, func(stats any) {
		if time.Since(last) < progressEvery {
			return
		}
		last = time.Now()
		if doc, err := asStats(stats); err == nil {
			_ = r.Store.UpdateRunStats(ctx, run.ID, doc) // only for those who watch; the final counts are written by finish
		}
	})
}

// finish closes the run's log. It has its own time, because the run's may be over.
func (r *Runner) finish(ctx context.Context, run *outreach.CronRunLog, stats any, failure error) error {
	interrupted := errors.Is(context.Cause(ctx), ErrInterrupted)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	doc, err := asStats(stats)
	if err != nil {
		return err
	}
	now := r.Store.Now()
	run.Stats, run.FinishedAt, run.DurationMs = doc, &now, now.Sub(run.StartedAt).Milliseconds()
	run.Status = outreach.RunSuccess
	switch {
	case interrupted:
		run.Status, run.ErrorMessage = outreach.RunFailed, "interrupted by a signal; what was in hand was finished or undone"
	case failure != nil:
		run.Status, run.ErrorMessage = outreach.RunFailed, failure.Error()
	}
	if err := r.Store.FinishRun(ctx, run); err != nil && !errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("close the run log: %w", err)
	}
	if err := r.prune(ctx); err != nil {
		r.Log.Warn("could not remove old run logs", "error", err)
	}
	if interrupted {
		return ErrInterrupted
	}
	return failure
}

// closeLeftovers marks the logs of runs that cannot be running any more as failed.
func (r *Runner) closeLeftovers(ctx context.Context) error {
	runs, err := r.Store.RunningRuns(ctx)
	if err != nil {
		return err
	}
	for i := range runs {
		why := r.left(&runs[i])
		if why == "" {
			continue
		}
		now := r.Store.Now()
		runs[i].Status, runs[i].ErrorMessage, runs[i].FinishedAt = outreach.RunFailed, why, &now
		runs[i].DurationMs = now.Sub(runs[i].StartedAt).Milliseconds()
		if err := r.Store.FinishRun(ctx, &runs[i]); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

// left says why a running log is nobody's any more, or "".
func (r *Runner) left(run *outreach.CronRunLog) string {
	if owner, err := store.ParseOwner(run.Owner); err == nil && r.Self.Sees(owner) {
		return fmt.Sprintf("process %d on %s ended without closing its log (killed or crashed)", run.PID, run.Host)
	}
	if run.DeadlineAt != nil && r.Store.Now().After(run.DeadlineAt.Add(deadlineGrace)) {
		return "the run's deadline passed and its log was never closed"
	}
	return ""
}

// prune removes what has outlived its use.
func (r *Runner) prune(ctx context.Context) error {
	if r.Retention > 0 {
		if _, err := r.Store.PruneRuns(ctx, r.Store.Now().Add(-r.Retention)); err != nil {
			return err
		}
	}
	return r.Store.PruneCounters(ctx)
}

// asStats turns a job's counts into the document that the log carries.
func asStats(stats any) (outreach.Stats, error) {
	if stats == nil {
		return outreach.Stats{}, nil
	}
	raw, err := bson.Marshal(stats)
	if err != nil {
		return nil, fmt.Errorf("encode the run's counts: %w", err)
	}
	var doc outreach.Stats
	err = bson.Unmarshal(raw, &doc)
	return doc, err
}
