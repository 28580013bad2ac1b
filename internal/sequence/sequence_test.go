package sequence_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// bench is a store, a world with mailboxes, and a worker.
type bench struct {
	t      *testing.T
	world  *sandbox.World
	store  *store.Store
	worker *sequence.Worker
	boxes  []*outreach.Mailbox
	seq    *outreach.Sequence
	now    time.Time
}

func senders(n int) []sandbox.Account {
	accounts := make([]sandbox.Account, n)
	for i := range accounts {
		accounts[i] = sandbox.Account{Email: fmt.Sprintf("s%d@us.example", i), Password: "secret", SavesSent: true}
	}
	return accounts
}

// newBench is a bench on SQLite whose clock stands still unless the test moves it.
func newBench(t *testing.T, mailboxes int, change func(*outreach.Sequence)) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Now()}
	b.fill(storetest.SQLite().Open(t), mailbox.NewKey(), func() time.Time { return b.now }, sandbox.Options{Accounts: senders(mailboxes)}, change)
	return b
}

// newWorker is a worker that waits for nothing longer than it must.
func newWorker(s *store.Store, keys *mailbox.Keyring) *sequence.Worker {
	return &sequence.Worker{
		Store: s, Dialer: &mailbox.Dialer{Keyring: keys, IdleTimeout: 2 * time.Second}, Keyring: keys, Self: store.Self(),
		MaxMailboxes: 16, Draw: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler),
		Policy: outreach.Policy{FollowUpMaxSyncAge: 30 * time.Minute, StaleAfter: 7 * 24 * time.Hour, SyncEnabled: true},
	}
}

// fill starts the world and puts its mailboxes and a sequence into the store.
func (b *bench) fill(engine store.Engine, key string, clock func() time.Time, opts sandbox.Options, change func(*outreach.Sequence)) {
	t, ctx := b.t, b.t.Context()
	t.Helper()
	opts.AnyRecipient, opts.Now = true, clock
	world, err := sandbox.Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	keys, err := mailbox.ParseKeys(key)
	if err != nil {
		t.Fatal(err)
	}
	b.world, b.store = world, store.New(engine, clock)
	b.worker = newWorker(b.store, keys)
	none := 0
	var ids []bson.ObjectID
	for _, account := range opts.Accounts {
		mb := world.Document(account.Email, outreach.SecurityNone)
		mb.ID, mb.Status, mb.MinGapSeconds, mb.GapJitterSeconds = bson.NewObjectID(), outreach.MailboxActive, &none, &none
		mb.SaveSent = "never"
		if err := b.store.InsertMailbox(ctx, mb); err != nil {
			t.Fatal(err)
		}
		b.boxes = append(b.boxes, mb)
		ids = append(ids, mb.ID)
	}
	activated := b.store.Now()
	b.seq = &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "s", Status: outreach.SequenceActive, MailboxIDs: ids, ActivatedAt: &activated,
		Steps: []outreach.Step{{ID: "1", Subject: "Hello {{ firstName }}", Text: "One for {{ company }}."}, {ID: "2", Delay: "3d", Text: "Two."}},
	}
	if change != nil {
		change(b.seq)
	}
	if err := b.store.InsertSequence(ctx, b.seq); err != nil {
		t.Fatal(err)
	}
}

// enrol adds n people, all due.
func (b *bench) enrol(n int, change func(i int, r *outreach.Recipient)) []outreach.Recipient {
	b.t.Helper()
	due := b.store.Now()
	recs := make([]outreach.Recipient, n)
	for i := range recs {
		recs[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: b.seq.ID, Email: fmt.Sprintf("p%d@c%d.example", i, i), Domain: fmt.Sprintf("c%d.example", i),
			FirstName: fmt.Sprintf("Pat%d", i), Company: "Corp", State: outreach.StateQueued, NextSendAt: &due,
		}
		if change != nil {
			change(i, &recs[i])
		}
	}
	if _, err := b.store.InsertRecipients(b.t.Context(), recs); err != nil {
		b.t.Fatal(err)
	}
	return recs
}

func (b *bench) run(length time.Duration) *outreach.SendStats {
	b.t.Helper()
	stats, err := b.worker.Run(b.t.Context(), sequence.Options{Deadline: b.store.Now().Add(length)})
	if err != nil {
		b.t.Fatal(err)
	}
	return stats
}

