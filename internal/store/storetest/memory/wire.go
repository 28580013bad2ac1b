package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/wiremessage"
)

// Sizes of the wire protocol (mongodb.com/docs/manual/reference/mongodb-wire-protocol), as every server announces them in its hello.
const (
	headerSize   = 16
	maxMessage   = 48_000_000
	maxDocument  = 16 << 20
	maxBatch     = 100_000
	wireVersion  = 21 // MongoDB 7.0
	readBuffer   = 64 << 10
	checksumSize = 4
	opQuery      = 2004
)

// request is a command with the documents that came in sections of their own, which belong to the command under their section's name.
type request struct {
	command   string
	database  string
	body      bsoncore.Document
	sequences map[string][]bsoncore.Document
	silent    bool // the client wants no answer
}

// serve answers clients until the listener is closed.
func (s *server) serve(listener net.Listener) {
	for {
		client, err := listener.Accept()
		if err != nil {
			return
		}
		go s.client(client)
	}
}

// client answers one connection's requests in turn until it ends or says what is no message.
func (s *server) client(client net.Conn) {
	defer client.Close()
	in := bufio.NewReaderSize(client, readBuffer)
	for {
		message, err := readMessage(in)
		if err != nil {
			return
		}
		answer, err := s.answer(message)
		if err != nil {
			return
		}
		if answer == nil {
			continue
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

func readMessage(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n < headerSize || n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", n)
	}
	message := make([]byte, n)
	copy(message, size[:])
	_, err := io.ReadFull(r, message[len(size):])
	return message, err
}

// answer carries out the request of a message; nil if none is wanted. Its error says that the message is none.
func (s *server) answer(message []byte) ([]byte, error) {
	_, id, _, code, rest, ok := wiremessage.ReadHeader(message)
	if !ok {
		return nil, fmt.Errorf("no header")
	}
	switch code {
	case wiremessage.OpMsg:
		r, err := parseMessage(rest)
		if err != nil {
			return nil, err
		}
		reply := s.run(r)
		if r.silent {
			return nil, nil
		}
		return appendMessage(id, reply), nil
	case opQuery: // a driver's first hello, before it knows whether the server understands the other
		r, err := parseQuery(rest)
		if err != nil {
			return nil, err
		}
		return appendReply(id, s.run(r)), nil
	}
	return nil, fmt.Errorf("operation %d", code)
}

// parseMessage reads an OP_MSG after its header: flags, then sections, the first of which holds the command. Documents are checked here,
// and nowhere else.
func parseMessage(rest []byte) (*request, error) {
	flags, rest, ok := wiremessage.ReadMsgFlags(rest)
	if !ok {
		return nil, fmt.Errorf("no flags")
	}
	if flags&wiremessage.ChecksumPresent != 0 {
		rest = rest[:max(len(rest)-checksumSize, 0)]
	}
	r := &request{silent: flags&wiremessage.MoreToCome != 0, sequences: map[string][]bsoncore.Document{}}
	for len(rest) > 0 {
		var err error
		if rest, err = r.section(rest); err != nil {
			return nil, err
		}
	}
	return r, r.name()
}

func (r *request) section(rest []byte) ([]byte, error) {
	kind, rest, ok := wiremessage.ReadMsgSectionType(rest)
	switch {
	case ok && kind == wiremessage.SingleDocument:
		if r.body, rest, ok = wiremessage.ReadMsgSectionSingleDocument(rest); ok {
			return rest, r.body.Validate()
		}
	case ok && kind == wiremessage.DocumentSequence:
		var name string
		var docs []bsoncore.Document
		if name, docs, rest, ok = wiremessage.ReadMsgSectionDocumentSequence(rest); ok {
			r.sequences[name] = docs
			return rest, validate(docs)
		}
	}
	return nil, fmt.Errorf("a broken section")
}

func validate(docs []bsoncore.Document) error {
	for _, doc := range docs {
		if err := doc.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// parseQuery reads an OP_QUERY after its header: flags, collection, two numbers and the command.
func parseQuery(rest []byte) (*request, error) {
	const flags, numbers = 4, 8
	end := bytes.IndexByte(rest[min(flags, len(rest)):], 0)
	if end < 0 || len(rest) < flags+end+1+numbers {
		return nil, fmt.Errorf("a broken query")
	}
	body, _, ok := bsoncore.ReadDocument(rest[flags+end+1+numbers:])
	if !ok {
		return nil, fmt.Errorf("a broken query")
	}
	r := &request{body: body}
	if err := body.Validate(); err != nil {
		return nil, err
	}
	return r, r.name()
}

// name finds out which command it is: the name of the first field.
func (r *request) name() error {
	first, err := r.body.IndexErr(0)
	if err != nil {
		return err
	}
	r.command = first.Key()
	r.database, _ = lookup(r.body, "$db").StringValueOK()
	return nil
}

func appendMessage(to int32, reply bsoncore.Document) []byte {
	const flags, kind = 4, 1
	size := headerSize + flags + kind + len(reply)
	b := wiremessage.AppendHeader(make([]byte, 0, size), int32(size), 0, to, wiremessage.OpMsg) //nolint:gosec // bounded by maxDocument and some
	b = wiremessage.AppendMsgFlags(b, 0)
	b = wiremessage.AppendMsgSectionType(b, wiremessage.SingleDocument)
	return append(b, reply...)
}

func appendReply(to int32, reply bsoncore.Document) []byte {
	const fixed = 20
	size := headerSize + fixed + len(reply)
	b := wiremessage.AppendHeader(make([]byte, 0, size), int32(size), 0, to, wiremessage.OpReply) //nolint:gosec // a hello
	b = wiremessage.AppendReplyFlags(b, wiremessage.AwaitCapable)
	b = wiremessage.AppendReplyCursorID(b, 0)
	b = wiremessage.AppendReplyStartingFrom(b, 0)
	b = wiremessage.AppendReplyNumberReturned(b, 1)
	return append(b, reply...)
}
