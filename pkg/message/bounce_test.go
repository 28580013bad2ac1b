package message

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

// notice builds a bounce of one text part from the lines of its header and body.
func notice(header, body string) *Message {
	return Parse([]byte("To: me@sender.example\n" + header + "\n\n" + body))
}

// outcome is what a test compares of a failed recipient.
type outcome struct {
	Recipient string
	Type      outreach.BounceType
	Status    string
	Action    string
}

func outcomes(b bounceReading) []outcome {
	var list []outcome
	for _, r := range b.recipients {
		list = append(list, outcome{r.Recipient, r.Type, r.Status, r.Action})
	}
	return list
}

const returnedHeader = "\nReceived: from mx.sender.example by relay.example; Mon, 1 Jun 2026 10:00:00 +0000\nMessage-ID: <m1@sender.example>\n" +
	"From: me@sender.example\nTo: her@there.example\nSubject: Hello\n\nHello\n"

func TestTextBounces(t *testing.T) {
	tests := []struct {
		name, header, body string
		want               []outcome
	}{
		{
			"qmail, two recipients kept apart", "From: MAILER-DAEMON@relay.example\nSubject: failure notice",
			"Hi. This is the qmail-send program at relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n" +
				"<her@there.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 no such user\n\n<him@there.example>:\nRemote host said: 552 5.2.2 over quota\n\n" +
				"--- Below this line is a copy of the message.\n" + returnedHeader,
			[]outcome{{"her@there.example", "hard", "5.1.1", "failed"}, {"him@there.example", "soft", "5.2.2", "failed"}},
		},
		{
			"exim, the sender refused", "From: Mail Delivery System <Mailer-Daemon@relay.example>\nX-Failed-Recipients: her@there.example\nSubject: Mail delivery failed: returning message to sender",
			"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n" +
				"  her@there.example\n    host mx.there.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<her@there.example>:\n    550 rejected because 192.0.2.9 is listed at zen.spamhaus.org\n\n" +
				"------ This is a copy of the message, including all the headers. ------\n" + returnedHeader,
			[]outcome{{"her@there.example", "block", "", "failed"}},
		},
		{
			"exim, still trying", "From: Mail Delivery System <Mailer-Daemon@relay.example>\nSubject: Warning: message 1abcDE-000123-XY delayed 24 hours",
			"This message was created automatically by mail delivery software.\nA message that you sent has not yet been delivered to one or more of its\nrecipients after more than 24 hours on the queue on relay.example.\n\n" +
				"The address to which the message has not yet been delivered is:\n\n  her@there.example\n    Delay reason: Connection refused\n\nNo action is required on your part.\n",
			[]outcome{{"her@there.example", "soft", "", "delayed"}},
		},
		{
			"sendmail 5", "From: Mail Delivery Subsystem <MAILER-DAEMON>\nSubject: Returned mail: User unknown",
			"   ----- Transcript of session follows -----\nWhile talking to mx.there.example:\n>>> RCPT To:<her@there.example>\n<<< 550 User unknown\n550 <her@there.example>... User unknown\n\n   ----- Unsent message follows -----\n" + returnedHeader,
			[]outcome{{"her@there.example", "hard", "", "failed"}},
		},
		{
			"James", "From: Postmaster@relay.example\nSubject: [BOUNCE]",
			"Hi. This is the James mail server at relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\nError message below:\n550 - Requested action not taken: no such user here\n\n" +
				"Message details:\n  Subject: Hello\n  MAIL FROM: me@sender.example\n  RCPT TO: her@there.example\n  From: Me <me@sender.example>\n  To: her@there.example\n",
			[]outcome{{"her@there.example", "hard", "", "failed"}},
		},
		{
			"MailMarshal", "From: postmaster@gate.example\nSubject: Undeliverable Mail: Hello",
			"Your message:\n   From:    me@sender.example\n   Subject: Hello\nCould not be delivered because of\n\n554 5.7.1 refused by policy\n\nThe following recipients were affected:\n    her@there.example\n\nAdditional Information\n======================\nOriginal Sender:    <me@sender.example>\n",
			[]outcome{{"her@there.example", "block", "", "failed"}},
		},
		{
			"InterScan", "From: InterScan Messaging <imss@gate.example>\nSubject: Mail could not be delivered",
			"********* Message from InterScan Messaging Security Suite **********\n\nSent <<< RCPT TO:<her@there.example>\nReceived >>> 550 5.1.1 <her@there.example>... user unknown\n\nUnable to deliver message to <her@there.example>\n" + returnedHeader,
			[]outcome{{"her@there.example", "hard", "5.1.1", "failed"}},
		},
		{
			"trouble delivering", "From: Mail Delivery System <mailer@relay.example>\nSubject: There was an error sending your mail",
			"We had trouble delivering your message. Full details follow:\n\nSubject: 'Hello'\n\n1 error(s):\n\nSMTP Server <mx.there.example> rejected recipient <her@there.example> (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]\n",
			[]outcome{{"her@there.example", "hard", "5.1.1", "failed"}},
		},
		{
			"Notes", "From: Postmaster@notes.example\nSubject: DELIVERY FAILURE: User her (her@there.example) not listed in Domino Directory",
			"Your message\n\n  Subject: Hello\n\nwas not delivered to:\n\n  her@there.example\n\nbecause:\n\n  User her (her@there.example) not listed in Domino Directory\n",
			[]outcome{{"her@there.example", "hard", "", "failed"}},
		},
		{
			"German web host", "From: Mail Delivery System <mailer-daemon@kunden.example>\nReturn-Path: <>\nSubject: Unzustellbar: Hallo",
			"Ihre Nachricht konnte nicht zugestellt werden an:\n\nher@there.example: Empfänger unbekannt\n",
			[]outcome{{"her@there.example", "hard", "", "failed"}},
		},
		{
			"Japanese carrier", "From: Postmaster@mobile.example\nReturn-Path: <>\nSubject: =?utf-8?B?44Oh44O844Or6YWN5L+h44Ko44Op44O8?=",
			"次のあて先へのメッセージは送信できませんでした。\n\n<her@there.example>: 550 Unknown user\n",
			[]outcome{{"her@there.example", "hard", "", "failed"}},
		},
		{
			"an address in the place of a name", "From: Mail Delivery System <mailer-daemon@relay.example>\nSubject: Mail failure - malformed recipient address",
			"A message that you sent contained one or more recipient addresses that were\nincorrectly constructed:\n\n" +
				"  him@here.example <her@there.example>: malformed address: <her@there.example> may not follow him@here.example\n",
			[]outcome{{"her@there.example", "other", "", "failed"}},
		},
		{
			"an instruction with an address on a line of its own", "From: list-admin@there.example\nSubject: You me@sender.example are not member (her ML)",
			"You are not a member of this mailing list <her@there.example>.\n\nIf you want to know the guide of this list, please write\n\n\tguide\n\nto the address\n\n\ther-ctl@there.example\n",
			[]outcome{{"her@there.example", "block", "", "failed"}},
		},
		{
			"nothing but the address that is written below", "From: MAILER-DAEMON@relay.example\nSubject: Undelivered Mail Returned to Sender",
			"550 5.1.1 User unknown.\n\nThe message could not be delivered to the address\n\n    her@there.example\n",
			[]outcome{{"her@there.example", "hard", "", "failed"}},
		},
		{
			"status fields in the text", "From: MAILER-DAEMON@relay.example\nSubject: Delivery Status Notification (Failure)",
			"An error occurred while trying to deliver the mail.\n\nTechnical report:\n\nReporting-MTA: dsn; relay.example\n\nAction: failed\nFinal-Recipient: rfc822; her@there.example\nDiagnostic-Code: smtp; 550 5.1.1 unknown\nStatus: 5.1.1\n",
			[]outcome{{"her@there.example", "hard", "5.1.1", "failed"}},
		},
		{
			"forwarded by a person", "From: Colleague <c@sender.example>\nSubject: Fwd: Undelivered Mail Returned to Sender",
			"FYI\n\n> From: Mail Delivery System <MAILER-DAEMON@relay.example>\n> To: me@sender.example\n> Subject: Undelivered Mail Returned to Sender\n>\n> This is the mail system at host relay.example.\n>\n> <her@there.example>: host mx.there.example said: 550 5.1.1 User unknown\n",
			[]outcome{{"her@there.example", "hard", "5.1.1", "failed"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := readBounce(notice(tt.header, tt.body))
			if diff := cmp.Diff(tt.want, outcomes(got)); !ok || diff != "" {
				t.Errorf("bounce %v (-want +got):\n%s", ok, diff)
			}
		})
	}
}

func TestNoBounce(t *testing.T) {
	tests := []struct{ name, header, body string }{
		{"a person asks about one", "From: Her <her@there.example>\nSubject: Re: Undeliverable: Hello\nIn-Reply-To: <m1@sender.example>", "Your last mail was undeliverable, they said 550 5.1.1 User unknown <old@there.example>. This one works, let's talk.\n"},
		{"a person writes of one", "From: Her <her@there.example>\nSubject: mail delivery", "Our mail delivery failed yesterday, sorry. Please send it again.\n"},
		{"absence with a null path", "From: Her <her@there.example>\nReturn-Path: <>\nAuto-Submitted: auto-replied\nSubject: Out of office: Hello", "I am away until Monday. Your message has been delivered but was not read.\n"},
		{"absence that quotes one", "From: Her <her@there.example>\nReturn-Path: <>\nAuto-Submitted: auto-replied\nSubject: Automatische Antwort: Undelivered Mail Returned to Sender", "Ich bin bis 17.08. im Urlaub.\n\n> could not be delivered to one or more recipients.\n> <he@there.example>: 550 5.1.1 User unknown\n"},
		{"a postmaster writes", "From: Postmaster <postmaster@there.example>\nSubject: Question about your mail", "Hi, could you tell me which server you send from?\n"},
		{"challenge", "From: Her <her@there.example>\nSubject: Please confirm your message", "Your message is held until you confirm that you are a person: https://confirm.example/abc\n"},
		{"held by a list", "From: list-bounces@lists.example\nSubject: Your message to List awaits moderator approval", "Your mail to 'List' with the subject Hello is being held until the list moderator can review it.\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := readBounce(notice(tt.header, tt.body)); ok {
				t.Errorf("read as a bounce: %+v", got.recipients)
			}
		})
	}
}

