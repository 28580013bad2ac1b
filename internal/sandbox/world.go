package sandbox

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-smtp"

	"mailrun/pkg/outreach"
)

// Account is a mailbox that sends and receives through the world's servers; its user name is its address.
type Account struct {
	Email    string
	Password string
	// SavesSent makes the server file a copy of everything sent in the Sent folder, as Google and Microsoft do.
	SavesSent bool
}

// Options describe a world. The zero value has no inhabitants, real time, clear text and no delays.
type Options struct {
	Accounts []Account
	People   []Person
	// AnyAccount, unless empty, is a password with which every other user name logs in as well.
	AnyAccount string
	// AnyRecipient accepts mail for unknown addresses and stays silent. Otherwise they are refused with 550 5.1.1.
	AnyRecipient bool
	// TLS adds STARTTLS to the clear ports and opens two more with implicit TLS, under the authority of RootCAs.
	TLS bool
	// SMTPUTF8 announces the extension of that name (RFC 6531).
	SMTPUTF8 bool
	// Immediate delivers answers at once instead of when Tick passes their time.
	Immediate bool
	// Discard keeps counters only: no mail is stored, nobody answers. For measurements.
	Discard bool
	// Seed picks among stock answers.
	Seed uint64
	// Now is the world's clock; nil means the machine's.
	Now func() time.Time
	// RoundTrip is the simulated distance between client and server.
	RoundTrip time.Duration
	Delays    Delays
	// Log receives what the protocol libraries complain about; nil drops it.
	Log *slog.Logger
}

// World is a running pair of servers with their inhabitants. Close it.
type World struct {
	opts      Options
	authority *Authority

	smtp  *smtp.Server
	imap  *imapserver.Server
	ports ports
	gates []*gate
	wg    sync.WaitGroup
	stop  func() bool
	once  sync.Once

	ledger *ledger
	logins struct{ smtp, imap, failed atomic.Int64 }
	refuse atomic.Int64

	mu        sync.Mutex
	accounts  map[string]*Mailbox
	savesSent map[string]bool
	people    map[string]*correspondent
	stalls    map[string]Stage
	post      []letter
	posted    int
}

// ports are the four doors; the TLS ones are nil without Options.TLS.
type ports struct{ smtp, smtps, imap, imaps *gate }

// Start opens the servers on free loopback ports. They run until Close, or until ctx ends.
func Start(ctx context.Context, opts Options) (*World, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	w := &World{
		opts:      opts,
		ledger:    newLedger(opts.Discard),
		accounts:  map[string]*Mailbox{},
		savesSent: map[string]bool{},
		people:    map[string]*correspondent{},
		stalls:    map[string]Stage{},
	}
	for _, a := range opts.Accounts {
		w.AddAccount(a)
	}
	w.Invite(opts.People...)
	if err := w.listen(ctx); err != nil {
		w.Close()
		return nil, err
	}
	w.stop = context.AfterFunc(ctx, w.shutDown)
	return w, nil
}

func (w *World) listen(ctx context.Context) error {
	authority, err := NewAuthority()
	if err != nil {
		return err
	}
	w.authority = authority
	var config *tls.Config
	if w.opts.TLS {
		if config, err = authority.ServerConfig(); err != nil {
			return err
		}
	}
	w.smtp, w.imap = w.newSMTP(config), w.newIMAP(config)
	serveSMTP := w.smtp.Serve
	if w.opts.Discard {
		serveSMTP = func(l net.Listener) error { return w.serveDrain(l, config) }
	}
	for _, door := range []struct {
		gate  **gate
		tls   bool
		serve func(net.Listener) error
	}{
		{&w.ports.smtp, false, serveSMTP}, {&w.ports.smtps, true, serveSMTP},
		{&w.ports.imap, false, w.imap.Serve}, {&w.ports.imaps, true, w.imap.Serve},
	} {
		if door.tls && !w.opts.TLS {
			continue
		}
		g, err := w.openGate(ctx)
		if err != nil {
			return err
		}
		*door.gate = g
		var listener net.Listener = g
		if door.tls {
			listener = tls.NewListener(g, config)
		}
		w.wg.Go(func() { _ = door.serve(listener) }) // ends with the gate; the error says only that
	}
	return nil
}

