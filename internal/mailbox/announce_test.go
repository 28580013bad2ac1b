package mailbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailrun/pkg/outreach"
)

const (
	ann   = "ann@example.com"
	bob   = "bob@example.org"
	carol = "carol@example.net"
)

// begins is how a message from ann begins.
func begins(to string) string {
	return "MAIL FROM:<" + ann + "> BODY=8BITMIME SIZE=" + strconv.Itoa(len(testMessage)) + "\r\nRCPT TO:<" + to + ">\r\nDATA\r\n"
}

// writes is a connection that keeps what was written at once, and breaks when it has written so much of what ends a message, if that is set.
type writes struct {
	net.Conn
	mu       sync.Mutex
	all      []string
	breaksAt func(b []byte) int
}

func (w *writes) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, string(b))
	if w.breaksAt != nil && bytes.Contains(b, []byte("\r\n.\r\n")) {
		n, _ := w.Conn.Write(b[:w.breaksAt(b)])
		return n, io.ErrClosedPipe
	}
	return w.Conn.Write(b)
}

// openWrites opens a session over such a connection.
func openWrites(t *testing.T, server *smtpServer, breaksAt func(b []byte) int) (*SMTPSession, *writes) {
	t.Helper()
	var w *writes
	d := hurried()
	d.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		w = &writes{Conn: conn, breaksAt: breaksAt}
		return w, err
	}
	return open(t, d, mailboxAt(server.addr, outreach.SecurityNone)), w
}

// send sends to one, with the next one announced.
func send(t *testing.T, s *SMTPSession, to, next string, onStage func(Stage) error) error {
	t.Helper()
	if next != "" {
		s.Announce(ann, next, []byte(testMessage), onStage)
	}
	return s.Send(testContext(t), ann, to, []byte(testMessage))
}

// TestAnnounced: the next message begins with the final dot before it, and its hook is called then, and only once for each stage.
func TestAnnounced(t *testing.T) {
	server := startSMTP(t, smtpScript{})
	s, w := openWrites(t, server, nil)
	var seen []string
	stages := func(name string) func(Stage) error {
		return func(stage Stage) error { seen = append(seen, name+" "+string(stage)); return nil }
	}
	s.OnStage = stages("first")
	if err := send(t, s, bob, carol, stages("second")); err != nil {
		t.Fatal(err)
	}
	s.OnStage = stages("second")
	if err := send(t, s, carol, "", nil); err != nil {
		t.Fatal(err)
	}
	want := []string{"first mail", "first rcpt", "first data", "second mail", "second rcpt", "second data", "first dot", "second dot"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("stages (-want +got):\n%s", diff)
	}
	body := string(appendStuffed(nil, []byte(testMessage)))
	if diff := cmp.Diff([]string{begins(bob), body + begins(carol), body}, w.all[len(w.all)-3:]); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if got := len(server.messages()); got != 2 {
		t.Errorf("the server has %d messages, want 2", got)
	}
}

// TestAnnouncedFaults: what goes wrong with a message does not touch the one that has begun after it, nor the other way round.
func TestAnnouncedFaults(t *testing.T) {
	tests := []struct {
		name          string
		script        smtpScript
		first, second Effect
		messages      int
		usable        bool
	}{
		{"refused after the dot", smtpScript{dot: "550 5.3.0 no\r\n"}, EffectFail, EffectFail, 2, true},
		{"refused for now after the dot", smtpScript{dot: "450 4.3.0 not now\r\n"}, EffectDefer, EffectDefer, 2, true},
		{"421 after the dot", smtpScript{dot: "421 4.3.0 going down\r\n"}, EffectDefer, EffectRetry, 1, false},
		{"hangs up after the dot", smtpScript{dot: hangUp}, EffectUnknown, EffectRetry, 1, false},
		{"silent after the dot", smtpScript{dot: stall}, EffectUnknown, EffectRetry, 1, false},
		{"the second's recipient is refused", smtpScript{unknown: carol}, "", EffectBounce, 1, true},
		{"the second's recipient is refused and its text wanted", smtpScript{unknown: carol, eager: true}, "", EffectBounce, 1, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := startSMTP(t, test.script)
			s, _ := openWrites(t, server, nil)
			effect := func(err error) Effect {
				if err == nil {
					return ""
				}
				return Classify(err).Effect
			}
			allow := func(Stage) error { return nil }
			if got := effect(send(t, s, bob, carol, allow)); got != test.first {
				t.Errorf("first: %q, want %q", got, test.first)
			}
			if got := effect(send(t, s, carol, "", nil)); got != test.second {
				t.Errorf("second: %q, want %q", got, test.second)
			}
			if s.Usable() != test.usable {
				t.Errorf("usable %v, want %v", s.Usable(), test.usable)
			}
			if got := len(server.messages()); got != test.messages {
				t.Errorf("the server has %d messages, want %d", got, test.messages)
			}
			if !test.usable {
				return
			}
			send(t, s, bob, "", nil)
			if got := strings.Count(server.said(), "RSET"); got != 1 {
				t.Errorf("%d RSET, want one, after the second", got)
			}
		})
	}
}

