package message

import (
	"strings"
)

// decodeHeader returns a header value as UTF-8 text: encoded words (RFC 2047) decoded, raw 8-bit bytes guessed, control characters made
// blanks. Words that break the rules (blanks inside, unknown charsets, a character split between two words) are read all the same.
func decodeHeader(raw string) string {
	if isPlain(raw) {
		return raw
	}
	var out, pending strings.Builder // pending: bytes of adjacent words of one charset, decoded together
	charset := ""
	flush := func() {
		if pending.Len() > 0 {
			out.WriteString(decodeCharset(charset, []byte(pending.String())))
			pending.Reset()
		}
	}
	for raw != "" {
		start := strings.Index(raw, "=?")
		if start < 0 {
			break
		}
		word, size, ok := cutWord(raw[start:])
		if !ok {
			flush()
			out.WriteString(guessCharset([]byte(raw[:start+2])))
			raw = raw[start+2:]
			continue
		}
		if between := raw[:start]; pending.Len() == 0 || strings.TrimSpace(between) != "" {
			flush()
			out.WriteString(guessCharset([]byte(between)))
		}
		if word.charset != charset {
			flush()
			charset = word.charset
		}
		pending.Write(word.bytes)
		raw = raw[start+size:]
	}
	flush()
	out.WriteString(guessCharset([]byte(raw)))
	return cleanControls(out.String())
}

type encodedWord struct {
	charset string
	bytes   []byte
}

// maxWordBytes bounds one encoded word. RFC 2047 says 75, but some programs write a whole subject into one.
const maxWordBytes = 4096

// cutWord reads the encoded word at the start of s and says how long it is. Text that only looks like the beginning of one is not a word.
func cutWord(s string) (word encodedWord, size int, ok bool) {
	s = s[:min(len(s), maxWordBytes)]
	parts := strings.SplitN(s[len("=?"):], "?", 3)
	if len(parts) < 3 || len(parts[1]) != 1 || len(parts[0]) > 60 || parts[0] == "" {
		return word, 0, false
	}
	end := encodedWordEnd(parts[2])
	if end < 0 {
		return word, 0, false
	}
	text := parts[2][:end]
	word.charset = strings.ToLower(parts[0])
	switch parts[1] {
	case "B", "b":
		word.bytes = decodeBase64([]byte(text))
	case "Q", "q":
		word.bytes = decodeQuotedPrintable([]byte(strings.ReplaceAll(text, "_", " ") + "."))
		word.bytes = word.bytes[:len(word.bytes)-1] // the dot keeps a blank at the end from being trimmed
	default:
		return word, 0, false
	}
	return word, min(len("=??q?")+len(parts[0])+end+len("?="), len(s)), true
}

// encodedWordEnd finds the "?=" that ends a word. A word cut off by the end of the header ends there.
func encodedWordEnd(s string) int {
	if end := strings.Index(s, "?="); end >= 0 {
		return end
	}
	if strings.ContainsAny(s, " \t") {
		return -1
	}
	return len(strings.TrimSuffix(s, "?"))
}

// isPlain says that a value needs no decoding: printable ASCII without an encoded word.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '=' && i+1 < len(s) && s[i+1] == '?' {
			return false
		}
	}
	return true
}

// cleanControls makes control characters blanks, so that a value stays one line and fits any log or page.
func cleanControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
