package classify

import "slices"

// concepts are the names that a lexicon file may use. What the model learns about a concept in one language holds in all.
var concepts = []string{
	"neg", "but", "if", "please", "thanks", "yes", "interest", "positive", "want", "tellmore", "send", "material", "price", "question",
	"feature", "meeting", "schedule", "available", "weekday", "clock", "month", "period", "later", "busy", "objection", "have", "provider",
	"noneed", "notinterested", "wrongperson", "referral", "role", "she", "leftcompany", "ooo", "autoreply", "bounce", "unsub", "optout",
	"optoutguard", "spam", "who", "sarcasm", "insult", "ack", "misc", "stopword",
}

// The concepts that rules ask for.
var (
	conceptNeg         = slices.Index(concepts, "neg")
	conceptUnsub       = slices.Index(concepts, "unsub")
	conceptOptOut      = slices.Index(concepts, "optout")
	conceptOptOutGuard = slices.Index(concepts, "optoutguard")
	conceptStopword    = slices.Index(concepts, "stopword")
	conceptReferral    = slices.Index(concepts, "referral")
)
