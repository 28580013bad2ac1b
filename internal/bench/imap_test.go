package bench

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox/peers"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

const reader = "s0@us.example"

// pullFigure is one mailbox full of new mail on a Dovecot, read by the program into an SQLite file and by a bare loop into nothing.
type pullFigure struct {
	*peers.DovecotServer
	messages int
	answers  bool // all of them answer what we sent; else none concerns us
	program  *program
	database []byte // before the mail came
}

// pullOthers is the mail of a busy person: nothing in it is for us, so only headers are read, and nothing is kept.
func pullOthers(b *testing.B, r *report) {
	f := newPullFigure(b, r, r.pick(20_000, 2000), false)
	ours, bare := f.measure(b, 5)
	r.add(b, row{
		figure: fmt.Sprintf("sync: one mailbox with %d new messages, none ours; bare: headers", f.messages),
		ours:   perSecond(f.messages, ours.wall), reference: perSecond(f.messages, bare), ratio: times(bare, ours.wall), goal: "≥ 0.7, ≤ 60 MB", peak: ours.peak,
	})
}

// pullOurs is a mailbox full of answers: each is read whole, understood, stored, and stops its sequence.
func pullOurs(b *testing.B, r *report) {
	f := newPullFigure(b, r, r.pick(20_000, 2000), true)
	ours, bare := f.measure(b, 3)
	r.add(b, row{
		figure: fmt.Sprintf("sync: one mailbox with %d new answers, all stored; bare: full parse", f.messages),
		ours:   perSecond(f.messages, ours.wall), reference: perSecond(f.messages, bare), ratio: times(bare, ours.wall), goal: "≥ 0.35, ≤ 100 MB", peak: ours.peak,
	})
	if other := mbsync(b, f.Port, reader, peers.Password); other > 0 {
		r.add(b, row{
			figure: "the same; mbsync into a Maildir, fsync as it comes",
			ours:   perSecond(f.messages, ours.wall), reference: perSecond(f.messages, other), ratio: times(other, ours.wall), goal: "≥ 2",
		})
	}
}

// newPullFigure fills a mailbox that the program has seen empty, and has the server read it once: its index is no part of the figure.
func newPullFigure(b *testing.B, r *report, messages int, answers bool) *pullFigure {
	b.Helper()
	f := &pullFigure{DovecotServer: peers.Dovecot(b, peers.DovecotOptions{}), messages: messages, answers: answers, program: r.program(b)}
	key := mailbox.NewKey()
	keys, err := mailbox.ParseKeys(key)
	if err != nil {
		b.Fatal(err)
	}
	f.program.set("MAILBOX_ENCRYPTION_KEY=" + key)
	engine := openSQLite(b, f.program.database())
	d := fill(b, engine, []*outreach.Mailbox{{Email: reader, IMAP: f.IMAP(reader, outreach.SecurityNone), ClearIMAPPassword: peers.Password}}, 0)
	ids := d.writtenTo(b, engine, keys, messages)
	closeEngine(b, engine)
	f.sync(b)
	if f.database, err = os.ReadFile(f.program.database()); err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range ids {
		from, to := fmt.Sprintf("p%d@c%d.example", i, i%5000), ids[i]
		if !answers {
			from, to = fmt.Sprintf("stranger%d@elsewhere%d.example", i, i%2000), fmt.Sprintf("<%x@us.example>", i)
		}
		f.Deliver(b, reader, letter(rnd, from, reader, to, i))
	}
	f.bare(b)
	return f
}

// measure has the program and the bare loop read the mail in turns, so that both meet the same machine, and returns the median of each.
func (f *pullFigure) measure(b *testing.B, rounds int) (ours cost, bare time.Duration) {
	b.Helper()
	var mine, theirs []cost
	for range rounds {
		f.forget(b)
		mine = append(mine, f.ours(b))
		theirs = append(theirs, cost{wall: f.bare(b)})
	}
	return middle(mine), middle(theirs).wall
}

// forget puts the database back as it was before the mail came.
func (f *pullFigure) forget(b *testing.B) {
	b.Helper()
	path := f.program.database()
	for _, beside := range []string{"-wal", "-shm"} {
		if err := os.Remove(path + beside); err != nil && !os.IsNotExist(err) {
			b.Fatal(err)
		}
	}
	if err := os.WriteFile(path, f.database, 0o600); err != nil {
		b.Fatal(err)
	}
}

// sync runs the program over its one mailbox, due or not.
func (f *pullFigure) sync(b *testing.B) (cost, outreach.SyncStats) {
	b.Helper()
	return f.program.sync(b, "--mailbox", reader)
}

// ours has the program read the mail and checks what it made of it.
func (f *pullFigure) ours(b *testing.B) cost {
	b.Helper()
	c, stats := f.sync(b)
	replies := 0
	if f.answers {
		replies = f.messages
	}
	if stats.Messages != f.messages || stats.Replies != replies {
		b.Fatalf("read %d messages with %d replies, want %d with %d", stats.Messages, stats.Replies, f.messages, replies)
	}
	return c
}

func (f *pullFigure) bare(b *testing.B) time.Duration {
	b.Helper()
	began := time.Now()
	n, err := bareIMAP{net.JoinHostPort("127.0.0.1", strconv.Itoa(f.Port)), peers.Password, nil}.pull(reader, f.answers)
	if err != nil || n != f.messages {
		b.Fatalf("bare loop: %d of %d messages: %v", n, f.messages, err)
	}
	return time.Since(began)
}

