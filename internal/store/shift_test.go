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

// breaking is an engine that fails every write after the first few.
type breaking struct {
	store.Engine
	writes int
}

var errBroken = errors.New("killed here")

func (b *breaking) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	if b.writes--; b.writes < 0 {
		return nil, errBroken
	}
	return b.Engine.Write(ctx, writes)
}

// A resumed sequence moves every due time once by the pause, also when the first attempt died in the middle.
func TestShiftDueAfterADeath(t *testing.T) {
	engine := storetest.SQLite().Open(t)
	s := store.New(engine, time.Now)
	paused := s.Now().Add(-time.Hour)
	id, due := bson.NewObjectID(), paused.Add(10*time.Minute)
	recs := make([]outreach.Recipient, 2500)
	for i := range recs {
		recs[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: id, Email: fmt.Sprintf("p%d@example.com", i), State: outreach.StateQueued, NextSendAt: &due,
		}
	}
	if _, err := s.InsertRecipients(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	dying := store.New(&breaking{Engine: engine, writes: 1}, time.Now)
	if err := dying.ShiftDue(t.Context(), id, paused, time.Hour); !errors.Is(err, errBroken) {
		t.Fatalf("got %v, want a death in the middle", err)
	}
	if err := s.ShiftDue(t.Context(), id, paused, time.Hour); err != nil {
		t.Fatal(err)
	}
	moved := 0
	err := s.Upcoming(t.Context(), id, outreach.StateQueued, 0, func(r outreach.Recipient) error {
		if r.NextSendAt.Equal(due.Add(time.Hour)) {
			moved++
		}
		return nil
	})
	if err != nil || moved != len(recs) {
		t.Errorf("%d of %d were moved by the hour once, %v", moved, len(recs), err)
	}
}
