package main

import (
	"context"
	"fmt"
	"time"

	"mailrun/internal/checkup"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// How long after its last run a job is missed. Cron starts them every 5 and 2 minutes; an hour leaves room for a host that sleeps.
const missedAfter = time.Hour

// clockSlack is how far in the future the newest run may lie before the clock is doubted: runs of other hosts are among them.
const clockSlack = 2 * time.Minute

// jobFindings checks the clock against the newest runs, and whether something runs the jobs.
func jobFindings(ctx context.Context, s *store.Store) ([]checkup.Finding, error) {
	sum, err := summarize(ctx, s)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	clock, err := clockFinding(ctx, s)
	if err != nil {
		return nil, err
	}
	var jobs []checkup.Finding
	for _, job := range jobNames {
		run := sum.LastSequenceRun
		if job == outreach.JobSyncMailboxes {
			run = sum.LastMailboxSync
		}
		f := checkup.Finding{Level: checkup.OK, Check: "job", Subject: string(job)}
		switch {
		case run == nil:
			f.Level, f.Message, f.Remedy = checkup.Warn, "has never run", "put the lines of `mailrun crontab` into the crontab"
		case run.StartedAt.After(now.Add(clockSlack)):
			clock.Level, clock.Remedy = checkup.Fail, setClock
			clock.Message += ", but a run began at " + local(run.StartedAt) + ": this host's clock or that one's is wrong"
			continue
		case now.Sub(run.StartedAt) > missedAfter:
			f.Level, f.Message, f.Remedy = checkup.Warn, "last ran at "+local(run.StartedAt), "is cron running? its lines: `mailrun crontab`"
		case run.Status == outreach.RunFailed:
			f.Level, f.Message, f.Remedy = checkup.Warn, "the last run failed: "+run.ErrorMessage, "mailrun logs show "+run.ID.Hex()
		default:
			f.Message = fmt.Sprintf("%s at %s", run.Status, local(run.StartedAt))
		}
		jobs = append(jobs, f)
	}
	return append([]checkup.Finding{clock}, jobs...), nil
}

// mailboxFindings checks what a mailbox's document alone tells: its state, its secrets, and how its connections are protected.
func mailboxFindings(ring *mailbox.Keyring, mb *outreach.Mailbox) []checkup.Finding {
	var out []checkup.Finding
	add := func(level checkup.Level, check, message, remedy string) {
		out = append(out, checkup.Finding{Level: level, Check: check, Subject: mb.Email, Message: message, Remedy: remedy})
	}
	if mb.Status == outreach.MailboxFailing {
		message := mb.StatusReason
		if mb.LastError != nil {
			message = mb.LastError.Message
		}
		add(checkup.Fail, "mailbox", "out of service: "+message, "correct it, then `mailrun mailboxes test "+mb.Email+"`")
	}
	if mb.ClearSMTPPassword != "" || mb.ClearIMAPPassword != "" {
		add(checkup.Warn, "secrets", "a password lies in clear in the database", "mailrun mailboxes seal")
	}
	if err := opensSecrets(ring, mb); err != nil {
		add(checkup.Fail, "secrets", err.Error(), "set MAILBOX_ENCRYPTION_KEY to the key that sealed them, or import the mailbox anew")
	}
	for _, door := range []struct {
		name   string
		server outreach.Server
	}{{"smtp", mb.SMTP}, {"imap", mb.IMAP}} {
		if door.server.Security == outreach.SecurityNone {
			add(checkup.Warn, "tls", door.name+" is not encrypted (security: none)", "set security to tls or starttls, unless the server is this host")
		}
	}
	if mb.TLSInsecure {
		add(checkup.Warn, "tls", "certificates are not verified (tlsInsecure: true): anybody in between can read the password", "remove tlsInsecure; give a private CA with SSL_CERT_FILE")
	}
	if len(out) == 0 {
		add(checkup.OK, "mailbox", string(mb.Status)+", secrets sealed, connections encrypted", "")
	}
	return out
}

// opensSecrets tells whether every sealed secret of a mailbox can be opened.
func opensSecrets(ring *mailbox.Keyring, mb *outreach.Mailbox) error {
	if mb.Sealed == nil {
		return nil
	}
	secrets := []string{mb.Sealed.SMTPPassword, mb.Sealed.IMAPPassword}
	if o := mb.Sealed.OAuth; o != nil {
		secrets = append(secrets, o.ClientSecret, o.RefreshToken)
	}
	for _, sealed := range secrets {
		if sealed == "" {
			continue
		}
		if _, err := ring.Open(mb.ID, sealed); err != nil {
			return err
		}
	}
	return nil
}
