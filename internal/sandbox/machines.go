package sandbox

import (
	"bytes"
	"fmt"
	"strings"
	"time"
)

// automatic is an absence notice, an acknowledgement or a "no longer here", as Exchange or Gmail sends it (RFC 3834).
func (a *answer) automatic() []byte {
	var s sheet
	o := a.original
	s.person("From", a.person.Name, a.person.Email)
	s.field("To", o.envelope)
	if a.person.Client == Outlook {
		s.field("Subject", a.locale().automatic+o.subject)
		s.field("Auto-Submitted", "auto-generated")
		s.field("X-Auto-Response-Suppress", "All")
		s.field("Message-ID", "<"+token(a.random, hexDigits, 32)+"@"+strings.ToUpper(token(a.random, letters, 12))+".eurprd01.prod.outlook.com>")
	} else {
		s.field("Subject", a.automaticSubject())
		s.field("Auto-Submitted", "auto-replied")
		s.field("Precedence", "bulk")
		s.field("X-Autoreply", "yes")
		s.field("Message-ID", "<CA"+token(a.random, letters, 48)+"@mail.gmail.com>")
	}
	s.date(a.at)
	s.ids("In-Reply-To", o.messageID)
	s.ids("References", o.thread()...)
	s.field("MIME-Version", "1.0")
	s.linef("Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n")
	s.quoted(a.words() + "\n")
	return s.Bytes()
}

func (a *answer) automaticSubject() string {
	switch a.act.Do {
	case AutoReply:
		return fmt.Sprintf("[#%d] We have received your message: %s", 10000+a.random.IntN(90000), a.original.bareSubject())
	case LeftCompany:
		return "Automatic reply: " + a.original.subject
	}
	return "Out of office Re: " + a.original.bareSubject()
}

// deliveryReport is a delivery status notification (RFC 3464), in Exchange's words for people on Outlook and else in Postfix's.
func (a *answer) deliveryReport() []byte {
	report := postfixReport
	if a.person.Client == Outlook {
		report = exchangeReport
	}
	r := reportFacts{
		host: "mx." + a.person.domain(), to: a.original.envelope, failed: a.person.Email, at: a.at.UTC(), original: a.original,
		boundary: token(a.random, capitals, 16) + "." + fmt.Sprint(a.at.Unix()), id: token(a.random, capitals, 11),
		action: "failed", status: "5.1.1",
		diagnostic: fmt.Sprintf("smtp; 550 5.1.1 <%s>: Recipient address rejected: User unknown in virtual mailbox table", a.person.Email),
	}
	if a.act.Do == Delayed {
		r.action, r.status = "delayed", "4.4.1"
		r.diagnostic = fmt.Sprintf("X-Postfix; connect to %s[203.0.113.25]:25: Connection timed out", r.host)
	}
	return report(r)
}

type reportFacts struct {
	host, to, failed           string
	at                         time.Time
	original                   *original
	boundary, id               string
	action, status, diagnostic string
}

func postfixReport(r reportFacts) []byte {
	var s sheet
	subject, notice := "Undelivered Mail Returned to Sender", "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients. It's attached below."
	if r.action == "delayed" {
		subject, notice = "Delayed Mail (still being retried)", "####################################################################\n# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #\n####################################################################\n\nYour message could not be delivered for more than 4 hour(s).\nIt will be retried until it is 5 day(s) old."
	}
	s.date(r.at)
	s.field("From", "MAILER-DAEMON@"+r.host+" (Mail Delivery System)")
	s.field("Subject", subject)
	s.field("To", r.to)
	s.field("Auto-Submitted", "auto-replied")
	s.field("Message-Id", "<"+r.at.Format("20060102150405")+"."+r.id+"@"+r.host+">")
	s.reportTop(r, "Content-Description: Notification\r\nContent-Type: text/plain; charset=us-ascii")
	_, said, _ := strings.Cut(r.diagnostic, "; ")
	if r.action == "failed" {
		said = "host " + r.host + "[203.0.113.25] said: " + said + " (in reply to RCPT TO command)"
	}
	s.plain("This is the mail system at host " + r.host + ".\n\n" + notice + "\n\n                   The mail system\n\n<" + r.failed + ">: " + said + "\n")
	s.status(r, "Reporting-MTA: dns; "+r.host+"\r\nX-Postfix-Queue-ID: "+r.id+"\r\nX-Postfix-Sender: rfc822; "+r.to+"\r\nArrival-Date: "+r.at.Add(-time.Minute).Format(time.RFC1123Z))
	s.returned(r, "message/rfc822", r.original.raw)
	return s.Bytes()
}

