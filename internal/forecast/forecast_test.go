package forecast_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/forecast"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// A plan for the coming days equals what the worker then sends under a clock that runs ahead, with caps and a window in force.
func TestPlanIsKept(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC) // a Monday
	clock := func() time.Time { return now }
	st := openStore(t, clock)
	world, err := sandbox.Start(ctx, sandbox.Options{AnyAccount: "secret", AnyRecipient: true, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	seq := fill(t, st, world, now)

	f := &forecast.Forecaster{Store: st, Policy: outreach.Policy{}}
	plan, err := f.Plan(ctx, 7, "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, d := range plan.Days {
		want[d.Date] = d.Total
	}

	worker := &sequence.Worker{
		Store: st, Dialer: &mailbox.Dialer{}, Self: store.Self(), MaxMailboxes: 4, Draw: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler),
	}
	got := map[string]int{}
	for _, d := range plan.Days {
		got[d.Date] = 0
	}
	for end := now.AddDate(0, 0, 7).Truncate(24 * time.Hour); now.Before(end); now = now.Add(20 * time.Minute) {
		stats, err := worker.Run(ctx, sequence.Options{Deadline: now.Add(time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		got[outreach.LocalDay(now, seq.Location())] += stats.Sent
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-) and what was sent (+) differ:\n%s", diff)
	}
}

// The status names the reason of everything that waits.
func TestStatus(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) // a Sunday
	st := openStore(t, func() time.Time { return now })
	world, err := sandbox.Start(t.Context(), sandbox.Options{AnyAccount: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	seq := fill(t, st, world, now)
	f := &forecast.Forecaster{Store: st}
	report, err := f.Status(t.Context(), seq.Name, "")
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	want := []forecast.Waiting{{Reason: outreach.ReasonOutsideWindow, Count: 30, NextEligibleAt: &monday}}
	if diff := cmp.Diff(want, report.Sequences[0].Waiting); diff != "" {
		t.Error(diff)
	}
	if err := st.UpdateSequence(t.Context(), seq.ID, bson.D{{Key: "status", Value: outreach.SequencePaused}}); err != nil {
		t.Fatal(err)
	}
	report, err = f.Status(t.Context(), "", "p1@c1.example")
	if err != nil || len(report.Recipients) != 1 || report.Recipients[0].Reason != outreach.ReasonSequencePaused {
		t.Errorf("recipients = %+v, %v, want one, held back by the paused sequence", report.Recipients, err)
	}
}

func openStore(t *testing.T, clock func() time.Time) *store.Store {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	if err := engine.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	return store.New(engine, clock)
}

// fill stores two mailboxes with a daily limit of 7, and a sequence of two steps for thirty people, on working days from nine to five.
func fill(t *testing.T, st *store.Store, world *sandbox.World, now time.Time) *outreach.Sequence {
	t.Helper()
	seven, gap, none := 7, 1200, 0
	var ids []bson.ObjectID
	for i := range 2 {
		mb := world.Document(fmt.Sprintf("s%d@us.example", i), outreach.SecurityNone)
		mb.ClearSMTPPassword, mb.ClearIMAPPassword = "secret", "secret"
		mb.ID, mb.Status, mb.DailyLimit, mb.MinGapSeconds, mb.GapJitterSeconds, mb.SaveSent = bson.NewObjectID(), outreach.MailboxActive, &seven, &gap, &none, "never"
		if err := st.InsertMailbox(t.Context(), mb); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, mb.ID)
	}
	seq := &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "s", Status: outreach.SequenceActive, MailboxIDs: ids, ActivatedAt: &now, NewPerDay: 9,
		Window: &outreach.Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"},
		Steps:  []outreach.Step{{ID: "1", Subject: "Hi", Text: "x"}, {ID: "2", Delay: "2d", Text: "y"}},
	}
	if err := st.InsertSequence(t.Context(), seq); err != nil {
		t.Fatal(err)
	}
	recs := make([]outreach.Recipient, 30)
	for i := range recs {
		recs[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: seq.ID, Email: fmt.Sprintf("p%d@c%d.example", i, i), Domain: fmt.Sprintf("c%d.example", i), State: outreach.StateQueued, NextSendAt: &now,
		}
	}
	if _, err := st.InsertRecipients(t.Context(), recs); err != nil {
		t.Fatal(err)
	}
	return seq
}
