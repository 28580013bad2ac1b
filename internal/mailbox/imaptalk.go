package mailbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/emersion/go-sasl"

	"mailrun/pkg/outreach"
)

const (
	maxTalkLine  = 64 << 10 // a line before login
	maxTalkLines = 256      // of them per command
)

// imapTalk is the dialog up to login, and on to where folders stand. It is spoken here and not by imapclient because that one loses the
// server's reasons, asks for capabilities behind our back, and cannot end an XOAUTH2 refusal.
type imapTalk struct {
	link  *link
	creds credentials
	br    *bufio.Reader
	guard *guard
	tag   int
	caps  []string // upper case, as last told
}

func newIMAPTalk(l *link, creds credentials, br *bufio.Reader) *imapTalk {
	g := &guard{Conn: l.conn}
	br.Reset(g)
	return &imapTalk{link: l, creds: creds, guard: g, br: br}
}

// open speaks up to the authenticated state: greeting, STARTTLS, login, capabilities.
func (t *imapTalk) open(ctx context.Context, d *Dialer, mb *outreach.Mailbox) error {
	greeting, err := t.greeting()
	if err != nil {
		return err
	}
	if mb.IMAP.Security == outreach.SecuritySTARTTLS {
		if greeting.kind == "PREAUTH" { // RFC 9051 section 7.1.4: there is no STARTTLS after login
			return t.failed("starttls", imapStatus{}, fmt.Errorf("the server logs in by itself before TLS: %w", ErrProtocol))
		}
		if err := t.startTLS(ctx, d, mb); err != nil {
			return err
		}
	}
	if greeting.kind != "PREAUTH" {
		if err := t.logIn(ctx, d, mb); err != nil {
			return err
		}
	}
	if len(t.caps) > 0 {
		return nil
	}
	if status, err := t.command("CAPABILITY", nil); err != nil || status.kind != "OK" {
		return t.failed("capability", status, err)
	}
	return nil
}

func (t *imapTalk) greeting() (imapStatus, error) {
	line, err := t.line()
	if err != nil {
		return imapStatus{}, t.failed("greeting", imapStatus{}, err)
	}
	status, ok := parseStatus(line)
	if !ok || status.tag != "*" || status.kind == "NO" || status.kind == "BAD" {
		return imapStatus{}, t.failed("greeting", imapStatus{}, fmt.Errorf("%q is no greeting: %w", printable(line[:min(len(line), 80)]), ErrProtocol))
	}
	if status.kind == "BYE" {
		return imapStatus{}, t.failed("greeting", status, nil)
	}
	t.note(status)
	return status, nil
}

func (t *imapTalk) startTLS(ctx context.Context, d *Dialer, mb *outreach.Mailbox) error {
	status, err := t.command("STARTTLS", nil)
	if err != nil {
		return t.failed("starttls", status, err)
	}
	if status.kind != "OK" {
		failed := t.failed("starttls", status, nil)
		failed.Class, failed.Remedy = ClassTLS, "check host, port and security; nothing was sent in clear"
		return failed
	}
	if t.br.Buffered() > 0 {
		return t.failed("starttls", imapStatus{}, fmt.Errorf("the server spoke in clear after STARTTLS: %w", ErrProtocol))
	}
	if err := d.encrypt(ctx, t.link, mb); err != nil {
		return err
	}
	*t = *newIMAPTalk(t.link, t.creds, t.br) // what was told in clear does not count any more
	return nil
}

// logIn logs in; a cached access token that is refused is replaced by a fresh one, once.
func (t *imapTalk) logIn(ctx context.Context, d *Dialer, mb *outreach.Mailbox) error {
	if err := mayLogIn(t.link, mb); err != nil {
		return err
	}
	status, err := t.authenticate()
	if t.creds.cached && err == nil && status.kind == "NO" && classifyIMAP(true, "NO", status.code, status.text) == ClassAuth {
		if t.creds, err = d.credentials(ctx, mb, DoorIMAP, t.creds.secret); err != nil {
			return err
		}
		status, err = t.authenticate()
	}
	if err != nil || status.kind != "OK" {
		return t.failed("login", status, err)
	}
	return nil
}

// authenticate logs in by XOAUTH2, by LOGIN, or by AUTHENTICATE PLAIN where LOGIN is switched off or cannot carry the password.
func (t *imapTalk) authenticate() (imapStatus, error) {
	known := t.caps
	t.caps = nil // they change with login (RFC 9051 section 7.2.2)
	switch {
	case t.creds.auth == outreach.AuthXOAUTH2:
		return t.sasl(&xoauth2Client{username: t.creds.username, token: t.creds.secret}, slices.Contains(known, "SASL-IR"))
	case slices.Contains(known, "LOGINDISABLED") && !slices.Contains(known, "AUTH=PLAIN"):
		return imapStatus{}, errors.New("the server allows no login on this connection (LOGINDISABLED): set security to tls or starttls")
	case slices.Contains(known, "LOGINDISABLED"), !quotable(t.creds.username), !quotable(t.creds.secret):
		return t.sasl(sasl.NewPlainClient("", t.creds.username, t.creds.secret), slices.Contains(known, "SASL-IR"))
	}
	return t.command("LOGIN "+quote(t.creds.username)+" "+quote(t.creds.secret), nil)
}

