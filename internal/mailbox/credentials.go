package mailbox

import (
	"context"
	"errors"
	"fmt"

	"mailrun/pkg/outreach"
)

const (
	remedyKey      = "set MAILBOX_ENCRYPTION_KEY to the key it was sealed with (older keys may follow the first, comma-separated), or store the password anew"
	remedyPassword = "store a password with `mailrun mailboxes add` or import"
	remedyClear    = "set security to tls or starttls, or allowPlaintextAuth: true to send it in clear all the same"
)

// serverOf returns a mailbox's server behind a door.
func serverOf(mb *outreach.Mailbox, door Door) outreach.Server {
	if door == DoorIMAP {
		return mb.IMAP
	}
	return mb.SMTP
}

// credentials returns what to log in with. An SMTP server without user name and password is a relay that wants none. Rejected is an access
// token that the server has just refused; it is not given again.
func (d *Dialer) credentials(ctx context.Context, mb *outreach.Mailbox, door Door, rejected string) (credentials, error) {
	server := serverOf(mb, door)
	creds := credentials{auth: server.Auth, username: server.Username}
	if creds.username == "" {
		creds.username = mb.Email
	}
	if server.Auth == outreach.AuthXOAUTH2 {
		token, cached, err := d.accessToken(ctx, mb, rejected)
		creds.secret, creds.cached = token, cached
		return creds, err
	}
	password, err := d.password(mb, door)
	if errors.Is(err, errNoSecret) && door == DoorSMTP && server.Username == "" {
		return credentials{}, nil
	}
	if err != nil {
		return credentials{}, credentialError(door, server, err)
	}
	creds.secret = password
	return creds, nil
}

// errNoSecret says that a mailbox's document holds no password for a door.
var errNoSecret = errors.New("the mailbox has no password")

// password opens the sealed password of a door, or takes the clear one that another application wrote.
func (d *Dialer) password(mb *outreach.Mailbox, door Door) (string, error) {
	clear, sealed := mb.ClearSMTPPassword, ""
	if door == DoorIMAP {
		clear = mb.ClearIMAPPassword
	}
	if mb.Sealed != nil {
		sealed = mb.Sealed.SMTPPassword
		if door == DoorIMAP {
			sealed = mb.Sealed.IMAPPassword
		}
	}
	switch {
	case sealed != "":
		password, err := d.Keyring.Open(mb.ID, sealed)
		if err != nil {
			return "", fmt.Errorf("open the sealed password: %w", err)
		}
		return password, nil
	case clear != "":
		return clear, nil
	}
	return "", errNoSecret
}

func credentialError(door Door, server outreach.Server, err error) *Error {
	remedy := remedyKey
	if errors.Is(err, errNoSecret) {
		remedy = remedyPassword
	}
	return &Error{Class: ClassAuth, Op: string(door) + " login", Host: address(server), Remedy: remedy, Err: err}
}

// mayLogIn refuses to send a secret in clear, except to this machine or where the mailbox says so.
func mayLogIn(l *link, mb *outreach.Mailbox) error {
	if l.secure || mb.AllowPlaintextAuth || isLoopback(l.wire.RemoteAddr()) {
		return nil
	}
	err := errors.New("the connection is not encrypted and the server is not this machine")
	return &Error{Class: ClassTLS, Op: string(l.door) + " login", Host: l.host, Remedy: remedyClear, Err: err}
}
