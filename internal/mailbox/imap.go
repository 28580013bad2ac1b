package mailbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"mailrun/pkg/outreach"
)

const (
	imapTimeout   = time.Minute // longest silence of an IMAP server in the middle of a command
	logoutTimeout = time.Second
)

// IMAPSession is one logged-in, read-only IMAP connection (Append excepted): folders are opened with EXAMINE, messages fetched with PEEK,
// so that no flag ever changes. It belongs to one goroutine. Each method's context bounds that call; when it ends the connection is cut
// and the session is over.
//
// Errors are *Error. errors.Is tells what is left of the session: after ErrRefused (the server said NO or BAD) it is still good; after
// anything else (ErrProtocol, a broken line) it is over and a new one must be opened. Usable tells the same.
type IMAPSession struct {
	// Lenient leaves out INTERNALDATE, which some servers write so that nobody can read it. Set it when a first attempt ended in
	// ErrProtocol; InternalDate is zero then.
	Lenient bool

	dialer   *Dialer
	link     *link
	guard    *guard
	creds    credentials
	caps     []string // upper case
	talk     *imapTalk
	room     *room              // of the talk, nil once the library has the connection
	client   *imapclient.Client // nil until then
	messages uint32             // in the examined folder
	over     bool
}

// IMAP opens a session with the mailbox's IMAP server: it waits for a place in the limits, dials, upgrades to TLS as configured, logs in
// and learns what the server can do. Errors are as those of SMTP. The context bounds the opening only.
func (d *Dialer) IMAP(ctx context.Context, mb *outreach.Mailbox) (*IMAPSession, error) {
	s, err := d.openIMAP(ctx, mb)
	if notResumed(err) {
		s, err = d.openIMAP(ctx, mb)
	}
	return s, err
}

func (d *Dialer) openIMAP(ctx context.Context, mb *outreach.Mailbox) (*IMAPSession, error) {
	creds, err := d.credentials(ctx, mb, DoorIMAP, "")
	if err != nil {
		return nil, err
	}
	l, err := d.connect(ctx, mb, DoorIMAP, nil)
	if err != nil {
		return nil, err
	}
	l.wire.setIdle(d.idle(imapTimeout))
	done := l.wire.begin(ctx)
	defer done()
	room := d.enter(l.conn)
	talk := newIMAPTalk(l, creds, room.br)
	if err := talk.open(ctx, d, mb); err != nil {
		l.close()
		d.leave(room)
		return nil, err
	}
	l.wire.setIdle(d.idle(imapTimeout))
	s := &IMAPSession{dialer: d, link: l, guard: talk.guard, creds: talk.creds, caps: talk.caps, talk: talk, room: room}
	if err := s.identify(ctx, mb.IMAP.Host); err != nil {
		return nil, err
	}
	return s, nil
}

// library hands the connection over to imapclient, once. Most mailboxes hold nothing new, and what is asked of these is said without it: it takes
// two buffers and a goroutine.
func (s *IMAPSession) library() error {
	if s.client != nil {
		return nil
	}
	s.client = imapclient.New(s.talk.handOver(), nil)
	s.leaveRoom()
	return s.client.WaitGreeting()
}

func (s *IMAPSession) leaveRoom() {
	if s.room != nil {
		s.dialer.leave(s.room)
		s.room = nil
	}
}

// handOver returns the connection as imapclient shall see it: as if the server had greeted an authenticated client. It is told of no
// extension, because those that it would use by itself (UTF-8 names under IMAP4rev2, non-synchronizing literals) are better left alone.
func (t *imapTalk) handOver() net.Conn {
	rest, _ := t.br.Peek(t.br.Buffered())
	hello := append([]byte("* PREAUTH [CAPABILITY IMAP4rev1] ready\r\n"), rest...)
	return &replayConn{Conn: t.guard, first: bytes.NewReader(hello)}
}

// replayConn reads what was set aside before what comes.
type replayConn struct {
	net.Conn
	first *bytes.Reader
}

func (c *replayConn) Read(b []byte) (int, error) {
	if c.first.Len() > 0 {
		return c.first.Read(b)
	}
	return c.Conn.Read(b)
}

// identify tells NetEase's servers who we are (RFC 2971): they refuse to open folders otherwise.
func (s *IMAPSession) identify(ctx context.Context, host string) error {
	host = strings.ToLower(host)
	wanted := slices.ContainsFunc([]string{"163.com", "126.com", "yeah.net", "188.com"}, func(domain string) bool {
		return strings.HasSuffix(host, domain)
	})
	if !wanted || !s.can("ID") {
		return nil
	}
	err := s.do(ctx, "id", func() error {
		_, err := s.client.ID(&imap.IDData{Name: "mailrun"}).Wait()
		return err
	})
	if errors.Is(err, ErrRefused) {
		return nil
	}
	return err
}

// can tells whether the server advertises a capability.
func (s *IMAPSession) can(capability string) bool { return slices.Contains(s.caps, capability) }

