package store_test

import (
	"errors"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// Who listed a due recipient cannot claim him once somebody else has sent to him: he is not due any more.
func TestClaimTakesOnlyWhatIsDue(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			due, later := s.Now(), s.Now().Add(72*time.Hour)
			recs := []outreach.Recipient{
				{ID: bson.NewObjectID(), Email: "due@c.example", State: outreach.StateQueued, NextSendAt: &due},
				{ID: bson.NewObjectID(), Email: "sent@c.example", State: outreach.StateActive, Step: 1, NextSendAt: &later},
			}
			if _, err := s.InsertRecipients(t.Context(), recs); err != nil {
				t.Fatal(err)
			}
			l := store.Lessee{Owner: "o", Token: "t"}
			claimed, err := s.Claim(t.Context(), []bson.ObjectID{recs[0].ID, recs[1].ID}, l)
			if err != nil || len(claimed) != 1 || claimed[0].ID != recs[0].ID {
				t.Errorf("claimed %v, %v, want only the one that is due", claimed, err)
			}
			if claimed, err := s.Claim(t.Context(), []bson.ObjectID{recs[1].ID}, l); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("alone: claimed %v, %v, want ErrNotFound", claimed, err)
			}
		})
	}
}

// A mailbox that is being read is not in the way of the next one that is due, and comes due again at once when its reader is known to be dead.
func TestLeasedMailboxIsNotDueForSync(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: "a@us.example", Status: outreach.MailboxActive}
			if err := s.InsertMailbox(t.Context(), mb); err != nil {
				t.Fatal(err)
			}
			self := store.Self()
			dead := self
			dead.Start += "x" // another process had this number
			leased, err := s.LeaseForSync(t.Context(), store.Lessee{Owner: dead.String(), Token: "t"})
			if err != nil || !leased.NextSyncAt.Equal(leased.SyncLease.Until) {
				t.Fatalf("leased %+v, %v, want it due when the lease runs out", leased, err)
			}
			l, err := s.NewLessee(t.Context(), self, store.SyncLease)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.LeaseForSync(t.Context(), l); err != nil || again.ID != mb.ID {
				t.Errorf("the dead one's mailbox: %v, %v, want it taken over at once", again, err)
			}
		})
	}
}
