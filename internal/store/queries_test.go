package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// TestQueriesAreIndexed runs the methods that jobs call and asks of each query whether an index serves it.
func TestQueriesAreIndexed(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			r := storetest.Record(engine.Open(t))
			s := store.New(r, time.Now)
			ctx, id := t.Context(), bson.NewObjectID()
			ids := []bson.ObjectID{id, bson.NewObjectID()}
			l := store.Lessee{Owner: "o", Token: "t", Dead: []string{"a", "b"}}
			for name, call := range map[string]func() error{
				"Mailbox":                 func() error { _, err := s.Mailbox(ctx, id); return err },
				"LeaseForSync":            func() error { _, err := s.LeaseForSync(ctx, l, 1); return err },
				"LeaseForSync of several": func() error { return leaseTwo(ctx, s, l) },
				"LeaseMailbox":            func() error { _, err := s.LeaseMailbox(ctx, store.SendLease, id, l); return err },
				"LeaseMailboxes":          func() error { _, err := s.LeaseMailboxes(ctx, store.SendLease, ids, l); return err },
				"ReleaseMailboxes": func() error {
					return s.ReleaseMailboxes(ctx, store.SyncLease, "t", []store.Release{{ID: ids[0]}, {ID: ids[1]}})
				},
				"MailboxesToSend": func() error {
					_, err := s.MailboxesToSend(ctx, time.Now(), store.SendMark{At: time.Now(), ID: id}, 0, 20)
					return err
				},
				"MailboxesToWait":      func() error { _, err := s.MailboxesToWait(ctx, time.Now(), 20); return err },
				"MailboxesWithDue":     func() error { _, err := s.MailboxesWithDue(ctx, ids); return err },
				"SequencesWithDue":     func() error { _, err := s.SequencesWithDue(ctx, ids, false); return err },
				"those of other zones": func() error { _, err := s.SequencesWithDue(ctx, ids, true); return err },
				"EachActive":           func() error { return s.EachActive(ctx, func(*outreach.Sequence) error { return nil }) },
				"EachActiveFrom":       func() error { return s.EachActiveFrom(ctx, func(*outreach.Sequence) error { return nil }) },
				"ActiveByID":           func() error { _, err := s.ActiveByID(ctx, ids); return err },
				"MarkSequencesRun":     func() error { return s.MarkSequencesRun(ctx, ids) },
				"AdoptMailboxes":       func() error { return s.AdoptMailboxes(ctx, "nextSendAt") },
				"LeaseOwners":          func() error { _, err := s.LeaseOwners(ctx, store.Claim); return err },
				"RenewLeases":          func() error { return s.RenewLeases(ctx, store.Claim, l) },
				"DueOf":                func() error { _, err := s.DueOf(ctx, id, outreach.StateActive, ids, l.Dead, 20); return err },
				"DueNew":               func() error { _, err := s.DueNew(ctx, store.NewOf{Sequence: id}, l.Dead, 20, 20); return err },
				"DueNew of other zones": func() error {
					_, err := s.DueNew(ctx, store.NewOf{Sequence: id, OtherZones: true}, l.Dead, 20, 20)
					return err
				},
				"CountDue":            func() error { _, err := s.CountDue(ctx, outreach.StateActive, 100); return err },
				"CountDueIn":          func() error { _, err := s.CountDueIn(ctx, id, outreach.StateActive); return err },
				"NewLessee":           func() error { _, err := s.NewLessee(ctx, store.Self(), store.SyncLease); return err },
				"Claim":               func() error { _, err := s.Claim(ctx, ids, l); return err },
				"TakeOver":            func() error { _, err := s.TakeOver(ctx, id, l); return err },
				"EndPauses":           func() error { return s.EndPauses(ctx) },
				"ReleaseClaim":        func() error { return s.ReleaseClaim(ctx, id, "t", bson.D{{Key: "step", Value: 1}}) },
				"RecipientsByEmail":   func() error { _, err := s.RecipientsByEmail(ctx, "a"); return err },
				"RecipientsByEmails":  func() error { _, err := s.RecipientsByEmails(ctx, []string{"a", "b"}, nil); return err },
				"RecipientsOfHistory": func() error { _, err := s.RecipientsOfHistory(ctx, ids); return err },
				"HistoryByMessageIDs": func() error { _, err := s.HistoryByMessageIDs(ctx, []string{"a", "b", "c"}); return err },
				"HistoryOfRecipients": func() error { _, err := s.HistoryOfRecipients(ctx, ids); return err },
				"KnownReplies":        func() error { _, err := s.KnownReplies(ctx, id, []string{"a", "b", "c"}); return err },
				"RelocateReplies":     func() error { return s.RelocateReplies(ctx, []*outreach.Reply{{MailboxID: id, DedupeKey: "a"}}) },
				"UnfinishedReplies":   func() error { _, err := s.UnfinishedReplies(ctx, id); return err },
				"RepliesByMessageIDs": func() error { _, err := s.RepliesByMessageIDs(ctx, []string{"a", "b", "c"}); return err },
				"RepliesOfThread":     func() error { _, err := s.RepliesOfThread(ctx, id); return err },
				"ThreadsByRoots":      func() error { _, err := s.ThreadsByRoots(ctx, id, []string{"a", "b", "c"}); return err },
				"CountReplies":        func() error { _, err := s.CountReplies(ctx, ids); return err },
				"CountBounces":        func() error { _, err := s.CountBounces(ctx, id); return err },
				"PendingReplies":      func() error { _, err := s.PendingReplies(ctx, 0, 10); return err },
				"ClassificationByKey": func() error { _, err := s.ClassificationByKey(ctx, "k"); return err },
				"RefreshThreadIntent": func() error { return s.RefreshThreadIntent(ctx, id) },
				"Reserve":             func() error { _, err := s.Reserve(ctx, "k", 3); return err },
				"RunLogs": func() error {
					_, _, err := s.RunLogs(ctx, store.RunFilter{Job: "j", Status: "s"}, store.Page{Number: 1, Size: 20})
					return err
				},
				"LastRuns":      func() error { _, err := s.LastRuns(ctx, "j", 60); return err },
				"LastRun":       func() error { _, err := s.LastRun(ctx, "j", ""); return err },
				"RunningRuns":   func() error { _, err := s.RunningRuns(ctx); return err },
				"PruneCounters": func() error { return s.PruneCounters(ctx) },
				"Upcoming": func() error {
					return s.Upcoming(ctx, id, outreach.StateActive, 20, func(outreach.Recipient) error { return nil })
				},
				"ShiftDue": func() error { return s.ShiftDue(ctx, id, time.Now(), time.Hour) },
			} {
				if err := call(); err != nil && !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%s: %v", name, err)
				}
				queries := r.Queries()
				if len(queries) == 0 {
					t.Errorf("%s asked nothing", name)
				}
				storetest.RequireIndexed(t, r, queries)
			}
		})
	}
}

// leaseTwo leases two mailboxes together, so that the change of both is among the queries.
func leaseTwo(ctx context.Context, s *store.Store, l store.Lessee) error {
	for _, email := range []string{"one@us.example", "two@us.example"} {
		if err := s.InsertMailbox(ctx, &outreach.Mailbox{ID: bson.NewObjectID(), Email: email, Status: outreach.MailboxActive}); err != nil {
			return err
		}
	}
	leased, err := s.LeaseForSync(ctx, l, 2)
	if err == nil && len(leased) != 2 {
		err = fmt.Errorf("leased %d mailboxes, want 2", len(leased))
	}
	return err
}
