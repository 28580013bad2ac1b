package sequence_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/killtest"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sequence"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// afterDot lies between the kernel's taking the whole message and the server's answer; the connection passes it, not the worker.
const afterDot sequence.Point = "after-dot"

// task is what a victim does: one run, until it passes the point for the nth time. Without a point it runs until somebody kills it.
type task struct {
	Engine, Place, Key string
	Point              sequence.Point
	Nth                int64
	Together           int
}

func TestMain(m *testing.M) {
	killtest.Main(victim)
	m.Run()
}

// victim is one process that runs run-sequences.
func victim(ctx context.Context, t task, begin func()) error {
	engine, err := connect(ctx, t.Engine, t.Place)
	if err != nil {
		return err
	}
	keys, err := mailbox.ParseKeys(t.Key)
	if err != nil {
		return err
	}
	w := newWorker(store.New(engine, time.Now), keys)
	w.Policy, w.MaxMailboxes = outreach.Policy{}, 1 // one message in hand at a time
	var passed atomic.Int64
	w.Together = t.Together
	w.At = func(p sequence.Point) {
		if p == t.Point && passed.Add(1) == t.Nth {
			killtest.Now()
		}
	}
	w.Dialer.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, address)
		return &dotConn{Conn: c, at: w.At}, err
	}
	begin()
	_, err = w.Run(ctx, sequence.Options{Deadline: time.Now().Add(20 * time.Second)})
	return err
}

func connect(ctx context.Context, name, place string) (store.Engine, error) {
	if name == storetest.SQLite().Name {
		return storetest.SQLite().Connect(ctx, place)
	}
	return storetest.MongoDB().Connect(ctx, place)
}

// dotConn tells when a message's final dot has left.
type dotConn struct {
	net.Conn
	at   func(sequence.Point)
	tail []byte
}

func (c *dotConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.tail = append(c.tail, b[:n]...)
	if bytes.Contains(c.tail, []byte("\r\n.\r\n")) {
		c.at(afterDot)
		c.tail = nil
	}
	c.tail = c.tail[max(len(c.tail)-4, 0):]
	return n, err
}

// killBench is a bench whose work is done by processes that die.
type killBench struct {
	*bench
	engine, place, key string
	recs               []outreach.Recipient
	together           int
}

