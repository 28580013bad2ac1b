package peers

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"text/template"

	"mailrun/internal/sandbox"
	"mailrun/pkg/outreach"
)

// mailUID owns the Maildirs when the test runs as root: Dovecot refuses to read mail as root, and the number needs no account.
const mailUID = 5000

// DovecotOptions vary a Dovecot.
type DovecotOptions struct {
	// MaxConnectionsPerUser is mail_max_userip_connections; 0 means 2000, which is no limit to a test.
	MaxConnectionsPerUser int
	// Extra is put at the end of the configuration.
	Extra string
}

// DovecotServer is a running Dovecot. Any user name logs in with Password and has a Maildir of its own.
type DovecotServer struct {
	Port    int // clear text with STARTTLS
	TLSPort int // implicit TLS

	authority *sandbox.Authority
	root      string
	delivered atomic.Int64
}

// Dovecot starts a private Dovecot.
func Dovecot(t testing.TB, opts DovecotOptions) *DovecotServer {
	t.Helper()
	binary := program(t, "dovecot", "dovecot-imapd")
	requireDovecot23(t, binary)
	authority, err := sandbox.NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	d := &DovecotServer{Port: ports[0], TLSPort: ports[1], authority: authority, root: folder(t)}
	writeCertificate(t, authority, d.root)
	d.makeMailFolder(t)

	settings := d.settings(t, opts)
	var config bytes.Buffer
	if err := dovecotConfig.Execute(&config, settings); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(d.root, "dovecot.conf")
	writeFile(t, path, config.String(), 0o644)
	launch(t, d.Port, d.log(), binary, "-F", "-c", path)
	return d
}

// requireDovecot23 checks for the series whose settings the configuration is written in; 2.4 renamed them.
func requireDovecot23(t testing.TB, binary string) {
	t.Helper()
	version, err := exec.Command(binary, "--version").Output()
	if err != nil || !strings.HasPrefix(string(version), "2.3.") {
		unavailable(t, "Dovecot 2.3 is needed, found %q (%v)", bytes.TrimSpace(version), err)
	}
}

// RootCAs returns the roots under which the server is trusted, and those of the Postfix beside it.
func (d *DovecotServer) RootCAs() *x509.CertPool { return d.authority.Pool() }

// RootPEM returns the same for SSL_CERT_FILE.
func (d *DovecotServer) RootPEM() []byte { return d.authority.PEM() }

// Maildir is the folder of a user's Inbox, with new, cur and tmp; other folders lie beneath it as ".Sent" and so on.
func (d *DovecotServer) Maildir(user string) string { return filepath.Join(d.root, "mail", user) }

// Log returns the end of the server's log.
func (d *DovecotServer) Log() string { return tail(d.log()) }

// IMAP is the door of a mailbox document for a user.
func (d *DovecotServer) IMAP(user string, security outreach.Security) outreach.Server {
	port := d.Port
	if security == outreach.SecurityTLS {
		port = d.TLSPort
	}
	return outreach.Server{Host: "localhost", Port: port, Security: security, Username: user, Auth: outreach.AuthPassword}
}

// Deliver puts a raw message into a user's Inbox past all protocols, as a local delivery agent does. It may be called while the user is
// logged in, and from several goroutines.
func (d *DovecotServer) Deliver(t testing.TB, user string, raw []byte) {
	t.Helper()
	for _, sub := range []string{"", "new", "cur", "tmp"} {
		dir := filepath.Join(d.Maildir(user), sub)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		own(t, dir)
	}
	name := fmt.Sprintf("1700000000.M%dP1.localhost", d.delivered.Add(1))
	draft := filepath.Join(d.Maildir(user), "tmp", name)
	writeFile(t, draft, string(raw), 0o600)
	own(t, draft)
	if err := os.Rename(draft, filepath.Join(d.Maildir(user), "new", name)); err != nil {
		t.Fatal(err)
	}
}

func (d *DovecotServer) log() string { return filepath.Join(d.root, "dovecot.log") }

func (d *DovecotServer) authSocket() string { return filepath.Join(d.root, "auth") }

