package message

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// seedMessages are small messages of every kind that the parsers treat apart.
func seedMessages() []string {
	return []string{
		"Subject: a\r\n\r\nbody",
		"From: =?utf-8?q?=C3=A4?= <a@b.example>\r\nTo: x: a@b, \"c\" <d@e>;\r\nDate: Mon, 1 Jun 2026 10:00:00 +0200\r\nReferences: <a@b>\r\n <c@d>\r\n\r\n\r\n",
		"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Type: text/html; charset=koi8-r\nContent-Transfer-Encoding: base64\n\nPGI+8M/C\n--x\nContent-Type: message/rfc822\n\nSubject: y\n\nz\n--x--",
		"Content-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b\nEND:VEVENT\nEND:VCALENDAR\n",
		"Subject: x\n\nbegin 644 f\n#:&D*\n`\nend\n",
		"Content-Type: text/plain; name*0*=utf-8''%e2; name*1*=%82%ac; charset=\"utf-7\"\n\n+AOQ-",
	}
}

// seedBounces are the bounces of the tests, as bytes.
func seedBounces() []string {
	return []string{
		"From: MAILER-DAEMON\nSubject: failure notice\n\nHi. This is the qmail-send program.\n<a@b.example>:\n550 5.1.1 no\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <x@y>\nMessage-ID: <m@y>\n",
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nno\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\n\nFinal-Recipient: rfc822; c@d.example\nAction: delayed\n--b--",
		"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--",
		"Subject: AWS Notification Message\n\n{\"notificationType\":\"Bounce\",\"bounce\":{\"bouncedRecipients\":[{\"emailAddress\":\"a@b.example\"}]}}",
		"Subject: Fwd: Undelivered Mail\n\n> From: MAILER-DAEMON@x\n> Subject: Undelivered Mail\n>\n> <a@b.example>: 550 no\n",
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range append(seedMessages(), seedBounces()...) {
		f.Add([]byte(s))
	}
	addCorpus(f, "mime/*.eml", 4<<10)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := Parse(raw)
		for _, s := range []string{m.Text, m.HTML, m.Subject, m.From.Name, m.From.Address, m.MessageID} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Errorf("%q is no clean UTF-8", s)
			}
		}
		if len(m.Parts) > maxParts || len(m.Text) > maxTextBytes || len(m.HTML) > maxTextBytes {
			t.Errorf("%d parts, %d and %d bytes of text", len(m.Parts), len(m.Text), len(m.HTML))
		}
		for _, p := range m.Parts {
			if p.ContentType == "" || len(p.Body) > 3*maxPartBytes {
				t.Errorf("part %q of %d bytes", p.ContentType, len(p.Body))
			}
		}
	})
}

func FuzzHeader(f *testing.F) {
	for _, s := range seedMessages() {
		f.Add([]byte(s))
	}
	f.Add([]byte("To: \"a\\\"b\" <c@d>, e: f@g;\nFrom: <@x:a@b>\nSubject: =?utf-8?b?w6Q=?= =?x?q?y?="))
	f.Fuzz(func(t *testing.T, raw []byte) {
		h := ParseHeader(raw)
		if len(h.fields) > maxFields {
			t.Errorf("%d fields", len(h.fields))
		}
		for _, field := range h.fields {
			value := h.Get(field.name)
			if !utf8.ValidString(value) || strings.ContainsAny(value, "\r\n\x00") {
				t.Errorf("%s: %q is not one clean line", field.name, value)
			}
			for _, a := range ParseAddresses(field.raw) {
				if a.Address == "" || !utf8.ValidString(a.Address+a.Name) || strings.ContainsAny(a.Address+a.Name, "\r\n\x00") {
					t.Errorf("address %+v of %q", a, field.raw)
				}
			}
			for _, id := range MessageIDs(field.raw) {
				if len(id) < 3 || id[0] != '<' || id[len(id)-1] != '>' || !utf8.ValidString(id) {
					t.Errorf("id %q", id)
				}
			}
			parseMediaType(field.raw)
			parseDate(field.raw)
		}
	})
}

func FuzzBounce(f *testing.F) {
	for _, s := range append(seedBounces(), seedMessages()...) {
		f.Add([]byte(s))
	}
	addCorpus(f, "bounces/*.eml", 3<<10)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := Read(Parse(raw), time.Unix(1780000000, 0))
		if len(r.Bounces) > maxRecipients || len(r.OriginalIDs) > maxAddresses {
			t.Errorf("%d recipients, %d ids", len(r.Bounces), len(r.OriginalIDs))
		}
		if strings.ContainsAny(r.Snippet, "\r\n") || utf8.RuneCountInString(r.Snippet) > maxSnippet || !utf8.ValidString(r.VisibleText) {
			t.Errorf("snippet %q", r.Snippet)
		}
		for _, b := range r.Bounces {
			if b.Type == "" || !utf8.ValidString(b.Recipient+b.Diagnostic+b.RemoteMTA+b.Status) {
				t.Errorf("%+v", b)
			}
		}
	})
}

// addCorpus adds the small messages of the corpora, where they are, as seeds.
func addCorpus(f *testing.F, pattern string, limit int) {
	names, err := filepath.Glob(filepath.Join(corpora, pattern))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		if raw, err := os.ReadFile(name); err == nil && len(raw) <= limit {
			f.Add(raw)
		}
	}
}
