package sequence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"mailrun/internal/content"
	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// delivery is one attempt to deliver one step to one claimed recipient.
type delivery struct {
	*box
	c       *campaign
	rec     *outreach.Recipient
	earlier []outreach.History // the recipient's steps before this one, in order
	history *outreach.History
	raw     []byte
	taken   []string  // places under shared caps
	looked  time.Time // when the last look allowed it
}

// errNotNow is a reason found at the last look; nothing was sent.
type errNotNow struct{ reason string }

func (e *errNotNow) Error() string { return "not sent at the last moment: " + e.reason }

// lookBack reads what the recipient got before. A step that was attempted already is not attempted again unless it was deferred; settled
// tells that the recipient has been put where that attempt leads.
func (d *delivery) lookBack(ctx context.Context) (settled bool, err error) {
	if d.rec.Step == 0 && d.rec.Attempts == 0 {
		return false, nil
	}
	all, err := d.Store.HistoryOfRecipient(ctx, d.rec.ID)
	if err != nil {
		return false, err
	}
	for i := range all {
		switch {
		case all[i].Manual || all[i].Step > d.rec.Step:
		case all[i].Step < d.rec.Step:
			d.earlier = append(d.earlier, all[i])
		default:
			return d.resume(ctx, &all[i])
		}
	}
	return false, nil
}

// resume continues from an earlier attempt at the same step.
func (d *delivery) resume(ctx context.Context, past *outreach.History) (settled bool, err error) {
	if past.Status == outreach.HistoryDeferred {
		d.history = past
		return false, nil
	}
	return true, d.follow(ctx, past)
}

// write renders and composes the message, or returns the reason why that cannot be done.
func (d *delivery) write() (holdReason string) {
	attempts := 1
	if d.history != nil {
		attempts = d.history.Attempts + 1
	}
	id := outreach.HistoryID(d.rec.ID, d.rec.Step)
	h := &outreach.History{
		ID: id, SequenceRecipientID: d.rec.ID, SequenceID: d.c.ID, Step: d.rec.Step, MailboxID: d.mb.ID,
		To: d.rec.Email, From: d.mb.Email, Status: outreach.HistorySending, Attempts: attempts,
	}
	links := d.optOut()
	rendered, err := d.c.templates.Render(content.Input{
		Step: d.rec.Step, Recipient: d.rec, Mailbox: d.mb, HistoryID: id, UnsubscribeURL: links.url,
	})
	var missing *content.MissingError
	switch {
	case errors.As(err, &missing):
		return outreach.ReasonMissingVariable(missing.Name)
	case err != nil:
		return outreach.ReasonTemplateError + ": " + err.Error()
	}
	h.Subject, h.Text, h.HTML, h.VariantID = rendered.Subject, rendered.Text, rendered.HTML, rendered.VariantID
	d.thread(h)
	h.MessageID = d.Keyring.MessageID(id, outreach.DomainOf(d.mb.Email))
	if d.history != nil {
		h.MessageID = d.history.MessageID
	}
	d.history = h
	if d.raw, err = message.Compose(d.draft(links)); err != nil {
		return outreach.ReasonTemplateError + ": " + err.Error()
	}
	return ""
}

// thread makes a step without a subject an answer to the step before it (RFC 5322 section 3.6.4).
func (d *delivery) thread(h *outreach.History) {
	if h.Subject != "" || len(d.earlier) == 0 {
		return
	}
	last := d.earlier[len(d.earlier)-1]
	h.InReplyTo = last.MessageID
	h.References = append(append([]string{}, last.References...), last.MessageID)
	h.Subject = "Re: " + strings.TrimPrefix(last.Subject, "Re: ")
}

func (d *delivery) draft(links optOut) message.Draft {
	h := d.history
	draft := message.Draft{
		From:            outreach.Address{Name: d.mb.FromName, Address: d.mb.Email},
		To:              outreach.Address{Name: strings.TrimSpace(d.rec.FirstName + " " + d.rec.LastName), Address: d.rec.Email},
		Subject:         h.Subject,
		Text:            h.Text,
		HTML:            h.HTML,
		MessageID:       h.MessageID,
		InReplyTo:       h.InReplyTo,
		References:      h.References,
		Date:            d.Store.Now().In(d.mb.Location()),
		ListUnsubscribe: links.header,
		OneClick:        links.url != "",
	}
	if d.mb.ReplyTo != "" {
		draft.ReplyTo = outreach.Address{Address: d.mb.ReplyTo}
	}
	return draft
}

