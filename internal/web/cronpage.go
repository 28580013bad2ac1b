package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/words"
	"mailrun/pkg/outreach"
)

// cronView is the page /settings/cron.
type cronView struct {
	Now       string
	User      account
	Notice    string
	Version   string
	Cards     []card
	Log       logView
	Mailboxes []mailboxView
	// MoreMailboxes counts those that are not listed.
	MoreMailboxes int
	Waiting       []waitingView
	WaitingError  bool
}

// card is the state of one job.
type card struct {
	Job     string
	Title   string
	What    string
	Running *runView
	Last    *runView
	Chart   chart
}

// stamp is a time for people: how long ago, and exactly.
type stamp struct{ ISO, Exact, Ago string }

func stampOf(t, now time.Time) stamp {
	return stamp{ISO: t.UTC().Format(time.RFC3339), Exact: t.UTC().Format("Mon 2 Jan 2006, 15:04:05 MST"), Ago: words.Ago(t, now)}
}

func stampPtr(t *time.Time, now time.Time) *stamp {
	if t == nil {
		return nil
	}
	s := stampOf(*t, now)
	return &s
}

// runView is a run as the page tells it.
type runView struct {
	ID, Job, Title, Status, By string
	Started                    stamp
	Duration, Words, Error     string
	Stats                      []words.Line
	Errors                     []outreach.SyncError
	MoreErrors                 int64
	Host, Version              string
	PID                        int
	durationMs                 int64
}

var jobTitles = map[outreach.JobName]string{outreach.JobSyncMailboxes: "Mailbox sync", outreach.JobRunSequences: "Sequences"}

func viewRun(run *outreach.CronRunLog, now time.Time) runView {
	v := runView{
		ID: run.ID.Hex(), Job: string(run.JobName), Title: jobTitles[run.JobName], Status: string(run.Status), By: run.TriggeredBy,
		Started: stampOf(run.StartedAt, now), Error: run.ErrorMessage, Host: run.Host, Version: run.Version, PID: run.PID,
		Stats: words.Lines(run), durationMs: run.DurationMs,
	}
	v.Errors, v.MoreErrors = runErrors(run)
	switch run.Status {
	case outreach.RunRunning:
		v.durationMs = max(now.Sub(run.StartedAt).Milliseconds(), 0)
		v.Words = cmp.Or(words.Run(run), "at work")
	case outreach.RunSkipped, outreach.RunFailed:
		v.Words = run.ErrorMessage
	default:
		v.Words = cmp.Or(words.Run(run), "nothing to do")
	}
	switch v.Duration = words.Duration(v.durationMs); {
	case run.Status == outreach.RunSkipped:
		v.Duration = "–"
	case run.Status == outreach.RunRunning && v.durationMs < 1000:
		v.Duration = "a moment"
	}
	return v
}

// runErrors are the mailboxes that failed in a run; more counts those that are not listed.
func runErrors(run *outreach.CronRunLog) (errs []outreach.SyncError, more int64) {
	list, _ := run.Stats["errors"].(bson.A)
	for _, item := range list {
		raw, err := bson.Marshal(item)
		if err != nil {
			continue
		}
		var e outreach.SyncError
		if bson.Unmarshal(raw, &e) == nil {
			errs = append(errs, e)
		}
	}
	return errs, outreach.CountOf(run.Stats["moreErrors"])
}

// cronPage shows the page, or with ?part=cards only what changes while a job runs.
func (s *Server) cronPage(w http.ResponseWriter, r *http.Request) {
	u, err := s.user(r)
	if err != nil {
		s.broken(w, r, err)
		return
	}
	if u == nil {
		target := "../login"
		if _, err := r.Cookie(s.sessions.of(r).Cookie.Name); err == nil {
			target += "?ended"
		}
		seeOther(w, target)
		return
	}
	now := s.Store.Now()
	view := cronView{Now: now.Format(time.RFC3339), User: whoami(u), Notice: s.Notice, Version: s.Version}
	if view.Cards, err = s.cards(r.Context(), now); err != nil {
		s.broken(w, r, err)
		return
	}
	if r.URL.Query().Get("part") == "cards" {
		s.show(w, r, http.StatusOK, "cards", view)
		return
	}
	if err := s.fillPage(r, &view, now); err != nil {
		s.broken(w, r, err)
		return
	}
	s.show(w, r, http.StatusOK, "cron.html", view)
}

