package message

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// encodeWords writes text as encoded words (RFC 2047) that fit on a line each, the first after a field name of that length. It does so
// itself because package mime leaves plain text alone and makes words of 75 characters, which do not fit after a field name. Text that
// is mostly Latin stays readable by the Q encoding, which here uses only what a display name may hold (section 5, rule 3).
func encodeWords(s string, nameLength int) string {
	width, prefix, encode := base64Width, "=?utf-8?b?", encodeB
	if strings.Count(s, "")*2 > len(s)+len(s)/2 { // runes to bytes
		width, prefix, encode = quotedWidth, "=?utf-8?q?", encodeQ
	}
	room := maxLine - nameLength - len(": ") - len(prefix) - len("?=")
	var words []string
	for s != "" {
		n := fit(s, width, room)
		words = append(words, prefix+encode(s[:n])+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

// fit is how many bytes of s, whole characters only and at least one of them, fill an encoded word up to room.
func fit(s string, width func(string) int, room int) int {
	_, n := utf8.DecodeRuneInString(s)
	for n < len(s) {
		_, size := utf8.DecodeRuneInString(s[n:])
		if width(s[:n+size]) > room {
			break
		}
		n += size
	}
	return n
}

func base64Width(s string) int { return base64.StdEncoding.EncodedLen(len(s)) }

func encodeB(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func quotedWidth(s string) int {
	width := 0
	for i := range len(s) {
		if width++; s[i] != ' ' && !isAlphanumeric(s[i]) {
			width += 2
		}
	}
	return width
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9'
}

func encodeQ(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ':
			b.WriteByte('_')
		case isAlphanumeric(c):
			b.WriteByte(c)
		default:
			b.Write([]byte{'=', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
