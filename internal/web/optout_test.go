package web

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

func trustLoopback(c *Config) {
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
}

// enrol puts an address into sequences, one per state.
func (s *site) enrol(t *testing.T, email string, states ...outreach.State) []outreach.Recipient {
	t.Helper()
	recipients := make([]outreach.Recipient, len(states))
	due := s.store.Now().Add(time.Hour)
	for i, state := range states {
		recipients[i] = outreach.Recipient{ID: bson.NewObjectID(), SequenceID: bson.NewObjectID(), Email: email, State: state, NextSendAt: &due}
	}
	if _, err := s.store.InsertRecipients(t.Context(), recipients); err != nil {
		t.Fatal(err)
	}
	return recipients
}

// states are where an address stands everywhere, by the state that it had.
func (s *site) states(t *testing.T, before []outreach.Recipient) map[outreach.State]outreach.State {
	t.Helper()
	out := map[outreach.State]outreach.State{}
	for _, r := range before {
		now, err := s.store.Recipient(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		out[r.State] = now.State
	}
	return out
}

func TestOptOut(t *testing.T) {
	const email = "ada@example.org"
	s := newSite(t, nil)
	enrolled := s.enrol(t, email, outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StateCompleted, outreach.StateReplied, outreach.StateBounced)
	others := s.enrol(t, "bob@example.org", outreach.StateQueued)
	path := "/u/" + s.keys.OptOutToken(enrolled[0].ID)
	c := client(t)

	asked := s.do(t, c, "GET", path, "")
	if asked.status != 200 || !strings.Contains(asked.body, "<form method=\"post\">") {
		t.Fatalf("GET: %d %s", asked.status, asked.body)
	}
	if found, err := s.store.Suppressed(t.Context(), email); err != nil || found != nil {
		t.Fatalf("GET suppressed the address: %v %v", found, err)
	}
	for range 2 { // a second time changes nothing
		done := s.do(t, c, "POST", path, "List-Unsubscribe=One-Click", "Content-Type", "application/x-www-form-urlencoded",
			"Sec-Fetch-Site", "cross-site", "Origin", "https://mail.example")
		if done.status != 200 || done.header.Get("Set-Cookie") != "" || !strings.Contains(done.body, "You are unsubscribed.") {
			t.Fatalf("POST: %d %s", done.status, done.body)
		}
	}
	want := map[outreach.State]outreach.State{
		outreach.StateQueued: outreach.StateUnsubscribed, outreach.StateActive: outreach.StateUnsubscribed, outreach.StateHeld: outreach.StateUnsubscribed,
		outreach.StateCompleted: outreach.StateUnsubscribed, outreach.StateReplied: outreach.StateUnsubscribed, outreach.StateBounced: outreach.StateBounced,
	}
	if diff := cmp.Diff(want, s.states(t, enrolled)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[outreach.State]outreach.State{outreach.StateQueued: outreach.StateQueued}, s.states(t, others)); diff != "" {
		t.Errorf("somebody else: %s", diff)
	}
	found, err := s.store.Suppressed(t.Context(), email)
	if err != nil || found == nil || found.Reason != outreach.SuppressUnsubscribe || found.Source != "list-unsubscribe" {
		t.Errorf("suppression %+v, %v", found, err)
	}
}

func TestBadTokensLookAlike(t *testing.T) {
	s := newSite(t, nil)
	gone := s.keys.OptOutToken(bson.NewObjectID())
	forged := strings.Repeat("a", len(gone))
	c := client(t)
	want := s.do(t, c, "POST", "/u/"+forged, "")
	for _, token := range []string{forged, gone, gone[:20], "x", "%00", "%2e%2e%2fetc", strings.Repeat("z", 5000)} {
		for _, method := range []string{"GET", "POST"} {
			got := s.do(t, c, method, "/u/"+token, "")
			if got.status != want.status || got.body != want.body {
				t.Errorf("%s token %.40q: %d %s", method, token, got.status, got.body)
			}
		}
	}
	if want.status != http.StatusNotFound || !strings.Contains(want.body, "This link does not work.") {
		t.Errorf("a forged token: %d %s", want.status, want.body)
	}
}

func TestOptOutLanguages(t *testing.T) {
	s := newSite(t, nil)
	path := "/u/" + s.keys.OptOutToken(bson.NewObjectID())
	for accept, want := range map[string]string{
		"":                             `lang="en" dir="ltr"`,
		"zz":                           `lang="en" dir="ltr"`,
		"ar-EG,en;q=0.5":               `lang="ar" dir="rtl"`,
		"de-AT":                        `lang="de"`,
		"fr-CA, en;q=0.1":              `lang="fr"`,
		"es-419":                       `lang="es"`,
		"it":                           `lang="it"`,
		"pt-BR":                        `lang="pt"`,
		"nl-BE":                        `lang="nl"`,
		"ja, de;q=0.3":                 `lang="de"`,
		";;;=":                         `lang="en"`,
		strings.Repeat("de-at-,", 800): `lang="en"`,
	} {
		if a := s.do(t, client(t), "GET", path, "", "Accept-Language", accept); !strings.Contains(a.body, want) {
			t.Errorf("Accept-Language %.30q: the page is not %s", accept, want)
		}
	}
}
