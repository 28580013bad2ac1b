package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/job"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

const (
	testSecret   = "0123456789abcdef0123456789abcdef"
	testEmail    = "admin@example.com"
	testPassword = "correct horse battery"
)

// site is a server under test with its store, jobs that do what the test says, and one admin.
type site struct {
	*httptest.Server
	web   *Server
	store *store.Store
	keys  *mailbox.Keyring
	admin *outreach.User
}

// workers are what the jobs of a site do.
type workers map[outreach.JobName]job.Job

func newSite(t testing.TB, do workers, change ...func(*Config)) *site {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "mailrun.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	if err := engine.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &site{store: store.New(engine, time.Now)}
	if s.keys, err = mailbox.ParseKeys(mailbox.NewKey()); err != nil {
		t.Fatal(err)
	}
	s.addAdmin(t)
	config := Config{
		Store: s.store, Keyring: s.keys, CronSecret: testSecret, Version: "test", Log: slog.New(slog.DiscardHandler),
		Send: s.job(outreach.JobRunSequences, do), Sync: s.job(outreach.JobSyncMailboxes, do),
	}
	for _, c := range change {
		c(&config)
	}
	if s.web, err = New(config); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(s.web.Handler())
	t.Cleanup(func() {
		if err := s.web.Close(); err != nil {
			t.Error(err)
		}
		s.Server.Close()
	})
	return s
}

func (s *site) addAdmin(t testing.TB) {
	t.Helper()
	hash, err := argon2id.CreateHash(testPassword, &argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16})
	if err != nil {
		t.Fatal(err)
	}
	s.admin = &outreach.User{ID: bson.NewObjectID(), Email: testEmail, PasswordHash: hash, Role: "admin"}
	if err := s.store.InsertUser(t.Context(), s.admin); err != nil {
		t.Fatal(err)
	}
}

// job is a RunFunc over the real runner.
func (s *site) job(name outreach.JobName, do workers) RunFunc {
	j, ok := do[name]
	if !ok {
		j = job.Job{Enabled: true, Do: func(context.Context, job.Progress) (any, error) { return nil, nil }}
	}
	j.Name, j.MaxRuntime = name, time.Minute
	return func(ctx context.Context, by string, started func(outreach.CronRunLog)) (*outreach.CronRunLog, error) {
		r := &job.Runner{Store: s.store, Self: store.Self(), Log: slog.New(slog.DiscardHandler), Started: started}
		return r.Run(ctx, j, by)
	}
}

// client is a browser or a program: it keeps cookies and follows no redirect.
func client(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// signIn is a client with a session.
func (s *site) signIn(t testing.TB) *http.Client {
	t.Helper()
	c := client(t)
	if a := s.do(t, c, "POST", "/api/admin/login", loginBody(testEmail, testPassword), "Content-Type", "application/json"); a.status != 200 {
		t.Fatalf("login: %d %s", a.status, a.body)
	}
	return c
}

func loginBody(email, password string) string {
	b, _ := json.Marshal(credentials{Email: email, Password: password})
	return string(b)
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(t testing.TB, c *http.Client, method, path, body string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(read)}
}

func decode[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("answer %d %q: %v", a.status, a.body, err)
	}
	return v
}

func failing() workers {
	return workers{outreach.JobRunSequences: {Enabled: true, Do: func(context.Context, job.Progress) (any, error) {
		return outreach.SendStats{Due: 3}, errors.New("the roof is on fire")
	}}}
}

