package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// served is a site behind Serve, as in life, with its address.
type served struct {
	*site
	url string
}

func serve(t *testing.T, do workers, change ...func(*Config)) *served {
	t.Helper()
	return serveWith(t, deadlines{readHeaderTimeout, readTimeout, writeTimeout, idleTimeout}, do, change...)
}

func serveWith(t *testing.T, d deadlines, do workers, change ...func(*Config)) *served {
	t.Helper()
	s := newSite(t, do, change...)
	s.web.limits = d
	l, err := Listen(t.Context(), "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.web.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return &served{site: s, url: "http://" + l.Addr().String()}
}

// What every curl gets: its own failures on stderr, no settings of the user, and an end in any case.
var curlAlways = []string{"--disable", "--silent", "--show-error", "--max-time", "60"}

func curlCommand(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("curl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI must have curl")
		}
		t.Skip("curl is not installed")
	}
	cmd := exec.CommandContext(t.Context(), path, append(curlAlways, args...)...) //nolint:gosec // a test's own arguments
	cmd.Env = append(os.Environ(), "no_proxy=*", "NO_PROXY=*")
	return cmd
}

// curled is what curl saw: header and body as they came, the status, and its own exit code.
type curled struct {
	text         string
	status, exit int
}

func curl(t *testing.T, args ...string) curled {
	t.Helper()
	const mark = "\nstatus "
	out, err := curlCommand(t, append([]string{"--include", "--write-out", mark + "%{http_code}"}, args...)...).Output()
	var c curled
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		c.exit = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	text, status, _ := strings.Cut(string(out), mark)
	c.text = text
	c.status, err = strconv.Atoi(status)
	if err != nil {
		t.Fatalf("curl printed %q", out)
	}
	return c
}

const (
	cronRun       = "/api/cron/run-sequences"
	secretHeader  = "x-cron-secret: " + testSecret
	curlTimeout   = 28 // curl's exit codes, from its manual
	curlHTTPError = 22
)

