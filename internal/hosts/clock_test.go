package hosts_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"mailrun/internal/killtest"
	"mailrun/internal/mailbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// task is what a victim does: one run of run-sequences on a host of this name whose clock is ahead by some time.
type task struct {
	Place, Key, Host string
	Ahead, Length    time.Duration
	Mailboxes        int
}

// victim is one process on a host with a wrong clock.
func victim(ctx context.Context, t task, begin func()) error {
	engine, err := storetest.MongoDB().Connect(ctx, t.Place)
	if err != nil {
		return err
	}
	keys, err := mailbox.ParseKeys(t.Key)
	if err != nil {
		return err
	}
	s := store.New(engine, func() time.Time { return time.Now().Add(t.Ahead) })
	if _, err := s.UseServerTime(ctx); err != nil {
		return err
	}
	self := store.Self()
	self.Host = t.Host
	w := &sequence.Worker{
		Store: s, Dialer: &mailbox.Dialer{Keyring: keys}, Keyring: keys, Self: self, MaxMailboxes: t.Mailboxes, Together: 1,
		Draw: func() float64 { return 0.5 }, Log: slog.New(slog.DiscardHandler), Policy: outreach.Policy{},
	}
	begin()
	_, err = w.Run(ctx, sequence.Options{Deadline: s.Now().Add(t.Length)})
	return err
}

// A host ten minutes behind dies in the middle of its work. One that is ten minutes ahead and one that is right leave its mailboxes alone
// for as long as they are leased, and no longer.
func TestWrongClocks(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for a lease to run out")
	}
	t.Parallel()
	const wrong = 10 * time.Minute
	s := newStage(t, storetest.MongoDB(), plan{mailboxes: 4, people: 16, gap: 1, bound: true, dot: 20 * time.Millisecond})
	start := func(host string, ahead time.Duration, mailboxes int) *killtest.Victim {
		v := killtest.Start(t, task{Place: s.place, Key: s.key, Host: host, Ahead: ahead, Length: 10 * time.Second, Mailboxes: mailboxes})
		v.Go()
		return v
	}
	slow := start("slow", -wrong, 2)
	awaitUntil(t, func() bool { return s.world.Counters().Accepted >= 3 })
	slow.Kill()
	slow.Wait()
	last := time.Now().Add(time.Second) // what it had handed over is accepted by then
	leases := s.leasedBy("slow")
	if len(leases) == 0 {
		t.Fatal("it died without a lease: this proves nothing")
	}
	end := time.Now().Add(store.LeaseTime + 45*time.Second)
	for s.left() > 0 && time.Now().Before(end) {
		fast, right := start("fast", wrong, 4), start("right", 0, 4)
		fast.Wait()
		right.Wait()
	}
	s.check(2) // the two mailboxes that it worked on
	s.requireTakenOver(leases, last)
}

// leasedBy lists the mailboxes that a host holds for sending, by address, with their leases' end.
func (s *stage) leasedBy(host string) map[string]time.Time {
	s.t.Helper()
	leases := map[string]time.Time{}
	for _, mb := range s.boxes {
		now, err := s.store.Mailbox(s.t.Context(), mb.ID)
		if err != nil {
			s.t.Fatal(err)
		}
		if now.Lease == nil {
			continue
		}
		if owner, err := store.ParseOwner(now.Lease.Owner); err == nil && owner.Host == host {
			leases[now.Email] = now.Lease.Until
		}
	}
	return leases
}

// requireTakenOver checks that nobody sent from mailboxes whose owner was lost until their leases had run out, and that somebody did then.
// The last that their owner himself sent came before a time.
func (s *stage) requireTakenOver(leases map[string]time.Time, last time.Time) {
	s.t.Helper()
	later := map[string]bool{}
	for _, d := range s.world.Deliveries() {
		until, lost := leases[d.From]
		switch {
		case !lost:
		case d.At.After(until):
			later[d.From] = true
		case d.At.After(last):
			s.t.Errorf("%s sent at %s, %s before its lease ran out", d.From, d.At.Format(time.TimeOnly), until.Sub(d.At).Round(time.Second))
		}
	}
	for email := range leases {
		if !later[email] {
			s.t.Errorf("%s was not taken over", email)
		}
	}
}
