package intake

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

const goodMailbox = `email: Ann@Example.com
fromName: Ann
smtp: {host: smtp.example.com}
imap: {host: imap.example.com, port: 143}
dailyLimit: 0
rampUp: {startPerDay: 5, addPerDay: 2, since: 2026-11-01}
smtpPassword: 123456
`

func TestMailboxDefaultsFollowFromWhatIsGiven(t *testing.T) {
	got, err := Mailboxes("m.yaml", strings.NewReader(goodMailbox))
	if err != nil {
		t.Fatal(err)
	}
	d := got[0].Doc
	if *d.DailyLimit != 0 || d.RampUp.StartPerDay != 5 || d.Email != "ann@example.com" || d.Status != outreach.MailboxActive {
		t.Errorf("got %+v", d)
	}
	wantSMTP := outreach.Server{Host: "smtp.example.com", Port: 465, Security: "tls", Username: "ann@example.com", Auth: "password"}
	wantIMAP := outreach.Server{Host: "imap.example.com", Port: 143, Security: "starttls", Username: "ann@example.com", Auth: "password"}
	if diff := cmp.Diff([]outreach.Server{wantSMTP, wantIMAP}, []outreach.Server{d.SMTP, d.IMAP}); diff != "" {
		t.Error(diff)
	}
	if got[0].Secrets.IMAPPassword != "123456" {
		t.Error("the IMAP password does not follow from the SMTP password")
	}
}

func TestMailboxesOfManyDocumentsAndLists(t *testing.T) {
	one := "{email: %s, smtp: {host: h}, imap: {host: h}, smtpPassword: p}"
	text := fmt.Sprintf(one+"\n---\n- "+one+"\n- "+one+"\n---\n", "a@x.io", "b@x.io", "c@x.io")
	got, err := Mailboxes("-", strings.NewReader(text))
	if err != nil || len(got) != 3 || got[2].Doc.Email != "c@x.io" {
		t.Errorf("got %d, %v", len(got), err)
	}
}

func TestEveryMistakeOfAMailboxIsReportedWithItsPlace(t *testing.T) {
	text := `email: ann
fromName: [x]
statuss: active
smtp:
  host: smtp.example.com:587
  port: 99999
  security: ssl
imap: {port: 1}
timezone: Mars/Olympus
dailyLimit: many
tlsInsecure: maybe
rampUp: {since: yesterday}
saveSent: sometimes
replyTo: nobody
email: again@x.io
`
	_, err := Mailboxes("m.yaml", strings.NewReader(text))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`m.yaml line 1: email: "ann" has no @`, "m.yaml line 2: fromName: expected a single value", "m.yaml line 3: statuss: unknown field",
		`line 5: smtp.host: "smtp.example.com:587" is not a host name`, `line 6: smtp.port: "99999" is not a whole number from 1 to 65535`,
		`line 7: smtp.security: "ssl" is not one of tls starttls none`, "line 8: imap.host: missing", `line 9: timezone: unknown time zone "Mars/Olympus"`,
		`line 10: dailyLimit: "many"`, `line 11: tlsInsecure: "maybe" is not true or false`, `line 12: rampUp.since: "yesterday" is not a date`,
		`line 13: saveSent: "sometimes"`, `line 14: replyTo: "nobody"`, "line 15: email: given twice",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
}

