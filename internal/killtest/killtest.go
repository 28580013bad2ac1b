// Package killtest runs a test's binary again as processes that are killed by SIGKILL: at a place that they choose themselves, or at any
// moment from outside. What survives such a death is what a power cut would leave behind.
//
// A package's TestMain calls Main first; the tests call Start.
package killtest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

const (
	taskEnv = "MAILRUN_KILLTEST_TASK"
	soakEnv = "MAILRUN_SOAK"
	ready   = "ready"
)

// Main plays a victim and ends the process, if it was started as one; otherwise it does nothing. Run gets the task given to Start and
// calls begin when all is set up, which returns as soon as the test lets the victim go.
func Main[T any](run func(ctx context.Context, task T, begin func()) error) {
	data := os.Getenv(taskEnv)
	if data == "" {
		return
	}
	var task T
	err := json.Unmarshal([]byte(data), &task)
	if err == nil {
		err = run(context.Background(), task, begin)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "victim:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// begin tells the test that the victim is ready and waits for its word, which is the end of the input.
func begin() {
	fmt.Println(ready)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// Now kills this process; it does not return.
func Now() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {}
}

// Victim is a process that is ready, or at work once Go was called.
type Victim struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.Closer
}

// Start starts a victim with a task and waits until it is ready.
func Start(t testing.TB, task any) *Victim {
	t.Helper()
	data, err := json.Marshal(task)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self) //nolint:gosec // this binary
	cmd.Env = append(os.Environ(), taskEnv+"="+string(data))
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
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != ready+"\n" {
		_ = cmd.Process.Kill()
		t.Fatalf("the victim did not get ready: %q, %v, %v", line, err, cmd.Wait())
	}
	return &Victim{t: t, cmd: cmd, in: in}
}

// Go lets the victim work.
func (v *Victim) Go() { _ = v.in.Close() }

// Kill kills the victim, unless it has ended.
func (v *Victim) Kill() { _ = v.cmd.Process.Kill() }

// Wait waits for the victim's end and tells whether it was killed. One that failed fails the test.
func (v *Victim) Wait() (killed bool) {
	v.t.Helper()
	err := v.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
			return true
		}
	}
	if err != nil {
		v.t.Errorf("victim: %v", err)
	}
	return false
}

// Rounds is how many random rounds a test makes: normal ones, fewer under -short, ten times as many where MAILRUN_SOAK is set.
func Rounds(normal int) int {
	if soak, _ := strconv.ParseBool(os.Getenv(soakEnv)); soak {
		return 10 * normal
	}
	if testing.Short() {
		return max(normal/4, 1)
	}
	return normal
}
