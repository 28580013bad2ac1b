package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// loginTimeout bounds one login.
const loginTimeout = 45 * time.Second

// loginResult is one door of one mailbox.
type loginResult struct {
	Email string `json:"email"`
	Door  string `json:"door"`
	Host  string `json:"host"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

func newMailboxesTest(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test EMAIL…",
		Short: "Log in to SMTP and IMAP for real, sending nothing",
		Long: `Log in to the SMTP and the IMAP server of mailboxes, sending nothing and reading nothing. A mailbox in state error that passes
is taken into service again. Exit code 1 if a login fails.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.testMailboxes(cmd.Context(), args, asJSON)
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func (a *app) testMailboxes(ctx context.Context, names []string, asJSON bool) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	var boxes []*outreach.Mailbox
	for _, name := range names {
		mb, err := findMailbox(ctx, s, name)
		if err != nil {
			return err
		}
		boxes = append(boxes, mb)
	}
	results, err := a.logIn(ctx, s, a.dialer(s), boxes)
	if err != nil {
		return err
	}
	if asJSON {
		err = a.printJSON(map[string]any{"items": results})
	} else {
		a.printLogins(results)
	}
	for _, r := range results {
		if err == nil && !r.OK {
			err = errShown
		}
	}
	return err
}

// logIn tries both doors of each mailbox and takes a failing mailbox that passes into service.
func (a *app) logIn(ctx context.Context, s *store.Store, dialer *mailbox.Dialer, boxes []*outreach.Mailbox) ([]loginResult, error) {
	var results []loginResult
	for _, mb := range boxes {
		doors := tryDoors(ctx, dialer, mb)
		results = append(results, doors...)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if mb.Status == outreach.MailboxFailing && doors[0].OK && doors[1].OK {
			if err := reactivate(ctx, s, mb); err != nil {
				return nil, err
			}
		}
	}
	return results, nil
}

func tryDoors(ctx context.Context, dialer *mailbox.Dialer, mb *outreach.Mailbox) []loginResult {
	smtp := loginResult{Email: mb.Email, Door: "smtp", Host: mb.SMTP.Host}
	imap := loginResult{Email: mb.Email, Door: "imap", Host: mb.IMAP.Host}
	smtp.set(within(ctx, func(ctx context.Context) error {
		session, err := dialer.SMTP(ctx, mb)
		if err == nil {
			_ = session.Close() // nothing was sent: how the line ends does not matter
		}
		return err
	}))
	imap.set(within(ctx, func(ctx context.Context) error {
		session, err := dialer.IMAP(ctx, mb)
		if err == nil {
			_ = session.Close() // nothing was read
		}
		return err
	}))
	return []loginResult{smtp, imap}
}

func within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	return do(ctx)
}

func (r *loginResult) set(err error) {
	r.OK = err == nil
	if err != nil {
		r.Error = err.Error()
	}
}

func (a *app) printLogins(results []loginResult) {
	g := a.grid("mailbox", "door", "server", "result")
	for _, r := range results {
		outcome := a.colored("ok")
		if !r.OK {
			outcome = a.colored("fail") + " " + clean(r.Error, 300)
		}
		g.row(r.Email, r.Door, r.Host, outcome)
	}
	g.print()
}
