package main

import (
	"encoding/binary"
	"math"
	"math/big"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// A key is a value as bytes that compare as MongoDB compares the values: first by the class of their types, then within it
// (mongodb.com/docs/manual/reference/bson-type-comparison-order). No key is the beginning of another, so that keys in a row compare as the
// rows do. The first byte is the class.

// Classes of types in their order. The end of a list stands below them all.
const (
	endOfList      byte = 0
	classMin       byte = 1
	classUndefined byte = 2
	classNull      byte = 5
	classNumber    byte = 10
	classText      byte = 15
	classDocument  byte = 20
	classArray     byte = 25
	classBinary    byte = 30
	classID        byte = 35
	classBool      byte = 40
	classTime      byte = 45
	classTimestamp byte = 47
	classRegex     byte = 50
	classPointer   byte = 55
	classCode      byte = 60
	classScoped    byte = 65
	classMax       byte = 127
)

var classes = map[bsoncore.Type]byte{
	0: classNull, bsoncore.TypeNull: classNull, bsoncore.TypeMinKey: classMin, bsoncore.TypeMaxKey: classMax, bsoncore.TypeUndefined: classUndefined,
	bsoncore.TypeInt32: classNumber, bsoncore.TypeInt64: classNumber, bsoncore.TypeDouble: classNumber, bsoncore.TypeDecimal128: classNumber,
	bsoncore.TypeString: classText, bsoncore.TypeSymbol: classText, bsoncore.TypeEmbeddedDocument: classDocument, bsoncore.TypeArray: classArray,
	bsoncore.TypeBinary: classBinary, bsoncore.TypeObjectID: classID, bsoncore.TypeBoolean: classBool, bsoncore.TypeDateTime: classTime,
	bsoncore.TypeTimestamp: classTimestamp, bsoncore.TypeRegex: classRegex, bsoncore.TypeDBPointer: classPointer,
	bsoncore.TypeJavaScript: classCode, bsoncore.TypeCodeWithScope: classScoped,
}

// byType is classes for quick reading.
var byType = func() (table [256]byte) {
	for t, class := range classes {
		table[t] = class
	}
	return table
}()

// appendKey adds the key of a value. One that is missing has the key of null.
func appendKey(dst []byte, v bsoncore.Value) []byte {
	class := byType[v.Type]
	dst = append(dst, class)
	switch class {
	case classNumber:
		return appendNumber(dst, v)
	case classText:
		return appendText(dst, v.Data[4:len(v.Data)-1])
	case classDocument:
		for name, inner := range fields(v.Data) {
			dst = appendText(append(dst, byType[inner.Type]), name)
			dst = appendKey(dst, inner)
		}
		return append(dst, endOfList)
	case classArray:
		for _, inner := range fields(v.Data) {
			dst = appendKey(dst, inner)
		}
		return append(dst, endOfList)
	case classBinary: // by length, then subtype, then bytes
		n := binary.LittleEndian.Uint32(v.Data)
		return append(binary.BigEndian.AppendUint32(dst, n), v.Data[4:]...)
	case classTime:
		return binary.BigEndian.AppendUint64(dst, binary.LittleEndian.Uint64(v.Data)^1<<63)
	case classTimestamp:
		return binary.BigEndian.AppendUint64(dst, binary.LittleEndian.Uint64(v.Data))
	case classID, classBool:
		return append(dst, v.Data...)
	}
	return appendText(dst, v.Data) // equal if they are equal, in some order
}

// appendText ends a text with two zeros, and marks zeros in it so that they are not taken for the end.
func appendText(dst, text []byte) []byte {
	for _, c := range text {
		if dst = append(dst, c); c == 0 {
			dst = append(dst, 0xff)
		}
	}
	return append(dst, 0, 0)
}

// What stands between a number and the double nearest to it, so that numbers of all types compare exactly.
const (
	restBelow byte = iota
	restNone
	restAbove
)

// exactDoubles is up to where every integer is a double.
const exactDoubles = 1 << 53

func appendNumber(dst []byte, v bsoncore.Value) []byte {
	var nearest, rest float64
	switch v.Type {
	case bsoncore.TypeDouble:
		nearest = v.Double()
	case bsoncore.TypeInt32:
		nearest = float64(v.Int32())
	case bsoncore.TypeInt64:
		if nearest = float64(v.Int64()); math.Abs(nearest) >= exactDoubles {
			rest = restOf(new(big.Float).SetInt64(v.Int64()), nearest)
		}
	case bsoncore.TypeDecimal128:
		nearest, rest = splitDecimal(bson.NewDecimal128(v.Decimal128()))
	}
	dst = appendDouble(dst, nearest)
	switch {
	case rest < 0:
		return appendDouble(append(dst, restBelow), rest)
	case rest > 0:
		return appendDouble(append(dst, restAbove), rest)
	}
	return append(dst, restNone)
}

func restOf(exact *big.Float, nearest float64) float64 {
	rest, _ := new(big.Float).Sub(exact, new(big.Float).SetFloat64(nearest)).Float64()
	return rest
}

func splitDecimal(d bson.Decimal128) (nearest, rest float64) {
	switch {
	case d.IsNaN():
		return math.NaN(), 0
	case d.IsInf() != 0:
		return math.Inf(d.IsInf()), 0
	}
	exact, _, err := big.ParseFloat(d.String(), 10, 200, big.ToNearestEven)
	if err != nil {
		return math.NaN(), 0
	}
	nearest, _ = exact.Float64()
	if math.IsInf(nearest, 0) {
		return nearest, 0
	}
	return nearest, restOf(exact, nearest)
}

// appendDouble orders doubles as numbers; NaN is below them all, and the two zeros are one.
func appendDouble(dst []byte, f float64) []byte {
	bits := math.Float64bits(f)
	switch {
	case math.IsNaN(f):
		bits = 0
	case f == 0:
		bits = 1 << 63
	case bits>>63 == 1:
		bits = ^bits
	default:
		bits |= 1 << 63
	}
	return binary.BigEndian.AppendUint64(dst, bits)
}
