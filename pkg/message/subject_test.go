package message

import (
	"testing"

	"pgregory.net/rapid"

	"mailrun/pkg/outreach"
)

func TestNormalizeSubject(t *testing.T) {
	tests := map[string]string{
		"Hello": "Hello", "Re: Hello": "Hello", "RE: re:  Hello   there": "Hello there", "Fwd: Re: Hello": "Hello", "AW: WG: Hallo": "Hallo",
		"SV: VS: Hej": "Hej", "Re[2]: Hello": "Hello", "Re(3): Hello": "Hello", "Re^2: Hello": "Hello", "R: I: Ciao": "Ciao", "RES: ENC: Oi": "Oi",
		"TR : Bonjour": "Bonjour", "Odp: PD: Witam": "Witam", "YNT: Merhaba": "Merhaba", "Antw: Hallo": "Hallo", "回复：你好": "你好", "答复: 转发: 你好": "你好",
		"رد: مرحبا": "مرحبا", "返信: こんにちは": "こんにちは", "[EXTERNAL] Re: Hello": "Hello", "Re: [EXT] Hello": "Hello", "***SPAM*** Re: Hello": "Hello",
		"Report: Q3": "Report: Q3", "Invoice 12:30": "Invoice 12:30", "Re:": "", "": "", "  Hello\t\r\n there ": "Hello there", "Re : Hello": "Hello",
	}
	for in, want := range tests {
		if got := NormalizeSubject(in); got != want {
			t.Errorf("NormalizeSubject(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestNormalizeSubjectSettles: what is normalized once does not change again.
func TestNormalizeSubjectSettles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once := NormalizeSubject(rapid.SampledFrom([]string{"Re: ", "AW: ", "Fwd: ", "[EXT] ", ""}).Draw(t, "prefix") + rapid.StringN(0, 60, -1).Draw(t, "subject"))
		if twice := NormalizeSubject(once); twice != once {
			t.Fatalf("%q became %q", once, twice)
		}
	})
}

func TestIsForward(t *testing.T) {
	const block = "---------- Forwarded message ---------\nFrom: Sam <sam@us.example>\nDate: Thu, Mar 3, 2016\nSubject: Offer\nTo: Ann <ann@them.example>\n\nOur offer\n"
	const us, boss = "sam@us.example", "boss@them.example"
	tests := map[string]struct {
		subject, text, to string
		want              bool
	}{
		"to a colleague":             {"Fwd: Offer", "FYI\n\n" + block, boss, true},
		"to a colleague, no prefix":  {"Offer", block, boss, true},
		"to us by mistake":           {"Fwd: Offer", "Interested, call me.\n\n" + block, us, false},
		"outlook forward":            {"FW: Offer", "See below\n\nFrom: Sam <sam@us.example>\nSent: Thursday\nTo: Ann\nSubject: Offer\n\nOur offer\n", boss, true},
		"apple forward":              {"Fwd: Offer", "Look\n\n> Begin forwarded message:\n>\n> From: Sam <sam@us.example>\n> Subject: Offer\n>\n> Our offer\n", boss, true},
		"german forward":             {"WG: Angebot", "Zur Info\n\n-----Ursprüngliche Nachricht-----\nVon: Sam <sam@us.example>\nGesendet: Donnerstag\nAn: Ann\nBetreff: Angebot\n\nHallo\n", boss, true},
		"answer of a colleague":      {"Re: Fwd: Offer", "I am the one to ask.\n\nOn 3/3/16 17:21, Sam wrote:\n> Hi", us, false},
		"plain answer":               {"Re: Offer", "Yes\n\nOn 3/3/16 17:21, Sam wrote:\n> Hi", us, false},
		"prefix and own words alone": {"Fwd: Offer", "Interested, call me.", us, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := &Message{Subject: tt.subject, Text: tt.text, To: []outreach.Address{{Address: tt.to}}}
			if got := isForward(m, scanText(m.Text), VisibleText(m)); got != tt.want {
				t.Errorf("isForward = %v, want %v", got, tt.want)
			}
		})
	}
}

func FuzzSubject(f *testing.F) {
	for _, seed := range []string{"Re: Hello", "AW: WG: [EXT] Hallo", "回复：你好", "Re[2]:", ":", "Fwd:Fwd:Fwd:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := NormalizeSubject(s); len(got) > len(s)*3 {
			t.Errorf("%q grew to %q", s, got)
		}
		isForward(&Message{Subject: s, Text: s}, scanText(s), s)
	})
}
