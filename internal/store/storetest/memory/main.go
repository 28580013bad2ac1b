// Command memory is a MongoDB server for tests and benchmarks that keeps its documents in memory: small, fast, with real indexes, and
// answering any number of clients at once. It speaks MongoDB's wire protocol and has MongoDB's semantics for the commands, filters and
// updates that mailrun uses (see store.Engine); whatever else it is asked is an error. It has no users, no replication and nothing on disk,
// and it deletes no expired documents. It was written for mailrun from MongoDB's documentation, so that it is no witness of what MongoDB
// does: that the contract of store.Engine is MongoDB's, FerretDB and real servers prove (see package storetest).
//
// It prints the address that it listens on as its first line, and ends when its standard input does: a test process that dies takes it
// along.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
)

// garbage is how much more memory than its documents the server takes, in percent, so that it is busy with them and not with collecting.
const garbage = 400

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

// run serves until stdin ends.
func run(stdin io.Reader, stdout io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	debug.SetGCPercent(garbage)
	go newServer().serve(listener)
	fmt.Fprintln(stdout, listener.Addr())
	_, err = io.Copy(io.Discard, stdin)
	return err
}
