package mailbox

import (
	"context"
	"crypto/x509"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"mailrun/pkg/outreach"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, d *Dialer, mb *outreach.Mailbox) *SMTPSession {
	t.Helper()
	s, err := d.SMTP(testContext(t), mb)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSendSeveralOverOneConnection(t *testing.T) {
	server := startSMTP(t, smtpScript{})
	s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	for range 3 {
		if err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage)); err != nil {
			t.Fatalf("send: %v", err)
		}
	}
	if got, want := s.LastReply().Text(), "250 2.0.0 queued as 4711"; got != want {
		t.Errorf("last reply %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{testMessage, testMessage, testMessage}, server.messages()); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if said := server.said(); strings.Count(said, "EHLO") != 1 || strings.Contains(said, "RSET") || !strings.HasPrefix(said, "EHLO example.com\n") {
		t.Errorf("the dialog has superfluous or wrong steps:\n%s", said)
	}
}

// TestOpeningFaults is the fault matrix of greeting, EHLO, STARTTLS and AUTH.
func TestOpeningFaults(t *testing.T) {
	const (
		f421    = "421 4.7.0 too many connections\r\n"
		f450    = "450 4.3.0 not now\r\n"
		f550    = "550 5.7.1 go away\r\n"
		half    = "250-half a rep"
		garbage = "HTTP/1.1 400 Bad Request\r\n"
	)
	stages := map[string]func(s *smtpScript, answer string){
		"greeting": func(s *smtpScript, answer string) { s.greeting = answer },
		"ehlo":     func(s *smtpScript, answer string) { s.ehlo = answer },
		"starttls": func(s *smtpScript, answer string) { s.startTLS = answer },
		"auth":     func(s *smtpScript, answer string) { s.auth = answer },
	}
	tests := []struct {
		stage, answer string
		want          Class
	}{
		{"greeting", f421, ClassThrottle}, {"greeting", f450, ClassThrottle}, {"greeting", f550, ClassPolicy},
		{"greeting", stall, ClassNetwork}, {"greeting", hangUp, ClassNetwork}, {"greeting", half, ClassNetwork}, {"greeting", garbage, ClassProtocol},
		{"ehlo", f421, ClassThrottle}, {"ehlo", f450, ClassThrottle}, {"ehlo", f550, ClassPolicy},
		{"ehlo", stall, ClassNetwork}, {"ehlo", hangUp, ClassNetwork}, {"ehlo", half, ClassNetwork}, {"ehlo", garbage, ClassProtocol},
		{"starttls", f421, ClassTLS}, {"starttls", "454 4.7.0 TLS not available\r\n", ClassTLS}, {"starttls", f550, ClassTLS},
		{"starttls", stall, ClassNetwork}, {"starttls", hangUp, ClassNetwork}, {"starttls", half, ClassNetwork}, {"starttls", garbage, ClassProtocol},
		{"starttls", "220 go ahead\r\n250 injected\r\n", ClassProtocol},
		{"auth", f421, ClassThrottle}, {"auth", "454 4.7.0 Too many login attempts\r\n", ClassThrottle},
		{"auth", "432 4.3.2 Concurrent connections limit exceeded\r\n", ClassThrottle}, {"auth", "421 4.4.5 Too many connections\r\n", ClassThrottle},
		{"auth", "535 5.7.8 wrong\r\n", ClassAuth}, {"auth", "534 5.7.9 Application-specific password required\r\n", ClassAuth},
		{"auth", "550 5.7.30 Basic authentication is not supported\r\n", ClassAuth}, {"auth", "535 too many failed logins\r\n", ClassThrottle},
		{"auth", stall, ClassNetwork}, {"auth", hangUp, ClassNetwork}, {"auth", half, ClassNetwork}, {"auth", garbage, ClassProtocol},
	}
	config, pool := certificate(t, time.Now().AddDate(0, 0, 1), "127.0.0.1")
	for _, test := range tests {
		t.Run(test.stage+" "+strings.Trim(strings.ReplaceAll(test.answer, "\r\n", " "), "\x00 "), func(t *testing.T) {
			script := smtpScript{tls: config}
			stages[test.stage](&script, test.answer)
			server := startSMTP(t, script)
			d := hurried()
			d.RootCAs = pool
			_, err := d.SMTP(testContext(t), mailboxAt(server.addr, outreach.SecuritySTARTTLS))
			failed := openError(t, err)
			if failed.Class != test.want {
				t.Errorf("class %s, want %s: %v", failed.Class, test.want, err)
			}
			if verdict := Classify(err); verdict.Fault != FaultMailbox || verdict.Effect != EffectBackOff {
				t.Errorf("verdict %+v, want the mailbox to back off", verdict)
			}
			if strings.Contains(err.Error(), "correct horse") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// TestTransactionFaults is the fault matrix of MAIL, RCPT, DATA and the final dot. After each, the next message passes over the same or a
// new connection, and only stages from the dot on may have delivered.
func TestTransactionFaults(t *testing.T) {
	const (
		f450    = "450 4.3.0 not now\r\n"
		f421    = "421 4.3.0 going down\r\n"
		f550    = "550 5.3.0 no\r\n"
		multi   = "550-5.3.0 first\r\n550-5.3.0 second\r\n550 5.3.0 third\r\n"
		half    = "250-half a rep"
		garbage = "whatever\r\n"
	)
	huge := strings.Repeat("250-"+strings.Repeat("x", 60)+"\r\n", 1<<14) + "250 ok\r\n"
	hugeLine := "550 5.3.0 " + strings.Repeat("y", 1<<20) + "\r\n"
	endless := strings.Repeat("250-"+strings.Repeat("z", 1<<10)+"\r\n", 5<<10)
	stages := map[Stage]func(s *smtpScript, answer string){
		StageMail: func(s *smtpScript, answer string) { s.mail = answer },
		StageRcpt: func(s *smtpScript, answer string) { s.rcpt = answer },
		StageData: func(s *smtpScript, answer string) { s.data = answer },
		StageDot:  func(s *smtpScript, answer string) { s.dot = answer },
	}
	type row struct {
		name, answer string
		code         int
		usable       bool
		effects      map[Stage]Effect
	}
	each := func(mail, rcpt, data, dot Effect) map[Stage]Effect {
		return map[Stage]Effect{StageMail: mail, StageRcpt: rcpt, StageData: data, StageDot: dot}
	}
	broken := each(EffectRetry, EffectRetry, EffectRetry, EffectUnknown)
	tests := []row{
		{"4xx", f450, 450, true, each(EffectDefer, EffectDefer, EffectDefer, EffectDefer)},
		{"421", f421, 421, false, each(EffectBackOff, EffectDefer, EffectDefer, EffectDefer)},
		{"5xx", f550, 550, true, each(EffectBackOff, EffectFail, EffectFail, EffectFail)},
		{"several lines", multi, 550, true, each(EffectBackOff, EffectFail, EffectFail, EffectFail)},
		{"a huge line", hugeLine, 550, true, each(EffectBackOff, EffectFail, EffectFail, EffectFail)},
		{"unknown user", "550 5.1.1 unknown\r\n", 550, true, each(EffectBackOff, EffectBounce, EffectBounce, EffectBounce)},
		{"throttled", "421 4.4.5 too many connections\r\n", 421, false, each(EffectBackOff, EffectBackOff, EffectBackOff, EffectBackOff)},
		{"quota", "550 5.4.5 daily quota\r\n", 550, true, each(EffectBackOff, EffectBackOff, EffectBackOff, EffectBackOff)},
		{"quota of Exchange", "554 5.2.0 SubmissionQuotaExceeded\r\n", 554, true, each(EffectBackOff, EffectBackOff, EffectBackOff, EffectBackOff)},
		{"basic auth off", "550 5.7.30 no basic authentication\r\n", 550, true, each(EffectBackOff, EffectBackOff, EffectBackOff, EffectBackOff)},
		{"policy", "550 5.7.1 sender blocked by policy\r\n", 550, true, each(EffectBackOff, EffectBackOff, EffectBackOff, EffectBackOff)},
		{"stall", stall, 0, false, broken},
		{"hang up", hangUp, 0, false, broken},
		{"half a reply", half, 0, false, broken},
		{"no reply at all", garbage, 0, false, broken},
		{"codes differ", "550-no\r\n250 yes\r\n", 0, false, broken},
		{"an endless reply", endless, 0, false, broken},
	}
	run := func(name string, extensions []string, stage Stage, set func(*smtpScript, string)) {
		for _, test := range tests {
			t.Run(string(stage)+" "+test.name+name, func(t *testing.T) {
				script := smtpScript{extensions: extensions}
				set(&script, test.answer)
				server := startSMTP(t, script)
				s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
				err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage))
				failed := sendError(t, err)
				if failed.Stage != stage || failed.Code != test.code || failed.MaybeDelivered != (stage == StageDot && test.code == 0) {
					t.Errorf("stage %s code %d maybe delivered %v: %v", failed.Stage, failed.Code, failed.MaybeDelivered, err)
				}
				if len(failed.Line) > maxReplyText+100 {
					t.Errorf("the error keeps %d bytes of the reply", len(failed.Line))
				}
				if got, want := Classify(err).Effect, test.effects[stage]; got != want {
					t.Errorf("effect %q, want %q: %+v", got, want, Classify(err))
				}
				if s.Usable() != test.usable {
					t.Errorf("usable %v, want %v", s.Usable(), test.usable)
				}
				if seen := len(server.messages()) > 0; seen != (stage == StageDot) {
					t.Errorf("the server saw the message: %v", seen)
				}
			})
		}
	}
	for stage, set := range stages {
		run("", nil, stage, set)
		run(", one command at a time", []string{"8BITMIME"}, stage, set)
	}
	t.Run("a huge good reply is good", func(t *testing.T) {
		server := startSMTP(t, smtpScript{dot: huge})
		s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
		if err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage)); err != nil {
			t.Errorf("send: %v", err)
		}
	})
}

