package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newRepliesAttach(a *app) *cobra.Command {
	var recipient, sequence string
	cmd := &cobra.Command{
		Use:   "attach ID --recipient EMAIL",
		Short: "Say whose answer a message is",
		Long: `Say whose answer a message is, where the matching found nobody or the wrong one. The next sync of its mailbox does what the message means:
an answer ends the person's sequence, an opt-out suppresses. Whoever the message belonged to before goes on where he stood, if it was this
message that stopped him and nothing else keeps him stopped.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if recipient == "" {
				return badInput("whose? mailrun replies attach ID --recipient EMAIL")
			}
			return a.attach(cmd.Context(), args[0], sequence, recipient)
		},
	}
	cmd.Flags().StringVar(&recipient, "recipient", "", "`address` of the person in the sequence")
	cmd.Flags().StringVar(&sequence, "sequence", "", "the sequence's `name`, if the person is in several")
	return cmd
}

func (a *app) attach(ctx context.Context, id, sequence, recipient string) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	r, err := findReply(ctx, s, id)
	if err != nil {
		return err
	}
	found, err := findRecipients(ctx, s, sequence, recipient)
	if err != nil {
		return err
	}
	if len(found) > 1 {
		return badInput("%s is in %d sequences: name one with --sequence", recipient, len(found))
	}
	if !r.SequenceRecipientID.IsZero() && r.SequenceRecipientID != found[0].ID {
		if err := a.release(ctx, s, r); err != nil {
			return err
		}
	}
	if err := attachTo(ctx, s, r, &found[0]); err != nil {
		return err
	}
	a.say("%s: belongs to %s; the next sync does what it means", r.ID.Hex(), found[0].Email)
	return nil
}

// attachTo gives a reply its recipient and marks its effects as not applied, which the next sync of the mailbox then does.
func attachTo(ctx context.Context, s *store.Store, r *outreach.Reply, rec *outreach.Recipient) error {
	history, err := s.HistoryOfRecipient(ctx, rec.ID)
	if err != nil {
		return err
	}
	fields := bson.D{
		{Key: "sequenceRecipientId", Value: rec.ID}, {Key: "sequenceId", Value: rec.SequenceID}, {Key: "matchMethod", Value: "manual"},
		{Key: "matchConfidence", Value: 1.0}, {Key: "effects", Value: bson.D{{Key: "done", Value: false}}},
	}
	if !rec.ThreadID.IsZero() {
		fields = append(fields, bson.E{Key: "threadId", Value: rec.ThreadID})
	}
	for _, h := range slices.Backward(history) {
		if h.SentAt != nil && !h.SentAt.After(r.ReceivedAt) {
			fields = append(fields, bson.E{Key: "historyId", Value: h.ID}, bson.E{Key: "step", Value: h.Step})
			break
		}
	}
	if err := s.UpdateReply(ctx, r.ID, fields); err != nil {
		return err
	}
	if r.MailboxID.IsZero() {
		return nil
	}
	err = s.UpdateMailbox(ctx, r.MailboxID, bson.D{{Key: "nextSyncAt", Value: s.Now()}})
	return explain(err, "mailbox", r.MailboxID.Hex(), "it was removed")
}
