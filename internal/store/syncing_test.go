package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// What has been read is given back in the request that takes the next ones, however many are taken and also if none are left; whose lease was
// lost stays as he is.
func TestMailboxesAreGivenBackForOthers(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		for due := range 4 {
			t.Run(fmt.Sprintf("%s for %d", engine.Name, due), func(t *testing.T) {
				s := store.New(engine.Open(t), time.Now)
				insert := func(name string, lease *outreach.Lease, next time.Time) bson.ObjectID {
					mb := &outreach.Mailbox{
						ID: bson.NewObjectID(), Email: name + "@us.example", Status: outreach.MailboxActive, SyncLease: lease, NextSyncAt: &next, LastSyncAt: &next,
					}
					if err := s.InsertMailbox(t.Context(), mb); err != nil {
						t.Fatal(err)
					}
					return mb.ID
				}
				until, later := s.Now().Add(time.Minute), s.Now().Add(time.Hour)
				ours := insert("ours", &outreach.Lease{Owner: "me", Token: "t", Until: until}, until)
				lost := insert("lost", &outreach.Lease{Owner: "somebody else", Token: "theirs", Until: until}, until)
				for i := range due {
					insert(fmt.Sprint("due", i), nil, s.Now().Add(-time.Minute))
				}
				var back []store.Release
				for _, id := range []bson.ObjectID{ours, lost} {
					back = append(back, store.Release{ID: id, Fields: bson.D{{Key: "nextSyncAt", Value: later}}})
				}
				leased, err := s.LeaseForSync(t.Context(), store.Lessee{Owner: "me", Token: "t"}, max(due, 1), back...)
				if err != nil || len(leased) != due {
					t.Fatalf("leased %v, %v, want the %d that are due", emailsOf(leased), err, due)
				}
				for _, mb := range leased {
					if mb.SyncLease == nil || mb.SyncLease.Token != "t" || !strings.HasPrefix(mb.Email, "due") {
						t.Errorf("leased %s with %+v", mb.Email, mb.SyncLease)
					}
				}
				for id, kept := range map[bson.ObjectID]bool{ours: false, lost: true} {
					mb, err := s.Mailbox(t.Context(), id)
					if err != nil || (mb.SyncLease != nil) != kept || mb.NextSyncAt.Equal(later) == kept {
						t.Errorf("%s: lease %v, due %v, %v", mb.Email, mb.SyncLease, mb.NextSyncAt, err)
					}
				}
			})
		}
	}
}

// Of each field of a mailbox it is decided whether a sync reads it: what is not listed is empty for it.
func TestFieldsOfASync(t *testing.T) {
	sending := []string{
		"fromName", "replyTo", "smtp", "smtpPassword", "timezone", "dailyLimit", "hourlyLimit", "minGapSeconds", "gapJitterSeconds", "rampUp", "signature",
		"saveSent", "sentToday", "sentHour", "nextSendAt", "sendFailures", "lease",
	}
	others := []string{"_id", "statusReason", "lastSyncAt", "createdAt", "updatedAt"} // always there, or only written
	known := slices.Concat(store.SyncFields, sending, others)
	for field := range reflect.TypeFor[outreach.Mailbox]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("bson"), ",")
		if !slices.Contains(known, name) {
			t.Errorf("does a sync read %q? list it in syncFields, or here", name)
		}
	}
}
