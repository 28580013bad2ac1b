package main

import (
	"fmt"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// failure is an error as the server tells it, with its code and the code's name (mongodb.com/docs/manual/reference/error-codes).
type failure struct {
	code     int32
	name     string
	message  string
	pattern  bsoncore.Document // of a duplicate key
	keyValue bsoncore.Document
}

func (f *failure) Error() string { return f.message }

func failing(code int32, name string) func(format string, args ...any) *failure {
	return func(format string, args ...any) *failure {
		return &failure{code: code, name: name, message: fmt.Sprintf(format, args...)}
	}
}

var (
	badValue        = failing(2, "BadValue")
	failedToParse   = failing(9, "FailedToParse")
	typeMismatch    = failing(14, "TypeMismatch")
	noNamespace     = failing(26, "NamespaceNotFound")
	noIndex         = failing(27, "IndexNotFound")
	notViable       = failing(28, "PathNotViable")
	conflicting     = failing(40, "ConflictingUpdateOperators")
	noCursor        = failing(43, "CursorNotFound")
	exists          = failing(48, "NamespaceExists")
	noCommand       = failing(59, "CommandNotFound")
	immutable       = failing(66, "ImmutableField")
	invalidOptions  = failing(72, "InvalidOptions")
	optionsConflict = failing(85, "IndexOptionsConflict")
	keysConflict    = failing(86, "IndexKeySpecsConflict")
	noParallel      = failing(171, "CannotIndexParallelArrays")
	badIndexOption  = failing(197, "InvalidIndexSpecificationOption")
	duplicateKey    = failing(11000, "DuplicateKey")
	unknownStage    = failing(40324, "Location40324")
	unknownField    = failing(40415, "Location40415")
	unknownGroup    = failing(15952, "Location15952")
)

// write is the failure as one of a batch's writeErrors.
func (f *failure) write(index int) []byte {
	b := newBuilder()
	b.int("index", int32(index)) //nolint:gosec // at most maxBatch
	f.describe(b)
	return b.done()
}

// reply is the failure as a command's answer.
func (f *failure) reply() bsoncore.Document {
	b := newBuilder()
	b.double("ok", 0)
	f.describe(b)
	b.text("codeName", f.name)
	return b.done()
}

func (f *failure) describe(b *builder) {
	b.int("code", f.code)
	b.text("errmsg", f.message)
	if f.pattern != nil {
		b.document("keyPattern", f.pattern)
		b.document("keyValue", f.keyValue)
	}
}

// builder builds a document field by field.
type builder struct{ data []byte }

func newBuilder() *builder { return &builder{data: make([]byte, 4, 128)} }

func (b *builder) int(name string, n int32)  { b.data = bsoncore.AppendInt32Element(b.data, name, n) }
func (b *builder) long(name string, n int64) { b.data = bsoncore.AppendInt64Element(b.data, name, n) }
func (b *builder) double(name string, n float64) {
	b.data = bsoncore.AppendDoubleElement(b.data, name, n)
}
func (b *builder) text(name, text string)   { b.data = bsoncore.AppendStringElement(b.data, name, text) }
func (b *builder) bool(name string, v bool) { b.data = bsoncore.AppendBooleanElement(b.data, name, v) }
func (b *builder) time(name string, ms int64) {
	b.data = bsoncore.AppendDateTimeElement(b.data, name, ms)
}
func (b *builder) null(name string) { b.data = bsoncore.AppendNullElement(b.data, name) }
func (b *builder) document(name string, doc []byte) {
	b.data = bsoncore.AppendDocumentElement(b.data, name, doc)
}
func (b *builder) array(name string, array []byte) {
	b.data = bsoncore.AppendArrayElement(b.data, name, array)
}
func (b *builder) value(name string, v bsoncore.Value) {
	b.data = bsoncore.AppendValueElement(b.data, name, v)
}
func (b *builder) element(el bsoncore.Element) { b.data = append(b.data, el...) }

// done ends the document.
func (b *builder) done() bsoncore.Document {
	b.data = append(b.data, 0)
	return bsoncore.UpdateLength(b.data, 0, int32(len(b.data))) //nolint:gosec // bounded by maxMessage
}

// arrayOf is an array of documents.
func arrayOf[D ~[]byte](docs []D) []byte {
	b := newBuilder()
	for i, doc := range docs {
		b.document(place(i), doc)
	}
	return b.done()
}
