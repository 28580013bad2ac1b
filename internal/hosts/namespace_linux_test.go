package hosts_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
)

// The test's network is one of its own: the test starts itself again in a network namespace and a mount namespace that end with it, and
// makes the hosts in there. Nothing of it is seen outside and nothing is left, however the test ends.
const insideEnv = "MAILRUN_HOSTS_INSIDE"

// Each host has a link to the store and one to the mail servers. The numbers are the last of its addresses.
const (
	storeNet = "10.211.1."
	mailNet  = "10.211.2."
	servers  = "1"
)

// A host that is cut off from the store in the middle of a send stops, and others go on with its mailboxes when its leases have run out.
// One that dies beside others on its machine is found out at once.
func TestHosts(t *testing.T) {
	if os.Getenv(insideEnv) == "" {
		t.Parallel()
		restartInside(t)
		return
	}
	n := newNetwork(t, "h1", "h2", "h3")
	t.Run("one dies beside another", n.testDeath)
	t.Run("one is cut off", n.testCutOff)
}

// restartInside runs this test in namespaces of its own.
func restartInside(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("waits for a lease to run out")
	}
	if os.Getuid() != 0 {
		t.Skip("only root makes network namespaces")
	}
	for _, tool := range []string{"ip", "unshare", "mount", "hostname"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("needs ", tool, ": ", err)
		}
	}
	storetest.MongoDB().Open(t) // builds the stand-in where there is a network
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inside := func(name string, args ...string) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), name, args...) //nolint:gosec // this binary, or ip
		cmd.Env = append(os.Environ(), insideEnv+"="+build(t), "MONGODB_TEST_URI=")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
		return cmd.CombinedOutput()
	}
	if out, err := inside("ip", "link", "add", "probe", "type", "veth"); err != nil {
		t.Skipf("network namespaces cannot be made here: %v: %s", err, bytes.TrimSpace(out))
	}
	out, err := inside(self, "-test.run=^TestHosts$", "-test.count=1", "-test.v", "-test.timeout=5m")
	t.Logf("inside:\n%s", out)
	if err != nil {
		t.Error(err)
	}
}

// network is the hosts, with the servers in the middle.
type network struct {
	binary string
	hosts  []string
}

func newNetwork(t *testing.T, hosts ...string) *network {
	t.Helper()
	// ip keeps the namespaces' names in /run/netns, which is this test's own in here.
	do(t, "mount", "-t", "tmpfs", "none", "/run")
	do(t, "ip", "link", "set", "lo", "up")
	for bridge, prefix := range map[string]string{"store": storeNet, "mail": mailNet} {
		do(t, "ip", "link", "add", bridge, "type", "bridge")
		do(t, "ip", "addr", "add", prefix+servers+"/24", "dev", bridge)
		do(t, "ip", "link", "set", bridge, "up")
	}
	for i, host := range hosts {
		do(t, "ip", "netns", "add", host)
		do(t, "ip", "-n", host, "link", "set", "lo", "up")
		for bridge, prefix := range map[string]string{"store": storeNet, "mail": mailNet} {
			do(t, "ip", "link", "add", host+bridge, "type", "veth", "peer", "name", bridge, "netns", host)
			do(t, "ip", "link", "set", host+bridge, "master", bridge, "up")
			do(t, "ip", "-n", host, "addr", "add", fmt.Sprintf("%s%d/24", prefix, 11+i), "dev", bridge)
			do(t, "ip", "-n", host, "link", "set", bridge, "up")
		}
	}
	return &network{binary: os.Getenv(insideEnv), hosts: hosts}
}

func do(t *testing.T, line ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), line[0], line[1:]...).CombinedOutput(); err != nil { //nolint:gosec // the test's own
		t.Fatalf("%s: %v\n%s", strings.Join(line, " "), err, out)
	}
}

// cut takes the link between a host and the store away, not the one to the mail servers.
func (n *network) cut(t *testing.T, host string) { do(t, "ip", "link", "set", host+"store", "down") }

// beside is a command in a host's network that is otherwise a process of this machine like others; at is one on a machine of its own: with
// another name, and seeing no processes but its own.
func (n *network) beside(host string, args ...string) []string {
	return append([]string{"ip", "netns", "exec", host, n.binary}, args...)
}

func (n *network) at(host string, args ...string) []string {
	line := []string{"ip", "netns", "exec", host, "unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child", "sh", "-c", `hostname "$0" && exec "$@"`, host, n.binary}
	return append(line, args...)
}

// stage is a stage whose servers are found over the bridges. Watch, if set, is told of each message's final dot on its way to the server.
func (n *network) stage(t *testing.T, p plan, watch func(from string)) (s *stage, database string) {
	t.Helper()
	p.reach = func(address string) string { return forward(t, mailNet+servers, address, watch) }
	s = newStage(t, storetest.MongoDB(), p)
	scheme, rest, _ := strings.Cut(s.place, "://")
	address, name, _ := strings.Cut(rest, "/")
	return s, scheme + "://" + forward(t, storeNet+servers, address, nil) + "/" + name
}

