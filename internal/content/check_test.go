package content

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

func TestCheck(t *testing.T) {
	good := outreach.Step{Subject: "Hi {{ firstName }}", Text: "Hello"}
	for _, tc := range []struct {
		name     string
		sequence *outreach.Sequence
		known    []string
		fields   string // of the problems, in order
	}{
		{"good", sequenceOf(good, outreach.Step{HTML: `<a href="https://x.example">x</a> <a href="{{ link }}">y</a> <a href="mailto:a@b.example">z</a>`}), nil, ""},
		{"no steps", sequenceOf(), nil, "steps"},
		{"no subject", sequenceOf(outreach.Step{Text: "x"}), nil, "steps[0].subject"},
		{"a follow-up needs none", sequenceOf(good, outreach.Step{Text: "x"}), nil, ""},
		{"the variants have the subject", sequenceOf(outreach.Step{Text: "x", Variants: []outreach.Variant{{Subject: "a"}, {Subject: "b"}}}), nil, ""},
		{"one variant lacks it", sequenceOf(outreach.Step{Text: "x", Variants: []outreach.Variant{{Subject: "a"}, {Text: "b"}}}), nil, "steps[0].subject"},
		{"no words", sequenceOf(outreach.Step{Subject: "x"}), nil, "steps[0].text"},
		{"a long subject", sequenceOf(outreach.Step{Subject: strings.Repeat("x", 256), Text: "x"}), nil, "steps[0].subject"},
		{"a subject of two lines", sequenceOf(outreach.Step{Subject: "a\nb", Text: "x"}), nil, "steps[0].subject"},
		{"long bodies", sequenceOf(outreach.Step{Subject: "x", Text: strings.Repeat("x", 103<<10), HTML: strings.Repeat("x", 103<<10)}), nil, "steps[0].text steps[0].html"},
		{"relative links", sequenceOf(outreach.Step{Subject: "x", HTML: `<a href="/a">x</a><img src="b.png"><a href="www.c.example">c</a><a href="javascript:x">`}), nil,
			"steps[0].html steps[0].html steps[0].html steps[0].html"},
		{"every broken template", sequenceOf(outreach.Step{Subject: "{{ a | }}", Text: "{% for x in y %}{% endfor %}", HTML: "{{ a", Variants: []outreach.Variant{{Subject: "{% if %}{% endif %}"}}}), nil,
			"steps[0].subject steps[0].text steps[0].html steps[0].variants[0].subject"},
		{"a broken opt-out line", &outreach.Sequence{Steps: []outreach.Step{good}, Unsubscribe: &outreach.Unsubscribe{Text: "{{"}}, nil, "unsubscribe.text"},
		{"unknown variables", sequenceOf(outreach.Step{
			Subject: "{{ firstName }} {{ senderName }}", Text: "{{ jobTitle }} {{ compny }} {{ nick }} {% assign x = 1 %}{{ x }}{% if vip %}{% endif %}",
			Fallbacks: map[string]string{"Nick": "you"},
		}), []string{"Job title"}, "steps[0].text steps[0].text"},
		{"variables without recipients", sequenceOf(outreach.Step{Subject: "x", Text: "{{ compny }}"}), nil, ""},
		{"a variant leaves the HTML behind", sequenceOf(outreach.Step{Subject: "x", Text: "a", HTML: "a", Variants: []outreach.Variant{{Text: "b"}}}), nil, "steps[0].variants[0].html"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var fields []string
			problems := Check(tc.sequence, tc.known)
			for _, p := range problems {
				fields = append(fields, p.Field)
			}
			if diff := cmp.Diff(tc.fields, strings.Join(fields, " ")); diff != "" {
				t.Errorf("%s%v", diff, problems)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for source, want := range map[string]string{
		"a\n{{ firstName":                             "line 2: {{ or {% is not closed",
		"{{ firstName |\n upcase }}":                  "line 1: {{ or {% is not closed",
		"{% raw %}":                                   "line 1: {% raw %} is not closed",
		"x\n{% comment %}y":                           "line 2: {% comment %} is not closed",
		"{% if firstName %}":                          "unterminated",
		"{% endif %}":                                 "endif not inside",
		"{{ firstName | shout }}":                     `line 1: {{ firstName | shout }}: unknown filter "shout"`,
		"{{ firstName; company }}":                    "syntax error",
		`{{ "x }}`:                                    "syntax error",
		"{{ (1..999999999) | size }}":                 "ranges are not offered",
		"{% for x in (1..9) %}{% endfor %}":           "the tag for is not offered",
		"{% include 'x' %}":                           "the tag include is not offered",
		"{% capture x %}y{% endcapture %}":            "the tag capture is not offered",
		"{% assign x %}":                              "line 1",
		"{% if %}x{% endif %}":                        "the condition is missing",
		"{{ 99999999999999999999 }}":                  "malformed template",
		"{{ prénom | shout }}":                        `{{ prénom | shout }}: unknown filter`,
		strings.Repeat("{{ a }}", 501):                "more than 500",
		"{{ a" + strings.Repeat("|strip", 21) + " }}": "21 filters",
	} {
		_, err := newLanguage(plain).parse(source)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: got %v, want %q", source, err, want)
		}
	}
}

func TestCompileNamesThePlace(t *testing.T) {
	_, err := Compile(sequenceOf(outreach.Step{Text: "ok"}, outreach.Step{Text: "one\n{{ x | y }}"}))
	if want := `sequence "intro", steps[1].text: line 2: {{ x | y }}: unknown filter "y"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
