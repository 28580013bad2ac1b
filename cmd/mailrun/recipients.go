package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newRecipients(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "recipients",
		Short: "The people in sequences",
	},
		newRecipientsImport(a), newRecipientsCheck(a), newRecipientsList(a), newRecipientsShow(a), newRecipientsPause(a), newRecipientsResume(a),
		newRecipientsRemove(a), newRecipientsExport(a),
	)
}

// states lists every state a recipient can be in.
var states = []outreach.State{
	outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StatePaused, outreach.StateReplied, outreach.StateBounced,
	outreach.StateUnsubscribed, outreach.StateCompleted, outreach.StateFailed,
}

// recipientFilter are the flags that select recipients.
type recipientFilter struct{ state, reason string }

func (r *recipientFilter) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.state, "state", "", "only in this `state`: "+enumerate(states))
	cmd.Flags().StringVar(&r.reason, "reason", "", "only for this `reason`, such as delivery_unknown")
}

func (r *recipientFilter) apply(f *store.Filter) error {
	f.Status, f.Reason = r.state, r.reason
	_, err := oneOf("state", r.state, states...)
	return err
}

func newRecipientsList(a *app) *cobra.Command {
	var list listFlags
	var which recipientFilter
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List recipients, last enrolled first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, f, p, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			if err := which.apply(&f); err != nil {
				return err
			}
			items, total, err := s.ListRecipients(cmd.Context(), f, p)
			if err != nil {
				return err
			}
			return a.printRecipients(cmd.Context(), s, &list, items, total)
		},
	}
	list.register(cmd, bySequence, byMailbox, bySince)
	which.register(cmd)
	return cmd
}

func (a *app) printRecipients(ctx context.Context, s *store.Store, list *listFlags, items []outreach.Recipient, total int64) error {
	var names map[bson.ObjectID]string
	if !list.asJSON {
		ids := make([]bson.ObjectID, len(items))
		for i := range items {
			ids[i] = items[i].SequenceID
		}
		var err error
		if names, err = s.SequenceNames(ctx, ids); err != nil {
			return err
		}
	}
	head := []string{"email", "sequence", "state", "reason", "next step", "next send"}
	return printList(a, list, items, total, head, func(r *outreach.Recipient) []string {
		return []string{
			clean(r.Email, 50), clean(names[r.SequenceID], 30), a.colored(string(r.State)), orDash(clean(r.Reason, 30)), fmt.Sprint(r.Step + 1), localPtr(r.NextSendAt),
		}
	})
}

// recipientView is a recipient with all that was sent to and came from him.
type recipientView struct {
	outreach.Recipient
	SequenceName string             `json:"sequenceName"`
	History      []outreach.History `json:"history"`
	Replies      []outreach.Reply   `json:"replies"`
}

func newRecipientsShow(a *app) *cobra.Command {
	var asJSON bool
	var sequence string
	cmd := &cobra.Command{
		Use:   "show EMAIL",
		Short: "Show a person: state, what was sent, what came back",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			views, err := a.recipientViews(cmd.Context(), sequence, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(map[string]any{"items": views})
			}
			for i := range views {
				if i > 0 {
					a.say("---")
				}
				if err := a.printDocument(views[i], false); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	cmd.Flags().StringVar(&sequence, "sequence", "", "only in the sequence with this `name`")
	return cmd
}

func (a *app) recipientViews(ctx context.Context, sequence, name string) ([]recipientView, error) {
	s, err := a.Store(ctx)
	if err != nil {
		return nil, err
	}
	found, err := findRecipients(ctx, s, sequence, name)
	if err != nil {
		return nil, err
	}
	views := make([]recipientView, len(found))
	for i := range found {
		v := recipientView{Recipient: found[i], History: []outreach.History{}, Replies: []outreach.Reply{}}
		history, err := s.HistoryOfRecipient(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		replies, err := s.RepliesOfRecipient(ctx, v.ID)
		if err != nil {
			return nil, err
		}
		v.History, v.Replies = append(v.History, history...), append(v.Replies, replies...)
		if seq, err := s.Sequence(ctx, v.SequenceID); err == nil {
			v.SequenceName = seq.Name
		}
		views[i] = v
	}
	return views, nil
}

func newRecipientsRemove(a *app) *cobra.Command {
	var sequence string
	cmd := &cobra.Command{
		Use:   "remove EMAIL…",
		Short: "Take people out of a sequence",
		Long: `Take people out of a sequence, as if they had never been enrolled; what was sent to them stays on record. To make sure that somebody is
never mailed again, use ` + "`mailrun suppressions add`" + `.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eachRecipient(cmd.Context(), sequence, args, func(s *store.Store, r *outreach.Recipient) (string, error) {
				err := s.DeleteRecipient(cmd.Context(), r.ID)
				return "removed", explain(err, "unclaimed recipient", r.Email, "a run works on it now: try again in a minute")
			})
		},
	}
	cmd.Flags().StringVar(&sequence, "sequence", "", "only from the sequence with this `name`")
	return cmd
}

// eachRecipient resolves all names before it changes the first one.
func (a *app) eachRecipient(ctx context.Context, sequence string, names []string, do func(*store.Store, *outreach.Recipient) (string, error)) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	var all []outreach.Recipient
	for _, name := range names {
		found, err := findRecipients(ctx, s, sequence, name)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	for i := range all {
		did, err := do(s, &all[i])
		if err != nil {
			return err
		}
		a.say("%s: %s", all[i].Email, did)
	}
	return nil
}
