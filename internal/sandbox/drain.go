package sandbox

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/emersion/go-smtp"
)

// drain is the SMTP server of the discarding mode. It speaks to the same sessions as the library does, faults and delays included, but
// looks for line ends with the machine's fastest means instead of byte by byte, and answers pipelined commands in one write (RFC 2920):
// a measurement should be of the sender.
type drain struct {
	session *smtpSession
	config  *tls.Config // nil without STARTTLS
	conn    net.Conn
	in      *bufio.Reader
	out     *bufio.Writer
	body    bytes.Buffer
}

// errQuit ends a dialogue whose client said QUIT.
var errQuit = errors.New("quit")

func (w *World) serveDrain(listener net.Listener, config *tls.Config) error {
	for {
		c, err := listener.Accept()
		if err != nil {
			return err
		}
		w.wg.Go(func() {
			d := &drain{config: config}
			d.session = &smtpSession{world: w, line: func() net.Conn { return d.conn }}
			d.use(c)
			defer func() { _ = d.conn.Close() }()
			d.talk()
		})
	}
}

func (d *drain) use(c net.Conn) {
	d.conn, d.in, d.out = c, bufio.NewReaderSize(c, 16<<10), bufio.NewWriter(c)
}

// talk answers commands until the client leaves.
func (d *drain) talk() {
	d.say(220, "sandbox.example ESMTP Service Ready")
	for {
		line, err := d.line()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		switch err := d.obey(strings.ToUpper(verb), rest); {
		case errors.Is(err, errQuit):
			_ = d.out.Flush()
			return
		case errors.Is(err, errGone):
			return
		case err != nil:
			d.refuse(err)
		}
	}
}

// line reads one line and sends the answers so far if that would mean waiting.
func (d *drain) line() ([]byte, error) {
	if d.in.Buffered() == 0 {
		if err := d.out.Flush(); err != nil {
			return nil, err
		}
	}
	return d.in.ReadSlice('\n')
}

func (d *drain) obey(verb, rest string) error {
	switch verb {
	case "EHLO", "HELO":
		d.hello()
	case "AUTH":
		return d.auth(rest)
	case "MAIL":
		return d.then(d.session.Mail(path(rest), nil), "Sender accepted")
	case "RCPT":
		return d.then(d.session.Rcpt(path(rest), nil), "Recipient accepted")
	case "DATA":
		return d.data()
	case "RSET":
		d.session.Reset()
		d.say(250, "Reset")
	case "NOOP":
		d.say(250, "Nothing done")
	case "QUIT":
		d.say(221, "Bye")
		return errQuit
	case "STARTTLS":
		return d.startTLS()
	default:
		return &smtp.SMTPError{Code: 500, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "Unknown command"}
	}
	return nil
}

func (d *drain) hello() {
	d.session.world.pause(d.session.world.opts.Delays.Hello)
	lines := []string{"sandbox.example", "PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES"}
	if d.session.world.opts.SMTPUTF8 {
		lines = append(lines, "SMTPUTF8")
	}
	if _, secured := d.conn.(*tls.Conn); d.config != nil && !secured {
		lines = append(lines, "STARTTLS")
	}
	for _, line := range append(lines, "AUTH PLAIN") {
		fmt.Fprintf(d.out, "250-%s\r\n", line)
	}
	d.say(250, fmt.Sprintf("SIZE %d", maxMessage))
}

// auth knows AUTH PLAIN with and without an initial response (RFC 4954, RFC 4616).
func (d *drain) auth(rest string) error {
	mechanism, response, _ := strings.Cut(rest, " ")
	if !strings.EqualFold(mechanism, "PLAIN") {
		return smtp.ErrAuthUnknownMechanism
	}
	if response == "" {
		d.say(334, "")
		line, err := d.line()
		if err != nil {
			return errGone
		}
		response = strings.TrimSpace(string(line))
	}
	decoded, err := base64.StdEncoding.DecodeString(response)
	fields := strings.Split(string(decoded), "\x00")
	if err != nil || len(fields) != 3 {
		return smtp.ErrAuthFailed
	}
	if err := d.session.login(fields[1], fields[2]); err != nil {
		return err
	}
	d.say(235, "Authentication succeeded")
	return nil
}

func (d *drain) data() error {
	if len(d.session.to) == 0 {
		return &smtp.SMTPError{Code: 503, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "No recipient"}
	}
	d.say(354, "Go ahead")
	if d.session.dropsBody() {
		return errGone
	}
	d.body.Reset()
	for begins := true; ; {
		line, err := d.line()
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return errGone
		}
		if begins && bytes.Equal(line, []byte(".\r\n")) {
			break
		}
		begins = err == nil
		if d.body.Len() < maxMessage {
			d.body.Write(line)
		}
	}
	defer d.session.Reset()
	return d.then(d.session.finish(d.body.Bytes()), "Queued")
}

func (d *drain) startTLS() error {
	if _, secured := d.conn.(*tls.Conn); secured || d.config == nil {
		return &smtp.SMTPError{Code: 502, EnhancedCode: smtp.EnhancedCode{5, 5, 1}, Message: "STARTTLS not available"}
	}
	d.say(220, "Ready to start TLS")
	if err := d.out.Flush(); err != nil {
		return errGone
	}
	if _, err := io.CopyN(io.Discard, d.in, int64(d.in.Buffered())); err != nil { // what came before TLS does not count (RFC 3207)
		return errGone
	}
	d.use(tls.Server(d.conn, d.config))
	return nil
}

// then reports success, or passes the refusal on.
func (d *drain) then(err error, text string) error {
	if err == nil {
		d.say(250, text)
	}
	return err
}

func (d *drain) refuse(err error) {
	var refusal *smtp.SMTPError
	if !errors.As(err, &refusal) {
		refusal = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: err.Error()}
	}
	e := refusal.EnhancedCode
	d.say(refusal.Code, fmt.Sprintf("%d.%d.%d %s", e[0], e[1], e[2], refusal.Message))
}

func (d *drain) say(code int, text string) {
	fmt.Fprintf(d.out, "%d %s\r\n", code, text) // a broken line shows at the next flush
}

// path takes the address out of "FROM:<a@b> SIZE=7".
func path(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
