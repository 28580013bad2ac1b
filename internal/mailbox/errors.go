package mailbox

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Class says what kind of thing is wrong with a mailbox. It is what lastError.class in the mailbox document holds.
type Class string

// The classes. Auth needs a person; throttle, quota and network pass by themselves; tls, protocol and policy may do either.
const (
	ClassAuth     Class = "auth"
	ClassThrottle Class = "throttle"
	ClassNetwork  Class = "network"
	ClassTLS      Class = "tls"
	ClassProtocol Class = "protocol"
	ClassQuota    Class = "quota"
	ClassPolicy   Class = "policy"
)

// Sentinels for errors.Is.
var (
	// ErrProtocol says that the server said something that cannot be read. The connection is gone; what was asked for may be asked for
	// again, in smaller pieces, over a new one.
	ErrProtocol = errors.New("server's answer cannot be read")
	// ErrRefused says that the IMAP server answered NO or BAD. The connection is still good.
	ErrRefused = errors.New("server refused the command")
	// ErrUnusable says that a session cannot be used any more: its line broke or its server said goodbye. Open a new one.
	ErrUnusable = errors.New("connection is no longer usable")
	// ErrNeedsSMTPUTF8 says that an address needs SMTPUTF8 (RFC 6531), which the server does not offer.
	ErrNeedsSMTPUTF8 = errors.New("the address has non-ASCII characters and the server does not offer SMTPUTF8")
)

// Error is why a session could not be opened or used: the mailbox's own trouble, nobody's message.
type Error struct {
	Class Class
	// Op is what was tried ("smtp login"), Host is host:port.
	Op, Host string
	// Line is the server's answer, on one line, bounded, without secrets.
	Line string
	// Code is the SMTP reply code; Enhanced the RFC 3463 status, or for IMAP the response code ("AUTHENTICATIONFAILED").
	Code     int
	Enhanced string
	// RetryAfter is how long the server asked us to stay away, zero if it did not say.
	RetryAfter time.Duration
	// Remedy says what the operator can do, empty if there is nothing but waiting.
	Remedy string
	Err    error

	notResumed bool // a TLS session that was offered to be resumed may be to blame
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Host != "" {
		b.WriteString(" " + e.Host)
	}
	switch {
	case e.Line != "":
		b.WriteString(": server said: " + e.Line)
	case e.Err != nil:
		b.WriteString(": " + e.Err.Error())
	}
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Stage is how far a transaction or a connection got.
type Stage string

// The stages of a connection (connect to auth) and of a transaction (mail to dot). A failure at StageData came before the final dot had
// left, one at StageDot after.
const (
	StageConnect  Stage = "connect"
	StageGreeting Stage = "greeting"
	StageTLS      Stage = "tls"
	StageEHLO     Stage = "ehlo"
	StageSTARTTLS Stage = "starttls"
	StageAuth     Stage = "auth"
	StageMail     Stage = "mail"
	StageRcpt     Stage = "rcpt"
	StageData     Stage = "data"
	StageDot      Stage = "dot"
)

// SendError is why a message was not, or may not have been, accepted.
type SendError struct {
	Stage Stage
	// Code is the server's reply code, zero if it gave none (broken line) or was not asked (a local refusal).
	Code     int
	Enhanced string
	// Line is the server's whole answer on one line, bounded, without secrets.
	Line string
	Host string
	// MaybeDelivered says that the final dot may have left and that no answer to it came: the server may have accepted the message.
	MaybeDelivered bool
	Err            error
}

func (e *SendError) Error() string {
	text := e.Line
	if text == "" && e.Err != nil {
		text = e.Err.Error()
	}
	if e.MaybeDelivered {
		text += " (the message may have been accepted)"
	}
	return fmt.Sprintf("send at stage %s through %s: %s", e.Stage, e.Host, text)
}

func (e *SendError) Unwrap() error { return e.Err }

// MissingError says which messages the server has (it listed their UIDs) but did not deliver, even when asked for them one by one. The
// connection is still good and what did arrive was returned.
type MissingError struct {
	UIDs []uint32
}

func (e *MissingError) Error() string {
	return fmt.Sprintf("%d messages that the server lists did not arrive, first UID %d", len(e.UIDs), e.UIDs[0])
}
