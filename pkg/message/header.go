package message

import (
	"bytes"
	"strings"
)

// Header is the header block of a message or part: its fields in order, unfolded, their names without case.
type Header struct {
	fields []field
}

type field struct {
	name string // lower case
	raw  string // unfolded, trimmed, undecoded; may hold any byte
}

// ParseHeader reads a header block, as the first phase of a sync fetches it. Lines that are no fields are skipped.
func ParseHeader(raw []byte) Header {
	header, _, _ := cutHeader(raw)
	return header
}

// Get returns the first field of that name, decoded (RFC 2047), "" if there is none.
func (h Header) Get(name string) string {
	return decodeHeader(h.Raw(name))
}

// Values returns every field of that name, decoded, in order.
func (h Header) Values(name string) []string {
	var values []string
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			values = append(values, decodeHeader(f.raw))
		}
	}
	return values
}

// Has says whether a field of that name exists, empty or not.
func (h Header) Has(name string) bool {
	_, ok := h.lookup(name)
	return ok
}

// Raw returns the first field of that name unfolded but as it was sent, "" if there is none.
func (h Header) Raw(name string) string {
	raw, _ := h.lookup(name)
	return raw
}

func (h Header) lookup(name string) (string, bool) {
	for i := range h.fields {
		if len(h.fields[i].name) == len(name) && strings.EqualFold(h.fields[i].name, name) {
			return h.fields[i].raw, true
		}
	}
	return "", false
}

// rawValues returns every field of that name as it was sent.
func (h Header) rawValues(name string) []string {
	var values []string
	for i := range h.fields {
		if strings.EqualFold(h.fields[i].name, name) {
			values = append(values, h.fields[i].raw)
		}
	}
	return values
}

// firstFilled returns the first field of that name that says anything, as it was sent.
func (h Header) firstFilled(name string) string {
	for i := range h.fields {
		if h.fields[i].raw != "" && strings.EqualFold(h.fields[i].name, name) {
			return h.fields[i].raw
		}
	}
	return ""
}

// cutHeader splits a message or part into its header and its body. The header ends at the first empty line, or where text begins that can
// be no field.
func cutHeader(raw []byte) (header Header, body []byte, truncated bool) {
	p := headerParser{rest: skipPreamble(raw), budget: maxHeaderBytes}
	for p.next() {
	}
	p.close()
	return Header{p.fields}, p.rest, p.truncated
}

// skipPreamble drops what precedes the first field: blank lines and the "From " line of an mbox file.
func skipPreamble(raw []byte) []byte {
	for {
		line, rest := cutLine(raw)
		envelope := bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
		if !envelope && (len(bytes.TrimSpace(line)) > 0 || len(rest) == 0) {
			return raw
		}
		raw = rest
	}
}

// headerParser collects fields line by line.
type headerParser struct {
	rest      []byte
	fields    []field
	name      string
	value     []byte // of the field being read: its first line, shared with the input until a folded line follows
	folded    bool
	unfolding []byte // room for folded values, one after the other
	budget    int
	truncated bool
}

// next reads one line; false means that the body begins.
func (p *headerParser) next() bool {
	if len(p.rest) == 0 {
		return false
	}
	line, rest := cutLine(p.rest)
	if len(line) == 0 {
		p.rest = rest
		return false
	}
	if p.name == "" && len(p.fields) == 0 {
		line = bytes.TrimLeft(line, " \t") // nothing to continue yet
	}
	if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
		if len(bytes.TrimSpace(line)) == 0 && !startsWithField(rest) && !startsWithBlank(rest) {
			p.rest = rest // an "empty" line of blanks ends the header, unless more of the header follows
			return false
		}
		p.fold(line)
		p.rest = rest
		return true
	}
	name, value, ok := cutField(line)
	if !ok && (isDelimiter(line) || !fieldsFollow(rest)) {
		return false
	}
	p.rest = rest
	p.close()
	if ok && p.spend(len(line)) {
		p.name, p.value = name, value
	}
	return true
}

