package content

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFilters bounds how many filters one expression may chain.
const maxFilters = 20

// usage is what an expression asks of variables, read from its text. The library evaluates expressions, but tells neither which
// variables they name nor which of them was without a value.
type usage struct {
	head     string   // the first variable: what is missing when the whole comes to nothing
	variable []string // every variable
	required []string // those that must have a value for the expression to mean anything
	filters  []string
	fallback bool // a default stands in for nothing
}

// keywords of expressions, which are no variables.
var keywords = map[string]bool{
	"true": true, "false": true, "nil": true, "null": true, "and": true, "or": true, "contains": true, "in": true, "blank": true, "empty": true,
}

// readUsage reads an expression that the library has accepted. It refuses ranges, which have no bound.
func readUsage(source string) (usage, error) {
	var u usage
	var heads, arguments []string // variables before the first filter, and in arguments
	for s, filter := source, ""; s != ""; {
		switch c := s[0]; {
		case c == '"' || c == '\'':
			end := strings.IndexByte(s[1:], c)
			if end < 0 {
				return u, errors.New("a quote is not closed")
			}
			s = s[end+2:]
		case strings.HasPrefix(s, ".."):
			return u, errors.New("ranges are not offered")
		case c == '|':
			filter, s = cutName(strings.TrimLeftFunc(s[1:], unicode.IsSpace))
			u.filters = append(u.filters, filter)
			u.fallback = u.fallback || filter == "default"
		case c == '.': // a property belongs to the name before it
			_, s = cutName(s[1:])
		case isNameStart(s):
			var name string
			name, s = cutName(s)
			switch {
			case keywords[name]:
			case filter == "":
				heads = append(heads, name)
			case filter == "default":
				u.variable = append(u.variable, name)
			default:
				arguments = append(arguments, name)
			}
		case '0' <= c && c <= '9':
			s = strings.TrimLeft(s, "0123456789")
		default:
			_, size := utf8.DecodeRuneInString(s)
			s = s[size:]
		}
	}
	if len(u.filters) > maxFilters {
		return u, fmt.Errorf("%d filters in a row are too many", len(u.filters))
	}
	u.required = arguments
	if !u.fallback {
		u.required = slices.Concat(heads, arguments)
	}
	u.variable = append(append(u.variable, heads...), arguments...)
	if len(heads) > 0 {
		u.head = heads[0]
	}
	return u, nil
}

func isNameStart(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return r == '_' || unicode.IsLetter(r)
}

// cutName cuts an identifier off.
func cutName(s string) (name, rest string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		return r != '_' && r != '-' && r != '?' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}
