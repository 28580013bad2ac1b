package message

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"mailrun/pkg/outreach"
)

func TestReadKind(t *testing.T) {
	received := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name string
		m    *Message
		want outreach.Kind
	}{
		{"bounce", dsn("Final-Recipient: rfc822; a@there.example\nAction: failed\nStatus: 5.1.1\n"), outreach.KindBounce},
		{"delay", dsn("Final-Recipient: rfc822; a@there.example\nAction: delayed\nStatus: 4.4.1\n"), outreach.KindBounce},
		{
			"bounce that says it is automatic", notice("From: MAILER-DAEMON@relay.example\nAuto-Submitted: auto-replied\nSubject: failure notice", "This is the qmail-send program at relay.example.\n\n<her@there.example>:\n550 5.1.1 no such user\n"),
			outreach.KindBounce,
		},
		{"delivered", dsn("Final-Recipient: rfc822; a@there.example\nAction: delivered\nStatus: 2.0.0\n"), outreach.KindAutoReply},
		{"complaint", feedback("abuse"), outreach.KindComplaint},
		{"no complaint after all", feedback("not-spam"), outreach.KindAutoReply},
		{
			"read receipt", Parse([]byte("From: her@there.example\nSubject: Read: Hello\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nYour message was read.\n--b\n" +
				"Content-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--")), outreach.KindAutoReply,
		},
		{"absence", notice("From: her@there.example\nAuto-Submitted: auto-replied\nSubject: Out of office: Hello", "I am out of the office until 10 June 2026.\n"), outreach.KindOutOfOffice},
		{"opt-out in words", notice("From: her@there.example\nSubject: Re: Hello", "Please unsubscribe me.\n"), outreach.KindUnsubscribe},
		{"opt-out by a click", notice("From: her@there.example\nSubject: unsubscribe", "Sent by the mail program to unsubscribe from the message Hello.\n"), outreach.KindUnsubscribe},
		{"our own footer comes back", notice("From: her@there.example\nSubject: Re: Hello", "Sounds good, call me.\n\nOn Mon, 1 Jun 2026 at 10:00, Me <me@sender.example> wrote:\n> Hello\n> To unsubscribe click here\n"), outreach.KindHuman},
		{"human", notice("From: her@there.example\nSubject: Re: Hello", "Yes, Tuesday is fine.\n"), outreach.KindHuman},
		{"nothing", Parse(nil), outreach.KindHuman},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Read(tt.m, received); got.Kind != tt.want {
				t.Errorf("kind %s, want %s: %q", got.Kind, tt.want, got.VisibleText)
			}
		})
	}
}

func TestReadCalendar(t *testing.T) {
	m := Parse([]byte("From: her@there.example\nSubject: Accepted: Talk\nContent-Type: text/calendar; method=REPLY\n\nBEGIN:VCALENDAR\nMETHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=ACCEPTED:mailto:her@there.example\nEND:VEVENT\nEND:VCALENDAR\n"))
	if got := Read(m, time.Now()); got.Kind != outreach.KindHuman || got.Calendar != "accepted" {
		t.Errorf("kind %s, calendar %q", got.Kind, got.Calendar)
	}
}

func TestReadExchangeID(t *testing.T) {
	m := notice("From: her@there.example\nSubject: Re: Hello\nX-MS-Exchange-Parent-Message-Id: <m1@sender.example>", "Yes.\n")
	if got := Read(m, time.Now()).OriginalIDs; len(got) != 1 || got[0] != "<m1@sender.example>" {
		t.Errorf("ids %q", got)
	}
}

func TestSnippet(t *testing.T) {
	m := notice("Subject: Re: Hello", "One\n  two\n\n"+strings.Repeat("drei über ", 100))
	got := Read(m, time.Now()).Snippet
	if !strings.HasPrefix(got, "One two drei") || utf8.RuneCountInString(got) != maxSnippet || strings.Contains(got, "\n") {
		t.Errorf("snippet %q", got)
	}
}