// TestAnswers is SPEC §9 row by row, as far as one request shows it.
func TestAnswers(t *testing.T) {
	skipped := workers{outreach.JobRunSequences: {Enabled: false, Switch: "SEQUENCE_WORKER_ENABLED"}}
	noSecret := func(c *Config) { c.CronSecret = "" }
	secret := []string{"x-cron-secret", testSecret}
	const run, logs = "/api/cron/run-sequences", "/api/admin/cron/logs"
	api := newDescription(t)
	for _, c := range []struct {
		name     string
		jobs     workers
		change   func(*Config)
		signedIn bool
		method   string
		path     string
		headers  []string
		body     string
		status   int
		says     string // a part of the body
		allow    string
	}{
		{name: "cron run", method: "POST", path: run, headers: secret, status: 200, says: `"status":"success"`},
		{name: "cron run is cron's", method: "POST", path: run, headers: secret, status: 200, says: `"triggeredBy":"cron"`},
		{name: "cron sync", method: "POST", path: "/api/cron/sync-mailboxes", headers: secret, status: 200, says: `"jobName":"sync-mailboxes"`},
		{name: "cron run switched off", jobs: skipped, method: "POST", path: run, headers: secret, status: 200, says: `switched off by SEQUENCE_WORKER_ENABLED=false`},
		{name: "cron run failed", jobs: failing(), method: "POST", path: run, headers: secret, status: 500, says: `"errorMessage":"the roof is on fire"`},
		{name: "failed run keeps its counts", jobs: failing(), method: "POST", path: run, headers: secret, status: 500, says: `"due":3`},
		{name: "no secret given", method: "POST", path: run, status: 401, says: `{"error":`},
		{name: "wrong secret", method: "POST", path: run, headers: []string{"x-cron-secret", strings.Repeat("x", len(testSecret))}, status: 401, says: `{"error":`},
		{name: "shorter secret", method: "POST", path: run, headers: []string{"x-cron-secret", testSecret[:5]}, status: 401, says: `{"error":`},
		{name: "longer secret", method: "POST", path: run, headers: []string{"x-cron-secret", testSecret + "x"}, status: 401, says: `{"error":`},
		{name: "secret unset", change: noSecret, method: "POST", path: run, status: 503, says: "CRON_SECRET is not set"},
		{name: "secret unset, empty given", change: noSecret, method: "POST", path: run, headers: []string{"x-cron-secret", ""}, status: 503, says: "CRON_SECRET"},
		{name: "cron by GET", method: "GET", path: run, headers: secret, status: 405, says: `{"error":`, allow: "POST"},
		{name: "cron by HEAD", method: "HEAD", path: run, headers: secret, status: 405, allow: "POST"},
		{name: "cron from another site's page", method: "POST", path: run, headers: append([]string{"Sec-Fetch-Site", "cross-site"}, secret...), status: 200},
		{name: "big body", method: "POST", path: run, headers: secret, body: strings.Repeat("x", maxBody+1), status: 413, says: `{"error":`},
		{name: "session is no secret", signedIn: true, method: "POST", path: run, status: 401},

		{name: "summary", signedIn: true, method: "GET", path: "/api/admin/cron/summary", status: 200, says: `{"lastMailboxSync":null,"lastSequenceRun":null,"running":[]}`},
		{name: "summary without a session", method: "GET", path: "/api/admin/cron/summary", status: 401, says: `{"error":`},
		{name: "secret is no session", method: "GET", path: "/api/admin/cron/summary", headers: secret, status: 401},
		{name: "logs", signedIn: true, method: "GET", path: logs, status: 200, says: `{"logs":[],"page":1,"limit":20,"total":0,"totalPages":0}`},
		{name: "logs without a session", method: "GET", path: logs, status: 401, says: `{"error":`},
		{name: "logs, page 0", signedIn: true, method: "GET", path: logs + "?page=0", status: 400, says: "page"},
		{name: "logs, limit 201", signedIn: true, method: "GET", path: logs + "?limit=201", status: 400, says: "limit"},
		{name: "logs, no number", signedIn: true, method: "GET", path: logs + "?limit=ten", status: 400, says: "limit"},
		{name: "logs, unknown job", signedIn: true, method: "GET", path: logs + "?jobName=x", status: 400, says: "jobName"},
		{name: "logs, unknown status", signedIn: true, method: "GET", path: logs + "?status=x", status: 400, says: "status"},
		{name: "logs by POST", signedIn: true, method: "POST", path: logs, status: 405, allow: "GET, HEAD"},
		{name: "manual run", signedIn: true, method: "POST", path: "/api/admin/cron/run-sequences", status: 200, says: `"triggeredBy":"manual"`},
		{name: "manual sync", signedIn: true, method: "POST", path: "/api/admin/cron/sync-mailboxes", status: 200, says: `"triggeredBy":"manual"`},
		{name: "manual run without a session", method: "POST", path: "/api/admin/cron/run-sequences", status: 401, says: `{"error":`},
		{name: "manual run from another site", signedIn: true, method: "POST", path: "/api/admin/cron/run-sequences", headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403, says: `{"error":`},
		{name: "manual run from another origin", signedIn: true, method: "POST", path: "/api/admin/cron/run-sequences", headers: []string{"Origin", "https://evil.example"}, status: 403, says: `{"error":`},
		{name: "manual run from a browser without script", signedIn: true, method: "POST", path: "/api/admin/cron/run-sequences", headers: []string{"Accept", "text/html"}, status: 303},

		{name: "me", signedIn: true, method: "GET", path: "/api/admin/me", status: 200, says: `{"email":"admin@example.com","role":"admin"}`},
		{name: "me without a session", method: "GET", path: "/api/admin/me", status: 401, says: `{"error":`},
		{name: "login page", method: "GET", path: "/login", status: 200, says: "<h1>Sign in</h1>"},
		{name: "login page when signed in", signedIn: true, method: "GET", path: "/login", status: 303},
		{name: "login that is no JSON", method: "POST", path: "/api/admin/login", headers: []string{"Content-Type", "application/json"}, body: "{", status: 400, says: `{"error":`},
		{name: "big login", method: "POST", path: "/api/admin/login", body: strings.Repeat("x", maxBody+1), status: 413},
		{name: "login from another site", method: "POST", path: "/api/admin/login", headers: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
		{name: "page", signedIn: true, method: "GET", path: "/settings/cron", status: 200, says: "Nothing has run yet."},
		{name: "page with a bad filter", signedIn: true, method: "GET", path: "/settings/cron?page=x", status: 200, says: "page: &#34;x&#34; is not valid"},
		{name: "page past the end", signedIn: true, method: "GET", path: "/settings/cron?page=9", status: 200, says: "past the end"},
		{name: "page without a session", method: "GET", path: "/settings/cron", status: 303},
		{name: "home", method: "GET", path: "/", status: 303},
		{name: "nothing there", method: "GET", path: "/nothing", status: 404, says: `{"error":`},
		{name: "no such file", method: "GET", path: "/static/nothing", status: 404, says: `{"error":`},

		{name: "healthz", method: "GET", path: "/healthz", status: 200, says: `"ok"`},
		{name: "healthz by HEAD", method: "HEAD", path: "/healthz", status: 200},
		{name: "readyz", method: "GET", path: "/readyz", status: 200, says: `"ready"`},
		{name: "metrics with the secret", method: "GET", path: "/metrics", headers: secret, status: 200, says: "mailrun_runs_running 0"},
		{name: "metrics with a session", signedIn: true, method: "GET", path: "/metrics", status: 200, says: "mailrun_runs_running 0"},
		{name: "metrics without either", method: "GET", path: "/metrics", status: 401, says: `{"error":`},
		{name: "metrics without a secret set", change: noSecret, method: "GET", path: "/metrics", headers: []string{"x-cron-secret", ""}, status: 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*Config) {}
			}
			s := newSite(t, c.jobs, change)
			browser := client(t)
			if c.signedIn {
				browser = s.signIn(t)
			}
			got := s.do(t, browser, c.method, c.path, c.body, c.headers...)
			if got.status != c.status {
				t.Errorf("status %d, want %d; body %s", got.status, c.status, got.body)
			}
			if !strings.Contains(got.body, c.says) {
				t.Errorf("body %q does not say %q", got.body, c.says)
			}
			if got.header.Get("Allow") != c.allow {
				t.Errorf("Allow %q, want %q", got.header.Get("Allow"), c.allow)
			}
			if wrong := api.check(c.method, c.path, got); wrong != "" {
				t.Errorf("openapi.json: %s", wrong)
			}
			if !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Error("no content security policy")
			}
		})
	}
}

