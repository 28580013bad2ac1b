package message

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// charsetAliases names, for labels that mail programs use loosely, the encoding that reads what they really send: the superset that the
// WHATWG Encoding Standard prescribes, or the plain name of a label that is in no registry.
var charsetAliases = map[string]string{
	"": "utf-8", "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-8-sig": "utf-8",
	"ascii": "us-ascii", "ansi_x3.4-1968": "us-ascii", "iso646-us": "us-ascii",
	"iso-8859-1": "windows-1252", "latin1": "windows-1252", "latin-1": "windows-1252", "l1": "windows-1252",
	"iso-8859-9": "windows-1254", "iso-8859-6-i": "iso-8859-6", "iso-8859-6-e": "iso-8859-6",
	"gb2312": "gb18030", "gbk": "gb18030", "euc-cn": "gb18030", "cp936": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030",
	"ks_c_5601-1987": "euc-kr", "ks_c_5601": "euc-kr", "ksc5601": "euc-kr", "cp949": "euc-kr", "uhc": "euc-kr", "iso-2022-kr": "euc-kr",
	"cp932": "shift_jis", "sjis": "shift_jis", "x-sjis": "shift_jis", "ms_kanji": "shift_jis", "windows-31j": "shift_jis",
	"iso-2022-jp-1": "iso-2022-jp", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp", "cp50220": "iso-2022-jp",
	"big5-hkscs": "big5", "cp950": "big5", "unicode": "utf-16", "utf16": "utf-16", "koi8": "koi8-r",
	"mac": "macintosh", "x-mac-roman": "macintosh", "unicode-1-1-utf-7": "utf-7", "utf7": "utf-7", "csunicode11utf7": "utf-7",
}

// decodeCharset returns b as UTF-8. A label that is unknown, or that the bytes contradict, is replaced by a guess.
func decodeCharset(label string, b []byte) string {
	label = canonicalCharset(label)
	switch label {
	case "utf-8", "us-ascii": // what is not ASCII under that label has none
		return guessCharset(b)
	case "windows-1252":
		if isASCII(b) {
			return guessCharset(b)
		}
		if utf8.Valid(b) && multibyteRunes(b) > 0 {
			return string(b) // labelled as Latin or ASCII, and UTF-8 all the same: no Latin text reads as valid UTF-8 by accident
		}
	case "utf-7":
		return decodeUTF7(b)
	}
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		return guessCharset(b)
	}
	decoded, err := io.ReadAll(r)
	if err != nil && len(decoded) == 0 {
		return guessCharset(b)
	}
	return strings.ToValidUTF8(string(decoded), "\uFFFD")
}

// canonicalCharset folds the spellings of a charset label ("ISO_8859-15", "win-1251", "cp1252") into one that charset.Reader knows.
func canonicalCharset(label string) string {
	label = strings.ToLower(strings.Trim(label, " \t\r\n\"'`;="))
	if i := strings.IndexAny(label, " \t*;,"); i > 0 {
		label = label[:i] // RFC 2231 language tags, and parameters run together
	}
	if alias, ok := charsetAliases[label]; ok {
		return alias
	}
	bare := strings.TrimPrefix(strings.Map(dropPunctuation, label), "x")
	if rest, ok := strings.CutPrefix(bare, "iso8859"); ok && isDigits(rest) {
		label = "iso-8859-" + rest
	}
	for _, prefix := range []string{"windows", "win", "cp", "ms", "ansi"} {
		rest, ok := strings.CutPrefix(bare, prefix)
		if ok && (rest == "874" || len(rest) == 4 && strings.HasPrefix(rest, "125") && isDigits(rest)) {
			label = "windows-" + rest
		}
	}
	if alias, ok := charsetAliases[label]; ok {
		return alias
	}
	return label
}

func dropPunctuation(r rune) rune {
	if strings.ContainsRune("-_: ", r) {
		return -1
	}
	return r
}

// guessCharset reads bytes without a usable label: UTF-8 if they are (or nearly are, cut or damaged), ISO-2022-JP if they shift to it, else
// an encoding of East Asia if it makes words in it, else windows-1252.
func guessCharset(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\uFEFF"))
	if utf8.Valid(b) {
		if bytes.Contains(b, []byte("\x1b$")) {
			return decodeWith("iso-2022-jp", b)
		}
		return string(b)
	}
	if whole, broken := multibyteRunes(b), brokenBytes(b); whole > broken {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	if label := guessEastAsian(b); label != "" {
		return decodeWith(label, b)
	}
	return decodeWith("windows-1252", b)
}

func decodeWith(label string, b []byte) string {
	r, err := charset.Reader(label, bytes.NewReader(b))
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	decoded, _ := io.ReadAll(r)
	return strings.ToValidUTF8(string(decoded), "\uFFFD")
}

// multibyteRunes counts the well-formed UTF-8 sequences of more than one byte.
func multibyteRunes(b []byte) int {
	n := 0
	for len(b) > 0 {
		_, size := utf8.DecodeRune(b)
		if size > 1 {
			n++
		}
		b = b[size:]
	}
	return n
}

// brokenBytes counts the bytes that are not part of well-formed UTF-8.
func brokenBytes(b []byte) int {
	n := 0
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			n++
		}
		b = b[size:]
	}
	return n
}

func isASCII[T string | []byte](s T) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
