package simulation_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sequence"
	"mailrun/internal/simulation"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// small is the world that is played and run: five sequences of ten mailboxes each, with different limits, gaps, ramp-ups, zones and caps.
type small struct {
	boxes      []outreach.Mailbox
	sequences  []outreach.Sequence
	recipients []outreach.Recipient
}

const tick = 10 * time.Minute

func makeSmall(document func(email string, s outreach.Security) *outreach.Mailbox, now time.Time) *small {
	s := &small{}
	zones := []string{"Europe/Berlin", "America/New_York", "Asia/Dubai", "Europe/London", "Asia/Kolkata"}
	never := 0
	for i := range 50 {
		limit, gap := 6+i%9, 300*(1+i%4)
		mb := document(fmt.Sprintf("s%d@us.example", i), outreach.SecurityNone)
		mb.ID, mb.Status, mb.ClearSMTPPassword, mb.ClearIMAPPassword = bson.NewObjectID(), outreach.MailboxActive, "secret", "secret"
		mb.DailyLimit, mb.MinGapSeconds, mb.GapJitterSeconds, mb.SaveSent, mb.Timezone = &limit, &gap, &never, "never", zones[i/10]
		switch i % 10 {
		case 8:
			mb.RampUp = &outreach.RampUp{StartPerDay: 2, AddPerDay: 1, Since: now.AddDate(0, 0, -1)}
		case 9:
			mb.Status = outreach.MailboxPaused
		}
		s.boxes = append(s.boxes, *mb)
	}
	for i, zone := range zones {
		seq := outreach.Sequence{
			ID: bson.NewObjectID(), Name: zone, Status: outreach.SequenceActive, ActivatedAt: &now, Timezone: zone,
			Window: &outreach.Window{Days: []string{"mon", "tue", "wed", "thu", "fri"}, Start: "09:00", End: "17:00"},
			Steps:  []outreach.Step{{ID: "1", Subject: "Hi", Text: "x"}, {ID: "2", Delay: "90m", Text: "y"}},
		}
		for k := 10 * i; k < 10*i+10; k++ {
			seq.MailboxIDs = append(seq.MailboxIDs, s.boxes[k].ID)
		}
		for k := range 400 {
			s.recipients = append(s.recipients, outreach.Recipient{
				ID: bson.NewObjectID(), SequenceID: seq.ID, Email: fmt.Sprintf("p%d@c%d.example", k, i), Domain: fmt.Sprintf("c%d.example", i),
				State: outreach.StateQueued, NextSendAt: &now,
			})
		}
		s.sequences = append(s.sequences, seq)
	}
	s.sequences[4].NewPerDay = 30
	return s
}

