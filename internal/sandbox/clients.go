package sandbox

import (
	"html"
	"strings"
)

// gmail writes an answer as Gmail's web page does: text and HTML, attribution line, quotation below the answer.
func (a *answer) gmail(text string) []byte {
	var s sheet
	o := a.original
	boundary := "000000000000" + token(a.random, hexDigits, 16)
	s.field("MIME-Version", "1.0")
	s.ids("References", o.thread()...)
	s.ids("In-Reply-To", o.messageID)
	s.person("From", a.person.Name, a.person.Email)
	s.date(a.at)
	s.field("Message-ID", "<CA"+token(a.random, letters, 48)+"@mail.gmail.com>")
	s.field("Subject", "Re: "+o.bareSubject())
	s.person("To", o.from.Name, o.replyTo)
	s.linef(`Content-Type: multipart/alternative; boundary="%s"`, boundary)
	wrote := a.attribution(a.locale().gmail)

	s.linef("\r\n--%s", boundary)
	s.linef("Content-Type: text/plain; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n")
	s.quoted(text + "\n\n" + wrote + "\n\n" + quote(o.text))
	s.linef("--%s", boundary)
	s.linef("Content-Type: text/html; charset=\"UTF-8\"\r\nContent-Transfer-Encoding: quoted-printable\r\n")
	s.quoted(`<div dir="` + a.direction() + `">` + markup(text) + "</div><br>" +
		`<div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">` + html.EscapeString(wrote) + "<br></div>" +
		`<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">` +
		o.htmlBody() + "</blockquote></div>\n")
	s.linef("--%s--", boundary)
	return s.Bytes()
}

// outlook writes an answer as Outlook on Microsoft 365 does: a block of header lines before the quotation, which has no marks of its
// own, and Exchange's thread fields.
func (a *answer) outlook(text string) []byte {
	var s sheet
	o, l := a.original, a.locale()
	mailbox := token(a.random, capitals, 12)
	boundary := "_000_" + mailbox + token(a.random, capitals, 20) + "_"
	s.person("From", a.person.Name, a.person.Email)
	s.person("To", o.from.Name, o.replyTo)
	s.field("Subject", l.rePrefix+o.bareSubject())
	s.field("Thread-Topic", o.bareSubject())
	s.field("Thread-Index", "Ad"+token(a.random, letters, 36)+"==")
	s.date(a.at.UTC())
	s.field("Message-ID", "<"+mailbox+token(a.random, capitals, 20)+"@"+mailbox+".eurprd01.prod.outlook.com>")
	s.ids("References", o.thread()...)
	s.ids("In-Reply-To", o.messageID)
	s.field("Accept-Language", "en-US")
	s.field("Content-Language", "en-US")
	s.field("X-MS-Has-Attach", "")
	s.linef("Content-Type: multipart/alternative;\r\n\tboundary=\"%s\"\r\nMIME-Version: 1.0", boundary)

	block := []string{
		l.labels[0] + ": " + o.from.Name + " <" + o.from.Address + ">",
		l.labels[1] + ": " + o.date.In(a.at.Location()).Format("Monday, January 2, 2006 3:04 PM"),
		l.labels[2] + ": " + a.person.Name + " <" + a.person.Email + ">",
		l.labels[3] + ": " + o.subject,
	}
	s.linef("\r\n--%s\r\nContent-Type: text/plain; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n", boundary)
	s.base64(text + "\n\n" + strings.Repeat("_", 32) + "\n" + strings.Join(block, "\n") + "\n\n" + o.text + "\n")
	s.linef("\r\n--%s\r\nContent-Type: text/html; charset=\"utf-8\"\r\nContent-Transfer-Encoding: base64\r\n", boundary)
	s.base64(outlookHTML(text, a.direction(), block, o.htmlBody()))
	s.linef("\r\n--%s--", boundary)
	return s.Bytes()
}

