package classify

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxText is how many characters of a reply are read.
const MaxText = 3000

var (
	addressPattern = regexp.MustCompile(`[\pL\pN._%+'-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`)
	linkPattern    = regexp.MustCompile(`(?:https?://|www\.)\S+|[\pL\pN-]+(?:\.[\pL\pN-]+)+/\S*`)
)

// mask replaces addresses and links by a word each: what they spell says nothing about what their writer wants.
func mask(text string) string {
	if strings.Contains(text, "@") {
		text = addressPattern.ReplaceAllString(text, " emailaddress ")
	}
	if strings.Contains(text, "/") || strings.Contains(text, "www.") {
		text = linkPattern.ReplaceAllString(text, " weblink ")
	}
	return text
}

// cut keeps the first n characters of valid UTF-8.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// summarize returns a text's most telling first sentences on one line, at most MaxSummary characters. Greetings and thanks are passed over
// where something follows them.
func summarize(text string) string {
	var out string
	for sentence := range sentences(cut(text, MaxText)) {
		if out == "" && isGreeting(sentence) {
			continue
		}
		joined := strings.TrimSpace(out + " " + sentence)
		if utf8.RuneCountInString(joined) > MaxSummary {
			if out == "" {
				out = ellipsis(sentence)
			}
			break
		}
		out = joined
	}
	if out == "" {
		return ellipsis(oneLine(cut(text, MaxText)))
	}
	return out
}

// sentences yields a text's sentences, each on one line.
func sentences(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		start := 0
		for i, r := range text {
			next, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
			ends := r == '\n' || strings.ContainsRune(".!?؟…", r) && (unicode.IsSpace(next) || i+utf8.RuneLen(r) == len(text))
			if !ends {
				continue
			}
			if s := oneLine(text[start : i+utf8.RuneLen(r)]); s != "" && !yield(s) {
				return
			}
			start = i + utf8.RuneLen(r)
		}
		if s := oneLine(text[start:]); s != "" {
			yield(s)
		}
	}
}

// isGreeting tells whether a sentence only greets: it is short and ends in a comma, or nothing follows the first words.
func isGreeting(sentence string) bool {
	return utf8.RuneCountInString(sentence) < 32 && (strings.HasSuffix(sentence, ",") || strings.HasSuffix(sentence, "،") || strings.HasSuffix(sentence, ":"))
}

// oneLine folds blanks and drops what would move a terminal's cursor.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), " ")
}

// ellipsis cuts a line to MaxSummary characters.
func ellipsis(s string) string {
	if utf8.RuneCountInString(s) <= MaxSummary {
		return s
	}
	return strings.TrimSpace(cut(s, MaxSummary-1)) + "…"
}
