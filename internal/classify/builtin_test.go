package classify_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mailrun/internal/classify"
	"mailrun/pkg/outreach"
)

func TestFollowUpDates(t *testing.T) {
	day := func(y int, m time.Month, d int) string {
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly)
	}
	tests := []struct{ text, want string }{
		{"Not now, ask me again in two weeks.", day(2026, 5, 27)},
		{"Not right now. Try again next quarter.", day(2026, 7, 1)},
		{"Too busy at the moment, write again in September.", day(2026, 9, 1)},
		{"Not now, call back after 15 March 2027.", day(2027, 3, 15)},
		{"Im Moment nicht, bitte in drei Monaten nochmal.", day(2026, 8, 13)},
		{"Aktuell keine Zeit, melden Sie sich nach den Ferien wieder.", day(2026, 6, 3)},
		{"Aktuell nicht, erst ab dem 01.10.2026 wieder.", day(2026, 10, 1)},
		{"Pas maintenant, recontactez-moi dans deux mois.", day(2026, 7, 13)},
		{"Ahora no, escríbame el próximo año.", day(2027, 1, 2)},
		{"Per ora no, ci risentiamo tra due settimane.", day(2026, 5, 27)},
		{"Agora não, volte a falar comigo em janeiro.", day(2027, 1, 1)},
		{"Nu niet, volgend kwartaal graag opnieuw.", day(2026, 7, 1)},
		{"ليس الآن، راسلونا بعد شهرين.", day(2026, 7, 13)},
		{"Not at the moment. Maybe some other time.", ""},
	}
	b := builtin(t)
	for _, tt := range tests {
		c, err := b.Classify(t.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: tt.text, Received: noon})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if c.FollowUpAt != nil {
			got = c.FollowUpAt.Format(time.DateOnly)
		}
		if got != tt.want {
			t.Errorf("%q (%s): follow up on %q, want %q", tt.text, c.Intent, got, tt.want)
		}
	}
}

func TestReferrals(t *testing.T) {
	tests := []struct {
		text string
		want *outreach.Referral
	}{
		{"Please talk to Priya Nair, priya.nair@corp.example, she owns this.", &outreach.Referral{Name: "Priya Nair", Email: "priya.nair@corp.example"}},
		{"Bitte wenden Sie sich an Frau Krüger (j.krueger@corp.example).", &outreach.Referral{Name: "Krüger", Email: "j.krueger@corp.example"}},
		{"Adressez-vous à notre directeur, Luc Petit.", &outreach.Referral{Name: "Luc Petit"}},
		{"I'm forwarding this to our purchasing manager.", nil},
	}
	b := builtin(t)
	for _, tt := range tests {
		c, err := b.Classify(t.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: tt.text, Received: noon, From: outreach.Address{Address: "ann@corp.example"}})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, c.Referral); diff != "" {
			t.Errorf("%q (%s): %s", tt.text, c.Intent, diff)
		}
	}
}

func TestByRule(t *testing.T) {
	back := noon.AddDate(0, 0, 7)
	tests := []struct {
		name string
		in   classify.Input
		want outreach.Intent // "" leaves it to a classifier
	}{
		{"bounce", classify.Input{Kind: outreach.KindBounce}, outreach.IntentBounce},
		{"complaint", classify.Input{Kind: outreach.KindComplaint}, outreach.IntentUnsubscribe},
		{"away", classify.Input{Kind: outreach.KindOutOfOffice, ReturnDate: &back}, outreach.IntentOutOfOffice},
		{"gone", classify.Input{Kind: outreach.KindAutoReply, LeftCompany: true}, outreach.IntentLeftCompany},
		{"machine", classify.Input{Kind: outreach.KindAutoReply}, outreach.IntentAutoReply},
		{"opt-out found before", classify.Input{Kind: outreach.KindUnsubscribe}, outreach.IntentUnsubscribe},
		{"nothing said", classify.Input{Kind: outreach.KindHuman, VisibleText: " \n"}, outreach.IntentOther},
		{"plain opt-out", classify.Input{Kind: outreach.KindHuman, VisibleText: "Please remove me from your list."}, outreach.IntentUnsubscribe},
		{"opt-out in Arabic", classify.Input{Kind: outreach.KindHuman, VisibleText: "أرجو إزالة بريدي من قائمتكم"}, outreach.IntentUnsubscribe},
		{"negated opt-out", classify.Input{Kind: outreach.KindHuman, VisibleText: "Please don't unsubscribe me!"}, ""},
		{"opt-out in a footer", classify.Input{Kind: outreach.KindHuman, VisibleText: "Sounds good.\n\nTo unsubscribe from our newsletter click here"}, ""},
		{"about opt-outs", classify.Input{Kind: outreach.KindHuman, VisibleText: "How does your tool handle unsubscribes?"}, ""},
		{"human", classify.Input{Kind: outreach.KindHuman, VisibleText: "How much is it?"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := classify.ByRule(tt.in)
			if ok != (tt.want != "") || ok && got.Intent != tt.want {
				t.Errorf("%v %s, want %q", ok, got.Intent, tt.want)
			}
			if ok && got.ReturnDate != tt.in.ReturnDate {
				t.Errorf("return date %v, want %v", got.ReturnDate, tt.in.ReturnDate)
			}
		})
	}
}

