package main

import (
	"context"

	"github.com/spf13/cobra"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

func newMailboxesSeal(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "seal",
		Short: "Seal passwords that lie in clear, re-seal those of an older key",
		Long: `Seal what another application stored in clear (smtpPassword, imapPassword), and seal anew what an older key of MAILBOX_ENCRYPTION_KEY
sealed: after a rotation, run this once, then the older key can go.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ring, err := a.sealingRing()
			if err != nil {
				return err
			}
			s, err := a.Store(cmd.Context())
			if err != nil {
				return err
			}
			return a.sealAll(cmd.Context(), s, ring)
		},
	}
}

func (a *app) sealAll(ctx context.Context, s *store.Store, ring *mailbox.Keyring) error {
	boxes, err := s.AllMailboxes(ctx)
	if err != nil {
		return err
	}
	sealed := 0
	for i := range boxes {
		mb := &boxes[i]
		next, err := resealed(ring, mb)
		if err != nil {
			return badInput("%s: %w", mb.Email, err)
		}
		if next == nil {
			continue
		}
		if err := s.UpdateMailbox(ctx, mb.ID, bson.D{{Key: "sealed", Value: next}}, "smtpPassword", "imapPassword"); err != nil {
			return err
		}
		sealed++
		a.say("%s: sealed", mb.Email)
	}
	if sealed == 0 {
		a.say("nothing to seal: %d mailboxes, all sealed with the first key", len(boxes))
	}
	return nil
}

// resealed returns a mailbox's secrets under the first key, or nil if they are so already.
func resealed(ring *mailbox.Keyring, mb *outreach.Mailbox) (*outreach.Sealed, error) {
	next := outreach.Sealed{}
	if mb.Sealed != nil {
		next = *mb.Sealed
	}
	changed := false
	fields := []*string{&next.SMTPPassword, &next.IMAPPassword}
	if next.OAuth != nil {
		oauth := *next.OAuth
		next.OAuth = &oauth
		fields = append(fields, &oauth.ClientSecret, &oauth.RefreshToken, &oauth.AccessToken)
	}
	for _, field := range fields {
		if *field == "" || !ring.NeedsReseal(*field) {
			continue
		}
		plain, err := ring.Open(mb.ID, *field)
		if err != nil {
			return nil, err
		}
		if *field, err = ring.Seal(mb.ID, plain); err != nil {
			return nil, err
		}
		changed = true
	}
	for _, c := range []struct {
		plain string
		field *string
	}{{mb.ClearSMTPPassword, &next.SMTPPassword}, {mb.ClearIMAPPassword, &next.IMAPPassword}} {
		if c.plain == "" || *c.field != "" {
			continue
		}
		var err error
		if *c.field, err = ring.Seal(mb.ID, c.plain); err != nil {
			return nil, err
		}
		changed = true
	}
	if !changed && mb.ClearSMTPPassword == "" && mb.ClearIMAPPassword == "" {
		return nil, nil
	}
	return &next, nil
}
