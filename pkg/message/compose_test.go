package message

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"mailrun/pkg/outreach"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func draft(change func(*Draft)) Draft {
	d := Draft{
		From:      outreach.Address{Name: "Ada Lovelace", Address: "ada@sender.example"},
		To:        outreach.Address{Name: "Grace Hopper", Address: "grace@navy.example"},
		Subject:   "Compilers",
		Text:      "Hi Grace,\n\nhow is COBOL?\n\nAda",
		MessageID: "<aebagbafaydqqcik.pbrgwzlzfi@sender.example>",
		Date:      time.Date(2026, 5, 1, 12, 0, 0, 0, time.FixedZone("", 2*60*60)),
	}
	change(&d)
	return d
}

// drafts are messages that go wrong elsewhere. Each has a golden file and is read back by go-message and by Python.
var drafts = map[string]Draft{
	"text": draft(func(*Draft) {}),
	"alternative": draft(func(d *Draft) {
		d.HTML = "<p>Hi Grace,</p>\n<p>how is <b>COBOL</b>?</p>\n<p>Ada</p>"
		d.ListUnsubscribe = []string{"https://mail.sender.example/u/abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz0123456789", "mailto:ada@sender.example?subject=unsubscribe%20abc"}
		d.OneClick = true
	}),
	"html-only": draft(func(d *Draft) { d.Text, d.HTML = "", `<p>Hi Grace, <a href="https://cobol.example">how is it?</a></p>` }),
	"reply": draft(func(d *Draft) {
		d.Subject, d.InReplyTo = "Re: Compilers", "<first@sender.example>"
		d.References = []string{"<first@sender.example>", "<second@sender.example>", "no id at all", "<third@sender.example>"}
		d.ReplyTo = outreach.Address{Address: "team@sender.example"}
	}),
	"names": draft(func(d *Draft) {
		d.From.Name, d.To.Name = `Lovelace, Ada "the first"`, "Müller, Jürgen"
	}),
	"longname": draft(func(d *Draft) {
		d.To.Name = "Jürgen Müller-Lüdenscheidt, Österreichische Donaudampfschifffahrtsgesellschaft"
	}),
	"emoji": draft(func(d *Draft) {
		d.Subject, d.Text = "🚀 Ready for lift-off? 👩‍🚀 "+strings.Repeat("🌍", 40), "👍🏽\n"
	}),
	"rtl": draft(func(d *Draft) {
		d.Subject, d.To.Name, d.Text = "سؤال سريع حول شركتكم الموقرة", "محمد عبد الله", "مرحبا محمد،\n\nكيف حالك؟"
	}),
	"idn":       draft(func(d *Draft) { d.From.Address, d.To.Address = "ada@bücher.example", "grace@مثال.example" }),
	"utf8local": draft(func(d *Draft) { d.To.Address = "jürgen@bücher.example" }),
	"lines": draft(func(d *Draft) {
		d.Text = ".\n..dots\n.\r\n" + strings.Repeat("x", 3000) + "\nFrom here  \n\ttab\t\n=3D equals\n" + strings.Repeat("word ", 400) + "\n\n\n"
	}),
	"longsubject": draft(func(d *Draft) {
		d.Subject = strings.Repeat("unbreakable", 30) + " =?utf-8?q?not_encoded?= " + strings.Repeat("é", 300)
	}),
}

func TestComposeGolden(t *testing.T) {
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			got, err := Compose(d)
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "compose", name+".eml")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Error(diff)
			}
			checkLines(t, got)
		})
	}
}

// checkLines holds a message to the rules of a line: CRLF, ASCII but for an internationalised address, 998 characters, and 76 where it
// could have been folded.
func checkLines(t interface {
	Helper()
	Errorf(string, ...any)
}, raw []byte) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		if strings.ContainsAny(line, "\r\n\x00") {
			t.Errorf("line %d has a bare CR, LF or NUL: %q", i+1, line)
		}
		words := strings.Fields(strings.TrimLeft(line, " "))
		if len(line) > 998 || len(line) > 76 && len(words) > 2 {
			t.Errorf("line %d has %d characters: %q", i+1, len(line), line)
		}
		if !isASCII(line) && !strings.Contains(line, "jürgen@") {
			t.Errorf("line %d is not ASCII: %q", i+1, line)
		}
	}
}

// readBack is what a reader must find in a composed message.
type readBack struct {
	From, To, ReplyTo outreach.Address
	Subject           string
	MessageID         string
	InReplyTo         string
	References        []string
	Text, HTML        string
}

func expected(d Draft) readBack {
	text := d.Text
	if strings.TrimSpace(text) == "" && d.HTML != "" {
		text = TextFromHTML(d.HTML)
	}
	want := readBack{
		From: d.From, To: d.To, ReplyTo: d.ReplyTo, Subject: foldBlanks(d.Subject), MessageID: d.MessageID, InReplyTo: d.InReplyTo,
		Text: cleanBody(text) + "\n", References: []string{},
	}
	for _, a := range []*outreach.Address{&want.From, &want.To, &want.ReplyTo} {
		a.Name, a.Address = foldBlanks(a.Name), EnvelopeAddress(a.Address)
	}
	for _, id := range d.References {
		if isMessageID(id) {
			want.References = append(want.References, id)
		}
	}
	if d.HTML != "" {
		want.HTML = cleanBody(d.HTML) + "\n"
	}
	return want
}

