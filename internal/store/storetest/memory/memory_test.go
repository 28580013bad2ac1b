package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// database is an empty database of a server in this process.
func database(t *testing.T) *mongo.Database {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go newServer().serve(listener)
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + listener.Addr().String()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Disconnect(context.Background()), listener.Close() })
	return client.Database("d")
}

func valueOf(t testing.TB, v any) bsoncore.Value {
	t.Helper()
	if v == nil {
		return bsoncore.Value{Type: bsoncore.TypeNull}
	}
	kind, data, err := bson.MarshalValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return bsoncore.Value{Type: bsoncore.Type(kind), Data: data}
}

// Values in MongoDB's order have keys in this order, and no key is the beginning of another's.
func TestKeys(t *testing.T) {
	decimal := func(text string) bson.Decimal128 {
		d, err := bson.ParseDecimal128(text)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	ordered := []any{
		bson.MinKey{}, nil, math.NaN(), math.Inf(-1), decimal("-1E+300"), int64(math.MinInt64), -1.5, int32(-1), 0.0, decimal("0.1"), 0.1, int32(1), 1.5, decimal("1.51"),
		int64(1)<<53 - 1, float64(1 << 53), int64(1)<<53 + 1, int64(math.MaxInt64), math.Inf(1), "", "a", "a\x00", "a\x00b", "ab", "b",
		bson.D{}, bson.D{{Key: "a", Value: 1}}, bson.D{{Key: "a", Value: 1}, {Key: "b", Value: nil}}, bson.D{{Key: "b", Value: 0}}, bson.D{{Key: "a", Value: "x"}},
		bson.A{}, bson.A{nil}, bson.A{1}, bson.A{1, 2}, bson.A{2}, bson.Binary{Data: []byte{9}}, bson.Binary{Data: []byte{1, 2}},
		bson.ObjectID{1}, bson.ObjectID{2}, false, true, time.Unix(-1, 0), time.Unix(0, 0), time.Unix(1, 0), bson.Timestamp{T: 1}, bson.Timestamp{T: 1, I: 2}, bson.MaxKey{},
	}
	for i := 1; i < len(ordered); i++ {
		a, b := appendKey(nil, valueOf(t, ordered[i-1])), appendKey(nil, valueOf(t, ordered[i]))
		if bytes.Compare(a, b) >= 0 || bytes.HasPrefix(b, a) {
			t.Errorf("%v has the key %x, %v the key %x", ordered[i-1], a, ordered[i], b)
		}
	}
	for _, same := range [][2]any{{int32(2), 2.0}, {int64(2), int32(2)}, {decimal("2.50"), 2.5}, {0.0, math.Copysign(0, -1)}, {int64(1) << 60, float64(1 << 60)}} {
		if a, b := appendKey(nil, valueOf(t, same[0])), appendKey(nil, valueOf(t, same[1])); !bytes.Equal(a, b) {
			t.Errorf("%v has the key %x, %v the key %x", same[0], a, same[1], b)
		}
	}
}

// A collection with indexes finds what one without finds by looking at each document, in the same order; after changes too.
func TestPlansFindTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		indexed, plain := newCollection("d.indexed"), newCollection("d.plain")
		for i, keys := range []bson.D{{{Key: "a", Value: 1}, {Key: "b", Value: 1}}, {{Key: "b", Value: -1}, {Key: "a", Value: 1}}, {{Key: "c.d", Value: 1}}, {{Key: "b", Value: 1}, {Key: "c.d", Value: -1}}} {
			spec := bson.D{{Key: "name", Value: fmt.Sprint(i)}, {Key: "key", Value: keys}}
			if i == 2 {
				spec = append(spec, bson.E{Key: "partialFilterExpression", Value: bson.D{{Key: "c.d", Value: bson.D{{Key: "$exists", Value: true}}}}})
			}
			ix, err := parseIndex(encode(t, spec))
			if err != nil {
				t.Fatal(err)
			}
			if err := indexed.addIndex(ix); err != nil {
				t.Fatal(err)
			}
		}
		scalar := rapid.SampledFrom([]any{nil, int32(0), int32(1), 1.0, int64(2), "x", "y", true})
		value := rapid.OneOf(scalar, rapid.Custom(func(t *rapid.T) any { return bson.A(rapid.SliceOfN(scalar, 0, 3).Draw(t, "list")) }))
		random := rapid.Custom(func(t *rapid.T) bson.D {
			doc := bson.D{}
			lists := 0 // of which an index can hold one
			for _, name := range []string{"a", "b", "c"} {
				v := value.Draw(t, name)
				if _, isList := v.(bson.A); isList {
					if lists++; lists > 1 {
						v = nil
					}
				}
				if name == "c" {
					v = bson.D{{Key: "d", Value: v}}
				}
				if rapid.IntRange(0, 4).Draw(t, "there") > 0 {
					doc = append(doc, bson.E{Key: name, Value: v})
				}
			}
			return doc
		})
		for i := range rapid.IntRange(0, 40).Draw(t, "documents") {
			doc := encode(t, append(bson.D{{Key: "_id", Value: i}}, random.Draw(t, "document")...))
			for _, c := range []*collection{indexed, plain} {
				if _, err := c.insert(doc); err != nil {
					t.Fatal(err)
				}
			}
		}
		comparison := rapid.Custom(func(t *rapid.T) bson.D {
			name := rapid.SampledFrom([]string{"a", "b", "c.d", "_id"}).Draw(t, "field")
			op := rapid.SampledFrom([]string{"$eq", "$in", "$nin", "$ne", "$gt", "$gte", "$lt", "$lte"}).Draw(t, "operator")
			var operand any = value.Draw(t, "operand")
			if strings.HasSuffix(op, "in") {
				operand = bson.A(rapid.SliceOfN(scalar, 0, 3).Draw(t, "operands"))
			}
			return bson.D{{Key: name, Value: bson.D{{Key: op, Value: operand}}}}
		})
		for range 5 {
			list := bson.A{bson.D{}}
			for _, one := range rapid.SliceOfN(comparison, 0, 3).Draw(t, "conditions") {
				list = append(list, one)
			}
			if rapid.Bool().Draw(t, "or") {
				list = append(list, bson.D{{Key: "$or", Value: bson.A{comparison.Draw(t, "one"), comparison.Draw(t, "other")}}})
			}
			f, err := parseFilter(encode(t, bson.D{{Key: "$and", Value: list}}))
			if err != nil {
				t.Fatal(err)
			}
			order := []part{{path{"_id"}, false}}
			if rapid.Bool().Draw(t, "sorted") {
				name := rapid.SampledFrom([]string{"a", "b", "c.d"}).Draw(t, "by")
				order = append([]part{{parsePath(name), rapid.Bool().Draw(t, "descending")}}, order...)
			}
			most := rapid.IntRange(0, 5).Draw(t, "limit")
			if diff := cmp.Diff(ids(plain.find(f, order, most)), ids(indexed.find(f, order, most))); diff != "" {
				t.Fatalf("%v, order %v, limit %d (-scanned +planned):\n%s", list, order, most, diff)
			}
			if rapid.Bool().Draw(t, "change") {
				u, err := parseUpdate(valueOf2(t, bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: scalar.Draw(t, "new")}}}, {Key: "$unset", Value: bson.D{{Key: "b", Value: ""}}}}))
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range []*collection{indexed, plain} {
					if r := c.first(f, order); r != nil {
						if _, err := c.change(r, u); err != nil {
							t.Fatal(err)
						}
					}
					if r := c.first(nil, []part{{path{"_id"}, true}}); r != nil {
						c.remove(r)
					}
				}
			}
		}
	})
}