// fold appends a continuation line to the field being read.
func (p *headerParser) fold(line []byte) {
	if p.name == "" || !p.spend(len(line)) {
		return
	}
	if !p.folded {
		p.value, p.folded = append(p.unfolding[:0], p.value...), true
	}
	p.value = append(append(p.value, ' '), bytes.TrimSpace(line)...)
	p.unfolding = p.value
}

// spend counts bytes against the budget; past it lines are read and dropped.
func (p *headerParser) spend(n int) bool {
	if p.budget -= n; p.budget < 0 || len(p.fields) >= maxFields {
		p.truncated = true
		return false
	}
	return true
}

// close ends the field being read.
func (p *headerParser) close() {
	if p.name != "" {
		if p.fields == nil {
			p.fields = make([]field, 0, fieldsIn(p.rest)+1)
		}
		p.fields = append(p.fields, field{p.name, string(bytes.TrimSpace(p.value))})
	}
	p.name, p.value, p.folded = "", nil, false
}

// fieldsIn is about how many fields follow in a header of usual size: its lines that continue none.
func fieldsIn(rest []byte) int {
	n := 0
	for n < usualFields {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 || i == 0 || i == 1 && rest[0] == '\r' {
			return n
		}
		if rest[0] != ' ' && rest[0] != '\t' {
			n++
		}
		rest = rest[i+1:]
	}
	return n
}

// usualFields is room for the fields of most headers.
const usualFields = 32

// cutField splits "Name: value". Blanks before the colon are forgiven, blanks inside the name are not: that is how prose is told from a field.
func cutField(line []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 || colon > 200 {
		return "", nil, false
	}
	token := bytes.TrimRight(line[:colon], " \t")
	var room [64]byte
	lower := room[:0]
	for _, c := range token {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower = append(lower, c)
	}
	if known, ok := fieldNames[string(lower)]; ok {
		return known, line[colon+1:], true
	}
	return string(lower), line[colon+1:], len(token) > 0
}

// fieldNames are names that most headers hold, of which no header needs a copy of its own.
var fieldNames = func() map[string]string {
	names := map[string]string{}
	for _, name := range list(`arc-authentication-results, arc-message-signature, arc-seal, authentication-results, auto-submitted, cc, content-disposition,
		content-id, content-language, content-transfer-encoding, content-type, date, delivered-to, dkim-signature, from, in-reply-to, list-id,
		list-unsubscribe, message-id, mime-version, precedence, received, received-spf, references, reply-to, return-path, sender, subject,
		thread-index, thread-topic, to, user-agent, x-gm-message-state, x-google-dkim-signature, x-google-smtp-source, x-mailer, x-original-to, x-received`) {
		names[name] = name
	}
	return names
}()

// isDelimiter says that a line looks like the boundary of a multipart, which ends a header that lost its empty line.
func isDelimiter(line []byte) bool {
	return bytes.HasPrefix(line, []byte("--")) && len(line) > 2
}

// lookAhead is how many lines after a malformed one are searched for the rest of the header.
const lookAhead = 5

// fieldsFollow says whether one of the next lines, up to the first empty one, is a field. It tells a damaged header line from the start of
// a body.
func fieldsFollow(b []byte) bool {
	for range lookAhead {
		if startsWithBlankLine(b) {
			return false
		}
		if startsWithField(b) {
			return true
		}
		_, b = cutLine(b)
	}
	return false
}

func startsWithField(b []byte) bool {
	line, _ := cutLine(b)
	_, _, ok := cutField(line)
	return ok && !bytes.HasPrefix(bytes.TrimSpace(line[bytes.IndexByte(line, ':')+1:]), []byte("//")) // a URL is no field
}

// startsWithBlank says that the next line continues a field.
func startsWithBlank(b []byte) bool {
	line, _ := cutLine(b)
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t') && len(bytes.TrimSpace(line)) > 0
}

func startsWithBlankLine(b []byte) bool {
	line, _ := cutLine(b)
	return len(line) == 0
}

// cutLine returns the first line without its end (LF, CRLF, or several CRs before the LF) and what follows.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.TrimRight(b, "\r"), nil
	}
	return bytes.TrimRight(b[:i], "\r"), b[i+1:]
}