// TestBrokenBody: a message that the server stops reading, or hangs up on, in its middle was not delivered.
func TestBrokenBody(t *testing.T) {
	for name, answer := range map[string]string{"stall": "354 go\r\n" + stall, "hang up": "354 go\r\n" + hangUp} {
		server := startSMTP(t, smtpScript{data: answer, extensions: []string{"8BITMIME"}})
		s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
		raw := testMessage + strings.Repeat(strings.Repeat("x", 76)+"\r\n", 400<<10)
		err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(raw))
		if failed := sendError(t, err); failed.Stage != StageData || failed.MaybeDelivered || Classify(err).Effect != EffectRetry || s.Usable() {
			t.Errorf("%s: %+v", name, failed)
		}
	}
}

// TestNextMessageAfterRefusal: a refusal is followed by RSET, and the next message passes over the same connection.
func TestNextMessageAfterRefusal(t *testing.T) {
	server := startSMTP(t, smtpScript{rcpt: "550 5.1.1 unknown\r\n"})
	s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	for range 2 {
		err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage))
		if sendError(t, err).Stage != StageRcpt {
			t.Fatalf("send: %v", err)
		}
	}
	if got := strings.Count(server.said(), "RSET"); got != 1 {
		t.Errorf("%d RSET between two messages, want 1", got)
	}
}

