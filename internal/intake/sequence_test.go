package intake

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mailrun/pkg/outreach"
)

const goodSequence = `name: Spring
mailboxes: [Ann@Example.com]
timezone: Europe/Berlin
window: {days: [Mon, tue], start: "09:00", end: 17:00}
holidays: [2026-12-25]
unsubscribe: {header: false}
guard: {bounceRateMax: 0.1, minSample: 20}
steps:
  - subject: Hello
    text: |
      Hi
  - delay: 3bd
    text: Again
    fallbacks: {company: your firm, n: 3}
    variants:
      - {weight: 2, text: A}
      - {text: B}
`

func TestSequence(t *testing.T) {
	got, err := Sequences("s.yaml", strings.NewReader(goodSequence))
	if err != nil {
		t.Fatal(err)
	}
	no, rate, sample := false, 0.1, 20
	want := outreach.Sequence{
		Name: "Spring", Timezone: "Europe/Berlin", Window: &outreach.Window{Days: []string{"mon", "tue"}, Start: "09:00", End: "17:00"},
		Holidays: []string{"2026-12-25"}, Unsubscribe: &outreach.Unsubscribe{Header: &no}, Guard: &outreach.Guard{BounceRateMax: &rate, MinSample: &sample},
		Steps: []outreach.Step{
			{ID: "step-1", Subject: "Hello", Text: "Hi\n"},
			{ID: "step-2", Delay: "3bd", Text: "Again", Fallbacks: map[string]string{"company": "your firm", "n": "3"}, Variants: []outreach.Variant{
				{ID: "a", Weight: 2, Text: "A"}, {ID: "b", Text: "B"},
			}},
		},
	}
	if diff := cmp.Diff(want, got[0].Doc, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Named{{"ann@example.com", 2}}, got[0].Mailboxes); diff != "" {
		t.Error(diff)
	}
	if p := got[0].ProblemAt("steps[1].variants[1].text", "x"); p.Line != 17 {
		t.Errorf("line %d, want 17", p.Line)
	}
}

func TestEveryMistakeOfASequenceIsReportedWithItsPlace(t *testing.T) {
	text := `nam: x
timezone: Nowhere
window: {days: [mon, someday], start: "25:00", end: "24:00"}
holidays: [25.12.2026, "2026-02-30"]
dailyLimit: -1
mailboxes: [not-an-address]
mailboxIds: [123]
status: active
guard: {bounceRateMax: 5}
steps:
  - text: no subject
  - delay: 3 fortnights
    subject: x
  - id: step-1
    variants: [{id: a, text: x}, {id: a, text: y, weight: lots}]
  - 7
`
	_, err := Sequences("s.yaml", strings.NewReader(text))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"s.yaml line 1: nam: unknown field", "s.yaml line 1: name: missing", `line 2: timezone: unknown time zone "Nowhere"`, `line 3: window.days[1]: bad window day "someday"`,
		"line 3: window.start: bad", `line 4: holidays[0]: "25.12.2026" is not a date`, "line 4: holidays[1]:", `line 5: dailyLimit: "-1"`, `line 6: mailboxes[0]: "not-an-address" has no @`,
		"line 7: mailboxIds[0]:", `line 8: status: "active" cannot be set in a file`, `line 9: guard.bounceRateMax: "5"`, "line 11: steps[0].subject: the first step",
		`line 12: steps[1].delay: bad delay "3 fortnights"`, "line 12: steps[1].text: ", `line 14: steps[2].id: "step-1" is the id of steps[0] too`,
		"line 14: steps[2].delay: missing", "steps[2].variants: two variants", `steps[2].variants[1].weight: "lots"`, "line 16: steps[3]: expected fields",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
}

func FuzzSequences(f *testing.F) {
	f.Add(goodSequence)
	f.Add("a: &a [*a]\n")
	f.Add("steps: [{variants: [null, 1]}, *x]\n")
	f.Add("- - - a\n")
	f.Add("name: &n {<<: *n}\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Sequences("s.yaml", strings.NewReader(text))
		if err == nil && len(got) == 0 {
			t.Fatal("neither a sequence nor an error")
		}
		if _, err := Mailboxes("s.yaml", strings.NewReader(text)); err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
	})
}