// Browsers take a style sheet or a script by its media type alone, whatever the machine's own table of types says.
func TestStaticFilesHaveTheirMediaTypes(t *testing.T) {
	s := newSite(t, nil)
	for name, kind := range map[string]string{"mailrun.css": "text/css", "mailrun.js": "text/javascript", "icon.svg": "image/svg+xml"} {
		got := s.do(t, client(t), "GET", "/static/"+name, "")
		if given, _, _ := strings.Cut(got.header.Get("Content-Type"), ";"); got.status != 200 || given != kind {
			t.Errorf("%s: %d as %q, want %q", name, got.status, given, kind)
		}
	}
}

// blocked is a job that waits for release; began tells that it runs.
type blocked struct {
	began   chan struct{}
	release chan struct{}
}

func newBlocked() *blocked {
	return &blocked{began: make(chan struct{}, 1), release: make(chan struct{})}
}

func (b *blocked) jobs() workers {
	return workers{outreach.JobRunSequences: {Enabled: true, Do: func(ctx context.Context, _ job.Progress) (any, error) {
		b.began <- struct{}{}
		select {
		case <-b.release:
		case <-ctx.Done():
		}
		return nil, nil
	}}}
}

func TestSecondRunIsRefused(t *testing.T) {
	b := newBlocked()
	s := newSite(t, b.jobs())
	c := client(t)
	first := make(chan answer, 1)
	go func() { first <- s.do(t, c, "POST", "/api/cron/run-sequences", "", "x-cron-secret", testSecret) }()
	<-b.began
	for range 100 {
		second := s.do(t, c, "POST", "/api/cron/run-sequences", "", "x-cron-secret", testSecret)
		runs, total, err := s.store.RunLogs(t.Context(), store.RunFilter{}, store.Page{Number: 1, Size: 10})
		if err != nil || total != 1 {
			t.Fatalf("%d run logs, %v; a refused call writes none", total, err)
		}
		if second.status != 409 || decode[problem](t, second).RunID != runs[0].ID.Hex() {
			t.Fatalf("second call: %d %s, want 409 naming %s", second.status, second.body, runs[0].ID.Hex())
		}
	}
	if other := s.do(t, c, "POST", "/api/cron/sync-mailboxes", "", "x-cron-secret", testSecret); other.status != 200 {
		t.Errorf("the other job: %d, want 200", other.status)
	}
	close(b.release)
	if a := <-first; a.status != 200 {
		t.Errorf("first call: %d %s", a.status, a.body)
	}
}