// TestRefusedInGroup: of the answers that come where MAIL, RCPT and DATA left together, all are read, none is taken for a later command's,
// and a server that takes DATA for nobody gets no word of the message.
func TestRefusedInGroup(t *testing.T) {
	tests := map[string]struct {
		script smtpScript
		stage  Stage
	}{
		"sender":             {smtpScript{mail: "550 5.7.1 no\r\n"}, StageMail},
		"sender, eager":      {smtpScript{mail: "550 5.7.1 no\r\n", eager: true}, StageMail},
		"recipient":          {smtpScript{rcpt: "550 5.7.1 no\r\n"}, StageRcpt},
		"recipient, eager":   {smtpScript{rcpt: "550 5.7.1 no\r\n", eager: true}, StageRcpt},
		"the message itself": {smtpScript{data: "550 5.7.1 no\r\n"}, StageData},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := startSMTP(t, test.script)
			s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			for range 2 {
				failed := sendError(t, s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage)))
				if failed.Stage != test.stage || failed.Enhanced != "5.7.1" || !s.Usable() {
					t.Fatalf("stage %s, %s, usable %v", failed.Stage, failed.Enhanced, s.Usable())
				}
			}
			group := "MAIL FROM:<ann@example.com> BODY=8BITMIME SIZE=" + strconv.Itoa(len(testMessage)) + "\nRCPT TO:<bob@example.org>\nDATA\n"
			if said := server.said() + "\n"; !strings.HasSuffix(said, group+"RSET\n"+group) {
				t.Errorf("said:\n%s", said)
			}
			if len(server.messages()) > 0 {
				t.Errorf("the server has messages: %q", server.messages())
			}
		})
	}
}

