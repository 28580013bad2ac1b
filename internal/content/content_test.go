package content

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// input is a message to Grace, who has a few columns, from Ada.
func input(change func(*Input)) Input {
	in := Input{
		Recipient: &outreach.Recipient{
			Email: "grace@navy.example", FirstName: "Grace", LastName: "Hopper",
			Variables: map[string]string{
				"job_title": "Rear Admiral", "Amount": "1234567.5", "void": " ", "évil": `<b>{{ x }} {a|b} "&`, "list": "a,b,c", "الشركة": "بحرية",
				"lines": "one\r\ntwo\x00\x1b", "émigré": "oui",
			},
		},
		Mailbox:        &outreach.Mailbox{Email: "ada@sender.example", FromName: "Ada"},
		HistoryID:      outreach.HistoryID(bson.ObjectID{1}, 0),
		UnsubscribeURL: "https://m.example/u/abc?x=1&y=2",
	}
	if change != nil {
		change(&in)
	}
	return in
}

func sequenceOf(steps ...outreach.Step) *outreach.Sequence {
	return &outreach.Sequence{Name: "intro", Steps: steps}
}

func renderOne(t *testing.T, s *outreach.Sequence, in Input) (Rendered, error) {
	t.Helper()
	templates, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	return templates.Render(in)
}

func TestRenderText(t *testing.T) {
	for _, tc := range []struct{ name, source, want string }{
		{"plain", "Hello.", "Hello."},
		{"fields", "{{ firstName }} {{ lastName }} {{ email }}", "Grace Hopper grace@navy.example"},
		{"case and separators do not matter", "{{ first_name }} {{FirstName}} {{ FIRSTNAME }} {{ jobTitle }} {{ Job-Title }} {{ amount }}", "Grace Grace Grace Rear Admiral Rear Admiral 1234567.5"},
		{"names of any language", "{{ الشركة }} {{ émigré | upcase }} {% if émigré == \"oui\" %}é{% endif %}", "بحرية OUI é"},
		{"sender", "{{ senderName }} <{{ senderEmail }}>", "Ada <ada@sender.example>"},
		{"default", `Hi {{ nickname | default: "there" }}`, "Hi there"},
		{"default of a value", `Hi {{ firstName | default: "there" }}`, "Hi Grace"},
		{"default variable", `Hi {{ nickname | default: firstName }}`, "Hi Grace"},
		{"blank default on purpose", `Hi{{ nickname | default: "" }}!`, "Hi!"},
		{"step fallback", "{{ Fallen Back }}", ""},
		{"a value is no template", "{{ évil }}", `<b>{{ x }} {a|b} "&`},
		{"a value inside spintax", "{Dear {{ évil }}|Dear {{ évil }}}", `Dear <b>{{ x }} {a|b} "&`},
		{"control characters vanish", "{{ lines }}", "one\ntwo"},
		{"test for a value", "{% if nickname %}{{ nickname }}{% elsif job_title %}{{ job_title }}{% else %}x{% endif %}", "Rear Admiral"},
		{"unless", "{% unless nickname %}no{% endunless %}", "no"},
		{"case", `{% case job_title %}{% when "CEO", "Rear Admiral" %}sir{% else %}hi{% endcase %}`, "sir"},
		{"case else", `{% case nickname %}{% when "x" %}sir{% else %}hi{% endcase %}`, "hi"},
		{"assign", `{% assign who = nickname | default: "friend" %}{{ who }}`, "friend"},
		{"comment and raw", `a{% comment %}{{ nothing }}{% endcomment %}b{% raw %}{{ émigré }}{% endraw %}`, "ab{{ émigré }}"},
		{"trimmed", "a \n {%- if firstName -%} \n b \n {%- endif -%} \n c {{- email -}} d", "abcgrace@navy.exampled"},
		{"css and json are left alone", `{ color: red } {"a":1} {} }{ | {`, `{ color: red } {"a":1} {} }{ | {`},
		{"numbers", "{{ amount | times: 2 }} {{ amount | round }} {{ 3 | plus: 4 }}", "2469135 1234568 7"},
		{"lists", `{{ list | split: "," | last }} {{ list | split: "," | join: " and " }}`, "c a and b and c"},
		{"a list runs together", `{{ list | split: "," }} {{ list | split: "," | size }}`, "abc 3"},
		{"truth", `{{ firstName == "Grace" }}`, "true"},
		{"capitalize keeps characters whole", "{{ émigré | capitalize }} {{ \"élan\" | capitalize }}", "Oui Élan"},
		{"truncate", `{{ "Ünïcödé text" | truncate: 8 }}|{{ "short" | truncate: 8 }}|{{ "ab" | truncate: 1 }}`, "Ünïcö...|short|..."},
		{"truncatewords", `{{ "one two three" | truncatewords: 2 }}`, "one two..."},
		{"slice", `{{ "Grace" | slice: -3, 2 }}{{ "Grace" | slice: 9, 2 | default: "-" }}`, "ac-"},
		{"date", `{{ "2026-05-01" | date: "%B %d" }}`, "May 01"},
		{"windows line ends", "a\r\nb\r\n", "a\nb"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == "" {
				if _, err := Compile(sequenceOf(outreach.Step{Text: tc.source})); err == nil {
					t.Fatal("a name with a blank was accepted")
				}
				return
			}
			got, err := renderOne(t, sequenceOf(outreach.Step{Text: tc.source}), input(nil))
			if err != nil || got.Text != tc.want {
				t.Errorf("got %q, %v, want %q", got.Text, err, tc.want)
			}
		})
	}
}

