package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	mail "github.com/xhit/go-simple-mail/v2"
	"golang.org/x/net/idna"

	"mailrun/pkg/outreach"
)

// How long an SMTP server may be silent: RFC 5321 section 4.5.3.2. A final dot that is given up too early is the classic source of
// duplicates (RFC 1047).
const (
	greetingTimeout  = 5 * time.Minute
	commandTimeout   = 5 * time.Minute
	dataTimeout      = 2 * time.Minute
	dataBlockTimeout = 3 * time.Minute
	dotTimeout       = 10 * time.Minute
	quitTimeout      = time.Second // what is at stake is only politeness
)

// SMTPSession is one logged-in SMTP connection, for any number of messages one after the other. It belongs to one goroutine.
type SMTPSession struct {
	// OnStage, if set, is called before the bytes that begin a stage of a transaction leave: StageMail, StageRcpt, StageData, StageDot.
	// An error stops the message there, and Send returns it inside a *SendError; up to StageData, and at StageDot, the server has then not
	// accepted anything. The last look at a recipient belongs at StageData; at StageDot it can be taken again, but an error ends the session.
	OnStage func(Stage) error

	dialer *Dialer
	link   *link
	room   *room
	talk   *smtpTalk
	tx     *transaction
	creds  credentials
	hello  Reply             // the last answer to EHLO
	ext    map[string]string // its extensions, upper case

	next        *announced       // the message after the one that Send is called with next
	plain, utf8 *mail.SMTPClient // go-simple-mail over tx, without and with SMTPUTF8
	needsReset  bool
}

// SMTP opens a session with the mailbox's SMTP server: it waits for a place in the limits, dials, reads the greeting, upgrades to TLS as
// configured (a missing STARTTLS is an error, never a reason to go on in clear) and logs in. Errors are *Error; the context's where it ends
// before there is a place; the token store's. The context bounds the opening only; each Send has its own.
func (d *Dialer) SMTP(ctx context.Context, mb *outreach.Mailbox) (*SMTPSession, error) {
	return d.SMTPAt(ctx, mb, nil)
}

// SMTPAt is SMTP in a place that the caller has already (see Place); it is the session's from here on, even if none comes of it.
func (d *Dialer) SMTPAt(ctx context.Context, mb *outreach.Mailbox, place *Place) (*SMTPSession, error) {
	s, err := d.openSMTP(ctx, mb, place)
	if notResumed(err) {
		s, err = d.openSMTP(ctx, mb, nil)
	}
	return s, err
}

func (d *Dialer) openSMTP(ctx context.Context, mb *outreach.Mailbox, place *Place) (*SMTPSession, error) {
	creds, err := d.credentials(ctx, mb, DoorSMTP, "")
	if err != nil {
		place.Free()
		return nil, err
	}
	l, err := d.connect(ctx, mb, DoorSMTP, place)
	if err != nil {
		return nil, err
	}
	done := l.wire.begin(ctx)
	defer done()
	s := &SMTPSession{dialer: d, link: l, room: d.enter(l.conn), creds: creds}
	if err := s.open(ctx, mb); err != nil {
		l.close()
		return nil, err
	}
	return s, nil
}

// open speaks the protocol up to a session that is ready for MAIL.
func (s *SMTPSession) open(ctx context.Context, mb *outreach.Mailbox) error {
	s.talk = newSMTPTalk(s.link, s.room.br)
	name := ehloName(mb)
	reply, err := s.talk.read(s.dialer.idle(greetingTimeout))
	if err != nil || !reply.positive() {
		return s.failed(StageGreeting, reply, err)
	}
	if err := s.ehlo(name); err != nil {
		return err
	}
	if mb.SMTP.Security == outreach.SecuritySTARTTLS {
		if err := s.startTLS(ctx, mb); err != nil {
			return err
		}
		if err := s.ehlo(name); err != nil {
			return err
		}
	}
	if err := s.logIn(ctx, mb); err != nil {
		return err
	}
	s.tx = newTransaction(s)
	s.plain, err = s.tx.client(s.hello, false)
	return err
}

// ehlo introduces us, by HELO where the server knows no EHLO (RFC 5321 section 4.1.1.1).
func (s *SMTPSession) ehlo(name string) error {
	reply, err := s.talk.command(s.dialer.idle(commandTimeout), "EHLO "+name)
	if err == nil && slices.Contains([]int{500, 502, 504}, reply.Code) {
		reply, err = s.talk.command(s.dialer.idle(commandTimeout), "HELO "+name)
		reply.Lines = reply.Lines[:min(len(reply.Lines), 1)]
	}
	if err != nil || !reply.positive() {
		return s.failed(StageEHLO, reply, err)
	}
	s.hello, s.ext = reply, extensions(reply)
	return nil
}

