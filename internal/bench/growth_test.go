package bench

import (
	"encoding/json"
	"fmt"
	"net"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/population"
	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// growth asks whether what mailrun does costs the same in a large store as in a small one, per unit of work done. One thing grows at a
// time: recipients (with their deliveries, answers and run logs) in 20 sequences of two steps and 100 mailboxes, or mailboxes under 20,000 recipients. Cost
// is the processor's time for the process, and for the database's server where there is one, for a unit of work that beyond what starting any
// command takes.
func growth(b *testing.B, r *report) {
	recipients, mailboxes := []int{1000, 10_000, 100_000, 1_000_000}, []int{100, 1000, 10_000}
	engines := databases()
	if r.quick {
		recipients, mailboxes, engines = recipients[:2], mailboxes[:2], engines[:1]
	}
	for _, engine := range engines {
		b.Run(engine.Name+"-recipients", func(b *testing.B) {
			sizes := recipients
			if engine.Name == storetest.Memory().Name && memoryOf("MemAvailable") < millionInMemory {
				sizes = sizes[:3]
			}
			curve(b, r, "recipients", engine, sizes, func(n int) grown { return grown{people: n, boxes: 100, due: 1000} })
		})
		b.Run(engine.Name+"-mailboxes", func(b *testing.B) {
			curve(b, r, "mailboxes", engine, mailboxes, func(n int) grown { return grown{people: 20_000, boxes: n, due: n} })
		})
	}
}

// millionInMemory is how much memory has to be free for a million recipients in a server that keeps its documents there.
const millionInMemory = 14 << 30

// probe is one thing that is done in each store: it returns how long that took and how many units of work it was. More says, by what grows,
// why it costs more in a large store.
type probe struct {
	name   string
	rounds int
	each   bool // does something in each mailbox
	do     func(g *grown, b *testing.B) (took time.Duration, units int)
	more   map[string]string
}

var probes = []probe{
	{"tick, nothing due, with start-up", 9, false, (*grown).idle, nil},
	{"sync without change, per mailbox", 3, true, (*grown).look, nil},
	{"logs, with start-up", 9, false, (*grown).logs, map[string]string{
		"recipients": "counts all run logs, a fifth as many as recipients up to 90,720",
	}},
	{"recipients list, with start-up", 9, false, (*grown).list, map[string]string{
		"recipients": "counts all recipients, to say how many pages there are",
	}},
	{"status, per recipient judged, mailbox or sequence listed", 3, false, (*grown).status, map[string]string{
		"recipients": "judges the first 500 who wait of each of the 20 sequences and states, and counts everybody by state and reason: in SQLite some 0.4 µs a recipient",
	}},
	{"plan, per message planned and mailbox", 1, false, (*grown).plan, nil},
	{"who is due, one query", 3, false, (*grown).query, nil},
	{"tick with 1,000 due (or one in each mailbox), per message", 3, true, (*grown).tick, nil}, // the last, for a store is larger after it
}

// curve measures every probe in stores of growing size and adds a row for each: how much more the last store costs than the cheapest before.
// Everything is done in each store in turns, a few times, so that all of them meet the same machine; the median counts.
func curve(b *testing.B, r *report, what string, engine storetest.Engine, sizes []int, size func(n int) grown) {
	w := world(b, sandbox.Options{})
	stores := make([]*grown, len(sizes))
	for i, n := range sizes {
		g := size(n)
		g.program, g.engine = r.program(b), engine
		g.grow(b, w)
		stores[i] = &g
	}
	database, note := protocol(engine)
	for _, p := range probes {
		costs := make([][]time.Duration, len(sizes))
		rounds := p.rounds
		switch {
		case what == "mailboxes" && p.each:
			rounds = 1 // thousands of them are many rounds in themselves
		case r.quick:
			rounds = (rounds + 2) / 3
		}
		for range rounds {
			for i, g := range stores {
				g.peak = 0
				took, units := p.do(g, b)
				costs[i] = append(costs[i], took/time.Duration(max(units, 1)))
			}
		}
		medians := make([]time.Duration, len(sizes))
		for i := range costs {
			slices.Sort(costs[i])
			medians[i] = costs[i][rounds/2]
		}
		last := len(sizes) - 1
		r.add(b, row{
			figure: fmt.Sprintf("%s: %s %s, %s", p.name, counts(sizes), what, database), ours: spans(medians), reference: "the cheapest smaller store",
			ratio: times(medians[last], slices.Min(medians[:last])), goal: "≤ 1.5", peak: stores[last].peak, note: strings.Trim(p.more[what]+"; "+note, "; "),
		})
	}
}

// grown is the program over a store with this many people and mailboxes, in which on demand so many messages are due.
type grown struct {
	*program
	people, boxes, due int
	engine             storetest.Engine
	place              string
	peak               int64
	line               bson.ObjectID // the sequence in which messages are due; zero when all are sent
	enrolled           int           // people in such sequences so far
	seen               bool          // every mailbox has been read once
}

// grow makes a store whose mailboxes are the world's, with nothing due for a day.
func (g *grown) grow(b *testing.B, w *sandbox.World) {
	b.Helper()
	opened, place := g.engine.OpenPlace(b)
	g.place = place
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // most of what is made lives for one batch
	_, err := population.Fill(b.Context(), store.New(opened, time.Now), population.Plan{
		Recipients: g.people, Mailboxes: g.boxes, Sequences: 20, Steps: 2, Now: time.Now(), Quiet: 24 * time.Hour,
		Mailbox: func(i int) outreach.Mailbox { return inWorld(w, i) },
	})
	if err != nil {
		b.Fatal(err)
	}
	settle(b, g.engine, place)
	g.set("MAX_CONNECTIONS=64", "MAX_CONNECTIONS_PER_HOST=64", "FOLLOWUP_MAX_SYNC_AGE=0", setting(g.engine, place))
}

// run runs a command; its cost is the database's server's too.
func (g *grown) run(b *testing.B, args ...string) cost {
	b.Helper()
	before := loadOf(b, g.engine, g.place)
	c := g.program.run(b, args...)
	c.cpu += loadOf(b, g.engine, g.place).cpu - before.cpu
	return c
}

// took is what a command cost the machine.
func (g *grown) took(c cost) time.Duration {
	g.peak = c.peak
	return c.cpu
}

// beyond is what a command costs beyond what any command takes to start, at that time.
func (g *grown) beyond(b *testing.B, c cost) time.Duration {
	b.Helper()
	starts := make([]cost, 3)
	for i := range starts {
		starts[i] = g.run(b, "version")
	}
	return max(g.took(c)-middle(starts).cpu, time.Millisecond) // less cannot be told apart from nothing
}

// inWorld is the i-th mailbox, of which any number of messages may be sent, one after the other.
func inWorld(w *sandbox.World, i int) outreach.Mailbox {
	none, many := 0, 1_000_000
	email := fmt.Sprintf("s%d@us.example", i)
	mb := outreach.Mailbox{
		Email: email, FromName: "Sam Sender", SMTP: server(w.SMTPAddr(), email), IMAP: server(w.IMAPAddr(), email), ClearSMTPPassword: password, ClearIMAPPassword: password,
		SaveSent: "never", MinGapSeconds: &none, GapJitterSeconds: &none, DailyLimit: &many, Folders: []outreach.Folder{},
	}
	return mb
}

func server(address, user string) outreach.Server {
	host, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	return outreach.Server{Host: host, Port: number, Security: outreach.SecurityNone, Username: user, Auth: outreach.AuthPassword}
}

// idle is a tick that finds nothing to do.
func (g *grown) idle(b *testing.B) (time.Duration, int) {
	return g.took(g.run(b, "run-sequences")), 1
}

func (g *grown) logs(b *testing.B) (time.Duration, int) { return g.took(g.run(b, "logs")), 1 }

func (g *grown) list(b *testing.B) (time.Duration, int) {
	return g.took(g.run(b, "recipients", "list")), 1
}

// tick sends to as many new recipients as are due.
func (g *grown) tick(b *testing.B) (time.Duration, int) {
	g.enrol(b)
	g.line = bson.NilObjectID
	var run outreach.CronRunLog
	c := g.run(b, "run-sequences", "--json", "--max-runtime", "10m")
	if err := json.Unmarshal(c.out, &run); err != nil {
		b.Fatal(err)
	}
	if sent, _ := run.Stats["sent"].(float64); int(sent) != g.due {
		b.Fatalf("sent %v of %d: %v", sent, g.due, run.Stats)
	}
	return g.beyond(b, c), g.due
}

// query is the question of each mailbox for the next recipients of a sequence.
func (g *grown) query(b *testing.B) (time.Duration, int) {
	g.enrol(b)
	engine := g.connect(b)
	defer closeEngine(b, engine)
	s := store.New(engine, time.Now)
	return quickest(b, 100, func() error {
		due, err := s.DueNew(b.Context(), store.NewOf{Sequence: g.line}, nil, 0, 20)
		if err == nil && len(due) != 20 {
			err = fmt.Errorf("%d are due, want 20", len(due))
		}
		return err
	}), 1
}

func (g *grown) connect(b *testing.B) store.Engine {
	b.Helper()
	engine, err := g.engine.Connect(b.Context(), g.place)
	if err != nil {
		b.Fatal(err)
	}
	return engine
}

// enrol adds new recipients who are due to a sequence of their own that every active mailbox sends, unless some still are.
func (g *grown) enrol(b *testing.B) {
	b.Helper()
	if !g.line.IsZero() {
		return
	}
	engine := g.connect(b)
	defer closeEngine(b, engine)
	d := &data{Store: store.New(engine, time.Now)}
	boxes, err := d.AllMailboxes(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	now := d.Now()
	d.seq = &outreach.Sequence{
		ID: bson.NewObjectID(), Name: fmt.Sprintf("due %d", g.enrolled), Status: outreach.SequenceActive, ActivatedAt: &now,
		Steps: []outreach.Step{{ID: "1", Subject: "{Question|Quick question} about {{ company }}", Text: textBody, HTML: htmlBody}, {ID: "2", Delay: "3d", Text: "Again."}},
	}
	for i := range boxes {
		if boxes[i].Status == outreach.MailboxActive {
			d.seq.MailboxIDs = append(d.seq.MailboxIDs, boxes[i].ID)
		}
	}
	if err := d.InsertSequence(b.Context(), d.seq); err != nil {
		b.Fatal(err)
	}
	d.enrol(b, g.enrolled, g.due, now)
	g.line, g.enrolled = d.seq.ID, g.enrolled+g.due
}

// look is a sync that finds every mailbox as it left it.
func (g *grown) look(b *testing.B) (time.Duration, int) {
	if !g.seen {
		g.makeDue(b)
		g.sync(b)
		g.seen = true
	}
	g.makeDue(b)
	before := loadOf(b, g.engine, g.place)
	c, stats := g.sync(b)
	c.cpu += loadOf(b, g.engine, g.place).cpu - before.cpu
	if stats.Unchanged == 0 || stats.Unchanged != stats.Mailboxes {
		b.Fatalf("%d of %d mailboxes were found unchanged: %+v", stats.Unchanged, stats.Mailboxes, stats)
	}
	return g.beyond(b, c), stats.Mailboxes
}

func (g *grown) makeDue(b *testing.B) {
	b.Helper()
	engine := g.connect(b)
	defer closeEngine(b, engine)
	makeDue(b, engine)
}

func (g *grown) status(b *testing.B) (time.Duration, int) {
	c := g.run(b, "status", "--json")
	var report struct {
		Sequences []struct{ Judged int }
		Mailboxes []struct{}
	}
	if err := json.Unmarshal(c.out, &report); err != nil {
		b.Fatal(err)
	}
	units := len(report.Sequences) + len(report.Mailboxes)
	for _, seq := range report.Sequences {
		units += seq.Judged
	}
	return g.beyond(b, c), units
}

func (g *grown) plan(b *testing.B) (time.Duration, int) {
	c := g.run(b, "plan", "--json")
	var calendar struct {
		Sequences []struct{ Planned int }
	}
	if err := json.Unmarshal(c.out, &calendar); err != nil {
		b.Fatal(err)
	}
	units := g.boxes
	for _, seq := range calendar.Sequences {
		units += seq.Planned
	}
	return g.beyond(b, c), units
}

// counts are sizes in words, as in 1k / 10k / 1M.
func counts(sizes []int) string {
	words := make([]string, len(sizes))
	for i, n := range sizes {
		switch {
		case n >= 1_000_000:
			words[i] = fmt.Sprintf("%dM", n/1_000_000)
		case n >= 1000:
			words[i] = fmt.Sprintf("%dk", n/1000)
		default:
			words[i] = strconv.Itoa(n)
		}
	}
	return strings.Join(words, " / ")
}

func spans(all []time.Duration) string {
	words := make([]string, len(all))
	for i, d := range all {
		words[i] = span(d)
	}
	return strings.Join(words, " / ")
}
