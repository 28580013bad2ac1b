package mailbox

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// stall and hangUp are answers that a scripted server does not give: it falls silent, or closes the connection.
const (
	stall  = "\x00stall"
	hangUp = "\x00hang up"
)

// smtpScript is how a scripted SMTP server behaves: an answer per stage, "" being the good one. An answer may hold several lines; one
// without a line end at its end is left half said, one may end in stall or hangUp. After these and 421 the connection is over.
type smtpScript struct {
	greeting, ehlo, startTLS, auth, mail, rcpt, data, dot, rset string

	extensions []string // in place of the usual ones
	tls        *tls.Config
	implicit   bool
	eager      bool              // DATA is taken though nobody was
	passwords  map[string]string // AUTH PLAIN and LOGIN are checked against these
	unknown    string            // nobody has this address
}

// smtpServer is a scripted server that ran. Accepted holds the messages whose dot it saw; lines what clients said outside of messages.
type smtpServer struct {
	script smtpScript
	addr   *net.TCPAddr
	stop   chan struct{}

	mu       sync.Mutex
	accepted []string
	lines    []string
	open     map[net.Conn]bool
}

func startSMTP(t testing.TB, script smtpScript) *smtpServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpServer{script: script, addr: listener.Addr().(*net.TCPAddr), stop: make(chan struct{}), open: make(map[net.Conn]bool)}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() { s.serve(conn) })
		}
	})
	t.Cleanup(func() {
		close(s.stop)
		listener.Close()
		s.mu.Lock()
		for conn := range s.open {
			conn.Close()
		}
		s.mu.Unlock()
		wg.Wait()
	})
	return s
}

// smtpConn is one client's connection.
type smtpConn struct {
	*smtpServer
	net.Conn
	br    *bufio.Reader
	mail  bool // accepted in this transaction
	rcpts int  // likewise
}

func (s *smtpServer) serve(conn net.Conn) {
	s.mu.Lock()
	s.open[conn] = true
	s.mu.Unlock()
	defer conn.Close()
	c := &smtpConn{smtpServer: s, Conn: conn}
	if s.script.implicit {
		c.Conn = tls.Server(conn, s.script.tls)
	}
	c.br = bufio.NewReader(c.Conn)
	if !c.say(s.script.greeting, "220 mx.test ESMTP\r\n") {
		return
	}
	for c.answer() {
	}
}

// say gives the scripted answer or the good one and tells whether the dialog goes on.
func (c *smtpConn) say(scripted, good string) bool {
	switch scripted {
	case stall:
		<-c.stop
		return false
	case hangUp:
		return false
	case "":
		scripted = good
	}
	if said, ok := strings.CutSuffix(scripted, hangUp); ok {
		io.WriteString(c.Conn, said)
		return false
	}
	scripted, stalls := strings.CutSuffix(scripted, stall)
	if _, err := io.WriteString(c.Conn, scripted); err != nil {
		return false
	}
	if stalls || !strings.HasSuffix(scripted, "\n") {
		<-c.stop
		return false
	}
	return !strings.HasPrefix(scripted, "421")
}

func (c *smtpConn) answer() bool {
	line, err := c.br.ReadString('\n')
	if err != nil {
		return false
	}
	line = strings.TrimRight(line, "\r\n")
	c.mu.Lock()
	c.lines = append(c.lines, line)
	c.mu.Unlock()
	switch verb, _, _ := strings.Cut(line, " "); verb {
	case "EHLO", "HELO":
		return c.say(c.script.ehlo, c.hello())
	case "STARTTLS":
		return c.say(c.script.startTLS, "220 go ahead\r\n") && c.upgrade()
	case "AUTH":
		return c.authenticate(line)
	case "MAIL":
		c.mail, c.rcpts = c.script.mail == "", 0
		return c.say(c.script.mail, "250 2.1.0 ok\r\n")
	case "RCPT":
		if c.script.rcpt == "" && !c.mail {
			return c.say("", "503 5.5.1 MAIL first\r\n")
		}
		if c.script.unknown != "" && strings.Contains(line, c.script.unknown) {
			return c.say("", "550 5.1.1 unknown\r\n")
		}
		if c.script.rcpt == "" {
			c.rcpts++
		}
		return c.say(c.script.rcpt, "250 2.1.5 ok\r\n")
	case "DATA":
		if c.rcpts == 0 && !c.script.eager {
			return c.say("", "554 5.5.1 no valid recipients\r\n")
		}
		return c.say(c.script.data, "354 go\r\n") && (c.script.data != "" || c.message())
	case "RSET":
		c.mail, c.rcpts = false, 0
		return c.say(c.script.rset, "250 2.0.0 ok\r\n")
	case "QUIT":
		c.say("", "221 2.0.0 bye\r\n")
		return false
	}
	return c.say("", "500 5.5.2 what\r\n")
}

