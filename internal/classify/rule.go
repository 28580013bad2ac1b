package classify

import (
	"slices"
	"strings"
	"sync"

	"mailrun/pkg/outreach"
)

// ByRule labels what needs no judgement: messages of machines, by what their headers already told, and opt-outs in plain words. It
// reports false for everything a classifier should read.
func ByRule(in Input) (outreach.Classification, bool) {
	c := outreach.Classification{
		Status: outreach.ClassificationDone, Sentiment: Neutral, Confidence: 1, Source: SourceHeader, ReturnDate: in.ReturnDate,
		Summary: summarize(in.VisibleText),
	}
	switch in.Kind {
	case outreach.KindBounce:
		c.Intent = outreach.IntentBounce
	case outreach.KindComplaint:
		c.Intent, c.Sentiment = outreach.IntentUnsubscribe, Negative
	case outreach.KindOutOfOffice, outreach.KindAutoReply:
		c.Intent = machineIntent(in)
	case outreach.KindUnsubscribe:
		c.Intent, c.Sentiment, c.Source = outreach.IntentUnsubscribe, Negative, SourceRule
	default:
		return c, byWords(in, &c)
	}
	return c, true
}

func machineIntent(in Input) outreach.Intent {
	switch {
	case in.LeftCompany:
		return outreach.IntentLeftCompany
	case in.Kind == outreach.KindOutOfOffice:
		return outreach.IntentOutOfOffice
	}
	return outreach.IntentAutoReply
}

// byWords settles a human reply without text, and one that asks in plain words to be left alone.
func byWords(in Input, c *outreach.Classification) bool {
	c.Source = SourceRule
	text := strings.TrimSpace(in.VisibleText)
	switch {
	case text == "":
		c.Intent, c.Confidence = outreach.IntentOther, 0.5
	case asks(text) == askedPlainly && agreed(text):
		c.Intent, c.Sentiment, c.Confidence = outreach.IntentUnsubscribe, Negative, 0.98
	default:
		return false
	}
	return true
}

// agreement is the probability from which on the built-in model agrees to an opt-out that stands there in plain words.
const agreement = 0.5

// agreed asks the built-in model whether a text that holds an opt-out means it: "please do not unsubscribe me" does not.
func agreed(text string) bool {
	w, err := embedded()
	return err == nil && w.probabilities(read(text))[intentOptOut] >= agreement
}

// The places of unsubscribe and other among the intents.
var (
	intentOptOut = slices.Index(outreach.Intents, outreach.IntentUnsubscribe)
	intentOther  = slices.Index(outreach.Intents, outreach.IntentOther)
)

// asked is how plainly a text asks not to be written to again.
type asked int

const (
	askedNothing asked = iota // no word of it
	askedMaybe                // words of opting out, but not as a request
	askedPlainly              // a request in plain words, with nothing that turns it round
)

// asks looks for an opt-out in all languages at once: whoever is asked to stop must understand it whatever else the text is written in.
// A phrase under a negation ("please don't unsubscribe me"), a condition or an offer ("to unsubscribe, click here") is none.
func asks(text string) asked {
	words := tokens(mask(fold(withoutFooters(cut(text, MaxText)))))
	var hits []hit
	for _, l := range lexicons() {
		hits = append(hits, l.find(words)...)
	}
	return askedBy(hits)
}

// askedBy tells how plainly phrases found ask.
func askedBy(hits []hit) asked {
	answer, guards := askedNothing, covers(hits, conceptOptOutGuard)
	for _, h := range hits {
		switch {
		case h.concept != conceptOptOut && h.concept != conceptUnsub || within(h, guards):
		case h.concept == conceptOptOut:
			return askedPlainly
		default:
			answer = askedMaybe
		}
	}
	return answer
}

// covers lists the hits of one concept.
func covers(hits []hit, concept int) []hit {
	var found []hit
	for _, h := range hits {
		if h.concept == concept {
			found = append(found, h)
		}
	}
	return found
}

// guardReach is how many words before or after a guarding phrase it still speaks about.
const guardReach = 6

// within tells whether a hit stands at one of the guards.
func within(h hit, guards []hit) bool {
	for _, g := range guards {
		if h.from < g.to+guardReach && g.from < h.to+guardReach {
			return true
		}
	}
	return false
}

// lexicons are those of Languages, read when first needed. They are embedded, and a test reads them, so they cannot fail.
var lexicons = sync.OnceValue(func() []*lexicon {
	all := make([]*lexicon, len(Languages))
	for i := range Languages {
		l, err := loadLexicon(i)
		if err != nil {
			l = &lexicon{root: &node{}}
		}
		all[i] = l
	}
	return all
})
