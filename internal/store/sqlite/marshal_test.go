package sqlite

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Documents of every type are written as the driver writes them, whatever is in them.
func TestMarshalAsTheDriver(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, document := range []any{
		&outreach.Reply{}, &outreach.Thread{}, &outreach.History{}, &outreach.Recipient{}, &outreach.Sequence{}, &outreach.Mailbox{},
		&outreach.Suppression{}, &outreach.CronRunLog{}, &outreach.User{}, &outreach.Session{}, &outreach.SyncStats{},
	} {
		v := reflect.ValueOf(document).Elem()
		for range 2000 {
			fillAtRandom(rnd, v, 0)
			for _, d := range []any{document, v.Interface()} {
				want, err := bson.Marshal(d)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := marshal(nil, d); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%s: %v\n%v\nis not\n%v", v.Type(), err, got, bson.Raw(want))
				}
			}
		}
	}
}

// Replies and threads, which syncs store most of, are not left to the driver.
func TestShapesAreKnown(t *testing.T) {
	for _, of := range []reflect.Type{reflect.TypeFor[outreach.Reply](), reflect.TypeFor[outreach.Thread](), reflect.TypeFor[outreach.History](), reflect.TypeFor[outreach.Recipient]()} {
		if _, ok := shapeOf(of, 0); !ok {
			t.Errorf("%s is left to the driver", of)
		}
	}
}

// What is written of one document holds nothing of the room in which the next one is made.
func TestDraftsAreNotKept(t *testing.T) {
	e := unopened()
	insert := func(text string) *op {
		o, err := e.compileWrite(store.Write{Kind: store.Insert, Collection: store.History, Document: &outreach.History{
			ID: bson.ObjectID{1}, To: text, From: text, Subject: text, Text: text, HTML: text, Status: outreach.HistoryStatus(text), References: []string{text},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	first := insert("words")
	before := fmt.Sprint(first.row, first.large)
	insert("other")
	if after := fmt.Sprint(first.row, first.large); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// unopened knows the tables, but has no file.
func unopened() *Engine {
	e := &Engine{tables: map[string]*table{}}
	for _, def := range store.Collections {
		e.tables[def.Name] = newTable(def, nil)
	}
	return e
}

// BenchmarkCompileInsert is what a history of text and HTML costs before it comes to SQLite.
func BenchmarkCompileInsert(b *testing.B) {
	e := unopened()
	id, now := bson.NewObjectID(), time.Now()
	w := store.Write{Kind: store.Insert, Collection: store.History, Document: &outreach.History{
		ID: id, SequenceRecipientID: id, SequenceID: id, MailboxID: id, To: "grace@navy.example", From: "ada@sender.example", Subject: "Question",
		Text: strings.Repeat("This is a line of an ordinary message that says something.\n", 30), MessageID: "<abcdefghijklmnopqrstuvwxyz@sender.example>",
		HTML:   strings.Repeat("<p style=\"font-family:Arial\">This is a line of an ordinary message.</p>\n", 42),
		Status: outreach.HistorySending, Attempts: 1, CreatedAt: now, UpdatedAt: now,
	}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.compileWrite(w); err != nil {
			b.Fatal(err)
		}
	}
}

// A key that would end early is refused, as the driver does.
func TestMarshalRefusesNUL(t *testing.T) {
	document := &outreach.Recipient{Variables: map[string]string{"a\x00b": "c"}}
	if _, err := bson.Marshal(document); err == nil {
		t.Log("the driver takes it")
	}
	if _, err := marshal(nil, document); err == nil {
		t.Error("a NUL in a key was written")
	}
}

// fillAtRandom puts anything into a value, now and then nothing. Maps have one key: their order is random.
func fillAtRandom(rnd *rand.Rand, v reflect.Value, depth int) {
	v.SetZero()
	if rnd.IntN(4) == 0 || depth > 6 {
		return
	}
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = time.UnixMilli(rnd.Int64N(1<<42) - 1<<40).Add(time.Duration(rnd.IntN(1e6)))
		return
	case *bson.ObjectID:
		*at = bson.NewObjectID()
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillAtRandom(rnd, v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fillAtRandom(rnd, f, depth+1)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rnd.IntN(12), 12))
		for i := range v.Len() {
			fillAtRandom(rnd, v.Index(i), depth+1)
		}
	case reflect.Map:
		value := reflect.New(v.Type().Elem()).Elem()
		fillAtRandom(rnd, value, depth+1)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("a.b$").Convert(v.Type().Key()), value)
	case reflect.String:
		v.SetString(strings.Repeat("ä\x00z", rnd.IntN(5)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rnd.NormFloat64())
	default:
		if n := rnd.Int64() >> rnd.IntN(64); v.CanInt() && !v.OverflowInt(n) {
			v.SetInt(n)
		} else if v.CanUint() && !v.OverflowUint(uint64(n)>>1) {
			v.SetUint(uint64(n) >> 1)
		}
	}
}
