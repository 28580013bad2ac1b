package sandbox

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
)

func TestFaultOf(t *testing.T) {
	cases := map[string]fault{
		"ann@x.example":               {},
		"ann.c450@x.example":          {rcpt: 450},
		"Ann-C550@x.example":          {rcpt: 550},
		"d451.slow2@x.example":        {dot: 451, slow: 2 * time.Second},
		"user7+dropmid@x.example":     {cut: "dropmid"},
		"hangdot@x.example":           {hang: "hangdot"},
		"dupok.1@x.example":           {lost: true},
		"c45@x.example":               {},
		"c600@x.example":              {},
		"abc450@x.example":            {},
		"slow@x.example":              {},
		"c450@c550.x.example":         {rcpt: 450},
		"ünï.c421@x.example":          {rcpt: 421},
		"no-at-sign.d552":             {dot: 552},
		"droprcpt.hangrcpt@x.example": {cut: "droprcpt", hang: "hangrcpt"},
	}
	for address, want := range cases {
		if diff := cmp.Diff(want, faultOf(address), cmp.AllowUnexported(fault{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}

// TestFaults sends one message to each kind of trouble: what the client sees, whether the message was kept, and that the next client is
// served as if nothing had happened.
func TestFaults(t *testing.T) {
	cases := []struct {
		local string
		code  int  // the refusal that the client sees
		dead  bool // the connection ends without an answer
		kept  bool
	}{
		{"plain", 0, false, true},
		{"a.c450", 450, false, false}, {"a.c552", 552, false, false}, {"a.c421", 421, false, false},
		{"a.d451", 451, false, false}, {"a.d554", 554, false, false}, {"a.d421", 421, false, false},
		{"droprcpt", 0, true, false}, {"dropdata", 0, true, false}, {"dropmid", 0, true, false}, {"dropdot", 0, true, false},
		{"dupok", 0, true, true},
	}
	for _, mode := range []struct {
		discard   bool
		roundTrip time.Duration
	}{{false, 0}, {false, time.Millisecond}, {true, 0}, {true, time.Millisecond}} {
		w := startWorld(t, Options{AnyRecipient: true, RoundTrip: mode.roundTrip, Discard: mode.discard})
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s/%+v", c.local, mode), func(t *testing.T) {
				before := w.Counters().Accepted
				err := send(t, dialSMTP(t, w), c.local+"@x.example", "<"+c.local+"@sender.example>")
				var refusal *smtp.SMTPError
				switch errors.As(err, &refusal) {
				case true:
					if refusal.Code != c.code {
						t.Errorf("refused with %d, want %d", refusal.Code, c.code)
					}
				case false:
					if c.code != 0 || (err != nil) != c.dead {
						t.Errorf("got %v, want code %d, dead %v", err, c.code, c.dead)
					}
				}
				if got := w.Counters().Accepted == before+1; got != c.kept {
					t.Errorf("kept %v, want %v", got, c.kept)
				}
			})
		}
	}
}

// Test421Closes: after 421 the server says no more.
func Test421Closes(t *testing.T) {
	w := startWorld(t, Options{AnyRecipient: true})
	c := dialSMTP(t, w)
	if err := send(t, c, "a.c421@x.example", "<1@sender.example>"); err == nil {
		t.Fatal("accepted")
	}
	if err := c.Noop(); err == nil {
		t.Error("the connection lived on after 421")
	}
}

// TestHangs: no answer comes, and it is the client's deadline that ends it. Others are served meanwhile.
func TestHangs(t *testing.T) {
	w := startWorld(t, Options{AnyRecipient: true, Accounts: []Account{{Email: "ben@sender.example", Password: "secret"}}})
	for _, local := range []string{"hangrcpt", "hangdot"} {
		c := dialSMTP(t, w)
		c.CommandTimeout, c.SubmissionTimeout = 100*time.Millisecond, 100*time.Millisecond
		err := send(t, c, local+"@x.example", "<1@sender.example>")
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s: %v, want a timeout", local, err)
		}
	}
	w.Stall(ann, StageStatus)
	c := login(t, w)
	waiting := c.Status(Inbox, &imap.StatusOptions{NumMessages: true})
	if err := send(t, dialSMTP(t, w), "other@x.example", "<2@sender.example>"); err != nil {
		t.Errorf("another client: %v", err)
	}
	_ = c.Close()
	if _, err := waiting.Wait(); err == nil {
		t.Error("a stalled STATUS was answered")
	}
	w.Stall(ann, "")
	if _, err := login(t, w).Status(Inbox, &imap.StatusOptions{NumMessages: true}).Wait(); err != nil {
		t.Errorf("after the stall: %v", err)
	}
}

