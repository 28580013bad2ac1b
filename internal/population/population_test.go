package population_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/population"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// noon of a Monday, so that things happen.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func open(tb testing.TB) (*sqlite.Engine, *store.Store) {
	tb.Helper()
	engine, err := sqlite.Open(tb.Context(), filepath.Join(tb.TempDir(), "m.db"), sqlite.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = engine.Close(context.Background()) })
	return engine, store.New(engine, func() time.Time { return noon })
}

func fill(tb testing.TB, st *store.Store, p population.Plan) population.Sum {
	tb.Helper()
	p.Now = noon
	sum, err := population.Fill(tb.Context(), st, p)
	if err != nil {
		tb.Fatal(err)
	}
	return sum
}

// What is in the store is what was asked for and what was counted, with recipients in every state.
func TestFill(t *testing.T) {
	engine, st := open(t)
	sum := fill(t, st, population.Plan{Recipients: 3000, Mailboxes: 60, Runs: 300})
	for collection, want := range map[string]int{
		store.Recipients: 3000, store.Mailboxes: 60, store.Sequences: 2, store.Runs: 300, store.History: sum.Deliveries, store.Replies: sum.Replies,
		store.Threads: sum.Threads, store.Suppressions: sum.Suppressions,
	} {
		if n, err := engine.Count(t.Context(), collection, nil); err != nil || int(n) != want || n == 0 {
			t.Errorf("%s: %d documents, %v, want %d", collection, n, err, want)
		}
	}
	counts, err := st.CountStates(t.Context(), bson.ObjectID{})
	if err != nil {
		t.Fatal(err)
	}
	states := map[outreach.State]int{}
	for _, c := range counts {
		states[c.State] += c.Count
	}
	for _, s := range []outreach.State{
		outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StatePaused, outreach.StateReplied, outreach.StateBounced,
		outreach.StateUnsubscribed, outreach.StateCompleted, outreach.StateFailed,
	} {
		if states[s] == 0 {
			t.Errorf("nobody is %s: %v", s, states)
		}
	}
}

// Recipients and their deliveries agree: each step before the next one was sent, each id is the one that a worker would derive.
func TestDeliveries(t *testing.T) {
	_, st := open(t)
	fill(t, st, population.Plan{Recipients: 400, Runs: 10, Seed: 7})
	err := st.EachRecipient(t.Context(), store.Filter{}, func(r *outreach.Recipient) error {
		sent, err := st.HistoryOfRecipients(t.Context(), []bson.ObjectID{r.ID})
		if err != nil {
			return err
		}
		steps := 0
		for _, h := range sent {
			if h.ID != outreach.HistoryID(r.ID, h.Step) {
				t.Errorf("%s: the delivery of step %d has another id than the worker would give it", r.Email, h.Step)
			}
			if h.SentAt != nil {
				steps++
			}
			if h.SentAt != nil && h.SentAt.After(noon) {
				t.Errorf("%s: step %d was sent in the future, at %s", r.Email, h.Step, h.SentAt)
			}
		}
		if r.State == outreach.StateActive && (r.Step != steps || r.NextSendAt == nil) {
			t.Errorf("%s: active before step %d at %v with %d sent", r.Email, r.Step, r.NextSendAt, steps)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// With quiet nothing is due, however long ago it should have been.
func TestQuiet(t *testing.T) {
	_, st := open(t)
	fill(t, st, population.Plan{Recipients: 600, Runs: 10, Quiet: 24 * time.Hour})
	for _, state := range []outreach.State{outreach.StateQueued, outreach.StateActive} {
		if due, err := st.CountDue(t.Context(), state, 1); err != nil || len(due) > 0 {
			t.Errorf("due and %s: %v, %v, want none", state, due, err)
		}
	}
}

// Run logs go back as far as they are kept, and not beyond the present, however many there are.
func TestRuns(t *testing.T) {
	engine, st := open(t)
	fill(t, st, population.Plan{Recipients: 10, Runs: 1500})
	var first, last time.Time
	err := engine.Find(t.Context(), store.Query{Collection: store.Runs, Sort: []string{"startedAt"}, Fields: []string{"startedAt"}}, func(raw bson.Raw) error {
		last = raw.Lookup("startedAt").Time()
		if first.IsZero() {
			first = last
		}
		return nil
	})
	if err != nil || noon.Sub(first) < 89*24*time.Hour || noon.Sub(first) > 91*24*time.Hour || last.After(noon) || noon.Sub(last) > 2*time.Hour {
		t.Errorf("runs from %s to %s, %v, want them over the 90 days before %s", first, last, err, noon)
	}
}

// A filled file has the indexes of any other.
func TestIndexes(t *testing.T) {
	engine, st := open(t)
	fill(t, st, population.Plan{Recipients: 100})
	plan, err := engine.Explain(t.Context(), store.Query{Collection: store.Recipients, Filter: bson.D{{Key: "email", Value: "a@b.example"}}})
	if err != nil || len(plan) != 1 || plan[0] != `SEARCH sequence_recipients USING INDEX sequence_recipients_by_email (email=?)` {
		t.Errorf("plan = %q, %v, want a search of by_email", plan, err)
	}
}

// BenchmarkFill tells how many recipients a second are made, with all that belongs to them.
func BenchmarkFill(b *testing.B) {
	const n = 20_000
	for b.Loop() {
		_, st := open(b)
		fill(b, st, population.Plan{Recipients: n})
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "recipients/s")
}