// Usable tells whether another command may be given. Once false it stays so.
func (s *IMAPSession) Usable() bool { return !s.over }

// Gmail tells whether the server is Gmail's, where All Mail holds every message once.
func (s *IMAPSession) Gmail() bool { return s.can("X-GM-EXT-1") }

// Close says goodbye without waiting for the answer, gives the connection's place in the limits back, and ends the reader behind the
// session. It may be called again.
func (s *IMAPSession) Close() error {
	if s.over {
		return nil
	}
	s.link.wire.setIdle(s.dialer.idle(logoutTimeout))
	done := s.link.wire.begin(context.Background())
	defer done()
	if s.client != nil {
		s.client.Logout()
	} else {
		_ = s.talk.send(s.talk.nextTag() + " LOGOUT")
	}
	s.end()
	if _, alert := s.guard.words(); alert != "" {
		s.dialer.log().Info("imap server alert", slog.String("host", s.link.host), slog.String("text", s.creds.hide(alert)))
	}
	return nil
}

// end closes the socket and waits until imapclient's reader is gone.
func (s *IMAPSession) end() {
	s.over = true
	s.link.close()
	s.leaveRoom()
	if s.client != nil {
		s.client.Close()
	}
}

// do runs one operation of the library under ctx and makes its failure an *Error.
func (s *IMAPSession) do(ctx context.Context, op string, run func() error) error {
	return s.operate(ctx, op, func() error {
		if err := s.library(); err != nil {
			return err
		}
		return run()
	})
}

// operate is do for an operation that may need no library.
func (s *IMAPSession) operate(ctx context.Context, op string, run func() error) (err error) {
	if s.over {
		return &Error{Class: ClassNetwork, Op: "imap " + op, Host: s.link.host, Err: ErrUnusable}
	}
	done := s.link.wire.begin(ctx)
	defer done()
	defer func() {
		if r := recover(); r != nil {
			err = s.failed(op, fmt.Errorf("%w: panic: %v", ErrProtocol, r))
		}
	}()
	if err := run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
		return s.failed(op, err)
	}
	return nil
}

// callerError is an error of a caller's function on its way through an operation.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }

// failed makes the error of an operation, and ends the session unless the server only refused.
func (s *IMAPSession) failed(op string, err error) error {
	if missing, ok := errors.AsType[*MissingError](err); ok {
		return missing
	}
	if refused, ok := errors.AsType[*imap.Error](err); ok {
		status := imapStatus{kind: string(refused.Type), code: strings.ToUpper(string(refused.Code)), text: printable(refused.Text)}
		return imapFailure(s.link, s.guard, s.creds, op, status, nil)
	}
	failed := imapFailure(s.link, s.guard, s.creds, op, imapStatus{}, err)
	s.end()
	if caller, ok := errors.AsType[*callerError](err); ok {
		return caller.err
	}
	return failed
}

// imapFailure makes the error of a step: of a refusal if there is a status, else of a line that broke or cannot be read.
func imapFailure(l *link, g *guard, creds credentials, op string, status imapStatus, err error) *Error {
	failed := &Error{Op: "imap " + op, Host: l.host, Err: err}
	login := op == "login"
	bye, alert := g.words()
	ended := g.ended()
	switch cause := l.wire.failure(); {
	case status.kind != "":
		if alert != "" && !strings.Contains(status.text, alert) {
			status.text += " " + alert // often the reason for a refusal that gives none
		}
		failed.Class = classifyIMAP(login, status.kind, status.code, status.text)
		failed.Line, failed.Enhanced = status.kind+" "+status.text, status.code
		if failed.Err == nil && status.kind == "BYE" {
			failed.Err = errBye
		} else if failed.Err == nil {
			failed.Err = ErrRefused
		}
	case bye != "":
		failed.Class, failed.Line, failed.Err = classifyIMAP(login, "BYE", "", bye), bye, errBye
	case errors.Is(ended, ErrProtocol):
		failed.Class, failed.Err = ClassProtocol, ended
	case errors.Is(err, ErrProtocol):
		failed.Class = ClassProtocol
	case cause != nil:
		failed.Class, failed.Err = networkClass(cause), silence(cause, err)
	case login:
		failed.Class = ClassAuth
	default:
		failed.Class, failed.Err = ClassProtocol, fmt.Errorf("%w: %w", ErrProtocol, err)
	}
	failed.Line = creds.hide(failed.Line)
	failed.RetryAfter = retryAfter(failed.Line)
	failed.Remedy = remedyFor(failed.Class, l.server, creds.auth)
	return failed
}

func networkClass(cause error) Class {
	if errors.Is(cause, ErrProtocol) {
		return ClassProtocol
	}
	return ClassNetwork
}

// silence names the way in which a line broke, keeping a context's end visible to errors.Is.
func silence(cause, err error) error {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case isTimeout(cause):
		return fmt.Errorf("the server did not answer in time: %w", cause)
	case errors.Is(cause, io.EOF):
		return fmt.Errorf("the server closed the connection: %w", cause)
	}
	return cause
}