func TestJobOutlivesItsClient(t *testing.T) {
	b := newBlocked()
	s := newSite(t, b.jobs())
	ctx, leave := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		r, _ := http.NewRequestWithContext(ctx, "POST", s.URL+"/api/cron/run-sequences", nil)
		r.Header.Set("x-cron-secret", testSecret)
		if resp, err := http.DefaultClient.Do(r); err == nil {
			_ = resp.Body.Close()
		}
	}()
	<-b.began
	leave()
	<-gone
	s.web.jobs.mu.Lock()
	run := s.web.jobs.running[outreach.JobRunSequences]
	s.web.jobs.mu.Unlock()
	close(b.release)
	<-run.done
	if run.log == nil || run.log.Status != outreach.RunSuccess {
		t.Errorf("run %+v, want success", run.log)
	}
}

func TestShutdownEndsJobs(t *testing.T) {
	b := newBlocked()
	s := newSite(t, b.jobs())
	got := make(chan answer, 1)
	go func() { got <- s.do(t, client(t), "POST", "/api/cron/run-sequences", "", "x-cron-secret", testSecret) }()
	<-b.began
	s.web.jobs.stop(job.ErrInterrupted)
	if a := <-got; a.status != 500 || !strings.Contains(a.body, "interrupted by a signal") {
		t.Errorf("the call in flight: %d %s, want its log", a.status, a.body)
	}
	if a := s.do(t, client(t), "POST", "/api/cron/run-sequences", "", "x-cron-secret", testSecret); a.status != 503 {
		t.Errorf("a call afterwards: %d, want 503", a.status)
	}
}

