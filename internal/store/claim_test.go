package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

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

// Many are claimed as well as few: all but those whom somebody has, and each by one claim.
func TestManyAreClaimed(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			due := s.Now()
			recs := make([]outreach.Recipient, 301)
			ids := make([]bson.ObjectID, len(recs))
			for i := range recs {
				ids[i] = bson.NewObjectID()
				recs[i] = outreach.Recipient{ID: ids[i], Email: fmt.Sprintf("%d@c.example", i), State: outreach.StateQueued, NextSendAt: &due}
			}
			if _, err := s.InsertRecipients(t.Context(), recs); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Claim(t.Context(), ids[100:102], store.Lessee{Owner: "a", Token: "1"}); err != nil {
				t.Fatal(err)
			}
			claimed, err := s.Claim(t.Context(), ids, store.Lessee{Owner: "b", Token: "2"})
			if err != nil || len(claimed) != len(ids)-2 {
				t.Errorf("claimed %d, %v, want %d", len(claimed), err, len(ids)-2)
			}
			for _, r := range claimed {
				if i := slices.Index(ids, r.ID); i == 100 || i == 101 || r.Claim.Token != "2" {
					t.Errorf("claimed %d with %+v", i, r.Claim)
				}
			}
		})
	}
}

// Of mailboxes that are leased together those are taken that nobody has, or somebody who is dead; the others stay with their owner.
func TestMailboxesAreLeasedTogether(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			ids := make([]bson.ObjectID, 4)
			for i, owner := range []string{"", "living", "dead", ""} {
				mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: fmt.Sprintf("%d@us.example", i), Status: outreach.MailboxActive}
				if owner != "" {
					mb.Lease = &outreach.Lease{Owner: owner, Token: "theirs", Until: s.Now().Add(time.Minute)}
				}
				if err := s.InsertMailbox(t.Context(), mb); err != nil {
					t.Fatal(err)
				}
				ids[i] = mb.ID
			}
			for _, c := range []struct{ wanted, want []bson.ObjectID }{
				{ids[:3], []bson.ObjectID{ids[0], ids[2]}},
				{ids[:3], nil},
				{ids[1:2], nil},
				{ids[3:], ids[3:]},
			} {
				l := store.Lessee{Owner: "me", Token: bson.NewObjectID().Hex(), Dead: []string{"dead"}}
				leased, err := s.LeaseMailboxes(t.Context(), store.SendLease, c.wanted, l)
				var got []bson.ObjectID
				for _, mb := range leased {
					got = append(got, mb.ID)
					if mb.Lease.Owner != "me" || mb.Lease.Token != l.Token {
						t.Errorf("leased by %+v, want %+v", mb.Lease, l)
					}
				}
				slices.SortFunc(got, func(x, y bson.ObjectID) int { return bytes.Compare(x[:], y[:]) })
				if err != nil || !slices.Equal(got, c.want) {
					t.Errorf("of %v took %v, %v, want %v", c.wanted, got, err, c.want)
				}
			}
		})
	}
}