func TestRenderFallback(t *testing.T) {
	s := sequenceOf(outreach.Step{Text: "{{ nickname }} {{ firstName }} {{ void }}", Fallbacks: map[string]string{"Nick Name": "you", "first_name": "other", "void": "filled"}})
	got, err := renderOne(t, s, input(nil))
	if err != nil || got.Text != "you Grace filled" {
		t.Errorf("got %q, %v", got.Text, err)
	}
}

func TestRenderMissing(t *testing.T) {
	for _, tc := range []struct{ source, name string }{
		{"{{ company }}", "company"},
		{"{{ void }}", "void"},
		{"{{ Compny-Name }}", "Compny-Name"},
		{"{{ société }}", "société"},
		{"{{ company | upcase }}", "company"},
		{"{{ company.name }}", "company"},
		{`{{ "Hi " | append: company }}`, "company"},
		{`{{ firstName | append: company }}`, "company"},
		{`{{ firstName | append: company | default: "x" }}`, "company"},
		{`{{ nickname | default: company }}`, "nickname"},
		{`{{ firstName | remove: "Grace" }}`, "firstName"},
		{`{% assign who = company %}{{ who }}`, "company"},
		{`{% assign who = company %}{% assign name = who | upcase %}{{ name }}`, "company"},
		{"{% if company %}x{% else %}{{ company }}{% endif %}", "company"},
		{"{Hi {{ company }}|Hello}", "company"},
	} {
		for field, step := range map[string]outreach.Step{"text": {Text: tc.source}, "html": {HTML: tc.source}, "subject": {Subject: tc.source, Text: "x"}} {
			_, err := renderOne(t, sequenceOf(step), input(nil))
			var missing *MissingError
			if !errors.As(err, &missing) || missing.Name != tc.name {
				t.Errorf("%s %s: got %v, want %s missing", field, tc.source, err, tc.name)
			}
		}
	}
}

func TestRenderHTML(t *testing.T) {
	for _, tc := range []struct{ name, source, want string }{
		{"values are escaped", "<p>{{ évil }}</p>", "<p>&lt;b&gt;{{ x }} {a|b} &#34;&amp;</p>"},
		{"after filters", "{{ évil | upcase }}", "&lt;B&gt;{{ X }} {A|B} &#34;&amp;"},
		{"escaped once", "{{ évil | escape }}", "&lt;b&gt;{{ x }} {a|b} &#34;&amp;"},
		{"line breaks", "{{ lines | newline_to_br }}", "one<br />\ntwo"},
		{"what a later filter made of it is escaped again", "{{ évil | escape | downcase }}", "&amp;lt;b&amp;gt;{{ x }} {a|b} &amp;#34;&amp;amp;"},
		{"spintax outside styles", `<style>a{b|c}</style><STYLE>{d|d}</STYLE><p>{x|x}</p>`, `<style>a{b|c}</style><STYLE>{d|d}</STYLE><p>x</p>`},
		{"spintax in attributes", `<a title="{x|x}">y</a>`, `<a title="x">y</a>`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := renderOne(t, sequenceOf(outreach.Step{HTML: tc.source}), input(nil))
			if err != nil || got.HTML != tc.want {
				t.Errorf("got %q, %v, want %q", got.HTML, err, tc.want)
			}
		})
	}
}

func TestTextIsMadeFromHTML(t *testing.T) {
	got, err := renderOne(t, sequenceOf(outreach.Step{HTML: "<p>Hi {{ firstName }},</p><p>bye</p>"}), input(nil))
	if err != nil || !strings.HasPrefix(got.Text, "Hi Grace,\n") || !strings.HasSuffix(got.Text, "\nbye") {
		t.Errorf("got %q, %v", got.Text, err)
	}
}

func TestSubjectIsOneLine(t *testing.T) {
	got, err := renderOne(t, sequenceOf(outreach.Step{Subject: " {{ lines }}\r\nBcc: x@y ", Text: "x"}), input(nil))
	if err != nil || got.Subject != "one two Bcc: x@y" {
		t.Errorf("got %q, %v", got.Subject, err)
	}
}

