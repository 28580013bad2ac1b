package peers

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"text/template"
	"time"

	"mailrun/pkg/outreach"
)

// The domains that a Postfix knows. It delivers mail for Domain and never relays.
const (
	// Domain is served by the Dovecot beside it: every user exists, but for local parts that begin with "gone". Mail for those is accepted
	// and then returned by Postfix itself as a delivery status notification with 5.1.1.
	Domain = "peers.example"
	// RefusingDomain answers every RCPT with 550 5.1.1.
	RefusingDomain = "refusing.example"
	// BusyDomain answers every RCPT with 450 4.2.1.
	BusyDomain = "busy.example"
)

// PostfixServer is a running Postfix. It takes mail from any user name with Password.
type PostfixServer struct {
	Port    int // clear text with STARTTLS
	TLSPort int // implicit TLS

	dovecot *DovecotServer
	root    string
}

// Postfix starts a private Postfix that checks passwords with a Dovecot and delivers into it. It has the Dovecot's authority. Its master
// must run as root.
func Postfix(t testing.TB, dovecot *DovecotServer) *PostfixServer {
	t.Helper()
	postconf := program(t, "postconf", "postfix")
	if os.Geteuid() != 0 {
		unavailable(t, "Postfix starts as root only")
	}
	if _, err := os.Stat(dovecot.lmtpSocket()); err != nil {
		unavailable(t, "Dovecot has no LMTP (Debian package dovecot-lmtpd)")
	}
	ports := freePorts(t, 2)
	p := &PostfixServer{Port: ports[0], TLSPort: ports[1], dovecot: dovecot, root: folder(t)}
	config := p.configure(t)
	launch(t, p.Port, p.log(), filepath.Join(daemons(t, postconf), "master"), "-c", config, "-s")
	return p
}

