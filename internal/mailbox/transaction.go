package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	mail "github.com/xhit/go-simple-mail/v2"
)

// transaction is the connection as go-simple-mail sees it. The library writes one command and reads one reply, in lock step, and sets no
// deadlines; what it answers on a broken line is the same before and after the server accepted the message. So this connection notes the
// stage from what is written, reads each reply as a whole, bounded, and hands the library a tidy copy.
//
// Two things it does better than the library. Where the server takes it (PIPELINING, RFC 2920), MAIL and RCPT wait for DATA and the three
// leave together, which saves two of four round trips, or with the final dot before them, which saves a third. And the library is given an
// empty message, in the place of which the connection writes the real one: the library puts its dots before lines byte by byte, which takes
// longer than all else that sending does.
type transaction struct {
	net.Conn // TLS or wire
	session  *SMTPSession

	greet   *bytes.Buffer // what a new library client is told instead of asking the server again
	pending []byte        // the rest of a reply that the library has not read yet
	held    []byte        // MAIL and RCPT, while they wait for DATA, and DATA
	stopped error         // why OnStage stopped the message: the library is told when it reads, for its writer remembers an error for ever
	owed    bool          // the answers to MAIL and RCPT have not been read

	message []byte     // in hand
	follows *announced // the message after it, nil if none is known
	begun   []byte     // MAIL, RCPT and DATA of the next message, which leave with the dot of the one in hand

	stage  Stage
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
		if i > 0 && (keyword == "8BITMIME" || keyword == "SMTPUTF8" && utf8) {
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
	if err := t.stopped; err != nil {
		t.stopped = nil
		return 0, err
	}
	if len(t.pending) == 0 {
		reply, err := t.next()
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

// next reads the answer to the last command. Where MAIL and RCPT left with it, a refusal of one of them stands for it.
func (t *transaction) next() (Reply, error) {
	if !t.owed {
		return readReply(t.session.talk.br)
	}
	t.owed = false
	for _, t.stage = range []Stage{StageMail, StageRcpt} {
		t.session.link.wire.setIdle(t.session.dialer.idle(commandTimeout))
		reply, err := readReply(t.session.talk.br)
		if err != nil || reply.Code == 421 {
			return reply, err
		}
		if !reply.positive() {
			t.broken = t.skip() != nil
			return reply, nil
		}
	}
	t.stage = StageData
	t.session.link.wire.setIdle(t.session.dialer.idle(dataTimeout))
	return readReply(t.session.talk.br)
}

// skip reads the answers to the commands that left with the one that was refused. A server that takes DATA all the same is given a message
// without a line, for nobody (RFC 2920 section 3.1).
func (t *transaction) skip() error {
	answers := 1
	if t.stage == StageMail {
		answers = 2
	}
	var last Reply
	for range answers {
		var err error
		if last, err = readReply(t.session.talk.br); err != nil {
			return err
		}
	}
	if last.Code != 354 {
		return nil
	}
	if err := t.send([]byte(".\r\n")); err != nil {
		return err
	}
	_, err := readReply(t.session.talk.br)
	return err
}

func (t *transaction) answered(reply Reply) {
	t.reply, t.pending = reply, reply.wire()
	if reply.Code == 421 {
		t.broken = true
	}
	if t.stage == StageData && reply.Code == 354 {
		t.inBody = true
		t.session.link.wire.setIdle(t.session.dialer.idle(dataBlockTimeout))
	}
}

// Write passes the library's commands and message on and notes what they begin.
func (t *transaction) Write(b []byte) (int, error) {
	given := len(b)
	if t.greet != nil {
		return given, nil // the EHLO that was answered already
	}
	if t.inBody {
		return given, t.writeMessage() // b is the end of an empty message
	}
	if t.stopped = t.enter(b); t.stopped != nil {
		return given, nil
	}
	if t.stage == StageMail {
		b = t.declareSize(b, t.message)
	}
	if !t.pipelines() || t.stage == StageConnect {
		return given, t.send(b)
	}
	t.held = append(t.held, b...)
	if t.stage != StageData {
		t.pending = []byte("250 ok\r\n")
		return given, nil
	}
	t.owed = true
	return given, t.begin()
}

// begin sends MAIL, RCPT and DATA, if they did not leave with the message before.
func (t *transaction) begin() error {
	if !t.hasBegun() {
		return t.send(t.held)
	}
	if !bytes.Equal(t.begun, t.held) {
		t.broken, t.failed = true, errOtherBegun
		return errOtherBegun
	}
	t.begun = t.begun[:0]
	return nil
}

// hasBegun tells whether the server has MAIL, RCPT and DATA of a message whose turn has not come yet: nothing but its text may follow.
func (t *transaction) hasBegun() bool { return len(t.begun) > 0 }

// errOtherBegun says that the server waits for another message than this one.
var errOtherBegun = errors.New("another message was announced and has begun")

// declareSize adds the size of the message to MAIL, where the server takes it (RFC 1870).
func (t *transaction) declareSize(command, message []byte) []byte {
	if _, offered := t.session.ext["SIZE"]; !offered {
		return command
	}
	return fmt.Appendf(bytes.TrimRight(command, "\r\n"), " SIZE=%d\r\n", len(message))
}

// pipelines tells whether the server takes several commands at once.
func (t *transaction) pipelines() bool {
	_, offered := t.session.ext["PIPELINING"]
	return offered
}

// send writes through and keeps a failure.
func (t *transaction) send(b []byte) error {
	_, err := t.Conn.Write(b)
	if err != nil {
		t.broken, t.failed = true, err
	}
	return err
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
	if t.stage == StageMail || t.stage == StageConnect {
		t.held = t.held[:0] // of the message before
	}
	t.reply = Reply{}
	t.session.link.wire.setIdle(t.session.dialer.idle(idle))
	if t.hasBegun() {
		return nil // the hook was called when the commands left
	}
	return t.hook(t.stage)
}

// messageBlock is how much of a message must be taken within dataBlockTimeout.
const messageBlock = 64 << 10

// roomForNext is how long the commands are that begin the next message, at most (RFC 5321 section 4.5.3.1.4).
const roomForNext = 3 * 512

// writeMessage writes the message in hand. The stage becomes StageDot once all bytes of the final dot were taken by the kernel: a server
// that saw less of it has no message.
func (t *transaction) writeMessage() error {
	room := t.session.room
	room.out = slices.Grow(appendStuffed(room.out[:0], t.message), roomForNext)
	rest := room.out
	for ; len(rest) > messageBlock; rest = rest[messageBlock:] {
		if err := t.send(rest[:messageBlock]); err != nil {
			return err
		}
	}
	next := t.beginNext()
	if err := t.hook(StageDot); err != nil {
		t.broken, t.failed = true, err // the server waits for the rest of a message that will not come
		return err
	}
	dot := len(rest)
	n, err := t.Conn.Write(append(rest, next...))
	if n >= dot {
		t.session.link.wire.setIdle(t.session.dialer.idle(dotTimeout)) // for the answer
		t.stage, t.inBody, t.reply = StageDot, false, Reply{}
	}
	if err != nil {
		t.broken, t.failed = true, err
	}
	return err
}

// beginNext returns the commands that begin the next message, or none if it cannot begin with the dot before it; why, Send will tell. They
// are what the library will write.
func (t *transaction) beginNext() []byte {
	next := t.follows
	if next == nil || !t.pipelines() {
		return nil
	}
	envelope, err := t.session.envelope(next.from, next.to, next.raw)
	if err != nil || envelope.utf8 {
		return nil
	}
	for _, stage := range []Stage{StageMail, StageRcpt, StageData} {
		if next.onStage != nil && next.onStage(stage) != nil {
			return nil
		}
	}
	body := ""
	if _, offered := t.session.ext["8BITMIME"]; offered {
		body = " BODY=8BITMIME"
	}
	t.begun = t.declareSize(fmt.Appendf(t.begun[:0], "MAIL FROM:<%s>%s\r\n", envelope.from, body), next.raw)
	t.begun = fmt.Appendf(t.begun, "RCPT TO:<%s>\r\nDATA\r\n", envelope.to)
	return t.begun
}

// appendStuffed appends a message as DATA carries it: lines end in CRLF, also where only LF ended them, a dot at the beginning of a line is
// doubled (RFC 5321 section 4.5.2), and a line with a dot ends it.
func appendStuffed(out, message []byte) []byte {
	out = slices.Grow(out, len(message)+len(message)/64+8)
	for len(message) > 0 {
		line, rest, ended := bytes.Cut(message, []byte{'\n'})
		if ended {
			line = bytes.TrimSuffix(line, []byte{'\r'})
		}
		if len(line) > 0 && line[0] == '.' {
			out = append(out, '.')
		}
		out = append(append(out, line...), '\r', '\n')
		message = rest
	}
	return append(out, '.', '\r', '\n')
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
