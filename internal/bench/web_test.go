package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/job"
	"mailrun/internal/mailbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// The admin and the cron secret of the servers that are measured.
const (
	admin         = "admin@example.com"
	adminPassword = "correct horse battery"
	cronSecret    = "0123456789abcdef0123456789abcdef"
)

// website is `mailrun serve` in a process of its own, on a Unix socket so that no port is needed.
type website struct {
	cmd     *exec.Cmd
	browser *http.Client
}

// serve starts the program's server over its database and waits until it answers.
func (p *program) serve(b *testing.B) *website {
	b.Helper()
	p.set("CRON_SECRET=" + cronSecret)
	socket := filepath.Join(p.home, "web.sock")
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	s := &website{cmd: exec.Command(p.path, "serve", "--listen", "unix:"+socket), browser: &http.Client{Jar: jar, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}}
	s.cmd.Env, s.cmd.Dir = p.env, p.home
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		s.browser.CloseIdleConnections()
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		if err := s.cmd.Wait(); err != nil {
			b.Errorf("serve ended: %v", err)
		}
	})
	for range 500 {
		if resp, err := s.browser.Get("http://mailrun/readyz"); err == nil {
			_ = resp.Body.Close()
			return s
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.Fatal("serve does not answer")
	return nil
}

// ask makes one request and returns how long the answer took. Only status 200 is one.
func (s *website) ask(b *testing.B, method, path string, form url.Values) time.Duration {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, "http://mailrun"+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("x-cron-secret", cronSecret)
	began := time.Now()
	resp, err := s.browser.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	took := time.Since(began)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %d, %v", method, path, resp.StatusCode, err)
	}
	return took
}

func (s *website) signIn(b *testing.B) {
	b.Helper()
	s.ask(b, "POST", "/api/admin/login", url.Values{"email": {admin}, "password": {adminPassword}})
}

// resident is the memory that the process has in RAM now, in bytes (proc_pid_status(5)).
func (s *website) resident(b *testing.B) int64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		b.Skip("this system does not tell the memory of a process: " + err.Error())
	}
	var kilobytes int64
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	if _, err := fmt.Sscan(after, &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes << 10
}

// fillSite stores an admin and n runs of both jobs, one a minute, every fifth failed.
func fillSite(b *testing.B, path string, n int) {
	b.Helper()
	engine := openSQLite(b, path)
	defer closeEngine(b, engine)
	st := store.New(engine, time.Now)
	hash, err := argon2id.CreateHash(adminPassword, &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}) // as `users add` does
	if err != nil {
		b.Fatal(err)
	}
	if err := st.InsertUser(b.Context(), &outreach.User{ID: bson.NewObjectID(), Email: admin, PasswordHash: hash, Role: "admin"}); err != nil {
		b.Fatal(err)
	}
	var writes []store.Write
	for i := range n {
		at := store.Millis(st.Now().Add(-time.Duration(n-i) * time.Minute))
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
	}
	for portion := range slices.Chunk(writes, 5000) {
		if _, err := engine.Write(b.Context(), portion); err != nil {
			b.Fatal(err)
		}
	}
}

// manyRuns compares what a signed-in admin asks for at many run logs with the same at few.
func manyRuns(b *testing.B, r *report) {
	few, many := 100, r.pick(100_000, 20_000)
	var sites [2]*website
	for i, n := range []int{few, many} {
		p := r.program(b)
		p.set("LOG_RETENTION_DAYS=400")
		fillSite(b, p.database(), n)
		sites[i] = p.serve(b)
		sites[i].signIn(b)
	}
	const logs = "/api/admin/cron/logs"
	for _, q := range []struct{ name, few, many string }{
		{"GET " + logs, logs, logs},
		{"the same of one job", logs + "?jobName=run-sequences", logs + "?jobName=run-sequences"},
		{"of one job and status", logs + "?jobName=run-sequences&status=failed", logs + "?jobName=run-sequences&status=failed"},
		{"the page in the middle", logs + "?page=3", fmt.Sprintf("%s?page=%d", logs, many/40)},
		{"the last page", logs + "?page=5", fmt.Sprintf("%s?page=%d", logs, many/20)},
		{"GET /settings/cron", "/settings/cron", "/settings/cron"},
	} {
		atFew, atMany := inTurns(r.pick(60, 15),
			func() time.Duration { return sites[0].ask(b, "GET", q.few, nil) },
			func() time.Duration { return sites[1].ask(b, "GET", q.many, nil) })
		r.add(b, row{
			figure: fmt.Sprintf("%s, %d run logs / %d", q.name, many, few), ours: span(atMany), reference: span(atFew),
			ratio: times(atMany, atFew), goal: "≤ 3",
		})
	}
}

