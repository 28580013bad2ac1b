package sqlite

import (
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// form is how a Go type is written in BSON.
type form int

const (
	textForm form = iota
	boolForm
	intForm  // int32 where it fits
	longForm // int64
	doubleForm
	timeForm
	idForm
	pointerForm
	listForm
	mapForm
	recordForm
)

// shape is what is known of a Go type before its values are written: mailrun's documents are made of few types, and the driver's way through
// its registry costs ten times as much for each field.
type shape struct {
	form   form
	of     *shape // what a pointer points to, a list or map holds
	fields []shapeField
}

type shapeField struct {
	*shape
	index     int
	name      string
	omitEmpty bool
}

// shapes are those of the types of documents, by reflect.Type; nil for one that is left to the driver.
var shapes sync.Map

// draft is room for a document that is being written, and for its fields: for one after the other, so nothing that is kept may lie in it.
type draft struct {
	doc    []byte
	fields fields
}

// drafts are those that nobody uses; larger ones than maxDraft are not kept.
var drafts sync.Pool

const maxDraft = 1 << 20

func newDraft() *draft {
	d, _ := drafts.Get().(*draft)
	if d == nil {
		d = &draft{fields: make(fields, 0, usualFields)}
	}
	return d
}

func (d *draft) release() {
	if cap(d.doc) <= maxDraft {
		drafts.Put(d)
	}
}

// open makes the BSON of a document and splits it into its fields.
func (d *draft) open(document any) (err error) {
	if d.doc, err = marshal(d.doc[:0], document); err == nil {
		d.fields, err = openInto(d.fields, d.doc)
	}
	return err
}

// marshal makes the BSON of a document, byte for byte as the driver would, in an empty slice if that has room for it.
func marshal(room []byte, document any) (bson.Raw, error) {
	v := reflect.ValueOf(document)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return bson.Marshal(document)
	}
	known, ok := shapes.Load(v.Type())
	if !ok {
		s, _ := shapeOf(v.Type(), 0)
		known, _ = shapes.LoadOrStore(v.Type(), s)
	}
	s, _ := known.(*shape)
	if s == nil || s.form != recordForm {
		return bson.Marshal(document)
	}
	return s.document(room, v)
}

// Types with a form of their own, and what a type may do that only the driver knows how to heed.
var (
	timeType = reflect.TypeFor[time.Time]()
	idType   = reflect.TypeFor[bson.ObjectID]()
	special  = []reflect.Type{reflect.TypeFor[bson.ValueMarshaler](), reflect.TypeFor[bson.Marshaler](), reflect.TypeFor[bson.Zeroer]()}
)

// maxShape bounds how deep types hold each other.
const maxShape = 10

var plainForms = map[reflect.Kind]form{
	reflect.String: textForm, reflect.Bool: boolForm, reflect.Int: intForm, reflect.Int8: intForm, reflect.Int16: intForm, reflect.Int32: intForm,
	reflect.Int64: longForm, reflect.Uint32: longForm, reflect.Float32: doubleForm, reflect.Float64: doubleForm,
}

// shapeOf finds the shape of a type, false for one that is left to the driver.
func shapeOf(t reflect.Type, depth int) (*shape, bool) {
	switch t {
	case timeType:
		return &shape{form: timeForm}, true
	case idType:
		return &shape{form: idForm}, true
	}
	kind := t.Kind()
	if depth > maxShape || kind != reflect.Pointer && isSpecial(t) {
		return nil, false
	}
	if f, ok := plainForms[kind]; ok {
		return &shape{form: f}, true
	}
	switch {
	case kind == reflect.Pointer:
		return holding(pointerForm, t, depth)
	case kind == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return holding(listForm, t, depth)
	case kind == reflect.Map && t.Key().Kind() == reflect.String && !isSpecial(t.Key()):
		return holding(mapForm, t, depth)
	case kind == reflect.Struct:
		return recordOf(t, depth)
	}
	return nil, false
}

func isSpecial(t reflect.Type) bool {
	for _, does := range special {
		if t.Implements(does) || reflect.PointerTo(t).Implements(does) {
			return true
		}
	}
	return t.PkgPath() == idType.PkgPath() // the driver's own types
}

func holding(f form, t reflect.Type, depth int) (*shape, bool) {
	of, ok := shapeOf(t.Elem(), depth+1)
	return &shape{form: f, of: of}, ok
}

func recordOf(t reflect.Type, depth int) (*shape, bool) {
	s := &shape{form: recordForm}
	for i := range t.NumField() {
		f := t.Field(i)
		name, flags, _ := strings.Cut(f.Tag.Get("bson"), ",")
		if f.Anonymous || flags != "" && flags != "omitempty" || name == "" && f.IsExported() {
			return nil, false
		}
		if !f.IsExported() || name == "-" {
			continue
		}
		of, ok := shapeOf(f.Type, depth+1)
		if !ok {
			return nil, false
		}
		s.fields = append(s.fields, shapeField{of, i, name, flags != ""})
	}
	return s, true
}

