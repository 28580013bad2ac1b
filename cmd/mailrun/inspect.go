package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"mailrun/internal/classify"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// maxMessage bounds what is read of one message in bytes: what a sync reads.
const maxMessage = 512 << 10

// inspected is what sync would make of one message.
type inspected struct {
	File          string                   `json:"file"`
	Error         string                   `json:"error,omitempty"`
	Kind          outreach.Kind            `json:"kind,omitempty"`
	VisibleText   string                   `json:"visibleText"`
	Snippet       string                   `json:"snippet"`
	Bounce        *outreach.Bounce         `json:"bounce,omitempty"`
	Bounces       []bounced                `json:"bounces,omitempty"`
	ReturnDate    *time.Time               `json:"returnDate,omitempty"`
	LeftCompany   bool                     `json:"leftCompany"`
	Forward       bool                     `json:"forward"`
	Calendar      string                   `json:"calendar,omitempty"`
	MessageID     string                   `json:"messageId,omitempty"`
	InReplyTo     string                   `json:"inReplyTo,omitempty"`
	References    []string                 `json:"references,omitempty"`
	OriginalIDs   []string                 `json:"originalIds,omitempty"`
	OriginalTo    []string                 `json:"originalRecipients,omitempty"`
	From          *outreach.Address        `json:"from,omitempty"`
	To            []outreach.Address       `json:"to,omitempty"`
	CC            []outreach.Address       `json:"cc,omitempty"`
	Subject       string                   `json:"subject"`
	Date          *time.Time               `json:"date,omitempty"`
	Attachments   []outreach.Attachment    `json:"attachments,omitempty"`
	Truncated     bool                     `json:"truncated,omitempty"`
	Classified    *outreach.Classification `json:"classification,omitempty"`
	ClassifyError string                   `json:"classificationError,omitempty"`
}

// bounced is one failed recipient of a bounce and what became of the message (RFC 3464 section 2.3.3).
type bounced struct {
	outreach.Bounce
	Action string `json:"action,omitempty"`
}

func newInspect(a *app) *cobra.Command {
	var classified, asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect FILE…",
		Short: "Print what a sync would make of raw messages",
		Long: `Read raw messages (.eml; - is standard input) and print, one JSON line each, what sync-mailboxes would make of them: the kind, the visible
text, what a bounce says, the return date of an absence, the ids. No store and no settings are needed, unless --classify is to ask a model.
A file that cannot be read gives a line with "error".`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.inspect(cmd.Context(), args, classified) },
	}
	cmd.Flags().BoolVar(&classified, "classify", false, "add the classification: the model's if AI_BASE_URL is set, else the built-in one's")
	cmd.Flags().BoolVar(&asJSON, "json", true, "JSON is what is printed in any case")
	return cmd
}

func (a *app) inspect(ctx context.Context, files []string, classified bool) error {
	var classifier classify.Classifier
	if classified {
		if _, err := a.Settings(); err != nil {
			return err
		}
		var err error
		if classifier, err = a.classifier(); err != nil {
			return err
		}
	}
	out := bufio.NewWriter(a.out)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, file := range files {
		line := a.inspectFile(file)
		if classifier != nil && line.Error == "" {
			line.classify(ctx, a.now(), classifier)
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(out.Flush(), ctx.Err())
}

func (a *app) inspectFile(path string) *inspected {
	raw, err := a.readMessage(path)
	if err != nil {
		return &inspected{File: path, Error: err.Error()}
	}
	m := message.Parse(raw)
	received := m.Date
	if received.IsZero() {
		received = a.now()
	}
	r := message.Read(m, received)
	line := &inspected{
		File: path, Kind: r.Kind, VisibleText: r.VisibleText, Snippet: r.Snippet, ReturnDate: r.ReturnDate, LeftCompany: r.LeftCompany,
		Forward: r.Forward, Calendar: r.Calendar, MessageID: m.MessageID, References: m.References, OriginalIDs: r.OriginalIDs,
		OriginalTo: r.OriginalRecipients, To: m.To, CC: m.CC, Subject: m.Subject, Attachments: m.Attachments, Truncated: m.Truncated,
	}
	if m.From.Address != "" {
		line.From = &m.From
	}
	if !m.Date.IsZero() {
		date := m.Date.UTC()
		line.Date = &date
	}
	if len(m.InReplyTo) > 0 {
		line.InReplyTo = m.InReplyTo[0]
	}
	for _, b := range r.Bounces {
		line.Bounces = append(line.Bounces, bounced{b.Bounce, b.Action})
	}
	if len(line.Bounces) > 0 {
		line.Bounce = &line.Bounces[0].Bounce
	}
	return line
}

func (a *app) readMessage(path string) ([]byte, error) {
	_, r, err := a.input(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, maxMessage))
	if err != nil {
		if cause, ok := errors.AsType[*os.PathError](err); ok {
			err = cause.Err
		}
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	return raw, nil
}

// classify adds the label that a sync would give, rules first.
func (line *inspected) classify(ctx context.Context, now time.Time, classifier classify.Classifier) {
	in := classify.Input{
		Kind: line.Kind, Subject: line.Subject, VisibleText: line.VisibleText, Received: now, ReturnDate: line.ReturnDate, LeftCompany: line.LeftCompany,
	}
	if line.Date != nil {
		in.Received = *line.Date
	}
	if line.From != nil {
		in.From = *line.From
	}
	c, settled := classify.ByRule(in)
	if !settled {
		var err error
		if c, err = classifier.Classify(ctx, in); err != nil {
			line.ClassifyError = err.Error()
			return
		}
	}
	c.Status = outreach.ClassificationDone
	line.Classified = &c
}