// inTurns measures two things by turns, so that both meet the same machine, and returns the median of each.
func inTurns(rounds int, one, other func() time.Duration) (time.Duration, time.Duration) {
	var took [2][]time.Duration
	for range rounds {
		took[0], took[1] = append(took[0], one()), append(took[1], other())
	}
	slices.Sort(took[0])
	slices.Sort(took[1])
	return took[0][rounds/2], took[1][rounds/2]
}

// cronCall compares a cron call with nothing to do, over HTTP, with the same work done here without a server.
func cronCall(b *testing.B, r *report) {
	p := r.program(b)
	site := p.serve(b)
	run := bareRun(b)
	bare, called := inTurns(r.pick(200, 40), run, func() time.Duration { return site.ask(b, "POST", "/api/cron/run-sequences", nil) })
	r.add(b, row{
		figure: "POST /api/cron/run-sequences, nothing due / the run itself", ours: span(called), reference: span(bare),
		ratio: times(called, bare), goal: "≤ 1.5",
	})
}

// bareRun is run-sequences over a database of its own in this process, as the command does it.
func bareRun(b *testing.B) func() time.Duration {
	b.Helper()
	engine := openSQLite(b, filepath.Join(b.TempDir(), "mailrun.db"))
	b.Cleanup(func() { closeEngine(b, engine) })
	st, log := store.New(engine, time.Now), slog.New(slog.DiscardHandler)
	keys, err := mailbox.ParseKeys("")
	if err != nil {
		b.Fatal(err)
	}
	w := &sequence.Worker{
		Store: st, Keyring: keys, Self: store.Self(), Log: log, Draw: rand.Float64, MaxMailboxes: 256,
		Dialer: &mailbox.Dialer{Keyring: keys, Limits: mailbox.NewLimits(64, 10), Tokens: st, Now: st.Now, Log: log},
		Policy: outreach.Policy{FollowUpMaxSyncAge: 30 * time.Minute, StaleAfter: 7 * 24 * time.Hour, SyncEnabled: true},
	}
	runner := &job.Runner{Store: st, Self: store.Self(), Log: log, Retention: 90 * 24 * time.Hour}
	work := job.Job{Name: outreach.JobRunSequences, Enabled: true, MaxRuntime: 4 * time.Minute, Do: func(ctx context.Context, progress job.Progress) (any, error) {
		return w.Run(ctx, sequence.Options{Deadline: st.Now().Add(4 * time.Minute), Progress: func(stats any) { progress(stats) }})
	}}
	return func() time.Duration {
		began := time.Now()
		if _, err := runner.Run(b.Context(), work, outreach.TriggeredByCron); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
}

// idleServe is the memory of a server that has answered, run both jobs, and has nothing to do.
func idleServe(b *testing.B, r *report) {
	p := r.program(b)
	fillSite(b, p.database(), 1000)
	site := p.serve(b)
	fresh := site.resident(b)
	site.signIn(b)
	site.ask(b, "GET", "/settings/cron", nil)
	site.ask(b, "POST", "/api/cron/run-sequences", nil)
	site.ask(b, "POST", "/api/cron/sync-mailboxes", nil)
	time.Sleep(4 * time.Second) // nobody asks for anything
	idle := site.resident(b)
	r.add(b, row{
		figure: "idle serve after a login, the page and both jobs / just started", ours: fmt.Sprintf("%.1f MB", megabytes(idle)),
		reference: fmt.Sprintf("%.1f MB", megabytes(fresh)), ratio: float64(idle) / float64(fresh), goal: "≤ 40 MB", peak: idle,
	})
}