// sync runs sync-mailboxes and returns what it says it did, with the time that the job took: start-up is a figure of its own.
func (p *program) sync(b *testing.B, args ...string) (cost, outreach.SyncStats) {
	b.Helper()
	c := p.run(b, append([]string{"sync-mailboxes", "--json", "--max-runtime", "10m"}, args...)...)
	var run struct {
		DurationMs int64
		Stats      outreach.SyncStats
	}
	if err := json.Unmarshal(c.out, &run); err != nil {
		b.Fatal(err)
	}
	c.wall = time.Duration(run.DurationMs) * time.Millisecond
	return c, run.Stats
}

// lookAround is what happens most: many mailboxes far away in which nothing has come.
func lookAround(b *testing.B, r *report) {
	const boxes, atOnce = 200, 32
	d := peers.Dovecot(b, peers.DovecotOptions{})
	address := distance(b, net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Port)), 40*time.Millisecond)
	p := r.program(b)
	p.set("MAX_CONNECTIONS="+strconv.Itoa(atOnce), "MAX_CONNECTIONS_PER_HOST="+strconv.Itoa(atOnce))
	quiet := quietMailboxes(b, d, address, boxes)
	engine := openSQLite(b, p.database())
	fill(b, engine, quiet, 0)
	closeEngine(b, engine)
	p.sync(b) // first sight
	users := make([]string, boxes)
	for i, mb := range quiet {
		users[i] = mb.Email
	}
	bare := bareLook{Address: address, Password: peers.Password, Users: users, Connections: atOnce}
	var ours, theirs []cost
	for range r.pick(5, 2) {
		p.dueNow(b)
		c, stats := p.sync(b)
		if stats.Unchanged != boxes {
			b.Fatalf("%d of %d mailboxes were found unchanged: %+v", stats.Unchanged, boxes, stats)
		}
		ours, theirs = append(ours, c), append(theirs, cost{wall: apart(b, reference{IMAP: &bare})})
	}
	mine, other := middle(ours), middle(theirs)
	r.add(b, row{
		figure: fmt.Sprintf("sync: %d mailboxes without new mail, 40 ms away, %d connections", boxes, atOnce),
		ours:   span(mine.wall), reference: span(other.wall), ratio: times(mine.wall, other.wall), goal: "≤ 1.3", peak: mine.peak,
	})
}

// quietMailboxes are mailboxes with one old message each, behind an address.
func quietMailboxes(b *testing.B, d *peers.DovecotServer, address string, n int) []*outreach.Mailbox {
	b.Helper()
	host, port, _ := net.SplitHostPort(address)
	boxes := mailboxes(n)
	rnd := rand.New(rand.NewPCG(3, 4))
	for i, mb := range boxes {
		d.Deliver(b, mb.Email, letter(rnd, "stranger@elsewhere.example", mb.Email, "", i))
		mb.IMAP, mb.ClearIMAPPassword = d.IMAP(mb.Email, outreach.SecurityNone), peers.Password
		mb.IMAP.Host = host
		mb.IMAP.Port, _ = strconv.Atoi(port)
	}
	return boxes
}

// dueNow makes every mailbox due again, as if a few minutes had passed.
func (p *program) dueNow(b *testing.B) {
	b.Helper()
	engine := openSQLite(b, p.database())
	defer closeEngine(b, engine)
	makeDue(b, engine)
}

func makeDue(b *testing.B, engine store.Engine) {
	b.Helper()
	due := bson.D{{Key: "$set", Value: bson.D{{Key: "nextSyncAt", Value: store.Millis(time.Now().Add(-time.Minute))}}}}
	all := bson.D{{Key: "status", Value: outreach.MailboxActive}}
	if _, err := engine.Write(b.Context(), []store.Write{{Kind: store.UpdateMany, Collection: store.Mailboxes, Filter: all, Update: due}}); err != nil {
		b.Fatal(err)
	}
}

// roundTrips counts what an unchanged mailbox costs the store, one after the other so that none shares another's.
func roundTrips(b *testing.B, r *report) {
	const boxes = 50
	d := peers.Dovecot(b, peers.DovecotOptions{})
	engine := openSQLite(b, filepath.Join(b.TempDir(), "m.db"))
	defer closeEngine(b, engine)
	keys, err := mailbox.ParseKeys(mailbox.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	filled := fill(b, engine, quietMailboxes(b, d, net.JoinHostPort("127.0.0.1", strconv.Itoa(d.Port)), boxes), 0)
	syncer := &inbox.Syncer{
		Store: filled.Store, Dialer: &mailbox.Dialer{Keyring: keys}, Keyring: keys, Self: store.Self(), Concurrency: 1, BackfillDays: 30,
		Draw: rand.Float64, Log: slog.New(slog.DiscardHandler),
	}
	run := func() (*outreach.SyncStats, int64) {
		before := engine.RoundTrips()
		stats, err := syncer.Run(b.Context(), inbox.Options{Deadline: time.Now().Add(time.Minute)})
		if err != nil {
			b.Fatal(err)
		}
		return stats, engine.RoundTrips() - before
	}
	run() // first sight
	_, idle := run()
	makeDue(b, engine)
	stats, busy := run()
	if stats.Unchanged != boxes {
		b.Fatalf("%d of %d mailboxes were found unchanged", stats.Unchanged, boxes)
	}
	each := float64(busy-idle) / boxes
	r.add(b, row{
		figure: "sync: store round trips per mailbox without new mail", ours: fmt.Sprintf("%.2f", each), reference: "lease, release", ratio: each / 2, goal: "≤ 2 each",
	})
}
