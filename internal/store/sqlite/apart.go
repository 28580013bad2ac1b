package sqlite

import (
	"database/sql/driver"
	"encoding/binary"
	"slices"
	"strings"

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

// split parts the fields of a document into those that are kept with it and the large ones.
func (t *table) split(all fields) (small, large fields) {
	if len(t.def.Apart) == 0 {
		return all, nil
	}
	for _, el := range all {
		if slices.ContainsFunc(t.def.Apart, func(name string) bool { return hasName(el, name) }) {
			large = append(large, el)
		} else {
			small = append(small, el)
		}
	}
	return small, large
}

// join puts a document together of the columns that were read.
func join(row []driver.Value) bson.Raw {
	doc, _ := row[0].([]byte)
	if len(row) < 2 {
		return doc
	}
	large, _ := row[1].([]byte)
	if len(large) <= emptyDocument || len(doc) < emptyDocument {
		return doc
	}
	whole := make([]byte, 0, len(doc)+len(large)-emptyDocument)
	whole = append(append(whole, doc[:len(doc)-1]...), large[4:]...)
	binary.LittleEndian.PutUint32(whole, uint32(len(whole))) //nolint:gosec // SQLite refuses blobs of 1 GB and more
	return whole
}

// emptyDocument is the size of a BSON document without fields.
const emptyDocument = 5

// writeApart puts a document's large fields beside its row.
func (tx *transaction) writeApart(t *table, row driver.Value, large fields) error {
	if len(large) == 0 {
		_, err := tx.exec(tx.ctx, "DELETE FROM "+t.apartName()+" WHERE id = ?", row)
		return err
	}
	_, err := tx.exec(tx.ctx, "INSERT OR REPLACE INTO "+t.apartName()+" (id, doc) VALUES (?, ?)", row, []byte(large.document()))
	return err
}