// Each of the mailboxes that are given back together becomes what is said of it, alike or not; whose lease was lost stays as he is.
func TestMailboxesAreGivenBackTogether(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			failures := []int{0, 0, 3, 0}
			releases := make([]store.Release, len(failures))
			for i := range releases {
				lease := &outreach.Lease{Owner: "me", Token: "t", Until: s.Now().Add(time.Minute)}
				if i == 3 {
					lease = &outreach.Lease{Owner: "somebody else", Token: "theirs", Until: s.Now().Add(time.Minute)}
				}
				mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: fmt.Sprintf("%d@us.example", i), Status: outreach.MailboxActive, SyncLease: lease, ConsecutiveFailures: 7, StatusReason: "r"}
				if err := s.InsertMailbox(t.Context(), mb); err != nil {
					t.Fatal(err)
				}
				releases[i] = store.Release{ID: mb.ID, Fields: bson.D{{Key: "consecutiveFailures", Value: failures[i]}}, Gone: []string{"statusReason"}}
			}
			if err := s.ReleaseMailboxes(t.Context(), store.SyncLease, "t", releases); err != nil {
				t.Fatal(err)
			}
			for i, r := range releases {
				mb, err := s.Mailbox(t.Context(), r.ID)
				if err != nil {
					t.Fatal(err)
				}
				if kept := i == 3; (mb.SyncLease != nil) != kept || (mb.StatusReason != "") != kept || !kept && mb.ConsecutiveFailures != failures[i] {
					t.Errorf("mailbox %d: lease %v, %d failures, reason %q", i, mb.SyncLease, mb.ConsecutiveFailures, mb.StatusReason)
				}
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
			leased, err := s.LeaseForSync(t.Context(), store.Lessee{Owner: dead.String(), Token: "t"}, 1)
			if err != nil || len(leased) != 1 || !leased[0].NextSyncAt.Equal(leased[0].SyncLease.Until) {
				t.Fatalf("leased %+v, %v, want it due when the lease runs out", leased, err)
			}
			l, err := s.NewLessee(t.Context(), self, store.SyncLease)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := s.LeaseForSync(t.Context(), l, 1); err != nil || len(again) != 1 || again[0].ID != mb.ID {
				t.Errorf("the dead one's mailbox: %v, %v, want it taken over at once", again, err)
			}
		})
	}
}

// Runs that lease several mailboxes at once each get their own: together all that are due, the longest due first, and none twice, though all
// of them list the same ones.
func TestLeasesOfSeveralAreApart(t *testing.T) {
	const boxes, runs, atOnce = 60, 4, 7
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			for i := range boxes {
				due := s.Now().Add(time.Duration(i-boxes) * time.Second)
				mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: fmt.Sprintf("s%d@us.example", i), Status: outreach.MailboxActive, NextSyncAt: &due}
				if err := s.InsertMailbox(t.Context(), mb); err != nil {
					t.Fatal(err)
				}
			}
			first, err := s.LeaseForSync(t.Context(), store.Lessee{Owner: "first", Token: "first"}, atOnce)
			if err != nil || len(first) != atOnce || first[0].Email != "s0@us.example" || first[atOnce-1].Email != fmt.Sprintf("s%d@us.example", atOnce-1) {
				t.Fatalf("leased %v, %v, want the %d that are due for longest", emailsOf(first), err, atOnce)
			}
			got := make([][]outreach.Mailbox, runs)
			group, ctx := errgroup.WithContext(t.Context())
			for i := range runs {
				group.Go(func() error {
					l := store.Lessee{Owner: fmt.Sprint("run ", i), Token: fmt.Sprint("token ", i)}
					for {
						leased, err := s.LeaseForSync(ctx, l, atOnce)
						if err != nil || len(leased) == 0 {
							return err
						}
						got[i] = append(got[i], leased...)
					}
				})
			}
			if err := group.Wait(); err != nil {
				t.Fatal(err)
			}
			requireApart(t, s, first, got)
		})
	}
}

// requireApart fails unless every mailbox is leased by the run that got it, and by one alone.
func requireApart(t *testing.T, s *store.Store, first []outreach.Mailbox, got [][]outreach.Mailbox) {
	t.Helper()
	tokens := map[bson.ObjectID]string{}
	for _, mb := range append(slices.Concat(got...), first...) {
		if other, twice := tokens[mb.ID]; twice {
			t.Errorf("%s was leased by %q and by %q", mb.Email, other, mb.SyncLease.Token)
		}
		tokens[mb.ID] = mb.SyncLease.Token
	}
	all, err := s.AllMailboxes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, mb := range all {
		if mb.SyncLease == nil || mb.SyncLease.Token != tokens[mb.ID] || !mb.NextSyncAt.Equal(mb.SyncLease.Until) {
			t.Errorf("%s: stored lease %+v, due %v; it was leased with %q", mb.Email, mb.SyncLease, mb.NextSyncAt, tokens[mb.ID])
		}
	}
}

func emailsOf(boxes []outreach.Mailbox) []string {
	var emails []string
	for i := range boxes {
		emails = append(emails, boxes[i].Email)
	}
	return emails
}
