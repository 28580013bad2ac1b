package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
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

	mu  sync.Mutex
	log bytes.Buffer
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
func startServer(t *testing.T, place string, args ...string) *server {
	t.Helper()
	s := &server{cmd: mailrun(t, place, append([]string{"serve", "--listen", "127.0.0.1:0", "--log-level", "info", "--log-format", "json"}, args...)...)}
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
		s.mu.Unlock()
		var line struct{ Msg, Address string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			address <- line.Address
		}
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