// forward listens on a bridge's address and passes connections on to one on loopback, until the test ends.
func forward(t *testing.T, host, to string, watch func(from string)) string {
	t.Helper()
	listener, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); group.Wait() })
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			group.Go(func() { pass(client, to, watch, t.Context().Done()) })
		}
	})
	return listener.Addr().String()
}

// pass passes bytes between a client and a server until either ends, or the test does.
func pass(client net.Conn, to string, watch func(from string), done <-chan struct{}) {
	defer client.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer server.Close()
	ended := make(chan struct{}, 2)
	from, _, _ := net.SplitHostPort(client.RemoteAddr().String())
	var group sync.WaitGroup
	group.Go(func() {
		_, _ = io.Copy(&dots{Writer: server, from: from, watch: watch}, client)
		ended <- struct{}{}
	})
	group.Go(func() {
		_, _ = io.Copy(client, server)
		ended <- struct{}{}
	})
	select {
	case <-ended:
	case <-done:
	}
	_, _ = client.Close(), server.Close()
	group.Wait()
}

// dots tells of final dots once they have left.
type dots struct {
	io.Writer
	from  string
	watch func(from string)
	tail  []byte
}

func (d *dots) Write(b []byte) (int, error) {
	n, err := d.Writer.Write(b)
	d.tail = append(d.tail, b[:n]...)
	if d.watch != nil && bytes.Contains(d.tail, []byte("\r\n.\r\n")) {
		d.watch(d.from)
		d.tail = nil
	}
	d.tail = d.tail[max(len(d.tail)-4, 0):]
	return n, err
}

// sends starts runs on a host, one after the other as cron would, until nobody waits any more, and waits for them.
func (s *stage) sends(env, line []string, until time.Time) {
	for s.left() > 0 && time.Now().Before(until) {
		p := s.start(env, line...)
		if err := p.Wait(); err != nil {
			s.t.Errorf("%v: %v\n%s", line, err, p.log.Bytes())
			return
		}
	}
}

// testDeath kills a process that shares the machine and its PIDs, but not the network, with the next one: it sees the death and waits for
// nothing.
func (n *network) testDeath(t *testing.T) {
	s, database := n.stage(t, plan{mailboxes: 2, people: 12, dot: 200 * time.Millisecond, bound: true}, nil)
	env := s.environment(database, 2)
	p := s.start(env, n.beside("h1", "run-sequences", "--max-runtime", "1m")...)
	p.awaitUntil(t, func() bool { return s.world.Counters().Accepted >= 2 })
	began := time.Now()
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.Wait()
	s.sends(env, n.beside("h2", "run-sequences", "--max-runtime", "20s"), began.Add(store.LeaseTime))
	s.check(2 * 2) // so many of a mailbox are begun at once: as many as leave in half a second
	for _, mb := range s.boxes {
		now, err := s.store.Mailbox(t.Context(), mb.ID)
		if err != nil || now.Lease != nil {
			t.Errorf("%s is still leased: %+v, %v", mb.Email, now.Lease, err)
		}
	}
}

// testCutOff cuts a host off from the store between a final dot and its answer.
func (n *network) testCutOff(t *testing.T) {
	const first = mailNet + "11"
	var mu sync.Mutex
	sent := map[string][]time.Time{} // when each host's final dots passed
	var leases map[string]time.Time
	var cutAt time.Time
	var s *stage
	watch := func(from string) {
		mu.Lock()
		defer mu.Unlock()
		sent[from] = append(sent[from], time.Now())
		if from == first && cutAt.IsZero() && len(sent[from]) == 3 {
			n.cut(t, "h1")
			cutAt, leases = time.Now(), s.leasedBy("h1")
		}
	}
	s, database := n.stage(t, plan{mailboxes: 10, people: 60, gap: 1, bound: true, dot: 400 * time.Millisecond}, watch)
	lost := s.start(s.environment(database, 2), n.at("h1", "run-sequences", "--max-runtime", "3m")...)
	end := time.Now().Add(store.LeaseTime + time.Minute)
	lost.awaitUntil(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return !cutAt.IsZero()
	})
	var others sync.WaitGroup
	for _, host := range n.hosts[1:] {
		others.Go(func() { s.sends(s.environment(database, 4), n.at(host, "run-sequences", "--max-runtime", "15s"), end) })
	}
	others.Wait()
	err := lost.Wait()
	if _, failed := errors.AsType[*exec.ExitError](err); !failed {
		t.Errorf("the host that was cut off ended with %v", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(leases) == 0 {
		t.Fatal("it held no mailbox: this proves nothing")
	}
	last := sent[first][len(sent[first])-1]
	if stop := cutAt.Add(store.LeaseTime - store.LeaseMargin); last.After(stop) {
		t.Errorf("it sent its last message %s after it was cut off", last.Sub(cutAt))
	}
	s.check(2) // one in hand on each of its connections
	s.requireTakenOver(leases, last.Add(time.Second))
	t.Logf("cut off with %d mailboxes after %d messages; last sign %s later; it said: %s", len(leases), len(sent[first]), last.Sub(cutAt).Round(time.Millisecond), lost.log.Bytes())
}