// TestNotBegun: a message that may not begin yet leaves the one before it alone, and tells why when its turn comes.
func TestNotBegun(t *testing.T) {
	stop := errors.New("suppressed meanwhile")
	for _, at := range []Stage{StageMail, StageRcpt, StageData} {
		server := startSMTP(t, smtpScript{})
		s, w := openWrites(t, server, nil)
		forbid := func(stage Stage) error {
			if stage == at {
				return stop
			}
			return nil
		}
		if err := send(t, s, bob, carol, forbid); err != nil {
			t.Fatal(err)
		}
		s.OnStage = forbid
		if err := send(t, s, carol, "", nil); !errors.Is(err, stop) || !s.Usable() {
			t.Errorf("stopped at %s: %v, usable %v", at, err, s.Usable())
		}
		if slices.ContainsFunc(w.all, func(b string) bool { return strings.Contains(b, carol) }) {
			t.Errorf("stopped at %s, and yet the server heard of it: %q", at, w.all)
		}
		s.OnStage = nil
		if err := send(t, s, bob, "", nil); err != nil {
			t.Errorf("after a stop at %s: %v", at, err)
		}
	}
	for name, extensions := range map[string][]string{"one command at a time": {"8BITMIME"}, "no SMTPUTF8": nil} {
		server := startSMTP(t, smtpScript{extensions: extensions})
		s, w := openWrites(t, server, nil)
		next := carol
		if extensions == nil {
			next = "zoë@example.net"
		}
		called := false
		if err := send(t, s, bob, next, func(Stage) error { called = true; return nil }); err != nil || called {
			t.Errorf("%s: %v, hook called %v", name, err, called)
		}
		if strings.Contains(w.all[len(w.all)-1], "MAIL") {
			t.Errorf("%s: %q", name, w.all)
		}
	}
}

// TestAnnouncedOnce: what was announced goes with the next Send or not at all.
func TestAnnouncedOnce(t *testing.T) {
	server := startSMTP(t, smtpScript{})
	s, w := openWrites(t, server, nil)
	allow := func(Stage) error { return nil }
	if err := send(t, s, "no address", carol, allow); sendError(t, err).Stage != StageRcpt {
		t.Fatal(err)
	}
	if err := send(t, s, carol, "", nil); err != nil {
		t.Fatal(err)
	}
	if last := w.all[len(w.all)-1]; strings.Contains(last, "MAIL") {
		t.Errorf("begun with the message itself: %q", last)
	}
}

// TestAnotherBegun: where one message has begun no other is sent, and without any the server gets no QUIT for a text.
func TestAnotherBegun(t *testing.T) {
	allow := func(Stage) error { return nil }
	server := startSMTP(t, smtpScript{})
	s, _ := openWrites(t, server, nil)
	if err := send(t, s, bob, carol, allow); err != nil {
		t.Fatal(err)
	}
	err := send(t, s, "dan@example.org", "", nil)
	if failed := sendError(t, err); failed.MaybeDelivered || Classify(err).Effect != EffectRetry || s.Usable() {
		t.Errorf("%+v, usable %v", failed, s.Usable())
	}
	s, w := openWrites(t, server, nil)
	if err := send(t, s, bob, carol, allow); err != nil {
		t.Fatal(err)
	}
	s.Close()
	if last := w.all[len(w.all)-1]; !strings.HasSuffix(last, "DATA\r\n") {
		t.Errorf("said after DATA: %q", last)
	}
	if got := len(server.messages()); got != 2 {
		t.Errorf("the server has %d messages, want 2", got)
	}
}

// TestBreaksBehindDot: whether a message may have been delivered is decided by its final dot, not by what left with it.
func TestBreaksBehindDot(t *testing.T) {
	for name, test := range map[string]struct {
		beyond int // bytes of the dot that were written
		maybe  bool
	}{"before its end": {-1, false}, "right behind it": {0, true}, "in the next MAIL": {7, true}} {
		server := startSMTP(t, smtpScript{})
		s, _ := openWrites(t, server, func(b []byte) int { return bytes.Index(b, []byte("\r\n.\r\n")) + 5 + test.beyond })
		err := send(t, s, bob, carol, func(Stage) error { return nil })
		if failed := sendError(t, err); failed.MaybeDelivered != test.maybe || s.Usable() {
			t.Errorf("breaks %s: %+v, usable %v", name, failed, s.Usable())
		}
	}
}
