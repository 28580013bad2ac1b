package classify

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

func TestThreshold(t *testing.T) {
	optOut, no := example{intent: intentOptOut}, example{intent: intentOther}
	judged := []example{no, optOut, optOut, optOut, no}
	verdicts := []verdict{{optOut: -3}, {optOut: 2}, {optOut: 1}, {optOut: 0.5}, {optOut: 0.2}}
	if got := threshold(judged, verdicts); got != 0.5 {
		t.Errorf("threshold %v: at 0.5 all opt-outs are found and nothing else", got)
	}
}

func TestOptOutsAreNoIntentAmongOthers(t *testing.T) {
	w := &weights{Temperature: 1, Slope: 1}
	scores := make([]float64, len(outreach.Intents))
	scores[intentOptOut], scores[intentOther] = 9, 1
	p := w.calibrated(scores, -1)
	if intent, confidence := decide(p); intent != outreach.IntentOther || confidence >= p[intentOther]+1e-9 {
		t.Errorf("%s %.2f: what the detector denies is no opt-out", intent, confidence)
	}
	sum := 0.0
	for _, v := range p {
		sum += v
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("probabilities sum up to %v", sum)
	}
	clear(scores)
	if intent, _ := decide(w.calibrated(scores, 1)); intent != outreach.IntentUnsubscribe {
		t.Errorf("%s: what the detector affirms is an opt-out", intent)
	}
}

func TestSentences(t *testing.T) {
	r := read("Not for us. Take me off your list!\nBye")
	var got []string
	for _, part := range r.parts() {
		got = append(got, strings.Join(part.words, " "))
		for _, h := range part.hits {
			if h.from < 0 || h.to > len(part.words) || h.from >= h.to {
				t.Errorf("a phrase at %d..%d of %d words", h.from, h.to, len(part.words))
			}
		}
	}
	if diff := cmp.Diff([]string{"not for us .", "take me off your list !", "bye"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWordsAsTheyAreMeant(t *testing.T) {
	for word, want := range map[string]string{"stoooop": "stop", "good": "good", "bajaaa": "baja", "1000": "1000", "kkkkk": "kkk", "لااااا": "لا"} {
		if got := unstretched(word); got != want {
			t.Errorf("unstretched %q is %q, want %q", word, got, want)
		}
	}
	for word, want := range map[string]string{"والرسايل": "رسايل", "قائمتكم": "قائمت", "من": "من", "unsubscribe": "unsubscribe"} {
		if got := bare(word); got != want {
			t.Errorf("bare %q is %q, want %q", word, got, want)
		}
	}
}

// TestAnOptOutStaysOneBesideOtherThings: it is found in a longer reply about something else, and told from what only looks like it.
func TestAnOptOutStaysOneBesideOtherThings(t *testing.T) {
	w, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"Thanks, the boxes arrived on Friday and the invoice will be paid this week. By the way, please take me off your mailing list.": true,
		"Danke, die Ware ist da und die Rechnung wird bezahlt. Übrigens, bitte nehmen Sie mich aus dem Verteiler.":                      true,
		"Merci, la commande est arrivée. Au fait, retirez-moi de votre liste s'il vous plaît.":                                          true,
		"Please don't remove me from the list, I enjoy reading it.":                                                                     false,
		"Bitte nicht austragen, ich lese das gern.":                                                                                     false,
		"Why did your newsletter stop? I never unsubscribed.":                                                                           false,
		"How does your platform handle unsubscribes?":                                                                                   false,
	} {
		if p := w.probabilities(read(text))[intentOptOut]; (p >= agreement) != want {
			t.Errorf("%.2f an opt-out: %q", p, text)
		}
	}
}