func (c *smtpConn) hello() string {
	ext := c.script.extensions
	if ext == nil {
		ext = []string{"PIPELINING", "SIZE 100000", "8BITMIME", "AUTH PLAIN LOGIN"}
		if _, upgraded := c.Conn.(*tls.Conn); c.script.tls != nil && !upgraded {
			ext = append(ext, "STARTTLS")
		}
	}
	lines := append([]string{"mx.test"}, ext...)
	return string(Reply{Code: 250, Lines: lines}.wire())
}

func (c *smtpConn) upgrade() bool {
	if c.script.startTLS != "" {
		return true
	}
	c.Conn = tls.Server(c.Conn, c.script.tls)
	c.br = bufio.NewReader(c.Conn)
	return true
}

func (c *smtpConn) authenticate(line string) bool {
	if c.script.auth != "" {
		return c.say(c.script.auth, "")
	}
	parts := strings.Fields(line)
	given := ""
	switch {
	case len(parts) == 3 && parts[1] == "PLAIN":
		given = string(challengeOf(Reply{Lines: parts[2:]}))
	case len(parts) == 3 && parts[1] == "XOAUTH2":
		given = string(challengeOf(Reply{Lines: parts[2:]}))
	case len(parts) == 2 && parts[1] == "LOGIN":
		for _, prompt := range []string{"334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n"} {
			c.say("", prompt)
			answer, err := c.br.ReadString('\n')
			if err != nil {
				return false
			}
			given += "\x00" + string(challengeOf(Reply{Lines: []string{strings.TrimSpace(answer)}}))
		}
	default:
		return c.say("", "504 5.5.4 unknown mechanism\r\n")
	}
	if _, ok := c.script.passwords[given]; !ok && c.script.passwords != nil {
		if strings.HasPrefix(given, "user=") {
			c.say("", "334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")
			if _, err := c.br.ReadString('\n'); err != nil {
				return false
			}
		}
		return c.say("", "535 5.7.8 authentication failed\r\n")
	}
	return c.say("", "235 2.7.0 welcome\r\n")
}

func (c *smtpConn) message() bool {
	var message strings.Builder
	for {
		line, err := c.br.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		message.WriteString(strings.TrimPrefix(line, "."))
	}
	if c.rcpts == 0 {
		return c.say("", "554 5.5.1 no valid recipients\r\n")
	}
	c.mu.Lock()
	c.accepted = append(c.accepted, message.String())
	c.mu.Unlock()
	return c.say(c.script.dot, "250 2.0.0 queued as 4711\r\n")
}

// messages returns what the server saw whole.
func (s *smtpServer) messages() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.accepted...)
}

// said returns what clients said outside of messages.
func (s *smtpServer) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

// mailboxAt returns a mailbox with a clear password whose two doors are this address.
func mailboxAt(addr *net.TCPAddr, security outreach.Security) *outreach.Mailbox {
	server := outreach.Server{Host: "127.0.0.1", Port: addr.Port, Security: security, Username: "ann@example.com", Auth: outreach.AuthPassword}
	return &outreach.Mailbox{
		ID: bson.NewObjectID(), Email: "ann@example.com", SMTP: server, IMAP: server,
		ClearSMTPPassword: "correct horse", ClearIMAPPassword: "correct horse",
	}
}

// hurried is a dialer whose waits are short.
func hurried() *Dialer { return &Dialer{IdleTimeout: 150 * time.Millisecond} }

// testContext ends with the test, and long before the test would hang.
func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// certificate makes a self-signed certificate for hosts, valid until a time, and the pool that trusts it.
func certificate(t testing.TB, until time.Time, hosts ...string) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: hosts[0]}, NotBefore: until.AddDate(-1, 0, 0), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, pool
}

const testMessage = "From: ann@example.com\r\nTo: bob@example.org\r\nSubject: hi\r\n\r\nHello\r\n.dot\r\n"

func sendError(t *testing.T, err error) *SendError {
	t.Helper()
	failed, ok := errors.AsType[*SendError](err)
	if !ok {
		t.Fatalf("Send: %v, want a *SendError", err)
	}
	return failed
}

func openError(t *testing.T, err error) *Error {
	t.Helper()
	failed, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("open: %v, want an *Error", err)
	}
	return failed
}
