package mailbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	mail "github.com/xhit/go-simple-mail/v2"
	"golang.org/x/net/idna"
)

// maxAddress is the longest address that SMTP carries (RFC 5321 section 4.5.3.1: path of 256 octets with its brackets).
const maxAddress = 254

// Send delivers a finished message (RFC 5322, CRLF, no Bcc) to one recipient. Nil means that the server accepted it. Otherwise the error is
// a *SendError: its stage tells how far the message got, and MaybeDelivered whether the server may have accepted it all the same.
//
// The context bounds the whole send. When it ends the connection is cut, also in the middle of a message or while waiting for the answer to
// the dot; a caller that can spare the time gives it a deadline of its own rather than the run's.
func (s *SMTPSession) Send(ctx context.Context, from, to string, raw []byte) error {
	next := s.next
	s.next = nil
	if !s.Usable() {
		return s.local(StageConnect, "", ErrUnusable)
	}
	envelope, err := s.envelope(from, to, raw)
	if err != nil {
		return err
	}
	done := s.link.wire.begin(ctx)
	defer done()
	s.tx.stage, s.tx.reply = StageConnect, Reply{}
	if err := s.reset(); err != nil {
		return s.broke(ctx, err)
	}
	client, err := s.client(envelope.utf8)
	if err != nil {
		return s.broke(ctx, err)
	}
	s.tx.message, s.tx.follows = raw, next
	defer func() { s.tx.message, s.tx.follows = nil, nil }()
	if err := mail.SendMessage(envelope.from, []string{envelope.to}, "", client); err != nil {
		s.needsReset = !s.tx.hasBegun() // else the answer to the dot has ended this message, and the next one has begun
		return s.broke(ctx, err)
	}
	return nil
}

// announced is a message that will be sent after another.
type announced struct {
	from, to string
	raw      []byte
	onStage  func(Stage) error
}

// Announce tells of the message that Send will be called with after the next one. Where the server takes several commands at once its MAIL,
// RCPT and DATA leave together with the final dot before it (RFC 2920 section 3.1), which saves a round trip for each message. For these
// three stages onStage, if it is set, is called then, and OnStage is not when the message's own turn comes. An error of onStage has the message
// not begun yet: its Send does it all. Whoever changes his mind closes the session: nothing but that message can be sent over it.
func (s *SMTPSession) Announce(from, to string, raw []byte, onStage func(Stage) error) {
	s.next = &announced{from: from, to: to, raw: raw, onStage: onStage}
}

// reset ends a transaction that an error left open. It waits until the next message, so that an error is told at once.
func (s *SMTPSession) reset() error {
	if !s.needsReset {
		return nil
	}
	if err := s.plain.Reset(); err != nil {
		s.tx.broken = true
		return err
	}
	s.needsReset = false
	return nil
}

func (s *SMTPSession) client(utf8 bool) (*mail.SMTPClient, error) {
	if !utf8 {
		return s.plain, nil
	}
	if s.utf8 == nil {
		client, err := s.tx.client(s.hello, true)
		if err != nil {
			return nil, err
		}
		s.utf8 = client
	}
	return s.utf8, nil
}

// broke makes the error of a send that failed on the way.
func (s *SMTPSession) broke(ctx context.Context, err error) *SendError {
	failed := &SendError{Stage: s.tx.stage, Host: s.link.host, Err: err}
	if isHook(err) {
		return failed
	}
	if reply := s.tx.reply; reply.Code >= 400 {
		failed.Code, failed.Enhanced, failed.Line = reply.Code, reply.Enhanced, s.creds.hide(reply.Text())
		failed.Err = nil
		return failed
	}
	// No refusal: the line broke, or what came cannot be read.
	s.tx.broken = true
	failed.MaybeDelivered = failed.Stage == StageDot
	if cause := s.link.wire.failure(); cause != nil && !errors.Is(err, ErrProtocol) {
		err = cause
	}
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("the server closed the connection: %w", err)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("%w: %w", err, context.Cause(ctx))
	}
	failed.Err = s.timedOut(err)
	return failed
}

// envelope is who a message is from and to, fit for MAIL and RCPT.
type envelope struct {
	from, to string
	utf8     bool
}

// envelope checks what can be checked before bothering the server.
func (s *SMTPSession) envelope(from, to string, raw []byte) (envelope, error) {
	sender, senderUTF8, err := path(from)
	if err != nil {
		return envelope{}, s.local(StageMail, "5.1.7", fmt.Errorf("sender %q: %w", from, err))
	}
	recipient, recipientUTF8, err := path(to)
	if err != nil {
		return envelope{}, s.local(StageRcpt, "5.1.3", fmt.Errorf("recipient %q: %w", to, err))
	}
	if recipientUTF8 && !s.SMTPUTF8() {
		return envelope{}, s.local(StageMail, "5.6.7", fmt.Errorf("recipient %q: %w", to, ErrNeedsSMTPUTF8))
	}
	if senderUTF8 && !s.SMTPUTF8() {
		return envelope{}, s.local(StageMail, "5.1.7", fmt.Errorf("sender %q: %w", from, ErrNeedsSMTPUTF8))
	}
	if limit := s.maxSize(); limit > 0 && int64(len(raw)) > limit {
		return envelope{}, s.local(StageMail, "5.3.4", fmt.Errorf("message has %d bytes, the server takes %d", len(raw), limit))
	}
	return envelope{from: sender, to: recipient, utf8: senderUTF8 || recipientUTF8}, nil
}

// local makes the error of what this side refuses to send.
func (s *SMTPSession) local(stage Stage, enhanced string, err error) *SendError {
	return &SendError{Stage: stage, Enhanced: enhanced, Host: s.link.host, Err: err}
}

// errNotAnAddress says that a text cannot stand in MAIL or RCPT.
var errNotAnAddress = errors.New("is no address that SMTP can carry")

// path prepares an address for MAIL or RCPT: the domain in its ASCII form, so that only a non-ASCII local part needs SMTPUTF8.
func path(addr string) (ascii string, utf8 bool, err error) {
	at := strings.LastIndexByte(addr, '@')
	if at < 1 || at == len(addr)-1 || strings.ContainsFunc(addr, notInPath) {
		return "", false, errNotAnAddress
	}
	local, domain := addr[:at], addr[at+1:]
	if !isASCII(domain) {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil {
			return "", false, fmt.Errorf("%w: %w", errNotAnAddress, err)
		}
	}
	if ascii = local + "@" + domain; len(ascii) > maxAddress {
		return "", false, fmt.Errorf("%w: longer than %d bytes", errNotAnAddress, maxAddress)
	}
	return ascii, !isASCII(local), nil
}

// notInPath names what would end a path or a command early.
func notInPath(r rune) bool { return r <= ' ' || r == 0x7f || r == '<' || r == '>' || r == '\ufffd' }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
