package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// The settings of the processes that these tests start.
const (
	serveSecret   = "0123456789abcdef0123456789abcdef"
	servePassword = "correct horse battery"
	serveUser     = "admin@example.com"
	serveKey      = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
)

// server is `mailrun serve` as a process, over a database that others may use too.
type server struct {
	url string
	cmd *exec.Cmd

	mu    sync.Mutex
	log   bytes.Buffer
	ended bool
	grown *sync.Cond
}

// mailrun is a command over a database. TestMain has put this binary into the PATH under that name.
func mailrun(t *testing.T, place string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "mailrun", args...) // ended by its test, not before
	database := "SQLITE_PATH=" + place
	if strings.Contains(place, "://") {
		database = "MONGODB_URI=" + place
	}
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "TZ=UTC", database, "CRON_SECRET=" + serveSecret, "MAILBOX_ENCRYPTION_KEY=" + serveKey}
	return cmd
}

// startServer starts a server on a port that is free and waits until it listens.
func startServer(t *testing.T, place string) *server {
	t.Helper()
	return startServerWith(t, place, nil, "--listen", "127.0.0.1:0")
}

// startServerWith does so with more settings and flags.
func startServerWith(t *testing.T, place string, env []string, args ...string) *server {
	t.Helper()
	cmd := mailrun(t, place, append([]string{"serve", "--log-level", "info", "--log-format", "json"}, args...)...)
	cmd.Env = append(cmd.Env, env...)
	return start(t, cmd)
}

// start starts a server's command and waits until its log says where it listens.
func start(t *testing.T, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd}
	s.grown = sync.NewCond(&s.mu)
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGTERM)
		<-read
		if err := s.cmd.Wait(); err != nil && s.cmd.ProcessState.ExitCode() != int(exitTerminated) {
			t.Errorf("serve ended with %v: %s", err, s.text())
		}
	})
	address := make(chan string, 1)
	go func() {
		defer close(read)
		s.read(stderr, address)
	}()
	if s.url = "http://" + <-address; s.url == "http://" {
		t.Fatalf("serve does not listen: %s", s.text())
	}
	return s
}

// read keeps the log and tells the address that it names; "" if the log ends first.
func (s *server) read(stderr io.Reader, address chan<- string) {
	defer close(address)
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.grown.Broadcast()
		s.mu.Unlock()
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			address <- line.Address
		}
	}
	s.mu.Lock()
	s.ended = true
	s.grown.Broadcast()
	s.mu.Unlock()
}

// await waits until the log says something.
func (s *server) await(t *testing.T, says string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for !strings.Contains(s.log.String(), says) {
		if s.ended {
			t.Fatalf("serve ended without saying %q: %s", says, s.log.String())
		}
		s.grown.Wait()
	}
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// browser keeps cookies by host, so that all ports of this machine share them, as in a browser.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport}
}

// ask makes a request and decodes its answer, if there is anything to decode it into.
func (s *server) ask(t *testing.T, c *http.Client, method, path, body string, into any) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if into != nil {
		if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
			t.Fatalf("%s %s: %d: %v", method, path, resp.StatusCode, err)
		}
	}
	return resp.StatusCode
}

// silence accepts connections and says nothing, as a mail server does that hangs. Asked tells of each connection.
func silence(t *testing.T) (port int, asked chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			asked <- struct{}{}
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().(*net.TCPAddr).Port, asked
}