// startTLS upgrades the connection. What the server sent in clear after its go-ahead would be taken for its encrypted words
// (CVE-2011-0411), so it ends the session.
func (s *SMTPSession) startTLS(ctx context.Context, mb *outreach.Mailbox) error {
	if _, offered := s.ext["STARTTLS"]; !offered {
		err := s.failed(StageSTARTTLS, Reply{}, errors.New("the server does not offer STARTTLS"))
		err.Remedy = "check host, port and security; a firewall may have removed the offer; nothing was sent in clear"
		return err
	}
	reply, err := s.talk.command(s.dialer.idle(commandTimeout), "STARTTLS")
	if err != nil || !reply.positive() {
		return s.failed(StageSTARTTLS, reply, err)
	}
	if s.talk.br.Buffered() > 0 {
		return s.failed(StageSTARTTLS, Reply{}, fmt.Errorf("the server spoke in clear after STARTTLS: %w", ErrProtocol))
	}
	if err := s.dialer.encrypt(ctx, s.link, mb); err != nil {
		return err
	}
	s.room.br.Reset(s.link.conn)
	return nil
}

// failed makes the error of a stage of the opening.
func (s *SMTPSession) failed(stage Stage, reply Reply, err error) *Error {
	text := s.creds.hide(reply.Text())
	class := decide(event{stage: stage, code: reply.Code, enhanced: reply.Enhanced, text: text}).Class
	switch {
	case reply.Code == 0 && s.link.wire.failure() != nil && !errors.Is(err, ErrProtocol):
		class = ClassNetwork
	case errors.Is(err, ErrProtocol):
		class = ClassProtocol
	case reply.Code == 0 && stage == StageAuth:
		class = ClassAuth
	case reply.Code != 0 && reply.Code < 400:
		class, err = ClassProtocol, errors.Join(err, ErrProtocol)
	}
	return &Error{
		Class: class, Op: "smtp " + string(stage), Host: s.link.host, Line: text, Code: reply.Code, Enhanced: reply.Enhanced,
		RetryAfter: retryAfter(text), Remedy: remedyFor(class, s.link.server, s.creds.auth), Err: s.timedOut(err),
	}
}

// timedOut says which silence ended the wait, in place of "i/o timeout".
func (s *SMTPSession) timedOut(err error) error {
	if err != nil && isTimeout(err) {
		return fmt.Errorf("the server did not answer in time: %w", err)
	}
	return err
}

// SMTPUTF8 tells whether the server takes addresses with non-ASCII characters (RFC 6531).
func (s *SMTPSession) SMTPUTF8() bool {
	_, offered := s.ext["SMTPUTF8"]
	return offered
}

// maxSize is the largest message the server takes (RFC 1870), zero if it does not say.
func (s *SMTPSession) maxSize() int64 {
	n, err := strconv.ParseInt(s.ext["SIZE"], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// LastReply is the server's last answer: after a Send without error, its acceptance with the queue id in it.
func (s *SMTPSession) LastReply() Reply { return s.tx.reply }

// Usable tells whether another message may be sent over this session. Once false it stays so.
func (s *SMTPSession) Usable() bool { return !s.tx.broken }

// Close says goodbye, if that is still possible, without waiting for the answer: no message hangs on it, and over there it would take as long
// as a command does. It gives the connection's place in the limits back.
func (s *SMTPSession) Close() error {
	if s.Usable() && !s.tx.hasBegun() { // else the server waits for a message, and gets none
		done := s.link.wire.begin(context.Background())
		defer done()
		s.link.wire.setIdle(s.dialer.idle(quitTimeout))
		_, _ = io.WriteString(s.link.conn, "QUIT\r\n")
	}
	s.tx.broken = true
	s.link.close()
	if s.room != nil {
		s.dialer.leave(s.room)
		s.room = nil
	}
	return nil
}

// ehloName is how we introduce ourselves: the mailbox's domain, which is a valid name and gives nothing away about this machine.
func ehloName(mb *outreach.Mailbox) string {
	domain := mb.Email[strings.LastIndexByte(mb.Email, '@')+1:]
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || ascii == "" || net.ParseIP(ascii) != nil {
		return "localhost"
	}
	return ascii
}

// extensions reads an answer to EHLO: keyword to parameters. The first line is a greeting. Old servers write "AUTH=PLAIN".
func extensions(hello Reply) map[string]string {
	ext := make(map[string]string)
	for i, line := range hello.Lines {
		if i == 0 {
			continue
		}
		if len(line) > 5 && strings.EqualFold(line[:5], "AUTH=") {
			line = "AUTH " + line[5:]
		}
		keyword, params, _ := strings.Cut(line, " ")
		keyword = strings.ToUpper(keyword)
		if keyword == "AUTH" && ext[keyword] != "" {
			params = ext[keyword] + " " + params
		}
		ext[keyword] = params
	}
	return ext
}
