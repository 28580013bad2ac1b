package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"

	mail "github.com/xhit/go-simple-mail/v2"
)

// transaction is the connection as go-simple-mail sees it. The library writes one command and reads one reply, in lock step, and sets no
// deadlines; what it answers on a broken line is the same before and after the server accepted the message. So this connection notes the
// stage from what is written, reads each reply as a whole, bounded, and hands the library a tidy copy.
type transaction struct {
	net.Conn // TLS or wire
	session  *SMTPSession

	greet   *bytes.Buffer // what a new library client is told instead of asking the server again
	pending []byte        // the rest of a reply that the library has not read yet

	stage  Stage
	tail   [4]byte // the last bytes of the message written so far
	inBody bool
	reply  Reply // the last answer to the current command
	broken bool  // the line cannot be used any more
	failed error // why a write failed: the library forgets it at the final dot and waits for a reply
}

func newTransaction(s *SMTPSession) *transaction {
	return &transaction{Conn: s.link.conn, session: s}
}

// client makes a library client that believes to have just connected and said EHLO. It appends SMTPUTF8 to MAIL whenever it is told that
// the server has it, so it is told only where the message needs it.
func (t *transaction) client(hello Reply, utf8 bool) (*mail.SMTPClient, error) {
	kept := Reply{Code: 250, Lines: []string{"ready"}}
	for i, line := range hello.Lines {
		keyword, _, _ := strings.Cut(strings.ToUpper(line), " ")
		if i > 0 && (keyword == "8BITMIME" || keyword == "SIZE" || keyword == "SMTPUTF8" && utf8) {
			kept.Lines = append(kept.Lines, strings.ToUpper(line))
		}
	}
	t.greet = bytes.NewBuffer(append([]byte("220 ready\r\n"), kept.wire()...))
	defer func() { t.greet = nil }()

	server := mail.NewSMTPClient()
	server.CustomConn = t
	server.Encryption = mail.EncryptionNone
	server.Authentication = mail.AuthNone
	server.KeepAlive = true
	server.ConnectTimeout = 0 // its timeouts deadlock; wire has ours
	server.SendTimeout = 0
	client, err := server.Connect()
	if err != nil {
		return nil, &Error{Class: ClassProtocol, Op: "smtp hand over", Host: t.session.link.host, Err: err}
	}
	return client, nil
}

// Read gives the library the next reply.
func (t *transaction) Read(b []byte) (int, error) {
	if t.greet != nil {
		return t.greet.Read(b)
	}
	if t.failed != nil {
		return 0, t.failed
	}
	if len(t.pending) == 0 {
		reply, err := readReply(t.session.talk.br)
		if err != nil {
			t.broken = true
			return 0, err
		}
		t.answered(reply)
	}
	n := copy(b, t.pending)
	t.pending = t.pending[n:]
	return n, nil
}

func (t *transaction) answered(reply Reply) {
	t.reply, t.pending = reply, reply.wire()
	if reply.Code == 421 {
		t.broken = true
	}
	if t.stage == StageData && reply.Code == 354 {
		t.inBody, t.tail = true, [4]byte{}
		t.session.link.wire.setIdle(t.session.dialer.idle(dataBlockTimeout))
	}
}

// Write passes the library's commands and message on and notes what they begin.
func (t *transaction) Write(b []byte) (int, error) {
	if t.greet != nil {
		return len(b), nil // the EHLO that was answered already
	}
	if t.inBody {
		return t.writeBody(b)
	}
	if err := t.enter(b); err != nil {
		return 0, err
	}
	return t.send(b)
}

// send writes through and keeps a failure.
func (t *transaction) send(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	if err != nil {
		t.broken, t.failed = true, err
	}
	return n, err
}

// enter notes the stage that a command begins, before it leaves.
func (t *transaction) enter(command []byte) error {
	idle := commandTimeout
	switch {
	case bytes.HasPrefix(command, []byte("MAIL ")):
		t.stage = StageMail
	case bytes.HasPrefix(command, []byte("RCPT ")):
		t.stage = StageRcpt
	case bytes.HasPrefix(command, []byte("DATA")):
		t.stage, idle = StageData, dataTimeout
	default: // RSET
		t.stage = StageConnect
	}
	t.reply = Reply{}
	t.session.link.wire.setIdle(t.session.dialer.idle(idle))
	return t.hook(t.stage)
}

// endOfMessage is what ends a message (RFC 5321 section 4.1.1.4); the library doubles every other dot at the beginning of a line.
const endOfMessage = "\r\n.\r\n"

// writeBody writes a piece of the message. The stage becomes StageDot once all bytes of the final dot were taken by the kernel: a server
// that saw less of it has no message.
func (t *transaction) writeBody(b []byte) (int, error) {
	last := t.endsMessage(b)
	if last {
		t.session.link.wire.setIdle(t.session.dialer.idle(dotTimeout))
		if err := t.hook(StageDot); err != nil {
			t.broken, t.failed = true, err // the server waits for the rest of a message that will not come
			return 0, err
		}
	}
	n, err := t.send(b)
	if last && n == len(b) {
		t.stage, t.inBody, t.reply = StageDot, false, Reply{}
	}
	return n, err
}

// endsMessage tells whether the message ends with this piece, given the last bytes of those before.
func (t *transaction) endsMessage(b []byte) bool {
	seen := append(t.tail[:], b[max(0, len(b)-len(endOfMessage)):]...)
	copy(t.tail[:], seen[len(seen)-len(t.tail):])
	return bytes.HasSuffix(seen, []byte(endOfMessage))
}

func (t *transaction) hook(stage Stage) error {
	if t.session.OnStage == nil || stage == StageConnect {
		return nil
	}
	if err := t.session.OnStage(stage); err != nil {
		return &hookError{stage: stage, err: err}
	}
	return nil
}

// Close is the library's; the session closes its link itself.
func (t *transaction) Close() error { return nil }

// hookError is an error of OnStage on its way through the library.
type hookError struct {
	stage Stage
	err   error
}

func (e *hookError) Error() string { return fmt.Sprintf("stopped before %s: %v", e.stage, e.err) }
func (e *hookError) Unwrap() error { return e.err }

// isHook tells whether a caller's OnStage stopped the message.
func isHook(err error) bool {
	_, ok := errors.AsType[*hookError](err)
	return ok
}
