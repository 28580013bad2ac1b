package sequence

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// Answer is what a person writes into a thread: from its mailbox, to whoever wrote last, in the thread.
type Answer struct {
	Mailbox *outreach.Mailbox
	To      outreach.Address
	History *outreach.History
	Raw     []byte
}

// ErrNoInbound says that nobody has written in the thread, so there is nothing to answer.
var ErrNoInbound = errors.New("nobody has written in this thread yet")

// Draft prepares an answer in a thread; nothing is sent or stored.
func (w *Worker) Draft(ctx context.Context, t *outreach.Thread, text string) (*Answer, error) {
	mb, err := w.Store.Mailbox(ctx, t.MailboxID)
	if err != nil {
		return nil, fmt.Errorf("mailbox of the thread: %w", err)
	}
	replies, err := w.Store.RepliesOfThread(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	if len(replies) == 0 {
		return nil, ErrNoInbound
	}
	last := &replies[len(replies)-1]
	h := &outreach.History{
		ID: bson.NewObjectID(), SequenceRecipientID: t.SequenceRecipientID, SequenceID: t.SequenceID, Step: last.Step, MailboxID: mb.ID,
		To: strings.ToLower(last.From.Address), From: mb.Email, Subject: "Re: " + message.NormalizeSubject(last.Subject), Text: text,
		InReplyTo: last.MessageID, Status: outreach.HistorySending, Attempts: 1, Manual: true,
	}
	h.References = references(last, t.RootMessageID)
	h.MessageID = w.Keyring.MessageID(h.ID, outreach.DomainOf(mb.Email))
	a := &Answer{Mailbox: mb, To: last.From, History: h}
	a.Raw, err = message.Compose(message.Draft{
		From: outreach.Address{Name: mb.FromName, Address: mb.Email}, To: last.From, Subject: h.Subject, Text: text,
		MessageID: h.MessageID, InReplyTo: h.InReplyTo, References: h.References, Date: w.Store.Now().In(mb.Location()),
	})
	return a, err
}

// references are the ids of the thread up to the message that is answered, from its root (RFC 5322 section 3.6.4).
func references(last *outreach.Reply, root string) []string {
	refs := append([]string{}, last.References...)
	if len(refs) == 0 && root != "" {
		refs = []string{root}
	}
	if last.MessageID != "" {
		refs = append(refs, last.MessageID)
	}
	return refs
}

// SuppressedError says that an address is never to be mailed.
type SuppressedError struct{ Suppression *outreach.Suppression }

func (e *SuppressedError) Error() string {
	return fmt.Sprintf("%s is suppressed (%s) and not mailed; `mailrun suppressions remove` lifts that", e.Suppression.Value, e.Suppression.Reason)
}

// Send sends an answer as a step is sent: its history is stored before SMTP begins, and what became of it afterwards.
func (w *Worker) Send(ctx context.Context, a *Answer) error {
	suppression, err := w.Store.Suppressed(ctx, a.History.To)
	if err != nil {
		return err
	}
	if suppression != nil {
		return &SuppressedError{suppression}
	}
	session, err := w.Dialer.SMTP(ctx, a.Mailbox)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := w.Store.BeginDelivery(ctx, a.History); err != nil {
		return err
	}
	sendErr := session.Send(ctx, message.EnvelopeAddress(a.Mailbox.Email), message.EnvelopeAddress(a.History.To), a.Raw)
	fields := bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: w.Store.Now()}}
	if sendErr != nil {
		fields = bson.D{{Key: "status", Value: answerStatus(sendErr)}, {Key: "error", Value: sendErr.Error()}}
	}
	err = w.Store.UpdateHistory(context.WithoutCancel(ctx), a.History.ID, []outreach.HistoryStatus{outreach.HistorySending}, fields)
	if sendErr == nil && err == nil {
		copies := newSentCopies(w.Dialer, a.Mailbox, w.Log)
		copies.add(ctx, a.Raw, w.Store.Now())
		copies.close()
		return w.noteAnswer(ctx, a)
	}
	return errors.Join(sendErr, err)
}

// answerStatus is what a failed answer leaves: unknown if the server may have taken it.
func answerStatus(err error) outreach.HistoryStatus {
	if mailbox.Classify(err).Effect == mailbox.EffectUnknown {
		return outreach.HistoryUnknown
	}
	return outreach.HistoryFailed
}

// noteAnswer brings the thread up to date; an answered thread has nothing unread.
func (w *Worker) noteAnswer(ctx context.Context, a *Answer) error {
	replies, err := w.Store.RepliesByMessageIDs(ctx, []string{a.History.InReplyTo})
	if err != nil || len(replies) == 0 {
		return err
	}
	t, err := w.Store.Thread(ctx, replies[0].ThreadID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	now := w.Store.Now()
	return w.Store.UpdateThread(ctx, t.ID, bson.D{
		{Key: "lastOutboundAt", Value: now}, {Key: "lastMessageAt", Value: now}, {Key: "messageCount", Value: t.MessageCount + 1}, {Key: "unreadCount", Value: 0},
	})
}