func outlookHTML(text, direction string, block []string, quoted string) string {
	var b strings.Builder
	b.WriteString("<html><head><meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"></head>\n<body dir=\"" + direction + "\">\n")
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString("<div class=\"elementToProof\" style=\"font-family: Aptos, Calibri, sans-serif; font-size: 12pt;\">" + html.EscapeString(line) + "<br></div>\n")
	}
	b.WriteString("<div id=\"appendonsend\"></div>\n<hr style=\"display:inline-block;width:98%\" tabindex=\"-1\">\n")
	b.WriteString("<div id=\"divRplyFwdMsg\" dir=\"ltr\"><font face=\"Calibri, sans-serif\" style=\"font-size:11pt\" color=\"#000000\">")
	for _, line := range block {
		label, value, _ := strings.Cut(line, ": ")
		b.WriteString("<b>" + html.EscapeString(label) + ":</b> " + html.EscapeString(value) + "<br>\n")
	}
	b.WriteString("</font><div>&nbsp;</div></div>\n<div>" + quoted + "</div>\n</body></html>\n")
	return b.String()
}

// apple writes an answer as Mail on a Mac or an iPhone does: the attribution line is part of the quotation.
func (a *answer) apple(text string) []byte {
	var s sheet
	o := a.original
	boundary := "Apple-Mail=_" + uuid(a.random)
	phone := a.random.IntN(2) == 0
	s.person("From", a.person.Name, a.person.Email)
	s.linef("Content-Type: multipart/alternative;\r\n\tboundary=\"%s\"", boundary)
	if phone {
		s.field("Mime-Version", "1.0 (1.0)")
		text += "\n\nSent from my iPhone"
	} else {
		s.field("Mime-Version", `1.0 (Mac OS X Mail 16.0 \(3826.600.51.1.1\))`)
	}
	s.field("Subject", "Re: "+o.bareSubject())
	s.date(a.at)
	s.ids("References", o.thread()...)
	s.person("To", o.from.Name, o.replyTo)
	s.ids("In-Reply-To", o.messageID)
	s.field("Message-Id", "<"+uuid(a.random)+"@"+a.person.domain()+">")
	s.field("X-Mailer", map[bool]string{true: "iPhone Mail (23A341)", false: "Apple Mail (2.3826.600.51.1.1)"}[phone])
	wrote := a.attribution(a.locale().apple)

	s.linef("\r\n\r\n--%s\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain;\r\n\tcharset=utf-8\r\n", boundary)
	s.quoted(text + "\n\n" + quote(wrote+"\n\n"+o.text))
	s.linef("\r\n--%s\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html;\r\n\tcharset=utf-8\r\n", boundary)
	s.quoted(`<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="` + a.direction() +
		`" style="overflow-wrap: break-word; line-break: after-white-space;">` + markup(text) +
		`<div><br><blockquote type="cite"><div>` + html.EscapeString(wrote) + "</div><br><div>" + o.htmlBody() + "</div></blockquote></div></body></html>\n")
	s.linef("\r\n--%s--", boundary)
	return s.Bytes()
}

func (a *answer) direction() string {
	if a.person.Language == "ar" {
		return "rtl"
	}
	return "ltr"
}

// optOutRequest is what a mail program sends for its unsubscribe button.
func (a *answer) optOutRequest() []byte {
	var s sheet
	subject := a.original.optOutSubj
	if subject == "" {
		subject = "unsubscribe"
	}
	s.field("MIME-Version", "1.0")
	s.person("From", a.person.Name, a.person.Email)
	s.date(a.at)
	s.field("Message-ID", "<CA"+token(a.random, letters, 48)+"@mail.gmail.com>")
	s.field("Subject", subject)
	s.field("To", a.original.optOut)
	s.linef("Content-Type: text/plain; charset=\"UTF-8\"\r\n")
	s.plain("This message was automatically generated by the mail program.")
	return s.Bytes()
}