// synced marks every mailbox as read just now.
func (b *bench) synced() {
	b.t.Helper()
	for _, mb := range b.boxes {
		if err := b.store.UpdateMailbox(b.t.Context(), mb.ID, bson.D{{Key: "lastSyncOkAt", Value: b.store.Now()}}); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) states() map[outreach.State]int {
	b.t.Helper()
	counts, err := b.store.CountStates(b.t.Context(), b.seq.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	states := map[outreach.State]int{}
	for _, c := range counts {
		states[c.State] += c.Count
	}
	return states
}

// A sequence goes from the first step to its end: both steps once, in one thread, from the same mailbox, the second only after a sync.
func TestWholeSequence(t *testing.T) {
	b := newBench(t, 2, nil)
	recs := b.enrol(10, nil)
	if s := b.run(time.Minute); s.Sent != 10 || s.Due != 10 || s.Mailboxes != 2 {
		t.Fatalf("first run: %+v, want 10 sent from 2 mailboxes", s)
	}
	if s := b.run(time.Minute); s.Sent != 0 {
		t.Fatalf("second run sent %d", s.Sent)
	}
	b.now = b.now.Add(73 * time.Hour)
	if s := b.run(time.Minute); s.Sent != 0 || s.Skipped[outreach.ReasonInboxNotSynced] == 0 {
		t.Fatalf("without a sync: %+v, want nothing sent because the inbox was not synced", s)
	}
	b.synced()
	if s := b.run(time.Minute); s.Sent != 10 || s.Completed != 10 {
		t.Fatalf("third run: %+v, want 10 sent and completed", s)
	}
	if d := b.world.Duplicates(); len(d) != 0 {
		t.Errorf("%d duplicates", len(d))
	}
	for _, r := range recs {
		got := b.world.Received(r.Email)
		if len(got) != 2 || got[0].From != got[1].From {
			t.Errorf("%s got %d messages, want 2 from one mailbox", r.Email, len(got))
		}
	}
	if got := b.states(); got[outreach.StateCompleted] != 10 {
		t.Errorf("states = %v", got)
	}
}

// New recipients are shared out evenly among the sequence's mailboxes.
func TestShares(t *testing.T) {
	b := newBench(t, 2, nil)
	b.enrol(10, nil)
	b.run(time.Minute)
	by := map[string]int{}
	for _, d := range b.world.Deliveries() {
		by[d.User]++
	}
	if by["s0@us.example"] != 5 || by["s1@us.example"] != 5 {
		t.Errorf("sent by mailbox: %v, want 5 each", by)
	}
}

// Mailboxes that compete for the same recipients never take each other's claims for their own.
func TestMailboxesCompete(t *testing.T) {
	b := newBench(t, 8, nil)
	b.enrol(60, nil)
	s := b.run(time.Minute)
	if s.Sent != 60 || s.Held != 0 || s.Unknown != 0 {
		t.Errorf("stats = %+v, want 60 sent and nobody held", s)
	}
	if d := b.world.Duplicates(); len(d) != 0 {
		t.Errorf("%d duplicates", len(d))
	}
}

// What must not be sent is held, stopped or left, with its reason.
func TestReasons(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) { s.Steps = s.Steps[:1]; s.NewPerDay = 3 })
	b.enrol(6, func(i int, r *outreach.Recipient) {
		switch i {
		case 0:
			r.Company = ""
		case 1:
			r.Email = "gone@optout.example"
		}
	})
	if _, err := b.store.Suppress(t.Context(), "optout.example", outreach.SuppressManual, "test"); err != nil {
		t.Fatal(err)
	}
	s := b.run(time.Minute)
	if s.Sent != 3 || s.Held != 1 || s.Skipped[outreach.ReasonNewPerDay] == 0 || s.Skipped[outreach.ReasonSuppressed] != 1 {
		t.Errorf("stats = %+v, want 3 sent, 1 held, 1 suppressed, the rest under the cap", s)
	}
	if got := len(b.world.Received("gone@optout.example")); got != 0 {
		t.Errorf("a suppressed address got %d messages", got)
	}
	states := b.states()
	if states[outreach.StateHeld] != 1 || states[outreach.StateUnsubscribed] != 1 || states[outreach.StateQueued] != 1 || states[outreach.StateCompleted] != 3 {
		t.Errorf("states = %v", states)
	}
}

