package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// The bounds of a listing's pages.
const (
	defaultLimit = 20
	maxPage      = 1_000_000
)

// cronSummary is the state of both jobs: the newest log of each, whatever its status, and all that are running anywhere.
type cronSummary struct {
	LastMailboxSync *outreach.CronRunLog  `json:"lastMailboxSync"`
	LastSequenceRun *outreach.CronRunLog  `json:"lastSequenceRun"`
	Running         []outreach.CronRunLog `json:"running"`
}

func (s *Server) summary(w http.ResponseWriter, r *http.Request) {
	sum, err := s.readSummary(r.Context())
	if err != nil {
		s.broken(w, r, err)
		return
	}
	respond(w, http.StatusOK, sum)
}

func (s *Server) readSummary(ctx context.Context) (*cronSummary, error) {
	sum := &cronSummary{Running: []outreach.CronRunLog{}}
	for name, last := range map[outreach.JobName]**outreach.CronRunLog{
		outreach.JobSyncMailboxes: &sum.LastMailboxSync, outreach.JobRunSequences: &sum.LastSequenceRun,
	} {
		run, err := s.Store.LastRun(ctx, name, "")
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		*last = run
	}
	running, err := s.Store.RunningRuns(ctx)
	if err != nil {
		return nil, err
	}
	sum.Running = append(sum.Running, running...)
	return sum, nil
}

// logQuery selects a page of run logs.
type logQuery struct {
	filter store.RunFilter
	page   store.Page
}

// parseLogQuery reads ?jobName&status&page&limit; what is left out is every job, every status, page 1 and 20 logs.
func parseLogQuery(v url.Values) (logQuery, error) {
	q := logQuery{
		filter: store.RunFilter{Job: outreach.JobName(v.Get("jobName")), Status: outreach.RunStatus(v.Get("status"))},
		page:   store.Page{Number: 1, Size: defaultLimit},
	}
	switch q.filter.Job {
	case "", outreach.JobRunSequences, outreach.JobSyncMailboxes:
	default:
		return q, fmt.Errorf("jobName: %q is not valid: expected %s or %s", cut(string(q.filter.Job)), outreach.JobRunSequences, outreach.JobSyncMailboxes)
	}
	switch q.filter.Status {
	case "", outreach.RunRunning, outreach.RunSuccess, outreach.RunFailed, outreach.RunSkipped:
	default:
		return q, fmt.Errorf("status: %q is not valid: expected running, success, failed or skipped", cut(string(q.filter.Status)))
	}
	if err := parseCount(v, "page", maxPage, &q.page.Number); err != nil {
		return q, err
	}
	return q, parseCount(v, "limit", store.MaxPageSize, &q.page.Size)
}

func parseCount(v url.Values, name string, most int, n *int) error {
	text := v.Get(name)
	if text == "" {
		return nil
	}
	given, err := strconv.Atoi(text)
	if err != nil || given < 1 || given > most {
		return fmt.Errorf("%s: %q is not valid: expected 1 to %d", name, cut(text), most)
	}
	*n = given
	return nil
}

// cut shortens what a client sent for an answer that repeats it.
func cut(s string) string {
	const most = 40
	if len(s) > most {
		return s[:most] + "…"
	}
	return s
}

// logPage is a page of run logs, newest first.
type logPage struct {
	Logs       []outreach.CronRunLog `json:"logs"`
	Page       int                   `json:"page"`
	Limit      int                   `json:"limit"`
	Total      int64                 `json:"total"`
	TotalPages int64                 `json:"totalPages"`
}

func (s *Server) logs(w http.ResponseWriter, r *http.Request) {
	q, err := parseLogQuery(r.URL.Query())
	if err != nil {
		fail(w, http.StatusBadRequest, err.Error())
		return
	}
	page, err := s.readLogs(r.Context(), q)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	respond(w, http.StatusOK, page)
}

func (s *Server) readLogs(ctx context.Context, q logQuery) (*logPage, error) {
	logs, total, err := s.runs.RunLogs(ctx, q.filter, q.page)
	if err != nil {
		return nil, err
	}
	size := int64(q.page.Size)
	return &logPage{
		Logs: append([]outreach.CronRunLog{}, logs...), Page: q.page.Number, Limit: q.page.Size, Total: total, TotalPages: (total + size - 1) / size,
	}, nil
}
