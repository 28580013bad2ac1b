package web

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/forecast"
	"mailrun/internal/job"
	"mailrun/pkg/outreach"
)

// shots is where screenshots go; git ignores it.
const shots = "testdata/shots"

// tab is a page in Chromium, with what it asked for and complained about.
type tab struct {
	ctx context.Context
	t   *testing.T

	mu         sync.Mutex
	hosts      map[string]bool
	complaints []string
}

// openTab starts Chromium with a fresh profile.
func openTab(t *testing.T) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI must have chromium")
		}
		t.Skip("chromium is not installed")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"),
	}
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, t: t, hosts: map[string]bool{}}
	if err := chromedp.Listen(ctx, b.heard); err != nil {
		t.Fatal(err)
	}
	return b
}

// heard notes requests to hosts, and everything that a console would show in red.
func (b *tab) heard(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err == nil {
			b.hosts[u.Scheme+"://"+u.Host] = true
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprintf("console: %s %+v", e.Type, e.Args))
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, fmt.Sprintf("log: %s %s", e.Entry.Level, e.Entry.Text))
	}
}

// quietly does something that a console comments on, and forgets the comments.
func (b *tab) quietly(do func()) {
	b.mu.Lock()
	before := len(b.complaints)
	b.mu.Unlock()
	do()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = b.complaints[:before]
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.shoot("failed")
		b.t.Fatalf("%s: %v; complaints %v", what, err, b.complaints)
	}
}

func (b *tab) see(what, selector string) {
	b.t.Helper()
	b.do(what, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// eval is a value of the page, read as its developer tools would.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.EvaluateAsDevTools[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func (b *tab) shoot(name string) {
	b.t.Helper()
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Errorf("screenshot %s: %v", name, err)
		return
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shots, name+".png"), picture, 0o600); err != nil {
		b.t.Error(err)
	}
}

// size sets the window; no page may be wider than it.
func (b *tab) size(width, height int64, scheme string) {
	b.t.Helper()
	b.do("resize", chromedp.EmulateViewport(width, height), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, media)
		return err
	}))
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > int(width) {
		b.t.Errorf("at %d px the page is %d px wide", width, wide)
	}
}

// accessible runs axe-core, if AXE_CORE names its script, and fails on findings that axe calls serious or critical.
func (b *tab) accessible(what string) {
	b.t.Helper()
	path := os.Getenv("AXE_CORE")
	if path == "" {
		b.t.Logf("%s: axe-core does not look at it; `npm ci --prefix .tools` fetches it, and AXE_CORE names .tools/node_modules/axe-core/axe.min.js", what)
		return
	}
	script, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	eval[bool](b, string(script)+"\n;true")
	const run = `axe.run(document).then(r => r.violations.filter(v => ["serious", "critical"].includes(v.impact)).map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.target + " " + n.failureSummary).slice(0, 4).join(" | ")))`
	found, err := chromedp.Run(b.ctx, chromedp.EvaluateAsDevTools[[]string](run, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("axe on %s: %v", what, err)
	}
	for _, f := range found {
		b.t.Errorf("%s: %s", what, f)
	}
}

// TestPage walks through the page as an operator does.
func TestPage(t *testing.T) {
	work := make(chan struct{})
	s := newSite(t, workers{outreach.JobRunSequences: {Enabled: true, Do: func(ctx context.Context, _ job.Progress) (any, error) {
		select {
		case <-work:
		case <-ctx.Done():
		}
		return outreach.SendStats{Due: 9, Sent: 7, Mailboxes: 3, Skipped: map[string]int{"gap": 2}}, nil
	}}}, func(c *Config) { c.Status = sampleStatus })
	fillRuns(t, s.store, 150)
	fillMailboxes(t, s)
	b := openTab(t)

	b.do("open", chromedp.Navigate(s.URL+"/"))
	b.see("the login page", "#signin")
	b.size(1280, 800, "light")
	b.shoot("login")
	b.accessible("login")
	b.do("sign in", chromedp.SendKeys(chromedp.CSS("#email"), testEmail), chromedp.SendKeys(chromedp.CSS("#password"), testPassword), chromedp.Click(chromedp.CSS("#signin")))
	b.see("the cards", "#cards .card .headline")
	b.shoot("page-1280")
	b.accessible("page-1280")
	b.size(1280, 800, "dark")
	b.shoot("page-1280-dark")
	b.accessible("page-1280-dark")
	b.size(360, 740, "light")
	b.shoot("page-360")
	b.accessible("page-360")
	b.size(360, 740, "dark")
	b.shoot("page-360-dark")
	b.size(1280, 800, "light")

	b.do("run now", chromedp.Click(chromedp.CSS("#run-run-sequences")))
	b.see("the run in progress", `[data-job="run-sequences"] .now`)
	b.shoot("running")
	close(work)
	b.see("the end of the run", `[data-job="run-sequences"] button:not([disabled])`)
	if words := eval[string](b, `document.querySelector('[data-job="run-sequences"] .words').textContent`); !strings.Contains(words, "7 messages sent") {
		t.Errorf("the card says %q after the run", words)
	}

	b.do("filter", chromedp.SetValue(chromedp.CSS(`select[name="status"]`), "failed"), chromedp.Click(chromedp.CSS("#filter")))
	b.do("the filtered log", chromedp.WaitReady(chromedp.CSS(`select[name="status"] option[value="failed"][selected]`)))
	if n := eval[int](b, `document.querySelectorAll('.runs .chip:not(.failed)').length`); n != 0 {
		t.Errorf("%d rows are not failed", n)
	}
	b.do("show all", chromedp.Navigate(s.URL+"/settings/cron?limit=50"))
	b.do("page on", chromedp.Click(chromedp.CSS(`a[rel="next"]`)))
	b.see("the second page", `a[rel="prev"]`)
	b.do("open a row", chromedp.Click(chromedp.CSS(`.runs li:has(.chip.failed) summary`)))
	b.see("the row's details", `.runs details[open] .body`)
	b.shoot("row-open")
	b.accessible("row-open")

	b.do("sign out", chromedp.Click(chromedp.CSS("#logout")))
	b.see("the login page again", "#signin")
	b.do("go back", chromedp.Navigate(s.URL+"/settings/cron"))
	b.see("no page without a session", "#signin")
	b.do("opt out", chromedp.Navigate(s.URL+"/u/"+s.keys.OptOutToken(s.enrol(t, "ada@example.org", outreach.StateActive)[0].ID)))
	b.shoot("optout")
	b.accessible("optout")

	b.size(360, 740, "light")
	b.shoot("optout-360")
	b.quietly(func() { // a browser says of each answer but 200 that it is one
		b.do("a wrong address", chromedp.Navigate(s.URL+"/settings/nothing"))
		b.see("the page that says so", "h1")
		b.shoot("error-360")
		b.accessible("error")
	})

	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.complaints) > 0 {
		t.Errorf("the console is not empty: %s", strings.Join(b.complaints, "\n"))
	}
	for host := range b.hosts {
		if host != s.URL {
			t.Errorf("the page asked %s", host)
		}
	}
	if len(b.hosts) == 0 {
		t.Error("no request was seen: the test looks at nothing")
	}
}

