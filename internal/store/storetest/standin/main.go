// Command standin is a MongoDB server for tests: FerretDB with its SQLite backend, made safe by a proxy. It lives in a module of its
// own, so that what it needs stays out of mailrun's go.mod.
//
// It prints the address that it listens on as its first line, and ends when its standard input does: a test process that dies takes it
// along.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "standin:", err)
		os.Exit(1)
	}
}

// run serves until stdin ends.
func run(stdin io.Reader, stdout io.Writer) error {
	dir, err := os.MkdirTemp("", "standin")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	socket := filepath.Join(dir, "ferretdb.sock")
	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{Unix: socket},
		Handler:   "sqlite",
		SQLiteURL: "file:" + dir + "/",
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()

	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		stop()
		return err
	}
	go new(proxy).serve(front, socket)
	fmt.Fprintln(stdout, front.Addr())

	_, err = io.Copy(io.Discard, stdin)
	front.Close()
	stop()
	<-ended
	return err
}
