// Package content turns a sequence's templates into the words of one message.
//
// Templates are Liquid with spintax: {{ firstName | default: "there" }} and {Hi|Hello}. They are parsed once per run and then rendered
// for each recipient. Three rules shape it:
//
//   - Never a blank. A variable without a value and without a default or fallback is a *MissingError, for which the recipient is held.
//   - What comes from a list of recipients is data. It is never read as template or spintax, and it is escaped in HTML.
//   - The same history id gives the same words, so that a retry repeats what was tried before.
//
// Rendering is bounded in size and time whatever a template says, so Liquid's loops, captures and includes are not offered.
package content

import (
	"fmt"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// Bounds of what is written. Gmail clips a message at 102 KB and no client shows a longer subject.
const (
	maxSubject  = 255
	maxBody     = 100 << 10
	maxRendered = 256 << 10
)

// MissingError says that a variable has neither value nor default nor fallback.
type MissingError struct{ Name string }

func (e *MissingError) Error() string { return fmt.Sprintf("variable %s has no value", e.Name) }

// Input is what one message is rendered from. An empty UnsubscribeURL stands for a mailto link to the mailbox.
type Input struct {
	Step           int
	Recipient      *outreach.Recipient
	Mailbox        *outreach.Mailbox
	HistoryID      bson.ObjectID
	UnsubscribeURL string
}

// Rendered is the words of one message. Subject is one line, empty where the step answers in its thread. HTML is empty for a plain
// message; Text never is. VariantID is empty where the step has no variants.
type Rendered struct {
	Subject   string
	Text      string
	HTML      string
	VariantID string
}

// Templates are a sequence's templates, parsed. They may be used by many goroutines.
type Templates struct {
	sequence *outreach.Sequence
	steps    []step
	footer   footer
	writers  sync.Pool // of *writer
}

// step is one step: its own words, then one arm for each of its variants.
type step struct {
	base      arm
	variants  []arm
	fallbacks map[string]string // by folded name
}

// arm is the templates of one way to write a step; nil where it has none.
type arm struct{ subject, text, html *template }

// Compile parses every template of a sequence. The error is that of the first that cannot be parsed, with its place; Check finds all.
func Compile(seq *outreach.Sequence) (*Templates, error) {
	t := &Templates{sequence: seq, steps: make([]step, len(seq.Steps))}
	p := newParsers()
	for i := range seq.Steps {
		t.steps[i] = p.step(&seq.Steps[i], fmt.Sprintf("steps[%d]", i))
	}
	t.footer.unsubscribe = p.parse("unsubscribe.text", footerKind(seq.UnsubscribeText()), seq.UnsubscribeText())
	if len(p.problems) > 0 {
		return nil, fmt.Errorf("sequence %q, %w", seq.Name, p.problems[0])
	}
	return t, nil
}

// parsers parses the templates of a sequence and collects what is wrong with them.
type parsers struct {
	text, html *language
	problems   []Problem
}

func newParsers() *parsers { return &parsers{text: newLanguage(plain), html: newLanguage(markup)} }

func (p *parsers) step(s *outreach.Step, path string) step {
	out := step{
		base: arm{
			subject: p.parse(path+".subject", plain, s.Subject),
			text:    p.parse(path+".text", plain, s.Text),
			html:    p.parse(path+".html", markup, s.HTML),
		},
		fallbacks: make(map[string]string, len(s.Fallbacks)),
	}
	for name, value := range s.Fallbacks {
		out.fallbacks[outreach.FoldName(name)] = value
	}
	for i, v := range s.Variants {
		at := fmt.Sprintf("%s.variants[%d]", path, i)
		out.variants = append(out.variants, arm{
			subject: or(p.parse(at+".subject", plain, v.Subject), out.base.subject),
			text:    or(p.parse(at+".text", plain, v.Text), out.base.text),
			html:    or(p.parse(at+".html", markup, v.HTML), out.base.html),
		})
	}
	return out
}

// or is a variant's template, or the step's where the variant has none.
func or(own, inherited *template) *template {
	if own != nil {
		return own
	}
	return inherited
}

func (p *parsers) parse(field string, k kind, source string) *template {
	if strings.TrimSpace(source) == "" {
		return nil
	}
	l := p.text
	if k == markup {
		l = p.html
	}
	t, err := l.parse(source)
	if err != nil {
		p.problems = append(p.problems, Problem{Field: field, Message: err.Error()})
	}
	return t
}

// Render writes one message. The error is a *MissingError, or tells what is wrong with the template.
func (t *Templates) Render(in Input) (Rendered, error) {
	if in.Step < 0 || in.Step >= len(t.steps) {
		return Rendered{}, fmt.Errorf("sequence %q has no step %d", t.sequence.Name, in.Step+1)
	}
	s := &t.steps[in.Step]
	a, id := s.pick(t.sequence.PickVariant(in.Step, in.HistoryID), t.sequence.Steps[in.Step].Variants)
	if a.text == nil && a.html == nil {
		return Rendered{}, fmt.Errorf("sequence %q, step %d has neither text nor html", t.sequence.Name, in.Step+1)
	}
	w := t.writer(in, s.fallbacks)
	defer t.writers.Put(w)
	out := Rendered{VariantID: id, Subject: foldLines(string(w.write("subject", a.subject)))}
	foot := t.footer.write(w, a)
	if a.html != nil {
		out.HTML = string(foot.html.appendTo(w.write("body", a.html)))
	}
	if a.text != nil {
		out.Text = string(foot.text.appendTo(w.write("body", a.text)))
	} else {
		out.Text = message.TextFromHTML(out.HTML)
	}
	if w.err != nil {
		return Rendered{}, w.err
	}
	return out, nil
}

// writer takes a writer that rests, or makes one.
func (t *Templates) writer(in Input, fallbacks map[string]string) *writer {
	w, _ := t.writers.Get().(*writer)
	if w == nil {
		w = new(writer)
	}
	w.scope.fill(in, fallbacks)
	w.historyID, w.err = in.HistoryID, nil
	return w
}

// pick is the arm of the chosen variant, and its id.
func (s *step) pick(chosen *outreach.Variant, variants []outreach.Variant) (arm, string) {
	for i := range variants {
		if chosen == &variants[i] {
			return s.variants[i], chosen.ID
		}
	}
	return s.base, ""
}

// foldLines makes a subject one line.
func foldLines(s string) string { return strings.Join(strings.Fields(s), " ") }