func TestSession(t *testing.T) {
	s := newSite(t, nil)
	c := s.signIn(t)
	base, _ := url.Parse(s.URL)
	cookie := c.Jar.Cookies(base)[0]
	if _, err := s.store.Session(t.Context(), cookie.Value); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the store knows the token itself: %v", err)
	}
	if a := s.do(t, c, "POST", "/api/admin/logout", ""); a.status != 200 {
		t.Fatalf("logout: %d", a.status)
	}
	stolen := client(t)
	stolen.Jar.SetCookies(base, []*http.Cookie{cookie})
	if a := s.do(t, stolen, "GET", "/api/admin/me", ""); a.status != 401 {
		t.Errorf("the old cookie after logout: %d, want 401", a.status)
	}
	if a := s.do(t, stolen, "GET", "/settings/cron", "", "Accept", "text/html"); a.header.Get("Location") != "../login?ended" {
		t.Errorf("the page with an old cookie leads to %q", a.header.Get("Location"))
	}
}

// TestSessionByAnotherClock: the demo's store lives weeks ahead of the machine, whose clock the session library reads.
func TestSessionByAnotherClock(t *testing.T) {
	s := newSite(t, nil, func(c *Config) {
		c.Store = store.New(c.Store.Engine(), func() time.Time { return time.Now().Add(40 * 24 * time.Hour) })
	})
	if a := s.do(t, s.signIn(t), "GET", "/api/admin/me", ""); a.status != 200 {
		t.Errorf("me: %d, want 200", a.status)
	}
}

// TestLogoutWins: a request that is under way when its user signs out does not bring the session back.
func TestLogoutWins(t *testing.T) {
	s := newSite(t, nil)
	sessions := &sessionStore{store: s.store}
	ctx := context.WithValue(t.Context(), loadedKey{}, &loadedSession{})
	expires := time.Now().Add(time.Hour)
	if err := sessions.CommitCtx(t.Context(), "id", []byte("old"), expires); err != nil {
		t.Fatal(err)
	}
	if _, found, err := sessions.FindCtx(ctx, "id"); !found || err != nil {
		t.Fatalf("found %v, %v", found, err)
	}
	if err := sessions.DeleteCtx(t.Context(), "id"); err != nil {
		t.Fatal(err)
	}
	if err := sessions.CommitCtx(ctx, "id", []byte("new"), expires.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := sessions.FindCtx(t.Context(), "id"); found {
		t.Error("the session is back")
	}
}

func TestNewPasswordEndsSessions(t *testing.T) {
	s := newSite(t, nil)
	c := s.signIn(t)
	if err := s.store.SetPassword(t.Context(), s.admin.ID, "$argon2id$other"); err != nil {
		t.Fatal(err)
	}
	if a := s.do(t, c, "GET", "/api/admin/me", ""); a.status != 401 {
		t.Errorf("me after a new password: %d, want 401", a.status)
	}
}

func TestRemovedUserIsSignedOut(t *testing.T) {
	s := newSite(t, nil)
	c := s.signIn(t)
	if _, err := s.store.DeleteUser(t.Context(), testEmail); err != nil {
		t.Fatal(err)
	}
	if a := s.do(t, c, "GET", "/api/admin/me", ""); a.status != 401 {
		t.Errorf("me after removal: %d, want 401", a.status)
	}
}

func TestLoginByForm(t *testing.T) {
	s := newSite(t, nil)
	c := client(t)
	form := url.Values{"email": {" Admin@Example.com "}, "password": {testPassword}}.Encode()
	a := s.do(t, c, "POST", "/api/admin/login", form, "Content-Type", "application/x-www-form-urlencoded")
	if a.status != 303 || a.header.Get("Location") != "../../settings/cron" {
		t.Fatalf("login: %d to %q", a.status, a.header.Get("Location"))
	}
	if a := s.do(t, c, "GET", "/api/admin/me", ""); a.status != 200 {
		t.Errorf("me: %d", a.status)
	}
	wrong := url.Values{"email": {testEmail}, "password": {"wrong"}}.Encode()
	a = s.do(t, client(t), "POST", "/api/admin/login", wrong, "Content-Type", "application/x-www-form-urlencoded", "Accept", "text/html")
	if a.status != 401 || !strings.Contains(a.body, wrongLogin) || !strings.Contains(a.body, `href="../../static/mailrun.css`) {
		t.Errorf("wrong password: %d %s", a.status, a.body)
	}
}

func TestCookieBehindHTTPS(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*Config)
		headers []string
		secure  bool
	}{
		{name: "http", change: func(*Config) {}},
		{name: "public https", change: func(c *Config) { c.PublicBaseURL = "https://mail.example.com" }, secure: true},
		{name: "tls", change: func(c *Config) { c.TLS = true }, secure: true},
		{name: "a stranger's header", change: func(*Config) {}, headers: []string{"X-Forwarded-Proto", "https"}},
		{name: "a trusted proxy's header", change: trustLoopback, headers: []string{"X-Forwarded-Proto", "https"}, secure: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, nil, c.change)
			a := s.do(t, client(t), "POST", "/api/admin/login", loginBody(testEmail, testPassword), append(c.headers, "Content-Type", "application/json")...)
			cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
			if err != nil {
				t.Fatal(err)
			}
			if cookie.Secure != c.secure || strings.HasPrefix(cookie.Name, "__Host-") != c.secure {
				t.Errorf("cookie %s, secure %v; want secure %v", cookie.Name, cookie.Secure, c.secure)
			}
			if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
				t.Errorf("cookie %v: want HttpOnly, SameSite=Lax, Path=/", cookie)
			}
		})
	}
}

func TestLoginLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		who  func(i int) string
		most int
	}{
		{"one account", func(int) string { return testEmail }, loginsPerName},
		{"one unknown account", func(int) string { return "nobody@example.com" }, loginsPerName},
		{"many accounts from one address", func(i int) string { return fmt.Sprintf("n%d@example.com", i) }, loginsPerOrigin},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t, nil)
			browser := client(t)
			var bodies []string
			for i := range c.most {
				a := s.do(t, browser, "POST", "/api/admin/login", loginBody(c.who(i), "wrong"), "Content-Type", "application/json")
				if a.status != 401 {
					t.Fatalf("attempt %d: %d, want 401", i, a.status)
				}
				bodies = append(bodies, a.body)
			}
			if want := bodies[0]; bodies[len(bodies)-1] != want || !strings.Contains(want, wrongLogin) {
				t.Errorf("answers %q differ", bodies)
			}
			a := s.do(t, browser, "POST", "/api/admin/login", loginBody(c.who(0), testPassword), "Content-Type", "application/json")
			if a.status != 429 || a.header.Get("Retry-After") == "" {
				t.Errorf("attempt %d: %d, Retry-After %q; want 429", c.most+1, a.status, a.header.Get("Retry-After"))
			}
		})
	}
}

func TestLogPaging(t *testing.T) {
	s := newSite(t, nil)
	fillRuns(t, s.store, 45)
	c := s.signIn(t)
	seen := map[bson.ObjectID]bool{}
	for page := 1; page <= 3; page++ {
		got := decode[logPage](t, s.do(t, c, "GET", fmt.Sprintf("/api/admin/cron/logs?page=%d", page), ""))
		if got.Total != 45 || got.TotalPages != 3 || got.Page != page || got.Limit != 20 {
			t.Errorf("page %d: %+v", page, got)
		}
		for _, run := range got.Logs {
			seen[run.ID] = true
		}
	}
	if len(seen) != 45 {
		t.Errorf("%d different runs on all pages, want 45", len(seen))
	}
	got := decode[logPage](t, s.do(t, c, "GET", "/api/admin/cron/logs?jobName=sync-mailboxes&status=failed&limit=200", ""))
	for _, run := range got.Logs {
		if run.JobName != outreach.JobSyncMailboxes || run.Status != outreach.RunFailed {
			t.Errorf("filtered: %s %s", run.JobName, run.Status)
		}
	}
	if got.Total == 0 || got.Total == 45 || int(got.Total) != len(got.Logs) {
		t.Errorf("filtered: %d of %d", len(got.Logs), got.Total)
	}
}