// daemons is where the installed Postfix keeps its servers.
func daemons(t testing.TB, postconf string) string {
	t.Helper()
	out, err := exec.Command(postconf, "-dh", "daemon_directory").Output()
	if err != nil {
		t.Fatalf("ask postconf for the daemon directory: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// Log returns the end of the server's log.
func (p *PostfixServer) Log() string { return tail(p.log()) }

// SMTP is the door of a mailbox document for a user.
func (p *PostfixServer) SMTP(user string, security outreach.Security) outreach.Server {
	port := p.Port
	if security == outreach.SecurityTLS {
		port = p.TLSPort
	}
	return outreach.Server{Host: "localhost", Port: port, Security: security, Username: user, Auth: outreach.AuthPassword}
}

// Document returns a mailbox document that sends through this Postfix and reads from its Dovecot. The password is in clear, the id the
// caller's to set.
func (p *PostfixServer) Document(user string, security outreach.Security) *outreach.Mailbox {
	return &outreach.Mailbox{
		Email: user, Status: outreach.MailboxActive, SMTP: p.SMTP(user, security), IMAP: p.dovecot.IMAP(user, security),
		ClearSMTPPassword: Password, ClearIMAPPassword: Password,
	}
}

func (p *PostfixServer) log() string { return filepath.Join(p.root, "postfix.log") }

// configure writes the instance's files and returns the folder with main.cf.
func (p *PostfixServer) configure(t testing.TB) string {
	t.Helper()
	config := filepath.Join(p.root, "config")
	if err := os.Mkdir(config, 0o755); err != nil {
		t.Fatal(err)
	}
	p.makeQueue(t)
	writeCertificate(t, p.dovecot.authority, p.root)
	values := map[string]any{
		"Root": p.root, "Port": p.Port, "TLSPort": p.TLSPort, "Auth": p.dovecot.authSocket(), "LMTP": p.dovecot.lmtpSocket(),
		"Domain": Domain, "Refusing": RefusingDomain, "Busy": BusyDomain,
	}
	for _, file := range []*template.Template{mainCF, masterCF, transportMap, accessMap} {
		var content bytes.Buffer
		if err := file.Execute(&content, values); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(config, file.Name())
		writeFile(t, path, content.String(), 0o644)
		// Postfix waits until a file has not changed for two seconds before it believes what it reads.
		settled := time.Now().Add(-time.Hour)
		if err := os.Chtimes(path, settled, settled); err != nil {
			t.Fatal(err)
		}
	}
	return config
}

// makeQueue makes the folders that Postfix's servers expect, with the owners that its installer gives them.
func (p *PostfixServer) makeQueue(t testing.TB) {
	t.Helper()
	owner, dropGroup := lookUp(t, "postfix"), lookUpGroup(t, "postdrop")
	create := func(path string, mode os.FileMode, uid, gid int) {
		path = filepath.Join(p.root, path)
		if err := os.Mkdir(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, uid, gid); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // Mkdir obeys the umask
			t.Fatal(err)
		}
	}
	create("data", 0o700, owner, 0)
	create("queue", 0o755, 0, 0)
	create("queue/pid", 0o755, 0, 0)
	for _, name := range []string{"active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"} {
		create("queue/"+name, 0o700, owner, 0)
	}
	create("queue/maildrop", 0o730|os.ModeSticky, owner, dropGroup)
	create("queue/public", 0o710|os.ModeSetgid, owner, dropGroup)
}

func lookUp(t testing.TB, name string) int {
	t.Helper()
	u, err := user.Lookup(name)
	if err != nil {
		unavailable(t, "Postfix's user: %v", err)
	}
	return number(t, u.Uid)
}

func lookUpGroup(t testing.TB, name string) int {
	t.Helper()
	g, err := user.LookupGroup(name)
	if err != nil {
		unavailable(t, "Postfix's group: %v", err)
	}
	return number(t, g.Gid)
}

func number(t testing.TB, id string) int {
	t.Helper()
	n, err := strconv.Atoi(id)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var transportMap = template.Must(template.New("transport").Parse(
	`/^gone[^@]*@{{.Domain}}$/ error:5.1.1 Mailbox does not exist
`))

var accessMap = template.Must(template.New("access").Parse(
	`/@{{.Refusing}}$/ 550 5.1.1 User unknown in virtual mailbox table
/@{{.Busy}}$/ 450 4.2.1 Mailbox temporarily unavailable
`))

var mainCF = template.Must(template.New("main.cf").Parse(`
compatibility_level = 3.6
queue_directory = {{.Root}}/queue
data_directory = {{.Root}}/data
maillog_file = {{.Root}}/postfix.log
maillog_file_prefixes = {{.Root}}

myhostname = mail.{{.Domain}}
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
biff = no

virtual_mailbox_domains = {{.Domain}}
virtual_transport = lmtp:unix:{{.LMTP}}
transport_maps = regexp:{{.Root}}/config/transport
relay_domains =
recipient_delimiter = +

smtpd_tls_security_level = may
smtpd_tls_cert_file = {{.Root}}/cert.pem
smtpd_tls_key_file = {{.Root}}/key.pem
smtpd_tls_auth_only = no
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = {{.Auth}}
# Recipients are not looked up at RCPT: what lies behind them is found out later, and returned.
smtpd_reject_unlisted_recipient = no
smtpd_relay_restrictions =
smtpd_recipient_restrictions =
  check_recipient_access regexp:{{.Root}}/config/access
  reject_unauth_destination
  permit_sasl_authenticated
  reject
smtpd_client_connection_count_limit = 0
smtpd_client_connection_rate_limit = 0
smtpd_client_message_rate_limit = 0
default_process_limit = 200
`))

var masterCF = template.Must(template.New("master.cf").Parse(`
127.0.0.1:{{.Port}} inet n - n - - smtpd
127.0.0.1:{{.TLSPort}} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
`))

// SMTPSink starts Postfix's smtp-sink with the given flags and returns its address. It takes everything and keeps nothing.
func SMTPSink(t testing.TB, flags ...string) string {
	t.Helper()
	binary := program(t, "smtp-sink", "postfix")
	port := freePorts(t, 1)[0]
	address := fmt.Sprintf("127.0.0.1:%d", port)
	if os.Geteuid() == 0 {
		flags = append([]string{"-u", "nobody"}, flags...)
	}
	const backlog = "1000"
	launch(t, port, filepath.Join(folder(t), "log"), binary, append(flags, address, backlog)...)
	return address
}
