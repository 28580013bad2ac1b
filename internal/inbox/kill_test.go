package inbox_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mailrun/internal/inbox"
	"mailrun/internal/killtest"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/sandbox/peers"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// task is what a victim does: one sync, until it passes the point for the nth time, or has written so many of the writes with which a batch of
// messages is stored and applied. Without either it runs until somebody kills it.
type task struct {
	Engine, Place, Key, Roots string
	Point                     inbox.Point
	Nth                       int64
	Writes                    int
}

// torn is an engine whose process dies within a batch, as it may on a server that promises no more than single documents.
type torn struct {
	store.Engine
	after int
}

// Atomic is what an engine without transactions says.
func (torn) Atomic() bool { return false }

func (e torn) Write(ctx context.Context, writes []store.Write) ([]store.WriteResult, error) {
	if len(writes) == 0 || writes[0].Kind != store.Insert || writes[0].Collection != store.Replies {
		return e.Engine.Write(ctx, writes)
	}
	if _, err := e.Engine.Write(ctx, writes[:min(e.after, len(writes))]); err != nil {
		return nil, err
	}
	killtest.Now()
	return nil, nil
}

func TestMain(m *testing.M) {
	killtest.Main(victim)
	m.Run()
}

// victim is one process that runs sync-mailboxes.
func victim(ctx context.Context, t task, begin func()) error {
	connect := storetest.MongoDB().Connect
	if t.Engine == storetest.SQLite().Name {
		connect = storetest.SQLite().Connect
	}
	engine, err := connect(ctx, t.Place)
	if err != nil {
		return err
	}
	if t.Writes > 0 {
		engine = torn{engine, t.Writes}
	}
	keys, err := mailbox.ParseKeys(t.Key)
	if err != nil {
		return err
	}
	s := newSyncer(store.New(engine, time.Now), keys)
	s.Dialer.RootCAs = x509.NewCertPool()
	s.Dialer.RootCAs.AppendCertsFromPEM([]byte(t.Roots))
	var passed atomic.Int64
	s.At = func(p inbox.Point) {
		if p == t.Point && passed.Add(1) == t.Nth {
			killtest.Now()
		}
	}
	begin()
	_, err = s.Run(ctx, inbox.Options{Deadline: time.Now().Add(20 * time.Second), Mailboxes: []string{us}})
	return err
}

// killBench is a bench whose mail is read by processes that die.
type killBench struct {
	*bench
	task   task
	post   func(raw string) // delivers to our inbox
	people []person
}

// person is somebody who was written to, and what his answers must have come to.
type person struct {
	history    *outreach.History
	state      outreach.State
	messages   int
	human      int
	suppressed bool
}