// newKillBench has some mailboxes and a sequence whose second step is due as soon as the first was sent.
func newKillBench(t *testing.T, e storetest.Engine, mailboxes int, savesSent bool) *killBench {
	t.Helper()
	engine, place := e.OpenPlace(t)
	k := &killBench{bench: &bench{t: t}, engine: e.Name, place: place, key: mailbox.NewKey()}
	accounts := senders(mailboxes)
	for i := range accounts {
		accounts[i].SavesSent = savesSent
	}
	opts := sandbox.Options{Accounts: accounts, Delays: sandbox.Delays{Rcpt: time.Millisecond, Dot: 2 * time.Millisecond}}
	k.fill(engine, k.key, time.Now, opts, func(s *outreach.Sequence) { s.Steps[1].Delay = "0h" })
	k.worker.Policy = outreach.Policy{}
	for _, mb := range k.boxes {
		if err := k.store.UpdateMailbox(t.Context(), mb.ID, bson.D{{Key: "dailyLimit", Value: 1_000_000}}); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

// add enrols n more people.
func (k *killBench) add(n int) {
	before := len(k.recs)
	k.recs = append(k.recs, k.enrol(n, func(i int, r *outreach.Recipient) {
		r.Domain = fmt.Sprintf("c%d.example", before+i)
		r.Email = fmt.Sprintf("p%d@%s", before+i, r.Domain)
	})...)
}

// start starts processes that wait for the signal.
func (k *killBench) start(n int, point sequence.Point, nth func(i int) int64) []*killtest.Victim {
	k.t.Helper()
	victims := make([]*killtest.Victim, n)
	var wg sync.WaitGroup
	for i := range victims {
		wg.Go(func() {
			victims[i] = killtest.Start(k.t, task{Engine: k.engine, Place: k.place, Key: k.key, Point: point, Nth: nth(i), Together: k.together})
		})
	}
	wg.Wait()
	for _, v := range victims {
		v.Go()
	}
	return victims
}

func wait(victims []*killtest.Victim) (killed int) {
	for _, v := range victims {
		if v.Wait() {
			killed++
		}
	}
	return killed
}

// result is where the recipients ended.
type result struct{ completed, held, fromSent int }

// finish lets clean runs complete what is left and checks that nobody got anything twice and nobody was lost.
func (k *killBench) finish() result {
	k.t.Helper()
	for range 2 + len(k.recs)/20 { // the stand-in takes its time
		k.run(20 * time.Second)
	}
	if twice := k.world.Duplicates(); len(twice) != 0 {
		k.t.Errorf("%d messages were accepted twice, the first for %s", len(twice), twice[0].To)
	}
	var r result
	for i := range k.recs {
		k.check(&k.recs[i], &r)
	}
	return r
}

// check looks at one recipient: every step at most once, nothing open, and what the books say is what the server saw.
func (k *killBench) check(was *outreach.Recipient, r *result) {
	k.t.Helper()
	rec, err := k.store.Recipient(k.t.Context(), was.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	received := map[string]int{}
	for _, d := range k.world.Received(rec.Email) {
		received[d.MessageID] += d.Count
	}
	all, err := k.store.HistoryOfRecipient(k.t.Context(), rec.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	for _, h := range all {
		if h.Status == outreach.HistorySent && received[h.MessageID] != 1 || h.Status != outreach.HistorySent && h.Status != outreach.HistoryUnknown {
			k.t.Errorf("%s step %d: %s, the server accepted %d", rec.Email, h.Step, h.Status, received[h.MessageID])
		}
		if h.SettledBy == sequence.SettledBySent {
			r.fromSent++
		}
	}
	if len(received) > len(all) || len(received) > len(k.seq.Steps) {
		k.t.Errorf("%s got %d different messages of %d attempts", rec.Email, len(received), len(all))
	}
	switch {
	case rec.Claim != nil && rec.Claim.Owner == k.worker.Self.String(): // a dead process's claim holds nobody up
		k.t.Errorf("%s is still claimed by a run that has ended", rec.Email)
	case rec.State == outreach.StateCompleted && len(received) == len(k.seq.Steps):
		r.completed++
	case rec.State == outreach.StateHeld && rec.Reason == outreach.ReasonDeliveryUnknown:
		r.held++
	default:
		k.t.Errorf("%s is lost: %s %q at step %d after %d messages", rec.Email, rec.State, rec.Reason, rec.Step, len(received))
	}
}

// together is how many intents a process writes at once where many die; one after the other is what the single points are tested with.
const together = 6

// beforeIntent are the points at which nothing can have left: whoever dies there, dies without a trace.
var beforeIntent = map[sequence.Point]bool{sequence.Claimed: true, sequence.Rendered: true, sequence.Connected: true}

// A process that is killed at any point of a delivery leaves nobody mailed twice and nobody forgotten. What the Sent folder proves is sent,
// what nothing proves is held.
func TestKilledAtEachPoint(t *testing.T) {
	for _, e := range storetest.Engines(t) {
		for _, point := range append(sequence.Points, afterDot) {
			for _, savesSent := range []bool{true, false} {
				if e.Name != storetest.SQLite().Name && !savesSent {
					continue // what a Sent folder proves does not depend on the engine
				}
				t.Run(fmt.Sprintf("%s/%s/saves=%t", e.Name, point, savesSent), func(t *testing.T) {
					k := newKillBench(t, e, 1, savesSent)
					k.add(6)
					killed := 0
					for i := range 3 {
						killed += wait(k.start(1, point, func(int) int64 { return int64(i%2 + 1) }))
					}
					k.add(1)
					requireOutcome(t, k.finish(), point, savesSent, killed)
					k.requireCounted()
				})
			}
		}
	}
}

// requireCounted checks that the mailbox counts every message that is known to have left today.
func (k *killBench) requireCounted() {
	k.t.Helper()
	mb, err := k.store.Mailbox(k.t.Context(), k.boxes[0].ID)
	if err != nil {
		k.t.Fatal(err)
	}
	day, err := time.Parse(time.DateOnly, mb.SentToday.Date)
	if err != nil {
		k.t.Fatal(err)
	}
	sent, err := k.store.CountSentFrom(k.t.Context(), mb.ID, day)
	if err != nil || mb.SentToday.Count != sent {
		k.t.Errorf("the mailbox counts %d messages today, its deliveries are %d (%v)", mb.SentToday.Count, sent, err)
	}
}

// requireOutcome holds the ends of a bench's recipients against what deaths at a point may do.
func requireOutcome(t *testing.T, r result, point sequence.Point, savesSent bool, killed int) {
	t.Helper()
	if killed == 0 {
		t.Fatal("nobody was killed: this proved nothing")
	}
	switch {
	case beforeIntent[point], point == sequence.Recorded:
		if r.held+r.fromSent != 0 {
			t.Errorf("%+v: nothing was in doubt", r)
		}
	case point == sequence.Accepted && savesSent:
		if r.held != 0 || r.fromSent != killed {
			t.Errorf("%+v: want the %d accepted messages found in the Sent folder", r, killed)
		}
	case point == afterDot && savesSent:
		if r.held+r.fromSent != killed {
			t.Errorf("%+v: want %d either held or found in the Sent folder", r, killed)
		}
	case r.held != killed || r.fromSent != 0:
		t.Errorf("%+v: want %d held, because nothing proves that their message left", r, killed)
	}
}

// Four processes that share the mailboxes and die at the same point do no more harm than one.
func TestCrowdKilledAtEachPoint(t *testing.T) {
	for _, e := range storetest.Engines(t) {
		points := append(sequence.Points, afterDot)
		if e.Name != storetest.SQLite().Name {
			points = []sequence.Point{sequence.Claimed, sequence.Intended, afterDot, sequence.Accepted}
		}
		for _, point := range points {
			t.Run(e.Name+"/"+string(point), func(t *testing.T) {
				k := newKillBench(t, e, 4, true)
				k.together = together
				k.add(12)
				killed := wait(k.start(4, point, func(i int) int64 { return int64(i + 1) }))
				r := k.finish()
				doubted := r.held + r.fromSent
				// whoever dies while writing a message may have some behind him that are not written down yet
				if beforeIntent[point] && point != sequence.Rendered && doubted != 0 || doubted > killed*together {
					t.Errorf("%+v after %d deaths", r, killed)
				}
			})
		}
	}
}

// Processes that are killed at any moment, round after round.
func TestKilledAtRandom(t *testing.T) {
	for _, e := range storetest.Engines(t) {
		for _, processes := range []int{1, 4} {
			t.Run(fmt.Sprintf("%s/%d", e.Name, processes), func(t *testing.T) {
				rounds := killtest.Rounds(20)
				people, life := 4, 80*time.Millisecond
				if e.Scans {
					people, life = 1, 500*time.Millisecond
					if rounds <= 20 {
						rounds = (rounds + 3) / 4
					}
				}
				k := newKillBench(t, e, 4, true)
				k.together = together
				killed := 0
				for range rounds {
					k.add(people)
					victims := k.start(processes, "", func(int) int64 { return 0 })
					for _, v := range victims {
						defer time.AfterFunc(rand.N(life), v.Kill).Stop()
					}
					killed += wait(victims)
				}
				r := k.finish()
				if r.held+r.fromSent > killed*together {
					t.Errorf("%+v after %d deaths", r, killed)
				}
				t.Logf("%d rounds, %d killed: %+v", rounds, killed, r)
			})
		}
	}
}
