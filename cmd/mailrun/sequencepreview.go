package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/intake"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

func newSequencesPreview(a *app) *cobra.Command {
	var recipient, from string
	var asJSON, raw bool
	cmd := &cobra.Command{
		Use:   "preview NAME --recipient EMAIL",
		Short: "Show every step as it would be sent to somebody",
		Long: `Render every step of a sequence for a recipient exactly as a run would send it: headers, text and HTML. Nothing is sent or stored. An
address that is not in the sequence is rendered without any variables.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if recipient == "" {
				return badInput("for whom? mailrun sequences preview NAME --recipient EMAIL")
			}
			return a.preview(cmd.Context(), args[0], recipient, from, previewForm{asJSON, raw})
		},
	}
	cmd.Flags().StringVar(&recipient, "recipient", "", "`address` of the recipient")
	cmd.Flags().StringVar(&from, byMailbox, "", "send from this `address` (default: the recipient's mailbox, else the sequence's first)")
	cmd.Flags().BoolVar(&raw, "raw", false, "print the messages byte by byte, as the server gets them")
	addJSON(cmd, &asJSON)
	return cmd
}

// previewForm is how a preview is printed.
type previewForm struct{ asJSON, raw bool }

func (a *app) preview(ctx context.Context, name, email, from string, form previewForm) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	seq, err := findSequence(ctx, s, name)
	if err != nil {
		return err
	}
	rec, err := previewRecipient(ctx, s, seq, email)
	if err != nil {
		return err
	}
	mb, err := previewMailbox(ctx, s, seq, rec, from)
	if err != nil {
		return err
	}
	worker, err := a.worker(ctx)
	if err != nil {
		return err
	}
	previews, err := worker.Preview(seq, rec, mb)
	if err != nil {
		return inputError{err}
	}
	return a.printPreviews(previews, seq, form)
}

// previewRecipient is the person in the sequence, else an invented one with this address.
func previewRecipient(ctx context.Context, s *store.Store, seq *outreach.Sequence, name string) (*outreach.Recipient, error) {
	email, domain, err := intake.Address(name)
	if err != nil {
		return nil, inputError{err}
	}
	rec, err := s.RecipientInSequence(ctx, seq.ID, email)
	if errors.Is(err, store.ErrNotFound) {
		return &outreach.Recipient{ID: bson.NewObjectID(), SequenceID: seq.ID, Email: email, Domain: domain}, nil
	}
	return rec, err
}

func previewMailbox(ctx context.Context, s *store.Store, seq *outreach.Sequence, rec *outreach.Recipient, from string) (*outreach.Mailbox, error) {
	switch {
	case from != "":
		return findMailbox(ctx, s, from)
	case !rec.MailboxID.IsZero():
		mb, err := s.Mailbox(ctx, rec.MailboxID)
		return mb, explain(err, "mailbox", rec.MailboxID.Hex(), "it was removed; name another with --mailbox")
	case len(seq.MailboxIDs) > 0:
		mb, err := s.Mailbox(ctx, seq.MailboxIDs[0])
		return mb, explain(err, "mailbox", seq.MailboxIDs[0].Hex(), "it was removed; name another with --mailbox")
	}
	return nil, badInput("the sequence %q has no mailbox: name one with --mailbox", seq.Name)
}

// renderedStep is one step of a preview.
type renderedStep struct {
	Step    int               `json:"step"`
	Variant string            `json:"variantId,omitempty"`
	Held    string            `json:"held,omitempty"`
	Delay   string            `json:"delay,omitempty"`
	Headers map[string]string `json:"headers,omitempty"`
	Subject string            `json:"subject,omitempty"`
	Text    string            `json:"text,omitempty"`
	HTML    string            `json:"html,omitempty"`
	Raw     string            `json:"raw,omitempty"`
}

// shownHeaders are the fields of a preview, in this order.
var shownHeaders = []string{"From", "Reply-To", "To", "Subject", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe", "List-Unsubscribe-Post"}

func renderStep(p sequence.Preview, seq *outreach.Sequence) renderedStep {
	r := renderedStep{Step: p.Step, Variant: p.Variant, Held: p.Reason, Delay: seq.Steps[p.Step].Delay, Raw: string(p.Raw)}
	if p.Reason != "" {
		return r
	}
	m := message.Parse(p.Raw)
	r.Headers = map[string]string{}
	for _, name := range shownHeaders {
		if value := m.Header.Get(name); value != "" {
			r.Headers[name] = value
		}
	}
	r.Subject, r.Text, r.HTML = m.Subject, m.Text, m.HTML
	return r
}

func (a *app) printPreviews(previews []sequence.Preview, seq *outreach.Sequence, form previewForm) error {
	steps := make([]renderedStep, len(previews))
	for i, p := range previews {
		steps[i] = renderStep(p, seq)
	}
	if form.asJSON {
		return a.printJSON(map[string]any{"items": steps})
	}
	for i := range steps {
		a.printStep(&steps[i], form.raw)
	}
	return nil
}

func (a *app) printStep(r *renderedStep, raw bool) {
	title := fmt.Sprintf("step %d", r.Step+1)
	if r.Delay != "" {
		title += ", " + r.Delay + " later"
	}
	if r.Variant != "" {
		title += ", variant " + r.Variant
	}
	a.say("--- %s", title)
	switch {
	case r.Held != "":
		a.say("would be held: %s\n", r.Held)
		return
	case raw:
		a.say("%s", r.Raw)
		return
	}
	for _, name := range shownHeaders {
		if value := r.Headers[name]; value != "" {
			a.say("%s: %s", name, clean(value, 300))
		}
	}
	a.say("\n%s\n", strings.TrimRight(r.Text, "\r\n"))
	if r.HTML != "" {
		a.say("[HTML]\n%s\n", strings.TrimRight(r.HTML, "\r\n"))
	}
}
