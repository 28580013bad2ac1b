package sqlite

import (
	"encoding/binary"
	"reflect"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// encode makes the BSON value of a Go value, as the driver would. The types that updates are made of are encoded here, without the driver's
// way through its registry, which costs ten times as much.
func encode(v any) (bson.RawValue, error) {
	switch v := v.(type) {
	case string:
		return textValue(v), nil
	case bson.ObjectID:
		return bson.RawValue{Type: bson.TypeObjectID, Value: v[:]}, nil
	case time.Time:
		return bson.RawValue{Type: bson.TypeDateTime, Value: binary.LittleEndian.AppendUint64(nil, uint64(v.UnixMilli()))}, nil //nolint:gosec // the bits
	case int:
		if int64(int32(v)) == int64(v) { //nolint:gosec // the cut is the question
			return bson.RawValue{Type: bson.TypeInt32, Value: binary.LittleEndian.AppendUint32(nil, uint32(v))}, nil //nolint:gosec // the bits
		}
		return bson.RawValue{Type: bson.TypeInt64, Value: binary.LittleEndian.AppendUint64(nil, uint64(v))}, nil //nolint:gosec // the bits
	case bool:
		return bson.RawValue{Type: bson.TypeBoolean, Value: []byte{byte(boolInt(v))}}, nil
	case nil:
		return bson.RawValue{Type: bson.TypeNull}, nil
	case bson.ValueMarshaler, bson.Marshaler:
		return encodeAny(v)
	}
	if text := reflect.ValueOf(v); text.Kind() == reflect.String { // a state, a reason
		return textValue(text.String()), nil
	}
	return encodeAny(v)
}

func encodeAny(v any) (bson.RawValue, error) {
	t, data, err := bson.MarshalValue(v)
	return bson.RawValue{Type: t, Value: data}, err
}

func textValue(s string) bson.RawValue {
	out := make([]byte, 0, len(s)+5)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(s)+1)) //nolint:gosec // SQLite refuses texts of 1 GB and more
	return bson.RawValue{Type: bson.TypeString, Value: append(append(out, s...), 0)}
}
