package sandbox

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// maxMessage bounds one message, as servers do (SIZE, RFC 1870).
const maxMessage = 25 << 20

func (w *World) newSMTP(config *tls.Config) *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		w.pause(w.opts.Delays.Hello)
		return &smtpSession{world: w, line: c.Conn}, nil
	}))
	server.Domain = "sandbox.example"
	server.TLSConfig = config
	server.AllowInsecureAuth = true
	server.EnableSMTPUTF8 = w.opts.SMTPUTF8
	server.MaxMessageBytes = maxMessage
	server.ErrorLog = slog.NewLogLogger(w.opts.Log.Handler(), slog.LevelDebug)
	return server
}

// smtpSession is one client's dialogue. The library calls it from one goroutine.
type smtpSession struct {
	world *World
	line  func() net.Conn // changes with STARTTLS
	user  string
	from  string
	to    []string
	fault fault // of the last recipient
}

// AuthMechanisms names what AUTH offers.
func (s *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth checks a password.
func (s *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error { return s.login(user, password) }), nil
}

func (s *smtpSession) login(user, password string) error {
	w := s.world
	w.pause(w.opts.Delays.Auth)
	if w.stalled(strings.ToLower(user), StageLogin) {
		return hang(s.line())
	}
	mailbox, ok := w.login(user, password)
	if !ok {
		return smtp.ErrAuthFailed
	}
	w.logins.smtp.Add(1)
	s.user = mailbox.email
	return nil
}

// Mail begins a message.
func (s *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	s.world.pause(s.world.opts.Delays.Mail)
	if s.user == "" {
		return s.refuse(530, smtp.EnhancedCode{5, 7, 0}, "Authentication required")
	}
	if s.world.stalled(s.user, StageMail) {
		return hang(s.line())
	}
	s.from = from
	return nil
}

// Rcpt accepts or refuses one recipient.
func (s *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.world.pause(s.world.opts.Delays.Rcpt)
	s.fault = faultOf(to)
	switch {
	case s.world.stalled(s.user, StageRcpt), s.fault.hang == "hangrcpt":
		return hang(s.line())
	case s.fault.cut == "droprcpt":
		s.cutAfter(0)
		return errGone
	case s.fault.rcpt != 0:
		return s.refuseFault(s.fault.rcpt)
	}
	if err := s.world.admit(to); err != nil {
		s.world.refuse.Add(1)
		return err
	}
	if s.fault.cut == "dropdata" {
		s.cutAfter(1)
	}
	s.to = append(s.to, to)
	return nil
}

// Data reads the message and answers the final dot.
func (s *smtpSession) Data(r io.Reader) error {
	if s.dropsBody() {
		return errGone
	}
	buffer := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buffer)
	buffer.Reset()
	if _, err := buffer.ReadFrom(r); err != nil {
		return fmt.Errorf("read the message: %w", err)
	}
	return s.finish(buffer.Bytes())
}

// dropsBody ends the connection while the client is sending the message, if that was asked for.
func (s *smtpSession) dropsBody() bool {
	if s.fault.cut != "dropmid" {
		return false
	}
	s.cutAfter(0)
	return true
}

// finish answers the final dot. raw is only lent.
func (s *smtpSession) finish(raw []byte) error {
	if err := s.atDot(); err != nil {
		return err
	}
	s.world.accept(s.user, s.from, s.to, raw)
	if s.fault.lost {
		s.cutAfter(0)
	}
	return nil
}

// atDot applies what is to go wrong after the final dot, before the message is kept.
func (s *smtpSession) atDot() error {
	s.world.pause(s.world.opts.Delays.Dot + s.fault.slow)
	switch {
	case s.world.stalled(s.user, StageDot), s.fault.hang == "hangdot":
		return hang(s.line())
	case s.fault.cut == "dropdot":
		s.cutAfter(0)
		return errGone
	case s.fault.dot != 0:
		return s.refuseFault(s.fault.dot)
	}
	return nil
}

// Reset forgets the message in progress.
func (s *smtpSession) Reset() { s.from, s.to, s.fault = "", s.to[:0], fault{} }

// Logout ends the session.
func (s *smtpSession) Logout() error { return nil }

// buffers spare the discarding mode an allocation per message.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (s *smtpSession) refuse(code int, enhanced smtp.EnhancedCode, text string) error {
	s.world.refuse.Add(1)
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

func (s *smtpSession) refuseFault(code int) error {
	if code == 421 {
		s.cutAfter(1) // RFC 5321 section 3.8: the server closes after 421
	}
	enhanced, text := refusalText(code)
	return s.refuse(code, enhanced, text)
}

// cutAfter ends the connection after n more lines from the server. Beneath TLS it is the same connection.
func (s *smtpSession) cutAfter(n int64) {
	raw := s.line()
	if encrypted, ok := raw.(*tls.Conn); ok {
		raw = encrypted.NetConn()
	}
	if c, ok := raw.(*conn); ok {
		c.cutAfter(n)
	}
}

// refusalText is what servers say beside a code (RFC 3463).
func refusalText(code int) (smtp.EnhancedCode, string) {
	switch code {
	case 421:
		return smtp.EnhancedCode{4, 3, 2}, "Service shutting down, try again later"
	case 450:
		return smtp.EnhancedCode{4, 2, 1}, "Mailbox temporarily unavailable"
	case 452:
		return smtp.EnhancedCode{4, 2, 2}, "Mailbox full"
	case 550, 551:
		return smtp.EnhancedCode{5, 1, 1}, "No such user here"
	case 552:
		return smtp.EnhancedCode{5, 2, 2}, "Mailbox full"
	case 553:
		return smtp.EnhancedCode{5, 1, 3}, "Bad mailbox name"
	case 554:
		return smtp.EnhancedCode{5, 7, 1}, "Message rejected by policy"
	}
	if code < 500 {
		return smtp.EnhancedCode{4, 3, 0}, "Temporary failure, try again later"
	}
	return smtp.EnhancedCode{5, 0, 0}, "Permanent failure"
}

// admit decides at RCPT whether the world knows an address.
func (w *World) admit(to string) error {
	email := strings.ToLower(to)
	w.mu.Lock()
	defer w.mu.Unlock()
	if person := w.people[email]; person != nil {
		switch person.atRcpt() {
		case HardBounce:
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: fmt.Sprintf("<%s>: Recipient address rejected: User unknown", to)}
		case Greylist:
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: fmt.Sprintf("<%s>: Greylisted, try again in 5 minutes", to)}
		}
		return nil
	}
	if w.opts.AnyRecipient || w.accounts[withoutTag(email)] != nil {
		return nil
	}
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: fmt.Sprintf("<%s>: No such user here", to)}
}
