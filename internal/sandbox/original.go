package sandbox

import (
	"bytes"
	"io"
	netmail "net/mail"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // people receive mail in any charset
	"github.com/emersion/go-message/mail"
)

// original is what a person's mail program knows about a message that is being answered.
type original struct {
	messageID  string // with angle brackets
	references []string
	subject    string
	from       netmail.Address
	replyTo    string // address
	to         string // address
	date       time.Time
	text, html string
	optOut     string // address of a List-Unsubscribe mailto URI
	optOutSubj string // and the subject it asks for
	envelope   string
	raw        []byte
}

// readOriginal reads an accepted message. What cannot be read stays empty: people answer broken mail as well.
func readOriginal(d Delivery) *original {
	o := &original{messageID: d.MessageID, envelope: d.From, to: d.To, date: d.At, raw: d.Raw}
	o.from.Address = d.From
	reader, err := mail.CreateReader(bytes.NewReader(d.Raw))
	if err != nil && !gomessage.IsUnknownCharset(err) {
		return o
	}
	defer func() { _ = reader.Close() }()
	o.readHeader(reader.Header)
	for {
		part, err := reader.NextPart()
		if err != nil && !gomessage.IsUnknownCharset(err) {
			return o
		}
		o.readPart(part)
	}
}

func (o *original) readHeader(h mail.Header) {
	o.subject, _ = h.Subject()
	if list, err := h.AddressList("From"); err == nil && len(list) > 0 {
		o.from = *list[0]
	}
	o.replyTo = o.from.Address
	if list, err := h.AddressList("Reply-To"); err == nil && len(list) > 0 {
		o.replyTo = list[0].Address
	}
	if date, err := h.Date(); err == nil && !date.IsZero() {
		o.date = date
	}
	ids, _ := h.MsgIDList("References")
	for _, id := range ids {
		o.references = append(o.references, "<"+id+">")
	}
	o.optOut, o.optOutSubj = mailtoOf(h.Get("List-Unsubscribe"))
}

func (o *original) readPart(part *mail.Part) {
	inline, ok := part.Header.(*mail.InlineHeader)
	if !ok {
		return
	}
	kind, _, _ := inline.ContentType()
	body, err := io.ReadAll(io.LimitReader(part.Body, maxMessage))
	if err != nil {
		return
	}
	text := strings.ReplaceAll(string(body), "\r\n", "\n")
	switch {
	case kind == "text/plain" && o.text == "":
		o.text = strings.TrimRight(text, "\n")
	case kind == "text/html" && o.html == "":
		o.html = text
	}
}

// thread is the References of an answer: those of the original and the original (RFC 5322 section 3.6.4).
func (o *original) thread() []string {
	if o.messageID == "" {
		return o.references
	}
	return append(o.references[:len(o.references):len(o.references)], o.messageID)
}

// bareSubject is the subject without "Re:".
func (o *original) bareSubject() string {
	subject := o.subject
	for len(subject) >= 3 && strings.EqualFold(subject[:3], "re:") {
		subject = strings.TrimSpace(subject[3:])
	}
	return subject
}

// mailtoOf finds the first mailto URI of a List-Unsubscribe field (RFC 2369) and the subject it carries.
func mailtoOf(field string) (address, subject string) {
	_, rest, found := strings.Cut(field, "<mailto:")
	if !found {
		return "", ""
	}
	uri, _, _ := strings.Cut(rest, ">")
	address, query, _ := strings.Cut(uri, "?")
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "subject="); ok {
			subject = strings.ReplaceAll(value, "%20", " ")
		}
	}
	return address, subject
}

func parseDate(value string) (time.Time, error) { return netmail.ParseDate(value) }
