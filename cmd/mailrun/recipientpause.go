package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/config"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newRecipientsPause(a *app) *cobra.Command {
	var sequence string
	var pause config.Duration
	cmd := &cobra.Command{
		Use:   "pause EMAIL…",
		Short: "Send people nothing for now",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eachRecipient(cmd.Context(), sequence, args, func(s *store.Store, r *outreach.Recipient) (string, error) {
				return pauseRecipient(cmd.Context(), s, r, time.Duration(pause))
			})
		},
	}
	cmd.Flags().StringVar(&sequence, "sequence", "", "only in the sequence with this `name`")
	cmd.Flags().Var(&pause, "for", "resume by itself after this `time`, such as 14d (default: not by itself)")
	return cmd
}

func pauseRecipient(ctx context.Context, s *store.Store, r *outreach.Recipient, pause time.Duration) (string, error) {
	fields := bson.D{{Key: "state", Value: outreach.StatePaused}, {Key: "stateBefore", Value: r.State}, {Key: "reason", Value: "by hand"}}
	if pause > 0 {
		fields = append(fields, bson.E{Key: "pausedUntil", Value: s.Now().Add(pause)})
	}
	err := s.MoveRecipient(ctx, r.ID, []outreach.State{outreach.StateQueued, outreach.StateActive}, fields)
	if errors.Is(err, store.ErrNotFound) {
		return "", badInput("%s is %s, so there is nothing to pause", r.Email, r.State)
	}
	return "paused", err
}

// resumeFlags decide what becomes of a delivery that nobody can prove.
type resumeFlags struct {
	sequence         string
	resend, markSent bool
}

func newRecipientsResume(a *app) *cobra.Command {
	var flags resumeFlags
	cmd := &cobra.Command{
		Use:   "resume EMAIL…",
		Short: "Go on with people who are paused, held or failed",
		Long: `Go on with people who are paused, held or failed: their next step is due at once.

Held for delivery_unknown means that a message may or may not have gone out when a run died. Look into the mailbox's Sent folder, then say
which: --mark-sent goes on with the next step, --resend sends the step again.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.resend && flags.markSent {
				return badInput("--resend and --mark-sent exclude each other")
			}
			return a.eachRecipient(cmd.Context(), flags.sequence, args, func(s *store.Store, r *outreach.Recipient) (string, error) {
				return resumeRecipient(cmd.Context(), s, r, flags)
			})
		},
	}
	cmd.Flags().StringVar(&flags.sequence, "sequence", "", "only in the sequence with this `name`")
	cmd.Flags().BoolVar(&flags.markSent, "mark-sent", false, "the unknown delivery did go out")
	cmd.Flags().BoolVar(&flags.resend, "resend", false, "the unknown delivery did not go out")
	return cmd
}

// stopped are the states from which a person can let a recipient go on.
var stopped = []outreach.State{outreach.StatePaused, outreach.StateHeld, outreach.StateFailed}

func resumeRecipient(ctx context.Context, s *store.Store, r *outreach.Recipient, flags resumeFlags) (string, error) {
	if !slices.Contains(stopped, r.State) {
		return "", badInput("%s is %s, so there is nothing to resume", r.Email, r.State)
	}
	unknown := r.State == outreach.StateHeld && r.Reason == outreach.ReasonDeliveryUnknown
	if unknown && flags.markSent {
		return "goes on with the next step", markSent(ctx, s, r)
	}
	if unknown && !flags.resend {
		return "", badInput("%s: whether step %d went out is unknown: look into the Sent folder, then add --mark-sent or --resend", r.Email, r.Step+1)
	}
	attempts, err := reopenDelivery(ctx, s, r)
	if err != nil {
		return "", err
	}
	next := outreach.StateActive
	if r.LastSentAt == nil {
		next = outreach.StateQueued
	}
	fields := bson.D{{Key: "state", Value: next}, {Key: "nextSendAt", Value: s.Now()}, {Key: "attempts", Value: attempts}}
	return "resumed", s.MoveRecipient(ctx, r.ID, stopped, fields, "reason", "pausedUntil", "stateBefore")
}

// reopenDelivery lets the step that failed or is unknown be tried again, and returns how many attempts it counts from now on: one if there
// was an attempt, so that the worker takes the next one for a retry.
func reopenDelivery(ctx context.Context, s *store.Store, r *outreach.Recipient) (attempts int, err error) {
	ended := []outreach.HistoryStatus{outreach.HistoryUnknown, outreach.HistoryFailed, outreach.HistoryDeferred}
	fields := bson.D{{Key: "status", Value: outreach.HistoryDeferred}, {Key: "attempts", Value: 1}, {Key: "settledBy", Value: settledByHand}}
	err = s.UpdateHistory(ctx, outreach.HistoryID(r.ID, r.Step), ended, fields)
	if errors.Is(err, store.ErrNotFound) {
		return 0, nil
	}
	return 1, err
}

// settledByHand marks a delivery whose outcome a person decided.
const settledByHand = "manual"

// markSent records that an unknown delivery went out, at the time its intent was written.
func markSent(ctx context.Context, s *store.Store, r *outreach.Recipient) error {
	h, err := s.HistoryByID(ctx, outreach.HistoryID(r.ID, r.Step))
	if err != nil {
		return fmt.Errorf("read the delivery: %w", err)
	}
	seq, err := s.Sequence(ctx, r.SequenceID)
	if err != nil {
		return fmt.Errorf("read the sequence: %w", err)
	}
	err = s.UpdateHistory(ctx, h.ID, []outreach.HistoryStatus{outreach.HistoryUnknown}, bson.D{
		{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: h.CreatedAt}, {Key: "settledBy", Value: settledByHand},
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	state, due, reason := seq.Advance(r, r.Step, h.CreatedAt)
	fields := bson.D{
		{Key: "state", Value: state}, {Key: "step", Value: r.Step + 1}, {Key: "lastSentAt", Value: h.CreatedAt}, {Key: "mailboxId", Value: h.MailboxID},
		{Key: "attempts", Value: 0},
	}
	gone := []string{"nextSendAt", "reason"}
	if due != nil {
		fields, gone = append(fields, bson.E{Key: "nextSendAt", Value: store.Millis(*due)}), gone[1:]
	}
	if reason != "" {
		fields, gone = append(fields, bson.E{Key: "reason", Value: reason}), nil
	}
	return s.MoveRecipient(ctx, r.ID, stopped, fields, gone...)
}