// newKillBench reads from the sandbox's server.
func newKillBench(t *testing.T, e storetest.Engine) *killBench {
	t.Helper()
	world, err := sandbox.Start(t.Context(), sandbox.Options{Accounts: []sandbox.Account{{Email: us, Password: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	k := newKillBenchAt(t, e, world.Document(us, outreach.SecurityNone), nil)
	k.world = world
	k.post = func(raw string) { k.deliver(sandbox.Inbox, raw) }
	return k
}

// newDovecotBench reads from a real Dovecot over STARTTLS.
func newDovecotBench(t *testing.T, e storetest.Engine) *killBench {
	t.Helper()
	d := peers.Dovecot(t, peers.DovecotOptions{})
	mb := &outreach.Mailbox{Email: us, IMAP: d.IMAP(us, outreach.SecuritySTARTTLS), ClearIMAPPassword: peers.Password}
	k := newKillBenchAt(t, e, mb, d.RootPEM())
	k.syncer.Dialer.RootCAs = d.RootCAs()
	k.post = func(raw string) { d.Deliver(t, us, []byte(strings.ReplaceAll(raw, "\n", "\r\n"))) }
	return k
}

func newKillBenchAt(t *testing.T, e storetest.Engine, mb *outreach.Mailbox, roots []byte) *killBench {
	t.Helper()
	engine, place := e.OpenPlace(t)
	k := &killBench{bench: &bench{t: t}, task: task{Engine: e.Name, Place: place, Key: mailbox.NewKey(), Roots: string(roots)}}
	k.fill(engine, k.task.Key, mb)
	return k
}

// write enrols a round of people, one for each kind of answer, and returns the answers.
func (k *killBench) write() (mails []string) {
	n := len(k.people)
	add := func(p person, raw func(from string, h *outreach.History) []string) {
		from := fmt.Sprintf("p%d@corp%d.example", len(k.people), len(k.people))
		_, p.history = k.written(from)
		answers := raw(from, p.history)
		p.messages = len(answers)
		k.people = append(k.people, p)
		mails = append(mails, answers...)
	}
	add(person{state: outreach.StateReplied, human: 2}, func(from string, h *outreach.History) []string {
		return []string{
			mail(from, "Re: A question", inReplyTo(h), "Sounds good, tell me more."),
			mail(from, "Re: A question", inReplyTo(h), fmt.Sprintf("And one more thing, number %d.", n)),
		}
	})
	add(person{state: outreach.StateActive}, func(from string, h *outreach.History) []string {
		return []string{mail(from, "Out of Office: A question", inReplyTo(h)+"Auto-Submitted: auto-replied\n", "I am out of the office.")}
	})
	add(person{state: outreach.StateBounced, suppressed: true}, func(_ string, h *outreach.History) []string { return []string{dsn(h, "failed", "5.1.1")} })
	add(person{state: outreach.StateUnsubscribed, suppressed: true}, func(from string, h *outreach.History) []string {
		return []string{mail(from, "Re: A question", inReplyTo(h), "Please unsubscribe me.")}
	})
	return mails
}

func (k *killBench) postAll(mails []string) {
	for _, raw := range mails {
		k.post(raw)
	}
}

// start starts a process that is to die at a point.
func (k *killBench) start(point inbox.Point, nth int64) *killtest.Victim {
	k.t.Helper()
	job := k.task
	job.Point, job.Nth = point, nth
	return killtest.Start(k.t, job)
}

// finish lets a clean run complete what is left and checks that everything counts exactly once.
func (k *killBench) finish() {
	k.t.Helper()
	k.sync()
	if s := k.sync(); s.Messages+s.Replies+s.Bounces+s.AutoReplies+s.Unsubscribes+s.ThreadsCreated+s.ThreadsUpdated != 0 {
		k.t.Errorf("the last sync still found something: %+v", s)
	}
	for i := range k.people {
		k.check(&k.people[i])
	}
	if k.world != nil {
		if n := k.world.Mailbox(us).FlagChanges(); n != 0 {
			k.t.Errorf("%d flags changed", n)
		}
	}
}

// check looks at what one person's answers came to.
func (k *killBench) check(p *person) {
	k.t.Helper()
	ctx := k.t.Context()
	rec := k.recipient(p.history.SequenceRecipientID)
	if rec.State != p.state {
		k.t.Errorf("%s is %s, want %s", rec.Email, rec.State, p.state)
	}
	if p.state == outreach.StateActive && rec.Reason != "out_of_office" {
		k.t.Errorf("%s was not postponed: reason %q", rec.Email, rec.Reason)
	}
	replies, err := k.store.RepliesOfRecipient(ctx, rec.ID)
	if err != nil || len(replies) != p.messages {
		k.t.Fatalf("%s has %d stored messages (%v), want %d", rec.Email, len(replies), err, p.messages)
	}
	for _, r := range replies {
		if !r.Effects["done"] {
			k.t.Errorf("%s: the effects of a message are not done", rec.Email)
		}
	}
	thread, err := k.store.Thread(ctx, replies[0].ThreadID)
	if err != nil {
		k.t.Fatalf("%s: thread: %v", rec.Email, err)
	}
	if thread.MessageCount != 1+p.messages || thread.ReplyCount != p.human || thread.UnreadCount != p.messages {
		k.t.Errorf("%s: thread of %d messages, %d replies, %d unread; want %d, %d, %d",
			rec.Email, thread.MessageCount, thread.ReplyCount, thread.UnreadCount, 1+p.messages, p.human, p.messages)
	}
	suppression, err := k.store.Suppressed(ctx, rec.Email)
	if err != nil || (suppression != nil) != p.suppressed {
		k.t.Errorf("%s: suppression %v, %v", rec.Email, suppression, err)
	}
}

// A process that is killed between any two steps of a commit leaves something that the next one completes: every answer is stored once and
// counts once.
func TestKilledAtEachPoint(t *testing.T) {
	for _, e := range storetest.Engines(t) {
		for _, point := range inbox.Points {
			t.Run(e.Name+"/"+string(point), func(t *testing.T) {
				k := newKillBench(t, e)
				for i := range 2 { // first sight, then new mail
					k.postAll(k.write())
					v := k.start(point, 1)
					v.Go()
					if !v.Wait() {
						t.Fatalf("round %d: nobody was killed: this proved nothing", i)
					}
				}
				k.finish()
			})
		}
	}
}

// A process that is killed between any two writes of a batch leaves something that the next one completes, also if the database keeps what was
// written until then.
func TestKilledWithinABatch(t *testing.T) {
	const longest = 30 // writes; a batch of these messages has some fewer
	for _, e := range storetest.Engines(t) {
		step := 1
		if e.Scans {
			step = 4
		}
		t.Run(e.Name, func(t *testing.T) {
			k := newKillBench(t, e)
			k.sync() // first sight
			for n := 1; n <= longest; n += step {
				k.postAll(k.write())
				k.task.Writes = n
				v := k.start("", 0)
				v.Go()
				if !v.Wait() {
					t.Fatalf("nobody was killed after %d writes: this proved nothing", n)
				}
				k.sync()
			}
			k.finish()
		})
	}
}

// Processes that are killed at any moment while mail is coming in, one and four at a time, on both engines, over the sandbox's server and
// a real one.
func TestKilledAtRandom(t *testing.T) {
	servers := []struct {
		name  string
		bench func(*testing.T, storetest.Engine) *killBench
	}{{"sandbox", newKillBench}, {"dovecot", newDovecotBench}}
	for _, server := range servers {
		for _, e := range storetest.Engines(t) {
			for _, processes := range []int{1, 4} {
				t.Run(fmt.Sprintf("%s/%s/%d", server.name, e.Name, processes), func(t *testing.T) {
					killAtRandom(t, e, server.bench(t, e), processes)
				})
			}
		}
	}
}

func killAtRandom(t *testing.T, e storetest.Engine, k *killBench, processes int) {
	rounds, killed := killtest.Rounds(20), 0
	if e.Size < 1000 {
		rounds = (rounds + 3) / 4 // the stand-in scans its collections
	}
	for range rounds {
		mails := k.write()
		victims := make([]*killtest.Victim, processes)
		for i := range victims {
			victims[i] = k.start("", 0)
		}
		for _, v := range victims {
			v.Go()
			defer time.AfterFunc(rand.N(60*time.Millisecond), v.Kill).Stop()
		}
		k.postAll(mails)
		for _, v := range victims {
			if v.Wait() {
				killed++
			}
		}
	}
	k.finish()
	t.Logf("%d rounds, %d of %d processes killed, %d people", rounds, killed, processes*rounds, len(k.people))
}
