package message

import (
	"strings"
	"unicode"
)

// eastAsian is an encoding of East Asian text, and how its text is known: by the commonest characters of the language.
type eastAsian struct {
	charset string
	common  func(rune) bool
}

// eastAsians are the encodings in which programs send text without saying so. Most sequences of bytes mean something in several of them;
// only the right one makes common words.
var eastAsians = []eastAsian{
	{"shift_jis", isKana}, {"euc-jp", isKana},
	{"big5", among("的一是不了我你您在有他這中大來上們個到時為和說要會可以好請謝對於公司人年月日下週信聯繫間沒問題電話是否與及將已過後開能出生用也就那麼，。？！、：")},
	{"gb18030", among("的一是不了我你您在有他这中大来上们个到时为和说要会可以好请谢对于公司人年月日下周信联系间没问题电话是否与及将已过后开能出生用也就那么，。？！、：")},
	{"euc-kr", among("이가다은는을를에의로하고지한니요습세안녕해어사주시간있수것그나도만아서자기대일부합드리감회보정제")},
}

// How sure a guess must be: characters that are looked at, how many of them must be common, and what share of a text's bytes lies outside of
// ASCII where words are written in another script. Western text has few such bytes, and Cyrillic text makes no common words.
const (
	guessBytes  = 4096
	guessAtMost = 0.02 // characters that the encoding does not know
	guessCommon = 0.2
	guessHigh   = 0.25
)

// guessEastAsian names the encoding of text that is not UTF-8, "" if it is none of these.
func guessEastAsian(b []byte) string {
	b = b[:min(len(b), guessBytes)]
	high, blanks := 0, 0
	for _, c := range b {
		switch {
		case c >= 0x80:
			high++
		case c <= ' ':
			blanks++
		}
	}
	if high < 4 || float64(high) < guessHigh*float64(len(b)-blanks) {
		return ""
	}
	best, name := guessCommon, ""
	for _, e := range eastAsians {
		if score := e.score(decodeWith(e.charset, b)); score > best {
			best, name = score, e.charset
		}
	}
	return name
}

// score is the share of common characters among those outside of ASCII, 0 for text that is not in this encoding. A character that the end of the
// sample cut is forgiven.
func (e eastAsian) score(text string) float64 {
	wide, common, broken := 0, 0, -1
	for _, r := range text {
		switch {
		case r == unicode.ReplacementChar:
			broken++
		case r < 0x80:
			continue
		case e.common(r):
			common++
		}
		wide++
	}
	if wide == 0 || float64(broken) > guessAtMost*float64(wide) {
		return 0
	}
	return float64(common) / float64(wide)
}

// isKana names the letters that every Japanese sentence is made of; the half-width ones do not count, since any byte may be one of them.
func isKana(r rune) bool { return r >= 0x3041 && r <= 0x30ff || r == '。' || r == '、' }

func among(characters string) func(rune) bool {
	return func(r rune) bool { return strings.ContainsRune(characters, r) }
}
