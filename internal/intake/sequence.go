package intake

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/content"
	"mailrun/pkg/outreach"
)

// Sequence is one sequence of a file: the document, and the addresses of its mailboxes with the lines they stand on.
type Sequence struct {
	Doc       outreach.Sequence
	Mailboxes []Named
	File      string
	Line      int
	lines     map[string]int
}

// Named is a name in a file that only the store can resolve.
type Named struct {
	Name string
	Line int
}

// ProblemAt makes a Problem of what somebody else found wrong with a field, such as steps[1].subject, and finds its line; what has none takes that of what holds it.
func (s *Sequence) ProblemAt(field, message string) Problem {
	line := s.Line
	for place := field; place != ""; place = place[:max(strings.LastIndexAny(place, ".["), 0)] {
		if known, ok := s.lines[place]; ok {
			line = known
			break
		}
	}
	return Problem{File: s.File, Line: line, Field: field, Message: message}
}

// Sequences reads the sequences of a YAML input: one or several documents, or lists. The error is Problems.
func Sequences(file string, r io.Reader) ([]Sequence, error) {
	f := &form{file: file}
	var out []Sequence
	f.documents(r, func(n *yaml.Node) { out = append(out, f.sequence(n)) })
	if len(out) == 0 && len(f.problems) == 0 {
		f.problems = Problems{{File: file, Message: "holds no sequence"}}
	}
	seen := map[string]bool{}
	for i := range out {
		if name := out[i].Doc.Name; name != "" && seen[name] {
			f.problems = append(f.problems, out[i].ProblemAt("name", strconv.Quote(name)+" is in this file twice"))
		}
		seen[out[i].Doc.Name] = true
	}
	return out, f.problems.err()
}

func (f *form) sequence(n *yaml.Node) Sequence {
	s := Sequence{File: f.file, Line: n.Line, lines: map[string]int{}}
	d := &s.Doc
	given := f.mapping(n, "", map[string]setter{
		"name":              f.text(&d.Name, nonBlank, oneLine),
		"status":            f.text(new(string), onlyDraft),
		"mailboxes":         f.named(&s.Mailboxes),
		"mailboxIds":        f.ids(&d.MailboxIDs),
		"timezone":          f.text(&d.Timezone, zone),
		"window":            optional(&d.Window, f.window),
		"holidays":          f.texts(&d.Holidays, day),
		"dailyLimit":        f.number(&d.DailyLimit, 0, 1_000_000),
		"newPerDay":         f.number(&d.NewPerDay, 0, 1_000_000),
		"stopOnReply":       optional(&d.StopOnReply, f.toggle),
		"stopOnAutoReply":   f.toggle(&d.StopOnAutoReply),
		"stopDomainOnReply": f.toggle(&d.StopDomainOnReply),
		"unsubscribe":       optional(&d.Unsubscribe, f.unsubscribe),
		"guard":             optional(&d.Guard, f.guard),
		"steps":             f.list(s.step(f)),
	})
	if n = resolve(n); n.Kind != yaml.MappingNode {
		return s
	}
	for name, node := range given {
		s.lines[name] = node.Line
	}
	if given["name"] == nil {
		f.fail(n, "name", "missing")
	}
	for _, p := range content.Check(d, nil) {
		f.add(s.ProblemAt(p.Field, p.Message))
	}
	return s
}

// add keeps a problem unless the field has one already.
func (f *form) add(p Problem) {
	if !slices.ContainsFunc(f.problems, func(other Problem) bool { return other.Field == p.Field && other.Line == p.Line }) {
		f.problems = append(f.problems, p)
	}
}

// step reads the next step. Ids that are not given are made from the place, so that applying a file again changes nothing.
func (s *Sequence) step(f *form) setter {
	return func(n *yaml.Node, path string) {
		step := outreach.Step{ID: fmt.Sprintf("step-%d", len(s.Doc.Steps)+1)}
		given := f.mapping(n, path, map[string]setter{
			"id":        f.text(&step.ID, nonBlank, oneLine),
			"delay":     f.text(&step.Delay, delay),
			"subject":   f.text(&step.Subject, oneLine),
			"text":      f.text(&step.Text),
			"html":      f.text(&step.HTML),
			"fallbacks": f.table(&step.Fallbacks),
			"variants":  f.list(s.variant(f, &step)),
		})
		s.note(n, path, given)
		s.Doc.Steps = append(s.Doc.Steps, step)
		if n.Kind == yaml.MappingNode {
			f.checkStep(n, path, s.Doc.Steps, given["delay"] != nil)
		}
	}
}