// sasl runs a mechanism (RFC 9051 section 6.2.2), with the first response in the command only where the server knows that (RFC 4959).
func (t *imapTalk) sasl(client sasl.Client, initialResponse bool) (imapStatus, error) {
	mechanism, initial, err := client.Start()
	if err != nil {
		return imapStatus{}, err
	}
	line := "AUTHENTICATE " + mechanism
	if initialResponse && initial != nil {
		line += " " + base64.StdEncoding.EncodeToString(initial)
		initial = nil
	}
	status, err := t.command(line, func(challenge string) (string, error) {
		if initial != nil {
			response := base64.StdEncoding.EncodeToString(initial)
			initial = nil
			return response, nil
		}
		raw, err := base64.StdEncoding.DecodeString(challenge)
		if err != nil {
			raw = []byte(challenge)
		}
		response, err := client.Next(raw)
		return base64.StdEncoding.EncodeToString(response), err
	})
	if x, ok := client.(*xoauth2Client); ok && status.kind == "NO" && x.challenge != "" {
		status.text += " " + x.challenge
	}
	return status, err
}

// command sends a line and reads up to its tagged answer. Answer, if not nil, answers continuation requests.
func (t *imapTalk) command(text string, answer func(challenge string) (string, error)) (imapStatus, error) {
	tag := t.nextTag()
	if err := t.send(tag + " " + text); err != nil {
		return imapStatus{}, err
	}
	for range maxTalkLines {
		line, err := t.line()
		if err != nil {
			return imapStatus{}, err
		}
		if challenge, ok := strings.CutPrefix(line, "+"); ok {
			if answer == nil {
				return imapStatus{}, fmt.Errorf("the server wants to be told more: %w", ErrProtocol)
			}
			response, err := answer(strings.TrimSpace(challenge))
			if err != nil {
				response = "*"
			}
			if err := t.send(response); err != nil {
				return imapStatus{}, err
			}
			continue
		}
		if status, ok := parseStatus(line); ok {
			t.note(status)
			if status.tag == tag {
				return status, nil
			}
			continue
		}
		if rest, ok := cutPrefixFold(line, "* CAPABILITY "); ok {
			t.caps = strings.Fields(strings.ToUpper(rest))
		}
	}
	return imapStatus{}, fmt.Errorf("the server says %d lines before it answers: %w", maxTalkLines, ErrProtocol)
}

func (t *imapTalk) nextTag() string {
	t.tag++
	return "a" + strconv.Itoa(t.tag)
}

func (t *imapTalk) note(status imapStatus) {
	if status.code == "CAPABILITY" {
		t.caps = strings.Fields(strings.ToUpper(status.args))
	}
}

func (t *imapTalk) send(line string) error {
	_, err := io.WriteString(t.link.conn, line+"\r\n")
	return err
}

// line reads one line of at most 64 KiB.
func (t *imapTalk) line() (string, error) {
	var line []byte
	for {
		chunk, err := t.br.ReadSlice('\n')
		switch {
		case err == nil && len(line) == 0:
			return string(bytes.TrimRight(chunk, "\r\n")), nil
		case err == nil:
			return strings.TrimRight(string(append(line, chunk...)), "\r\n"), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return "", err
		}
		if line = append(line, chunk...); len(line) > maxTalkLine {
			return "", fmt.Errorf("a line is longer than %d bytes: %w", maxTalkLine, ErrProtocol)
		}
	}
}

// answer reads a line with the literals in it, of which only the announcements stay.
func (t *imapTalk) answer() (string, error) {
	line, err := t.line()
	for err == nil {
		size, follows := literalSize([]byte(line[max(0, len(line)-literalTail):]))
		if !follows {
			break
		}
		var rest string
		if _, err = io.CopyN(io.Discard, t.br, size); err == nil {
			rest, err = t.line()
		}
		if line += rest; len(line) > maxTalkLine {
			return "", fmt.Errorf("a line is longer than %d bytes: %w", maxTalkLine, ErrProtocol)
		}
	}
	return line, err
}

// failed makes the error of a step of the opening.
func (t *imapTalk) failed(op string, status imapStatus, err error) *Error {
	return imapFailure(t.link, t.guard, t.creds, op, status, err)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return "", false
	}
	return s[len(prefix):], true
}

// quotable tells whether a text can stand in a quoted string (RFC 9051 section 4.3).
func quotable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

// quoting is built once: a replacer is 12 KB, which each login would throw away.
var quoting = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + quoting.Replace(s) + `"` }
