package storetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
)

// A test that needs processes runs its own binary again, with a role and the database's place in the environment. The child prints a line
// for each thing it did, with this in front.
const (
	roleEnv  = "MAILRUN_STORETEST_ROLE"
	placeEnv = "MAILRUN_STORETEST_PLACE"
	mark     = "storetest: "
)

// child plays the role that this process was started for, if it was.
func child(t *testing.T, e Engine) bool {
	role := os.Getenv(roleEnv)
	if role == "" {
		return false
	}
	engine, err := e.connect(t.Context(), os.Getenv(placeEnv))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = engine.Close(context.Background()) }()
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // the start signal
		t.Fatal(err)
	}
	switch role {
	case "claim":
		err = claimAll(t, engine, fmt.Sprint(os.Getpid()), func(id bson.ObjectID) { fmt.Println(mark + id.Hex()) })
	case "insert":
		err = insertForever(t, engine)
	}
	if err != nil {
		t.Fatal(err)
	}
	return true
}

// insertForever inserts users and prints each id as soon as the write is reported done.
func insertForever(t *testing.T, e store.Engine) error {
	for {
		id := bson.NewObjectID()
		_, err := e.Write(t.Context(), []store.Write{{Kind: store.Insert, Collection: store.Users, Document: d("_id", id, "email", id.Hex())}})
		if err != nil {
			return err
		}
		fmt.Println(mark + id.Hex())
	}
}

// process is a child with its start signal and its output.
type process struct {
	*exec.Cmd
	start io.Closer
	out   *bufio.Scanner
}

// spawn starts a child that waits for its signal.
func spawn(t *testing.T, role, place string) process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	top, _, _ := strings.Cut(t.Name(), "/")
	cmd := exec.Command(self, "-test.run=^"+top+"$", "-test.count=1") //nolint:gosec // this binary
	cmd.Env = append(os.Environ(), roleEnv+"="+role, placeEnv+"="+place)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return process{cmd, in, bufio.NewScanner(out)}
}

// next is the next thing that the child did; false if it has ended. What is no such line is the testing package's.
func (p process) next(t *testing.T) (bson.ObjectID, bool) {
	for p.out.Scan() {
		text, ok := strings.CutPrefix(p.out.Text(), mark)
		if !ok && text != "PASS" {
			t.Log("child:", text)
		}
		if id, err := bson.ObjectIDFromHex(text); err == nil {
			return id, true
		}
	}
	return bson.NilObjectID, false
}

// testProcesses has four processes claim the same recipients.
func testProcesses(t *testing.T, e Engine) {
	engine, place := e.OpenPlace(t)
	n := min(e.Size, 400)
	enrol(t, engine, n)
	children := make([]process, 4)
	for i := range children {
		children[i] = spawn(t, "claim", place)
	}
	for _, c := range children {
		_ = c.start.Close()
	}
	var mu sync.Mutex
	claims := map[bson.ObjectID]int{}
	var wg sync.WaitGroup
	for i, c := range children {
		wg.Go(func() {
			for id, ok := c.next(t); ok; id, ok = c.next(t) {
				mu.Lock()
				claims[id]++
				mu.Unlock()
			}
			if err := c.Wait(); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	requireOnce(t, claims, n)
}

// testDurability kills a process in the middle of writing: what it was told to be written is there.
func testDurability(t *testing.T, e Engine) {
	engine, place := e.OpenPlace(t)
	c := spawn(t, "insert", place)
	_ = c.start.Close()
	var written []bson.ObjectID
	for len(written) < 20 {
		id, ok := c.next(t)
		if !ok {
			t.Fatalf("the process ended after %d writes", len(written))
		}
		written = append(written, id)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for id, ok := c.next(t); ok; id, ok = c.next(t) {
		written = append(written, id)
	}
	_ = c.Wait() // killed
	n, err := engine.Count(t.Context(), store.Users, d("_id", d("$in", written)))
	if err != nil || n != int64(len(written)) {
		t.Errorf("%d of %d writes are there (%v)", n, len(written), err)
	}
}
