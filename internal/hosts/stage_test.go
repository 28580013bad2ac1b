package hosts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/killtest"
	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

func TestMain(m *testing.M) {
	killtest.Main(victim)
	m.Run()
}

// build makes the program and returns its path.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mailrun")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "mailrun/cmd/mailrun").CombinedOutput(); err != nil {
		t.Fatalf("build mailrun: %v\n%s", err, out)
	}
	return path
}

// stage is a database and a world with mailboxes, and people who are all due. Each of them belongs to one mailbox if bound is set.
type stage struct {
	t      *testing.T
	kind   storetest.Engine
	place  string
	key    string
	world  *sandbox.World
	store  *store.Store
	boxes  []*outreach.Mailbox
	people []outreach.Recipient
}

// plan says how large a stage is and how it behaves. Reach, if set, is where a world's door is found by those who come from elsewhere.
type plan struct {
	mailboxes, people int
	gap               int // seconds between two messages of a mailbox
	bound             bool
	dot               time.Duration
	reach             func(address string) string
}

func newStage(t *testing.T, kind storetest.Engine, p plan) *stage {
	t.Helper()
	s := &stage{t: t, kind: kind, key: mailbox.NewKey()}
	opts := sandbox.Options{AnyRecipient: true, Delays: sandbox.Delays{Dot: p.dot}}
	for i := range p.mailboxes {
		opts.Accounts = append(opts.Accounts, sandbox.Account{Email: fmt.Sprintf("s%d@us.example", i), Password: "secret", SavesSent: true})
	}
	var err error
	if s.world, err = sandbox.Start(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.world.Close)
	var engine store.Engine
	engine, s.place = kind.OpenPlace(t)
	s.store = store.New(engine, time.Now)
	s.fill(opts.Accounts, p)
	return s
}

func (s *stage) fill(accounts []sandbox.Account, p plan) {
	s.t.Helper()
	none, many := 0, 1_000_000
	now := s.store.Now()
	seq := &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "s", Status: outreach.SequenceActive, ActivatedAt: &now,
		Steps: []outreach.Step{{ID: "1", Subject: "Hello {{ firstName }}", Text: "One for {{ company }}."}},
	}
	for _, a := range accounts {
		mb := s.world.Document(a.Email, outreach.SecurityNone)
		mb.ID, mb.MinGapSeconds, mb.GapJitterSeconds, mb.DailyLimit, mb.SaveSent = bson.NewObjectID(), &p.gap, &none, &many, "never"
		if p.reach != nil {
			mb.AllowPlaintextAuth = true
			mb.SMTP.Host, mb.SMTP.Port = hostPort(s.t, p.reach(s.world.SMTPAddr()))
			mb.IMAP.Host, mb.IMAP.Port = hostPort(s.t, p.reach(s.world.IMAPAddr()))
		}
		if err := s.store.InsertMailbox(s.t.Context(), mb); err != nil {
			s.t.Fatal(err)
		}
		s.boxes = append(s.boxes, mb)
		seq.MailboxIDs = append(seq.MailboxIDs, mb.ID)
	}
	if err := s.store.InsertSequence(s.t.Context(), seq); err != nil {
		s.t.Fatal(err)
	}
	s.people = make([]outreach.Recipient, p.people)
	for i := range s.people {
		domain := fmt.Sprintf("c%d.example", i)
		s.people[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: seq.ID, Email: "p@" + domain, Domain: domain, FirstName: "Pat", Company: "Corp",
			State: outreach.StateQueued, NextSendAt: &now,
		}
		if p.bound {
			s.people[i].MailboxID = s.boxes[i%len(s.boxes)].ID
		}
	}
	if _, err := s.store.InsertRecipients(s.t.Context(), s.people); err != nil {
		s.t.Fatal(err)
	}
}

func hostPort(t *testing.T, address string) (host string, port int) {
	t.Helper()
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, _ = strconv.Atoi(number)
	return host, port
}

