package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mailrun/internal/store/storetest"
)

// publicName is the host of the samples in configs/.
const publicName = "mail.example.com"

// proxy is a web server before serve that runs one of the samples, changed only in ports and paths.
type proxy struct {
	http, https string // addresses
	dir         string
	certificate string
	key         string
	roots       *x509.CertPool
}

func newProxy(t *testing.T) *proxy {
	t.Helper()
	p := &proxy{dir: t.TempDir(), http: freePort(t), https: freePort(t), roots: x509.NewCertPool()}
	chain, key := newCertificate(t)
	p.roots.AppendCertsFromPEM(chain)
	p.certificate, p.key = p.write(t, "fullchain.pem", string(chain)), p.write(t, "privkey.pem", string(key))
	return p
}

func (p *proxy) write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil { //nolint:gosec // the web server's user reads it
		t.Fatal(err)
	}
	return path
}

// freePort is an address that nobody listens on now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func newCertificate(t *testing.T) (chain, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{publicName}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// run starts the web server and waits until it answers; it ends with the test.
func (p *proxy) run(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path, err = exec.LookPath("/usr/sbin/" + name)
	}
	if err != nil {
		missing(t, name)
	}
	cmd := exec.CommandContext(context.Background(), path, args...) //nolint:gosec // a web server of this machine
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
		if t.Failed() {
			t.Logf("%s said: %s", name, out.String())
		}
	})
	for {
		if conn, err := net.Dial("tcp", p.https); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-ended:
			ended <- nil
			t.Fatalf("%s ended: %s", name, out.String())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// missing skips a test for want of a program; in CI it must be there.
func missing(t *testing.T, name string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal("CI must have " + name)
	}
	t.Skip(name + " is not installed")
}

// client is a browser elsewhere: it finds the public name at the proxy, trusts its certificate, and has another address than the proxy.
func (p *proxy) client(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			at := p.https
			if strings.HasSuffix(address, ":80") {
				at = p.http
			}
			return dialer.DialContext(ctx, network, at)
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// TestBehindNginx runs configs/nginx.conf.
func TestBehindNginx(t *testing.T) {
	p := newProxy(t)
	socket := filepath.Join(p.dir, "web.sock")
	sample := strings.NewReplacer(
		"listen 80;", "listen "+p.http+";", "listen 443 ssl;", "listen "+p.https+" ssl;", "/run/mailrun/web.sock", socket,
		"/etc/letsencrypt/live/mail.example.com/fullchain.pem", p.certificate, "/etc/letsencrypt/live/mail.example.com/privkey.pem", p.key,
	).Replace(read(t, "../../configs/nginx.conf"))
	p.write(t, "sample.conf", sample)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;\n" // who may use the socket
	}
	main := p.write(t, "nginx.conf", user+`daemon off;
pid `+p.dir+`/nginx.pid;
error_log stderr;
events {}
http {
	access_log `+p.dir+`/access.log;
	client_body_temp_path `+p.dir+`/body;
	proxy_temp_path `+p.dir+`/proxy;
	fastcgi_temp_path `+p.dir+`/fastcgi;
	uwsgi_temp_path `+p.dir+`/uwsgi;
	scgi_temp_path `+p.dir+`/scgi;
	include `+p.dir+`/sample.conf;
}
`)
	p.run(t, "nginx", "-c", main, "-e", "stderr", "-p", p.dir)
	p.check(t, "--listen", "unix:"+socket)
	if log := read(t, p.dir+"/access.log"); strings.Contains(log, "/u/") || !strings.Contains(log, "/settings/cron") {
		t.Errorf("nginx's access log: %s", log)
	}
}

// apacheModules are those that the sample needs, on top of what serves a folder over https.
var apacheModules = []string{"mpm_event", "authz_core", "socache_shmcb", "ssl", "rewrite", "headers", "proxy", "proxy_http"}

