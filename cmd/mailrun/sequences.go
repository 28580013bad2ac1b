package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newSequences(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "sequences",
		Short: "The campaigns: what is sent, when, from which mailboxes",
	},
		newSequencesApply(a), newSequencesList(a), newSequencesShow(a), newSequencesPreview(a),
		newSequencesActivate(a), newSequencesPause(a), newSequencesResume(a), newSequencesArchive(a),
	)
}

// sequenceView is a sequence with what is derived from its recipients and mailboxes.
type sequenceView struct {
	outreach.Sequence
	Mailboxes  []string               `json:"mailboxes"`
	Recipients map[outreach.State]int `json:"recipients"`
}

// view adds what is derived; a sequence whose recipients all came to an end is completed.
func view(ctx context.Context, s *store.Store, seq *outreach.Sequence) (sequenceView, error) {
	v := sequenceView{Sequence: *seq, Mailboxes: []string{}, Recipients: map[outreach.State]int{}}
	boxes, err := s.MailboxesByID(ctx, seq.MailboxIDs)
	if err != nil {
		return v, err
	}
	for i := range boxes {
		v.Mailboxes = append(v.Mailboxes, boxes[i].Email)
	}
	counts, err := s.CountStates(ctx, seq.ID)
	if err != nil {
		return v, err
	}
	total := 0
	for _, c := range counts {
		v.Recipients[c.State] += c.Count
		total += c.Count
	}
	open := v.Recipients[outreach.StateQueued] + v.Recipients[outreach.StateActive] + v.Recipients[outreach.StateHeld] + v.Recipients[outreach.StatePaused]
	if seq.Status == outreach.SequenceActive && total > 0 && open == 0 {
		v.Status = outreach.SequenceCompleted
	}
	return v, nil
}

func newSequencesList(a *app) *cobra.Command {
	var list listFlags
	var status string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List sequences",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := oneOf("status", status, outreach.SequenceDraft, outreach.SequenceActive, outreach.SequencePaused, outreach.SequenceArchived)
			if err != nil {
				return err
			}
			return a.listSequences(cmd.Context(), &list, status)
		},
	}
	list.register(cmd)
	cmd.Flags().StringVar(&status, "status", "", "only draft, active, paused or archived")
	return cmd
}

func (a *app) listSequences(ctx context.Context, list *listFlags, status string) error {
	s, f, p, err := list.open(ctx, a)
	if err != nil {
		return err
	}
	f.Status = status
	items, total, err := s.ListSequences(ctx, f, p)
	if err != nil {
		return err
	}
	views := make([]sequenceView, len(items))
	for i := range items {
		if views[i], err = view(ctx, s, &items[i]); err != nil {
			return err
		}
	}
	head := []string{"name", "status", "steps", "mailboxes", "queued", "active", "replied", "held", "done"}
	return printList(a, list, views, total, head, func(v *sequenceView) []string {
		n := v.Recipients
		done := n[outreach.StateCompleted] + n[outreach.StateBounced] + n[outreach.StateUnsubscribed] + n[outreach.StateFailed]
		return []string{
			clean(v.Name, 40), a.colored(string(v.Status)), fmt.Sprint(len(v.Steps)), fmt.Sprint(len(v.Mailboxes)), fmt.Sprint(n[outreach.StateQueued]),
			fmt.Sprint(n[outreach.StateActive]), fmt.Sprint(n[outreach.StateReplied]), fmt.Sprint(n[outreach.StateHeld] + n[outreach.StatePaused]), fmt.Sprint(done),
		}
	})
}

func newSequencesShow(a *app) *cobra.Command {
	return a.showCommand("show NAME", "Show a sequence and where its recipients stand", func(cmd *cobra.Command, s *store.Store, name string) (any, error) {
		seq, err := findSequence(cmd.Context(), s, name)
		if err != nil {
			return nil, err
		}
		return view(cmd.Context(), s, seq)
	})
}

func newSequencesActivate(a *app) *cobra.Command {
	return a.sequenceAction("activate NAME…", "Start sequences: the next run sends what is due", a.activate)
}

func newSequencesResume(a *app) *cobra.Command {
	return a.sequenceAction("resume NAME…", "Go on with paused sequences; what waited is spread as it was, not sent in one burst", a.activate)
}

func newSequencesPause(a *app) *cobra.Command {
	return a.sequenceAction("pause NAME…", "Stop sending; recipients stay where they are", func(ctx context.Context, s *store.Store, seq *outreach.Sequence) (string, error) {
		if seq.Status != outreach.SequenceActive {
			return "", badInput("the sequence %q is %s, not active", seq.Name, seq.Status)
		}
		return "paused", s.PauseSequence(ctx, seq.ID, "by hand")
	})
}

func newSequencesArchive(a *app) *cobra.Command {
	return a.sequenceAction("archive NAME…", "Put sequences away: nothing is sent, everything stays on record", func(ctx context.Context, s *store.Store, seq *outreach.Sequence) (string, error) {
		return "archived", s.UpdateSequence(ctx, seq.ID, bson.D{{Key: "status", Value: outreach.SequenceArchived}}, "statusReason")
	})
}

// activate starts a sequence or goes on with a paused one, whose pending due times move by as long as it was paused.
func (a *app) activate(ctx context.Context, s *store.Store, seq *outreach.Sequence) (string, error) {
	if len(seq.MailboxIDs) == 0 {
		return "", badInput("the sequence %q has no mailbox to send from: name some under mailboxes: and apply it again", seq.Name)
	}
	boxes, err := s.MailboxesByID(ctx, seq.MailboxIDs)
	if err != nil {
		return "", err
	}
	if len(boxes) < len(seq.MailboxIDs) {
		return "", badInput("the sequence %q names a mailbox that does not exist any more: apply it again with the ones that do", seq.Name)
	}
	fields := bson.D{{Key: "status", Value: outreach.SequenceActive}}
	switch seq.Status {
	case outreach.SequenceActive:
		return "is active already", nil
	case outreach.SequencePaused:
		if seq.PausedAt == nil {
			break
		}
		if err := s.ShiftDue(ctx, seq.ID, *seq.PausedAt, seq.ResumeShift(s.Now())); err != nil {
			return "", err
		}
	case outreach.SequenceDraft, outreach.SequenceArchived:
		fields = append(fields, bson.E{Key: "activatedAt", Value: s.Now()})
	}
	return "active", s.UpdateSequence(ctx, seq.ID, fields, "statusReason", "pausedAt")
}

// sequenceAction makes a command that does something to each sequence it names; all names are resolved before the first is changed.
func (a *app) sequenceAction(use, short string, do func(context.Context, *store.Store, *outreach.Sequence) (string, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			s, err := a.Store(ctx)
			if err != nil {
				return err
			}
			var sequences []*outreach.Sequence
			for _, name := range args {
				seq, err := findSequence(ctx, s, name)
				if err != nil {
					return err
				}
				sequences = append(sequences, seq)
			}
			for _, seq := range sequences {
				did, err := do(ctx, s, seq)
				if err != nil {
					return err
				}
				a.say("%s: %s", seq.Name, did)
			}
			return nil
		},
	}
}
