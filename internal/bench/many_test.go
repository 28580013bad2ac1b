package bench

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// manyConnections is how many mailboxes are read at once where there are thousands.
const manyConnections = 128

// lookMany reads as many mailboxes as a host may have, in which nothing has come: on servers of this machine, and then the same far away. The
// servers are the sandbox's, since ten thousand logins would be a figure of Dovecot's.
func lookMany(b *testing.B, r *report) {
	boxes := r.pick(10_000, 1000)
	w := world(b, sandbox.Options{TLS: true})
	engine, place := storetest.SQLite().OpenPlace(b)
	users := fillReaders(b, engine, w, boxes)
	p := r.program(b)
	most := strconv.Itoa(manyConnections)
	p.set(setting(storetest.SQLite(), place), "MAX_CONNECTIONS="+most, "MAX_CONNECTIONS_PER_HOST="+most)
	p.trust(b, w.RootPEM())
	p.sync(b) // first sight
	for _, t := range []struct {
		far      time.Duration
		security outreach.Security
	}{{0, outreach.SecurityNone}, {0, outreach.SecuritySTARTTLS}, {distant, outreach.SecurityNone}} {
		bare := bareLook{Address: w.IMAPAddr(), Password: password, Users: users, Connections: manyConnections}
		if t.far > 0 {
			bare.Address = distance(b, bare.Address, t.far)
		}
		tls := t.security == outreach.SecuritySTARTTLS
		if tls {
			bare.Roots = string(w.RootPEM())
		}
		moveReaders(b, engine, bare.Address, t.security)
		ours, stats := p.sync(b)
		if stats.Unchanged != boxes {
			b.Fatalf("%d of %d mailboxes were found unchanged: %+v", stats.Unchanged, boxes, stats)
		}
		theirs := apart(b, reference{IMAP: &bare})
		r.add(b, row{
			figure: fmt.Sprintf("sync: %d mailboxes without new mail, %s, %d connections%s", boxes, away(t.far), manyConnections, secured(tls)),
			ours:   span(ours.wall), reference: span(theirs), ratio: times(ours.wall, theirs), goal: "≤ 1.5, ≤ 150 MB, ≤ 2 min", peak: ours.peak,
		})
	}
}

// fillReaders stores mailboxes of a world and returns their names.
func fillReaders(b *testing.B, engine store.Engine, w *sandbox.World, n int) []string {
	b.Helper()
	boxes, users := mailboxes(n), make([]string, n)
	for i, mb := range boxes {
		mb.IMAP, mb.ClearIMAPPassword, users[i] = server(w.IMAPAddr(), mb.Email), password, mb.Email
	}
	fill(b, engine, boxes, 0)
	return users
}

// moveReaders has every mailbox be read at an address, with TLS or without, and due.
func moveReaders(b *testing.B, engine store.Engine, address string, security outreach.Security) {
	b.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		b.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	move := store.Write{
		Kind: store.UpdateMany, Collection: store.Mailboxes, Filter: bson.D{{Key: "status", Value: outreach.MailboxActive}},
		Update: bson.D{{Key: "$set", Value: bson.D{{Key: "imap.port", Value: number}, {Key: "imap.security", Value: security}}}},
	}
	if _, err := engine.Write(b.Context(), []store.Write{move}); err != nil {
		b.Fatal(err)
	}
	makeDue(b, engine)
}
