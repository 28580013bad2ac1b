package content

import (
	"fmt"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/filters"
	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/render"
)

// kind is what a template makes: plain text, or HTML, in which values are escaped.
type kind int

const (
	plain kind = iota
	markup
)

// language is Liquid as far as mail needs it, parsed and evaluated by the library. The tree is walked here and not by the library,
// because what is a value and what is the author's text must be told apart in the output: only the text may hold spintax, and only
// values are escaped.
type language struct {
	kind    kind
	config  render.Config
	filters map[string]bool
}

// newLanguage offers the tags that end by themselves and the standard filters, some of them made safe.
func newLanguage(k kind) *language {
	l := &language{kind: k, config: render.NewConfig(), filters: map[string]bool{}}
	l.config.AddBlock("if").Clause("else").Clause("elsif")
	l.config.AddBlock("unless").Clause("else")
	l.config.AddBlock("case").Clause("when").Clause("else")
	l.config.AddBlock("comment")
	l.config.AddBlock("raw")
	filters.AddStandardFilters(l)
	addSafeFilters(l)
	if k == markup {
		addMarkupFilters(l)
	}
	return l
}

// AddFilter registers a filter and remembers its name, so that an unknown one is found when a template is parsed.
func (l *language) AddFilter(name string, fn any) {
	l.config.AddFilter(name, fn)
	l.filters[name] = true
}

// context makes variables visible to expressions.
func (l *language) context(vars map[string]any) expressions.Context {
	return expressions.NewContext(vars, l.config.Config.Config)
}

// scan cuts a template into tokens as the library will.
func scan(source string) []parser.Token {
	return parser.Scan(source, parser.SourceLoc{LineNo: 1}, nil)
}

// guard turns a panic of the library, which some malformed expressions and arguments cause, into an error.
func guard(what string, err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%s: %v", what, r)
	}
}