// TestBehindApache runs configs/apache-cpanel.htaccess in a folder like a cPanel host's.
func TestBehindApache(t *testing.T) {
	const modules = "/usr/lib/apache2/modules"
	if _, err := os.Stat(modules); err != nil {
		missing(t, "apache2")
	}
	p := newProxy(t)
	backend := freePort(t)
	root := filepath.Join(p.dir, "public_html")
	for dir := p.dir; dir != filepath.Dir(os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the web server's user reads it
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(root, 0o755); err != nil { //nolint:gosec // the web server's user reads it
		t.Fatal(err)
	}
	p.write(t, "public_html/.htaccess", strings.ReplaceAll(read(t, "../../configs/apache-cpanel.htaccess"), "127.0.0.1:8080", backend))
	var load strings.Builder
	for _, m := range apacheModules {
		fmt.Fprintf(&load, "LoadModule %s_module %s/mod_%s.so\n", m, modules, m)
	}
	main := p.write(t, "apache.conf", load.String()+`ServerRoot `+p.dir+`
ServerName `+publicName+`
PidFile `+p.dir+`/apache.pid
DefaultRuntimeDir `+p.dir+`
Mutex file:`+p.dir+`
ErrorLog /dev/stderr
User www-data
Group www-data
Listen `+p.http+`
Listen `+p.https+`
DocumentRoot `+root+`
<Directory `+root+`>
	AllowOverride All
	Require all granted
</Directory>
<VirtualHost `+p.https+`>
	ServerName `+publicName+`
	SSLEngine on
	SSLCertificateFile `+p.certificate+`
	SSLCertificateKeyFile `+p.key+`
</VirtualHost>
`)
	p.run(t, "apache2", "-D", "FOREGROUND", "-f", main)
	p.check(t, "--listen", backend, "--trusted-proxy", "127.0.0.1")
}

// TestSystemdUnits: systemd finds nothing to say about the samples, once the program is where they expect it.
func TestSystemdUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	p := &proxy{dir: t.TempDir()}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	service := p.write(t, "mailrun.service", strings.ReplaceAll(read(t, "../../configs/mailrun.service"), "/usr/local/bin/mailrun", self))
	socket := p.write(t, "mailrun.socket", read(t, "../../configs/mailrun.socket"))
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", service, socket).CombinedOutput(); err != nil || len(out) > 0 { //nolint:gosec // our own files
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// check starts serve behind the proxy and goes through what a person and a crontab do.
func (p *proxy) check(t *testing.T, args ...string) {
	t.Helper()
	_, place := storetest.SQLite().OpenPlace(t)
	add := mailrun(t, place, "users", "add", serveUser)
	add.Stdin = strings.NewReader(servePassword + "\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("users add: %v\n%s", err, out)
	}
	s := startServerWith(t, place, []string{"PUBLIC_BASE_URL=https://" + publicName}, args...)
	c := p.client(t)
	const site = "https://" + publicName
	post := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Origin": {site}, "Sec-Fetch-Site": {"same-origin"}, "Accept": {"text/html"}}
	form := url.Values{"email": {serveUser}, "password": {servePassword}}.Encode()
	liar := http.Header{"X-Forwarded-For": {"203.0.113.99"}, "X-Forwarded-Proto": {"http"}}
	for _, step := range []struct {
		method, url, body string
		header            http.Header
		status            int
		says              string // in header or body
	}{
		{"GET", "http://" + publicName + "/settings/cron", "", nil, 301, "Location: " + site + "/settings/cron"},
		{"GET", site + "/healthz", "", liar, 200, "Strict-Transport-Security"},
		{"GET", site + "/settings/cron", "", nil, 303, "../login"},
		{"GET", site + "/login", "", nil, 200, "<h1>Sign in</h1>"},
		{"POST", site + "/api/admin/login", form, post, 303, "Location: ../../settings/cron"},
		{"GET", site + "/settings/cron", "", nil, 200, "Mailbox sync"},
		{"GET", site + "/static/mailrun.css", "", nil, 200, "public, max-age="},
		{"POST", site + "/api/admin/cron/run-sequences", "", http.Header{"Origin": {"https://evil.example"}}, 403, "another site"},
		{"POST", site + "/api/admin/cron/run-sequences", "", http.Header{"Origin": {site}}, 200, `"triggeredBy":"manual"`},
		{"POST", site + cronPath, "", http.Header{"X-Cron-Secret": {serveSecret}}, 200, `"triggeredBy":"cron"`},
		{"POST", site + cronPath, "", nil, 401, `{"error":`},
		{"GET", site + cronPath, "", nil, 405, "Allow: POST"},
		{"GET", site + "/u/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", nil, 404, "does not work"},
	} {
		got, cookies := p.ask(t, c, step.method, step.url, step.body, step.header)
		if !strings.HasPrefix(got, fmt.Sprintf("HTTP/1.1 %d ", step.status)) || !strings.Contains(got, step.says) {
			t.Errorf("%s %s: %.600s\nwant %d and %q", step.method, step.url, got, step.status, step.says)
		}
		for _, cookie := range cookies {
			if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
				t.Errorf("%s sets %v", step.url, cookie)
			}
		}
	}
	if log := s.text(); strings.Contains(log, "203.0.113.99") || !strings.Contains(log, `"from":"127.0.0.2"`) {
		t.Errorf("serve believes a client about its address: %s", log)
	}
}

const cronPath = "/api/cron/run-sequences"

// ask makes a request and returns the answer as it came, with its cookies.
func (p *proxy) ask(t *testing.T, c *http.Client, method, address, body string, header http.Header) (string, []*http.Cookie) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var whole bytes.Buffer
	if err := resp.Write(&whole); err != nil {
		t.Fatal(err)
	}
	return whole.String(), resp.Cookies()
}
