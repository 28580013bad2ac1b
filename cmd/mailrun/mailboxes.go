package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newMailboxes(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "mailboxes",
		Short: "The accounts that send and are read",
	},
		newMailboxesAdd(a), newMailboxesImport(a), newMailboxesList(a), newMailboxesShow(a), newMailboxesTest(a),
		newMailboxesPause(a), newMailboxesResume(a), newMailboxesRemove(a), newMailboxesSeal(a),
	)
}

func newMailboxesList(a *app) *cobra.Command {
	var list listFlags
	var status string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List mailboxes",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := oneOf("status", status, outreach.MailboxActive, outreach.MailboxPaused, outreach.MailboxFailing)
			if err != nil {
				return err
			}
			s, f, p, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			f.Status = status
			items, total, err := s.ListMailboxes(cmd.Context(), f, p)
			if err != nil {
				return err
			}
			head := []string{"email", "status", "sent today", "next send", "last sync", "trouble"}
			return printList(a, &list, items, total, head, a.mailboxRow)
		},
	}
	list.register(cmd)
	cmd.Flags().StringVar(&status, "status", "", "only active, paused or error")
	return cmd
}

func (a *app) mailboxRow(mb *outreach.Mailbox) []string {
	now := a.now()
	today := fmt.Sprintf("%d of %d", mb.SentOn(outreach.LocalDay(now, mb.Location())), mb.DailyCap(now))
	trouble := mb.StatusReason
	if trouble == "" && mb.LastError != nil {
		trouble = mb.LastError.Class + ": " + mb.LastError.Message
	}
	return []string{mb.Email, a.colored(string(mb.Status)), today, localPtr(mb.NextSendAt), localPtr(mb.LastSyncOKAt), orDash(clean(trouble, 60))}
}

func newMailboxesShow(a *app) *cobra.Command {
	return a.showCommand("show EMAIL", "Show a mailbox, without its secrets", func(cmd *cobra.Command, s *store.Store, name string) (any, error) {
		return findMailbox(cmd.Context(), s, name)
	})
}

func newMailboxesPause(a *app) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "pause EMAIL…",
		Short: "Stop sending from and reading mailboxes",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fields := bson.D{{Key: "status", Value: outreach.MailboxPaused}, {Key: "statusReason", Value: reason}}
			return a.eachMailbox(cmd.Context(), args, "paused", func(s *store.Store, mb *outreach.Mailbox) error {
				return s.UpdateMailbox(cmd.Context(), mb.ID, fields)
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "by hand", "why, for those who look later")
	return cmd
}

func newMailboxesResume(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "resume EMAIL…",
		Short: "Take paused or failing mailboxes into service again",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eachMailbox(cmd.Context(), args, "active", func(s *store.Store, mb *outreach.Mailbox) error {
				return reactivate(cmd.Context(), s, mb)
			})
		},
	}
}

// reactivate clears what kept a mailbox out of service. A gap after its last message stays; a back-off after failures does not.
func reactivate(ctx context.Context, s *store.Store, mb *outreach.Mailbox) error {
	fields := bson.D{
		{Key: "status", Value: outreach.MailboxActive}, {Key: "nextSyncAt", Value: s.Now()},
		{Key: "consecutiveFailures", Value: 0}, {Key: "sendFailures", Value: 0},
	}
	if mb.SendFailures > 0 || mb.NextSendAt == nil {
		next := s.Now()
		if mb.LastSentAt != nil {
			next = store.Millis(mb.LastSentAt.Add(mb.MinGap()))
		}
		fields = append(fields, bson.E{Key: "nextSendAt", Value: next})
	}
	return s.UpdateMailbox(ctx, mb.ID, fields, "statusReason", "lastError", "authFailingSince")
}

func newMailboxesRemove(a *app) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "remove EMAIL…",
		Short: "Remove mailboxes and their secrets",
		Long: `Remove mailboxes and their secrets. What they sent and received stays on record. A mailbox that a sequence sends from
is removed with --force only; recipients who got mail from it then wait for a person.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eachMailbox(cmd.Context(), args, "removed", func(s *store.Store, mb *outreach.Mailbox) error {
				return removeMailbox(cmd.Context(), s, mb, force)
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "take it out of its sequences too")
	return cmd
}

func removeMailbox(ctx context.Context, s *store.Store, mb *outreach.Mailbox, force bool) error {
	sequences, err := s.AllSequences(ctx)
	if err != nil {
		return err
	}
	for i := range sequences {
		seq := &sequences[i]
		if seq.Status == outreach.SequenceArchived || !slices.Contains(seq.MailboxIDs, mb.ID) {
			continue
		}
		if !force {
			return badInput("%s sends for the sequence %q: take it out there first, or use --force", mb.Email, seq.Name)
		}
		left := slices.DeleteFunc(slices.Clone(seq.MailboxIDs), func(id bson.ObjectID) bool { return id == mb.ID })
		if err := s.UpdateSequence(ctx, seq.ID, bson.D{{Key: "mailboxIds", Value: left}}); err != nil {
			return err
		}
	}
	return s.DeleteMailbox(ctx, mb.ID)
}

// eachMailbox resolves all names before it changes the first one.
func (a *app) eachMailbox(ctx context.Context, names []string, done string, do func(*store.Store, *outreach.Mailbox) error) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	var boxes []*outreach.Mailbox
	for _, name := range names {
		mb, err := findMailbox(ctx, s, name)
		if err != nil {
			return err
		}
		boxes = append(boxes, mb)
	}
	for _, mb := range boxes {
		if err := do(s, mb); err != nil {
			return err
		}
		a.say("%s: %s", mb.Email, done)
	}
	return nil
}
