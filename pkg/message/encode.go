package message

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"mailrun/pkg/outreach"
)

// Bounds of what goes into a header. A line must not exceed 998 bytes (RFC 5322 section 2.1.1); the ids kept of a long thread are
// enough for any reader to find its place.
const (
	maxLine       = 76 // RFC 2047 section 2, RFC 2045 section 6.7
	maxHeaderWord = 900
	maxReferences = 20
	maxSubject    = 4000
)

// EnvelopeAddress is an address as SMTP's MAIL and RCPT take it: without blanks around it, an international domain in its ASCII form
// (RFC 5891). A local part that is not ASCII stays as it is: it needs SMTPUTF8 (RFC 6531). What is no address comes back unchanged.
func EnvelopeAddress(address string) string {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 0 || isPrintable(address[at:]) {
		return address
	}
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return address
	}
	return address[:at+1] + domain
}

// headerEncoder turns values into header text and remembers the first that cannot be.
type headerEncoder struct{ err error }

func (e *headerEncoder) fail(name string, err error) string {
	if e.err == nil {
		e.err = fmt.Errorf("header %s: %w", name, err)
	}
	return ""
}

// clean refuses what would let a value end its header line.
func (e *headerEncoder) clean(name, value string) bool {
	switch {
	case strings.ContainsAny(value, "\r\n\x00"):
		e.fail(name, fmt.Errorf("line end in %q: a value must be one line", value))
	case !utf8.ValidString(value):
		e.fail(name, fmt.Errorf("%q is not UTF-8", value))
	}
	return e.err == nil
}

// address writes one address with its name, the domain in ASCII.
func (e *headerEncoder) address(name string, a outreach.Address, required bool) string {
	if a.Address == "" && !required {
		return ""
	}
	if !e.clean(name, a.Name) || !e.clean(name, a.Address) {
		return ""
	}
	envelope := EnvelopeAddress(a.Address)
	if err := checkAddress(envelope); err != nil {
		return e.fail(name, err)
	}
	display, encoded := foldBlanks(a.Name), ""
	if !isPrintable(display) || strings.Contains(display, "=?") {
		display, encoded = "", encodeWords(display, len(name))+" "
	}
	formatted := encoded + (&mail.Address{Name: display, Address: envelope}).String()
	if longestWord(formatted) > maxHeaderWord {
		return e.fail(name, errors.New("too long"))
	}
	return formatted
}

// checkAddress tells whether an address, its domain already in ASCII, can stand in a header and in an envelope (RFC 5321
// section 4.5.3.1 bounds its parts).
func checkAddress(address string) error {
	at := strings.LastIndexByte(address, '@')
	switch {
	case at <= 0 || at == len(address)-1:
		return fmt.Errorf("%q is no address", address)
	case at > 64 || len(address) > 254:
		return fmt.Errorf("address %q is too long", address)
	case strings.ContainsAny(address, " \t<>(),;:\"[]\\") || strings.IndexByte(address, '@') != at || !isPrintable(address[at:]):
		return fmt.Errorf("%q is no address", address)
	}
	return nil
}

// text writes an unstructured value: blanks folded, other than ASCII as encoded words.
func (e *headerEncoder) text(name, value string) string {
	if !e.clean(name, value) {
		return ""
	}
	value = foldBlanks(value)
	if len(value) > maxSubject {
		return e.fail(name, fmt.Errorf("%d bytes are too long: at most %d", len(value), maxSubject))
	}
	// Plain text that looks like an encoded word would be decoded by its reader; a long word could not be folded.
	if isPrintable(value) && !strings.Contains(value, "=?") && longestWord(value) < maxLine-len(name) {
		return value
	}
	return encodeWords(value, len(name))
}

// id writes one message id.
func (e *headerEncoder) id(name, id string) string {
	if !e.clean(name, id) {
		return ""
	}
	if id != "" && !isMessageID(id) {
		return e.fail(name, fmt.Errorf("%q is no message id", id))
	}
	return id
}

// isMessageID tells whether an id can be repeated in a header. Servers make ids of every shape, so only the shape is asked for that a
// header line needs.
func isMessageID(id string) bool {
	return len(id) > 2 && len(id) <= maxHeaderWord && id[0] == '<' && id[len(id)-1] == '>' &&
		isPrintable(id) && !strings.ContainsAny(id[1:len(id)-1], "<> \t")
}

// references writes the ids of a thread: the first, which names it, and the last ones. Ids of other mailers that no header can carry are
// left out.
func (e *headerEncoder) references(ids []string) string {
	kept := make([]string, 0, len(ids))
	for _, id := range ids {
		if !e.clean("References", id) {
			return ""
		}
		if isMessageID(id) {
			kept = append(kept, id)
		}
	}
	if n := len(kept); n > maxReferences {
		kept = append(kept[:1], kept[n-maxReferences+1:]...)
	}
	return strings.Join(kept, " ")
}

// uris writes a list of URIs in angle brackets (RFC 2369).
func (e *headerEncoder) uris(name string, uris []string) string {
	list := make([]string, 0, len(uris))
	for _, u := range uris {
		if !e.clean(name, u) {
			return ""
		}
		if !isPrintable(u) || strings.ContainsAny(u, "<>, \t") || len(u) > maxHeaderWord || !strings.Contains(u, ":") {
			return e.fail(name, fmt.Errorf("%q is no URI", u))
		}
		list = append(list, "<"+u+">")
	}
	return strings.Join(list, ", ")
}

// foldBlanks makes every run of blanks one space: a header may be folded at any of them.
func foldBlanks(s string) string {
	if isFolded(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// isFolded tells whether all blanks of a value are single spaces between words, as they mostly are.
func isFolded(s string) bool {
	before := ' '
	for _, r := range s {
		if unicode.IsSpace(r) && (r != ' ' || before == ' ') {
			return false
		}
		before = r
	}
	return before != ' ' || s == ""
}

// appendField writes a field, a new line begun before each word that would pass maxLine (RFC 5322 section 2.2.3). go-message folds too, but
// not behind a first word that is too long.
func appendField(line []byte, name, value string) []byte {
	line = append(append(line, name...), ':')
	width := len(name) + 1
	for first := true; value != "" || first; first = false {
		word, rest, _ := strings.Cut(value, " ")
		if !first && width+1+len(word) > maxLine {
			line, width = append(line, '\r', '\n'), 0
		}
		line = append(append(line, ' '), word...)
		value, width = rest, width+1+len(word)
	}
	return append(line, '\r', '\n')
}

func longestWord(s string) int {
	longest := 0
	for w := range strings.FieldsSeq(s) {
		longest = max(longest, len(w))
	}
	return longest
}

// isPrintable says that a value is printable ASCII.
func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