func TestComposeReadByGoMessage(t *testing.T) {
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			raw, err := Compose(d)
			if err != nil {
				t.Fatal(err)
			}
			got, err := readByGoMessage(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expected(d), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func readByGoMessage(raw []byte) (readBack, error) {
	got := readBack{References: []string{}}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return got, err
	}
	address := func(name string) (a outreach.Address) {
		if list, err := r.Header.AddressList(name); err == nil && len(list) == 1 {
			a = outreach.Address{Name: list[0].Name, Address: list[0].Address}
		}
		return a
	}
	got.From, got.To, got.ReplyTo = address("From"), address("To"), address("Reply-To")
	got.Subject, _ = r.Header.Subject()
	got.MessageID, got.InReplyTo = r.Header.Get("Message-ID"), r.Header.Get("In-Reply-To")
	got.References = append(got.References, strings.Fields(r.Header.Get("References"))...)
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		body, err := io.ReadAll(p.Body)
		if err != nil {
			return got, err
		}
		body = bytes.ReplaceAll(body, []byte("\r\n"), []byte("\n"))
		if contentType, _, _ := p.Header.(*mail.InlineHeader).ContentType(); contentType == "text/html" {
			got.HTML = string(body)
		} else {
			got.Text = string(body)
		}
	}
}

const pythonReader = `
import email, email.policy, email.utils, json, sys
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
def address(name):
    if name not in m: return {"name": "", "address": ""}
    a, = m[name].addresses
    return {"name": a.display_name, "address": a.addr_spec}
def body(kind):
    for p in m.walk():
        if p.get_content_type() == kind: return p.get_content().replace("\r\n", "\n")
    return ""
defects = [repr(d) for p in m.walk() for d in p.defects]
defects += [repr(d) for v in m.values() for d in getattr(v, "defects", [])]
json.dump({"From": address("from"), "To": address("to"), "ReplyTo": address("reply-to"), "Subject": m["subject"],
  "MessageID": str(m["message-id"]).strip(), "InReplyTo": str(m["in-reply-to"] or "").strip(), "References": str(m["references"] or "").split(),
  "Text": body("text/plain"), "HTML": body("text/html"), "Defects": defects}, sys.stdout)
`

func TestComposeReadByPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "utf8local":
				t.Skip("Python's email reads internationalised headers only as undecoded bytes")
			case "longname":
				t.Skip("Python's email puts a blank between the encoded words of a name (RFC 2047 section 6.2 says not to)")
			}
			raw, err := Compose(d)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), python, "-c", pythonReader)
			cmd.Stdin, cmd.Stderr = bytes.NewReader(raw), os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				readBack
				Defects []string
			}
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(expected(d), got.readBack); diff != "" || len(got.Defects) > 0 {
				t.Errorf("%s\ndefects: %v", diff, got.Defects)
			}
		})
	}
}