func exchangeReport(r reportFacts) []byte {
	var s sheet
	s.field("From", "Microsoft Outlook <postmaster@"+r.host+">")
	s.field("To", r.to)
	s.date(r.at)
	s.field("Message-ID", "<"+strings.ToLower(r.id)+"@"+r.host+">")
	s.ids("In-Reply-To", r.original.messageID)
	s.ids("References", r.original.messageID)
	s.field("Subject", map[bool]string{true: "Delivery delayed: ", false: "Undeliverable: "}[r.action == "delayed"]+r.original.subject)
	s.field("Auto-Submitted", "auto-replied")
	s.reportTop(r, "Content-Type: text/plain; charset=us-ascii")
	s.plain("Your message to " + r.failed + " couldn't be delivered.\n\nThe address could not be reached at " + r.host + ".\n\nDiagnostic information for administrators:\n\n" +
		r.failed + "\nRemote Server returned '" + strings.TrimPrefix(r.diagnostic, "smtp; ") + "'\n")
	s.status(r, "Reporting-MTA: dns;"+r.host+"\r\nReceived-From-MTA: dns;sandbox.example\r\nArrival-Date: "+r.at.Add(-time.Minute).Format(time.RFC1123Z))
	s.returned(r, "text/rfc822-headers", r.original.raw[:headerEnd(r.original.raw)])
	return s.Bytes()
}

// reportTop writes the outer structure (RFC 6522) and opens the part that people read.
func (s *sheet) reportTop(r reportFacts, firstPart string) {
	s.linef("MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"\r\n", r.boundary)
	s.linef("This is a MIME-encapsulated message.\r\n\r\n--%s\r\n%s\r\n", r.boundary, firstPart)
}

// status writes the part that machines read: a block about the message, a block about the recipient.
func (s *sheet) status(r reportFacts, perMessage string) {
	s.linef("--%s\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n", r.boundary)
	s.linef("%s\r\n\r\nFinal-Recipient: rfc822; %s\r\nOriginal-Recipient: rfc822;%s\r\nAction: %s\r\nStatus: %s", perMessage, r.failed, r.failed, r.action, r.status)
	if r.action == "delayed" {
		s.linef("Will-Retry-Until: %s", r.at.Add(5*24*time.Hour).Format(time.RFC1123Z))
	} else {
		s.linef("Remote-MTA: dns; %s", r.host)
	}
	s.linef("Diagnostic-Code: %s\r\n", r.diagnostic)
}

func (s *sheet) returned(r reportFacts, contentType string, content []byte) {
	s.linef("--%s\r\nContent-Description: Undelivered Message\r\nContent-Type: %s\r\n", r.boundary, contentType)
	s.Write(bytes.TrimRight(content, "\r\n"))
	s.linef("\r\n\r\n--%s--", r.boundary)
}

// abuseReport is what a provider sends when a person presses "spam" (RFC 5965).
func (a *answer) abuseReport() []byte {
	var s sheet
	boundary := "feedback-" + token(a.random, hexDigits, 16)
	s.person("From", "Feedback Loop", "feedback@"+a.person.domain())
	s.field("To", a.original.envelope)
	s.date(a.at.UTC())
	s.field("Subject", "Email Feedback Report for "+a.original.subject)
	s.field("Message-ID", "<"+token(a.random, hexDigits, 24)+"@"+a.person.domain()+">")
	s.linef("MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report;\r\n\tboundary=\"%s\"\r\n", boundary)
	s.linef("--%s\r\nContent-Type: text/plain; charset=us-ascii\r\n", boundary)
	s.plain("This is an email abuse report for an email message received from\nsandbox.example on " + a.original.date.Format(time.RFC1123Z) + ".\n")
	s.linef("--%s\r\nContent-Type: message/feedback-report\r\n", boundary)
	s.linef("Feedback-Type: abuse\r\nUser-Agent: FeedbackLoop/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <%s>\r\nOriginal-Rcpt-To: <%s>\r\nArrival-Date: %s\r\nReported-Domain: %s\r\n",
		a.original.envelope, a.person.Email, a.original.date.Format(time.RFC1123Z), a.person.domain())
	s.linef("--%s\r\nContent-Type: message/rfc822\r\n", boundary)
	s.Write(bytes.TrimRight(a.original.raw, "\r\n"))
	s.linef("\r\n\r\n--%s--", boundary)
	return s.Bytes()
}