func (w *World) openGate(ctx context.Context) (*gate, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a loopback port: %w", err)
	}
	g := newGate(listener, w.opts.RoundTrip, w.opts.Delays.Greeting)
	w.gates = append(w.gates, g)
	return g, nil
}

// Close stops the servers, cuts every connection and waits for what served them. It may be called more than once.
func (w *World) Close() {
	if w.stop != nil {
		w.stop()
	}
	w.shutDown()
}

func (w *World) shutDown() {
	w.once.Do(func() {
		for _, g := range w.gates {
			g.shutDown()
		}
		if w.smtp != nil {
			_ = w.smtp.Shutdown(context.Background()) // every connection is cut: this waits for their handlers
		}
		if w.imap != nil {
			_ = w.imap.Close()
		}
		w.wg.Wait()
	})
}

// RootCAs returns the roots under which the world's servers are trusted.
func (w *World) RootCAs() *x509.CertPool { return w.authority.Pool() }

// RootPEM returns the same as RootCAs for SSL_CERT_FILE.
func (w *World) RootPEM() []byte { return w.authority.PEM() }

// AddAccount adds an account, or changes the password of one that exists.
func (w *World) AddAccount(a Account) {
	w.mu.Lock()
	defer w.mu.Unlock()
	email := strings.ToLower(a.Email)
	w.savesSent[email] = a.SavesSent
	if m := w.accounts[email]; m != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.password = a.Password
		return
	}
	w.accounts[email] = newMailbox(email, a.Password, w.opts.Seed)
}

// Invite adds people, or replaces those of the same address with their script from its start.
func (w *World) Invite(people ...Person) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range people {
		p.Email = strings.ToLower(p.Email)
		w.people[p.Email] = &correspondent{Person: p}
	}
}

// Cast invites n people with every kind of outcome among them and returns them; see the function Cast.
func (w *World) Cast(n int) []Person {
	people := Cast(n)
	w.Invite(people...)
	return people
}

// Mailbox returns an account by its address, also one with a plus tag; nil if there is none.
func (w *World) Mailbox(email string) *Mailbox {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accounts[withoutTag(email)]
}

// Document returns a mailbox document that reaches the account over the chosen security, its password in clear as another application
// would leave it. Limits and gaps keep their defaults; the id is the caller's to set. TLS and STARTTLS need Options.TLS.
func (w *World) Document(email string, security outreach.Security) *outreach.Mailbox {
	password := w.opts.AnyAccount
	if m := w.Mailbox(email); m != nil {
		password = m.secret()
	}
	smtpGate, imapGate := w.ports.smtp, w.ports.imap
	if security == outreach.SecurityTLS {
		smtpGate, imapGate = w.ports.smtps, w.ports.imaps
	}
	server := func(g *gate) outreach.Server {
		return outreach.Server{Host: "127.0.0.1", Port: g.port(), Security: security, Username: email, Auth: outreach.AuthPassword}
	}
	return &outreach.Mailbox{
		Email: email, Status: outreach.MailboxActive, SMTP: server(smtpGate), IMAP: server(imapGate),
		ClearSMTPPassword: password, ClearIMAPPassword: password,
	}
}

// SMTPAddr and IMAPAddr are the clear-text doors as host:port.
func (w *World) SMTPAddr() string { return w.ports.smtp.Addr().String() }

// IMAPAddr is the clear-text IMAP door as host:port.
func (w *World) IMAPAddr() string { return w.ports.imap.Addr().String() }

func (g *gate) port() int { return g.Addr().(*net.TCPAddr).Port }

func (m *Mailbox) secret() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.password
}

// login finds the account that a user name and password open, making it if any user may log in.
func (w *World) login(user, password string) (*Mailbox, bool) {
	email := strings.ToLower(user)
	w.mu.Lock()
	defer w.mu.Unlock()
	m := w.accounts[email]
	if m == nil && w.opts.AnyAccount != "" && password == w.opts.AnyAccount {
		m = newMailbox(email, password, w.opts.Seed)
		w.accounts[email] = m
	}
	if m == nil || m.secret() != password {
		w.logins.failed.Add(1)
		return nil, false
	}
	return m, true
}

// withoutTag turns "Ann+u-3f@host" into "ann@host" (RFC 5233 calls the tag a detail).
func withoutTag(email string) string {
	local, domain, found := strings.Cut(strings.ToLower(email), "@")
	if !found {
		return local
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}
