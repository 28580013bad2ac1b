package sqlite

import (
	"bytes"
	"cmp"
	"database/sql/driver"
	"math"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"mailrun/internal/store"
)

// missing is the value of a field that a document does not have.
var missing bson.RawValue

// isNull tells whether a value is missing or null, which filters do not tell apart.
func isNull(v bson.RawValue) bool {
	return v.Type == 0 || v.Type == bson.TypeNull || v.Type == bson.TypeUndefined
}

// toColumn makes what a column of this type holds: ObjectIDs as lower case hex, times as milliseconds, booleans as 0 and 1. A value of
// another type, which another application may have written, becomes a blob of its type and bytes: it sorts after all others, equals
// only its like, and does no harm.
func toColumn(t store.FieldType, v bson.RawValue) driver.Value {
	if isNull(v) {
		return nil
	}
	switch {
	case t == store.ObjectID && v.Type == bson.TypeObjectID:
		return v.ObjectID().Hex()
	case t == store.Text && v.Type == bson.TypeString:
		return v.StringValue()
	case t == store.Time && v.Type == bson.TypeDateTime:
		return v.DateTime()
	case t == store.Bool && v.Type == bson.TypeBoolean:
		return int64(boolInt(v.Boolean()))
	case t == store.Int && isNumber(v):
		if n, ok := number(v); ok {
			return n
		}
	}
	return append([]byte{byte(v.Type)}, v.Value...)
}

// fromColumn is the inverse of toColumn; integers come back as int64.
func fromColumn(t store.FieldType, c driver.Value) bson.RawValue {
	switch c := c.(type) {
	case string:
		if t == store.ObjectID {
			if id, err := bson.ObjectIDFromHex(c); err == nil {
				return rawValue(id)
			}
		}
		return rawValue(c)
	case int64:
		switch t {
		case store.Time:
			return rawValue(bson.DateTime(c))
		case store.Bool:
			return rawValue(c != 0)
		}
		return rawValue(c)
	case float64:
		return rawValue(c)
	case []byte:
		if len(c) > 0 {
			return bson.RawValue{Type: bson.Type(c[0]), Value: c[1:]}
		}
	}
	return bson.RawValue{Type: bson.TypeNull}
}

// usualElement is room for a field of a document made of columns.
const usualElement = 48

// fromColumns makes a document, or the one at some depth in it, of columns; those of one document inside stand beside each other. What is null
// is left out.
func fromColumns(columns []column, row []driver.Value, depth int) bson.Raw {
	doc := newDocument(usualElement * len(columns))
	for i := 0; i < len(columns); {
		name, n := columns[i].path[depth], 1
		if len(columns[i].path) == depth+1 {
			doc = appendColumn(doc, name, columns[i].typ, row[i])
			i++
			continue
		}
		for i+n < len(columns) && columns[i+n].path[depth] == name {
			n++
		}
		if inner := fromColumns(columns[i:i+n], row[i:i+n], depth+1); len(inner) > emptyDocument {
			doc = appendElement(doc, name, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: inner})
		}
		i += n
	}
	return endDocument(doc)
}

// appendColumn adds a field that a column holds, or nothing if that is null. The usual types are written without the way through a value.
func appendColumn(doc []byte, name string, t store.FieldType, c driver.Value) []byte {
	switch c := c.(type) {
	case nil:
		return doc
	case string:
		if t == store.Text {
			return bsoncore.AppendStringElement(doc, name, c)
		}
		if id, err := bson.ObjectIDFromHex(c); err == nil {
			return bsoncore.AppendObjectIDElement(doc, name, id)
		}
	case int64:
		switch t {
		case store.Time:
			return bsoncore.AppendDateTimeElement(doc, name, c)
		case store.Int:
			return bsoncore.AppendInt64Element(doc, name, c)
		}
	}
	return appendElement(doc, name, fromColumn(t, c))
}

// rawValue encodes a value of a type that cannot fail to encode.
func rawValue(v any) bson.RawValue {
	t, data, err := bson.MarshalValue(v)
	if err != nil {
		return bson.RawValue{Type: bson.TypeNull}
	}
	return bson.RawValue{Type: t, Value: data}
}

// number is a BSON number as SQLite compares it: whole ones as int64, others as float64. NaN is none.
func number(v bson.RawValue) (driver.Value, bool) {
	if v.Type != bson.TypeDouble {
		return v.AsInt64(), true
	}
	f := v.Double()
	if math.IsNaN(f) {
		return nil, false
	}
	const exact = 1 << 53 // the largest range in which each whole float64 is one int64
	if f == math.Trunc(f) && math.Abs(f) <= exact {
		return int64(f), true
	}
	return f, true
}

func isNumber(v bson.RawValue) bool {
	return v.Type == bson.TypeInt32 || v.Type == bson.TypeInt64 || v.Type == bson.TypeDouble
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// typeOrder ranks the types as MongoDB sorts them; numbers of all types are one.
var typeOrder = []bson.Type{
	0, bson.TypeNull, bson.TypeDouble, bson.TypeString, bson.TypeEmbeddedDocument, bson.TypeArray, bson.TypeBinary, bson.TypeObjectID,
	bson.TypeBoolean, bson.TypeDateTime, bson.TypeTimestamp,
}

// compare orders two values as MongoDB does for the types that mailrun's documents hold.
func compare(a, b bson.RawValue) int {
	if isNumber(a) && isNumber(b) {
		if a.Type != bson.TypeDouble && b.Type != bson.TypeDouble {
			return cmp.Compare(a.AsInt64(), b.AsInt64())
		}
		return cmp.Compare(a.AsFloat64(), b.AsFloat64())
	}
	if a.Type != b.Type {
		return cmp.Compare(rank(a), rank(b))
	}
	switch a.Type {
	case bson.TypeString:
		return cmp.Compare(a.StringValue(), b.StringValue())
	case bson.TypeDateTime:
		return cmp.Compare(a.DateTime(), b.DateTime())
	}
	return bytes.Compare(a.Value, b.Value)
}

func rank(v bson.RawValue) int {
	if isNumber(v) {
		v.Type = bson.TypeDouble
	}
	if i := slices.Index(typeOrder, v.Type); i >= 0 {
		return i
	}
	return len(typeOrder)
}
