package sequence

import (
	"context"
	"log/slog"
	"time"

	"mailrun/internal/mailbox"
	"mailrun/pkg/outreach"
)

// appendTimeout bounds one copy into Sent. A copy is a courtesy and evidence; it never holds up sending for long.
const appendTimeout = 15 * time.Second

// sentCopies files what a mailbox sends in its Sent folder, where the provider does not do so itself. Its first failure ends it for this run.
type sentCopies struct {
	dialer  *mailbox.Dialer
	mb      *outreach.Mailbox
	log     *slog.Logger
	session *mailbox.IMAPSession
	folder  string
	off     bool
}

func newSentCopies(d *mailbox.Dialer, mb *outreach.Mailbox, log *slog.Logger) *sentCopies {
	return &sentCopies{dialer: d, mb: mb, log: log, off: !filesSent(mb)}
}

// filesSent tells whether mailrun files this mailbox's sent messages.
func filesSent(mb *outreach.Mailbox) bool {
	switch mb.SaveSent {
	case "never":
		return false
	case "always":
		return mb.IMAP.Host != ""
	}
	return mb.IMAP.Host != "" && !mailbox.SavesSent(mb.SMTP.Host)
}

// add files one message.
func (c *sentCopies) add(ctx context.Context, raw []byte, at time.Time) {
	if c.off {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	if err := c.append(ctx, raw, at); err != nil {
		c.off = true
		c.log.Info("sent messages are not filed in the Sent folder for the rest of this run", "mailbox", c.mb.Email, "error", err)
	}
}

func (c *sentCopies) append(ctx context.Context, raw []byte, at time.Time) error {
	if c.session == nil {
		session, err := c.dialer.IMAP(ctx, c.mb)
		if err != nil {
			return err
		}
		c.session = session
		if c.folder, err = sentFolder(ctx, session); err != nil {
			return err
		}
	}
	if c.folder == "" {
		c.off = true
		return nil
	}
	return c.session.Append(ctx, c.folder, raw, at)
}

// sentFolder is the path of the Sent folder, "" if the mailbox has none.
func sentFolder(ctx context.Context, session *mailbox.IMAPSession) (string, error) {
	folders, err := session.Folders(ctx)
	for _, f := range folders {
		if f.Role == outreach.RoleSent {
			return f.Path, err
		}
	}
	return "", err
}

func (c *sentCopies) close() {
	if c.session != nil {
		_ = c.session.Close() // nothing is lost: each copy was answered
	}
}