func (d *DovecotServer) lmtpSocket() string { return filepath.Join(d.root, "lmtp") }

func (d *DovecotServer) makeMailFolder(t testing.TB) {
	t.Helper()
	dir := filepath.Join(d.root, "mail")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	own(t, dir)
}

// own gives a path to the user as whom Dovecot reads mail.
func own(t testing.TB, path string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Chown(path, mailUID, mailUID); err != nil {
		t.Fatal(err)
	}
}

func writeCertificate(t testing.TB, authority *sandbox.Authority, dir string) {
	t.Helper()
	certificate, key, err := authority.Issue()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "cert.pem"), string(certificate), 0o644)
	writeFile(t, filepath.Join(dir, "key.pem"), string(key), 0o600)
}

// dovecotSettings fill the template.
type dovecotSettings struct {
	Root, Auth, LMTP, Password, User, Group, Extra string
	Port, TLSPort, UID, GID, MaxConnections        int
	Rootless, HasLMTP                              bool
}

func (d *DovecotServer) settings(t testing.TB, opts DovecotOptions) dovecotSettings {
	t.Helper()
	s := dovecotSettings{
		Root: d.root, Auth: d.authSocket(), LMTP: d.lmtpSocket(), Password: Password, Extra: opts.Extra,
		Port: d.Port, TLSPort: d.TLSPort, UID: mailUID, GID: mailUID, MaxConnections: opts.MaxConnectionsPerUser,
	}
	if s.MaxConnections == 0 {
		s.MaxConnections = 2000
	}
	_, err := os.Stat("/usr/lib/dovecot/lmtp")
	s.HasLMTP = err == nil
	if os.Geteuid() == 0 {
		return s
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(me.Gid)
	if err != nil {
		t.Fatal(err)
	}
	s.Rootless, s.User, s.Group = true, me.Username, group.Name
	s.UID, s.GID = os.Getuid(), os.Getgid()
	return s
}

var dovecotConfig = template.Must(template.New("dovecot.conf").Parse(`
protocols = imap{{if .HasLMTP}} lmtp{{end}}
listen = 127.0.0.1
base_dir = {{.Root}}/run
state_dir = {{.Root}}/run
log_path = {{.Root}}/dovecot.log
ssl = yes
ssl_cert = <{{.Root}}/cert.pem
ssl_key = <{{.Root}}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_username_format = %Lu
auth_failure_delay = 0
first_valid_uid = {{.UID}}
first_valid_gid = {{.GID}}
mail_location = maildir:{{.Root}}/mail/%u
mail_max_userip_connections = {{.MaxConnections}}
mail_fsync = never
default_vsz_limit = 1G
recipient_delimiter = +
{{- if .Rootless}}
default_internal_user = {{.User}}
default_internal_group = {{.Group}}
default_login_user = {{.User}}
service anvil {
  chroot =
}
{{- end}}

passdb {
  driver = static
  args = password={{.Password}}
}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Root}}/mail/%u allow_all_users=yes
}

namespace inbox {
  inbox = yes
  separator = /
  mailbox Drafts {
    auto = create
    special_use = \Drafts
  }
  mailbox Junk {
    auto = create
    special_use = \Junk
  }
  mailbox Sent {
    auto = create
    special_use = \Sent
  }
  mailbox Trash {
    auto = create
    special_use = \Trash
  }
}

service imap-login {
  chroot =
  service_count = 0
  client_limit = 4000
  process_limit = 2
  inet_listener imap {
    address = 127.0.0.1
    port = {{.Port}}
  }
  inet_listener imaps {
    address = 127.0.0.1
    port = {{.TLSPort}}
    ssl = yes
  }
}
service imap {
  service_count = 256
  process_limit = 1024
}
service anvil {
  client_limit = 20000
}
service auth {
  client_limit = 20000
  unix_listener {{.Auth}} {
    mode = 0666
  }
}
{{- if .HasLMTP}}
service lmtp {
  unix_listener {{.LMTP}} {
    mode = 0666
  }
}
{{- end}}
{{.Extra}}
`))
