package forecast

import (
	"context"
	"slices"

	"mailrun/pkg/outreach"
)

// explainedAtOnce is for how many recipients one query asks who is suppressed.
const explainedAtOnce = 500

// explain asks the rules about recipients of known sequences, each with the mailbox that would send: its own, else whichever of the
// sequence's lets it go first.
func (f *Forecaster) explain(ctx context.Context, w *world, recipients []outreach.Recipient) ([]RecipientLine, error) {
	lines := make([]RecipientLine, 0, len(recipients))
	for some := range slices.Chunk(recipients, explainedAtOnce) {
		emails := make([]string, len(some))
		for i := range some {
			emails[i] = some[i].Email
		}
		suppressed, err := f.Store.SuppressedAmong(ctx, emails)
		if err != nil {
			return nil, err
		}
		for i := range some {
			line, err := f.explainOne(ctx, w, &some[i], suppressed[some[i].Email] != nil)
			if err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func (f *Forecaster) explainOne(ctx context.Context, w *world, r *outreach.Recipient, suppressed bool) (RecipientLine, error) {
	seq := w.byID[r.SequenceID]
	line := RecipientLine{Email: r.Email, Sequence: seq.Name, State: r.State, Step: r.Step}
	d, mb, err := f.verdict(ctx, w, seq, r, suppressed)
	if err != nil {
		return line, err
	}
	if mb != nil {
		line.Mailbox = mb.Email
	}
	line.Reason = d.Reason
	if d.Action == outreach.Send && f.Content != nil {
		line.Reason = f.Content(seq, r)
	}
	if d.Reason != "" && !d.Until.IsZero() {
		line.NextEligibleAt = &d.Until
	}
	return line, nil
}

// verdict is the best verdict over the mailboxes that could send.
func (f *Forecaster) verdict(ctx context.Context, w *world, seq *outreach.Sequence, r *outreach.Recipient, suppressed bool) (outreach.Decision, *outreach.Mailbox, error) {
	candidates := w.candidates(seq, r)
	if len(candidates) == 0 {
		candidates = []*outreach.Mailbox{nil}
	}
	var best outreach.Decision
	var bestBox *outreach.Mailbox
	for i, mb := range candidates {
		in := outreach.Situation{Now: w.now, Recipient: r, Sequence: seq, Mailbox: mb, Policy: f.Policy, Suppressed: suppressed}
		if err := f.taken(ctx, w, &in); err != nil {
			return best, nil, err
		}
		d := outreach.Verdict(in)
		if i == 0 || sooner(d, best) {
			best, bestBox = d, mb
		}
		if best.Action == outreach.Send || !dependsOnMailbox(r, d) {
			break
		}
	}
	return best, bestBox, nil
}

// dependsOnMailbox tells whether another mailbox could let a recipient go. The rules ask about recipient and sequence before they ask about
// the mailbox.
func dependsOnMailbox(r *outreach.Recipient, d outreach.Decision) bool {
	if r.State == outreach.StateHeld || r.State == outreach.StatePaused {
		return false
	}
	switch d.Reason {
	case outreach.ReasonNotDue, outreach.ReasonRecipientPaused, outreach.ReasonSequencePaused, outreach.ReasonSequenceArchived, outreach.ReasonSequenceDraft:
		return false
	}
	return d.Action == outreach.Wait
}

// sooner tells whether a verdict lets the recipient go earlier than another.
func sooner(a, b outreach.Decision) bool {
	switch {
	case a.Action == outreach.Send:
		return b.Action != outreach.Send
	case b.Action == outreach.Send, a.Until.IsZero():
		return false
	}
	return b.Until.IsZero() || a.Until.Before(b.Until)
}

// taken fills in the shared caps, each read once.
func (f *Forecaster) taken(ctx context.Context, w *world, in *outreach.Situation) error {
	for _, c := range outreach.SharedCaps(in.Now, in.Sequence, in.Recipient, in.Mailbox, f.Policy) {
		n, known := w.counters[c.Key]
		if !known {
			var err error
			if n, err = f.Store.Reserved(ctx, c.Key); err != nil {
				return err
			}
			w.counters[c.Key] = n
		}
		c.Put(in, n)
	}
	return nil
}