// A retry writes the same words; text and HTML choose alike; other recipients get other words.
func TestChoicesFollowTheHistoryID(t *testing.T) {
	s := sequenceOf(outreach.Step{
		Subject: "{a|b|c|d}", Text: "{1|2|3|4} {x|y}", HTML: "<p>{1|2|3|4} {x|y}</p>",
		Variants: []outreach.Variant{{ID: "one"}, {ID: "two", Subject: "{e|f}"}},
	})
	templates, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[Rendered]bool{}
	for i := range 200 {
		in := input(func(in *Input) { in.HistoryID = outreach.HistoryID(bson.ObjectID{}, i) })
		first, err := templates.Render(in)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := templates.Render(in); again != first {
			t.Fatalf("first %+v, then %+v", first, again)
		}
		if "<p>"+first.Text+"</p>" != first.HTML {
			t.Fatalf("text %q, HTML %q", first.Text, first.HTML)
		}
		if strings.Contains("ef", first.Subject) != (first.VariantID == "two") {
			t.Fatalf("variant %s has subject %q", first.VariantID, first.Subject)
		}
		seen[first] = true
	}
	if len(seen) < 40 { // of 48
		t.Errorf("200 messages are %d different ones", len(seen))
	}
}

func TestFooter(t *testing.T) {
	plainLine, htmlLine := "Not interested? {{ unsubscribeUrl }}", `<a href="{{ unsubscribeUrl }}">No more</a>`
	for _, tc := range []struct {
		name, text, html, signature, unsubscribe string
		wantText, wantHTML                       string
	}{
		{"none", "Hi", "<p>Hi</p>", "", "", "Hi", "<p>Hi</p>"},
		{"signature", "Hi\n", "<p>Hi</p>", "Ada & Co\nLondon", "", "Hi\n\nAda & Co\nLondon", "<p>Hi</p>\n<p>Ada &amp; Co<br>\nLondon</p>"},
		{"signature where the template wants it", "{{ signature }}\nHi", "{{signature}} Hi", "A\nB", "", "A\nB\nHi", "A<br>\nB Hi"},
		{"HTML signature", "Hi", "Hi", "<b>Ada</b>", "", "Hi\n\nAda", "Hi\n<p><b>Ada</b></p>"},
		{"opt-out line", "Hi", "Hi", "", plainLine, "Hi\n\nNot interested? https://m.example/u/abc?x=1&y=2",
			"Hi\n<p>Not interested? <a href=\"https://m.example/u/abc?x=1&amp;y=2\">https://m.example/u/abc?x=1&amp;y=2</a></p>"},
		{"HTML opt-out line", "Hi", "Hi", "", htmlLine, "Hi\n\nNo more <https://m.example/u/abc?x=1&y=2>", "Hi\n<p><a href=\"https://m.example/u/abc?x=1&amp;y=2\">No more</a></p>"},
		{"inside the document", "Hi", "<body>Hi</BODY></html>", "Ada", "", "Hi\n\nAda", "<body>Hi\n<p>Ada</p></BODY></html>"},
		{"a value in the line is escaped", "Hi", "Hi", "", "Bye {{ évil }}", "Hi\n\nBye <b>{{ x }} {a|b} \"&", "Hi\n<p>Bye &lt;b&gt;{{ x }} {a|b} &#34;&amp;</p>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := sequenceOf(outreach.Step{Text: tc.text, HTML: tc.html})
			s.Unsubscribe = &outreach.Unsubscribe{Text: tc.unsubscribe}
			got, err := renderOne(t, s, input(func(in *Input) { in.Mailbox.Signature = tc.signature }))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Rendered{Text: tc.wantText, HTML: tc.wantHTML}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUnsubscribeWithoutServer(t *testing.T) {
	got, err := renderOne(t, sequenceOf(outreach.Step{Text: "{{ unsubscribeUrl }}"}), input(func(in *Input) { in.UnsubscribeURL = "" }))
	if want := "mailto:ada@sender.example?subject=unsubscribe"; err != nil || got.Text != want {
		t.Errorf("got %q, %v, want %q", got.Text, err, want)
	}
}

func TestRenderRefuses(t *testing.T) {
	for name, source := range map[string]string{
		"division by zero":     `{{ 1 | divided_by: 0 }}`,
		"not a number":         `{{ firstName | plus: 1 }}`,
		"not a date":           `{{ firstName | date: "%Y" }}`,
		"an endless date":      `{{ "2026-05-01" | date: "%999999999d" }}`,
		"doubling":             `{% assign a = "0123456789" %}` + strings.Repeat(`{% assign a = a | append: a %}`, 60) + `{{ a }}`,
		"replacing":            `{% assign a = "0123456789" %}` + strings.Repeat(`{% assign a = a | replace: "", a %}`, 20) + `{{ a }}`,
		"squaring":             `{% assign a = "0123456789" %}` + strings.Repeat(`{% assign a = a | split: "" | join: a %}`, 20) + `{{ a }}`,
		"lists that double":    `{% assign a = "a,b" | split: "," %}` + strings.Repeat(`{% assign a = a | concat: a %}`, 60) + `{{ a | size }}`,
		"long values repeated": strings.Repeat("{{ long }}", 400),
	} {
		_, err := renderOne(t, sequenceOf(outreach.Step{Text: source}), input(func(in *Input) { in.Recipient.Variables["long"] = strings.Repeat("x", 1000) }))
		var missing *MissingError
		if err == nil || errors.As(err, &missing) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRenderOfNoStep(t *testing.T) {
	for _, in := range []Input{{Step: -1}, {Step: 1}} {
		if _, err := renderOne(t, sequenceOf(outreach.Step{Text: "x"}), in); err == nil {
			t.Errorf("step %d was rendered", in.Step)
		}
	}
	if _, err := renderOne(t, sequenceOf(outreach.Step{Subject: "x"}), input(nil)); err == nil {
		t.Error("a step without words was rendered")
	}
}

func TestTemplatesAreShared(t *testing.T) {
	templates, err := Compile(sequenceOf(outreach.Step{Text: `{% assign x = firstName | upcase %}{a|b} {{ x }}`, HTML: "{{ firstName | escape }}"}))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if _, err := templates.Render(input(nil)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// The room in which messages are written serves one after the other: none shows what another held.
func TestMessagesLeaveNothingBehind(t *testing.T) {
	s := sequenceOf(
		outreach.Step{
			Subject: "{a|b} {{ firstName }}", Text: `{% assign who = nickname | default: "you" %}{{ who }}{% if city %} in {{ city }}{% endif %}{x|y|z}`,
			HTML: "<style>{a|b}</style><body>{{ signature }}{{ firstName }}</body>",
		},
		outreach.Step{Text: "{% if who %}{{ who }}{% endif %}{{ nickname }}", Fallbacks: map[string]string{"nickname": "friend"}},
		outreach.Step{HTML: "<p>{{ nickname }} {{ city }}</p>"},
	)
	s.Unsubscribe = &outreach.Unsubscribe{Text: "{Bye|Stop}: {{ unsubscribeUrl }}"}
	shared, err := Compile(s)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	perhaps := func(s string) string { return strings.Repeat(s, rnd.IntN(3)) }
	for i := range 500 {
		in := input(func(in *Input) {
			in.Step, in.HistoryID, in.UnsubscribeURL = rnd.IntN(3), outreach.HistoryID(bson.ObjectID{}, i), perhaps("https://m.example/")
			in.Recipient.FirstName, in.Mailbox.Signature = perhaps(strings.Repeat("Grace", rnd.IntN(200))), perhaps("<b>Ada</b>")
			in.Recipient.Variables = map[string]string{"nickname": perhaps("Gracie"), "City": perhaps("Arlington {a|b}")}
		})
		want, wantErr := renderOne(t, s, in)
		got, err := shared.Render(in)
		if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Fatalf("message %d: %v, %v\n%s", i, err, wantErr, diff)
		}
	}
}

// Messages as people write them, with five variables and spintax: plain, and of text and HTML with a signature.
func BenchmarkRender(b *testing.B) {
	const line = "This is a line of an ordinary message that says something."
	opening := "{Hi|Hello} {{ firstName | default: \"there\" }},\n\nI saw that {{ company }} is hiring a {{ job_title | downcase }} in {{ city }}.\n\n"
	step := outreach.Step{
		Subject: "{Question|Quick question} about {{ company }}",
		Text:    opening + strings.Repeat(line+"\n", 10) + "\n{Best|Kind regards},\n{{ senderName }}",
	}
	in := input(func(in *Input) {
		in.Recipient.Company, in.Recipient.Variables = "Navy", map[string]string{"job_title": "Admiral", "city": "Arlington"}
	})
	b.Run("plain", func(b *testing.B) { benchmarkRender(b, step, in) })
	step.HTML = "<p>" + opening + "</p>\n" + strings.Repeat("<p style=\"font-family:Arial\">"+line+"</p>\n", 40) + "<p>{Best|Kind regards},<br>{{ senderName }}</p>"
	in.Mailbox.Signature = "Ada & Co\nLondon"
	b.Run("alternative", func(b *testing.B) { benchmarkRender(b, step, in) })
}

func benchmarkRender(b *testing.B, step outreach.Step, in Input) {
	b.Helper()
	templates, err := Compile(sequenceOf(step))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := templates.Render(in); err != nil {
			b.Fatal(err)
		}
	}
}
