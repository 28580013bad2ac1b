package message

import (
	"bytes"
	"slices"
	"strings"
)

// returned is what a bounce or complaint gives back of the message it is about.
type returned struct {
	ids        []string
	recipients []string
	from       string
}

// originalFields hold the id of a message that a server gave another one, or that a notice is about.
var originalFields = []string{
	"X-Original-Message-ID", "X-MS-Exchange-Parent-Message-Id", "X-Microsoft-Original-Message-ID", "X-Google-Original-Message-ID", "X-Gmail-Original-Message-ID",
	"X-Riferimento-Message-ID", // Italian certified mail (PEC)
}

// readReturned finds the returned message or its header: in a part of its own, else below the text.
func readReturned(m *Message, below string) returned {
	var r returned
	for i := range m.Parts {
		p := &m.Parts[i]
		if isReturned(p) {
			r.read(ParseHeader(p.Body))
		}
	}
	if len(r.ids) == 0 && below != "" {
		r.read(ParseHeader(unquoted(below)))
	}
	if len(r.ids) == 0 {
		r.addIDs(looseIDs(below))
	}
	if m := toldID().FindStringSubmatch(limitNotice(m.Text)); len(r.ids) == 0 && m != nil {
		r.addIDs(idsOrToken(m[1]))
	}
	r.addIDs(exchangeIDs(m))
	for i := range m.Parts {
		if strings.HasSuffix(m.Parts[i].ContentType, "delivery-status") {
			r.addIDs(idsOrToken(statusField(m.Parts[i].Body, "x-original-message-id")))
		}
	}
	r.addIDs(m.InReplyTo)
	r.addIDs(m.References)
	return r
}

// toldID is how a notice that returns nothing tells the Message-ID.
var toldID = lazily(`(?i)message[- ]?(?:id|identifier)\b[^<\n]{0,60}(<[^<>\s]+@[^<>\s]+>)`)

// exchangeIDs returns the ids that Exchange and Gmail keep of a message that they gave a new one.
func exchangeIDs(m *Message) []string {
	var r returned
	for _, name := range originalFields {
		r.addIDs(idsOrToken(m.Header.Raw(name)))
	}
	return r.ids
}

// looseIDs finds the Message-ID of a returned header that is too damaged to be read as one: folded lines lose their indentation in text.
func looseIDs(below string) []string {
	for line := range strings.Lines(below[:min(len(below), maxNotice)]) {
		name, value, _ := strings.Cut(strings.TrimLeft(line, "> \t"), ":")
		if ids := idsOrToken(strings.TrimSpace(value)); len(ids) > 0 && strings.EqualFold(name, "message-id") {
			return ids[:1]
		}
	}
	return nil
}

// isReturned says that a part holds a message or a header. Besides the types of RFC 3462 there are text/rfc822 (Zoho) and whatever is named
// like a message.
func isReturned(p *Part) bool {
	switch p.ContentType {
	case "message/rfc822", "message/global", "message/global-headers", "message/rfc822-headers", "message/partial",
		"text/rfc822-headers", "text/rfc822-header", "text/rfc822", "message/delivery-headers":
		return true
	}
	return false
}

// read takes the ids and addresses of a returned header. A part that wraps the header in another one (text/rfc822-headers that begins with
// an empty line) is read as far as it goes.
func (r *returned) read(h Header) {
	r.addIDs(idsOrToken(h.Raw("Message-ID")))
	for _, name := range originalFields {
		r.addIDs(idsOrToken(h.Raw(name)))
	}
	for _, name := range []string{"X-HmXmrOriginalRecipient", "To", "Cc"} {
		for _, a := range ParseAddresses(strings.Join(h.rawValues(name), ", ")) {
			r.addRecipient(a.Address)
		}
	}
	if r.from == "" {
		r.from = first(ParseAddresses(h.firstFilled("From"))).Address
	}
}

func (r *returned) addIDs(ids []string) {
	for _, id := range ids {
		if len(r.ids) < maxAddresses && !slices.Contains(r.ids, id) {
			r.ids = append(r.ids, id)
		}
	}
}

func (r *returned) addRecipient(address string) {
	same := func(a string) bool { return strings.EqualFold(a, address) }
	if address != "" && len(r.recipients) < maxRecipients && !slices.ContainsFunc(r.recipients, same) {
		r.recipients = append(r.recipients, address)
	}
}

// statusField returns the first field of that lower-case name in a delivery status.
func statusField(body []byte, name string) string {
	for _, f := range statusFields(body) {
		if f.name == name {
			return f.raw
		}
	}
	return ""
}

