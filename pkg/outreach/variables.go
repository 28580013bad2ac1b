package outreach

import (
	"strings"
	"unicode"
)

// FoldName makes names of columns and variables comparable without regard to case, blanks and punctuation: "First name", first_name and
// firstName are one.
func FoldName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}