// TestStuffing: what DATA carries, read back as a server does, is the message with CRLF at each line's end.
func TestStuffing(t *testing.T) {
	for message, want := range map[string]string{
		"":                        ".\r\n",
		"a\r\nb\r\n":              "a\r\nb\r\n.\r\n",
		"no end":                  "no end\r\n.\r\n",
		"bare\nends\n":            "bare\r\nends\r\n.\r\n",
		".\r\n..\r\n":             "..\r\n...\r\n.\r\n",
		"a\r\n.\r\nb\n.\n":        "a\r\n..\r\nb\r\n..\r\n.\r\n",
		"a.\r\n\r\n.b\r\n":        "a.\r\n\r\n..b\r\n.\r\n",
		"a lone \r in a line\r\n": "a lone \r in a line\r\n.\r\n",
	} {
		if got := string(appendStuffed(nil, []byte(message))); got != want {
			t.Errorf("%q became %q, want %q", message, got, want)
		}
	}
}

// TestFailedReset: a session that cannot be reset is over, and the message that found out is retried elsewhere.
func TestFailedReset(t *testing.T) {
	server := startSMTP(t, smtpScript{rcpt: "550 5.1.1 unknown\r\n", rset: hangUp})
	s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage))
	err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage))
	if got := Classify(err); got.Effect != EffectRetry || s.Usable() {
		t.Errorf("verdict %+v usable %v, want a retry elsewhere", got, s.Usable())
	}
	err = s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage))
	if !errors.Is(err, ErrUnusable) || Classify(err).Effect != EffectRetry {
		t.Errorf("third send: %v", err)
	}
}

