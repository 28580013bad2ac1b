package sequence_test

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// addMailboxes stores mailboxes that nobody can reach, all of which might send since the same moment.
func (b *bench) addMailboxes(n int, change func(i int, mb *outreach.Mailbox)) {
	b.t.Helper()
	now := b.store.Now()
	var writes []store.Write
	for i := range n {
		mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: fmt.Sprintf("idle%d@us.example", i), Status: outreach.MailboxActive, NextSendAt: &now}
		if change != nil {
			change(i, mb)
		}
		writes = append(writes, store.Write{Kind: store.Insert, Collection: store.Mailboxes, Document: mb})
	}
	if _, err := b.store.Engine().Write(b.t.Context(), writes); err != nil {
		b.t.Fatal(err)
	}
}

// The mailboxes with work are found on whatever page they are, by a run alone and by one that begins in the middle because others are at work.
func TestEveryPageIsTurned(t *testing.T) {
	for _, others := range []int{0, 3} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			b := newBench(t, 1, nil)
			b.addMailboxes(1200, func(i int, mb *outreach.Mailbox) {
				if i < others { // the first ones are at work for other runs
					mb.Lease = &outreach.Lease{Owner: fmt.Sprintf("elsewhere/%d", i), Until: b.now.Add(time.Minute)}
				}
			})
			late := b.boxes[0].ID // the world's mailbox comes first by its id; a later copy of it comes last
			b.addMailboxes(1, func(_ int, mb *outreach.Mailbox) {
				id := bson.NewObjectID()
				*mb = *b.boxes[0]
				mb.ID, mb.Email = id, "s1@us.example"
				mb.SMTP.Username = "s0@us.example"
				late = id
			})
			both := []bson.ObjectID{b.boxes[0].ID, late}
			if err := b.store.UpdateSequence(t.Context(), b.seq.ID, bson.D{{Key: "mailboxIds", Value: both}}); err != nil {
				t.Fatal(err)
			}
			b.enrol(2, func(i int, r *outreach.Recipient) { r.MailboxID = both[i] })
			if s := b.run(time.Minute); s.Sent != 2 || s.Mailboxes != 2 || s.Due != 2 {
				t.Errorf("stats = %+v, want one message from each of two mailboxes", s)
			}
		})
	}
}

// A mailbox's follow-ups are found behind any number of others of a sequence that is paused, and those are left where they are.
func TestPausedSequenceHidesNobody(t *testing.T) {
	b := newBench(t, 1, nil)
	b.synced()
	paused := &outreach.Sequence{ID: bson.NewObjectID(), Name: "paused", Status: outreach.SequencePaused, MailboxIDs: b.seq.MailboxIDs, Steps: b.seq.Steps}
	if err := b.store.InsertSequence(t.Context(), paused); err != nil {
		t.Fatal(err)
	}
	b.enrol(60, func(i int, r *outreach.Recipient) {
		due := b.now.Add(-time.Hour)
		r.State, r.Step, r.MailboxID, r.NextSendAt = outreach.StateActive, 1, b.boxes[0].ID, &due
		if i >= 2 {
			earlier := due.Add(-time.Hour)
			r.SequenceID, r.NextSendAt = paused.ID, &earlier
		}
	})
	if s := b.run(time.Minute); s.Sent != 2 || s.Due != 2 {
		t.Errorf("stats = %+v, want the two of the active sequence", s)
	}
	if s := b.run(time.Minute); s.Sent != 0 || s.Mailboxes != 0 {
		t.Errorf("then: %+v, want no mailbox leased for nothing", s)
	}
}

// While the window is closed, new recipients wait in line as they are, and only those who live where it is open are sent to.
func TestClosedWindowLeavesTheLine(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) {
		s.Timezone, s.Window = "Europe/Berlin", &outreach.Window{Start: "09:00", End: "17:00"}
	})
	b.now = b.now.UTC().Truncate(24 * time.Hour).Add(44 * time.Hour) // in the evening in Berlin, after noon in Chicago
	due := b.now.Add(-time.Hour)
	recs := b.enrol(600, func(i int, r *outreach.Recipient) {
		r.NextSendAt = &due
		if i == 599 {
			r.Timezone = "America/Chicago"
		}
	})
	s := b.run(time.Minute)
	if s.Sent != 1 || len(b.world.Received(recs[599].Email)) != 1 {
		t.Errorf("stats = %+v, want one message, to whom the window is open", s)
	}
	first, err := b.store.Recipient(t.Context(), recs[0].ID)
	if err != nil || !first.NextSendAt.Equal(store.Millis(due)) {
		t.Errorf("the first in line = %+v, %v, want him left where he was", first, err)
	}
	if s := b.run(time.Minute); s.Sent != 0 || s.Mailboxes != 0 || s.Skipped[outreach.ReasonOutsideWindow] != 599 {
		t.Errorf("then: %+v, want 599 outside the window and no mailbox leased", s)
	}
	b.now = b.now.Add(12 * time.Hour)
	if s := b.run(time.Minute); s.Sent != outreach.DefaultDailyLimit {
		t.Errorf("in the morning: %d sent, want %d", s.Sent, outreach.DefaultDailyLimit)
	}
}

// A mailbox that may not send before the deadline is not leased, and counted with its reason.
func TestMailboxAtItsCapIsLeftAlone(t *testing.T) {
	b := newBench(t, 2, nil)
	one := 1
	for _, mb := range b.boxes {
		if err := b.store.UpdateMailbox(t.Context(), mb.ID, bson.D{{Key: "dailyLimit", Value: &one}}); err != nil {
			t.Fatal(err)
		}
	}
	b.enrol(5, nil)
	if s := b.run(time.Minute); s.Sent != 2 {
		t.Fatalf("stats = %+v, want one message from each", s)
	}
	if s := b.run(time.Minute); s.Sent != 0 || s.Mailboxes != 0 || s.Skipped[outreach.ReasonDailyLimit] != 2 {
		t.Errorf("then: %+v, want both passed over at their daily limit", s)
	}
}

// That a run looked at a sequence is noted once in an hour.
func TestSequencesAreMarkedOnceInAnHour(t *testing.T) {
	b := newBench(t, 1, nil)
	began := b.store.Now()
	for _, step := range []struct{ after, want time.Duration }{{0, 0}, {59 * time.Minute, 0}, {time.Hour, time.Hour}} {
		b.now = began.Add(step.after)
		b.run(time.Minute)
		seq, err := b.store.Sequence(t.Context(), b.seq.ID)
		if err != nil || seq.LastRunAt == nil || !seq.LastRunAt.Equal(began.Add(step.want)) {
			t.Errorf("%v after the first run: marked %v, %v, want %v", step.after, seq.LastRunAt, err, step.want)
		}
	}
}
