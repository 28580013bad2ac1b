// Package peers starts real mail servers for tests: a private Dovecot, a private Postfix that delivers into it, Postfix's smtp-sink. Each
// has its own configuration, data and free loopback ports in a folder of its own that goes away with the test, so that tests may run
// beside each other and beside the machine's own servers.
//
// Where a server is not installed the test is skipped with the reason. With CI=true it fails instead: a build machine that silently
// tests nothing is worse than one that fails.
//
// Debian 12's packages are what the configurations are written for: dovecot-imapd, dovecot-lmtpd, postfix.
package peers

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Password is every user's password on every peer.
const Password = "secret"

// startTimeout is how long a server may take to open its port, stopTimeout how long it may take to end before it is killed.
const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
)

// unavailable skips the test, or fails it on a build machine.
func unavailable(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// program finds an executable, also in the system folders that a user's PATH leaves out.
func program(t testing.TB, name, debianPackage string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, folder := range []string{"/usr/sbin", "/usr/local/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
			return path
		}
	}
	unavailable(t, "%s is not installed (Debian package %s)", name, debianPackage)
	return ""
}

// folder makes a private folder that the servers' own users may enter. Its path is short, because Unix sockets lie beneath it and their
// paths end at 107 bytes.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("remove the peer's folder: %v", err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// freePorts asks the kernel for loopback ports that nobody uses.
func freePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }() // all at the end, so that no port is named twice
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports
}

func writeFile(t testing.TB, path, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}

// launch runs a server in the foreground until the end of the test and waits until it answers on the port. Should it die first, the
// test fails with the end of its log.
func launch(t testing.TB, port int, log string, name string, args ...string) {
	t.Helper()
	output := filepath.Join(filepath.Dir(log), "output")
	sink, err := os.Create(output)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sink.Close() }()
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = sink, sink
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	guard(t, cmd.Process.Pid)
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { stop(t, cmd, ended) })
	if err := waitForPort(port, ended); err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(name), err, tail(output), tail(log))
	}
}

// guard ends the server should the test process be killed before it can clean up: a shell waits for a line that says all is well, and
// takes the end of its input for the end of the test. (Linux's parent-death signal is lost when Postfix's master changes its user.)
func guard(t testing.TB, pid int) {
	t.Helper()
	watcher := exec.Command("/bin/sh", "-c", `read line || kill -TERM "$1"`, "guard", strconv.Itoa(pid))
	input, err := watcher.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := watcher.Start(); err != nil {
		t.Fatalf("start the server's guard: %v", err)
	}
	t.Cleanup(func() {
		_, _ = io.WriteString(input, "done\n")
		if err := watcher.Wait(); err != nil {
			t.Errorf("the server's guard: %v", err)
		}
	})
}

// stop ends a server politely, then by force.
func stop(t testing.TB, cmd *exec.Cmd, ended <-chan error) {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-ended:
	case <-time.After(stopTimeout):
		_ = cmd.Process.Kill()
		<-ended
		t.Errorf("%s did not end within %s of SIGTERM", filepath.Base(cmd.Path), stopTimeout)
	}
}

func waitForPort(port int, ended chan error) error {
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case err := <-ended:
			ended <- err // for stop, which waits for it too
			return fmt.Errorf("ended at its start: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.New("did not open its port in time")
}

// tail returns the last lines of a log.
func tail(path string) string {
	const most = 4000
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(data[max(0, len(data)-most):]), "?")
}
