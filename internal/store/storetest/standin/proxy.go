package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"
)

// The wire protocol (mongodb.com/docs/manual/reference/mongodb-wire-protocol): a header of four int32 (length, id, reply to, opcode), and
// in an OP_MSG a word of flags after it.
const (
	headerSize  = 16
	maxMessage  = 48_000_000
	opMsg       = 2013
	moreToCome  = 1 << 1 // the sender wants no answer
	flagsOffset = headerSize
)

// proxy lets one request at a time through to the server. FerretDB 1's findAndModify reads and writes in two steps, so that two clients
// may get the same document; one at a time, it is what MongoDB's is.
type proxy struct {
	gate sync.Mutex
}

// serve accepts clients until the listener is closed.
func (p *proxy) serve(front net.Listener, socket string) {
	for {
		client, err := front.Accept()
		if err != nil {
			return
		}
		go p.client(client, socket)
	}
}

// client passes one connection's messages until either side ends it.
func (p *proxy) client(client net.Conn, socket string) {
	defer client.Close()
	server, err := net.Dial("unix", socket)
	if err != nil {
		return
	}
	defer server.Close()
	for {
		request, err := readMessage(client)
		if err != nil {
			return
		}
		answer, err := p.exchange(server, request)
		if err != nil {
			return
		}
		if _, err := client.Write(answer); err != nil {
			return
		}
	}
}

// exchange sends a request and waits for its answer, nothing if it wants none.
func (p *proxy) exchange(server net.Conn, request []byte) ([]byte, error) {
	p.gate.Lock()
	defer p.gate.Unlock()
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	if wantsNoAnswer(request) {
		return nil, nil
	}
	return readMessage(server)
}

func wantsNoAnswer(m []byte) bool {
	return binary.LittleEndian.Uint32(m[12:]) == opMsg && len(m) >= flagsOffset+4 && binary.LittleEndian.Uint32(m[flagsOffset:])&moreToCome != 0
}

func readMessage(r io.Reader) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(header[:])
	if size < headerSize || size > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes", size)
	}
	m := make([]byte, size)
	copy(m, header[:])
	_, err := io.ReadFull(r, m[headerSize:])
	return m, err
}