func TestTLS(t *testing.T) {
	tomorrow := time.Now().AddDate(0, 0, 1)
	good, pool := certificate(t, tomorrow, "127.0.0.1")
	expired, expiredPool := certificate(t, time.Now().AddDate(0, 0, -1), "127.0.0.1")
	other, otherPool := certificate(t, tomorrow, "mx.example.net")
	tests := []struct {
		name     string
		script   smtpScript
		security outreach.Security
		roots    *x509.CertPool
		insecure bool
		want     Class
	}{
		{name: "implicit", script: smtpScript{tls: good, implicit: true}, security: outreach.SecurityTLS, roots: pool},
		{name: "starttls", script: smtpScript{tls: good}, security: outreach.SecuritySTARTTLS, roots: pool},
		{name: "self-signed", script: smtpScript{tls: good}, security: outreach.SecuritySTARTTLS, want: ClassTLS},
		{name: "self-signed, implicit", script: smtpScript{tls: good, implicit: true}, security: outreach.SecurityTLS, want: ClassTLS},
		{name: "expired", script: smtpScript{tls: expired}, security: outreach.SecuritySTARTTLS, roots: expiredPool, want: ClassTLS},
		{name: "another host's", script: smtpScript{tls: other}, security: outreach.SecuritySTARTTLS, roots: otherPool, want: ClassTLS},
		{name: "not verified", script: smtpScript{tls: other}, security: outreach.SecuritySTARTTLS, insecure: true},
		{name: "stripped", script: smtpScript{tls: good, extensions: []string{"AUTH PLAIN LOGIN"}}, security: outreach.SecuritySTARTTLS, want: ClassTLS},
		{name: "clear server, implicit client", script: smtpScript{}, security: outreach.SecurityTLS, want: ClassTLS},
		{name: "stalls in the handshake", script: smtpScript{greeting: stall}, security: outreach.SecurityTLS, want: ClassNetwork},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startSMTP(t, test.script)
			mb := mailboxAt(server.addr, test.security)
			mb.TLSInsecure = test.insecure
			d := &Dialer{RootCAs: test.roots, IdleTimeout: 300 * time.Millisecond}
			s, err := d.SMTP(testContext(t), mb)
			if test.want == "" {
				if err != nil {
					t.Fatalf("open: %v", err)
				}
				s.Close()
				return
			}
			if failed := openError(t, err); failed.Class != test.want {
				t.Errorf("class %s, want %s: %v", failed.Class, test.want, err)
			}
			if said := server.said(); strings.Contains(said, "AUTH") || strings.Contains(said, "MAIL") {
				t.Errorf("something was said in clear:\n%s", said)
			}
		})
	}
}

func TestLogin(t *testing.T) {
	passwords := map[string]string{"\x00ann@example.com\x00correct horse": ""}
	tests := []struct {
		name       string
		extensions []string
		password   string
		auth       outreach.AuthMethod
		answer     string
		want       Class
	}{
		{name: "PLAIN", extensions: []string{"AUTH PLAIN LOGIN"}, password: "correct horse"},
		{name: "LOGIN", extensions: []string{"AUTH LOGIN"}, password: "correct horse"},
		{name: "the old form", extensions: []string{"AUTH=LOGIN"}, password: "correct horse"},
		{name: "wrong", extensions: []string{"AUTH PLAIN"}, password: "battery staple", want: ClassAuth},
		{name: "wrong by LOGIN", extensions: []string{"AUTH LOGIN"}, password: "battery staple", want: ClassAuth},
		{name: "nothing in common", extensions: []string{"AUTH GSSAPI"}, password: "correct horse", want: ClassAuth},
		{name: "none stored", extensions: []string{"AUTH PLAIN"}, want: ClassAuth},
		{name: "no token stored", extensions: []string{"AUTH XOAUTH2"}, auth: outreach.AuthXOAUTH2, want: ClassAuth},
		{name: "another kind of yes", extensions: []string{"AUTH PLAIN"}, password: "correct horse", answer: "250 2.0.0 Ok\r\n"},
		{name: "none offered on this machine", extensions: []string{"SIZE"}, password: "correct horse"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startSMTP(t, smtpScript{extensions: test.extensions, passwords: passwords, auth: test.answer})
			mb := mailboxAt(server.addr, outreach.SecurityNone)
			mb.ClearSMTPPassword, mb.SMTP.Auth = test.password, test.auth
			s, err := hurried().SMTP(testContext(t), mb)
			if test.want == "" {
				if err != nil {
					t.Fatalf("open: %v", err)
				}
				s.Close()
				return
			}
			failed := openError(t, err)
			if failed.Class != test.want || failed.Remedy == "" {
				t.Errorf("class %s remedy %q: %v", failed.Class, failed.Remedy, err)
			}
		})
	}
}

