package mailbox

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"mailrun/pkg/outreach"
)

// smtpTalk is the dialog outside of transactions: one line out, one reply in.
type smtpTalk struct {
	link *link
	br   *bufio.Reader
}

func newSMTPTalk(l *link, br *bufio.Reader) *smtpTalk {
	return &smtpTalk{link: l, br: br}
}

func (t *smtpTalk) read(timeout time.Duration) (Reply, error) {
	t.link.wire.setIdle(timeout)
	reply, err := readReply(t.br)
	if errors.Is(err, io.EOF) {
		err = errors.New("the server closed the connection")
	}
	return reply, err
}

func (t *smtpTalk) command(timeout time.Duration, line string) (Reply, error) {
	t.link.wire.setIdle(timeout)
	if _, err := io.WriteString(t.link.conn, line+"\r\n"); err != nil {
		return Reply{}, err
	}
	return t.read(timeout)
}

// logIn authenticates with the best mechanism that both sides know; the next is tried only where the server calls one unknown (504). A
// cached access token that is refused is replaced by a fresh one, once. A server on this machine that offers no login is used without.
func (s *SMTPSession) logIn(ctx context.Context, mb *outreach.Mailbox) error {
	if s.creds.username == "" {
		return nil
	}
	if _, offered := s.ext["AUTH"]; !offered && isLoopback(s.link.wire.RemoteAddr()) {
		s.dialer.log().Debug("smtp server on this machine offers no login", slog.String("host", s.link.host))
		return nil
	}
	if err := mayLogIn(s.link, mb); err != nil {
		return err
	}
	reply, detail, err := s.authenticate()
	if s.creds.cached && err == nil && reply.Code >= 500 {
		if s.creds, err = s.dialer.credentials(ctx, mb, DoorSMTP, s.creds.secret); err != nil {
			return err
		}
		reply, detail, err = s.authenticate()
	}
	if err == nil && reply.positive() {
		return nil
	}
	failed := s.failed(StageAuth, reply, err)
	if detail != "" {
		failed.Line += " " + s.creds.hide(detail)
	}
	return failed
}

// authenticate runs one login and returns the server's last reply, and what it told about a refused token.
func (s *SMTPSession) authenticate() (reply Reply, detail string, err error) {
	clients := s.creds.mechanisms(strings.Fields(s.ext["AUTH"]))
	if len(clients) == 0 {
		return Reply{}, "", &noMechanismError{offered: s.ext["AUTH"], auth: s.creds.auth}
	}
	for _, client := range clients {
		reply, err = s.exchange(client)
		if err != nil || reply.Code != 504 {
			if x, ok := client.(*xoauth2Client); ok {
				detail = x.challenge
			}
			break
		}
	}
	return reply, detail, err
}

// maxChallenges bounds a SASL exchange: no mechanism here needs more than two.
const maxChallenges = 4

// exchange runs a SASL mechanism (RFC 4954 section 4).
func (s *SMTPSession) exchange(client sasl.Client) (Reply, error) {
	mechanism, initial, err := client.Start()
	if err != nil {
		return Reply{}, err
	}
	line := "AUTH " + mechanism
	if initial != nil {
		line += " " + base64.StdEncoding.EncodeToString(initial)
	}
	for range maxChallenges {
		reply, err := s.talk.command(s.dialer.idle(commandTimeout), line)
		if err != nil || reply.Code != 334 {
			return reply, err
		}
		response, err := client.Next(challengeOf(reply))
		if err != nil {
			_, _ = s.talk.command(s.dialer.idle(commandTimeout), "*")
			return Reply{}, err
		}
		line = base64.StdEncoding.EncodeToString(response)
	}
	return Reply{}, fmt.Errorf("the server never ends the login: %w", ErrProtocol)
}

// challengeOf decodes a challenge; one that is no base64 is taken as it is, for it is only a prompt or a text to show.
func challengeOf(reply Reply) []byte {
	text := strings.Join(slices.DeleteFunc(slices.Clone(reply.Lines), func(l string) bool { return l == "" }), "")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return []byte(text)
	}
	return raw
}

// noMechanismError says that the server offers no way to log in that we know.
type noMechanismError struct {
	offered string
	auth    outreach.AuthMethod
}

func (e *noMechanismError) Error() string {
	if e.offered == "" {
		return "the server offers no login"
	}
	return fmt.Sprintf("the server offers the logins %q, none of which does for auth: %s", e.offered, e.auth)
}
