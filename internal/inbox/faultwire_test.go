package inbox_test

import (
	"bufio"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// How a scripted answer may end, and what stands for the moment before the first command.
const (
	stall    = "\x00stall"
	hangUp   = "\x00hang up"
	greeting = "greeting"
)

// fault is what a wire does to an IMAP server. Answer is sent in place of the server's to a command that begins with verb and contains
// holding: $TAG stands for its tag, the text may end in stall or hangUp. Rewrite instead changes each of the server's answers to such a
// command, or without a verb every answer. Drip sends every byte on its own, so long after the one before.
type fault struct {
	verb, holding string
	answer        string
	rewrite       func(response string) string
	drip          time.Duration
}

func (f *fault) hits(command string) bool {
	return f != nil && strings.HasPrefix(command, f.verb) && strings.Contains(command, f.holding)
}

// faultWire stands between clients and a good IMAP server.
type faultWire struct {
	listener net.Listener
	server   string
	wg       sync.WaitGroup
	struck   atomic.Int64 // how often the client met a fault

	mu    sync.Mutex
	fault *fault
	open  map[net.Conn]bool
	shut  chan struct{} // closed by cut: what stalls goes on
}

func startFaultWire(t *testing.T, server string) *faultWire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &faultWire{listener: listener, server: server, open: map[net.Conn]bool{}, shut: make(chan struct{})}
	w.wg.Go(w.accept)
	t.Cleanup(w.cut)
	return w
}

func (w *faultWire) port() int { return w.listener.Addr().(*net.TCPAddr).Port }

// set puts a fault on the wire, or takes it off.
func (w *faultWire) set(f *fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = f
}

func (w *faultWire) current() *fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

// cut ends the wire and everything on it. It may be called again.
func (w *faultWire) cut() {
	w.mu.Lock()
	select {
	case <-w.shut:
	default:
		close(w.shut)
	}
	_ = w.listener.Close()
	for c := range w.open {
		_ = c.Close()
	}
	w.mu.Unlock()
	w.wg.Wait()
}

// hold puts a connection on the books; false means that the wire is cut.
func (w *faultWire) hold(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.shut:
		return false
	default:
		w.open[c] = true
		return true
	}
}

func (w *faultWire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		if !w.hold(client) {
			_ = client.Close()
			return
		}
		w.wg.Go(func() { w.serve(client) })
	}
}

// talk is one connection.
type talk struct {
	*faultWire
	client, server net.Conn
	mu             sync.Mutex
	command        string // the one that the server is answering
}

func (w *faultWire) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", w.server)
	if err != nil || !w.hold(server) {
		return
	}
	defer func() { _ = server.Close() }()
	t := &talk{faultWire: w, client: client, server: server, command: greeting}
	if f := w.current(); f != nil && f.verb == greeting {
		t.say("", f.answer)
		return
	}
	var wg sync.WaitGroup
	wg.Go(t.answers)
	t.commands()
	_ = server.Close()
	_ = client.Close()
	wg.Wait()
}

// commands passes on what the client says, line by line, unless a fault answers it.
func (t *talk) commands() {
	br := bufio.NewReader(t.client)
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return
		}
		tag, command, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		t.mu.Lock()
		t.command = command
		t.mu.Unlock()
		if f := t.current(); f.hits(command) && f.answer != "" {
			if !t.say(tag, f.answer) {
				return
			}
			continue
		}
		if _, err := io.WriteString(t.server, line); err != nil {
			return
		}
	}
}

// say sends a scripted answer and tells whether the connection goes on.
func (t *talk) say(tag, answer string) bool {
	t.struck.Add(1)
	answer, stalls := strings.CutSuffix(answer, stall)
	answer, hangs := strings.CutSuffix(answer, hangUp)
	if _, err := io.WriteString(t.client, strings.ReplaceAll(answer, "$TAG", tag)); err != nil || hangs {
		return false
	}
	if stalls {
		_, _ = io.Copy(io.Discard, t.client) // until the client gives up
	}
	return !stalls
}

// answers passes on what the server says, answer by answer.
func (t *talk) answers() {
	br := bufio.NewReader(t.server)
	for {
		response, err := readResponse(br)
		if err != nil {
			_ = t.client.Close()
			return
		}
		t.mu.Lock()
		command := t.command
		t.mu.Unlock()
		f := t.current()
		if f.hits(command) && f.rewrite != nil {
			rewritten := f.rewrite(response)
			if rewritten != response {
				t.struck.Add(1)
			}
			response = rewritten
		}
		if !t.send(response, f) {
			_ = t.server.Close()
			return
		}
	}
}

func (t *talk) send(response string, f *fault) bool {
	if f == nil || f.drip == 0 {
		_, err := io.WriteString(t.client, response)
		return err == nil
	}
	t.struck.Add(1)
	for i := range len(response) {
		if _, err := io.WriteString(t.client, response[i:i+1]); err != nil {
			return false
		}
		select {
		case <-t.shut:
			return false
		case <-time.After(f.drip):
		}
	}
	return true
}

var literalEnd = regexp.MustCompile(`\{(\d+)\}\r\n$`)

// readResponse reads one answer with its literals.
func readResponse(br *bufio.Reader) (string, error) {
	var response strings.Builder
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return "", err
		}
		response.WriteString(line)
		size := literalEnd.FindStringSubmatch(line)
		if size == nil {
			return response.String(), nil
		}
		n, _ := strconv.ParseInt(size[1], 10, 64)
		if _, err := io.CopyN(&response, br, n); err != nil {
			return "", err
		}
	}
}
