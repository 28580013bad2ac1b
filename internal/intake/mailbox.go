package intake

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"mailrun/pkg/outreach"
)

// Secrets are a mailbox's passwords and tokens as they were written, to be sealed at once.
type Secrets struct {
	SMTPPassword, IMAPPassword string
	OAuth                      *OAuth
}

// String keeps secrets out of logs.
func (Secrets) String() string { return "[hidden]" }

// GoString keeps secrets out of %#v.
func (Secrets) GoString() string { return "[hidden]" }

// OAuth is what turns a refresh token into access tokens (RFC 6749 section 6).
type OAuth struct{ TokenURL, ClientID, ClientSecret, RefreshToken string }

// Mailbox is one mailbox of a file: the document, its secrets, and the top-level fields that were written.
type Mailbox struct {
	Doc     outreach.Mailbox
	Secrets Secrets
	Given   []string
	File    string
	Line    int
}

// Mailboxes reads the mailboxes of a YAML input: one or several documents, or lists. The error is Problems.
func Mailboxes(file string, r io.Reader) ([]Mailbox, error) {
	f := &form{file: file}
	var out []Mailbox
	f.documents(r, func(n *yaml.Node) { out = append(out, f.mailbox(n)) })
	if len(out) == 0 && len(f.problems) == 0 {
		f.problems = Problems{{File: file, Message: "holds no mailbox"}}
	}
	f.oncePerAddress(out)
	return out, f.problems.err()
}

// MailboxFields reads a mailbox from field names (smtp.host) and values, as flags, prompts and CSV rows give them.
func MailboxFields(values map[string]string) (Mailbox, error) {
	f := &form{}
	m := f.mailbox(tree(values))
	return m, f.problems.err()
}

// tree makes the YAML mapping that flat field names stand for.
func tree(values map[string]string) *yaml.Node {
	root := &yaml.Node{Kind: yaml.MappingNode}
	inner := map[string]*yaml.Node{"": root}
	for path, value := range values {
		if value == "" {
			continue
		}
		outer, name, nested := strings.Cut(path, ".")
		if !nested {
			outer, name = "", path
		}
		if inner[outer] == nil {
			inner[outer] = &yaml.Node{Kind: yaml.MappingNode}
			root.Content = append(root.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: outer}, inner[outer])
		}
		inner[outer].Content = append(inner[outer].Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name},
			&yaml.Node{Kind: yaml.ScalarNode, Value: value})
	}
	return root
}

func (f *form) oncePerAddress(boxes []Mailbox) {
	seen := map[string]bool{}
	for _, m := range boxes {
		if email := m.Doc.Email; email != "" && seen[email] {
			f.problems = append(f.problems, Problem{File: f.file, Line: m.Line, Field: "email", Message: email + " is in this file twice"})
		}
		seen[m.Doc.Email] = true
	}
}

func (f *form) mailbox(n *yaml.Node) Mailbox {
	m := Mailbox{File: f.file, Line: n.Line}
	d := &m.Doc
	d.Status = outreach.MailboxActive
	given := f.mapping(n, "", map[string]setter{
		"email":              f.address(&d.Email),
		"fromName":           f.text(&d.FromName, oneLine),
		"replyTo":            f.text(&d.ReplyTo, orBlank(NamedAddress)),
		"status":             word(f, &d.Status, outreach.MailboxActive, outreach.MailboxPaused),
		"statusReason":       f.text(&d.StatusReason, oneLine),
		"smtp":               f.server(&d.SMTP),
		"imap":               f.server(&d.IMAP),
		"tlsInsecure":        f.toggle(&d.TLSInsecure),
		"allowPlaintextAuth": f.toggle(&d.AllowPlaintextAuth),
		"timezone":           f.text(&d.Timezone, zone),
		"dailyLimit":         optional(&d.DailyLimit, func(p *int) setter { return f.number(p, 0, 100_000) }),
		"hourlyLimit":        f.number(&d.HourlyLimit, 0, 100_000),
		"minGapSeconds":      optional(&d.MinGapSeconds, func(p *int) setter { return f.number(p, 0, 86_400) }),
		"gapJitterSeconds":   optional(&d.GapJitterSeconds, func(p *int) setter { return f.number(p, 0, 86_400) }),
		"rampUp":             optional(&d.RampUp, f.rampUp),
		"signature":          f.text(&d.Signature),
		"saveSent":           word(f, &d.SaveSent, "auto", "always", "never"),
		"smtpPassword":       f.text(&m.Secrets.SMTPPassword, oneLine),
		"imapPassword":       f.text(&m.Secrets.IMAPPassword, oneLine),
		"oauth":              optional(&m.Secrets.OAuth, f.oauth),
	})
	for name := range given {
		m.Given = append(m.Given, name)
	}
	if resolve(n).Kind == yaml.MappingNode {
		f.completeMailbox(resolve(n), given, &m)
	}
	return m
}

// completeMailbox fills in what follows from the rest and asks for what does not.
func (f *form) completeMailbox(n *yaml.Node, given map[string]*yaml.Node, m *Mailbox) {
	for _, name := range []string{"email", "smtp", "imap"} {
		if given[name] == nil {
			f.fail(n, name, "missing")
		}
	}
	auth := outreach.AuthPassword
	if m.Secrets.OAuth != nil {
		auth = outreach.AuthXOAUTH2
	}
	smtpDefaults(&m.Doc.SMTP)
	imapDefaults(&m.Doc.IMAP)
	for _, door := range []*outreach.Server{&m.Doc.SMTP, &m.Doc.IMAP} {
		if door.Auth == "" {
			door.Auth = auth
		}
		if door.Username == "" && (m.Secrets.SMTPPassword != "" || door.Auth == outreach.AuthXOAUTH2 || door == &m.Doc.IMAP) {
			door.Username = m.Doc.Email
		}
	}
	if m.Secrets.IMAPPassword == "" {
		m.Secrets.IMAPPassword = m.Secrets.SMTPPassword // most providers have one password for both
	}
}