// optOut is how a message offers to opt out: the link, and the values of List-Unsubscribe (RFC 2369, RFC 8058).
type optOut struct {
	url    string
	header []string
}

func (d *delivery) optOut() optOut {
	var o optOut
	if d.OptOutURL != nil {
		o.url = d.OptOutURL(d.rec.ID)
	}
	if !d.c.UnsubscribeHeader() {
		return optOut{url: o.url}
	}
	if o.url != "" {
		o.header = append(o.header, o.url)
	}
	subject := "unsubscribe"
	if !d.Keyring.Empty() {
		subject += "%20" + d.Keyring.OptOutToken(d.rec.ID)
	}
	o.header = append(o.header, "mailto:"+d.mb.Email+"?subject="+subject)
	return o
}

// transmit sends the message and records what became of it. The next one, if there is one, may begin with its final dot. The connection is
// cut finishGrace after the run's deadline.
func (d *delivery) transmit(ctx context.Context, next *delivery) (stop bool, err error) {
	sending, cancel := inHand(ctx, max(d.opts.Deadline.Sub(d.Store.Now())+finishGrace, time.Second))
	defer cancel()
	began := time.Now()
	stages := func(of *delivery) func(mailbox.Stage) error {
		return func(s mailbox.Stage) error {
			hooked := time.Now()
			defer func() { began = began.Add(time.Since(hooked)) }() // the server did not take this time
			return of.onStage(sending, s)
		}
	}
	d.smtp.OnStage = stages(d)
	from := message.EnvelopeAddress(d.mb.Email)
	if next != nil {
		d.smtp.Announce(from, message.EnvelopeAddress(next.rec.Email), next.raw, stages(next))
	}
	late := d.writeWhenLate(ctx)
	err = d.smtp.Send(sending, from, message.EnvelopeAddress(d.rec.Email), d.raw)
	if err == nil {
		d.at(Accepted)
	}
	d.pace = time.Since(began)
	if err != nil && next != nil {
		next.looked = time.Time{} // what comes of this may stop that one
	}
	unwritten := late()
	stop, err = d.record(context.WithoutCancel(ctx), err)
	return stop, errors.Join(err, unwritten)
}

// inHand is the context of a message in hand. It ends after a time at the latest; a signal leaves it finishGrace to be answered, for what is
// cut after the final dot nobody can know. Lost leases end it at once.
func inHand(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	held, cancel := context.WithTimeout(context.WithoutCancel(ctx), most)
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(context.Cause(ctx), store.ErrLeaseLost) {
			cancel()
			return
		}
		select {
		case <-time.After(finishGrace):
			cancel()
		case <-held.Done():
		}
	})
	return held, func() { stop(); cancel() }
}

// onStage is called before each stage of the transaction; at DATA it takes the last look, and once more at the dot if that was long ago.
func (d *delivery) onStage(ctx context.Context, s mailbox.Stage) error {
	switch s {
	case mailbox.StageMail:
		d.at(BeforeMail)
	case mailbox.StageRcpt:
		d.at(BeforeRcpt)
	case mailbox.StageData:
		d.at(BeforeData)
		return d.lastLook(ctx)
	case mailbox.StageDot:
		d.at(BeforeDot)
		if time.Since(d.looked) > lookHolds {
			return d.lastLook(ctx)
		}
	}
	return nil
}

// lookHolds is how old the last look may be when the text leaves: the server may take its time to ask for it.
const lookHolds = time.Second

// lookWait is for how long a last look may wait for those of other mailboxes, to share their request.
func (b *box) lookWait() time.Duration {
	const most = 2 * time.Millisecond
	if !b.crowded() {
		return 0
	}
	return min(b.pace/4, most)
}

// lastLook reads again, immediately before DATA, whether this message may still go out.
func (d *delivery) lastLook(ctx context.Context) error {
	look, err := d.Store.Look(ctx, d.rec.ID, d.rec.Email, d.c.ID, d.lookWait())
	if err != nil {
		return fmt.Errorf("last look: %w", err)
	}
	switch {
	case look.Suppression != nil:
		return &errNotNow{outreach.ReasonSuppressed}
	case look.Token != d.me.Token || look.Step != d.rec.Step:
		return &errNotNow{ReasonLeased}
	case look.State != outreach.StateQueued && look.State != outreach.StateActive:
		return &errNotNow{string(look.State)}
	case look.Sequence != outreach.SequenceActive:
		return &errNotNow{outreach.ReasonSequencePaused}
	}
	d.looked = time.Now()
	return nil
}
