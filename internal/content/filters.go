package content

import (
	"errors"
	"html"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/osteele/tuesday"
)

// maxValue bounds what a filter may make, and maxItems how many items. Filters that multiply their input could otherwise be chained
// into any size.
const (
	maxValue = 64 << 10
	maxItems = 1000
)

var errTooLong = errors.New("the result is too long")

// markupText is HTML that a filter made and that is not escaped again.
type markupText string

// addSafeFilters replaces those filters of the library that take characters for bytes (capitalize), that fail for some lengths (slice,
// truncate, truncatewords), or whose result has no bound.
func addSafeFilters(l *language) {
	l.AddFilter("capitalize", capitalize)
	l.AddFilter("slice", slice)
	l.AddFilter("truncate", truncate)
	l.AddFilter("truncatewords", truncateWords)
	l.AddFilter("append", func(s, suffix string) (string, error) {
		return bounded(len(s)+len(suffix), func() string { return s + suffix })
	})
	l.AddFilter("prepend", func(s, prefix string) (string, error) {
		return bounded(len(s)+len(prefix), func() string { return prefix + s })
	})
	l.AddFilter("replace", func(s, old, by string) (string, error) { return replace(s, old, by, -1) })
	l.AddFilter("replace_first", func(s, old, by string) (string, error) { return replace(s, old, by, 1) })
	l.AddFilter("newline_to_br", func(s string) (string, error) { return replace(s, "\n", "<br />\n", -1) })
	l.AddFilter("split", split)
	l.AddFilter("join", join)
	l.AddFilter("concat", concat)
	l.AddFilter("date", date)
}

// addMarkupFilters are the filters that make HTML: what they return is not escaped again.
func addMarkupFilters(l *language) {
	l.AddFilter("escape", func(s string) markupText { return markupText(html.EscapeString(s)) })
	l.AddFilter("escape_once", func(s string) markupText { return markupText(html.EscapeString(html.UnescapeString(s))) })
	l.AddFilter("newline_to_br", func(s string) (markupText, error) {
		out, err := replace(html.EscapeString(s), "\n", "<br />\n", -1)
		return markupText(out), err
	})
}

// bounded makes a string unless it would be too long.
func bounded(size int, build func() string) (string, error) {
	if size > maxValue {
		return "", errTooLong
	}
	return build(), nil
}

func capitalize(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToTitle(first)) + s[size:]
}

// slice is length characters from start on, or from that far before the end.
func slice(s string, start int, length func(int) int) string {
	runes := []rune(s)
	if start < 0 {
		start += len(runes)
	}
	if start < 0 || start > len(runes) {
		return ""
	}
	n := min(max(length(1), 0), len(runes)-start)
	return string(runes[start : start+n])
}

// truncate shortens to n characters, the ellipsis among them.
func truncate(s string, length func(int) int, ellipsis func(string) string) (string, error) {
	n, end := max(length(50), 0), ellipsis("...")
	runes := []rune(s)
	if len(runes) <= n {
		return s, nil
	}
	kept := string(runes[:max(n-utf8.RuneCountInString(end), 0)])
	return bounded(len(kept)+len(end), func() string { return kept + end })
}

// truncateWords shortens to n words.
func truncateWords(s string, length func(int) int, ellipsis func(string) string) (string, error) {
	n, end := max(length(15), 1), ellipsis("...")
	words := strings.Fields(s)
	if len(words) <= n {
		return s, nil
	}
	kept := strings.Join(words[:n], " ")
	return bounded(len(kept)+len(end), func() string { return kept + end })
}

func replace(s, old, by string, n int) (string, error) {
	found := strings.Count(s, old)
	if n >= 0 {
		found = min(found, n)
	}
	return bounded(len(s)+found*(len(by)-len(old)), func() string { return strings.Replace(s, old, by, n) })
}

// split cuts at each separator; a blank stands for any run of blanks. Empty items at the end are dropped, as Liquid does.
func split(s, separator string) ([]any, error) {
	parts := strings.Fields(s)
	if separator != " " {
		if strings.Count(s, separator) >= maxItems {
			return nil, errTooLong
		}
		parts = strings.Split(s, separator)
	}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	if len(parts) > maxItems {
		return nil, errTooLong
	}
	items := make([]any, len(parts))
	for i, p := range parts {
		items[i] = p
	}
	return items, nil
}

func join(items []any, separator func(string) string) (string, error) {
	parts := make([]string, 0, len(items))
	sep, size := separator(" "), 0
	for _, item := range items {
		if item != nil {
			parts = append(parts, format(item))
			size += len(parts[len(parts)-1]) + len(sep)
		}
	}
	return bounded(size, func() string { return strings.Join(parts, sep) })
}

func concat(a, b []any) ([]any, error) {
	if len(a)+len(b) > maxItems {
		return nil, errTooLong
	}
	return append(append(make([]any, 0, len(a)+len(b)), a...), b...), nil
}

// wideDirective finds a directive of strftime padded to a hundred places or more.
var wideDirective = regexp.MustCompile(`%[-_^#0:]*\d{3}`)

func date(t time.Time, layout func(string) string) (string, error) {
	l := layout("%a, %b %d, %y")
	if len(l) > 200 || wideDirective.MatchString(l) {
		return "", errTooLong
	}
	return tuesday.Strftime(l, t)
}