// TestTwoServersOnOneDatabase: whoever signed in at one is signed in at the other, sees there what the first is running, and finds both logs
// together; a signal to one ends its run and leaves the other alone.
func TestTwoServersOnOneDatabase(t *testing.T) {
	for _, kind := range storetest.Engines(t) {
		t.Run(kind.Name, func(t *testing.T) {
			engine, place := kind.OpenPlace(t)
			port, asked := silence(t)
			addMailbox(t, store.New(engine, time.Now), port)
			add := mailrun(t, place, "users", "add", serveUser)
			add.Stdin = strings.NewReader(servePassword + "\n")
			if out, err := add.CombinedOutput(); err != nil {
				t.Fatalf("users add: %v\n%s", err, out)
			}
			first, second := startServer(t, place), startServer(t, place)
			c := browser(t)
			if got := first.ask(t, c, "POST", "/api/admin/login", fmt.Sprintf(`{"email":%q,"password":%q}`, serveUser, servePassword), nil); got != 200 {
				t.Fatalf("login: %d", got)
			}
			if got := second.ask(t, c, "GET", "/api/admin/me", "", nil); got != 200 {
				t.Errorf("who signed in at one is not at the other: %d", got)
			}

			ran := make(chan outreach.CronRunLog, 1)
			go func() {
				var log outreach.CronRunLog
				first.ask(t, c, "POST", "/api/admin/cron/sync-mailboxes", "", &log)
				ran <- log
			}()
			<-asked
			var state struct{ Running []outreach.CronRunLog }
			if got := second.ask(t, c, "GET", "/api/admin/cron/summary", "", &state); got != 200 || len(state.Running) != 1 {
				t.Fatalf("the other's summary: %d, %+v; want the run of the first", got, state)
			}
			if running := state.Running[0]; running.PID != first.cmd.Process.Pid || running.TriggeredBy != outreach.TriggeredByManual {
				t.Errorf("the run is said to be of process %d by %s", running.PID, running.TriggeredBy)
			}
			var own outreach.CronRunLog
			if got := second.ask(t, c, "POST", "/api/admin/cron/sync-mailboxes", "", &own); got != 200 || outreach.CountOf(own.Stats["mailboxes"]) != 0 {
				t.Errorf("the other's own run: %d, %+v; want one that leaves the leased mailbox alone", got, own)
			}
			if err := first.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if log := <-ran; log.Status != outreach.RunFailed || !strings.Contains(log.ErrorMessage, "interrupted") {
				t.Errorf("the run of the first ended as %+v", log)
			}
			var listed struct{ Logs []outreach.CronRunLog }
			second.ask(t, c, "GET", "/api/admin/cron/logs", "", &listed)
			if len(listed.Logs) != 2 || listed.Logs[0].ID != own.ID || listed.Logs[1].ID != state.Running[0].ID {
				t.Errorf("the log at the other: %+v; want both runs", listed.Logs)
			}
			second.ask(t, c, "POST", "/api/admin/logout", "", nil)
			if got := second.ask(t, c, "GET", "/api/admin/me", "", nil); got != 401 {
				t.Errorf("me after signing out: %d", got)
			}
		})
	}
}

// addMailbox stores a mailbox that is due to be read at a port of this machine.
func addMailbox(t *testing.T, s *store.Store, port int) {
	t.Helper()
	at := outreach.Server{Host: "127.0.0.1", Port: port, Security: outreach.SecurityNone, Username: "ann", Auth: outreach.AuthPassword}
	mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: "ann@example.org", Status: outreach.MailboxActive, SMTP: at, IMAP: at, ClearIMAPPassword: "x", ClearSMTPPassword: "x"}
	if err := s.InsertMailbox(t.Context(), mb); err != nil {
		t.Fatal(err)
	}
}

// TestSocketActivation: serve answers on the socket that systemd hands over, whatever --listen says (sd_listen_fds(3)).
func TestSocketActivation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	handed, err := l.(*net.UnixListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer handed.Close()
	cmd := mailrun(t, filepath.Join(t.TempDir(), "mailrun.db"))
	cmd.Path, cmd.Err = "/bin/sh", nil
	cmd.Args = []string{"sh", "-c", "LISTEN_PID=$$ LISTEN_FDS=1 exec mailrun serve --log-level info --log-format json --listen 127.0.0.1:0"}
	cmd.ExtraFiles = []*os.File{handed}
	if s := start(t, cmd); s.url != "http://"+path {
		t.Errorf("serve listens on %s", s.url)
	}
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	resp, err := c.Get("http://mailrun/readyz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("readyz: %d", resp.StatusCode)
	}
}

// TestHangup: a SIGHUP has the certificate read again, and a bad one ends nothing.
func TestHangup(t *testing.T) {
	p := newProxy(t)
	place := filepath.Join(t.TempDir(), "mailrun.db")
	s := startServerWith(t, place, nil, "--listen", p.https, "--tls-cert", p.certificate, "--tls-key", p.key)
	serial := func() string {
		conn, err := tls.Dial("tcp", p.https, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // which certificate it is is the question
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	hangup := func(says string) {
		t.Helper()
		if err := s.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		s.await(t, says)
	}
	before := serial()
	chain, key := newCertificate(t)
	p.write(t, "privkey.pem", string(key))
	hangup("the certificate cannot be read")
	if after := serial(); after != before {
		t.Error("a key without its certificate was taken over")
	}
	p.write(t, "fullchain.pem", string(chain))
	hangup("certificate read again")
	if after := serial(); after == before {
		t.Error("the new certificate is not in use")
	}
}
