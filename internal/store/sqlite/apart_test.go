package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
)

// Large fields that lie apart are part of their document in every read, follow every kind of write, and go with it.
func TestApart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mailrun.db")
	e := openAt(t, path, sqlite.Options{})
	filter := bson.D{{Key: "_id", Value: "a"}}
	change := func(kind store.WriteKind, update bson.D) {
		t.Helper()
		write(t, e, store.Write{Kind: kind, Collection: store.History, Filter: filter, Update: update})
	}
	want := func(fields []string, doc bson.M) {
		t.Helper()
		var got bson.M
		err := e.Find(t.Context(), store.Query{Collection: store.History, Filter: filter, Fields: fields}, func(raw bson.Raw) error {
			return bson.Unmarshal(raw, &got)
		})
		if diff := cmp.Diff(doc, got); err != nil || diff != "" {
			t.Errorf("(-want +got) %v\n%s", err, diff)
		}
	}
	write(t, e, store.Write{Kind: store.Insert, Collection: store.History, Document: bson.D{
		{Key: "_id", Value: "a"}, {Key: "text", Value: "t"}, {Key: "status", Value: "sending"}, {Key: "html", Value: "h"},
	}})
	want(nil, bson.M{"_id": "a", "text": "t", "html": "h", "status": "sending"})
	want([]string{"status"}, bson.M{"_id": "a", "status": "sending"})
	want([]string{"html"}, bson.M{"_id": "a", "html": "h"})

	change(store.Update, bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "sent"}}}})
	want(nil, bson.M{"_id": "a", "text": "t", "html": "h", "status": "sent"})
	change(store.UpdateMany, bson.D{{Key: "$set", Value: bson.D{{Key: "text", Value: "new"}}}, {Key: "$unset", Value: bson.D{{Key: "html", Value: ""}}}})
	want(nil, bson.M{"_id": "a", "text": "new", "status": "sent"})

	if _, err := raw(t, path).Exec("VACUUM"); err != nil { // as a person may do
		t.Fatal(err)
	}
	want([]string{"text"}, bson.M{"_id": "a", "text": "new"})

	doc, err := e.FindOneAndUpdate(t.Context(), store.Query{Collection: store.History, Filter: filter}, bson.D{{Key: "$set", Value: bson.D{{Key: "step", Value: int32(2)}}}})
	if err != nil || doc.Lookup("text").StringValue() != "new" {
		t.Errorf("got %v, %v", doc, err)
	}
	write(t, e, store.Write{Kind: store.Replace, Collection: store.History, Document: bson.D{{Key: "_id", Value: "a"}, {Key: "html", Value: "only"}}})
	want(nil, bson.M{"_id": "a", "html": "only"})
	change(store.Upsert, bson.D{{Key: "$unset", Value: bson.D{{Key: "html", Value: ""}}}})
	want(nil, bson.M{"_id": "a"})

	change(store.Upsert, bson.D{{Key: "$set", Value: bson.D{{Key: "text", Value: "again"}}}})
	write(t, e, store.Write{Kind: store.Delete, Collection: store.History, Filter: filter})
	change(store.Upsert, bson.D{{Key: "$set", Value: bson.D{{Key: "status", Value: "sent"}}}})
	want(nil, bson.M{"_id": "a", "status": "sent"})
	change(store.DeleteMany, nil)
	var left int
	if err := raw(t, path).QueryRow("SELECT count(*) FROM email_history_apart").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d large fields are left without their documents, %v", left, err)
	}
}