// dsn builds a delivery status notification from its status part.
func dsn(status string) *Message {
	return Parse([]byte(strings.ReplaceAll("From: MAILER-DAEMON@relay.example\nTo: me@sender.example\nSubject: Delivery report\nMIME-Version: 1.0\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nSee below.\n\n--b\nContent-Type: message/delivery-status\n\n"+
		status+"\n--b\nContent-Type: message/rfc822\n"+returnedHeader+"\n--b--\n", "\n", "\r\n")))
}

func TestDeliveryStatus(t *testing.T) {
	tests := []struct {
		name, status string
		want         []outcome
	}{
		{
			"each recipient for itself", "Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; a@there.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown user\n\n" +
				"Final-Recipient: rfc822; b@there.example\nAction: delayed\nStatus: 4.4.1\n\nFinal-Recipient: rfc822; c@there.example\nAction: failed\nStatus: 5.7.1\nDiagnostic-Code: smtp; 550 5.7.1 blocked\n\n" +
				"Final-Recipient: rfc822; d@there.example\nAction: delivered\nStatus: 2.0.0\n",
			[]outcome{{"a@there.example", "hard", "5.1.1", "failed"}, {"b@there.example", "soft", "4.4.1", "delayed"}, {"c@there.example", "block", "5.7.1", "failed"}},
		},
		{
			"no empty line between the blocks", "Reporting-MTA: dns; relay.example\nFinal-Recipient: rfc822; a@there.example\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822; b@there.example\nAction: failed\nStatus: 5.2.2\n",
			[]outcome{{"a@there.example", "hard", "5.1.1", "failed"}, {"b@there.example", "soft", "5.2.2", "failed"}},
		},
		{
			"empty lines within a block", "Reporting-MTA: dns; relay.example\n\nFinal-Recipient: rfc822; a@there.example\n\nAction: failed\n\nStatus: 5.1.1\n",
			[]outcome{{"a@there.example", "hard", "5.1.1", "failed"}},
		},
		{
			"a status that is no code", "Final-Recipient: rfc822; a@there.example\nAction: failure\nStatus: 552 Mailbox full\n",
			[]outcome{{"a@there.example", "soft", "", "failed"}},
		},
		{
			"a final recipient inside the server", "Original-Recipient: rfc822; a@there.example\nFinal-Recipient: rfc822; a@local-store\nAction: failed\nStatus: 5.1.1\n",
			[]outcome{{"a@there.example", "hard", "5.1.1", "failed"}},
		},
		{
			"a delay whatever the words", "Final-Recipient: rfc822; a@there.example\nAction: delayed\nStatus: 4.1.1\nDiagnostic-Code: smtp; 450 4.1.1 user unknown\n",
			[]outcome{{"a@there.example", "soft", "4.1.1", "delayed"}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := readBounce(dsn(tt.status))
			if diff := cmp.Diff(tt.want, outcomes(got)); !ok || diff != "" {
				t.Errorf("bounce %v (-want +got):\n%s", ok, diff)
			}
			if diff := cmp.Diff([]string{"<m1@sender.example>"}, got.original.ids); diff != "" {
				t.Errorf("original ids (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSuccessIsNoBounce(t *testing.T) {
	if got, ok := readBounce(dsn("Final-Recipient: rfc822; a@there.example\nAction: relayed\nStatus: 2.1.5\n")); ok {
		t.Errorf("read as a bounce: %+v", got.recipients)
	}
}

func TestBounceType(t *testing.T) {
	tests := []struct {
		evidence evidence
		want     outreach.BounceType
	}{
		{evidence{action: "failed", status: "5.1.1", diagnostic: "550 5.1.1 The email account that you tried to reach does not exist."}, outreach.BounceHard},
		{evidence{action: "failed", status: "5.0.0", diagnostic: "550 Requested action not taken: mailbox unavailable"}, outreach.BounceHard},
		{evidence{action: "failed", status: "5.4.1", diagnostic: "550 5.4.1 Recipient address rejected: Access denied"}, outreach.BounceHard},
		{evidence{action: "failed", status: "5.4.4", diagnostic: "Host or domain name not found"}, outreach.BounceHard},
		{evidence{action: "failed", status: "5.0.0"}, outreach.BounceHard},
		{evidence{diagnostic: "the mailbox of bo@there.example is over its quota"}, outreach.BounceSoft},
		{evidence{diagnostic: "message: No connection could be made because the target machine actively refused it"}, outreach.BounceSoft},
		{evidence{status: "4.4.3", diagnostic: "CNAME lookup failed temporarily. (#4.4.3)"}, outreach.BounceSoft},
		{evidence{diagnostic: "554 IP=192.0.2.1 - A problem occurred. Ask your postmaster for help or to contact us"}, outreach.BounceBlock},
		{evidence{diagnostic: "550 MI:SPB 对方服务器认为您的邮件是垃圾邮件"}, outreach.BounceBlock},
		{evidence{action: "failed", status: "5.1.1", diagnostic: "552 sorry, that mailbox is over quota (#5.1.1)"}, outreach.BounceSoft},
		{evidence{action: "failed", status: "5.2.3", diagnostic: "message too large for this recipient"}, outreach.BounceSoft},
		{evidence{action: "failed", status: "4.4.7", diagnostic: "message expired"}, outreach.BounceSoft},
		{evidence{action: "failed", status: "5.0.0", diagnostic: "host mx said: 550 user unknown (in reply to end of DATA command)"}, outreach.BounceSoft},
		{evidence{action: "failed", status: "5.1.1", diagnostic: "550 5.7.1 IP address blacklisted by recipient"}, outreach.BounceBlock},
		{evidence{action: "failed", status: "5.7.26", diagnostic: "550-5.7.26 This mail has been blocked because the sender is unauthenticated. SPF did not pass"}, outreach.BounceBlock},
		{evidence{action: "failed", status: "5.1.8", diagnostic: "553 5.1.8 Domain of sender address me@sender.example does not exist"}, outreach.BounceBlock},
		{evidence{action: "failed", status: "5.5.2", diagnostic: "500 5.5.2 bad command"}, outreach.BounceOther},
		{evidence{diagnostic: ""}, outreach.BounceOther},
		{evidence{action: "failed", diagnostic: "550 spam-team@there.example: user unknown"}, outreach.BounceHard},
	}
	for _, tt := range tests {
		if got := tt.evidence.bounceType(); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.evidence, got, tt.want)
		}
	}
}

// TestWideSigns: in text without blanks an address ends at a sign.
func TestWideSigns(t *testing.T) {
	start, end := nextAddress("用户（liuyang@there.example）不存在，邮件无法送达。")
	if got := "用户（liuyang@there.example）不存在，邮件无法送达。"[start:end]; got != "liuyang@there.example" {
		t.Errorf("address %q", got)
	}
}

// TestToldID: a notice that returns nothing may tell which message it is about.
func TestToldID(t *testing.T) {
	told := notice("From: Mail Delivery System <mailer-daemon@relay.example>\nReturn-Path: <>\nSubject: Undelivered mail",
		"I was unable to deliver your message to the following addresses:\n\nhim@there.example\n\nReason: 550 5.1.1 user unknown\n\nThe message identifier was: <m1@sender.example>\n")
	if got := readReturned(told, ""); !slices.Equal(got.ids, []string{"<m1@sender.example>"}) {
		t.Errorf("ids %q", got.ids)
	}
}

func TestReturnedID(t *testing.T) {
	tests := []struct{ name, below string }{
		{"a header", "\nReceived: from x by y; Mon, 1 Jun 2026 10:00:00 +0000\nMessage-ID: <m1@sender.example>\n\nHello\n"},
		{"quoted", "\n> Received: from x by y; Mon, 1 Jun 2026 10:00:00 +0000\n> Message-ID: <m1@sender.example>\n"},
		{"folded lines without their indentation", "\nReceived: from x by y;\nX-Long: a\n" + strings.Repeat("bbbb\n", 20) + "Message-ID: <m1@sender.example>\n"},
	}
	for _, tt := range tests {
		got, ok := readBounce(notice("From: MAILER-DAEMON@relay.example\nSubject: failure notice", "Unable to deliver.\n\n<her@there.example>:\n550 5.1.1 no\n\n--- Below this line is a copy of the message.\n"+tt.below))
		if diff := cmp.Diff([]string{"<m1@sender.example>"}, got.original.ids); !ok || diff != "" {
			t.Errorf("%s: bounce %v (-want +got):\n%s", tt.name, ok, diff)
		}
	}
}
