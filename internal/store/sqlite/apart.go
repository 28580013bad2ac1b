package sqlite

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// The large fields of a document (store.Collection.Apart) lie in a table of their own, under the row of the document that they belong to.
// SQLite writes a row anew for every change: without them the small changes that follow a message's text write a tenth.

// apartName is the table of the large fields, and of the trigger that deletes them with their document.
func (t *table) apartName() string {
	return quote(strings.Trim(t.name, `"`) + "_apart")
}

// createApart are the statements that make the table of the large fields.
func (t *table) createApart() []string {
	if len(t.def.Apart) == 0 {
		return nil
	}
	return []string{
		"CREATE TABLE IF NOT EXISTS " + t.apartName() + " (id INTEGER PRIMARY KEY, doc BLOB NOT NULL)",
		"CREATE TRIGGER IF NOT EXISTS " + quote(strings.Trim(t.name, `"`)+"_delete") + " AFTER DELETE ON " + t.name +
			" BEGIN DELETE FROM " + t.apartName() + " WHERE id = old.rowid; END",
	}
}

// columnsOf are the columns to read for documents with these fields, all if none are named.
func (t *table) columnsOf(fields []string) string {
	if !t.reachesApart(fields) {
		return "doc"
	}
	return "doc, (SELECT apart.doc FROM " + t.apartName() + " AS apart WHERE apart.id = " + t.name + ".rowid)"
}

// reachesApart tells whether large fields are among these; no fields are all fields.
func (t *table) reachesApart(fields []string) bool {
	return len(t.def.Apart) > 0 && (len(fields) == 0 || slices.ContainsFunc(fields, t.isApart))
}

func (t *table) isApart(field string) bool { return slices.Contains(t.def.Apart, field) }

// split parts the fields of a document into those that are kept with it and the large ones, which it moves behind the others.
func (t *table) split(all fields) (small, large fields) {
	n := 0 // small fields so far
	for i, el := range all {
		if !slices.ContainsFunc(t.def.Apart, func(name string) bool { return hasName(el, name) }) {
			copy(all[n+1:i+1], all[n:i])
			all[n] = el
			n++
		}
	}
	return all[:n], all[n:]
}

// join puts a document together of the columns that were read.
func join(row []driver.Value) (bson.Raw, error) {
	doc, _ := row[0].([]byte)
	if len(row) < 2 || row[1] == nil || len(doc) < emptyDocument {
		return doc, nil
	}
	packed, _ := row[1].([]byte)
	large, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	whole := make([]byte, 0, len(doc)+len(large)-emptyDocument)
	whole = append(append(whole, doc[:len(doc)-1]...), large[4:]...)
	binary.LittleEndian.PutUint32(whole, uint32(len(whole))) //nolint:gosec // SQLite refuses blobs of 1 GB and more
	return whole, nil
}

// pack makes the blob of large fields, nil if there are none: BSON in an S2 block, for texts shrink to a third and their pages are what a
// commit waits for.
func (t *table) pack(large fields) []byte {
	if len(large) == 0 {
		return nil
	}
	room, _ := t.packing.Get().(*packing)
	if room == nil {
		room = new(packing)
	}
	defer t.packing.Put(room)
	room.doc = large.appendTo(room.doc[:0])
	room.packed = s2.Encode(room.packed[:cap(room.packed)], room.doc)
	return bytes.Clone(room.packed)
}

// packing is room for a document before and after it is packed, for one use after the other.
type packing struct{ doc, packed []byte }

// unpack is the inverse of pack. MongoDB's own bound of a document is a quarter of maxUnpacked.
func unpack(packed []byte) (bson.Raw, error) {
	const maxUnpacked = 64 << 20
	size, err := s2.DecodedLen(packed)
	if err == nil && (size > maxUnpacked || size < emptyDocument) {
		err = fmt.Errorf("%d bytes", size)
	}
	var large []byte
	if err == nil {
		large, err = s2.Decode(nil, packed)
	}
	if err != nil {
		return nil, fmt.Errorf("damaged document: its large fields: %w", err)
	}
	return large, nil
}

// emptyDocument is the size of a BSON document without fields.
const emptyDocument = 5

// writeApart puts a document's large fields, packed, beside its row.
func (tx *transaction) writeApart(t *table, row driver.Value, large []byte) error {
	if large == nil {
		_, err := tx.exec(tx.ctx, "DELETE FROM "+t.apartName()+" WHERE id = ?", row)
		return err
	}
	_, err := tx.exec(tx.ctx, "INSERT OR REPLACE INTO "+t.apartName()+" (id, doc) VALUES (?, ?)", row, large)
	return err
}
