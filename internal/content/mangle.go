package content

import (
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
)

// The library's names are ASCII, but a list may have its columns in any language: {{ prénom }}. Such names are replaced before parsing
// by a prefix and the hexadecimal form of their bytes.
const manglePrefix = "utf8_"

var (
	// delimited finds objects and tags, in which names stand.
	delimited = regexp.MustCompile(`\{\{.*?\}\}|\{%.*?%\}`)
	// quotedOrName finds strings, which are left alone, and names.
	quotedOrName = regexp.MustCompile(`"[^"]*"|'[^']*'|[\pL_][\pL\pN\pM_-]*`)
)

// mangled maps the replaced names to what was written.
type mangled []string // pairs, as strings.NewReplacer wants them

func mangle(source string) (string, mangled) {
	if isASCII(source) {
		return source, nil
	}
	var names mangled
	out := delimited.ReplaceAllStringFunc(source, func(piece string) string {
		return quotedOrName.ReplaceAllStringFunc(piece, func(name string) string {
			if isASCII(name) || name[0] == '"' || name[0] == '\'' {
				return name
			}
			replaced := manglePrefix + hex.EncodeToString([]byte(name))
			names = append(names, replaced, name)
			return replaced
		})
	})
	return out, names
}

// original puts the names back.
func (m mangled) original(s string) string {
	if len(m) == 0 {
		return s
	}
	return strings.NewReplacer(m...).Replace(s)
}

func (m mangled) restore(err error) error {
	if len(m) == 0 {
		return err
	}
	return errors.New(m.original(err.Error()))
}

// unmangle is what the author wrote for a name.
func unmangle(name string) string {
	if digits, ok := strings.CutPrefix(name, manglePrefix); ok {
		if b, err := hex.DecodeString(digits); err == nil {
			return string(b)
		}
	}
	return name
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