func TestSealedPassword(t *testing.T) {
	server := startSMTP(t, smtpScript{passwords: map[string]string{"\x00ann@example.com\x00correct horse": ""}})
	mb := mailboxAt(server.addr, outreach.SecurityNone)
	ring := newRing(t)
	sealed, err := ring.Seal(mb.ID, "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	mb.ClearSMTPPassword, mb.Sealed = "", &outreach.Sealed{SMTPPassword: sealed}
	d := hurried()
	d.Keyring = ring
	open(t, d, mb)
	for name, ring := range map[string]*Keyring{"no key": nil, "another key": newRing(t)} {
		d := hurried()
		d.Keyring = ring
		_, err := d.SMTP(testContext(t), mb)
		if failed := openError(t, err); failed.Class != ClassAuth || !strings.Contains(err.Error(), "MAILBOX_ENCRYPTION_KEY") {
			t.Errorf("%s: class %s: %v", name, failed.Class, err)
		}
	}
}

// TestClearTextLogin: a password goes in clear to this machine only, unless the mailbox says otherwise.
func TestClearTextLogin(t *testing.T) {
	far := &link{door: DoorSMTP, host: "mx.example.net:25", wire: newWire(addrConn{addr: "192.0.2.1:25"}, time.Second, 1)}
	near := &link{door: DoorSMTP, wire: newWire(addrConn{addr: "[::1]:25"}, time.Second, 1)}
	if err := mayLogIn(far, &outreach.Mailbox{}); err == nil || openError(t, err).Class != ClassTLS {
		t.Errorf("far and clear: %v, want a tls error", err)
	}
	if err := mayLogIn(far, &outreach.Mailbox{AllowPlaintextAuth: true}); err != nil {
		t.Errorf("far, clear and allowed: %v", err)
	}
	if err := mayLogIn(near, &outreach.Mailbox{}); err != nil {
		t.Errorf("loopback: %v", err)
	}
}

func TestNoServer(t *testing.T) {
	server := startSMTP(t, smtpScript{})
	mb := mailboxAt(server.addr, outreach.SecurityNone)
	mb.SMTP.Port = 1
	_, err := hurried().SMTP(testContext(t), mb)
	if failed := openError(t, err); failed.Class != ClassNetwork {
		t.Errorf("class %s: %v", failed.Class, err)
	}
}

// TestOnStage: the hook sees each stage before it begins, and its error stops the message where nothing is accepted.
func TestOnStage(t *testing.T) {
	stop := errors.New("suppressed meanwhile")
	for _, at := range []Stage{StageMail, StageRcpt, StageData, StageDot} {
		server := startSMTP(t, smtpScript{})
		s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
		var seen []Stage
		s.OnStage = func(stage Stage) error {
			seen = append(seen, stage)
			if stage == at {
				return stop
			}
			return nil
		}
		err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage))
		failed := sendError(t, err)
		if !errors.Is(err, stop) || failed.MaybeDelivered || failed.Code != 0 || Classify(err).Effect != EffectRetry {
			t.Errorf("stopped at %s: %+v %+v", at, failed, Classify(err))
		}
		if len(server.messages()) > 0 {
			t.Errorf("stopped at %s, and yet the server has the message", at)
		}
		if s.Usable() != (at != StageDot) {
			t.Errorf("stopped at %s: usable %v", at, s.Usable())
		}
		s.OnStage = nil
		if err := s.Send(testContext(t), "ann@example.com", "bob@example.org", []byte(testMessage)); s.Usable() && err != nil {
			t.Errorf("after a stop at %s: %v", at, err)
		}
	}
}

