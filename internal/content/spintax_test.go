package content

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// spun is what becomes of a text by the choices of a seed.
func spun(source string, opaque []stretch, k kind, seed uint64) string {
	var s spinner
	return string(s.spin([]byte(source), opaque, k, rand.New(rand.NewPCG(seed, 0))))
}

func TestSpin(t *testing.T) {
	deep := strings.Repeat("{a|", 30) + "b" + strings.Repeat("}", 30)
	for _, tc := range []struct {
		source string
		want   []string // every outcome
	}{
		{"", []string{""}},
		{"plain", []string{"plain"}},
		{"{a|b}", []string{"a", "b"}},
		{"x{a|b}y", []string{"xay", "xby"}},
		{"{a|}", []string{"a", ""}},
		{"{|}", []string{""}},
		{"{a|{b|c}}", []string{"a", "b", "c"}},
		{"{{a|b}|c}", []string{"a", "b", "c"}},
		{"{a}", []string{"{a}"}},
		{"{}", []string{"{}"}},
		{"a|b", []string{"a|b"}},
		{"{a {b} c|d}", []string{"a {b} c", "d"}},
		{"{ {a|b} }", []string{"{ a }", "{ b }"}},
		{"{a|b", []string{"{a|b"}},
		{"{a|{b|c}", []string{"{a|b", "{a|c"}},
		{"a|b}", []string{"a|b}"}},
		{"}{", []string{"}{"}},
		{"{ك|ل}", []string{"ك", "ل"}},
		{deep, nil},
	} {
		seen := map[string]bool{}
		for i := range uint64(200) {
			seen[spun(tc.source, nil, plain, i)] = true
		}
		if tc.want == nil {
			continue // only that it ends
		}
		var got []string
		for s := range seen {
			got = append(got, s)
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(tc.want))
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", tc.source, got, want)
		}
	}
}

func TestSpinLeavesValuesAlone(t *testing.T) {
	source := "{Hi x|y}{a|b}"
	got := spun(source, []stretch{{4, 7}, {7, 7}, {8, 13}}, plain, 0)
	if got != source {
		t.Errorf("got %q, want %q", got, source)
	}
}

// Whatever the text: spinning ends, makes nothing longer, draws the same for the same seed, and leaves text without bars as it is.
func FuzzSpin(f *testing.F) {
	for _, s := range []string{"{a|b}", "{a|{b|c}}", "{{{", "|||", "}}{|", "<style>{a|b}</style>", "<script", "{a|<b>|{c}}"} {
		f.Add(s, uint64(1), 0, 1)
	}
	f.Fuzz(func(t *testing.T, s string, seed uint64, from, length int) {
		var opaque []stretch
		if from >= 0 && length >= 0 && from <= len(s) && length <= len(s)-from {
			opaque = []stretch{{from, from + length}}
		}
		for _, k := range []kind{plain, markup} {
			got, again := spun(s, opaque, k, seed), spun(s, opaque, k, seed)
			if got != again || len(got) > len(s) {
				t.Fatalf("%q became %q, then %q", s, got, again)
			}
			if !strings.Contains(s, "|") && got != s {
				t.Fatalf("%q became %q", s, got)
			}
		}
	})
}

// Whatever the template and the value: rendering ends within its bound, a value never acts as template, and a retry repeats it.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{
		"{{ v }}", `{{ v | default: "x" | upcase }}`, "{% if v == 'a' %}x{% elsif v contains 'b' %}{{ v }}{% else %}z{% endif %}",
		`{% case v %}{% when "a" %}1{% endcase %}`, "{% assign x = v | split: ',' %}{{ x | join: '-' | truncate: 5 }}", "{%- raw -%}{{ v }}{%- endraw -%}",
		"{{ v | slice: 1, 2 }}{{ v | replace: 'a', 'b' }}{{ v.size }}{{ v[0] }}", "{a|{{ v }}}", "{{ é }}", `{{ "2026-05-01" | date: "%Y" }}`,
		"{{ v | url_encode | append: v | escape | newline_to_br }}", "{{ 1 | divided_by: 0 }}", "{{ v | sort | map: 'x' | uniq | first }}",
	} {
		f.Add(s, "a,b")
	}
	f.Fuzz(func(t *testing.T, source, value string) {
		for _, k := range []kind{plain, markup} {
			tmpl, err := newLanguage(k).parse(source)
			if err != nil {
				continue
			}
			write := func() (string, error) {
				w := &writer{scope: scope{columns: map[string]string{"v": value, "é": value}}}
				return string(w.write("body", tmpl)), w.err
			}
			got, err := write()
			if len(got) > maxRendered {
				t.Fatalf("%d bytes", len(got))
			}
			if again, errAgain := write(); again != got && !strings.Contains(source, "now") || (err == nil) != (errAgain == nil) {
				t.Fatalf("%q: %q, %v, then %q, %v", source, got, err, again, errAgain)
			}
			if k == markup && !strings.Contains(source, "<") && strings.Contains(got, "<") && !strings.Contains(source, "br") {
				t.Fatalf("%q of %q wrote %q unescaped", source, value, got)
			}
		}
	})
}
