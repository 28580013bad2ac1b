package message

import (
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
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// Raw returns the first field of that name unfolded but as it was sent, "" if there is none.
func (h Header) Raw(name string) string {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return f.raw
		}
	}
	return ""
}
