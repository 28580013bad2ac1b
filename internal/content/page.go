package content

import (
	"fmt"
	"html"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/osteele/liquid/expressions"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// writer writes the templates of one message and keeps the first error. It serves one message after the other, in the same room.
type writer struct {
	scope     scope
	historyID bson.ObjectID
	err       error
	page      page
	spinner   spinner
	draws     rand.PCG
}

// write renders a template, or nothing where there is none, into room that the next one takes. Templates with the same purpose make the same
// choices of spintax in the same order, so that text and HTML agree.
func (w *writer) write(purpose string, t *template) []byte {
	if t == nil || w.err != nil {
		return nil
	}
	p := &w.page
	p.begin(t, &w.scope)
	if w.err = p.writeAll(t.nodes); w.err != nil {
		return nil
	}
	w.draws.Seed(outreach.Seed(w.historyID, purpose), 0)
	return w.spinner.spin(p.out, p.values, t.language.kind, rand.New(&w.draws))
}

// page is a template being written. Values are the stretches of out that came from variables.
type page struct {
	template *template
	vars     map[string]any
	context  expressions.Context
	out      []byte
	values   []stretch
}

// stretch is a part of a text, from start until before end.
type stretch struct{ start, end int }

// begin empties the page for a template.
func (p *page) begin(t *template, s *scope) {
	if p.vars == nil {
		p.vars = map[string]any{}
	}
	clear(p.vars)
	t.bind(s, p.vars)
	p.template, p.context = t, t.language.context(p.vars)
	p.out, p.values = slices.Grow(p.out[:0], t.room), p.values[:0]
}

// bind gives every variable that a template names its value; those without stay unbound.
func (t *template) bind(s *scope, vars map[string]any) {
	for name, folded := range t.variables {
		v, ok := s.value(folded)
		if !ok {
			continue
		}
		switch {
		case folded != varSignature:
			vars[name] = v
		case t.language.kind == markup:
			vars[name] = markupText(signatureHTML(v))
		default:
			vars[name] = signatureText(v)
		}
	}
}

func (p *page) writeAll(nodes []node) error {
	for _, n := range nodes {
		if err := n.write(p); err != nil {
			return err
		}
		if len(p.out) > maxRendered {
			return errTooLong
		}
	}
	return nil
}

func (n text) write(p *page) error {
	p.out = append(p.out, n...)
	return nil
}

func (n object) write(p *page) error {
	for _, name := range n.usage.required {
		if p.context.Get(name) == nil {
			return p.missing(name)
		}
	}
	v, err := evaluate(n.expression, p.context, n.source)
	if err != nil {
		return err
	}
	words := p.words(v)
	// A default may be blank on purpose; anything else that comes to nothing is a hole in the message.
	if v == nil || strings.TrimSpace(words) == "" && n.usage.head != "" && !n.usage.fallback {
		return p.missing(n.usage.head)
	}
	start := len(p.out)
	p.out = append(p.out, words...)
	p.values = append(p.values, stretch{start, len(p.out)})
	return nil
}

// missing is the error of a name without a value. What was assigned from a variable lacks what that variable lacks.
func (p *page) missing(name string) error {
	for range len(p.template.locals) {
		from := p.template.locals[name]
		if from == "" {
			break
		}
		name = from
	}
	return &MissingError{Name: unmangle(name)}
}

func (n assign) write(p *page) error {
	v, err := evaluate(n.expression, p.context, n.source)
	if err == nil {
		p.context.Set(n.name, v)
	}
	return err
}

func (n choice) write(p *page) error {
	for _, b := range n.branches {
		yes, err := testBranch(b, p)
		if err != nil {
			return err
		}
		if yes {
			return p.writeAll(b.body)
		}
	}
	return nil
}

func testBranch(b branch, p *page) (yes bool, err error) {
	defer guard("condition", &err)
	return b.test(p)
}

func evaluate(e expressions.Expression, context expressions.Context, source string) (v any, err error) {
	defer guard(source, &err)
	if v, err = e.Evaluate(context); err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return v, nil
}

// words is a value as it stands in the message: escaped in HTML, unless a filter made HTML of it.
func (p *page) words(v any) string {
	if m, ok := v.(markupText); ok {
		return string(m)
	}
	s := clean(format(v))
	if p.template.language.kind == markup {
		return html.EscapeString(s)
	}
	return s
}

// format writes a value as people do: numbers without exponent, lists run together.
func format(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case markupText:
		return string(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case time.Time:
		return v.Format(time.DateOnly)
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(format(item))
		}
		return b.String()
	}
	return fmt.Sprint(v)
}