func TestBrokenYAMLNamesTheLine(t *testing.T) {
	_, err := Mailboxes("m.yaml", strings.NewReader("email: a\n  b: [\n"))
	if err == nil || !strings.HasPrefix(err.Error(), "m.yaml line ") {
		t.Errorf("got %v", err)
	}
	for _, empty := range []string{"", "---\n", "# nothing\n"} {
		if _, err := Mailboxes("m.yaml", strings.NewReader(empty)); err == nil || err.Error() != "m.yaml: holds no mailbox" {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestOAuthMailbox(t *testing.T) {
	text := "email: a@x.io\nsmtp: {host: h}\nimap: {host: h}\noauth:\n  tokenUrl: https://t\n  clientId: c\n"
	_, err := Mailboxes("m.yaml", strings.NewReader(text))
	if err == nil || err.Error() != "m.yaml line 5: oauth.refreshToken: missing" {
		t.Errorf("got %v", err)
	}
	got, err := Mailboxes("m.yaml", strings.NewReader(text+"  refreshToken: r\n"))
	if err != nil || got[0].Doc.IMAP.Auth != outreach.AuthXOAUTH2 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestMailboxFromFields(t *testing.T) {
	got, err := MailboxFields(map[string]string{"email": "a@x.io", "smtp.host": "s", "smtp.port": "587", "imap.host": "i", "smtpPassword": "p"})
	if err != nil || got.Doc.SMTP.Security != outreach.SecuritySTARTTLS || got.Doc.IMAP.Port != 993 {
		t.Errorf("got %+v, %v", got.Doc, err)
	}
	_, err = MailboxFields(map[string]string{"email": "a@x.io", "smtp.host": "s", "smtp.port": "x", "imap.host": "i", "smtpPassword": "p"})
	if err == nil || !strings.HasPrefix(err.Error(), "smtp.port: ") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsThatANewMailboxLacks(t *testing.T) {
	for text, want := range map[string]string{
		"smtpPassword: p": "",
		"imapPassword: p": "", // a relay that wants no login
		"dailyLimit: 1":   "m.yaml line 1: smtpPassword: missing",
		"smtp: {host: s, username: u}\nimapPassword: p":   "m.yaml line 1: smtpPassword: missing",
		"smtp: {host: s, auth: xoauth2}\nimapPassword: p": "m.yaml line 1: oauth: missing, but auth is xoauth2",
	} {
		if !strings.Contains(text, "smtp:") {
			text += "\nsmtp: {host: s}"
		}
		got, err := Mailboxes("m.yaml", strings.NewReader("email: a@x.io\nimap: {host: i}\n"+text))
		if err != nil {
			t.Fatal(err)
		}
		message := ""
		if err := got[0].CheckSecrets(); err != nil {
			message = err.Error()
		}
		if message != want {
			t.Errorf("%s: got %q, want %q", text, message, want)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	m := Mailbox{Secrets: Secrets{SMTPPassword: "hunter2", OAuth: &OAuth{ClientSecret: "hunter2"}}}
	if text := fmt.Sprintf("%v %+v %#v", m, m, m); strings.Contains(text, "hunter2") {
		t.Error(text)
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"Ann@Example.COM\t":       "ann@example.com",
		"o'hara+x@sub.example.co": "o'hara+x@sub.example.co",
		"jürgen@müller.de":        "jürgen@xn--mller-kva.de",
		"محمد@مثال.إختبار":        "محمد@xn--mgbh0fb.xn--kgbechtv",
		"a@localhost":             "a@localhost",
		"a@EXAMPLE.com.":          "a@example.com",
	} {
		if got, domain, err := Address(in); err != nil || got != want || !strings.HasSuffix(got, "@"+domain) {
			t.Errorf("%s: got %q (%s), %v; want %q", in, got, domain, err, want)
		}
	}
	for _, in := range []string{
		"", "a", "@x.io", "a@", "a@x", "a b@x.io", "a@x y.io", "a@@x.io", ".a@x.io", "a.@x.io", "a..b@x.io", "a@x..io", "a@-x.io", "a@x-.io", "a@x_y.io",
		"Ann <a@x.io>", "a@x.io, b@x.io", "a@[127.0.0.1]", "a@1.2.3.4", `"a"@x.io`, "a\n@x.io", "a@x.io\nBcc: b@x.io", strings.Repeat("a", 65) + "@x.io", "a@" + strings.Repeat("x.", 130) + "io", "a@\xff.io", "\xff@x.io", "a;b@x.io", "mailto:a@x.io",
	} {
		if got, _, err := Address(in); err == nil {
			t.Errorf("%q is accepted as %q", in, got)
		}
	}
}

func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"ann@example.com", "jürgen@müller.de", "a@[1]", "a@b@c", "@"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		email, domain, err := Address(text)
		if err != nil {
			return
		}
		again, domainAgain, err := Address(email)
		if err != nil || again != email || domainAgain != domain {
			t.Fatalf("%q becomes %q, which becomes %q, %v", text, email, again, err)
		}
		if strings.ContainsAny(email, " \r\n\t,;<>\"") {
			t.Fatalf("%q becomes %q", text, email)
		}
	})
}
