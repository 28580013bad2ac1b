package forecast

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// By says what a line of the statistics stands for.
type By string

// The groupings. BySequence is the one without a choice.
const (
	BySequence By = "sequence"
	ByStep     By = "step"
	ByVariant  By = "variant"
	ByMailbox  By = "mailbox"
	ByDay      By = "day"
)

// StatsLine counts what became of the messages of one group. Sent is the sample of every rate beside it; the rates run from 0 to 1 and are
// of messages, so that a person who got three counts three times. Refused were not accepted and count in no rate.
type StatsLine struct {
	Sequence         string  `json:"sequence"`
	Group            string  `json:"group,omitempty"`
	Sent             int     `json:"sent"`
	Replied          int     `json:"replied"`
	ReplyRate        float64 `json:"replyRate"`
	Interested       int     `json:"interested"`
	InterestedRate   float64 `json:"interestedRate"`
	Bounced          int     `json:"bounced"`
	BounceRate       float64 `json:"bounceRate"`
	Unsubscribed     int     `json:"unsubscribed"`
	UnsubscribedRate float64 `json:"unsubscribedRate"`
	Refused          int     `json:"refused"`
}

// positive are the intents that count as interest.
var positive = []outreach.Intent{outreach.IntentInterested, outreach.IntentMeetingRequest, outreach.IntentInformationRequest}

// Stats counts what was sent and what came of it, by sequence and, if asked, by a group within it.
func (f *Forecaster) Stats(ctx context.Context, sequence string, by By, since time.Time) ([]StatsLine, error) {
	w, err := f.world(ctx, sequence)
	if err != nil {
		return nil, err
	}
	lines := []StatsLine{}
	for _, seq := range w.sequences {
		groups, err := f.statsOf(ctx, w, seq, by, since)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.SortedFunc(maps.Keys(groups), cmp.Compare[string]) {
			line := *groups[key]
			line.rates()
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// statsOf counts one sequence's groups.
func (f *Forecaster) statsOf(ctx context.Context, w *world, seq *outreach.Sequence, by By, since time.Time) (map[string]*StatsLine, error) {
	answers, err := f.answers(ctx, seq.ID)
	if err != nil {
		return nil, err
	}
	groups := map[string]*StatsLine{}
	err = f.Store.EachHistory(ctx, seq.ID, func(h *outreach.History) error {
		if h.Manual || h.CreatedAt.Before(since) {
			return nil
		}
		key := groupOf(w, seq, h, by)
		line := groups[key]
		if line == nil {
			line = &StatsLine{Sequence: seq.Name, Group: key}
			groups[key] = line
		}
		line.count(h, answers[h.ID])
		return nil
	})
	return groups, err
}

// answer is what came back to one delivery.
type answer struct{ replied, interested, unsubscribed bool }

func (f *Forecaster) answers(ctx context.Context, sequenceID bson.ObjectID) (map[bson.ObjectID]answer, error) {
	answers := map[bson.ObjectID]answer{}
	err := f.Store.EachReply(ctx, sequenceID, func(r *outreach.Reply) error {
		a := answers[r.HistoryID]
		switch r.Kind {
		case outreach.KindHuman:
			a.replied = true
			a.interested = a.interested || r.Classification != nil && slices.Contains(positive, r.Classification.Intent)
		case outreach.KindUnsubscribe, outreach.KindComplaint:
			a.unsubscribed = true
		}
		answers[r.HistoryID] = a
		return nil
	})
	return answers, err
}

func (l *StatsLine) count(h *outreach.History, a answer) {
	if h.SentAt == nil {
		if h.Status == outreach.HistoryBounced || h.Status == outreach.HistoryFailed {
			l.Refused++
		}
		return
	}
	l.Sent++
	for _, c := range []struct {
		n  *int
		is bool
	}{
		{&l.Replied, a.replied}, {&l.Interested, a.interested}, {&l.Unsubscribed, a.unsubscribed}, {&l.Bounced, h.Status == outreach.HistoryBounced},
	} {
		if c.is {
			*c.n++
		}
	}
}

func (l *StatsLine) rates() {
	if l.Sent == 0 {
		return
	}
	rate := func(n int) float64 { return float64(n) / float64(l.Sent) }
	l.ReplyRate, l.InterestedRate, l.BounceRate, l.UnsubscribedRate = rate(l.Replied), rate(l.Interested), rate(l.Bounced), rate(l.Unsubscribed)
}

// groupOf names the group that a delivery belongs to.
func groupOf(w *world, seq *outreach.Sequence, h *outreach.History, by By) string {
	switch by {
	case ByStep:
		return fmt.Sprint(h.Step + 1)
	case ByVariant:
		return fmt.Sprintf("%d %s", h.Step+1, cmp.Or(h.VariantID, "-"))
	case ByMailbox:
		if mb := w.mailboxes[h.MailboxID]; mb != nil {
			return mb.Email
		}
		return h.From
	case ByDay:
		at := h.CreatedAt
		if h.SentAt != nil {
			at = *h.SentAt
		}
		return outreach.LocalDay(at, seq.Location())
	}
	return ""
}