// What mailrun writes, mailrun reads.
func TestComposeReadByParse(t *testing.T) {
	for name, d := range drafts {
		t.Run(name, func(t *testing.T) {
			raw, err := Compose(d)
			if err != nil {
				t.Fatal(err)
			}
			m, want := Parse(raw), expected(d)
			if m.Subject != want.Subject || m.MessageID != want.MessageID || m.From.Address != want.From.Address || !m.Date.Equal(d.Date) {
				t.Errorf("read back: %q %q %+v %s", m.Subject, m.MessageID, m.From, m.Date)
			}
			if diff := cmp.Diff(withoutTrailing(want.Text), withoutTrailing(m.Text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// withoutTrailing removes the blanks at line ends, which a reader may drop.
func withoutTrailing(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func TestComposeRefuses(t *testing.T) {
	for name, change := range map[string]func(*Draft){
		"no date":                  func(d *Draft) { d.Date = time.Time{} },
		"no sender":                func(d *Draft) { d.From.Address = "" },
		"no recipient":             func(d *Draft) { d.To.Address = "" },
		"a line end in a name":     func(d *Draft) { d.To.Name = "Grace\r\nBcc: all@navy.example" },
		"a line end in a subject":  func(d *Draft) { d.Subject = "Hi\nBcc: all@navy.example" },
		"a CR in a subject":        func(d *Draft) { d.Subject = "Hi\rBcc: all@navy.example" },
		"a NUL in a subject":       func(d *Draft) { d.Subject = "Hi\x00" },
		"a line end in an address": func(d *Draft) { d.To.Address = "grace@navy.example\r\nBcc: all@navy.example" },
		"a line end in reply-to":   func(d *Draft) { d.ReplyTo.Address = "grace@navy.example\nBcc: x@y" },
		"a line end in an id":      func(d *Draft) { d.MessageID = "<a@b>\r\nBcc: x@y" },
		"a line end in references": func(d *Draft) { d.References = []string{"<a@b>\r\nBcc: x@y"} },
		"a line end in a URI":      func(d *Draft) { d.ListUnsubscribe = []string{"https://x.example/\r\nBcc: x@y"} },
		"an id without brackets":   func(d *Draft) { d.MessageID = "a@b" },
		"two addresses":            func(d *Draft) { d.To.Address = "a@navy.example,b@navy.example" },
		"an address in brackets":   func(d *Draft) { d.To.Address = "<a@navy.example>" },
		"no domain":                func(d *Draft) { d.To.Address = "grace" },
		"a long local part":        func(d *Draft) { d.To.Address = strings.Repeat("g", 65) + "@navy.example" },
		"a blank in a domain":      func(d *Draft) { d.To.Address = "grace@navy example" },
		"a bad international name": func(d *Draft) { d.To.Address = "grace@navy\u202e.example" },
		"no URI":                   func(d *Draft) { d.ListUnsubscribe = []string{"unsubscribe"} },
		"a subject without end":    func(d *Draft) { d.Subject = strings.Repeat("long ", 1000) },
		"a name without end":       func(d *Draft) { d.To.Name = strings.Repeat("g", 1000) },
		"a subject in Latin 1":     func(d *Draft) { d.Subject = "caf\xe9" },
	} {
		if raw, err := Compose(draft(change)); err == nil {
			t.Errorf("%s was accepted:\n%s", name, raw)
		}
	}
}

func TestReferencesAreBounded(t *testing.T) {
	d := draft(func(d *Draft) {
		for i := range 100 {
			d.References = append(d.References, "<"+strings.Repeat("x", i)+"@sender.example>")
		}
	})
	raw, err := Compose(d)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readByGoMessage(raw)
	if err != nil {
		t.Fatal(err)
	}
	want := append([]string{d.References[0]}, d.References[81:]...)
	if diff := cmp.Diff(want, got.References); diff != "" {
		t.Error(diff)
	}
}

func TestComposeIsDeterministic(t *testing.T) {
	first, _ := Compose(drafts["alternative"])
	again, _ := Compose(drafts["alternative"])
	if !bytes.Equal(first, again) {
		t.Error("the same draft gave other bytes")
	}
}

func TestComposeNamesNoSoftware(t *testing.T) {
	raw, _ := Compose(drafts["alternative"])
	for _, trace := range []string{"mailrun", "X-Mailer", "User-Agent", "<img"} {
		if bytes.Contains(bytes.ToLower(raw), []byte(strings.ToLower(trace))) {
			t.Errorf("the message contains %q", trace)
		}
	}
}

func TestEnvelopeAddress(t *testing.T) {
	for in, want := range map[string]string{
		"grace@navy.example":      "grace@navy.example",
		" Grace@Navy.Example ":    "Grace@Navy.Example",
		"grace@bücher.example":    "grace@xn--bcher-kva.example",
		"grace@BÜCHER.example":    "grace@xn--bcher-kva.example",
		"jürgen@bücher.example":   "jürgen@xn--bcher-kva.example",
		"grace@مثال.example":      "grace@xn--mgbh0fb.example",
		"grace":                   "grace",
		"grace@navy\u202eexample": "grace@navy\u202eexample",
	} {
		if got := EnvelopeAddress(in); got != want {
			t.Errorf("EnvelopeAddress(%q) = %q, want %q", in, got, want)
		}
	}
}

// Whatever people write in names, subjects and bodies: what is accepted is well-formed and reads back as it was.
func TestComposeReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,200}`), rapid.StringMatching(`([a-zé]{1,90} )*`), rapid.SampledFrom([]string{".", "=?utf-8?q?x?=", "\u2028", "a\tb"}))
		d := draft(func(d *Draft) {
			d.To.Name, d.Subject, d.Text = text.Draw(t, "name"), text.Draw(t, "subject"), text.Draw(t, "text")
			d.HTML = rapid.OneOf(rapid.Just(""), text).Draw(t, "html")
		})
		raw, err := Compose(d)
		if err != nil {
			return
		}
		if !utf8.ValidString(d.To.Name + d.Subject) {
			t.Fatal("accepted what is not UTF-8")
		}
		checkLines(t, raw)
		got, err := readByGoMessage(raw)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, raw)
		}
		if diff := cmp.Diff(expected(d), got); diff != "" {
			t.Fatalf("%s in:\n%s", diff, raw)
		}
	})
}

func BenchmarkCompose(b *testing.B) {
	d := drafts["alternative"]
	d.Text = strings.Repeat("Hello, this is a line of an ordinary message.\n", 65)
	d.HTML = strings.Repeat("<p>Hello, this is a line of an ordinary message.</p>\n", 57)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compose(d); err != nil {
			b.Fatal(err)
		}
	}
}