// separators are the beginnings of lines that say that the returned message follows.
var separators = []string{
	"this is a copy of", "this is the copy of", "here is a copy of", "below this line is a copy", "below is a copy", "included is a copy", "enclosed is a copy", "attached is a copy", "following is a copy", "a copy of the", "copy of the original", "copy of the message",
	"the header of the", "the headers of the", "header of the original", "headers of the original", "text of the original", "text of your", "the text of", "the first ", "start of returned", "start of original", "start of undelivered", "begin of returned", "beginning of", "begin original",
	"original message", "original mail", "original e-mail", "the original message", "your original message", "returned message", "returned mail", "unsent message", "undelivered message", "undeliverable message", "rejected message", "old message", "your message was", "your message follows",
	"message header", "message text", "message body", "rfc 822 header", "rfc822 header", "below are the headers", "here are the headers", "this is the header", "ursprüngliche nachricht", "originale nachricht", "originalnachricht", "message original", "message d'origine", "mensaje original", "messaggio originale", "mensagem original", "元のメッセージ",
}

// isSeparator says that a line is one of the separators and not much more.
func isSeparator(line string) bool {
	if len(line) > 160 {
		return false
	}
	line = strings.ToLower(strings.Trim(line, "-=*_.#~:> \t\r"))
	for _, s := range separators {
		if rest, ok := strings.CutPrefix(line, s); ok {
			return len(rest) < 70 && !strings.HasPrefix(rest, " was received")
		}
	}
	return false
}

// returnedLine begins a returned header that no line announces.
var returnedLine = lazily(`^>?\s{0,8}(?:Received: ?(?:from|by|\()|Return-[Pp]ath: ?<?|DKIM-Signature: ?v=|Delivered-To: ?\S+@)`)

// cutReturned splits the text of a bounce into what the server says and what it gives back. A separator counts only where something that
// looks like a header follows it, or nothing at all.
func cutReturned(text string) (notice, below string) {
	rest := text
	for at := 0; rest != ""; {
		line, after, _ := strings.Cut(rest, "\n")
		switch {
		case mayBeHeader(line) && returnedLine().MatchString(line):
			return text[:at], rest
		case isSeparator(line) && looksReturned(after):
			return text[:at], after
		}
		at += len(line) + 1
		rest = after
	}
	return text, ""
}

// mayBeHeader spares most lines the expression.
func mayBeHeader(line string) bool {
	line = strings.TrimLeft(line, "> \t")
	return strings.HasPrefix(line, "Re") || strings.HasPrefix(line, "De") || strings.HasPrefix(line, "DKIM")
}

// looksReturned says whether a text could be a returned message: a field stands among its first lines, or there is hardly anything.
func looksReturned(s string) bool {
	lines := 0
	for s != "" && lines < 4 {
		var line string
		line, s, _ = strings.Cut(s, "\n")
		line = strings.TrimLeft(line, "> \t")
		if strings.Trim(line, "-=*_ \t") == "" {
			continue
		}
		name, _, ok := strings.Cut(line, ":")
		if ok && returnedFields[strings.ToLower(strings.TrimSpace(name))] {
			return true
		}
		if strings.Contains(line, "removed") || strings.Contains(line, "suppressed") || strings.Contains(line, "omitted") {
			return true
		}
		lines++
	}
	return lines <= 1
}

// returnedFields are fields that a returned header begins with.
var returnedFields = map[string]bool{
	"received": true, "return-path": true, "from": true, "to": true, "subject": true, "date": true, "message-id": true, "mime-version": true,
	"x-received": true, "dkim-signature": true, "delivered-to": true, "content-type": true, "reply-to": true, "sender": true, "cc": true,
	"x-mailer": true, "content-return": true, "x-originating-ip": true, "authentication-results": true, "x-google-smtp-source": true,
	"domainkey-signature": true, "x-google-dkim-signature": true, "content-class": true, "thread-index": true, "envelope-to": true,
}

// unquoted removes the indentation or quoting of a returned header.
func unquoted(s string) []byte {
	s = strings.TrimLeft(s, "-=*_ \t\n")
	if len(s) > maxHeaderBytes {
		s = s[:maxHeaderBytes]
	}
	if !strings.HasPrefix(s, ">") {
		return []byte(s)
	}
	var out bytes.Buffer
	for line := range strings.Lines(s) {
		out.WriteString(strings.TrimPrefix(strings.TrimPrefix(line, ">"), " "))
	}
	return out.Bytes()
}