// TestRoundTrip: every exchange takes at least the round-trip time, and concurrent clients do not wait for each other.
func TestRoundTrip(t *testing.T) {
	const trip, clients = 40 * time.Millisecond, 20
	w := startWorld(t, Options{AnyRecipient: true, RoundTrip: trip})
	began := time.Now()
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			c, err := smtp.Dial(w.SMTPAddr())
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = c.Close() }()
			for range 3 {
				if err := c.Noop(); err != nil {
					t.Errorf("client %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	// Connecting and the greeting take two, EHLO one, each NOOP one.
	if took := time.Since(began); took < 6*trip {
		t.Errorf("six round trips took %s", took)
	}
	if peak := w.Counters().SMTPPeak; peak != clients {
		t.Errorf("%d connections at once, want %d", peak, clients)
	}
}

// BenchmarkDiscard measures what the world itself costs per message on one connection, with the smallest possible client, as in a run
// that sends as fast as it can. GOMAXPROCS=1 gives the figure for one core, client and server together.
func BenchmarkDiscard(b *testing.B) {
	w, err := Start(b.Context(), Options{AnyAccount: "pw", AnyRecipient: true, Discard: true})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	for _, clients := range []int{1, 10} {
		b.Run(fmt.Sprintf("%d connections", clients), func(b *testing.B) {
			talks := make([]*bareTalk, clients)
			for i := range talks {
				talks[i] = startTalk(b, w.SMTPAddr())
			}
			b.ResetTimer()
			var wg sync.WaitGroup
			for i, talk := range talks {
				wg.Go(func() {
					for n := i; n < b.N; n += clients {
						talk.send(b, n)
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
			for _, talk := range talks {
				_ = talk.conn.Close()
			}
		})
	}
}

// bareTalk is an SMTP client that pipelines and looks at nothing but the number of answer lines.
type bareTalk struct {
	conn  net.Conn
	body  string
	reply [4096]byte
}

func startTalk(b *testing.B, address string) *bareTalk {
	b.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	talk := &bareTalk{conn: c, body: "Subject: x\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 83)}
	talk.expect(b, 1)
	// "\0bench@sender.example\0pw"
	talk.say(b, "EHLO bench\r\nAUTH PLAIN AGJlbmNoQHNlbmRlci5leGFtcGxlAHB3\r\n", 7)
	return talk
}

func (talk *bareTalk) send(b *testing.B, n int) {
	talk.say(b, fmt.Sprintf("MAIL FROM:<bench@sender.example>\r\nRCPT TO:<user%d@x.example>\r\nDATA\r\n", n), 3)
	talk.say(b, fmt.Sprintf("Message-ID: <%d@sender.example>\r\n%s.\r\n", n, talk.body), 1)
}

func (talk *bareTalk) say(b *testing.B, text string, lines int) {
	if _, err := talk.conn.Write([]byte(text)); err != nil {
		b.Error(err)
		return
	}
	talk.expect(b, lines)
}

func (talk *bareTalk) expect(b *testing.B, lines int) {
	for lines > 0 {
		n, err := talk.conn.Read(talk.reply[:])
		if err != nil {
			b.Error(err)
			return
		}
		lines -= strings.Count(string(talk.reply[:n]), "\n")
	}
}
