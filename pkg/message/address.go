package message

import (
	"strings"

	"mailrun/pkg/outreach"
)

// maxAddresses bounds the addresses and ids of one header value.
const maxAddresses = 1000

// ParseAddresses reads the addresses of a header value (RFC 5322 section 3.4), encoded words and all. It forgives commas and quotes where they
// do not belong, missing angle brackets, semicolons as separators and the words of groups; a piece without an address is dropped. The
// address keeps its case.
func ParseAddresses(s string) []outreach.Address {
	var list []outreach.Address
	before := "" // pieces without an address: "Doe, John <j@example.com>" has a comma too many
	for s != "" && len(list) < maxAddresses {
		var piece string
		piece, s = cutAddress(s)
		name, address := splitAddress(piece)
		if address = cleanAddress(address); address == "" {
			if len(before) < maxQuoted {
				before = joinName(before, name)
			}
			continue
		}
		list = append(list, outreach.Address{Name: decodeName(joinName(before, name)), Address: address})
		before = ""
	}
	return list
}

func joinName(before, name string) string {
	if before == "" || name == "" {
		return before + name
	}
	return before + ", " + name
}

// cutAddress returns the text up to the next separator that is neither quoted, nor in a comment, nor in angle brackets.
func cutAddress(s string) (piece, rest string) {
	var quoted, angle bool
	comments, at := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && (quoted || strings.IndexByte(s[i+1:min(len(s), i+maxQuoted)], '"') >= 0):
			quoted = !quoted // a quote that never closes is a character like any other
		case quoted:
		case c == '(' && strings.IndexByte(s[i:min(len(s), i+maxQuoted)], ')') > 0:
			comments++
		case c == ')' && comments > 0:
			comments--
		case comments > 0:
		case c == '<':
			angle = true
		case c == '>':
			angle = false
		case c == '@':
			at = at || i > 0 && s[i-1] != '<' && s[i-1] != ',' // an "@" at the beginning is a route
		case c == ':' && !at && !angle && !strings.HasSuffix(strings.ToLower(s[:i]), "mailto"):
			return s[i+1 : i+1], s[i+1:] // the name of a group
		case c == ';', c == ',' && (!angle || at):
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// maxQuoted is how far the end of a quoted string or comment is looked for.
const maxQuoted = 1000

// splitAddress tells the name from the address. Without angle brackets the word with the "@" is the address and a comment the name.
func splitAddress(piece string) (name, address string) {
	piece = strings.TrimSpace(piece)
	if open := strings.LastIndexByte(piece, '<'); open >= 0 {
		inner, after, _ := strings.Cut(piece[open+1:], ">")
		if name = strings.TrimSpace(piece[:open]); name == "" {
			name = strings.TrimSpace(after)
		}
		if strings.Contains(inner, "@") || inner != "" && !strings.ContainsAny(inner, " \t") && !strings.Contains(name, "@") {
			return name, inner // a local name such as <MAILER-DAEMON> too
		}
		piece = strings.Trim(piece[:open], "< ") // "joe@example.com <>"
	}
	if comment := strings.IndexByte(piece, '('); comment > 0 {
		inner, _, _ := strings.Cut(piece[comment+1:], ")")
		if before := strings.TrimSpace(piece[:comment]); strings.Contains(before, "@") {
			name, piece = inner, before
		}
	}
	var others []string
	for _, word := range strings.Fields(piece) {
		if address == "" && strings.Contains(strings.Trim(word, "@"), "@") {
			address = strings.Trim(word, `"'`)
			continue
		}
		others = append(others, word)
	}
	if name == "" {
		name = strings.Join(others, " ")
	}
	return name, address
}

// cleanAddress removes what is not part of an address: blanks, "mailto:", an obsolete route, a dot at the end.
func cleanAddress(s string) string {
	s = strings.Trim(strings.Join(strings.Fields(decodeHeader(s)), ""), `<>"'[](),;`)
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if route := strings.LastIndexByte(s, ':'); strings.HasPrefix(s, "@") && route > 0 {
		s = s[route+1:]
	}
	return strings.TrimRight(s, ".")
}

// unescaped undoes the quoting of a quoted string.
var unescaped = strings.NewReplacer(`\"`, `"`, `\\`, `\`)

// decodeName removes the quotes of a display name and decodes it. Some clients encode the quotes too.
func decodeName(s string) string {
	s = strings.TrimSpace(s)
	if bare, quoted := withoutQuotes(s); quoted {
		return strings.TrimSpace(decodeHeader(unescaped.Replace(bare)))
	}
	s = strings.TrimSpace(decodeHeader(s))
	if bare, quoted := withoutQuotes(s); quoted {
		return strings.TrimSpace(bare)
	}
	if strings.Count(s, `"`) == 1 {
		return strings.TrimSpace(strings.Trim(s, `"`)) // half a pair
	}
	return s
}

// withoutQuotes removes the pair of quotes around a text.
func withoutQuotes(s string) (bare string, quoted bool) {
	if len(s) > 1 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1], true
	}
	return s, false
}

// MessageIDs returns every "<id>" in a header value or text, brackets included, in order.
func MessageIDs(s string) []string {
	var ids []string
	for len(ids) < maxAddresses {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		s = s[open+1:]
		end := strings.IndexFunc(s, endsID)
		if end < 0 {
			break
		}
		if s[end] == '>' && end > 0 {
			ids = append(ids, "<"+strings.ToValidUTF8(s[:end], "\uFFFD")+">")
		}
		s = s[end:]
	}
	return ids
}

// endsID says which characters no id holds.
func endsID(r rune) bool {
	return r == '<' || r == '>' || r <= ' ' || r == 0x7f
}

// idsOrToken reads the ids of a field; a lone word with an "@" is an id that lost its brackets.
func idsOrToken(raw string) []string {
	if ids := MessageIDs(raw); len(ids) > 0 {
		return ids
	}
	word := strings.Trim(strings.TrimSpace(raw), "<>")
	if word == "" || !strings.Contains(word, "@") || strings.ContainsAny(word, "\",") || strings.ContainsFunc(word, endsID) {
		return nil
	}
	return []string{"<" + strings.ToValidUTF8(word, "\uFFFD") + ">"}
}