// document appends a struct.
func (s *shape) document(dst []byte, v reflect.Value) (_ []byte, err error) {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	for i := range s.fields {
		f := &s.fields[i]
		value := v.Field(f.index)
		if f.omitEmpty && f.empty(value) {
			continue
		}
		if dst, err = f.element(dst, f.name, value); err != nil {
			return dst, err
		}
	}
	return endAt(dst, start), nil
}

// endAt completes the document that begins at start.
func endAt(dst []byte, start int) []byte {
	dst = append(dst, 0)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start)) //nolint:gosec // SQLite refuses blobs of 1 GB and more
	return dst
}

// empty tells what omitempty leaves out.
func (s *shape) empty(v reflect.Value) bool {
	switch s.form {
	case textForm, listForm, mapForm:
		return v.Len() == 0
	case timeForm:
		return timeOf(v).IsZero()
	case pointerForm:
		return v.IsNil() || (s.of.form == timeForm || s.of.form == idForm) && s.of.empty(v.Elem())
	case recordForm:
		return false
	}
	return v.IsZero()
}

// element appends a field.
func (s *shape) element(dst []byte, name string, v reflect.Value) ([]byte, error) {
	switch s.form {
	case textForm:
		text := v.String()
		dst = binary.LittleEndian.AppendUint32(head(dst, bson.TypeString, name), uint32(len(text)+1)) //nolint:gosec // as above
		return append(append(dst, text...), 0), nil
	case boolForm:
		return append(head(dst, bson.TypeBoolean, name), byte(boolInt(v.Bool()))), nil
	case intForm:
		if n := v.Int(); int64(int32(n)) == n { //nolint:gosec // the cut is the question
			return binary.LittleEndian.AppendUint32(head(dst, bson.TypeInt32, name), uint32(n)), nil //nolint:gosec // the bits
		}
		return appendLong(dst, name, v.Int()), nil
	case longForm:
		if v.CanUint() {
			return appendLong(dst, name, int64(v.Uint())), nil //nolint:gosec // of 32 bits
		}
		return appendLong(dst, name, v.Int()), nil
	case doubleForm:
		return binary.LittleEndian.AppendUint64(head(dst, bson.TypeDouble, name), math.Float64bits(v.Float())), nil
	case timeForm:
		return binary.LittleEndian.AppendUint64(head(dst, bson.TypeDateTime, name), uint64(timeOf(v).UnixMilli())), nil //nolint:gosec // the bits
	case idForm:
		id := idOf(v)
		return append(head(dst, bson.TypeObjectID, name), id[:]...), nil
	}
	return s.compound(dst, name, v)
}

// compound appends a field that holds others, or nothing.
func (s *shape) compound(dst []byte, name string, v reflect.Value) (_ []byte, err error) {
	if s.form != recordForm && v.IsNil() {
		return head(dst, bson.TypeNull, name), nil
	}
	switch s.form {
	case pointerForm:
		return s.of.element(dst, name, v.Elem())
	case recordForm:
		return s.document(head(dst, bson.TypeEmbeddedDocument, name), v)
	case listForm:
		dst = head(dst, bson.TypeArray, name)
	default:
		dst = head(dst, bson.TypeEmbeddedDocument, name)
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	if s.form == listForm {
		for i := 0; i < v.Len() && err == nil; i++ {
			dst, err = s.of.element(dst, strconv.Itoa(i), v.Index(i))
		}
		return endAt(dst, start), err
	}
	for each := v.MapRange(); each.Next() && err == nil; {
		key := each.Key().String()
		if strings.IndexByte(key, 0) >= 0 {
			return dst, fmt.Errorf("the key %q of %s holds a NUL", key, name)
		}
		dst, err = s.of.element(dst, key, each.Value())
	}
	return endAt(dst, start), err
}

func head(dst []byte, t bson.Type, name string) []byte {
	return append(append(append(dst, byte(t)), name...), 0)
}

func appendLong(dst []byte, name string, n int64) []byte {
	return binary.LittleEndian.AppendUint64(head(dst, bson.TypeInt64, name), uint64(n)) //nolint:gosec // the bits
}

// timeOf and idOf are the values without a copy on the heap, where they have a place of their own.
func timeOf(v reflect.Value) time.Time {
	if v.CanAddr() {
		return *(v.Addr().Interface().(*time.Time)) //nolint:forcetypeassert // of its form
	}
	return v.Interface().(time.Time) //nolint:forcetypeassert // of its form
}

func idOf(v reflect.Value) bson.ObjectID {
	if v.CanAddr() {
		return *(v.Addr().Interface().(*bson.ObjectID)) //nolint:forcetypeassert // of its form
	}
	return v.Interface().(bson.ObjectID) //nolint:forcetypeassert // of its form
}
