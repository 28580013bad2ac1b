package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/classify"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newReplies(a *app) *cobra.Command {
	show := a.showCommand("show ID", "Show one message that came back", func(cmd *cobra.Command, s *store.Store, id string) (any, error) {
		return findReply(cmd.Context(), s, id)
	})
	return group(&cobra.Command{
		Use:   "replies",
		Short: "What came back: answers, bounces, opt-outs, notices",
	}, newRepliesList(a), show, newRepliesLabel(a), newRepliesAttach(a), newRepliesClassify(a))
}

// kinds lists every kind of inbound message.
var kinds = []outreach.Kind{
	outreach.KindHuman, outreach.KindOutOfOffice, outreach.KindAutoReply, outreach.KindUnsubscribe, outreach.KindBounce, outreach.KindComplaint,
}

func newRepliesList(a *app) *cobra.Command {
	var list listFlags
	var kind, intent, from, status string
	var unmatched bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List what came back, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := store.Filter{Email: from, Unmatched: unmatched}
			var errs [3]error
			f.Kind, errs[0] = oneOf("kind", kind, kinds...)
			f.Intent, errs[1] = oneOf("intent", intent, outreach.Intents...)
			_, errs[2] = oneOf("classification", status, outreach.ClassificationPending, outreach.ClassificationDone, outreach.ClassificationFailed, outreach.ClassificationSkipped)
			if err := errors.Join(errs[:]...); err != nil {
				return err
			}
			return a.listReplies(cmd.Context(), &list, f, status)
		},
	}
	list.register(cmd, bySequence, byMailbox, bySince)
	flags := cmd.Flags()
	flags.StringVar(&kind, "kind", "", "only this `kind`: "+enumerate(kinds))
	flags.StringVar(&intent, "intent", "", "only with this `intent`: "+enumerate(outreach.Intents))
	flags.StringVar(&status, "classification", "", "only pending, done, failed or skipped")
	flags.BoolVar(&unmatched, "unmatched", false, "only messages of nobody whom we wrote to (stored with SYNC_STORE_UNMATCHED=true): see `mailrun replies attach`")
	flags.StringVar(&from, "from", "", "only from this `address`")
	return cmd
}

func (a *app) listReplies(ctx context.Context, list *listFlags, with store.Filter, status string) error {
	s, f, p, err := list.open(ctx, a)
	if err != nil {
		return err
	}
	f.Kind, f.Intent, f.Email, f.Unmatched, f.Status = with.Kind, with.Intent, with.Email, with.Unmatched, status
	items, total, err := s.ListReplies(ctx, f, p)
	if err != nil {
		return err
	}
	return printList(a, list, items, total, []string{"id", "received", "from", "kind", "intent", "text"}, a.replyRow)
}

func (a *app) replyRow(r *outreach.Reply) []string {
	intent := ""
	if c := r.Classification; c != nil {
		intent = string(c.Intent)
		if intent == "" {
			intent = string(c.Status)
		}
	}
	text := r.Snippet
	if text == "" {
		text = r.Subject
	}
	return []string{r.ID.Hex(), local(r.ReceivedAt), clean(r.From.Address, 40), a.colored(string(r.Kind)), orDash(a.colored(intent)), clean(text, 70)}
}

func newRepliesLabel(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "label ID INTENT",
		Short: "Say what a reply wants; nothing overwrites it",
		Long: "Give a reply its intent by hand. A person's verdict is never overwritten. Where a message was taken for an opt-out and is none, what it did " +
			"is taken back: the person is no longer suppressed and stands where the message leaves him. Intents: " + enumerate(outreach.Intents) + ".",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			intent, err := oneOf("INTENT", args[1], outreach.Intents...)
			if err != nil || intent == "" {
				return badInput("%q is no intent: expected %s", args[1], enumerate(outreach.Intents))
			}
			return a.label(cmd.Context(), args[0], intent)
		},
	}
}

func (a *app) label(ctx context.Context, id string, intent outreach.Intent) error {
	s, err := a.Store(ctx)
	if err != nil {
		return err
	}
	r, err := findReply(ctx, s, id)
	if err != nil {
		return err
	}
	now := s.Now()
	c := outreach.Classification{}
	if r.Classification != nil {
		c = *r.Classification
	}
	c.Status, c.Intent, c.Source, c.Confidence, c.At, c.Error = outreach.ClassificationDone, intent, classify.SourceManual, 1, &now, ""
	if err := s.UpdateReply(ctx, r.ID, bson.D{{Key: "classification", Value: c}}); err != nil {
		return err
	}
	if !r.ThreadID.IsZero() {
		fields := bson.D{{Key: "lastIntent", Value: intent}, {Key: "hasAiClassification", Value: true}}
		if err := s.UpdateThread(ctx, r.ThreadID, fields); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	a.say("%s: %s", r.From.Address, intent)
	if r.Kind == outreach.KindUnsubscribe && intent != outreach.IntentUnsubscribe {
		return a.takeBackOptOut(ctx, s, r, kindOf(intent))
	}
	return nil
}
