package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"mailrun/internal/checkup"
	"mailrun/internal/config"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// checkupReport is what `mailrun doctor --json` prints.
type checkupReport struct {
	OK       bool              `json:"ok"`
	Settings []config.Line     `json:"settings"`
	Items    []checkup.Finding `json:"items"`
}

// doctorFlags choose what is looked at.
type doctorFlags struct {
	mailboxes []string
	selectors []string
	offline   bool
	asJSON    bool
}

func newDoctor(a *app) *cobra.Command {
	var flags doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check settings, store, mailboxes and DNS, with a remedy for what is wrong",
		Long: `Print the settings in force (secrets hidden) and check, one line each: the settings, the store, the clock, whether cron runs the jobs, each
mailbox's secrets, TLS, SMTP and IMAP login, and what receivers look up about its domain (MX, SPF, DKIM, DMARC). Nothing is sent or
changed. Exit code 1 if anything is marked fail.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), &flags) },
	}
	cmd.Flags().StringArrayVar(&flags.mailboxes, "mailbox", nil, "check only this mailbox (`address`, may be repeated)")
	cmd.Flags().StringArrayVar(&flags.selectors, "dkim-selector", nil, "look for DKIM keys under this `selector` (may be repeated)")
	cmd.Flags().BoolVar(&flags.offline, "offline", false, "no logins and no DNS")
	addJSON(cmd, &flags.asJSON)
	return cmd
}

// doctor runs every check that the ones before allow: without a store there are no mailboxes to look at.
func (a *app) doctor(ctx context.Context, flags *doctorFlags) error {
	settings, err := a.Settings()
	if err != nil {
		return err
	}
	report := &checkupReport{Settings: settings.Lines}
	if !flags.asJSON {
		a.printSettings(settings)
	}
	show := func(findings ...checkup.Finding) {
		report.Items = append(report.Items, findings...)
		if !flags.asJSON {
			a.printFindings(findings)
		}
	}
	show(settingsFindings(a, settings)...)
	failure := a.checkStore(ctx, flags, show)
	report.OK = true
	for _, f := range report.Items {
		report.OK = report.OK && f.Level != checkup.Fail
	}
	if flags.asJSON {
		if err := a.printJSON(report); err != nil {
			return err
		}
	}
	if failure == nil && !report.OK {
		failure = errShown
	}
	return failure
}

// checkStore checks the store and what is in it.
func (a *app) checkStore(ctx context.Context, flags *doctorFlags, show func(...checkup.Finding)) error {
	s, err := a.Store(ctx)
	if err != nil {
		show(checkup.Finding{Level: checkup.Fail, Check: "store", Message: err.Error(), Remedy: "check MONGODB_URI or SQLITE_PATH"})
		return err
	}
	show(checkup.Finding{Level: checkup.OK, Check: "store", Message: s.Engine().Name() + " at " + s.Engine().Location()})
	jobs, err := jobFindings(ctx, s)
	if err != nil {
		return err
	}
	show(jobs...)
	boxes, err := a.chosenMailboxes(ctx, s, flags.mailboxes)
	if err != nil {
		return err
	}
	if len(boxes) == 0 {
		show(checkup.Finding{Level: checkup.Warn, Check: "mailboxes", Message: "there is none", Remedy: "mailrun mailboxes add"})
	}
	return a.checkMailboxes(ctx, s, boxes, flags, show)
}

func (a *app) chosenMailboxes(ctx context.Context, s *store.Store, names []string) ([]outreach.Mailbox, error) {
	if len(names) == 0 {
		return s.AllMailboxes(ctx)
	}
	var boxes []outreach.Mailbox
	for _, name := range names {
		mb, err := findMailbox(ctx, s, name)
		if err != nil {
			return nil, err
		}
		boxes = append(boxes, *mb)
	}
	return boxes, nil
}

// settingsFindings checks what the settings alone tell.
func settingsFindings(a *app, settings *config.Settings) []checkup.Finding {
	var out []checkup.Finding
	for _, w := range settings.Warnings() {
		out = append(out, checkup.Finding{Level: checkup.Warn, Check: "settings", Message: w, Remedy: "see `mailrun init`"})
	}
	if settings.MailboxEncryptionKey == "" {
		out = append(out, checkup.Finding{
			Level: checkup.Warn, Check: "settings", Message: "MAILBOX_ENCRYPTION_KEY is not set: no mailbox can be added, Message-IDs are not signed", Remedy: "mailrun init",
		})
	}
	path := a.global.envFile
	if path == "" {
		path = config.DefaultEnvFile
	}
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o077 != 0 && settings.MailboxEncryptionKey != "" {
		out = append(out, checkup.Finding{
			Level: checkup.Warn, Check: "settings", Subject: path, Message: fmt.Sprintf("others can read it (mode %04o)", info.Mode().Perm()), Remedy: "chmod 600 " + shellQuote(path),
		})
	}
	if len(out) == 0 {
		out = append(out, checkup.Finding{Level: checkup.OK, Check: "settings", Message: "complete"})
	}
	return out
}

// checkMailboxes checks the mailboxes one after the other, and each domain once.
func (a *app) checkMailboxes(ctx context.Context, s *store.Store, boxes []outreach.Mailbox, flags *doctorFlags, show func(...checkup.Finding)) error {
	dns := checkup.DNS{Resolver: net.DefaultResolver}
	seen := map[string]bool{}
	dialer := a.dialer(s)
	for i := range boxes {
		mb := &boxes[i]
		show(mailboxFindings(a.keys, mb)...)
		if flags.offline {
			continue
		}
		for _, login := range tryDoors(ctx, dialer, mb) {
			show(loginFinding(login))
		}
		_, domain, _ := strings.Cut(mb.Email, "@")
		if !seen[domain] {
			seen[domain] = true
			show(dns.Sending(ctx, domain, flags.selectors)...)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func loginFinding(r loginResult) checkup.Finding {
	f := checkup.Finding{Level: checkup.OK, Check: r.Door, Subject: r.Email, Message: "logged in at " + r.Host}
	if !r.OK {
		f.Level, f.Message, f.Remedy = checkup.Fail, r.Error, "correct it with `mailrun mailboxes import`, then `mailrun mailboxes test "+r.Email+"`"
	}
	return f
}

func (a *app) printSettings(settings *config.Settings) {
	g := a.grid("setting", "value", "from")
	for _, line := range settings.Lines {
		g.row(line.Name, orDash(line.Value), line.Origin)
	}
	g.print()
	a.say("")
}

func (a *app) printFindings(findings []checkup.Finding) {
	for _, f := range findings {
		what := strings.TrimSpace(f.Check + " " + clean(f.Subject, 80))
		a.say("%s  %s: %s", a.colored(string(f.Level))+strings.Repeat(" ", 4-len(f.Level)), what, clean(f.Message, 300))
		if f.Level != checkup.OK && f.Remedy != "" {
			a.say("      → %s", clean(f.Remedy, 300))
		}
	}
}
