package sequence_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// What was accepted is written down while a later message hangs: whoever kills a run that hangs leaves only that message in doubt.
func TestHangingMessageLeavesNoDoubtAboutEarlierOnes(t *testing.T) {
	b := newBench(t, 1, nil)
	b.worker.Together = 3
	recs := b.enrol(4, nil)
	var dots atomic.Int64
	b.worker.At = func(p sequence.Point) {
		if p != sequence.BeforeDot || dots.Add(1) != int64(len(recs)) {
			return
		}
		for limit := time.Now().Add(10 * time.Second); time.Now().Before(limit); {
			sent, err := b.store.HistoryInStatus(t.Context(), outreach.HistorySent, len(recs))
			if err != nil || len(sent) == len(recs)-1 {
				return
			}
		}
		t.Error("the messages before the one that hangs are still open")
	}
	if stats := b.run(time.Minute); stats.Sent != len(recs) {
		t.Errorf("sent %d of %d", stats.Sent, len(recs))
	}
}

// While some messages leave the intents of the next few become durable; never are more in doubt than may be.
func TestNextOnesAreBegunMeanwhile(t *testing.T) {
	const most = 6
	b := newBench(t, 1, nil)
	b.worker.Together = most
	recs := b.enrol(40, nil)
	var ahead atomic.Bool
	b.worker.At = func(p sequence.Point) {
		if p != sequence.BeforeDot {
			return
		}
		for limit := time.Now().Add(time.Second); time.Now().Before(limit); {
			open, err := b.store.HistoryInStatus(t.Context(), outreach.HistorySending, len(recs))
			if err != nil || len(open) > most {
				t.Errorf("%d are in doubt, %v", len(open), err)
			}
			if ahead.Load() || len(open) > most/2 {
				ahead.Store(true)
				return
			}
		}
	}
	if stats := b.run(time.Minute); stats.Sent != len(recs) {
		t.Errorf("sent %d of %d", stats.Sent, len(recs))
	}
	if !ahead.Load() {
		t.Error("never more were begun than leave at one time")
	}
}

// Who is suppressed at the last moment is not written to, and the one after him is.
func TestSuppressedAtTheLastLook(t *testing.T) {
	for _, together := range []int{1, 6} {
		b := newBench(t, 1, func(s *outreach.Sequence) { s.Steps = s.Steps[:1] })
		b.worker.Together = together
		const suppressed = 3
		recs := b.enrol(8, nil)
		looks := 0
		b.worker.At = func(p sequence.Point) {
			if p != sequence.BeforeData {
				return
			}
			if looks++; looks != suppressed+1 {
				return
			}
			if _, err := b.store.Suppress(t.Context(), recs[suppressed].Email, outreach.SuppressManual, "test"); err != nil {
				t.Error(err)
			}
		}
		s := b.run(time.Minute)
		if s.Sent != len(recs)-1 || s.Skipped[outreach.ReasonSuppressed] != 1 {
			t.Errorf("%d together: stats = %+v, want one suppressed and the others sent", together, s)
		}
		for i, r := range recs {
			want := 1
			if i == suppressed {
				want = 0
			}
			if got := len(b.world.Received(r.Email)); got != want {
				t.Errorf("%d together: %s got %d messages, want %d", together, r.Email, got, want)
			}
		}
	}
}