func encode(t *rapid.T, doc any) bsoncore.Document {
	data, err := bson.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func valueOf2(t *rapid.T, doc bson.D) bsoncore.Value {
	return bsoncore.Value{Type: bsoncore.TypeEmbeddedDocument, Data: encode(t, doc)}
}

func ids(records []*record) []string {
	out := []string{}
	for _, r := range records {
		out = append(out, lookup(r.doc, "_id").String())
	}
	return out
}

// What the server does not know is an error with MongoDB's code, never silence.
func TestRefusals(t *testing.T) {
	db := database(t)
	x := func(op string, v any) bson.D { return bson.D{{Key: "x", Value: bson.D{{Key: op, Value: v}}}} }
	find := func(filter any, more ...bson.E) bson.D {
		return append(bson.D{{Key: "find", Value: "c"}, {Key: "filter", Value: filter}}, more...)
	}
	change := func(update any) bson.D {
		return bson.D{{Key: "findAndModify", Value: "c"}, {Key: "query", Value: bson.D{}}, {Key: "update", Value: update}}
	}
	aggregate := func(stages ...any) bson.D {
		return bson.D{{Key: "aggregate", Value: "c"}, {Key: "cursor", Value: bson.D{}}, {Key: "pipeline", Value: bson.A(stages)}}
	}
	if _, err := db.Collection("c").InsertOne(t.Context(), bson.D{{Key: "text", Value: "t"}}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		command bson.D
		code    int
	}{
		"command":          {bson.D{{Key: "mapReduce", Value: "c"}}, 59},
		"argument":         {find(bson.D{}, bson.E{Key: "hint", Value: "x"}), 40415},
		"operator":         {find(x("$regex", "a")), 2},
		"top operator":     {find(bson.D{{Key: "$where", Value: "1"}}), 2},
		"empty $or":        {find(bson.D{{Key: "$or", Value: bson.A{}}}), 2},
		"regex":            {find(bson.D{{Key: "x", Value: bson.Regex{Pattern: "a"}}}), 2},
		"sort":             {find(bson.D{}, bson.E{Key: "sort", Value: bson.D{{Key: "x", Value: "text"}}}), 2},
		"projection":       {find(bson.D{}, bson.E{Key: "projection", Value: bson.D{{Key: "x", Value: 0}}}), 2},
		"update operator":  {change(bson.D{{Key: "$rename", Value: bson.D{{Key: "x", Value: "y"}}}}), 9},
		"modifier":         {change(bson.D{{Key: "$push", Value: x("$each", bson.A{1})}}), 2},
		"pipeline update":  {change(bson.A{}), 9},
		"stage":            {aggregate(bson.D{{Key: "$lookup", Value: bson.D{}}}), 40324},
		"accumulator":      {aggregate(bson.D{{Key: "$group", Value: bson.D{{Key: "_id", Value: nil}, {Key: "n", Value: bson.D{{Key: "$avg", Value: "$x"}}}}}}), 15952},
		"cursor":           {bson.D{{Key: "getMore", Value: int64(77)}, {Key: "collection", Value: "c"}}, 43},
		"index option":     {bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "x", Value: 1}}}, {Key: "name", Value: "x"}, {Key: "collation", Value: bson.D{}}}}}}, 197},
		"index of a kind":  {bson.D{{Key: "createIndexes", Value: "c"}, {Key: "indexes", Value: bson.A{bson.D{{Key: "key", Value: bson.D{{Key: "x", Value: "2dsphere"}}}, {Key: "name", Value: "x"}}}}}, 2},
		"explain of other": {bson.D{{Key: "explain", Value: bson.D{{Key: "count", Value: "c"}}}}, 2},
		"$inc of text":     {change(bson.D{{Key: "$inc", Value: bson.D{{Key: "text", Value: 1}}}}), 14},
		"below text":       {change(bson.D{{Key: "$set", Value: bson.D{{Key: "text.x", Value: 1}}}}), 28},
		"conflict":         {change(bson.D{{Key: "$set", Value: bson.D{{Key: "a.b", Value: 1}, {Key: "a", Value: 1}}}}), 40},
		"_id":              {change(bson.D{{Key: "$set", Value: bson.D{{Key: "_id", Value: 1}}}}), 66},
		"drop nothing":     {bson.D{{Key: "dropIndexes", Value: "c"}, {Key: "index", Value: "x"}}, 27},
	} {
		err := db.RunCommand(t.Context(), tc.command).Err()
		if server, ok := errors.AsType[mongo.ServerError](err); !ok || !server.HasErrorCode(tc.code) {
			t.Errorf("%s: got %v, want code %d", name, err, tc.code)
		}
	}
}

