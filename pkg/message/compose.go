package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"mailrun/pkg/outreach"
)

// Draft is a message to be written. Text alone makes a plain message; with HTML the two are alternatives, and where there is no Text it
// is made from the HTML. MessageID, InReplyTo and References are ids with their angle brackets. ListUnsubscribe holds plain URIs
// (RFC 2369); OneClick declares that its https URI takes a POST (RFC 8058).
type Draft struct {
	From, To, ReplyTo outreach.Address
	Subject           string
	Text, HTML        string
	MessageID         string
	InReplyTo         string
	References        []string
	Date              time.Time
	ListUnsubscribe   []string
	OneClick          bool
}

// Compose writes a message as RFC 5322 and MIME want it: CRLF line ends, ASCII only (but for an address that is not), header lines
// folded, bodies quoted-printable, so that no line is longer than 76 characters where it can be folded and none than 998. The same draft
// always gives the same bytes. A line end or NUL in any header value is refused, and so is an address, id or URI that no header can carry.
func Compose(d Draft) ([]byte, error) {
	if strings.TrimSpace(d.Text) == "" && d.HTML != "" {
		d.Text = TextFromHTML(d.HTML)
	}
	room, _ := composing.Get().(*[]byte)
	if room == nil {
		room = new([]byte)
	}
	out, err := d.appendTo((*room)[:0])
	if *room = out; cap(out) <= maxComposing {
		defer composing.Put(room)
	}
	if err != nil {
		return nil, fmt.Errorf("compose message to %q: %w", d.To.Address, err)
	}
	return bytes.Clone(out), nil
}

// composing is room for messages, for one after the other; larger ones than maxComposing get theirs anew. How long a message becomes is not
// known before, and most are kept for a while.
var composing sync.Pool

const maxComposing = 1 << 20

// appendTo writes the message.
func (d Draft) appendTo(out []byte) ([]byte, error) {
	out, err := d.appendHeader(out)
	if err != nil {
		return out, err
	}
	if d.HTML == "" {
		return appendText(out, "plain", d.Text), nil
	}
	return d.appendAlternative(out), nil
}

// TextFromHTML renders HTML as plain text: what a message says to a reader without HTML.
func TextFromHTML(html string) string { return htmlToText(html) }

// appendHeader writes the message's fields from top to bottom, without those of its content; those without value are left out.
func (d Draft) appendHeader(out []byte) ([]byte, error) {
	if d.Date.IsZero() {
		return out, errors.New("no date")
	}
	var e headerEncoder
	for _, f := range []field{
		{"Date", d.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")},
		{"From", e.address("From", d.From, true)},
		{"To", e.address("To", d.To, true)},
		{"Reply-To", e.address("Reply-To", d.ReplyTo, false)},
		{"Subject", e.text("Subject", d.Subject)},
		{"Message-ID", e.id("Message-ID", d.MessageID)},
		{"In-Reply-To", e.id("In-Reply-To", d.InReplyTo)},
		{"References", e.references(d.References)},
		{"List-Unsubscribe", e.uris("List-Unsubscribe", d.ListUnsubscribe)},
		{"List-Unsubscribe-Post", d.oneClick()},
		{"MIME-Version", "1.0"},
	} {
		if f.raw != "" {
			out = appendField(out, f.name, f.raw)
		}
	}
	return out, e.err
}

// oneClick is the value of List-Unsubscribe-Post.
func (d Draft) oneClick() string {
	if d.OneClick && len(d.ListUnsubscribe) > 0 {
		return "List-Unsubscribe=One-Click"
	}
	return ""
}

// appendAlternative writes both parts, the plain one first: a reader shows the last one that it can (RFC 2046 section 5.1.4).
func (d Draft) appendAlternative(out []byte) []byte {
	between := "--" + boundary(d)
	out = append(append(out, "Content-Type: multipart/alternative;\r\n boundary=\""...), between[2:]...)
	out = append(append(out, "\"\r\n\r\n"...), between...)
	out = append(appendText(append(out, '\r', '\n'), "plain", d.Text), "\r\n"...)
	out = append(append(out, between...), '\r', '\n')
	out = append(appendText(out, "html", d.HTML), "\r\n"...)
	return append(append(out, between...), "--\r\n"...)
}

// boundary is derived from the message's id, so that composing again gives the same bytes. "=_" occurs in no quoted-printable text
// (RFC 2045 section 6.7), so no body can contain it.
func boundary(d Draft) string {
	sum := sha256.Sum256([]byte("boundary\x00" + d.MessageID + "\x00" + d.To.Address))
	return "=_" + hex.EncodeToString(sum[:16])
}

// appendText writes the fields of a text's content, and the text.
func appendText(out []byte, subtype, body string) []byte {
	out = append(append(out, "Content-Type: text/"...), subtype...)
	out = append(out, "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"...)
	return append(appendQuotedPrintable(out, cleanBody(body)), '\r', '\n')
}

// cleanBody makes a body valid UTF-8 with one kind of line end, and none at its end.
func cleanBody(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	return strings.TrimRight(s, "\n")
}