// A message that has begun with the dot of one that is then refused is looked at again before its text leaves.
func TestLooksAgainAfterRefusal(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) { s.Steps = s.Steps[:1] })
	b.worker.Together = 6
	const refused, suppressed = 2, 3
	recs := b.enrol(8, func(i int, r *outreach.Recipient) {
		if i == refused {
			r.Email = "p.d451@c2.example"
		}
	})
	dots, looks := 0, 0
	b.worker.At = func(p sequence.Point) {
		switch p {
		case sequence.BeforeData:
			looks++
		case sequence.BeforeDot:
			if dots++; dots != suppressed+1 {
				return
			}
			if looks != dots {
				t.Errorf("%d were looked at, want %d", looks, dots)
			}
			if _, err := b.store.Suppress(t.Context(), recs[suppressed].Email, outreach.SuppressManual, "test"); err != nil {
				t.Error(err)
			}
		}
	}
	s := b.run(time.Minute)
	if s.Sent != len(recs)-2 || s.Deferred != 1 || s.Skipped[outreach.ReasonSuppressed] != 1 {
		t.Errorf("stats = %+v, want one deferred, one suppressed, the others sent", s)
	}
	if got := len(b.world.Received(recs[suppressed].Email)); got != 0 {
		t.Errorf("who was suppressed got %d messages", got)
	}
}

// A look that is more than a second old when the text is to leave is taken again.
func TestLooksAgainAfterASecond(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) { s.Steps = s.Steps[:1] })
	recs := b.enrol(2, nil)
	dots := 0
	b.worker.At = func(p sequence.Point) {
		if p != sequence.BeforeDot {
			return
		}
		if dots++; dots > 1 {
			return
		}
		if _, err := b.store.Suppress(t.Context(), recs[0].Email, outreach.SuppressManual, "test"); err != nil {
			t.Error(err)
		}
		time.Sleep(1100 * time.Millisecond)
	}
	s := b.run(time.Minute)
	if s.Sent != 1 || s.Skipped[outreach.ReasonSuppressed] != 1 || len(b.world.Received(recs[0].Email)) != 0 {
		t.Errorf("stats = %+v, want the first suppressed and the second sent", s)
	}
}

// A limit holds over all mailboxes of a run together.
func TestLimit(t *testing.T) {
	b := newBench(t, 8, nil)
	b.enrol(80, nil)
	stats, err := b.worker.Run(t.Context(), sequence.Options{Deadline: b.store.Now().Add(time.Minute), Limit: 11})
	if err != nil || stats.Sent != 11 {
		t.Errorf("sent %d, %v, want the 11 that were asked for", stats.Sent, err)
	}
}

// failing is a store whose counters fail from the third reservation on; meanwhile happens just before.
type failing struct {
	store.Engine
	reservations atomic.Int64
	meanwhile    func()
}

var errCounters = errors.New("the counters cannot be reached")

func (f *failing) FindOneAndUpdate(ctx context.Context, q store.Query, update bson.D) (bson.Raw, error) {
	if q.Collection == store.Counters && f.reservations.Add(1) == 3 {
		f.meanwhile()
		return nil, errCounters
	}
	return f.Engine.FindOneAndUpdate(ctx, q, update)
}

// A store that fails before intents are written takes nothing away: an attempt under the same id is another run's, and what proves it.
func TestFailureBeforeIntentsLeavesOthersAttempts(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) { s.DailyLimit = 100 })
	recs := b.enrol(4, nil)
	var theirs []bson.ObjectID
	f := &failing{Engine: b.store.Engine(), meanwhile: func() {
		for i := range recs {
			h := &outreach.History{ID: outreach.HistoryID(recs[i].ID, 0), SequenceRecipientID: recs[i].ID, SequenceID: b.seq.ID, Status: outreach.HistorySending, Attempts: 1}
			if err := b.store.BeginDelivery(t.Context(), h); err == nil {
				theirs = append(theirs, h.ID)
			}
		}
	}}
	b.worker.Together, b.worker.Store = 6, store.New(f, func() time.Time { return b.now })
	if _, err := b.worker.Run(t.Context(), sequence.Options{Deadline: b.now.Add(time.Minute)}); !errors.Is(err, errCounters) {
		t.Fatalf("got %v, want the store's failure", err)
	}
	if len(theirs) != 3 {
		t.Fatalf("%d attempts of another run were made, want 3", len(theirs))
	}
	for _, id := range theirs {
		if _, err := b.store.HistoryByID(t.Context(), id); err != nil {
			t.Errorf("an attempt that is another run's is gone: %v", err)
		}
	}
}
