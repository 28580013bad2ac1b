package store_test

import (
	"slices"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// A message that is known is refused by a batch, wherever it lies now, recognised under the key that it was stored with, also under one of an
// earlier form, and its place brought up to date.
func TestKnownReplies(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			mailbox, date := bson.NewObjectID(), time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
			reply := func(key string, uid uint32) *outreach.Reply {
				return &outreach.Reply{ID: bson.NewObjectID(), MailboxID: mailbox, DedupeKey: key, Folder: "INBOX", UIDValidity: 1, UID: uid}
			}
			dated, undated, unknown := store.DedupeKey(date, []byte("one")), store.DedupeKey(date, []byte("two")), store.DedupeKey(time.Time{}, []byte("three"))
			stored := []*outreach.Reply{reply(dated, 1), reply("74776f", 2)} // the second as it was stored before keys had a date: "two" alone
			insert(t, s, stored)

			known, err := s.KnownReplies(t.Context(), mailbox, []string{dated, undated, unknown})
			if err != nil || !known[dated] || !known[undated] || known[unknown] {
				t.Errorf("known are %v, %v, want both that are stored", known, err)
			}
			again := []*outreach.Reply{reply(dated, 11), reply(unknown, 12)}
			if refused := insert(t, s, again); !slices.Equal(refused, again[:1]) {
				t.Errorf("refused %v, want the one that is stored", refused)
			}
			if err := s.RelocateReplies(t.Context(), []*outreach.Reply{again[0], reply(undated, 22)}); err != nil {
				t.Fatal(err)
			}
			for i, uid := range []uint32{11, 22} {
				if r, err := s.Reply(t.Context(), stored[i].ID); err != nil || r.UID != uid {
					t.Errorf("message %d lies at %d, %v, want %d", i, r.UID, err, uid)
				}
			}
		})
	}
}

// insert stores messages and returns those that were refused.
func insert(t *testing.T, s *store.Store, replies []*outreach.Reply) []*outreach.Reply {
	t.Helper()
	b := s.NewLazyBatch()
	b.InsertReplies(replies)
	if err := b.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b.Refused()
}

// The thread of a recipient is noted with his stop, by itself where the stop finds nothing to end, and the last one counts.
func TestStopInThread(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			first, second, live := bson.NewObjectID(), bson.NewObjectID(), []outreach.State{outreach.StateActive}
			recs := []outreach.Recipient{
				{ID: bson.NewObjectID(), Email: "a@c.example", State: outreach.StateActive}, {ID: bson.NewObjectID(), Email: "b@c.example", State: outreach.StateBounced},
				{ID: bson.NewObjectID(), Email: "c@c.example", State: outreach.StateBounced}, {ID: bson.NewObjectID(), Email: "d@c.example", State: outreach.StateBounced},
			}
			if _, err := s.InsertRecipients(t.Context(), recs); err != nil {
				t.Fatal(err)
			}
			recs[3].State = outreach.StateActive // as he was when he was looked up
			b := s.NewBatch()
			for i := range recs {
				b.StopInThread(&recs[i], live, outreach.StateReplied, "reply", first)
				b.JoinThread(recs[i].ID, first)
			}
			b.JoinThread(recs[2].ID, second)
			if err := b.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i, want := range []outreach.Recipient{
				{State: outreach.StateReplied, ThreadID: first}, {State: outreach.StateBounced, ThreadID: first}, {State: outreach.StateBounced, ThreadID: second},
				{State: outreach.StateBounced, ThreadID: first},
			} {
				if r, err := s.Recipient(t.Context(), recs[i].ID); err != nil || r.State != want.State || r.ThreadID != want.ThreadID {
					t.Errorf("%s is %s in %s, %v, want %s in %s", r.Email, r.State, r.ThreadID.Hex(), err, want.State, want.ThreadID.Hex())
				}
			}
		})
	}
}
