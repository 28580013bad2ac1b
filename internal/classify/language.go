package classify

import (
	"slices"
	"unicode"
)

// guess is how well each of Languages fits a text, the best 1.
type guess []float64

// alsoRead is from which fit on a language's lexicon is read beside the best one's: short texts fit several, and people mix.
const alsoRead = 0.6

// guessLanguage weighs the known words of each language, rare among languages before common to them. A text in Arabic letters is Arabic; a
// text without any known word is taken for English.
func guessLanguage(text string, words []string) guess {
	g := make(guess, len(Languages))
	if mostlyArabic(text) {
		g[slices.Index(Languages, "ar")] = 1
		return g
	}
	all := lexicons()
	for _, word := range words {
		if isEnd(word) {
			continue
		}
		var knowing []int
		for i, l := range all {
			if l.knows(word) {
				knowing = append(knowing, i)
			}
		}
		for _, i := range knowing {
			g[i] += 1 / float64(len(knowing))
		}
	}
	best := slices.Max(g)
	if best == 0 {
		g[0], best = 1, 1
	}
	for i := range g {
		g[i] /= best
	}
	return g
}

// best is the number of the language that fits best.
func (g guess) best() int { return slices.Index(g, slices.Max(g)) }

// knows tells whether a word is part of any phrase.
func (l *lexicon) knows(word string) bool {
	if l.words[word] {
		return true
	}
	for end := l.shortest; end < len(word); end++ {
		if l.prefixes[word[:end]] {
			return true
		}
	}
	return false
}

func mostlyArabic(text string) bool {
	arabic, letters := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
			if unicode.Is(unicode.Arabic, r) {
				arabic++
			}
		}
	}
	return arabic*2 > letters
}
