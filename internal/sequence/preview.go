package sequence

import (
	"mailrun/internal/content"
	"mailrun/pkg/outreach"
)

// Preview is one step as it would be sent to a recipient: the finished message, or the reason for which it would be held.
type Preview struct {
	Step    int // from 0
	Variant string
	Raw     []byte
	Reason  string
}

// Preview writes every step of a sequence for a recipient exactly as a run would, each answering the one before it. Nothing is stored or
// sent. The error says that a template cannot be parsed.
func (w *Worker) Preview(seq *outreach.Sequence, rec *outreach.Recipient, mb *outreach.Mailbox) ([]Preview, error) {
	templates, err := content.Compile(seq)
	if err != nil {
		return nil, err
	}
	b := &box{run: &run{Worker: w}, mb: mb}
	c := &campaign{Sequence: seq, templates: templates}
	var earlier []outreach.History
	var previews []Preview
	for step := range seq.Steps {
		who := *rec
		who.Step = step
		d := &delivery{box: b, c: c, rec: &who, earlier: earlier}
		p := Preview{Step: step, Reason: d.write()}
		if p.Reason == "" {
			p.Raw, p.Variant = d.raw, d.history.VariantID
			earlier = append(earlier, *d.history)
		}
		previews = append(previews, p)
	}
	return previews, nil
}
