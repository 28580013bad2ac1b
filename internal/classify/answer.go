package classify

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"mailrun/pkg/outreach"
)

// answer is what a model says of a reply, before anything of it is believed.
type answer struct {
	Intent     outreach.Intent `json:"intent"`
	Sentiment  string          `json:"sentiment"`
	Confidence *float64        `json:"confidence"`
	Summary    string          `json:"summary"`
	ReturnDate string          `json:"returnDate"`
	FollowUpAt string          `json:"followUpAt"`
	Referral   *struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	} `json:"referral"`
}

// readAnswer checks a model's answer field by field. An intent or sentiment outside the list, or a confidence outside 0 to 1, makes it no
// answer; dates out of range and referrals that the reply does not name are left out.
func readAnswer(content string, in Input) (outreach.Classification, error) {
	var a answer
	if err := json.Unmarshal(firstObject(content), &a); err != nil {
		return outreach.Classification{}, fmt.Errorf("the answer is not the JSON that was asked for: %w", err)
	}
	switch {
	case !slices.Contains(outreach.Intents, a.Intent):
		return outreach.Classification{}, fmt.Errorf("the answer has an unknown intent %.40q", a.Intent)
	case !slices.Contains([]string{Positive, Neutral, Negative}, a.Sentiment):
		return outreach.Classification{}, fmt.Errorf("the answer has an unknown sentiment %.40q", a.Sentiment)
	case a.Confidence == nil || *a.Confidence < 0 || *a.Confidence > 1:
		return outreach.Classification{}, errors.New("the answer has no confidence from 0 to 1")
	}
	c := outreach.Classification{
		Status: outreach.ClassificationDone, Intent: a.Intent, Sentiment: a.Sentiment, Confidence: *a.Confidence, Source: SourceModel,
		Summary: ellipsis(oneLine(cut(a.Summary, MaxText))), ReturnDate: answeredDate(a.ReturnDate, in.Received), FollowUpAt: answeredDate(a.FollowUpAt, in.Received),
	}
	if c.Summary == "" {
		c.Summary = summarize(in.VisibleText)
	}
	if a.Referral != nil {
		c.Referral = answeredReferral(a.Referral.Name, a.Referral.Email, in)
	}
	return c, nil
}

// firstObject cuts the first {...} out of an answer in prose or a code block. Braces in strings do not count.
func firstObject(s string) []byte {
	start := strings.IndexByte(s, '{')
	if start < 0 {
		return nil
	}
	depth, quoted, escaped := 0, false, false
	for i := start; i < len(s); i++ {
		switch c := s[i]; {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return []byte(s[start : i+1])
			}
		}
	}
	return []byte(s[start:])
}

// answeredDate reads a day or a time; what lies in the past or beyond the horizon is not believed.
func answeredDate(s string, received time.Time) *time.Time {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if d, err := time.Parse(layout, strings.TrimSpace(s)); err == nil {
			return believable(d.UTC(), received)
		}
	}
	return nil
}

// answeredReferral keeps of a referral what the reply itself holds: an address of its text, not the writer's own, and a name of which every
// word stands there.
func answeredReferral(name, email string, in Input) *outreach.Referral {
	r := outreach.Referral{Email: newAddressBook(in.VisibleText).find(email)}
	if r.Email == strings.ToLower(in.From.Address) {
		r.Email = ""
	}
	if name = ellipsis(oneLine(name)); name != "" && holdsWords(in.VisibleText, name) {
		r.Name = name
	}
	if r == (outreach.Referral{}) {
		return nil
	}
	return &r
}

// holdsWords tells whether every word of a name stands in a text.
func holdsWords(text, name string) bool {
	have := tokens(fold(text))
	for _, word := range tokens(fold(name)) {
		if !isEnd(word) && !slices.Contains(have, word) {
			return false
		}
	}
	return true
}
