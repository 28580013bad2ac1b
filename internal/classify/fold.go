package classify

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// stop is the token that stands for the end of a sentence; question and exclaim say that it ended so.
const (
	stop     = "."
	question = "?"
	exclaim  = "!"
)

// arabicFold unites the letters that people write for one another.
var arabicFold = map[rune]rune{'أ': 'ا', 'إ': 'ا', 'آ': 'ا', 'ٱ': 'ا', 'ى': 'ي', 'ة': 'ه', 'ؤ': 'و', 'ئ': 'ي'}

// letterFold spells letters that no decomposition reaches.
var letterFold = map[rune]string{'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ı': "i", '’': "'", '‘': "'", '`': "'", '´': "'"}

// fold makes spellings equal: lower case, no accents or vowel signs, one form of each Arabic letter, straight apostrophes.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		if r < 0x80 {
			if 'A' <= r && r <= 'Z' {
				r += 'a' - 'A'
			}
			b.WriteRune(r)
			continue
		}
		foldRune(&b, unicode.ToLower(r))
	}
	return b.String()
}

func foldRune(b *strings.Builder, r rune) {
	if spelled, ok := letterFold[r]; ok {
		b.WriteString(spelled)
		return
	}
	if plain, ok := arabicFold[r]; ok {
		b.WriteRune(plain)
		return
	}
	for _, part := range norm.NFKD.String(string(r)) {
		if !unicode.Is(unicode.Mn, part) && part != 'ـ' {
			b.WriteRune(unicode.ToLower(part))
		}
	}
}

// tokens splits folded text into words, numbers and sentence ends. English contractions stay one word without their apostrophe (dont),
// Romance elisions become two (l offre), so that phrases of either kind match.
func tokens(folded string) []string {
	words, _ := tokensAndPauses(folded)
	return words
}

// tokensAndPauses are tokens, and the places among them before which a comma, a dash, a colon or a bracket stands.
func tokensAndPauses(folded string) (out []string, pauses []int) {
	word := make([]byte, 0, 32)
	flush := func() {
		if len(word) > 0 {
			out = append(out, unstretched(string(word)))
			word = word[:0]
		}
	}
	for i, r := range folded {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '%' || r == '€' || r == '$' || r == '£':
			word = append(word, string(r)...)
		case r == '\'' && len(word) > 0 && contracted(folded[i+1:]):
		case r == '.' || r == '\n' || r == ';' || r == '؛' || r == '…':
			flush()
			out = mark(out, stop)
		case r == '?' || r == '؟':
			flush()
			out = mark(out, question)
		case r == '!':
			flush()
			out = mark(out, exclaim)
		default:
			flush()
			if strings.ContainsRune(pausing, r) && len(out) > 0 && (len(pauses) == 0 || pauses[len(pauses)-1] != len(out)) {
				pauses = append(pauses, len(out))
			}
		}
	}
	flush()
	return out, pauses
}

// pausing are the signs that part what is said within a sentence.
const pausing = ",:()–—،،\"«»"

// unstretched writes once a letter that stands three times or more in a row: stoooop is stop. A word of one letter only keeps three: kkk is a
// laugh.
func unstretched(word string) string {
	letters := []rune(word)
	kept := letters[:0]
	for i := 0; i < len(letters); {
		end := i + 1
		for end < len(letters) && letters[end] == letters[i] {
			end++
		}
		if end-i < 3 || !unicode.IsLetter(letters[i]) {
			kept = append(kept, letters[i:end]...)
		} else {
			kept = append(kept, letters[i])
			if end-i == len(letters) {
				kept = append(kept, letters[i], letters[i])
			}
		}
		i = end
	}
	return string(kept)
}

// mark adds a sentence end; several in a row count as one, the most telling.
func mark(out []string, end string) []string {
	if len(out) == 0 {
		return out
	}
	switch last := out[len(out)-1]; {
	case last == stop:
		out[len(out)-1] = end
	case last == question || last == exclaim && end == stop:
	case last == exclaim:
		out[len(out)-1] = end
	default:
		out = append(out, end)
	}
	return out
}

// contracted tells whether an apostrophe's rest is an English ending: n't, 's, 're, 've, 'll, 'd, 'm.
func contracted(rest string) bool {
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) })
	if end < 0 {
		end = len(rest)
	}
	switch rest[:end] {
	case "t", "s", "re", "ve", "ll", "d", "m":
		return true
	}
	return false
}

// isEnd tells whether a token ends a sentence.
func isEnd(token string) bool { return token == stop || token == question || token == exclaim }