// The day that is played sends from every mailbox exactly what the worker sends, and asks the store for it as often.
func TestDayAsTheWorkerDoesIt(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC) // a Monday
	clock := func() time.Time { return now }
	world, err := sandbox.Start(t.Context(), sandbox.Options{AnyAccount: "secret", AnyRecipient: true, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	st, calls := openStore(t, clock)
	s := makeSmall(world.Document, now)
	s.store(t, st)
	clear(calls.made)

	team := simulation.NewTeam(s.boxes, s.sequences, s.recipients, half)
	played := &book{calls: map[string]int{}, sent: map[string]int{}, emails: s.emails()}
	worker := &sequence.Worker{
		Store: st, Dialer: &mailbox.Dialer{}, Self: store.Self(), MaxMailboxes: 1, Together: 3, Draw: half, Log: slog.New(slog.DiscardHandler),
	}
	sent, runs := 0, 0
	for end := now.AddDate(0, 0, 1); now.Before(end); now = now.Add(tick) {
		runs++
		team.Send(now, simulation.Cron{For: time.Second}, played)
		stats, err := worker.Run(t.Context(), sequence.Options{Deadline: now.Add(time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		sent += stats.Sent
	}
	if sent < 300 {
		t.Errorf("only %d messages were sent: the comparison proves little", sent)
	}
	if diff := cmp.Diff(s.sentBy(t, st), played.sent); diff != "" {
		t.Errorf("messages by mailbox, sent (-) and played (+):\n%s", diff)
	}
	played.addRuns(simulation.SendRunCalls, runs)
	played.calls["write send_counters"]++ // the day's counter is new once
	for _, call := range []string{"find mailboxes", "count mailboxes", "distinct sequence_recipients", "write sequences"} {
		if made, most := calls.made[call], played.calls[call]; made == 0 || made > most {
			t.Errorf("%s: %d times, at most %d were reckoned with", call, made, most)
		}
		delete(calls.made, call) // fewer in a run that finds nothing due, or within an hour of another
		delete(played.calls, call)
	}
	compare(t, calls.made, played.calls)
}

// compare wants the same calls, one for one.
func compare(t *testing.T, made, played map[string]int) {
	t.Helper()
	if diff := cmp.Diff(made, played); diff != "" {
		t.Errorf("requests, made (-) and played (+):\n%s", diff)
	}
}

// addRuns adds what each run asks once.
func (b *book) addRuns(calls []simulation.RunCall, runs int) {
	for _, c := range calls {
		b.calls[c.Call] += runs * c.Times
	}
}

// A sync that finds nothing asks the store as often as one that is played.
func TestReadingAsTheSyncDoesIt(t *testing.T) {
	now := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	world, err := sandbox.Start(t.Context(), sandbox.Options{AnyAccount: "secret", Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	st, calls := openStore(t, clock)
	s := makeSmall(world.Document, now)
	s.store(t, st)
	syncer := &inbox.Syncer{Store: st, Dialer: &mailbox.Dialer{}, Self: store.Self(), Concurrency: 1, Draw: half, Log: slog.New(slog.DiscardHandler)}
	run := func() {
		if _, err := syncer.Run(t.Context(), inbox.Options{Deadline: now.Add(time.Minute)}); err != nil {
			t.Fatal(err)
		}
	}
	run() // the first sight
	team := simulation.NewTeam(s.boxes, nil, nil, half)
	team.Read(now, 0, &book{calls: map[string]int{}})
	clear(calls.made)
	played := &book{calls: map[string]int{}}
	const runs = 40
	for range runs {
		now = now.Add(2 * time.Minute)
		team.Read(now, 0, played)
		run()
	}
	if n := played.calls["write mailboxes"]; n < 200 {
		t.Errorf("only %d mailboxes were read: the comparison proves little", n)
	}
	played.calls["findAndUpdate mailboxes"] += runs // each run's last, which finds none
	played.addRuns(simulation.SyncRunCalls, runs)
	compare(t, calls.made, played.calls)
}

func half() float64 { return 0.5 }

func (s *small) emails() map[bson.ObjectID]string {
	emails := map[bson.ObjectID]string{}
	for i := range s.boxes {
		emails[s.boxes[i].ID] = s.boxes[i].Email
	}
	return emails
}

// store writes the world into a store, from copies: what is played changes its documents.
func (s *small) store(t *testing.T, st *store.Store) {
	t.Helper()
	for i := range s.boxes {
		s.boxes[i].NextSyncAt = new(st.Now())
		mb := s.boxes[i]
		if err := st.InsertMailbox(t.Context(), &mb); err != nil {
			t.Fatal(err)
		}
	}
	for i := range s.sequences {
		seq := s.sequences[i]
		if err := st.InsertSequence(t.Context(), &seq); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.InsertRecipients(t.Context(), slices.Clone(s.recipients)); err != nil {
		t.Fatal(err)
	}
}

// sentBy counts accepted messages by mailbox.
func (s *small) sentBy(t *testing.T, st *store.Store) map[string]int {
	t.Helper()
	sent := map[string]int{}
	for id, email := range s.emails() {
		n, err := st.CountSentFrom(t.Context(), id, time.Time{}.AddDate(2000, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			sent[email] = n
		}
	}
	return sent
}

// book notes what is played.
type book struct {
	calls, sent map[string]int
	emails      map[bson.ObjectID]string
}

func (b *book) Count(_ time.Time, k simulation.Kind, n int) { b.calls[k.Call()] += n }
func (b *book) Sent(_ time.Time, id bson.ObjectID, _ int)   { b.sent[b.emails[id]]++ }
func (b *book) Listed(time.Time, int)                       {}
func (b *book) Arrived(time.Time, int, int)                 {}
func (b *book) Visited(time.Time, time.Duration, bool)      {}

// counting is an engine that counts its calls by the collection they begin with.
type counting struct {
	store.Engine
	mu   sync.Mutex
	made map[string]int
}

func (c *counting) note(call, collection string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made[call+" "+collection]++
}

func (c *counting) Count(ctx context.Context, collection string, filter bson.D) (int64, error) {
	if collection != store.History { // the guard's, of which there are as many as active sequences
		c.note("count", collection)
	}
	return c.Engine.Count(ctx, collection, filter)
}

func (c *counting) GroupCount(ctx context.Context, collection string, filter bson.D, by ...string) ([]store.Group, error) {
	c.note("group", collection)
	return c.Engine.GroupCount(ctx, collection, filter, by...)
}

func (c *counting) GroupFirst(ctx context.Context, q store.Query, by ...string) ([]store.Group, error) {
	c.note("groupFirst", q.Collection)
	return c.Engine.GroupFirst(ctx, q, by...)
}

func (c *counting) Distinct(ctx context.Context, q store.Query, field string) ([]bson.RawValue, error) {
	c.note("distinct", q.Collection)
	return c.Engine.Distinct(ctx, q, field)
}

func (c *counting) Find(ctx context.Context, q store.Query, each func(bson.Raw) error) error {
	c.note("find", q.Collection)
	return c.Engine.Find(ctx, q, each)
}

func (c *counting) FindAll(ctx context.Context, queries []store.Query, each func(int, bson.Raw) error) error {
	for _, q := range queries {
		c.note("find", q.Collection)
	}
	return c.Engine.FindAll(ctx, queries, each)
}

func (c *counting) FindOneAndUpdate(ctx context.Context, q store.Query, update bson.D) (bson.Raw, error) {
	c.note("findAndUpdate", q.Collection)
	return c.Engine.FindOneAndUpdate(ctx, q, update)
}

func (c *counting) FindManyAndUpdate(ctx context.Context, collection string, filter, update, changed bson.D) ([]bson.Raw, error) {
	c.note("write", collection) // and found again where the server does not return what it changed
	c.note("find", collection)
	return c.Engine.FindManyAndUpdate(ctx, collection, filter, update, changed)
}

func (c *counting) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	if len(writes) > 0 {
		c.note("write", writes[0].Collection)
	}
	return c.Engine.Write(ctx, writes)
}

func openStore(t *testing.T, clock func() time.Time) (*store.Store, *counting) {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "m.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	if err := engine.EnsureIndexes(t.Context()); err != nil {
		t.Fatal(err)
	}
	counted := &counting{Engine: engine, made: map[string]int{}}
	return store.New(counted, clock), counted
}
