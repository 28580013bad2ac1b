package message

import (
	"bytes"
	"strings"
)

// base64Value maps a byte to its six bits; 64 is padding, 255 anything else.
var base64Value = base64Table()

func base64Table() [256]byte {
	var table [256]byte
	for i := range table {
		table[i] = 255
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		table[c] = byte(i)
	}
	table['-'], table['_'], table['='] = 62, 63, 64
	return table
}

// decodeBase64 decodes what can be decoded: foreign bytes are skipped, and missing padding is supplied. Some programs encode piece by piece, so
// decoding goes on after padding in the middle; words behind the padding on its line are no piece.
func decodeBase64(b []byte) []byte {
	out := make([]byte, 0, len(b)*3/4+3)
	var bits uint32
	n := 0
	for i := 0; i < len(b); i++ {
		v := base64Value[b[i]]
		if v < 64 {
			bits = bits<<6 | uint32(v)
			if n++; n == 4 {
				out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, n = 0, 0
			}
			continue
		}
		if v == 64 {
			out = appendBase64Tail(out, bits, n)
			bits, n = 0, 0
			if i+1 < len(b) && b[i+1] == ' ' {
				i = lineEnd(b, i) - 1
			}
		}
	}
	return appendBase64Tail(out, bits, n)
}

func appendBase64Tail(out []byte, bits uint32, n int) []byte {
	switch n {
	case 2:
		return append(out, byte(bits>>4))
	case 3:
		return append(out, byte(bits>>10), byte(bits>>2))
	}
	return out
}

// base64Size is the length that decodeBase64 would return, without the work: attachments are listed, not kept.
func base64Size(b []byte) int {
	n := 0
	for _, c := range b {
		if base64Value[c] < 64 {
			n++
		}
	}
	return n * 3 / 4
}

// decodeQuotedPrintable decodes RFC 2045 section 6.7; a broken escape is kept as it stands, and blanks before a line end are dropped.
func decodeQuotedPrintable(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for line := -1; len(b) > 0; { // what is left of the line, its end not counted
		if line < 0 {
			if line = bytes.IndexByte(b, '\n'); line < 0 {
				line = len(b)
			}
		}
		if i := bytes.IndexByte(b[:line], '='); i >= 0 {
			before := len(b)
			out, b = appendEscape(append(out, b[:i]...), b[i:])
			line -= before - len(b)
			continue
		}
		out = append(out, b[:line]...)
		if line == len(b) {
			return out
		}
		n := len(out)
		for n > 0 && (out[n-1] == ' ' || out[n-1] == '\t' || out[n-1] == '\r') {
			n--
		}
		out, b, line = append(out[:n], '\n'), b[line+1:], -1
	}
	return out
}

// appendEscape decodes the "=" escape at the start of b and returns what follows it.
func appendEscape(out, b []byte) ([]byte, []byte) {
	if len(b) >= 3 {
		high, low := hexValue(b[1]), hexValue(b[2])
		if high < 16 && low < 16 {
			return append(out, high<<4|low), b[3:]
		}
	}
	rest := bytes.TrimLeft(b[1:min(len(b), 80)], " \t")
	skipped := min(len(b), 80) - len(rest)
	switch {
	case len(rest) == 0 && skipped == len(b):
		return out, nil // "=" at the very end: a soft break cut short
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return out, b[skipped+2:]
	case bytes.HasPrefix(rest, []byte("\n")):
		return out, b[skipped+1:]
	}
	return append(out, '='), b[1:]
}

func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}

// decodeTransfer removes a content transfer encoding. Encodings that do not exist ("7-bit", "8bits", "utf-8") are read as none.
func decodeTransfer(encoding string, b []byte) []byte {
	switch transferEncoding(encoding) {
	case "base64":
		return decodeBase64(b)
	case "quoted-printable":
		return decodeQuotedPrintable(b)
	case "uuencode":
		if files, _ := cutUUEncoded(b); len(files) > 0 {
			return files[0].body
		}
	}
	return b
}

// transferEncoding folds the spellings of the encodings that change bytes; anything else is "".
func transferEncoding(value string) string {
	value = strings.ToLower(strings.TrimSpace(value))
	switch {
	case strings.HasPrefix(value, "base64"), strings.HasPrefix(value, "\"base64"), value == "b":
		return "base64"
	case strings.HasPrefix(value, "quoted-printable"), strings.HasPrefix(value, "\"quoted-printable"), value == "quotedprintable", value == "q":
		return "quoted-printable"
	case strings.HasPrefix(value, "x-uu"), strings.HasPrefix(value, "uu"):
		return "uuencode"
	}
	return ""
}

// decodedSize is the size of b without its transfer encoding, close enough for a listing.
func decodedSize(encoding string, b []byte) int {
	switch transferEncoding(encoding) {
	case "base64":
		return base64Size(b)
	case "":
		return len(b)
	}
	return len(decodeTransfer(encoding, b))
}
