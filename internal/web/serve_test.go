package web

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestServeEndsCleanly: the answer to a request in flight is sent, nothing is left behind.
func TestServeEndsCleanly(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	b := newBlocked()
	s := newSite(t, b.jobs())
	ctx, stop := context.WithCancel(t.Context())
	path := filepath.Join(t.TempDir(), "web.sock")
	l, err := Listen(ctx, "unix:"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.web.Serve(ctx, l) }()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}
	defer transport.CloseIdleConnections()
	got := make(chan error, 1)
	go func() {
		r, _ := http.NewRequest("POST", "http://mailrun/api/cron/run-sequences", nil)
		r.Header.Set("x-cron-secret", testSecret)
		resp, err := (&http.Client{Transport: transport}).Do(r)
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			err = errors.Join(err, resp.Body.Close())
		}
		got <- err
	}()
	<-b.began
	stop()
	if err := <-got; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
	s.Server.Close()
}

func TestListenOnUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "web.sock")
	first, err := Listen(t.Context(), "unix:"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(t.Context(), "unix:"+path, nil); err == nil || !strings.Contains(err.Error(), "another process answers") {
		t.Errorf("a second listener: %v", err)
	}
	first.Close()
}

// TestRawClients are clients that no library makes.
func TestRawClients(t *testing.T) {
	s := newSite(t, nil)
	for _, c := range []struct{ name, send, want string }{
		{"HTTP/1.0", "POST /api/cron/run-sequences HTTP/1.0\r\nx-cron-secret: " + testSecret + "\r\n\r\n", "HTTP/1.0 200 OK"},
		{"1 GB announced", "POST /api/cron/run-sequences HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\nx-cron-secret: " + testSecret + "\r\n\r\n", "HTTP/1.1 413 "},
		{"endless chunks", "POST /api/cron/run-sequences HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nx-cron-secret: " + testSecret + "\r\n\r\n" +
			strings.Repeat(fmt.Sprintf("2000\r\n%s\r\n", strings.Repeat("x", 0x2000)), 60), "HTTP/1.1 413 "},
		{"no HTTP", "EHLO mail.example\r\n\r\n", "HTTP/1.1 400 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(conn, c.send) // the server may hang up before it has all
			line, err := bufio.NewReader(conn).ReadString('\n')
			if !strings.HasPrefix(line, c.want) {
				t.Errorf("answer %q, %v; want %s", line, err, c.want)
			}
		})
	}
}

// TestServeSpeaksTLS: with a certificate there is https, and the browser is told to keep to it.
func TestServeSpeaksTLS(t *testing.T) {
	files := newPEMFiles(t)
	chain, key := newPEM(t, 1)
	files.write(t, chain, key)
	certificate, err := LoadCertificate(files.chain, files.key, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(chain)
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	s := newSite(t, nil, func(c *Config) { c.TLS = true })
	ctx, stop := context.WithCancel(t.Context())
	l, err := Listen(ctx, "127.0.0.1:0", certificate)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.web.Serve(ctx, l) }()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "https://"+l.Addr().String()+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := trusting.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if resp.StatusCode != 200 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("https: %d, %v", resp.StatusCode, resp.Header)
	}
	trusting.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("serve: %v", err)
	}
}

// TestTwoServersShareSessions: who is signed in at one process is at another on the same store, and signing out ends both.
func TestTwoServersShareSessions(t *testing.T) {
	s := newSite(t, nil)
	other, err := New(s.web.Config)
	if err != nil {
		t.Fatal(err)
	}
	second := *s
	second.Server = httptest.NewServer(other.Handler())
	defer second.Server.Close()
	c := s.signIn(t)
	if a := second.do(t, c, "GET", "/api/admin/me", ""); a.status != 200 {
		t.Errorf("me at the other process: %d, want 200", a.status)
	}
	s.do(t, c, "POST", "/api/admin/logout", "")
	if a := second.do(t, c, "GET", "/api/admin/me", ""); a.status != 401 {
		t.Errorf("me after signing out: %d, want 401", a.status)
	}
}

// TestErrorsForPeople: a browser gets a page that says what went wrong, a program JSON, also where the database is gone.
func TestErrorsForPeople(t *testing.T) {
	s := newSite(t, nil)
	c := s.signIn(t)
	for _, path := range []string{"/nothing", "/a/b/nothing"} {
		if a := s.do(t, c, "GET", path, "", "Accept", "text/html"); a.status != 404 || !strings.Contains(a.body, "<h1>Not found</h1>") {
			t.Errorf("%s in a browser: %d %s", path, a.status, a.body)
		}
	}
	if err := s.store.Engine().Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/settings/cron", "/login", "/u/" + s.keys.OptOutToken(s.admin.ID)} {
		page := s.do(t, c, "GET", path, "", "Accept", "text/html,*/*;q=0.8")
		if page.status < 500 || !strings.Contains(page.body, "<h1>This did not work</h1>") || strings.Contains(page.body, "settings/cron") == strings.HasPrefix(path, "/u/") {
			t.Errorf("%s in a browser: %d %s", path, page.status, page.body)
		}
		if a := s.do(t, c, "GET", path, ""); a.status != page.status || !strings.HasPrefix(a.body, `{"error":`) {
			t.Errorf("%s in a program: %d %s", path, a.status, a.body)
		}
	}
}