func (s *Server) fillPage(r *http.Request, view *cronView, now time.Time) error {
	ctx := r.Context()
	var err error
	if view.Log, err = s.logView(ctx, r.URL.Query(), now); err != nil {
		return err
	}
	if view.Mailboxes, view.MoreMailboxes, err = s.mailboxViews(ctx, now); err != nil {
		return err
	}
	view.Waiting, view.WaitingError = s.waitingViews(ctx, now)
	return nil
}

// cards reads the newest runs of both jobs: the state of each, and its chart.
func (s *Server) cards(ctx context.Context, now time.Time) ([]card, error) {
	cards := []card{
		{Job: string(outreach.JobSyncMailboxes), Title: "Mailbox sync", What: "reads every mailbox: replies, bounces, opt-outs"},
		{Job: string(outreach.JobRunSequences), Title: "Sequences", What: "sends the mail that is due"},
	}
	for i := range cards {
		c := &cards[i]
		runs, err := s.Store.LastRuns(ctx, outreach.JobName(c.Job), chartRuns)
		if err != nil {
			return nil, err
		}
		views := make([]runView, len(runs))
		for i := range runs {
			views[i] = viewRun(&runs[i], now)
			switch {
			case runs[i].Status == outreach.RunRunning:
				c.Running = cmp.Or(c.Running, &views[i])
			case c.Last == nil:
				c.Last = &views[i]
			}
		}
		c.Chart = newChart(views)
	}
	return cards, nil
}

// logView is the run log with its filters.
type logView struct {
	Runs               []runView
	Job, Status        string
	Limit              int
	Page               int
	Pages, Total       int64
	First, Last        int64
	Newer, Older       string
	Problem            string
	Filtered           bool
	JobNames, Statuses []option
	Limits             []option
}

// option is an entry of a drop-down list.
type option struct {
	Value, Text string
	Selected    bool
}

func options(selected string, pairs ...[2]string) []option {
	out := make([]option, len(pairs))
	for i, p := range pairs {
		out[i] = option{Value: p[0], Text: p[1], Selected: p[0] == selected}
	}
	return out
}

func (s *Server) logView(ctx context.Context, v url.Values, now time.Time) (logView, error) {
	q, err := parseLogQuery(v)
	view := logView{Problem: errorText(err)}
	if err != nil {
		q, _ = parseLogQuery(nil) // nothing asked for is always valid
	}
	page, err := s.readLogs(ctx, q)
	if err != nil {
		return view, err
	}
	for i := range page.Logs {
		view.Runs = append(view.Runs, viewRun(&page.Logs[i], now))
	}
	view.Job, view.Status, view.Limit, view.Page = string(q.filter.Job), string(q.filter.Status), page.Limit, page.Page
	view.Pages, view.Total, view.Filtered = page.TotalPages, page.Total, q.filter.Job != "" || q.filter.Status != ""
	view.First = int64(page.Page-1)*int64(page.Limit) + 1
	view.Last = view.First + int64(len(page.Logs)) - 1
	if page.Page > 1 {
		view.Newer = logLink(q, int(min(int64(page.Page-1), max(page.TotalPages, 1))))
	}
	if int64(page.Page) < page.TotalPages {
		view.Older = logLink(q, page.Page+1)
	}
	view.JobNames = options(view.Job, [2]string{"", "both jobs"}, [2]string{"sync-mailboxes", "mailbox sync"}, [2]string{"run-sequences", "sequences"})
	view.Statuses = options(view.Status, [2]string{"", "any status"}, [2]string{"success", "success"}, [2]string{"failed", "failed"},
		[2]string{"skipped", "skipped"}, [2]string{"running", "running"})
	view.Limits = options(strconv.Itoa(view.Limit), [2]string{"10", "10"}, [2]string{"20", "20"}, [2]string{"50", "50"}, [2]string{"100", "100"}, [2]string{"200", "200"})
	return view, nil
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// logLink is the address of another page of the same listing.
func logLink(q logQuery, page int) string {
	v := url.Values{"page": {strconv.Itoa(page)}, "limit": {strconv.Itoa(q.page.Size)}}
	if q.filter.Job != "" {
		v.Set("jobName", string(q.filter.Job))
	}
	if q.filter.Status != "" {
		v.Set("status", string(q.filter.Status))
	}
	return "?" + v.Encode() + "#log"
}
