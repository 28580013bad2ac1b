package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"golang.org/x/term"

	"mailrun/internal/intake"
	"mailrun/internal/mailbox"
)

// mailboxForm describes a mailbox by flags, and asks a person for the rest.
type mailboxForm struct {
	values        map[string]*string // by field of the document
	provider      string
	clientID      string
	passwordStdin bool
}

// formFields are the flags of `mailboxes add`, the fields they fill, and what a person is asked for, in this order.
var formFields = []struct{ flag, field, help, question string }{
	{"email", "email", "the address", "Address"},
	{"from-name", "fromName", "the sender's name", "Sender's name (may be blank)"},
	{"smtp-host", "smtp.host", "SMTP server", "SMTP server"},
	{"smtp-port", "smtp.port", "its port (465 with tls, 587 with starttls)", ""},
	{"smtp-security", "smtp.security", "tls, starttls or none", ""},
	{"smtp-username", "smtp.username", "login, if it is not the address", ""},
	{"imap-host", "imap.host", "IMAP server", "IMAP server"},
	{"imap-port", "imap.port", "its port (993 with tls, 143 with starttls)", ""},
	{"imap-security", "imap.security", "tls, starttls or none", ""},
	{"imap-username", "imap.username", "login, if it is not the address", ""},
	{"timezone", "timezone", "zone in which its days begin, such as Europe/Berlin", ""},
	{"daily-limit", "dailyLimit", "messages per day (default 40)", ""},
	{"reply-to", "replyTo", "where answers go, if not to the address", ""},
}

func newMailboxForm() *mailboxForm { return &mailboxForm{values: map[string]*string{}} }

func (m *mailboxForm) register(flags *pflag.FlagSet) {
	for _, f := range formFields {
		m.values[f.field] = flags.String(f.flag, "", f.help)
	}
	var names []string
	for _, p := range mailbox.Providers {
		names = append(names, p.Name)
	}
	flags.StringVar(&m.provider, "provider", "", "fill in the servers of `NAME`: "+strings.Join(names, ", "))
	flags.StringVar(&m.clientID, "oauth-client-id", "", "sign in at the --provider instead of using a password, as the application with this `id`")
	flags.BoolVar(&m.passwordStdin, "password-stdin", false, "read the password from standard input, one line")
}

// given tells whether any flag of the form was used.
func (m *mailboxForm) given(flags *pflag.FlagSet) bool {
	used := flags.Changed("provider") || flags.Changed("oauth-client-id") || m.passwordStdin
	for _, f := range formFields {
		used = used || flags.Changed(f.flag)
	}
	return used
}

// fill completes the form and reads it as a mailbox.
func (m *mailboxForm) fill(ctx context.Context, a *app) (intake.Mailbox, error) {
	provider, err := m.applyProvider()
	if err != nil {
		return intake.Mailbox{}, err
	}
	in := bufio.NewReader(a.in)
	values := map[string]string{}
	for _, f := range formFields {
		value := m.values[f.field]
		if *value == "" && f.question != "" && a.inTTY && !m.passwordStdin {
			if *value, err = a.ask(in, f.question, m.suggest(f.field)); err != nil {
				return intake.Mailbox{}, err
			}
		}
		values[f.field] = *value
	}
	if err := m.credentials(a, in, provider, values); err != nil {
		return intake.Mailbox{}, err
	}
	box, err := intake.MailboxFields(values)
	if err != nil {
		return box, inputError{err}
	}
	if m.clientID != "" {
		err = a.signIn(ctx, provider, &box.Secrets)
	}
	return box, err
}

// credentials fills in the password, or who is to sign in.
func (m *mailboxForm) credentials(a *app, in *bufio.Reader, provider mailbox.Provider, values map[string]string) (err error) {
	switch {
	case m.clientID != "" && provider.OAuth == nil:
		return badInput("--oauth-client-id needs a --provider that one can sign in to: google or microsoft")
	case m.clientID != "":
		values["oauth.tokenUrl"], values["oauth.clientId"] = provider.OAuth.TokenURL, m.clientID
		values["oauth.refreshToken"] = "to come" // the sign-in brings it
		if a.inTTY {
			values["oauth.clientSecret"], err = a.askSecret("Client secret of the application (blank for a public client)")
		}
	case provider.OAuth != nil && provider.AppPasswords == "":
		return badInput("%s takes no passwords: register an application there and give its id with --oauth-client-id", provider.Name)
	case m.passwordStdin:
		values["smtpPassword"], err = readLine(in)
	case a.inTTY:
		values["smtpPassword"], err = a.askSecret("Password (for SMTP and IMAP)")
	default:
		err = badInput("no password: give --password-stdin, or the whole mailbox with --from-file")
	}
	return err
}

// suggest offers the servers of the provider that the address belongs to.
func (m *mailboxForm) suggest(field string) string {
	_, domain, _ := strings.Cut(*m.values["email"], "@")
	i := slices.IndexFunc(mailbox.Providers, func(p mailbox.Provider) bool { return slices.Contains(p.Hosts, strings.ToLower(domain)) })
	switch {
	case i >= 0 && field == "smtp.host":
		return mailbox.Providers[i].SMTP.Host
	case i >= 0 && field == "imap.host":
		return mailbox.Providers[i].IMAP.Host
	case domain != "" && strings.HasSuffix(field, ".host"):
		return "mail." + domain
	}
	return ""
}

// applyProvider fills in the servers of the provider, if one is named.
func (m *mailboxForm) applyProvider() (mailbox.Provider, error) {
	if m.provider == "" {
		return mailbox.Provider{}, nil
	}
	p, ok := mailbox.FindProvider(m.provider)
	if !ok {
		return p, badInput("--provider: %q is not known; see `mailrun mailboxes add --help`", m.provider)
	}
	for field, value := range map[string]string{
		"smtp.host": p.SMTP.Host, "smtp.port": fmt.Sprint(p.SMTP.Port), "smtp.security": string(p.SMTP.Security),
		"imap.host": p.IMAP.Host, "imap.port": fmt.Sprint(p.IMAP.Port), "imap.security": string(p.IMAP.Security),
	} {
		if *m.values[field] == "" {
			*m.values[field] = value
		}
	}
	return p, nil
}

// ask puts a question on stderr, so that stdout holds results only.
func (a *app) ask(in *bufio.Reader, question, preset string) (string, error) {
	if preset != "" {
		question += " [" + preset + "]"
	}
	fmt.Fprint(a.err, question+": ")
	answer, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if answer = strings.TrimSpace(answer); answer == "" {
		answer = preset
	}
	return answer, nil
}

// askSecret asks without showing what is typed.
func (a *app) askSecret(question string) (string, error) {
	f, ok := a.in.(*os.File)
	if !ok {
		return "", badInput("no terminal to ask for a password")
	}
	fmt.Fprint(a.err, question+": ")
	answer, err := term.ReadPassword(int(f.Fd()))
	fmt.Fprintln(a.err)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(answer), nil
}

// maxLine bounds a line of standard input.
const maxLine = 64 << 10

// readLine reads one line without its end.
func readLine(in io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(in, maxLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", badInput("standard input holds no password")
	}
	return line, nil
}