// A refusal does to the recipient what its fault deserves, and to nobody else.
func TestRefusals(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) { s.Steps = s.Steps[:1] })
	b.world.Invite(sandbox.Person{Name: "No One", Email: "p0@c0.example", Script: []sandbox.Act{{Do: sandbox.HardBounce}}})
	b.world.Invite(sandbox.Person{Name: "Grey List", Email: "p1@c1.example", Script: []sandbox.Act{{Do: sandbox.Greylist}}})
	recs := b.enrol(4, nil)
	s := b.run(time.Minute)
	if s.Sent != 2 || s.Deferred != 1 || s.Failed != 1 {
		t.Fatalf("stats = %+v, want 2 sent, 1 deferred, 1 failed", s)
	}
	states := b.states()
	if states[outreach.StateBounced] != 1 || states[outreach.StateQueued] != 1 {
		t.Errorf("states = %v, want 1 bounced, 1 queued again", states)
	}
	if sup, err := b.store.Suppressed(t.Context(), recs[0].Email); err != nil || sup == nil || sup.Reason != outreach.SuppressBounce {
		t.Errorf("suppression = %+v, %v, want one for the bounce", sup, err)
	}
	b.now = b.now.Add(time.Hour)
	if s := b.run(time.Minute); s.Sent != 1 {
		t.Errorf("after the greylisting: %+v, want 1 sent", s)
	}
}

// A mailbox that cannot log in backs off, says why, and burns nobody's attempts; the other mailbox goes on.
func TestSickMailbox(t *testing.T) {
	b := newBench(t, 2, func(s *outreach.Sequence) { s.Steps = s.Steps[:1] })
	b.world.AddAccount(sandbox.Account{Email: "s0@us.example", Password: "changed"})
	b.enrol(6, nil)
	// Whom the sick mailbox gives back when the healthy one is done already, the next run serves.
	if s, again := b.run(time.Minute), b.run(time.Minute); s.Sent+again.Sent != 6 {
		t.Errorf("stats = %+v, then %+v, want all 6 sent by the healthy mailbox", s, again)
	}
	mb, err := b.store.Mailbox(t.Context(), b.boxes[0].ID)
	if err != nil || mb.LastError == nil || mb.LastError.Class != string(mailbox.ClassAuth) || mb.SendFailures != 1 || !mb.NextSendAt.After(b.now) {
		t.Errorf("mailbox = %+v, %v, want one auth failure and a back-off", mb, err)
	}
}

// Whose mailbox was removed waits, and the run says why, once for each such mailbox.
func TestRemovedMailbox(t *testing.T) {
	b := newBench(t, 1, nil)
	gone := bson.NewObjectID()
	b.enrol(3, func(_ int, r *outreach.Recipient) { r.State, r.Step, r.MailboxID = outreach.StateActive, 1, gone })
	if s := b.run(time.Minute); s.Sent != 0 || s.Due != 3 || s.Skipped[outreach.ReasonNoMailbox] != 1 {
		t.Errorf("stats = %+v, want 3 due and one mailbox missing", s)
	}
}

// A delivery left open whose sequence was removed meanwhile holds nobody else up.
func TestOrphanedDelivery(t *testing.T) {
	b := newBench(t, 1, func(s *outreach.Sequence) { s.Steps = s.Steps[:1] })
	orphan := b.enrol(1, func(_ int, r *outreach.Recipient) { r.SequenceID, r.Email = bson.NewObjectID(), "orphan@corp.example" })[0]
	open := &outreach.History{
		ID: outreach.HistoryID(orphan.ID, 0), SequenceRecipientID: orphan.ID, SequenceID: orphan.SequenceID, MailboxID: b.boxes[0].ID,
		To: orphan.Email, MessageID: "<x@us.example>", Status: outreach.HistorySending,
	}
	if err := b.store.BeginDelivery(t.Context(), open); err != nil {
		t.Fatal(err)
	}
	b.enrol(2, nil)
	if s := b.run(time.Minute); s.Sent != 2 {
		t.Errorf("stats = %+v, want 2 sent", s)
	}
}

// An answer that a person sent and whose run died is settled without moving its recipient: it is no step.
func TestManualAnswerSettled(t *testing.T) {
	b := newBench(t, 1, nil)
	rec := b.enrol(1, func(_ int, r *outreach.Recipient) { r.State, r.NextSendAt = outreach.StateReplied, nil })[0]
	h := &outreach.History{
		ID: bson.NewObjectID(), SequenceRecipientID: rec.ID, SequenceID: b.seq.ID, MailboxID: b.boxes[0].ID, To: rec.Email,
		MessageID: "<never@us.example>", Status: outreach.HistorySending, Attempts: 1, Manual: true,
	}
	if err := b.store.BeginDelivery(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	b.run(time.Minute)
	settled, err := b.store.HistoryByID(t.Context(), h.ID)
	if err != nil || settled.Status != outreach.HistoryUnknown {
		t.Errorf("history = %+v, %v, want unknown", settled, err)
	}
	if got := b.states(); got[outreach.StateReplied] != 1 {
		t.Errorf("states = %v, want the recipient where he was", got)
	}
}
