package mailbox

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/emersion/go-sasl"

	"mailrun/pkg/outreach"
)

// credentials is what a session logs in with: a password or an OAuth access token. Without a user name it does not log in at all.
type credentials struct {
	auth     outreach.AuthMethod
	username string
	secret   string
	// cached says that the secret is an access token from an earlier session, so that a refusal may mean no more than that it is old.
	cached bool
}

// mechanisms returns how to log in where a server offers these SASL mechanisms, best first.
func (c credentials) mechanisms(offered []string) []sasl.Client {
	has := func(name string) bool {
		return slices.ContainsFunc(offered, func(o string) bool { return strings.EqualFold(o, name) })
	}
	token := c.auth == outreach.AuthXOAUTH2
	var clients []sasl.Client
	if token && has("XOAUTH2") {
		clients = append(clients, &xoauth2Client{username: c.username, token: c.secret})
	}
	if !token && has("PLAIN") {
		clients = append(clients, sasl.NewPlainClient("", c.username, c.secret))
	}
	if !token && has("LOGIN") {
		clients = append(clients, &loginClient{answers: []string{c.username, c.secret}})
	}
	return clients
}

// hide removes the secret, and what it looks like in a SASL exchange, from a server's words. Secrets shorter than four characters cannot
// be told from words.
func (c credentials) hide(text string) string {
	if len(c.secret) < 4 {
		return text
	}
	b64 := base64.StdEncoding.EncodeToString
	hidden := strings.NewReplacer(
		c.secret, "[hidden]",
		b64([]byte(c.secret)), "[hidden]",
		b64([]byte("\x00"+c.username+"\x00"+c.secret)), "[hidden]",
		b64(xoauth2Response(c.username, c.secret)), "[hidden]",
	)
	return hidden.Replace(text)
}

// xoauth2Client is the SASL mechanism of Google and Microsoft. A refusal comes as a challenge with a JSON text, which must be answered
// with an empty line before the final refusal comes; the JSON says more than that.
type xoauth2Client struct {
	username, token string
	challenge       string
}

func (x *xoauth2Client) Start() (mech string, ir []byte, err error) {
	return "XOAUTH2", xoauth2Response(x.username, x.token), nil
}

func (x *xoauth2Client) Next(challenge []byte) ([]byte, error) {
	x.challenge = printable(string(challenge[:min(len(challenge), maxReplyText)]))
	return []byte{}, nil
}

func xoauth2Response(username, token string) []byte {
	return []byte("user=" + username + "\x01auth=Bearer " + token + "\x01\x01")
}

// loginClient is the LOGIN mechanism: user name and password in answer to two prompts, whatever their words (servers differ).
type loginClient struct {
	answers []string
}

func (l *loginClient) Start() (mech string, ir []byte, err error) { return "LOGIN", nil, nil }

func (l *loginClient) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}