// TestExpiredSessionIsToldLive: the script says that the session ended, without a reload.
func TestExpiredSessionIsToldLive(t *testing.T) {
	s := newSite(t, nil)
	b := openTab(t)
	b.do("open", chromedp.Navigate(s.URL+"/login"))
	b.do("sign in", chromedp.SendKeys(chromedp.CSS("#email"), testEmail), chromedp.SendKeys(chromedp.CSS("#password"), testPassword), chromedp.Click(chromedp.CSS("#signin")))
	b.see("the empty page", "#cards .empty")
	b.shoot("empty")
	if err := s.store.SetPassword(t.Context(), s.admin.ID, "$argon2id$other"); err != nil {
		t.Fatal(err)
	}
	b.see("the banner", `#trouble a[href="../login?ended"]`)
	b.shoot("expired")
}

func sampleStatus(context.Context) (*forecast.Report, error) {
	soon, later := time.Now().Add(25*time.Minute), time.Now().Add(15*time.Hour)
	return &forecast.Report{Sequences: []forecast.SequenceLine{
		{
			Name: "Founders in Berlin, autumn", Status: outreach.SequenceActive, Due: 41, States: map[outreach.State]int{outreach.StateQueued: 120, outreach.StateActive: 64, outreach.StateHeld: 3},
			Waiting: []forecast.Waiting{{Reason: "not_due", Count: 140, NextEligibleAt: &later}, {Reason: "gap", Count: 38, NextEligibleAt: &soon}, {Reason: "missing_variable: company", Count: 3}},
		},
		{
			Name: "Re-engage", Status: outreach.SequencePaused, StatusReason: "bounce rate 7.1 % of 84 messages", States: map[outreach.State]int{outreach.StateQueued: 18},
			Waiting: []forecast.Waiting{{Reason: "sequence_paused", Count: 18}},
		},
	}}, nil
}

// fillMailboxes stores a healthy mailbox, one that fails and one that rests.
func fillMailboxes(t *testing.T, s *site) {
	t.Helper()
	now := s.store.Now()
	ago := func(d time.Duration) *time.Time { at := now.Add(-d); return &at }
	soon := now.Add(7 * time.Minute)
	for _, mb := range []outreach.Mailbox{
		{Email: "nora@brightlane.example", Status: outreach.MailboxActive, SentToday: outreach.DayCount{Date: outreach.LocalDay(now, time.UTC), Count: 23}, NextSendAt: &soon, LastSyncOKAt: ago(time.Minute)},
		{Email: "omar@brightlane.example", Status: outreach.MailboxActive, SentToday: outreach.DayCount{Date: outreach.LocalDay(now, time.UTC), Count: 40}, LastSyncOKAt: ago(3 * time.Minute)},
		{
			Email: "lena@getbrightlane.example", Status: outreach.MailboxFailing, LastSyncOKAt: ago(26 * time.Hour), ConsecutiveFailures: 7,
			LastError: &outreach.Fault{Class: "auth", Message: "535 5.7.8 Username and Password not accepted", At: now.Add(-20 * time.Minute)},
		},
	} {
		mb.ID = bson.NewObjectID()
		if err := s.store.InsertMailbox(t.Context(), &mb); err != nil {
			t.Fatal(err)
		}
	}
}