// environment is what a process needs to work on the stage; database is where the database is found from there.
func (s *stage) environment(database string, connections int) []string {
	most := strconv.Itoa(connections)
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.t.TempDir(), "MAILBOX_ENCRYPTION_KEY=" + s.key,
		"MAX_CONNECTIONS=" + most, "MAX_CONNECTIONS_PER_HOST=" + most, "FOLLOWUP_MAX_SYNC_AGE=24h",
	}
	if strings.Contains(database, "://") {
		return append(env, "MONGODB_URI="+database)
	}
	return append(env, "SQLITE_PATH="+database)
}

// process is the program at work.
type process struct {
	*exec.Cmd
	out, log bytes.Buffer
}

// start starts a command line with its output kept.
func (s *stage) start(env []string, line ...string) *process {
	s.t.Helper()
	p := &process{Cmd: exec.CommandContext(context.WithoutCancel(s.t.Context()), line[0], line[1:]...)} //nolint:gosec // the test's own
	p.Env, p.Dir, p.Stdout, p.Stderr = env, s.t.TempDir(), &p.out, &p.log
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = p.Process.Kill() }) // nothing, if it has ended
	return p
}

// sent waits for the end of a run and returns how many messages it says that it sent.
func (p *process) sent(t *testing.T) int {
	t.Helper()
	if err := p.Wait(); err != nil {
		t.Errorf("mailrun: %v\n%s", err, p.log.Bytes())
		return 0
	}
	var run outreach.CronRunLog
	if err := json.Unmarshal(p.out.Bytes(), &run); err != nil {
		t.Errorf("mailrun: %v\n%s", err, p.out.Bytes())
	}
	sent, _ := run.Stats["sent"].(float64)
	return int(sent)
}

// check holds the store's books against the world's: everybody got one message and is known to have got it, but for those few at most whose
// delivery nobody can know, who got one or none.
func (s *stage) check(doubtful int) {
	s.t.Helper()
	if twice := s.world.Duplicates(); len(twice) != 0 {
		s.t.Errorf("%d messages were accepted twice, the first for %s", len(twice), twice[0].To)
	}
	held := 0
	for i := range s.people {
		rec, err := s.store.Recipient(s.t.Context(), s.people[i].ID)
		if err != nil {
			s.t.Fatal(err)
		}
		got := len(s.world.Received(rec.Email))
		switch {
		case rec.State == outreach.StateCompleted && got == 1:
		case rec.State == outreach.StateHeld && rec.Reason == outreach.ReasonDeliveryUnknown && got <= 1:
			held++
		default:
			s.t.Errorf("%s is %s %q and got %d messages", rec.Email, rec.State, rec.Reason, got)
		}
	}
	if held > doubtful {
		s.t.Errorf("%d are held as delivery_unknown, want %d at most", held, doubtful)
	}
}

// left is how many people wait for their message.
func (s *stage) left() int {
	s.t.Helper()
	counts, err := s.store.CountStates(s.t.Context(), s.people[0].SequenceID)
	if err != nil {
		s.t.Fatal(err)
	}
	n := 0
	for _, c := range counts {
		if c.State == outreach.StateQueued || c.State == outreach.StateActive {
			n += c.Count
		}
	}
	return n
}

// awaitTimeout bounds the wait for what another process does.
const awaitTimeout = 30 * time.Second

// awaitUntil looks again and again whether something has happened that another process does.
func awaitUntil(t *testing.T, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(awaitTimeout); !happened(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// awaitUntil is the same for what this process does, and shows what it said if it does not.
func (p *process) awaitUntil(t *testing.T, happened func() bool) {
	t.Helper()
	defer func() {
		if t.Failed() {
			_ = p.Process.Kill()
			_ = p.Wait()
			t.Logf("it said: %s%s", p.out.Bytes(), p.log.Bytes())
		}
	}()
	awaitUntil(t, happened)
}
