package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/google/go-cmp/cmp"

	"mailrun/internal/sandbox/peers"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// envelope is what a message's header says, in whoever's reading.
type envelope struct {
	From, To           outreach.Address
	Subject, MessageID string
	Parts              []string
}

// Dovecot reads every message that Compose is tested with as it was meant: names, subjects, ids and parts.
func TestComposedMailReadByDovecot(t *testing.T) {
	d := peers.Dovecot(t, peers.DovecotOptions{})
	golden, err := filepath.Glob(filepath.FromSlash("../../pkg/message/testdata/compose/*.eml"))
	if err != nil || len(golden) == 0 {
		t.Fatalf("no composed messages: %v", err)
	}
	want := map[string]envelope{}
	for _, path := range golden {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		// All of them carry the same id; here each needs one of its own.
		m := message.Parse(raw)
		id := fmt.Sprintf("<%s@readback.example>", strings.TrimSuffix(filepath.Base(path), ".eml"))
		raw = []byte(strings.Replace(string(raw), m.MessageID, id, 1))
		d.Deliver(t, address("ann"), raw)
		e := envelope{From: m.From, To: m.To[0], Subject: m.Subject, MessageID: id}
		for _, p := range m.Parts {
			e.Parts = append(e.Parts, p.ContentType)
		}
		want[id] = e
	}
	if diff := cmp.Diff(want, envelopes(t, d)); diff != "" {
		t.Errorf("(-composed +read by Dovecot)\n%s", diff)
	}
}

// envelopes are the envelopes and structures of ann's messages in Dovecot's reading.
func envelopes(t *testing.T, d *peers.DovecotServer) map[string]envelope {
	t.Helper()
	c, err := imapclient.DialInsecure(fmt.Sprintf("localhost:%d", d.Port), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(address("ann"), peers.Password).Wait(); err != nil {
		t.Fatal(err)
	}
	box, err := c.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		t.Fatal(err)
	}
	all := imap.SeqSet{}
	all.AddRange(1, box.NumMessages)
	found, err := c.Fetch(all, &imap.FetchOptions{Envelope: true, BodyStructure: &imap.FetchItemBodyStructure{}}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]envelope{}
	for _, m := range found {
		e := envelope{Subject: m.Envelope.Subject, MessageID: "<" + m.Envelope.MessageID + ">"}
		e.From, e.To = person(m.Envelope.From), person(m.Envelope.To)
		m.BodyStructure.Walk(func(_ []int, part imap.BodyStructure) bool {
			if leaf, ok := part.(*imap.BodyStructureSinglePart); ok {
				e.Parts = append(e.Parts, strings.ToLower(leaf.MediaType()))
			}
			return true
		})
		got[e.MessageID] = e
	}
	return got
}

func person(list []imap.Address) outreach.Address {
	if len(list) != 1 {
		return outreach.Address{Name: fmt.Sprintf("%d addresses", len(list))}
	}
	return outreach.Address{Name: list[0].Name, Address: list[0].Addr()}
}
