package store_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// timed is an engine whose server has a clock that the test sets. Asking costs trip, of which half has passed when the clock is read.
type timed struct {
	store.Engine
	at   *time.Time
	trip time.Duration
	err  error
}

func (e *timed) ServerTime(context.Context) (time.Time, error) {
	*e.at = e.at.Add(e.trip / 2)
	read := *e.at
	*e.at = e.at.Add(e.trip / 2)
	return read, e.err
}

// host is a store as a host sees it whose clock is off by skew.
func host(e store.Engine, at *time.Time, skew time.Duration) *store.Store {
	return store.New(&timed{Engine: e, at: at}, func() time.Time { return at.Add(skew) })
}

// noonOf is when the tests with a clock of their own begin.
func noonOf() *time.Time {
	at := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	return &at
}

func useServerTime(t *testing.T, stores ...*store.Store) {
	t.Helper()
	for _, s := range stores {
		if _, err := s.UseServerTime(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// Hosts whose clocks are ten minutes wrong take no lease that is held, and theirs run out when others' would.
func TestWrongClocks(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			at, e := noonOf(), engine.Open(t)
			right, fast, slow := host(e, at, 0), host(e, at, 10*time.Minute), host(e, at, -10*time.Minute)
			useServerTime(t, right, fast, slow)
			mb := &outreach.Mailbox{ID: bson.NewObjectID(), Email: "a@us.example", Status: outreach.MailboxActive}
			if err := right.InsertMailbox(t.Context(), mb); err != nil {
				t.Fatal(err)
			}
			for _, held := range []struct {
				name          string
				by            *store.Store
				others, after []*store.Store
			}{
				{"held by the right one", right, []*store.Store{fast, slow}, []*store.Store{fast}},
				{"held by the fast one", fast, []*store.Store{right, slow}, []*store.Store{slow}},
				{"held by the slow one", slow, []*store.Store{right, fast}, []*store.Store{right}},
			} {
				*at = at.Add(time.Hour)
				take(t, held.name, held.by, mb.ID, true)
				*at = at.Add(store.LeaseTime - time.Second)
				for _, s := range held.others {
					take(t, held.name, s, mb.ID, false)
				}
				*at = at.Add(2 * time.Second)
				for _, s := range held.after {
					take(t, held.name+", run out", s, mb.ID, true)
				}
			}
			*at = at.Add(time.Hour)
			take(t, "a clock that trusts itself", right, mb.ID, true)
			take(t, "a clock that trusts itself", host(e, at, 10*time.Minute), mb.ID, true) // or else this test proves nothing
		})
	}
}

// take tries to lease a mailbox, by which the due list must go as well.
func take(t *testing.T, name string, s *store.Store, id bson.ObjectID, want bool) {
	t.Helper()
	l := store.Lessee{Owner: "o", Token: bson.NewObjectID().Hex()}
	listed, err := s.MailboxesToSend(t.Context(), s.Now(), store.SendMark{}, 0, 2)
	if err != nil || len(listed) != 1 || l.KeptOut(listed[0].Lease, s.Now()) == want {
		t.Errorf("%s: listed %+v, %v, want one that is free: %t", name, listed, err, want)
	}
	_, err = s.LeaseMailbox(t.Context(), store.SendLease, id, l)
	if want && err != nil || !want && !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: leasing: %v, want a lease: %t", name, err, want)
	}
}

// What is due is due for every host at the same moment, and each counts the same day.
func TestDueByServerTime(t *testing.T) {
	at := noonOf()
	e := storetest.SQLite().Open(t)
	fast := host(e, at, 10*time.Minute)
	useServerTime(t, fast)
	soon := at.Add(5 * time.Minute)
	rec := outreach.Recipient{ID: bson.NewObjectID(), Email: "p@c.example", State: outreach.StateQueued, NextSendAt: &soon}
	if _, err := fast.InsertRecipients(t.Context(), []outreach.Recipient{rec}); err != nil {
		t.Fatal(err)
	}
	l := store.Lessee{Owner: "o", Token: "t"}
	if _, err := fast.Claim(t.Context(), []bson.ObjectID{rec.ID}, l); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("claimed five minutes too early: %v", err)
	}
	*at = soon
	if _, err := fast.Claim(t.Context(), []bson.ObjectID{rec.ID}, l); err != nil {
		t.Errorf("not claimed in time: %v", err)
	}
}

