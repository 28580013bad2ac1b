package message

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// visibleSeeds are texts that touch every rule.
var visibleSeeds = []string{
	"Yes.\n\nOn Thu, Mar 3, 2016 at 5:21 PM Ann Lee\n<ann@example.com> wrote:\n\n> Hi\n>> there\n",
	"Ja\n\nVon: Ann <a@example.com>\nGesendet: heute\nAn: Bo\nBetreff: X\n\nHallo",
	"-----Original Message-----\nFrom: a\n\nx", "> q\nanswer\n> q\n", "Fine\n-- \nAnn\n", "Regards,\n\nAnn\nCEO\n+1 555 123 4567\n", "____\nTel: 1\n", "a@b.c\n> wrote:\n",
	"2016年3月3日(木) 17:21 Ann <a@example.com>:\n> Hi", "Sent from my iPhone\n", "1:22:\n1:22:\n1:22:", "<a@b.c>\n<a@b.c>:\n",
	`<div>Mine</div><div class="gmail_quote">On 3/3/16 Ann wrote:<blockquote>Old</blockquote></div>`, `<blockquote><blockquote type=cite>x</blockquote>`, `<p style="border-top:solid 1px">From: a@b.c<br>To: c</p>`,
}

func FuzzVisibleText(f *testing.F) {
	for _, seed := range visibleSeeds {
		f.Add(seed, "")
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, text, document string) {
		m := &Message{Text: strings.ToValidUTF8(text, ""), HTML: strings.ToValidUTF8(document, "")}
		got := VisibleText(m)
		if strings.TrimSpace(got) != got {
			t.Errorf("blanks around %q", got)
		}
		if got == "" && document == "" && strings.TrimSpace(dropInvisible(m.Text)) != "" {
			t.Errorf("nothing left of %q", m.Text)
		}
		isForward(m, scanText(m.Text), got)
		OptOutWords(got)
		autoReply(m, got, noteReceived)
	})
}

// TestVisibleTextBounded: the longest texts of the worst shapes are read in one pass. Quadratic work would take minutes here and end the test
// by its timeout.
func TestVisibleTextBounded(t *testing.T) {
	for _, unit := range []string{"1:22:\n", "--\n", "---\n\n", "> q\n", "From: a\n", "From: a@b.c\nTo: c\n", "Sent from my iPhone\n\n", "<a@b.c>\n", "wrote: 1:22 ", "Regards,\n", "\n", "on 3 ", "This e-mail is confidential\n\n", "don't unsubscribe ", "until 3 may "} {
		text := strings.Repeat(unit, 1<<20/len(unit))
		m := &Message{Text: text}
		visible := VisibleText(m)
		OptOutWords(text)
		FindReturnDate(text, noteReceived)
		isForward(m, scanText(m.Text), visible)
		NormalizeSubject(text)
	}
	deep := strings.Repeat("<div style='border-top:solid 1px'>", 20000) + strings.Repeat("<blockquote class=gmail_quote>", 5000)
	VisibleText(&Message{HTML: deep, Text: "x"})
}

func BenchmarkVisibleText(b *testing.B) {
	raw, err := os.ReadFile(filepath.Join(corpora, "replies", "fiedl__email_de_8.eml"))
	if err != nil {
		raw = []byte("Content-Type: text/plain\n\n" + strings.Repeat("Words of mine.\n", 20) + visibleSeeds[0] + strings.Repeat("> quoted\n", 200))
	}
	m := Parse(raw)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		VisibleText(m)
	}
}

func BenchmarkVisibleTextPlain(b *testing.B) {
	m := &Message{Text: strings.Repeat("Words of mine, some of them at 10:30.\n", 20) + visibleSeeds[0] + strings.Repeat("> quoted words\n", 200)}
	b.SetBytes(int64(len(m.Text)))
	for b.Loop() {
		VisibleText(m)
	}
}
