package inbox_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// Readers bring back what they have read as they take the next ones: a run that comes to its end has read every mailbox once, one that is stopped
// has not read them all, and neither keeps any.
func TestNoMailboxIsKept(t *testing.T) {
	const boxes = 60
	accounts := make([]sandbox.Account, boxes)
	for i := range accounts {
		accounts[i] = sandbox.Account{Email: fmt.Sprintf("s%d@us.example", i), Password: "secret"}
	}
	world, err := sandbox.Start(t.Context(), sandbox.Options{Accounts: accounts, Immediate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	for _, stopAt := range []int{0, 1, 20} {
		t.Run(fmt.Sprintf("stopped at %d", stopAt), func(t *testing.T) {
			s := store.New(storetest.SQLite().Open(t), time.Now)
			for _, a := range accounts {
				mb := world.Document(a.Email, outreach.SecurityNone)
				mb.ID, mb.Status = bson.NewObjectID(), outreach.MailboxActive
				if err := s.InsertMailbox(t.Context(), mb); err != nil {
					t.Fatal(err)
				}
			}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			syncer := newSyncer(s, &mailbox.Keyring{})
			stats, err := syncer.Run(ctx, inbox.Options{Deadline: time.Now().Add(time.Minute), Progress: func(stats any) {
				if stopAt > 0 && stats.(*outreach.SyncStats).Mailboxes >= stopAt {
					stop()
				}
			}})
			if err != nil || stats.Failed > 0 || stats.Mailboxes != stats.Synced+stats.Unchanged || (stats.Mailboxes == boxes) != (stopAt == 0) {
				t.Errorf("%+v, %v", stats, err)
			}
			all, err := s.AllMailboxes(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			read := 0
			for _, mb := range all {
				if mb.SyncLease != nil {
					t.Errorf("%s is still leased until %s", mb.Email, mb.SyncLease.Until)
				}
				if mb.LastSyncOKAt != nil {
					read++
				}
			}
			if stopAt == 0 && read != boxes || read > stats.Mailboxes {
				t.Errorf("%d mailboxes of %d are noted as read, %+v", read, boxes, stats)
			}
		})
	}
}
