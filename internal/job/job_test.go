package job_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/job"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

func newRunner(t *testing.T) *job.Runner {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	if err := engine.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &job.Runner{Store: store.New(engine, time.Now), Self: store.Self(), Version: "test", Log: slog.New(slog.DiscardHandler)}
}

func does(stats any, err error) func(context.Context, job.Progress) (any, error) {
	return func(context.Context, job.Progress) (any, error) { return stats, err }
}

// A run leaves the log that its end deserves.
func TestRun(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name    string
		job     job.Job
		status  outreach.RunStatus
		message string
		err     error
	}{
		{"success", job.Job{Enabled: true, Do: does(outreach.SendStats{Sent: 3}, nil)}, outreach.RunSuccess, "", nil},
		{"failure", job.Job{Enabled: true, Do: does(outreach.SendStats{Sent: 3}, boom)}, outreach.RunFailed, "boom", boom},
		{"switched off", job.Job{Switch: "SEQUENCE_WORKER_ENABLED"}, outreach.RunSkipped, "switched off by SEQUENCE_WORKER_ENABLED=false", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRunner(t)
			tt.job.Name, tt.job.MaxRuntime = outreach.JobRunSequences, time.Minute
			run, err := r.Run(t.Context(), tt.job, outreach.TriggeredByCron)
			if !errors.Is(err, tt.err) {
				t.Fatalf("err = %v, want %v", err, tt.err)
			}
			stored, err := r.Store.Run(t.Context(), run.ID)
			if err != nil {
				t.Fatal(err)
			}
			if stored.Status != tt.status || stored.ErrorMessage != tt.message || stored.FinishedAt == nil {
				t.Errorf("log = %+v, want %s %q", stored, tt.status, tt.message)
			}
			if tt.status != outreach.RunSkipped && stored.Stats["sent"] != int64(3) && stored.Stats["sent"] != int32(3) {
				t.Errorf("stats = %v, want what the job counted, failed or not", stored.Stats)
			}
		})
	}
}

// A panic fails the run and nothing else.
func TestPanic(t *testing.T) {
	r := newRunner(t)
	run, err := r.Run(t.Context(), job.Job{Name: outreach.JobSyncMailboxes, Enabled: true, MaxRuntime: time.Minute, Do: func(context.Context, job.Progress) (any, error) {
		panic("oops")
	}}, outreach.TriggeredByCron)
	if err == nil || run.Status != outreach.RunFailed {
		t.Errorf("run = %+v, %v, want failed", run, err)
	}
}

// A signal ends the run as failed, with what it counted.
func TestInterrupted(t *testing.T) {
	r := newRunner(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	run, err := r.Run(ctx, job.Job{Name: outreach.JobRunSequences, Enabled: true, MaxRuntime: time.Minute, Do: func(ctx context.Context, _ job.Progress) (any, error) {
		cancel(job.ErrInterrupted)
		return outreach.SendStats{Sent: 1}, ctx.Err()
	}}, outreach.TriggeredByCron)
	if !errors.Is(err, job.ErrInterrupted) || run.Status != outreach.RunFailed || run.FinishedAt == nil {
		t.Errorf("run = %+v, %v, want failed and interrupted", run, err)
	}
}

// A later run closes the logs of runs that cannot be running any more, and no others.
func TestLeftovers(t *testing.T) {
	r := newRunner(t)
	now := r.Store.Now()
	soon, long := now.Add(time.Minute), now.Add(-time.Hour)
	dead := r.Self
	dead.Start = "0"
	elsewhere := r.Self
	elsewhere.Host = "another-host"
	leave := func(owner store.Owner, deadline time.Time) bson.ObjectID {
		t.Helper()
		run := &outreach.CronRunLog{
			ID: bson.NewObjectID(), JobName: outreach.JobRunSequences, Status: outreach.RunRunning, StartedAt: now, Owner: owner.String(), DeadlineAt: &deadline,
		}
		if err := r.Store.InsertRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		return run.ID
	}
	tests := []struct {
		name string
		id   bson.ObjectID
		want outreach.RunStatus
	}{
		{"its process is dead", leave(dead, soon), outreach.RunFailed},
		{"its process lives", leave(r.Self, soon), outreach.RunRunning},
		{"its host is another one", leave(elsewhere, soon), outreach.RunRunning},
		{"its deadline passed long ago", leave(elsewhere, long), outreach.RunFailed},
	}
	if _, err := r.Run(t.Context(), job.Job{Name: outreach.JobRunSequences, Enabled: true, MaxRuntime: time.Minute, Do: does(nil, nil)}, outreach.TriggeredByCron); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		run, err := r.Store.Run(t.Context(), tt.id)
		if err != nil || run.Status != tt.want {
			t.Errorf("%s: status = %v, %v, want %s", tt.name, run.Status, err, tt.want)
		}
	}
}
