package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"mailrun/internal/job"
	"mailrun/pkg/outreach"
)

// jobs runs each job at most once at a time in this process. A run belongs to the server, not to the request that started it.
type jobs struct {
	run      map[outreach.JobName]RunFunc
	finished func(*outreach.CronRunLog, error)

	ctx    context.Context
	cancel context.CancelCauseFunc
	ended  sync.WaitGroup

	mu      sync.Mutex
	stopped bool
	running map[outreach.JobName]*jobRun
}

// jobRun is one run: known is closed when its log is written or the run is over, done when it is over.
type jobRun struct {
	known, done chan struct{}
	knowOnce    sync.Once
	id          string // hex id of its log, valid after known; "" if there is none
	log         *outreach.CronRunLog
	err         error
}

func newJobs(run map[outreach.JobName]RunFunc, finished func(*outreach.CronRunLog, error)) *jobs {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &jobs{run: run, finished: finished, ctx: ctx, cancel: cancel, running: map[outreach.JobName]*jobRun{}}
}

var errStopping = errors.New("the server is shutting down")

// start starts a job, or returns the run that is in the way.
func (j *jobs) start(name outreach.JobName, triggeredBy string) (run *jobRun, isNew bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.stopped {
		return nil, false, errStopping
	}
	if run := j.running[name]; run != nil {
		return run, false, nil
	}
	run = &jobRun{known: make(chan struct{}), done: make(chan struct{})}
	j.running[name] = run
	j.ended.Go(func() { j.do(name, run, triggeredBy) })
	return run, true, nil
}

func (j *jobs) do(name outreach.JobName, run *jobRun, triggeredBy string) {
	run.log, run.err = j.run[name](j.ctx, triggeredBy, func(log outreach.CronRunLog) {
		run.knowOnce.Do(func() {
			run.id = log.ID.Hex()
			close(run.known)
		})
	})
	j.finished(run.log, run.err)
	j.mu.Lock()
	delete(j.running, name)
	j.mu.Unlock()
	run.knowOnce.Do(func() { close(run.known) })
	close(run.done)
}

// stop lets nothing start any more and tells the running jobs to end.
func (j *jobs) stop(cause error) {
	j.mu.Lock()
	j.stopped = true
	j.mu.Unlock()
	j.cancel(cause)
}

// wait tells whether all jobs ended within a time.
func (j *jobs) wait(most time.Duration) bool {
	ended := make(chan struct{})
	go func() {
		j.ended.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return true
	case <-time.After(most):
		return false
	}
}

// runJob answers with the log of a run that it starts and waits for. A browser without script is sent back to the page, which shows the run.
func (s *Server) runJob(name outreach.JobName, triggeredBy string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			badBody(w, err)
			return
		}
		run, isNew, err := s.jobs.start(name, triggeredBy)
		switch {
		case err != nil:
			s.refuse(w, r, http.StatusServiceUnavailable, err.Error())
		case wantsPage(r):
			seeOther(w, "../../../settings/cron")
		case !isNew:
			s.inTheWay(w, r, name, run)
		default:
			s.awaitRun(w, r, run)
		}
	}
}

// inTheWay names the run that is running already.
func (s *Server) inTheWay(w http.ResponseWriter, r *http.Request, name outreach.JobName, run *jobRun) {
	select {
	case <-run.known:
	case <-r.Context().Done():
		return
	}
	respond(w, http.StatusConflict, problem{Error: string(name) + " is still running: run " + run.id, RunID: run.id})
}

// awaitRun waits for a run for as long as the client does. The connection's deadlines are for clients that are slow, not for jobs that are.
func (s *Server) awaitRun(w http.ResponseWriter, r *http.Request, run *jobRun) {
	c := http.NewResponseController(w)
	if err := errors.Join(c.SetReadDeadline(time.Time{}), c.SetWriteDeadline(time.Time{})); err != nil {
		s.Log.Debug("connection has no deadlines", "error", err)
	}
	select {
	case <-run.done:
	case <-r.Context().Done():
		return
	}
	_ = c.SetWriteDeadline(time.Now().Add(s.limits.write)) // without deadlines there is none to set
	s.reportRun(w, r, run)
}

// reportRun maps a run to an answer: it is the only place that does.
func (s *Server) reportRun(w http.ResponseWriter, r *http.Request, run *jobRun) {
	switch {
	case run.log == nil:
		s.broken(w, r, run.err)
	case run.err != nil && !errors.Is(run.err, job.ErrInterrupted) && run.log.Status != outreach.RunFailed:
		s.broken(w, r, run.err) // it ended, but its log could not be written
	case run.log.Status == outreach.RunFailed:
		respond(w, http.StatusInternalServerError, run.log)
	default:
		respond(w, http.StatusOK, run.log)
	}
}
