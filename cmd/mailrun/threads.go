package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newThreads(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "threads",
		Short: "The conversations",
	}, newThreadsList(a), newThreadsShow(a), newThreadsReply(a), newThreadsStatus(a))
}

var threadStatuses = []outreach.ThreadStatus{outreach.ThreadOpen, outreach.ThreadArchived, outreach.ThreadSnoozed, outreach.ThreadClosed}

func newThreadsList(a *app) *cobra.Command {
	var list listFlags
	var status string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List conversations, the newest message first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := oneOf("status", status, threadStatuses...); err != nil {
				return err
			}
			s, f, p, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			f.Status = status
			items, total, err := s.ListThreads(cmd.Context(), f, p)
			if err != nil {
				return err
			}
			return printList(a, &list, items, total, []string{"id", "last message", "with", "subject", "messages", "replies", "intent", "status"}, a.threadRow)
		},
	}
	list.register(cmd, bySequence, byMailbox, bySince)
	cmd.Flags().StringVar(&status, "status", "", "only "+enumerate(threadStatuses))
	return cmd
}

func (a *app) threadRow(t *outreach.Thread) []string {
	with := ""
	for _, p := range t.Participants {
		if p != t.MailboxEmail {
			with = p
		}
	}
	return []string{
		t.ID.Hex(), localPtr(t.LastMessageAt), clean(with, 40), clean(t.Subject, 50), fmt.Sprint(t.MessageCount), fmt.Sprint(t.ReplyCount),
		orDash(a.colored(t.LastIntent)), string(t.Status),
	}
}

// threadView is a conversation with its messages, oldest first.
type threadView struct {
	outreach.Thread
	Messages []threadMessage `json:"messages"`
}

// threadMessage is a message of either direction.
type threadMessage struct {
	Direction string          `json:"direction"`
	At        string          `json:"at"`
	From      string          `json:"from"`
	To        string          `json:"to,omitempty"`
	Subject   string          `json:"subject"`
	Kind      outreach.Kind   `json:"kind,omitempty"`
	Status    string          `json:"status,omitempty"`
	MessageID string          `json:"messageId,omitempty"`
	Intent    outreach.Intent `json:"intent,omitempty"`
	Text      string          `json:"text"`
}

func newThreadsShow(a *app) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a conversation, both directions",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			view, err := viewThread(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(view)
			}
			a.printConversation(view)
			return nil
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func viewThread(ctx context.Context, s *store.Store, id string) (*threadView, error) {
	t, err := findThread(ctx, s, id)
	if err != nil {
		return nil, err
	}
	v := &threadView{Thread: *t, Messages: []threadMessage{}}
	var history []outreach.History
	if !t.SequenceRecipientID.IsZero() {
		if history, err = s.HistoryOfRecipient(ctx, t.SequenceRecipientID); err != nil {
			return nil, err
		}
	}
	replies, err := s.RepliesOfThread(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	for i := range history {
		if h := &history[i]; h.MessageID == t.RootMessageID || slices.Contains(h.References, t.RootMessageID) {
			v.Messages = append(v.Messages, outbound(h))
		}
	}
	for i := range replies {
		v.Messages = append(v.Messages, inbound(&replies[i]))
	}
	slices.SortStableFunc(v.Messages, func(x, y threadMessage) int { return strings.Compare(x.At, y.At) })
	return v, nil
}

func outbound(h *outreach.History) threadMessage {
	at := h.CreatedAt
	if h.SentAt != nil {
		at = *h.SentAt
	}
	return threadMessage{
		Direction: "outbound", At: utc(&at), From: h.From, To: h.To, Subject: h.Subject, Status: string(h.Status), MessageID: h.MessageID, Text: h.Text,
	}
}

func inbound(r *outreach.Reply) threadMessage {
	m := threadMessage{
		Direction: "inbound", At: utc(&r.ReceivedAt), From: r.From.Address, Subject: r.Subject, Kind: r.Kind, MessageID: r.MessageID, Text: r.VisibleText,
	}
	if r.Classification != nil {
		m.Intent = r.Classification.Intent
	}
	return m
}

func newThreadsStatus(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status ID STATUS",
		Short: "Set a conversation open, archived, snoozed or closed; a new message opens it again",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			status, err := oneOf("STATUS", args[1], threadStatuses...)
			if err != nil || status == "" {
				return badInput("%q is no status: expected %s", args[1], enumerate(threadStatuses))
			}
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			t, err := findThread(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			if err := s.UpdateThread(cmd.Context(), t.ID, bson.D{{Key: "status", Value: status}}); err != nil {
				return err
			}
			a.say("%s: %s", clean(t.Subject, 60), status)
			return nil
		},
	}
}
