package bench

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/sandbox"
	"mailrun/internal/sandbox/peers"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// sendAll is the whole path into a server that takes everything at once: claim, render, compose, history durable before DATA, SMTP, record.
func sendAll(b *testing.B, r *report) {
	for _, kind := range databases() {
		for _, connections := range []int{10, 50} {
			b.Run(fmt.Sprintf("%s-%d", kind.Name, connections), func(b *testing.B) { sendOver(b, r, kind, connections) })
		}
	}
}

func sendOver(b *testing.B, r *report, kind storetest.Engine, connections int) {
	server, address := discardServer(b)
	f := sendFigure{kind: kind, address: address, boxes: 50, messages: r.pick(20_000, 4000), connections: connections, logIn: server == "sandbox"}
	name, note := protocol(kind)
	goal, rounds := "≥ 0.6, ≤ 100 MB", r.pick(3, 1)
	if note != "" { // the stand-in for the database works on the same cores; what counts are the round trips
		goal, rounds = "≤ 100 MB", 1
	}
	ours, bare := f.both(b, r, rounds)
	figure := fmt.Sprintf("send %d, 50 mailboxes, %d connections, %s", f.messages, connections, name)
	r.add(b, row{
		figure: figure + ", " + server, ours: perSecond(f.messages, ours.wall), reference: perSecond(f.messages, bare) + " bare SendMessage",
		ratio: times(bare, ours.wall), goal: goal, peak: ours.peak, note: note,
	})
	if f.load.requests == 0 {
		return
	}
	each := float64(f.load.requests) / float64(f.messages)
	r.add(b, row{
		figure: figure + ": round trips for each message, the run's own included", note: note,
		ours: fmt.Sprintf("%.2f, %s of the server's processor", each, span(f.load.cpu/time.Duration(f.messages))), reference: "3 round trips", ratio: each / 3, goal: "≤ 1",
	})
}

// discardServer is smtp-sink where it is installed, else the sandbox.
func discardServer(b *testing.B) (name, address string) {
	b.Helper()
	for _, path := range []string{"smtp-sink", "/usr/sbin/smtp-sink"} {
		if _, err := exec.LookPath(path); err == nil {
			return "smtp-sink", peers.SMTPSink(b)
		}
	}
	return "sandbox", world(b, sandbox.Options{}).SMTPAddr()
}

// password opens every account of the sandbox.
const password = "secret"

// world starts a sandbox that keeps nothing and knows every address.
func world(b *testing.B, o sandbox.Options) *sandbox.World {
	b.Helper()
	o.AnyAccount, o.AnyRecipient, o.Discard = password, true, true
	w, err := sandbox.Start(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(w.Close)
	return w
}

// sendFigure is one measurement of sending: the same messages to the same server over the same number of connections, by the program and
// by a bare loop.
type sendFigure struct {
	kind                         storetest.Engine
	address                      string
	boxes, messages, connections int
	load                         load   // on the database's server, by the program
	logIn                        bool   // the bare loop too; smtp-sink's answer to it is not the one that the library waits for
	roots                        []byte // whom the server's certificate is signed by, in PEM; nil means without TLS
	gap                          bool   // after its message each mailbox rests for longer than the run takes, so that every one of them sends
}

// both measures the program and the bare loop by turns. The median of the rounds counts, and the highest peak.
func (f *sendFigure) both(b *testing.B, r *report, rounds int) (ours cost, bare time.Duration) {
	b.Helper()
	ours.wall, bare = inTurns(rounds, func() time.Duration {
		c := f.ours(b, r)
		ours.peak = max(ours.peak, c.peak)
		return c.wall
	}, func() time.Duration { return f.bare(b) })
	return ours, bare
}

// ours fills a database and has the program send it out.
func (f *sendFigure) ours(b *testing.B, r *report) cost {
	b.Helper()
	p := r.program(b)
	most := strconv.Itoa(f.connections)
	place := f.fill(b)
	p.set(setting(f.kind, place), "MAX_CONNECTIONS="+most, "MAX_CONNECTIONS_PER_HOST="+most, "MAILBOX_SYNC_ENABLED=false")
	if f.roots != nil {
		p.trust(b, f.roots)
	}
	before := loadOf(b, f.kind, place)
	c := p.send(b, f.messages)
	after := loadOf(b, f.kind, place)
	f.load = load{after.requests - before.requests, after.cpu - before.cpu}
	return c
}

// fill makes a database with everything that the figure sends and returns its place.
func (f *sendFigure) fill(b *testing.B) (place string) {
	b.Helper()
	engine, place := f.kind.OpenPlace(b)
	f.fillEngine(b, engine)
	return place
}

func (f *sendFigure) fillEngine(b *testing.B, engine store.Engine) *data {
	b.Helper()
	host, port, err := net.SplitHostPort(f.address)
	if err != nil {
		b.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	boxes, security := mailboxes(f.boxes), outreach.SecurityNone
	if f.roots != nil {
		security = outreach.SecuritySTARTTLS
	}
	for _, mb := range boxes {
		mb.SMTP = outreach.Server{Host: host, Port: number, Security: security, Username: mb.Email, Auth: outreach.AuthPassword}
		mb.ClearSMTPPassword = password
	}
	d := fill(b, engine, boxes, f.messages)
	if f.gap {
		all := bson.D{{Key: "status", Value: outreach.MailboxActive}}
		rest := bson.D{{Key: "$set", Value: bson.D{{Key: "minGapSeconds", Value: 3600}}}}
		if _, err := engine.Write(b.Context(), []store.Write{{Kind: store.UpdateMany, Collection: store.Mailboxes, Filter: all, Update: rest}}); err != nil {
			b.Fatal(err)
		}
	}
	return d
}

// send runs run-sequences and checks that it sent what it should.
func (p *program) send(b *testing.B, want int) cost {
	b.Helper()
	args := []string{"run-sequences", "--json", "--max-runtime", "10m"}
	c := p.run(b, args...)
	var run outreach.CronRunLog
	if err := json.Unmarshal(c.out, &run); err != nil {
		b.Fatal(err)
	}
	if sent, _ := run.Stats["sent"].(float64); int(sent) != want {
		b.Fatalf("sent %v of %d: %v", sent, want, run.Stats)
	}
	c.wall = time.Duration(run.DurationMs) * time.Millisecond // start-up is a figure of its own
	return c
}

// bare is the same messages by the library alone.
func (f *sendFigure) bare(b *testing.B) time.Duration {
	return apart(b, reference{SMTP: &bareSMTP{
		Address: f.address, Roots: string(f.roots), Boxes: f.boxes, Messages: f.messages, Connections: f.connections, LogIn: f.logIn,
	}})
}