func (s *Sequence) note(n *yaml.Node, path string, given map[string]*yaml.Node) {
	s.lines[path] = n.Line
	for name, node := range given {
		s.lines[path+"."+name] = node.Line
	}
}

func (s *Sequence) variant(f *form, step *outreach.Step) setter {
	return func(n *yaml.Node, path string) {
		v := outreach.Variant{ID: string(rune('a' + len(step.Variants)%26))}
		given := f.mapping(n, path, map[string]setter{
			"id":      f.text(&v.ID, nonBlank, oneLine),
			"weight":  f.number(&v.Weight, 0, 1_000_000),
			"subject": f.text(&v.Subject, oneLine),
			"text":    f.text(&v.Text),
			"html":    f.text(&v.HTML),
		})
		s.note(n, path, given)
		step.Variants = append(step.Variants, v)
	}
}

// checkStep checks the newest step against itself and the ones before it.
func (f *form) checkStep(n *yaml.Node, path string, steps []outreach.Step, delayed bool) {
	step := &steps[len(steps)-1]
	for i := range steps[:len(steps)-1] {
		if steps[i].ID == step.ID {
			f.fail(n, path+".id", "%q is the id of steps[%d] too", step.ID, i)
		}
	}
	if len(steps) > 1 && !delayed {
		f.fail(n, path+".delay", "missing: every step but the first says how long after the one before it is sent (3d, 12h, 3bd)")
	}
	ids := map[string]bool{}
	for _, v := range step.Variants {
		if ids[v.ID] {
			f.fail(n, path+".variants", "two variants have the id %q", v.ID)
		}
		ids[v.ID] = true
	}
}

func (f *form) named(field *[]Named) setter {
	return f.list(func(n *yaml.Node, path string) {
		var email string
		f.address(&email)(n, path)
		*field = append(*field, Named{Name: email, Line: n.Line})
	})
}

func (f *form) ids(field *[]bson.ObjectID) setter {
	return f.list(func(n *yaml.Node, path string) {
		id, err := bson.ObjectIDFromHex(n.Value)
		if err != nil {
			f.fail(n, path, "%q is not an id of 24 hexadecimal digits; mailboxes: takes addresses", n.Value)
		}
		*field = append(*field, id)
	})
}

func (f *form) window(w *outreach.Window) setter {
	return func(n *yaml.Node, path string) {
		before := len(f.problems)
		f.mapping(n, path, map[string]setter{
			"days":  f.texts(&w.Days, func(day string) error { return (&outreach.Window{Days: []string{day}}).Check() }),
			"start": f.text(&w.Start, func(clock string) error { return (&outreach.Window{Start: clock}).Check() }),
			"end":   f.text(&w.End, func(clock string) error { return (&outreach.Window{End: clock}).Check() }),
		})
		for i := range w.Days {
			w.Days[i] = strings.ToLower(w.Days[i])
		}
		if err := w.Check(); err != nil && len(f.problems) == before {
			f.fail(n, path, "%s", err)
		}
	}
}

func (f *form) unsubscribe(u *outreach.Unsubscribe) setter {
	return func(n *yaml.Node, path string) {
		f.mapping(n, path, map[string]setter{
			"header": optional(&u.Header, f.toggle),
			"text":   f.text(&u.Text),
		})
	}
}

func (f *form) guard(g *outreach.Guard) setter {
	return func(n *yaml.Node, path string) {
		f.mapping(n, path, map[string]setter{
			"bounceRateMax": optional(&g.BounceRateMax, f.fraction),
			"minSample":     optional(&g.MinSample, func(p *int) setter { return f.number(p, 1, 1_000_000) }),
			"windowDays":    optional(&g.WindowDays, func(p *int) setter { return f.number(p, 1, 365) }),
		})
	}
}

func delay(text string) error {
	_, err := outreach.ParseDelay(text)
	return err
}

func nonBlank(text string) error {
	if text == "" {
		return errors.New("must not be blank")
	}
	return nil
}

func onlyDraft(text string) error {
	if text != string(outreach.SequenceDraft) {
		return fmt.Errorf("%q cannot be set in a file: use `mailrun sequences activate`, `pause` or `archive`", text)
	}
	return nil
}

var dayForm = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

func day(text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil || !dayForm.MatchString(text) {
		return fmt.Errorf("%q is not a date like 2026-12-25", text)
	}
	return nil
}
