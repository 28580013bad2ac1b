package sequence

import (
	"fmt"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// inLine stores n recipients in line, the first the longest due, and returns the line of whoever draws so.
func inLine(t *testing.T, n int, draw func() float64) (*line, []outreach.Recipient) {
	t.Helper()
	s := store.New(storetest.SQLite().Open(t), time.Now)
	seq, now := bson.NewObjectID(), s.Now()
	recs := make([]outreach.Recipient, n)
	for i := range recs {
		due := now.Add(time.Duration(i-n) * time.Second)
		recs[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: seq, Email: fmt.Sprintf("p%d@c.example", i), State: outreach.StateQueued, NextSendAt: &due,
		}
	}
	if _, err := s.InsertRecipients(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	return &line{store: s, of: store.NewOf{Sequence: seq}, mailboxes: 1, share: batchSize, draw: draw, out: map[bson.ObjectID]int{}}, recs
}

// A line that meets another run leaps down what it has listed, once however many it had handed out there, and in the end hands out those too
// whom it leapt over.
func TestLineLeapsOverOthers(t *testing.T) {
	l, recs := inLine(t, 40, func() float64 { return 0.5 })
	seen := map[bson.ObjectID]bool{}
	take := func() []outreach.Recipient {
		taken, err := l.take(t.Context(), 5)
		if err != nil {
			t.Fatal(err)
		}
		var ids []bson.ObjectID
		for _, r := range taken {
			ids = append(ids, r.ID)
			seen[r.ID] = true
		}
		if len(ids) > 0 {
			if _, err := l.store.Claim(t.Context(), ids, store.Lessee{Owner: "o", Token: "t"}); err != nil {
				t.Fatal(err)
			}
		}
		return taken
	}
	first, second := take(), take()
	if first[0].ID != recs[0].ID || second[0].ID != recs[5].ID {
		t.Fatalf("handed out %s and %s first, want the two that are due for longest", first[0].Email, second[0].Email)
	}
	l.taken(second[0].ID)
	l.taken(first[0].ID)
	if third := take(); third[0].ID != recs[15].ID {
		t.Errorf("went on with %s, want the middle of the ten who were listed beside them", third[0].Email)
	}
	for range len(recs) {
		l.rested = time.Time{}
		take()
	}
	if len(seen) != len(recs) {
		t.Errorf("handed out %d of %d", len(seen), len(recs))
	}
}
