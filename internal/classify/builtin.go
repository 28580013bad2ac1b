package classify

import (
	"context"
	"sync"

	"mailrun/pkg/outreach"
)

// Builtin labels replies without any server: a linear model over concepts, words and pieces of words, with rules on top for what must not
// go wrong. It is safe for concurrent use.
type Builtin struct{ weights *weights }

// embedded are the weights in the binary, unpacked when first needed.
var embedded = sync.OnceValues(func() (*weights, error) { return unpack(packedWeights) })

// NewBuiltin reads the embedded weights.
func NewBuiltin() (*Builtin, error) {
	w, err := embedded()
	if err != nil {
		return nil, err
	}
	return &Builtin{w}, nil
}

// CacheKey is empty: asking again costs nothing.
func (b *Builtin) CacheKey(Input) string { return "" }

// Classify labels a reply. It never fails.
func (b *Builtin) Classify(_ context.Context, in Input) (outreach.Classification, error) {
	if c, ok := ByRule(in); ok {
		return c, nil
	}
	intent, confidence := b.intent(in.VisibleText)
	c := outreach.Classification{
		Status: outreach.ClassificationDone, Intent: intent, Sentiment: sentiment(intent), Confidence: confidence,
		Summary: summarize(in.VisibleText), Source: SourceBuiltin, FollowUpAt: followUp(intent, in), ReturnDate: in.ReturnDate,
	}
	if intent == outreach.IntentReferral || intent == outreach.IntentLeftCompany || intent == outreach.IntentWrongPerson || intent == outreach.IntentOutOfOffice {
		c.Referral = findReferral(in)
	}
	return c, nil
}

// intent weighs a text.
func (b *Builtin) intent(text string) (outreach.Intent, float64) {
	return decide(b.weights.probabilities(read(text)))
}

// decide takes an opt-out that is likelier than not, else the likeliest of the other intents. Nothing is quite certain.
func decide(p []float64) (outreach.Intent, float64) {
	best := intentOptOut
	if p[intentOptOut] < agreement {
		for i := range p {
			if i != intentOptOut && (best == intentOptOut || p[i] > p[best]) {
				best = i
			}
		}
	}
	return outreach.Intents[best], min(p[best], 0.99)
}

// sentiment is what an intent says of the writer's mind.
func sentiment(intent outreach.Intent) string {
	switch intent {
	case outreach.IntentInterested, outreach.IntentMeetingRequest, outreach.IntentInformationRequest:
		return Positive
	case outreach.IntentNotInterested, outreach.IntentUnsubscribe, outreach.IntentObjection:
		return Negative
	}
	return Neutral
}
