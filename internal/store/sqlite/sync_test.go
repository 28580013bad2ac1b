package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
)

// TestWritesWaitForTheDisk: a write is reported when the log was synced, a lazy one before. The log is that of the file to which a link leads.
func TestWritesWaitForTheDisk(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "link.db")
	if err := os.Symlink(filepath.Join(dir, "file.db"), path); err != nil {
		t.Skip(err)
	}
	e := openAt(t, path, sqlite.Options{})
	insert := func(id string, lazy bool) error {
		_, err := e.Write(t.Context(), []store.Write{{
			Kind: store.Insert, Collection: store.Users, Document: bson.D{{Key: "_id", Value: id}, {Key: "email", Value: id}}, Lazy: lazy,
		}})
		return err
	}
	if err := insert("a", false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(e.Log()); err != nil {
		t.Fatalf("what is synced is not there: %v", err)
	}
	log := e.Log()
	e.SetLog(dir) // cannot be opened for writing
	if err := insert("b", true); err != nil {
		t.Errorf("a lazy write waited: %v", err)
	}
	if err := insert("c", false); !errors.Is(err, store.ErrUnreachable) {
		t.Errorf("a write that was not synced: %v, want it to be reported", err)
	}
	e.SetLog(log)
	if err := insert("d", false); err != nil {
		t.Error(err)
	}
}