// FuzzClassify: whatever a stranger writes, a label comes out whose parts are within their bounds.
func FuzzClassify(f *testing.F) {
	for _, seed := range []string{"", "Stop", "Call me on 31.02.2027 or 99/99", "\xff\xfe@\x00", strings.Repeat("a@b.c ", 900), "لا شكرا", "في Q9 2050"} {
		f.Add(seed)
	}
	b := builtin(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := b.Classify(t.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: text, Received: noon})
		if err != nil {
			t.Fatal(err)
		}
		if c.Intent == "" || c.Confidence < 0 || c.Confidence > 1 || utf8.RuneCountInString(c.Summary) > classify.MaxSummary || !utf8.ValidString(c.Summary) {
			t.Errorf("label %+v", c)
		}
		if c.FollowUpAt != nil && !c.FollowUpAt.After(noon) {
			t.Errorf("follow-up in the past: %v", c.FollowUpAt)
		}
	})
}

// BenchmarkBuiltin labels one reply; the goal is 1 ms.
func BenchmarkBuiltin(b *testing.B) {
	c, rows := builtin(b), labelled(b, "third")
	for i := 0; b.Loop(); i++ {
		if _, err := c.Classify(b.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: rows[i%len(rows)].Text, Received: noon}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestFootersAreNoOptOuts(t *testing.T) {
	for _, text := range []string{
		"Sounds good, let's go ahead.\n\nTo stop receiving our newsletter, reply STOP or visit corp.example/unsubscribe",
		"Klingt gut, wir machen mit.\nSie möchten unseren Newsletter nicht mehr erhalten? Hier abmelden: firma.example/abmelden",
		"Ça nous intéresse beaucoup.\n--\nPour vous désabonner de nos alertes : societe.example/stop",
		"Nos interesa mucho, adelante.\nSi no desea recibir nuestro boletín, haga clic aquí.",
		"Ci interessa molto.\nPer non ricevere più i nostri avvisi scriva CANCELLA",
		"Temos muito interesse.\nContém dados confidenciais. Se a recebeu por engano, elimine-a.",
		"Wij hebben zeker belangstelling.\nWilt u onze nieuwsbrief niet meer ontvangen? Meld u af via bedrijf.example/afmelden",
		"نعم نحن مهتمون جدا.\nلإلغاء الاشتراك في نشرتنا اضغط هنا",
	} {
		c, err := builtin(t).Classify(t.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: text, Received: noon})
		if err != nil || c.Intent != outreach.IntentInterested {
			t.Errorf("%s %.2f, %v: %q", c.Intent, c.Confidence, err, text)
		}
	}
	if c, err := builtin(t).Classify(t.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: "Hello,\nwhere do you keep confidential data?", Received: noon}); err != nil || c.Intent != outreach.IntentInformationRequest {
		t.Errorf("a question about confidential data is %s, %v", c.Intent, err)
	}
	for _, text := range []string{
		"Nothing for us.\nPlease take me (ann@corp.example) off your newsletter.", "Hallo,\nbitte nehmen Sie mich aus dem Newsletter.",
		"Buongiorno,\nla prego di togliere il nostro indirizzo dalla sua lista.", "Beste meneer,\nwilt u onze mailbox van uw verzendlijst halen?",
	} {
		c, err := builtin(t).Classify(t.Context(), classify.Input{Kind: outreach.KindHuman, VisibleText: text, Received: noon})
		if err != nil || c.Intent != outreach.IntentUnsubscribe {
			t.Errorf("%s %.2f, %v: %q", c.Intent, c.Confidence, err, text)
		}
	}
}