// fillRuns stores runs of both jobs with every outcome, one every two minutes until now.
func fillRuns(t testing.TB, s *store.Store, n int) {
	t.Helper()
	for i := range n {
		at := s.Now().Add(-time.Duration(n-i) * 2 * time.Minute)
		took := int64(700 + i*i*97%9000)
		end := at.Add(time.Duration(took) * time.Millisecond)
		run := &outreach.CronRunLog{
			ID: bson.NewObjectID(), JobName: outreach.JobSyncMailboxes, Status: outreach.RunSuccess, StartedAt: at, FinishedAt: &end, DurationMs: took,
			TriggeredBy: outreach.TriggeredByCron, Host: "mail1", PID: 4711, Version: "1.0.0",
			Stats: outreach.Stats{"mailboxes": 12, "synced": 3, "unchanged": 9, "messages": 14, "replies": i % 4, "bounces": i % 3, "threadsCreated": i % 2},
		}
		if i%2 == 1 {
			run.JobName = outreach.JobRunSequences
			run.Stats = outreach.Stats{"due": 40, "sent": 10 + i%17, "held": i % 2, "skipped": bson.D{{Key: "outside_window", Value: 12}, {Key: "gap", Value: 4}},
				"sendMs": bson.D{{Key: "p50", Value: 412}, {Key: "p95", Value: 1290}}}
		}
		switch {
		case i%11 == 4:
			run.Status, run.ErrorMessage = outreach.RunFailed, "every mailbox that was tried failed; first: nora@brightlane.example: network: dial tcp 192.0.2.7:993: i/o timeout"
			if run.JobName == outreach.JobSyncMailboxes {
				run.Stats["errors"] = bson.A{bson.D{{Key: "mailbox", Value: "nora@brightlane.example"}, {Key: "class", Value: "network"}, {Key: "message", Value: "dial tcp 192.0.2.7:993: i/o timeout"}}}
			}
		case i%13 == 6:
			run.Status, run.ErrorMessage, run.Stats, run.DurationMs = outreach.RunSkipped, "switched off by MAILBOX_SYNC_ENABLED=false", outreach.Stats{}, 0
		}
		if err := s.InsertRun(t.Context(), run); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOpenAPIMatchesRoutes(t *testing.T) {
	s := newSite(t, nil)
	doc := decode[struct {
		Paths map[string]map[string]any `json:"paths"`
	}](t, s.do(t, client(t), "GET", "/api/openapi.json", ""))
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	for _, r := range s.web.routes() {
		key := r.method + " " + strings.Replace(r.path, "/{$}", "/", 1)
		if !described[key] {
			t.Errorf("openapi.json lacks %s", key)
		}
		delete(described, key)
	}
	for key := range described {
		t.Errorf("openapi.json describes %s, which is not there", key)
	}
}

func TestFreshInstallSaysHowToMakeAUser(t *testing.T) {
	s := newSite(t, nil)
	if _, err := s.store.DeleteUser(t.Context(), testEmail); err != nil {
		t.Fatal(err)
	}
	if a := s.do(t, client(t), "GET", "/login", ""); !strings.Contains(a.body, "mailrun users add") {
		t.Errorf("the login page says %s", a.body)
	}
}

func TestAccessLogHidesTokens(t *testing.T) {
	var log bytes.Buffer
	s := newSite(t, nil, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	token := s.keys.OptOutToken(bson.NewObjectID())
	s.do(t, client(t), "GET", "/u/"+token, "")
	s.Server.Close()
	if text := log.String(); strings.Contains(text, token) || !strings.Contains(text, "/u/…") {
		t.Errorf("access log %q", text)
	}
}
