package sqlite

import (
	"bytes"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// FuzzDocument has any bytes for a document: reading its columns, cutting it down and editing it must not panic, and an edit that is taken
// back must leave what was there.
func FuzzDocument(f *testing.F) {
	for _, doc := range []any{
		bson.D{},
		bson.D{{Key: "uid", Value: "x"}, {Key: "from", Value: bson.D{{Key: "address", Value: nil}}}, {Key: "effects", Value: bson.A{1, "a"}}},
		bson.D{{Key: "receivedAt", Value: 1.5}, {Key: "classification", Value: bson.D{{Key: "status", Value: bson.NewObjectID()}}}},
	} {
		raw, err := bson.Marshal(doc)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
		f.Add(raw[:len(raw)/2])
	}
	for _, size := range []string{"\x00\x00\x00\x00", "\xff\xff\xff\xff", "\xff\xff\xff\x7f", "\x01\x00\x00\x00"} { // strings of a wrong length
		element := "\x02kind\x00" + size + "x"
		f.Add(append([]byte{byte(5 + len(element)), 0, 0, 0}, element+"\x00"...))
	}
	var replies *table
	for _, def := range store.Collections {
		if def.Name == store.Replies {
			replies = newTable(def, nil)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = only(data, []string{"from"})
		doc, err := openDocument(data)
		if err != nil {
			return
		}
		_, _ = replies.row(doc)
		if doc.index("new") >= 0 {
			return
		}
		before := doc.document()
		set, unset := become(rawValue("v"), true), become(missing, false)
		if doc, err = doc.edit("new.field", &set); err != nil {
			t.Fatal(err)
		}
		if got, _ := doc.lookup([]string{"new", "field"}).StringValueOK(); got != "v" {
			t.Fatalf("the new field reads %q", got)
		}
		if doc, err = doc.edit("new", &unset); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(doc.document(), before) {
			t.Fatalf("%x became %x", before, doc.document())
		}
	})
}

// BenchmarkEdit is what SQLite has done to a recipient's document when a message was sent.
func BenchmarkEdit(b *testing.B) {
	id, now := bson.NewObjectID(), time.Now()
	doc, err := marshal(nil, &outreach.Recipient{
		ID: id, SequenceID: id, Email: "grace@navy.example", FirstName: "Grace", LastName: "Hopper", State: outreach.StateQueued, NextSendAt: &now, CreatedAt: now,
		Variables: map[string]string{"city": "Arlington", "industry": "Navy"}, Claim: &outreach.Lease{Owner: "me", Token: "t", Until: now},
	})
	if err != nil {
		b.Fatal(err)
	}
	u, err := compileUpdate(bson.D{
		{Key: "$set", Value: bson.D{{Key: "state", Value: "active"}, {Key: "nextSendAt", Value: now}, {Key: "step", Value: 1}, {Key: "lastSentAt", Value: now}}},
		{Key: "$unset", Value: bson.D{{Key: "claim", Value: ""}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	var e editor
	e.begin(&op{update: u})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.edit([]byte(doc)); err != nil {
			b.Fatal(err)
		}
	}
}
