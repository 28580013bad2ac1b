package sandbox

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"math/rand/v2"
	"mime"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"
)

// lineLength is where header fields and base64 bodies are wrapped (RFC 5322 section 2.1.1, RFC 2045 section 6.8).
const lineLength = 76

// sheet is a raw message being written, with CRLF line ends.
type sheet struct{ bytes.Buffer }

func (s *sheet) linef(format string, args ...any) {
	fmt.Fprintf(s, format, args...)
	s.WriteString("\r\n")
}

// field writes a header field, encoding what is not ASCII and folding at blanks.
func (s *sheet) field(name, value string) {
	if !ascii(value) {
		value = mime.QEncoding.Encode("utf-8", value)
	}
	line := name + ":"
	for word := range strings.SplitSeq(strings.ReplaceAll(value, "\r\n", ""), " ") {
		if len(line)+1+len(word) > lineLength && strings.TrimSpace(line) != "" {
			s.linef("%s", line)
			line = ""
		}
		line += " " + word
	}
	s.linef("%s", line)
}

// person writes an address field with a display name.
func (s *sheet) person(field string, name, address string) {
	s.field(field, (&netmail.Address{Name: name, Address: address}).String())
}

// ids writes a list of Message-IDs, unless it is empty.
func (s *sheet) ids(field string, ids ...string) {
	if value := strings.TrimSpace(strings.Join(ids, " ")); value != "" {
		s.field(field, value)
	}
}

func (s *sheet) date(at time.Time) { s.field("Date", at.Format(time.RFC1123Z)) }

// quoted writes a text body in quoted-printable.
func (s *sheet) quoted(body string) {
	w := quotedprintable.NewWriter(s)
	_, _ = w.Write([]byte(body)) // a buffer takes everything
	_ = w.Close()
	s.WriteString("\r\n")
}

// base64 writes a text body in base64.
func (s *sheet) base64(body string) {
	encoded := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(body, "\n", "\r\n")))
	for len(encoded) > lineLength {
		s.linef("%s", encoded[:lineLength])
		encoded = encoded[lineLength:]
	}
	s.linef("%s", encoded)
}

// plain writes an ASCII body as it is.
func (s *sheet) plain(body string) {
	for line := range strings.SplitSeq(body, "\n") {
		s.linef("%s", strings.TrimRight(line, "\r"))
	}
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) < 0
}

// quote puts "> " before every line.
func quote(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("> "+line, " "))
		b.WriteString("\n")
	}
	return b.String()
}

// markup turns a text into HTML, a line break for a line break.
func markup(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "\n", "<br>\n")
}

// htmlBody is what stands in a quotation in HTML: the original's own markup, or its text.
func (o *original) htmlBody() string {
	if o.html == "" {
		return markup(o.text)
	}
	body := o.html
	if _, after, found := strings.Cut(body, "<body"); found {
		_, body, _ = strings.Cut(after, ">")
	}
	body, _, _ = strings.Cut(body, "</body>")
	return body
}

const (
	letters   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	hexDigits = "0123456789abcdef"
	capitals  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
)

// token draws n characters from an alphabet.
func token(random *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(b)
}

// uuid draws an identifier in the usual grouping, in capitals as Apple writes it.
func uuid(random *rand.Rand) string {
	hex := strings.ToUpper(token(random, hexDigits, 32))
	return strings.Join([]string{hex[:8], hex[8:12], hex[12:16], hex[16:20], hex[20:]}, "-")
}
