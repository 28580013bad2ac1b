package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newHistory(a *app) *cobra.Command {
	show := a.showCommand("show ID", "Show one delivery, text and server's answer included", func(cmd *cobra.Command, s *store.Store, id string) (any, error) {
		return findHistory(cmd.Context(), s, id)
	})
	return group(&cobra.Command{
		Use:   "history",
		Short: "What was sent, or tried",
	}, newHistoryList(a), show)
}

func newHistoryList(a *app) *cobra.Command {
	var list listFlags
	var status, email string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List deliveries, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := oneOf("status", status, outreach.HistorySending, outreach.HistorySent, outreach.HistoryDeferred, outreach.HistoryFailed,
				outreach.HistoryUnknown, outreach.HistoryBounced)
			if err != nil {
				return err
			}
			s, f, p, err := list.open(cmd.Context(), a)
			if err != nil {
				return err
			}
			f.Status, f.Email = status, email
			items, total, err := s.ListHistory(cmd.Context(), f, p)
			if err != nil {
				return err
			}
			return printList(a, &list, items, total, []string{"id", "when", "to", "from", "step", "status", "subject", "trouble"}, a.historyRow)
		},
	}
	list.register(cmd, bySequence, byMailbox, bySince)
	cmd.Flags().StringVar(&status, "status", "", "only sending, sent, deferred, failed, unknown or bounced")
	cmd.Flags().StringVar(&email, "recipient", "", "only to this `address`")
	return cmd
}

func (a *app) historyRow(h *outreach.History) []string {
	when := h.CreatedAt
	if h.SentAt != nil {
		when = *h.SentAt
	}
	trouble := h.Error
	if trouble == "" && h.Status != outreach.HistorySent {
		trouble = h.SMTPResponse
	}
	return []string{
		h.ID.Hex(), local(when), clean(h.To, 40), clean(h.From, 40), fmt.Sprint(h.Step + 1), a.colored(string(h.Status)), clean(h.Subject, 40), orDash(clean(trouble, 60)),
	}
}

// showCommand makes a command that shows one document.
func (a *app) showCommand(use, short string, find func(cmd *cobra.Command, s *store.Store, name string) (any, error)) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			doc, err := find(cmd, s, args[0])
			if err != nil {
				return err
			}
			return a.printDocument(doc, asJSON)
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}