// The skew is found to within half a round trip, small differences move nothing, an answer that comes late is not used.
func TestReadings(t *testing.T) {
	at := noonOf()
	e := &timed{at: at, trip: 2 * time.Second}
	skew := 10 * time.Minute
	s := store.New(e, func() time.Time { return at.Add(skew) })

	k, err := s.UseServerTime(t.Context())
	if err != nil || k.Ahead() != skew || !s.Now().Equal(*at) {
		t.Errorf("skew = %s, %v, now %s at %s, want %s and the same time", k.Ahead(), err, s.Now(), at, skew)
	}
	skew += 500 * time.Millisecond
	before := s.Now()
	*at = at.Add(time.Minute)
	useServerTime(t, s)
	if passed := s.Now().Sub(before); passed != time.Minute+e.trip {
		t.Errorf("a reading that is no better than the last one moved the clock by %s", passed-time.Minute-e.trip)
	}
	skew -= 3 * time.Minute
	useServerTime(t, s)
	if !s.Now().Equal(*at) {
		t.Errorf("after the host's clock was set: %s at %s", s.Now(), at)
	}
	e.trip = 5 * time.Second
	if _, err := s.UseServerTime(t.Context()); !errors.Is(err, store.ErrNoServerTime) || !s.Now().Equal(*at) {
		t.Errorf("after a slow answer: %v, now %s at %s", err, s.Now(), at)
	}
}

// MongoDB tells its time; SQLite has none but the host's.
func TestEngineClocks(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			wrong := func() time.Time { return time.Now().Add(10 * time.Minute) }
			s := store.New(engine.Open(t), wrong)
			k, err := s.UseServerTime(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			off := s.Now().Sub(time.Now()).Abs()
			if own := engine.Name == "sqlite"; own && (k.Ahead() != 0 || off < 9*time.Minute) || !own && (k.Ahead() < 9*time.Minute || off > time.Minute) {
				t.Errorf("%s: skew %s, now off by %s", engine.Name, k.Ahead(), off)
			}
		})
	}
}

// dying is an engine whose server dies after some renewals: it then refuses at once, or never answers.
type dying struct {
	store.Engine
	renewals int
	silent   bool
	last     time.Time
}

func (e *dying) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	if e.renewals > 0 {
		e.renewals--
		e.last = time.Now()
		return make([]store.WriteResult, len(writes)), nil
	}
	if e.silent {
		<-ctx.Done()
	}
	return nil, store.ErrUnreachable
}

// Whoever cannot renew stops before his leases run out, however the store fails.
func TestLeasesLostInTime(t *testing.T) {
	for name, e := range map[string]*dying{"at once": {}, "refused": {renewals: 3}, "silent": {renewals: 3, silent: true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e.last = time.Now()
				held, stop := store.New(e, time.Now).HoldLeases(t.Context(), store.Lessee{Owner: "o"}, store.SendLease)
				defer stop()
				<-held.Done()
				if held := time.Since(e.last); held > store.LeaseTime-store.LeaseMargin || held < store.RenewEvery {
					t.Errorf("stopped %s after the last renewal", held)
				}
				if !errors.Is(context.Cause(held), store.ErrLeaseLost) {
					t.Errorf("the cause is %v", context.Cause(held))
				}
			})
		})
	}
}

// ahead is an engine whose server's clock is some nanoseconds ahead of the host's.
type ahead struct {
	store.Engine
	by atomic.Int64
}

func (e *ahead) ServerTime(context.Context) (time.Time, error) {
	return time.Now().Add(time.Duration(e.by.Load())), nil
}

// A process that goes on for days finds the time again after its host was asleep.
func TestKeepTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &ahead{}
		s := store.New(e, time.Now)
		useServerTime(t, s)
		defer s.KeepTime(t.Context())()
		e.by.Store(int64(8 * time.Hour))
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if off := s.Now().Sub(time.Now()); off.Round(time.Second) != 8*time.Hour {
			t.Errorf("%s ahead of the host's clock a minute later, want 8 hours", off)
		}
	})
}
