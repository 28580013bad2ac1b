package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// runHistory is a store in which runs start, end, arrive late and are removed as old, while a clock goes on.
type runHistory struct {
	*store.Store
	clock   time.Time
	running []*outreach.CronRunLog
}

func newRunHistory(engine store.Engine) *runHistory {
	h := &runHistory{clock: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	h.Store = store.New(engine, func() time.Time { return h.clock })
	return h
}

// start adds a run that started some time ago, in minutes so that many start together.
func (h *runHistory) start(t *rapid.T, ago int) {
	run := &outreach.CronRunLog{
		ID: bson.NewObjectID(), Status: outreach.RunRunning, StartedAt: h.Now().Add(-time.Duration(ago) * time.Minute),
		JobName: rapid.SampledFrom([]outreach.JobName{outreach.JobRunSequences, outreach.JobSyncMailboxes}).Draw(t, "job"),
	}
	h.must(t, h.InsertRun(t.Context(), run))
	h.running = append(h.running, run)
}

// end closes the run that has been going on longest, or the newest.
func (h *runHistory) end(t *rapid.T) {
	if len(h.running) == 0 {
		return
	}
	i := rapid.SampledFrom([]int{0, len(h.running) - 1}).Draw(t, "which")
	run := h.running[i]
	run.Status = rapid.SampledFrom([]outreach.RunStatus{outreach.RunSuccess, outreach.RunFailed}).Draw(t, "outcome")
	if err := h.FinishRun(t.Context(), run); err != nil && err != store.ErrNotFound {
		t.Fatal(err)
	}
	h.running = append(h.running[:i], h.running[i+1:]...)
}

func (h *runHistory) must(t *rapid.T, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

// TestRunListing: whatever happens, the listing says what counting says.
func TestRunListing(t *testing.T) {
	engine := storetest.SQLite().Open(t)
	rapid.Check(t, func(t *rapid.T) {
		h := newRunHistory(engine)
		_, err := h.PruneRuns(t.Context(), h.clock.Add(10_000*time.Hour))
		h.must(t, err)
		listing := store.NewRunListing(h.Store)
		listing.SetLeast(5)
		t.Repeat(map[string]func(*rapid.T){
			"time passes": func(t *rapid.T) {
				h.clock = h.clock.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "minutes")) * time.Minute)
			},
			"runs start": func(t *rapid.T) {
				for range rapid.IntRange(1, 8).Draw(t, "count") {
					h.start(t, rapid.IntRange(0, 30).Draw(t, "minutes ago"))
				}
			},
			"a run ends": func(t *rapid.T) { h.end(t) },
			"all end": func(t *rapid.T) {
				for len(h.running) > 0 {
					h.end(t)
				}
			},
			"old runs go": func(t *rapid.T) {
				_, err := h.PruneRuns(t.Context(), h.clock.Add(-time.Duration(rapid.IntRange(1, 90).Draw(t, "days"))*24*time.Hour))
				h.must(t, err)
			},
			"": func(t *rapid.T) { h.compare(t, listing) },
		})
	})
}

func (h *runHistory) compare(t *rapid.T, listing *store.RunListing) {
	f := store.RunFilter{
		Job:    rapid.SampledFrom([]outreach.JobName{"", outreach.JobSyncMailboxes}).Draw(t, "filter by job"),
		Status: rapid.SampledFrom([]outreach.RunStatus{"", outreach.RunSuccess, outreach.RunRunning}).Draw(t, "filter by status"),
	}
	p := store.Page{Number: rapid.IntRange(1, 12).Draw(t, "page"), Size: rapid.IntRange(1, 7).Draw(t, "size")}
	want, wantTotal, err := h.RunLogs(t.Context(), f, p)
	h.must(t, err)
	got, total, err := listing.RunLogs(t.Context(), f, p)
	h.must(t, err)
	if diff := cmp.Diff(want, got); diff != "" || total != wantTotal {
		t.Fatalf("%+v, %+v: total %d, want %d; %s", f, p, total, wantTotal, diff)
	}
}

// TestPagesOfRunsThatStartedTogether: each run is on one page and no other.
func TestPagesOfRunsThatStartedTogether(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			s := store.New(engine.Open(t), time.Now)
			at := s.Now()
			for range 30 {
				if err := s.InsertRun(t.Context(), &outreach.CronRunLog{ID: bson.NewObjectID(), JobName: outreach.JobRunSequences, Status: outreach.RunSuccess, StartedAt: at}); err != nil {
					t.Fatal(err)
				}
			}
			seen := map[bson.ObjectID]bool{}
			for page := 1; page <= 10; page++ {
				runs, _, err := s.RunLogs(t.Context(), store.RunFilter{}, store.Page{Number: page, Size: 3})
				if err != nil {
					t.Fatal(err)
				}
				for _, run := range runs {
					seen[run.ID] = true
				}
			}
			if len(seen) != 30 {
				t.Errorf("ten pages of three show %d of 30 runs", len(seen))
			}
		})
	}
}