// CheckSecrets tells which secret a new mailbox lacks, as Problems. A mailbox that exists already may leave them out. An SMTP server for
// which neither user name nor password is given is a relay that wants none.
func (m *Mailbox) CheckSecrets() error {
	auths := []outreach.AuthMethod{m.Doc.SMTP.Auth, m.Doc.IMAP.Auth}
	var missing Problems
	lacks := func(field, message string) {
		missing = append(missing, Problem{File: m.File, Line: m.Line, Field: field, Message: message})
	}
	if slices.Contains(auths, outreach.AuthXOAUTH2) && m.Secrets.OAuth == nil {
		lacks("oauth", "missing, but auth is xoauth2")
	}
	switch noSMTP := m.Secrets.SMTPPassword == "" && m.Doc.SMTP.Auth == outreach.AuthPassword; {
	case noSMTP && (m.Secrets.IMAPPassword == "" || m.Doc.SMTP.Username != ""):
		lacks("smtpPassword", "missing")
	case m.Secrets.IMAPPassword == "" && m.Doc.IMAP.Auth == outreach.AuthPassword:
		lacks("imapPassword", "missing")
	}
	return missing.err()
}

func (f *form) address(field *string) setter {
	return func(n *yaml.Node, path string) {
		value, ok := f.scalar(n, path)
		if !ok {
			return
		}
		email, _, err := Address(value)
		if err != nil {
			f.fail(n, path, "%s", err)
		}
		*field = email
	}
}

func (f *form) server(s *outreach.Server) setter {
	return func(n *yaml.Node, path string) {
		given := f.mapping(n, path, map[string]setter{
			"host":     f.text(&s.Host, host),
			"port":     f.number(&s.Port, 1, 65535),
			"security": word(f, &s.Security, outreach.SecurityTLS, outreach.SecuritySTARTTLS, outreach.SecurityNone),
			"username": f.text(&s.Username, oneLine),
			"auth":     word(f, &s.Auth, outreach.AuthPassword, outreach.AuthXOAUTH2),
		})
		if n.Kind == yaml.MappingNode && given["host"] == nil {
			f.fail(n, path+".host", "missing")
		}
	}
}

// smtpDefaults completes port by protection and the other way round: 465 is SMTP over TLS (RFC 8314 section 3.3), 587 submission with STARTTLS.
func smtpDefaults(s *outreach.Server) {
	switch {
	case s.Security == "" && (s.Port == 0 || s.Port == 465):
		s.Security = outreach.SecurityTLS
	case s.Security == "":
		s.Security = outreach.SecuritySTARTTLS
	}
	switch {
	case s.Port == 0 && s.Security == outreach.SecurityTLS:
		s.Port = 465
	case s.Port == 0:
		s.Port = 587
	}
}

// imapDefaults does the same for IMAP: 993 is TLS, 143 STARTTLS.
func imapDefaults(s *outreach.Server) {
	switch {
	case s.Security == "" && s.Port == 143:
		s.Security = outreach.SecuritySTARTTLS
	case s.Security == "":
		s.Security = outreach.SecurityTLS
	}
	switch {
	case s.Port == 0 && s.Security == outreach.SecurityTLS:
		s.Port = 993
	case s.Port == 0:
		s.Port = 143
	}
}

func (f *form) rampUp(r *outreach.RampUp) setter {
	return func(n *yaml.Node, path string) {
		f.mapping(n, path, map[string]setter{
			"startPerDay": f.number(&r.StartPerDay, 1, 100_000),
			"addPerDay":   f.number(&r.AddPerDay, 0, 100_000),
			"since":       f.date(&r.Since),
		})
	}
}

func (f *form) date(field *time.Time) setter {
	return func(n *yaml.Node, path string) {
		value, ok := f.scalar(n, path)
		if !ok {
			return
		}
		for _, layout := range []string{time.DateOnly, time.RFC3339} {
			if t, err := time.Parse(layout, value); err == nil {
				*field = t.UTC()
				return
			}
		}
		f.fail(n, path, "%q is not a date like 2026-11-22", value)
	}
}

func (f *form) oauth(o *OAuth) setter {
	return func(n *yaml.Node, path string) {
		given := f.mapping(n, path, map[string]setter{
			"tokenUrl":     f.text(&o.TokenURL, httpURL),
			"clientId":     f.text(&o.ClientID, oneLine),
			"clientSecret": f.text(&o.ClientSecret, oneLine),
			"refreshToken": f.text(&o.RefreshToken, oneLine),
		})
		for _, name := range []string{"tokenUrl", "clientId", "refreshToken"} {
			if given[name] == nil && n.Kind == yaml.MappingNode {
				f.fail(n, path+"."+name, "missing")
			}
		}
	}
}

func zone(name string) error {
	_, err := outreach.LoadZone(name)
	return err
}

func oneLine(text string) error {
	if strings.ContainsAny(text, "\r\n\x00") {
		return errors.New("must be a single line")
	}
	return nil
}

func host(text string) error {
	if text == "" || strings.ContainsAny(text, " \t\r\n/@") || strings.Contains(text, ":") && strings.Count(text, ":") == 1 {
		return errors.New(strconv.Quote(text) + " is not a host name (the port has a field of its own)")
	}
	return nil
}

func httpURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New(strconv.Quote(text) + " is not an address like https://…")
	}
	return nil
}

// orBlank lets a check pass where nothing is given.
func orBlank(check func(string) error) func(string) error {
	return func(text string) error {
		if text == "" {
			return nil
		}
		return check(text)
	}
}
