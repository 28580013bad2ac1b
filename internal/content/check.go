package content

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"mailrun/pkg/outreach"
)

// Problem is something wrong with a sequence's words. Field is its place in the sequence: steps[1].variants[0].html.
type Problem struct {
	Field   string
	Message string
}

func (p Problem) Error() string { return p.Field + ": " + p.Message }

// Check finds everything that is wrong with a sequence's words before any is sent: templates that do not parse, a first step without
// subject, a step without text, what is too long, links that lead nowhere, and variables that nobody has. Known are the columns of which
// at least one recipient has a value; with nil, as for a sequence without recipients, variables are not checked.
func Check(seq *outreach.Sequence, known []string) []Problem {
	c := &checker{parsers: newParsers()}
	if known != nil {
		c.known = map[string]bool{}
		for _, name := range known {
			c.known[outreach.FoldName(name)] = true
		}
	}
	if len(seq.Steps) == 0 {
		c.report("steps", "a sequence needs at least one step")
	}
	for i := range seq.Steps {
		c.checkStep(&seq.Steps[i], i)
	}
	line := seq.UnsubscribeText()
	c.checkTemplate("unsubscribe.text", line, c.parse("unsubscribe.text", footerKind(line), line), nil)
	return c.problems
}

type checker struct {
	*parsers
	known map[string]bool // by folded name; nil if not to be checked
}

func (c *checker) report(field, format string, args ...any) {
	c.problems = append(c.problems, Problem{Field: field, Message: fmt.Sprintf(format, args...)})
}

func (c *checker) checkStep(s *outreach.Step, i int) {
	path := fmt.Sprintf("steps[%d]", i)
	before := len(c.problems)
	parsed := c.step(s, path)
	broken := len(c.problems) > before
	c.checkWords(path, words{s.Subject, s.Text, s.HTML}, parsed.base, parsed.fallbacks)
	arms := []arm{parsed.base}
	for n, v := range s.Variants {
		at := fmt.Sprintf("%s.variants[%d]", path, n)
		c.checkWords(at, words{v.Subject, v.Text, v.HTML}, parsed.variants[n], parsed.fallbacks)
		if v.Text != "" && v.HTML == "" && s.HTML != "" {
			c.report(at+".html", "the variant changes the text but not the HTML, which is what most recipients see")
		}
	}
	if len(s.Variants) > 0 {
		arms = parsed.variants
	}
	if broken {
		return
	}
	if i == 0 && slices.ContainsFunc(arms, func(a arm) bool { return a.subject == nil }) {
		c.report(path+".subject", "the first step needs a subject")
	}
	if slices.ContainsFunc(arms, func(a arm) bool { return a.text == nil && a.html == nil }) {
		c.report(path+".text", "a step needs text or html")
	}
}

// words are the sources of one arm.
type words struct{ subject, text, html string }

func (c *checker) checkWords(path string, w words, a arm, fallbacks map[string]string) {
	if n := utf8.RuneCountInString(w.subject); n > maxSubject {
		c.report(path+".subject", "%d characters are too long: at most %d", n, maxSubject)
	}
	if strings.ContainsAny(strings.TrimSpace(w.subject), "\r\n") {
		c.report(path+".subject", "a subject is one line")
	}
	c.checkTemplate(path+".subject", w.subject, a.subject, fallbacks)
	c.checkTemplate(path+".text", w.text, a.text, fallbacks)
	c.checkTemplate(path+".html", w.html, a.html, fallbacks)
	for _, link := range relativeLinks(w.html) {
		c.report(path+".html", "the link %q is not absolute: write https://…, mailto:… or tel:…", link)
	}
}

// checkTemplate checks the size and the variables of a template. Without a source the template is inherited, and was checked there.
func (c *checker) checkTemplate(field, source string, t *template, fallbacks map[string]string) {
	if len(source) > maxBody {
		c.report(field, "%d KB are too long: at most %d", len(source)>>10, maxBody>>10)
	}
	if strings.TrimSpace(source) == "" || t == nil || c.known == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(t.variables)) {
		folded := t.variables[name]
		_, local := t.locals[name]
		if !local && !builtin[folded] && !c.known[folded] && strings.TrimSpace(fallbacks[folded]) == "" {
			c.report(field, "no recipient has a value for %s: correct the name, or give the step a fallback for it", unmangle(name))
		}
	}
}

// relativeLinks lists the links and images of an HTML template that lead nowhere from within a message. Links that are a template or
// spintax are not known before they are rendered.
func relativeLinks(source string) []string {
	var found []string
	z := html.NewTokenizer(strings.NewReader(source))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return found
		case html.StartTagToken, html.SelfClosingTagToken:
			for _, a := range z.Token().Attr {
				if (a.Key == "href" || a.Key == "src") && !isAbsolute(strings.TrimSpace(a.Val)) {
					found = append(found, a.Val)
				}
			}
		}
	}
}

func isAbsolute(link string) bool {
	lower := strings.ToLower(link)
	return slices.ContainsFunc([]string{"https://", "http://", "mailto:", "tel:", "sms:", "cid:", "#", "{"}, func(prefix string) bool {
		return strings.HasPrefix(lower, prefix) && len(lower) > len(prefix)
	})
}
