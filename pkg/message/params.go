package message

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxParams bounds the parameters of one field.
const maxParams = 100

// parseMediaType reads Content-Type or Content-Disposition: the value in lower case and its parameters by lower-case name, decoded (RFC
// 2231, RFC 2047). It forgives what mail programs do: missing quotes, blanks around "=", empty or doubled semicolons, doubled parameters
// (the first counts).
func parseMediaType(raw string) (string, map[string]string) {
	value, rest, _ := strings.Cut(raw, ";")
	value = strings.ToLower(stripComment(strings.TrimSpace(value)))
	var pieces []param
	for rest != "" && len(pieces) < maxParams {
		var p param
		p, rest = cutParam(rest)
		if p.name != "" {
			pieces = append(pieces, p)
		}
	}
	if first, _, ok := strings.Cut(value, " "); ok { // "text/plain charset=utf-8": the semicolon was forgotten
		if p, _ := cutParam(value[len(first):]); p.name != "" {
			pieces = append(pieces, p)
		}
		value = first
	}
	return strings.Trim(value, "\"' ,"), joinParams(pieces)
}

// param is one parameter as written: RFC 2231 lets "name*1*" be the second, encoded piece of "name".
type param struct {
	name    string
	section int // -1: not cut into sections
	encoded bool
	value   string
}

// cutParam reads one "name=value" up to its semicolon and returns what follows it.
func cutParam(s string) (param, string) {
	s = strings.TrimLeft(s, " \t;")
	end := strings.IndexAny(s, "=;")
	if end < 0 || s[end] == ';' {
		if end < 0 {
			return param{}, ""
		}
		return param{}, s[end+1:]
	}
	p := param{name: strings.ToLower(strings.TrimSpace(s[:end])), section: -1}
	p.value, s = cutParamValue(strings.TrimLeft(s[end+1:], " \t"))
	if base, ok := strings.CutSuffix(p.name, "*"); ok {
		p.name, p.encoded = base, true
	}
	if base, section, ok := strings.Cut(p.name, "*"); ok {
		if n, err := strconv.Atoi(section); err == nil && n >= 0 {
			p.name, p.section = base, n
		}
	}
	return p, s
}

// cutParamValue reads a token or a quoted string. A token may hold what it should not ("name=my file.pdf", "boundary=a/b"); a quote that
// never closes is part of a token.
func cutParamValue(s string) (value, rest string) {
	if strings.HasPrefix(s, "\"") {
		var out strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
				i++
				out.WriteByte(s[i])
			case s[i] == '"':
				_, rest, _ = strings.Cut(s[i+1:], ";")
				return out.String(), rest
			default:
				out.WriteByte(s[i])
			}
		}
	}
	value, rest, _ = strings.Cut(s, ";")
	return stripComment(strings.Trim(strings.TrimSpace(value), "\"")), rest
}

// stripComment removes a comment at the end: "text/plain (see below)".
func stripComment(s string) string {
	if i := strings.IndexByte(s, '('); i > 0 && strings.HasSuffix(s, ")") {
		return strings.TrimSpace(s[:i])
	}
	return s
}

// joinParams puts sections together and decodes the values.
func joinParams(pieces []param) map[string]string {
	if len(pieces) == 0 {
		return nil
	}
	params := make(map[string]string, len(pieces))
	slices.SortStableFunc(pieces, func(a, b param) int { return cmp.Compare(a.section, b.section) })
	var sections map[string][]param
	for _, p := range pieces {
		if p.section >= 0 || p.encoded {
			if sections == nil {
				sections = map[string][]param{}
			}
			sections[p.name] = append(sections[p.name], p)
		} else if _, ok := params[p.name]; !ok {
			params[p.name] = decodeHeader(p.value)
		}
	}
	for name, parts := range sections {
		params[name] = decodeExtended(parts) // the extended form is the better one where both are given
	}
	return params
}

// decodeExtended decodes RFC 2231 section 4: the first piece is charset'language'text, encoded pieces hold %XX.
func decodeExtended(parts []param) string {
	label := ""
	var bytes []byte
	for i, p := range parts {
		value := p.value
		if i == 0 && p.encoded {
			if fields := strings.SplitN(value, "'", 3); len(fields) == 3 {
				label, value = fields[0], fields[2]
			}
		}
		if p.encoded {
			bytes = appendUnescaped(bytes, value)
		} else {
			bytes = append(bytes, value...)
		}
	}
	if strings.Contains(string(bytes), "=?") {
		return decodeHeader(string(bytes))
	}
	return cleanControls(decodeCharset(label, bytes))
}

func appendUnescaped(out []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if high, low := hexValue(s[i+1]), hexValue(s[i+2]); high < 16 && low < 16 {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