// Every client that asks for a free document gets one of its own.
func TestClaims(t *testing.T) {
	c := database(t).Collection("c")
	const n, clients = 200, 8
	var docs []any
	for i := range n {
		docs = append(docs, bson.D{{Key: "_id", Value: i}, {Key: "due", Value: n - i}})
	}
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Indexes().CreateOne(t.Context(), mongo.IndexModel{Keys: bson.D{{Key: "owner", Value: 1}, {Key: "due", Value: 1}}}); err != nil {
		t.Fatal(err)
	}
	var got atomic.Int64
	var group errgroup.Group
	for range clients {
		group.Go(func() error {
			for {
				free := bson.D{{Key: "owner", Value: nil}}
				first := options.FindOneAndUpdate().SetSort(bson.D{{Key: "due", Value: 1}})
				err := c.FindOneAndUpdate(t.Context(), free, bson.D{{Key: "$set", Value: bson.D{{Key: "owner", Value: "me"}}}, {Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}, first).Err()
				if errors.Is(err, mongo.ErrNoDocuments) {
					return nil
				}
				if err != nil {
					return err
				}
				got.Add(1)
			}
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	once, err := c.CountDocuments(t.Context(), bson.D{{Key: "n", Value: 1}})
	if err != nil || once != n || got.Load() != n {
		t.Errorf("%d claimed, %d of them once (%v), want %d", got.Load(), once, err, n)
	}
}

// An answer of many documents comes in batches, all of them as they were when it was asked for.
func TestBatches(t *testing.T) {
	c := database(t).Collection("c")
	const n = 1000
	var docs []any
	for i := range n {
		docs = append(docs, bson.D{{Key: "_id", Value: i}})
	}
	if _, err := c.InsertMany(t.Context(), docs); err != nil {
		t.Fatal(err)
	}
	cursor, err := c.Find(t.Context(), bson.D{}, options.Find().SetBatchSize(7).SetSort(bson.D{{Key: "_id", Value: -1}}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteMany(t.Context(), bson.D{}); err != nil {
		t.Fatal(err)
	}
	want := n
	for cursor.Next(t.Context()) {
		want--
		if id := cursor.Current.Lookup("_id").AsInt64(); id != int64(want) {
			t.Fatalf("got %d, want %d", id, want)
		}
	}
	if err := cursor.Err(); err != nil || want != 0 {
		t.Errorf("%d documents are missing (%v)", want, err)
	}
}