// TestCurl is what a crontab's curl meets.
func TestCurl(t *testing.T) {
	skipped := workers{outreach.JobRunSequences: {Enabled: false, Switch: "SEQUENCE_WORKER_ENABLED"}}
	for _, c := range []struct {
		name   string
		do     workers
		change func(*Config)
		args   []string
		status int
		exit   int
		says   string
	}{
		{name: "right secret", args: []string{"-X", "POST", "-H", secretHeader}, status: 200, says: `"status":"success"`},
		{name: "right secret, header in capitals", args: []string{"-X", "POST", "-H", strings.ToUpper("x-cron-secret") + ": " + testSecret}, status: 200, says: `"triggeredBy":"cron"`},
		{name: "an empty form", args: []string{"-d", "", "-H", secretHeader}, status: 200, says: `"status":"success"`},
		{name: "a body that nobody asked for", args: []string{"-d", `{"x":1}`, "-H", secretHeader}, status: 200, says: `"status":"success"`},
		{name: "HTTP/1.0", args: []string{"--http1.0", "-X", "POST", "-H", secretHeader}, status: 200, says: `"status":"success"`},
		{name: "HTTP/2 wanted", args: []string{"--http2", "-X", "POST", "-H", secretHeader}, status: 200, says: `"status":"success"`},
		{name: "wrong secret", args: []string{"-X", "POST", "-H", "x-cron-secret: " + strings.Repeat("x", len(testSecret))}, status: 401, says: `{"error":`},
		{name: "shorter secret", args: []string{"-X", "POST", "-H", "x-cron-secret: " + testSecret[1:]}, status: 401, says: `{"error":`},
		{name: "longer secret", args: []string{"-X", "POST", "-H", secretHeader + "0"}, status: 401, says: `{"error":`},
		{name: "empty secret", args: []string{"-X", "POST", "-H", "x-cron-secret;"}, status: 401, says: `{"error":`},
		{name: "no header", args: []string{"-X", "POST"}, status: 401, says: `{"error":`},
		{name: "the secret in the address", args: []string{"-X", "POST", "--url-query", "x-cron-secret=" + testSecret}, status: 401, says: `{"error":`},
		{name: "GET", args: []string{"-H", secretHeader}, status: 405, says: "Allow: POST"},
		{name: "HEAD", args: []string{"--head", "-H", secretHeader}, status: 405, says: "Allow: POST"},
		{name: "PUT", args: []string{"-X", "PUT", "-H", secretHeader}, status: 405, says: "Allow: POST"},
		{name: "secret unset", change: func(c *Config) { c.CronSecret = "" }, args: []string{"-X", "POST", "-H", secretHeader}, status: 503, says: "CRON_SECRET is not set"},
		{name: "switched off", do: skipped, args: []string{"-X", "POST", "-H", secretHeader}, status: 200, says: `"status":"skipped"`},
		{name: "failure", do: failing(), args: []string{"-X", "POST", "-H", secretHeader}, status: 500, says: `"errorMessage":"the roof is on fire"`},
		{name: "failure under --fail", do: failing(), args: []string{"--fail-with-body", "-X", "POST", "-H", secretHeader}, status: 500, exit: curlHTTPError, says: `"status":"failed"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			change := c.change
			if change == nil {
				change = func(*Config) {}
			}
			s := serve(t, c.do, change)
			got := curl(t, append(c.args, s.url+cronRun)...)
			if got.status != c.status || got.exit != c.exit || !strings.Contains(got.text, c.says) {
				t.Errorf("status %d, exit %d: %s\nwant %d, %d and %q", got.status, got.exit, got.text, c.status, c.exit, c.says)
			}
		})
	}
}

// TestCurlWithBigBodies: a gigabyte, announced or not, is refused and not read.
func TestCurlWithBigBodies(t *testing.T) {
	s := serve(t, nil)
	gigabyte := filepath.Join(t.TempDir(), "gigabyte")
	if err := os.WriteFile(gigabyte, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(gigabyte, 1<<30); err != nil { // a hole
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"announced":           {"-T", gigabyte, "-X", "POST"},
		"announced, in haste": {"-T", gigabyte, "-X", "POST", "-H", "Expect:"},
		"in chunks":           {"-T", gigabyte, "-X", "POST", "-H", "Transfer-Encoding: chunked"},
		"in chunks, in haste": {"-T", gigabyte, "-X", "POST", "-H", "Transfer-Encoding: chunked", "-H", "Expect:"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := curl(t, append(args, "-H", secretHeader, s.url+cronRun)...); got.status != http.StatusRequestEntityTooLarge {
				t.Errorf("status %d, exit %d: %s", got.status, got.exit, got.text)
			}
		})
	}
}

// TestCurlWithASlowBody: who sends a byte now and then is told so and let go; nothing runs.
func TestCurlWithASlowBody(t *testing.T) {
	s := serveWith(t, deadlines{header: 300 * time.Millisecond, read: 600 * time.Millisecond, write: 20 * time.Second, idle: time.Second}, nil)
	cmd := curlCommand(t, "--include", "-T", ".", "-X", "POST", "-H", "Expect:", "-H", secretHeader, s.url+cronRun) // -T .: answers are read between bytes
	body, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go drip(ctx, body)
	out, _ := cmd.Output() // that curl minds is seen from what it got
	got := string(out)
	if !strings.HasPrefix(got, "HTTP/1.1 408 ") || !strings.Contains(got, "Connection: close") {
		t.Errorf("the answer is %q", got)
	}
	if _, total, err := s.store.RunLogs(t.Context(), store.RunFilter{}, store.Page{Number: 1, Size: 1}); err != nil || total != 0 {
		t.Errorf("%d runs, %v; want none", total, err)
	}
}

// drip writes a byte now and then.
func drip(ctx context.Context, w io.WriteCloser) {
	defer w.Close()
	for ctx.Err() == nil {
		if _, err := io.WriteString(w, "x"); err != nil {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// TestCurlGivesUp: a job goes on when its curl has lost patience, and a second call is told which run is in the way.
func TestCurlGivesUp(t *testing.T) {
	b := newBlocked()
	s := serve(t, b.jobs())
	if got := curl(t, "--max-time", "0.7", "-X", "POST", "-H", secretHeader, s.url+cronRun); got.exit != curlTimeout {
		t.Fatalf("the impatient curl: exit %d, %s", got.exit, got.text)
	}
	<-b.began
	runs, total, err := s.store.RunLogs(t.Context(), store.RunFilter{}, store.Page{Number: 1, Size: 10})
	if err != nil || total != 1 || runs[0].Status != outreach.RunRunning {
		t.Fatalf("%d runs, %v: %+v; want one that is running", total, err, runs)
	}
	if got := curl(t, "-X", "POST", "-H", secretHeader, s.url+cronRun); got.status != 409 || !strings.Contains(got.text, runs[0].ID.Hex()) {
		t.Errorf("a second call: %d %s; want 409 naming %s", got.status, got.text, runs[0].ID.Hex())
	}
	close(b.release)
	s.web.jobs.ended.Wait()
	if run, err := s.store.Run(t.Context(), runs[0].ID); err != nil || run.Status != outreach.RunSuccess {
		t.Errorf("the run ended as %+v, %v", run, err)
	}
}

// TestHundredCurls: of a hundred calls at once one runs the job, and the others are told so at once.
func TestHundredCurls(t *testing.T) {
	b := newBlocked()
	s := serve(t, b.jobs())
	cmd := curlCommand(t, "--parallel", "--parallel-immediate", "--parallel-max", "100", "--no-progress-meter", "-X", "POST", "-H", secretHeader,
		"--output", os.DevNull, "--write-out", "%{stderr}%{http_code}\n", s.url+cronRun+"?[1-100]")
	out, err := cmd.StderrPipe() // curl holds back what it prints to a pipe, but not here
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	statuses := map[string]int{}
	lines := bufio.NewScanner(out)
	for n := 1; lines.Scan(); n++ {
		statuses[lines.Text()]++
		if n == 99 {
			close(b.release)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if statuses["200"] != 1 || statuses["409"] != 99 {
		t.Errorf("answers by status: %v; want 200 once and 409 for the others", statuses)
	}
}

// TestKeepAlive: a connection serves any number of calls.
func TestKeepAlive(t *testing.T) {
	s := serve(t, nil)
	out, err := curlCommand(t, "--output", os.DevNull, "--write-out", "%{http_code} %{num_connects}\n", s.url+"/healthz?[1-1000]").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(strings.ReplaceAll(string(out), " ", "/"))
	fresh := 0
	for _, line := range lines {
		if line == "200/1" {
			fresh++
		} else if line != "200/0" {
			t.Fatalf("an answer of %s", line)
		}
	}
	if len(lines) != 1000 || fresh != 1 {
		t.Errorf("%d answers over %d connections; want 1000 over 1", len(lines), fresh)
	}
}

// TestIdleConnectionsMakeRoom: more silent connections than the server holds keep a cron call waiting until the first are let go, and no
// longer.
func TestIdleConnectionsMakeRoom(t *testing.T) {
	s := serveWith(t, deadlines{header: 500 * time.Millisecond, read: time.Second, write: 20 * time.Second, idle: time.Second}, nil)
	for i := range maxConnections + 100 {
		conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.url, "http://"), 10*time.Second)
		if err != nil {
			t.Skipf("this machine does not open %d connections: %v", i, err)
		}
		defer conn.Close()
		if i%2 == 0 {
			_, _ = fmt.Fprintf(conn, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n") // answered, and then kept open
		}
	}
	if got := curl(t, "-X", "POST", "-H", secretHeader, s.url+cronRun); got.status != 200 {
		t.Errorf("a cron call: %d, exit %d: %s", got.status, got.exit, got.text)
	}
}
