package classify

import (
	"context"
	"time"

	"mailrun/pkg/outreach"
)

// Input is what a label is made from. VisibleText is the reply without quoted history and signature; StepText is the message that was
// answered. Received dates relative phrases ("in two weeks"). From is the writer, whose own address is never a referral.
type Input struct {
	ReplyID     string
	Kind        outreach.Kind
	Subject     string
	VisibleText string
	StepText    string
	Received    time.Time
	ReturnDate  *time.Time
	LeftCompany bool
	From        outreach.Address
}

// Result is a finished label.
type Result = outreach.Classification

// Classifier labels one human reply. An error leaves the reply pending. CacheKey names the answer that Classify would give, so that
// one text is worked on once; it is empty where asking again costs nothing.
type Classifier interface {
	Classify(ctx context.Context, in Input) (outreach.Classification, error)
	CacheKey(in Input) string
}

// The values of Classification.Source.
const (
	SourceHeader  = "header"
	SourceRule    = "rule"
	SourceBuiltin = "builtin"
	SourceModel   = "model"
	SourceManual  = "manual"
)

// The values of Classification.Sentiment.
const (
	Positive = "positive"
	Neutral  = "neutral"
	Negative = "negative"
)

// MaxSummary is the length of a summary in characters.
const MaxSummary = 200
