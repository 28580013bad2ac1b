package mongo

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.uber.org/goleak"

	"mailrun/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// CreateIndex makes an index as another application would.
func CreateIndex(t *testing.T, e *Engine, collection, name, key string) error {
	t.Helper()
	return create(t.Context(), e.collections[collection], store.Index{Name: name, Keys: []string{key}})
}

// IndexNames lists the indexes of a collection.
func IndexNames(t *testing.T, e *Engine, collection string) map[string]bool {
	t.Helper()
	specs, err := e.collections[collection].Indexes().ListSpecifications(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, s := range specs {
		names[s.Name] = true
	}
	return names
}

func TestParseURI(t *testing.T) {
	for uri, want := range map[string]place{
		"mongodb://localhost":                          {hosts: "localhost"},
		"mongodb://localhost/?w=1":                     {hosts: "localhost"},
		"mongodb://localhost?w=1":                      {hosts: "localhost"},
		"mongodb://a:1,b:2/mail":                       {hosts: "a:1,b:2", database: "mail"},
		"mongodb+srv://me:p%40ss@x.example.net/m?tls=": {hosts: "x.example.net", database: "m", password: "p%40ss"},
		"mongodb://me:p@ss@h/m":                        {hosts: "h", database: "m", password: "p@ss"},
		"nonsense":                                     {},
	} {
		if diff := cmp.Diff(want, parseURI(uri), cmp.AllowUnexported(place{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", uri, diff)
		}
	}
}

// TestNextOps proves that batches of one shape take as many requests as one, and that no batch's order changes.
func TestNextOps(t *testing.T) {
	newBatch := func(collections ...string) *batch {
		b := &batch{ctx: t.Context()}
		for _, name := range collections {
			b.todo = append(b.todo, &op{batch: b, collection: collection{def: store.Collection{Name: name}}})
		}
		return b
	}
	group := []*batch{newBatch("h", "h", "r"), newBatch("h", "r", "m"), newBatch("m"), newBatch("h", "r")}
	var requests []string
	for ops := nextOps(group); len(ops) > 0; ops = nextOps(group) {
		text := ops[0].collection.def.Name
		for _, o := range ops {
			for i, b := range group {
				if o.batch == b {
					text += string(rune('0' + i))
				}
			}
		}
		requests = append(requests, text)
	}
	if diff := cmp.Diff([]string{"h0013", "r013", "m12"}, requests); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestGroupContext(t *testing.T) {
	first, endFirst := context.WithCancel(t.Context())
	second, endSecond := context.WithTimeout(t.Context(), time.Hour)
	ctx, cancel := groupContext([]*batch{{ctx: first}, {ctx: second}})
	defer cancel()
	endFirst()
	if ctx.Err() != nil {
		t.Error("one caller's end ended the group")
	}
	endSecond()
	<-ctx.Done()
}

func TestTranslate(t *testing.T) {
	var none []string
	filter := bson.D{
		{Key: "a", Value: bson.D{{Key: "$exists", Value: true}}},
		{Key: "b", Value: bson.D{{Key: "$in", Value: none}}},
		{Key: "$or", Value: bson.A{bson.D{{Key: "c", Value: bson.D{{Key: "$exists", Value: false}}}}, bson.D{{Key: "d", Value: true}}}},
	}
	want := bson.D{
		{Key: "a", Value: bson.D{{Key: "$nin", Value: bson.A{nil}}}},
		{Key: "b", Value: bson.D{{Key: "$in", Value: bson.A{}}}},
		{Key: "$or", Value: bson.A{bson.D{{Key: "c", Value: bson.D{{Key: "$in", Value: bson.A{nil}}}}}, bson.D{{Key: "d", Value: true}}}},
	}
	if diff := cmp.Diff(want, translate(filter)); diff != "" {
		t.Errorf("the filter (-want +got):\n%s", diff)
	}
}

func TestRedact(t *testing.T) {
	e := &Engine{password: "p%40ss"}
	if got := e.redact("p%40ss and p@ss and pass"); got != "[hidden] and [hidden] and pass" {
		t.Errorf("got %q", got)
	}
}

// The pool fits the runs, unless the operator's URI says otherwise.
func TestPool(t *testing.T) {
	for uri, want := range map[string][2]uint64{
		"mongodb://localhost/":                               {poolSize, poolOpensMost},
		"mongodb://localhost/?maxPoolSize=7&maxConnecting=3": {7, 3},
	} {
		opts := new(Engine).options(uri)
		if got := [2]uint64{*opts.MaxPoolSize, *opts.MaxConnecting}; got != want {
			t.Errorf("%s: pool size and connections opened at once = %v, want %v", uri, got, want)
		}
	}
}
