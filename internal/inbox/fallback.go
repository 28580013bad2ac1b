package inbox

import (
	"context"
	"errors"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// syncFallback reads the IMAP_* mailbox of the settings. Its cursor is kept in a document of its own, which takes part in nothing else; its
// settings and password never are.
func (r *run) syncFallback(ctx context.Context) error {
	kept, err := r.Store.Mailbox(ctx, r.Fallback.ID)
	if errors.Is(err, store.ErrNotFound) {
		kept = &outreach.Mailbox{ID: r.Fallback.ID, Email: r.Fallback.Email, Status: outreach.MailboxFallback, StatusReason: "keeps the cursor of the IMAP_* mailbox"}
		if err := r.Store.InsertMailbox(ctx, kept); err != nil && !store.IsDuplicate(err) {
			return err
		}
	} else if err != nil {
		return err
	}
	if kept.NextSyncAt != nil && kept.NextSyncAt.After(r.Store.Now()) {
		return nil
	}
	leased, err := r.Store.LeaseMailbox(ctx, store.SyncLease, r.Fallback.ID, r.me)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	leased.IMAP, leased.ClearIMAPPassword = r.Fallback.IMAP, r.Fallback.ClearIMAPPassword
	leased.TLSInsecure, leased.AllowPlaintextAuth = r.Fallback.TLSInsecure, r.Fallback.AllowPlaintextAuth
	return r.sync(ctx, leased)
}