// TestCancel: the end of the context ends every wait at once, whatever the idle time.
func TestCancel(t *testing.T) {
	for _, stage := range []string{"open", "mail", "dot"} {
		t.Run(stage, func(t *testing.T) {
			script := smtpScript{}
			switch stage {
			case "open":
				script.greeting = stall
			case "mail":
				script.mail = stall
			case "dot":
				script.dot = stall
			}
			server := startSMTP(t, script)
			ctx, cancel := context.WithCancel(testContext(t))
			d := &Dialer{}
			mb := mailboxAt(server.addr, outreach.SecurityNone)
			if stage == "open" {
				time.AfterFunc(20*time.Millisecond, cancel)
				_, err := d.SMTP(ctx, mb)
				if verdict := Classify(err); !errors.Is(err, context.Canceled) || verdict.Fault == FaultMailbox {
					t.Errorf("open: %+v, %v", verdict, err)
				}
				return
			}
			s := open(t, d, mb)
			s.OnStage = func(Stage) error { time.AfterFunc(20*time.Millisecond, cancel); return nil }
			err := s.Send(ctx, "ann@example.com", "bob@example.org", []byte(testMessage))
			if failed := sendError(t, err); !errors.Is(err, context.Canceled) || failed.MaybeDelivered != (stage == "dot") || s.Usable() {
				t.Errorf("send: %+v", failed)
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	tests := []struct {
		name, from, to string
		utf8           bool
		size           int
		mail, rcpt     string // what the server hears
		effect         Effect
		class          Class
	}{
		{name: "plain", from: "ann@example.com", to: "bob@example.org", mail: "MAIL FROM:<ann@example.com> BODY=8BITMIME SIZE=", rcpt: "RCPT TO:<bob@example.org>"},
		{name: "plain where SMTPUTF8 is offered", from: "ann@example.com", to: "bob@example.org", utf8: true, mail: "MAIL FROM:<ann@example.com> BODY=8BITMIME SIZE="},
		{name: "domain", from: "ann@example.com", to: "bob@bücher.example", rcpt: "RCPT TO:<bob@xn--bcher-kva.example>"},
		{name: "local part", from: "ann@example.com", to: "björn@example.org", utf8: true, mail: "MAIL FROM:<ann@example.com> BODY=8BITMIME SMTPUTF8 SIZE=", rcpt: "RCPT TO:<björn@example.org>"},
		{name: "local part not offered", from: "ann@example.com", to: "björn@example.org", effect: EffectFail},
		{name: "sender not offered", from: "änn@example.com", to: "bob@example.org", effect: EffectBackOff, class: ClassPolicy},
		{name: "injection", from: "ann@example.com", to: "bob@example.org>\r\nRCPT TO:<eve@example.net", effect: EffectBounce},
		{name: "no address", from: "ann@example.com", to: "bob", effect: EffectBounce},
		{name: "bad sender", from: "ann>@example.com", to: "bob@example.org", effect: EffectBackOff, class: ClassPolicy},
		{name: "too large", from: "ann@example.com", to: "bob@example.org", size: 100001, effect: EffectFail},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ext := []string{"SIZE 100000", "8BITMIME"}
			if test.utf8 {
				ext = append(ext, "SMTPUTF8")
			}
			server := startSMTP(t, smtpScript{extensions: ext})
			s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
			raw := testMessage + strings.Repeat("x", test.size)
			err := s.Send(testContext(t), test.from, test.to, []byte(raw))
			if verdict := Classify(err); verdict.Effect != test.effect || verdict.Class != test.class {
				t.Fatalf("verdict %+v, want %q %q: %v", verdict, test.effect, test.class, err)
			}
			said := server.said()
			if !strings.Contains(said, test.mail) || !strings.Contains(said, test.rcpt) {
				t.Errorf("the server heard:\n%s", said)
			}
			if err != nil && strings.Contains(said, "MAIL") {
				t.Errorf("refused here, and yet the server heard:\n%s", said)
			}
		})
	}
}

// TestUTF8AndPlainInTurn: both library clients share the connection.
func TestUTF8AndPlainInTurn(t *testing.T) {
	server := startSMTP(t, smtpScript{extensions: []string{"SMTPUTF8"}})
	s := open(t, hurried(), mailboxAt(server.addr, outreach.SecurityNone))
	for _, to := range []string{"björn@example.org", "bob@example.org", "björn@example.org"} {
		if err := s.Send(testContext(t), "ann@example.com", to, []byte(testMessage)); err != nil {
			t.Fatalf("send to %s: %v", to, err)
		}
	}
	if got := strings.Count(server.said(), "SMTPUTF8"); got != 2 {
		t.Errorf("SMTPUTF8 was asked for %d times, want 2", got)
	}
}
