package bench

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// crowdMailboxes, crowdConnections and crowdDelay make a figure of many processes: each may have so many connections, and receivers think
// about every message, so that one process is never the machine's limit.
const (
	crowdMailboxes   = 64
	crowdConnections = 8
	crowdDelay       = 200 * time.Millisecond
	mostPrograms     = 8
)

// crowds are 1, 2, 4 and 8 processes of both jobs, in a quick run 1 and 8, on one database, each with the same number of connections: N of them should send N times
// what one does. Counted is from the first delivery to the last, so that the end, when some have nothing left to do, is in it, and so is the
// beginning, when the others start, but not the start of the first: cron's runs last minutes, and what a start costs is a figure of its own.
func crowds(b *testing.B, r *report) {
	for _, kind := range databases() {
		name, note := protocol(kind)
		var alone float64
		for n := 1; n <= mostPrograms; n *= r.pick(2, mostPrograms) {
			b.Run(fmt.Sprintf("%s-%d", kind.Name, n), func(b *testing.B) {
				c := newCrowd(b, r, kind, n, r.pick(350, 120))
				peak := c.run(b)
				rate, steady := c.rates(b)
				if n == 1 {
					alone = rate
				}
				r.add(b, row{
					figure: fmt.Sprintf("%d × both jobs on one store, %s, receivers take 200 ms, 8 connections each%s", n, name, c.shares()),
					ours:   fmt.Sprintf("%.1f/s, %.1f/s in the middle half, cores %.0f %% busy", rate, steady, 100*c.busy), reference: fmt.Sprintf("%.1f/s: %d × one", float64(n)*alone, n),
					ratio: rate / (float64(n) * alone), goal: "≥ 0.9 until the cores are full", peak: peak, note: note,
				})
			})
		}
	}
}

// crowd is so many programs on one database.
type crowd struct {
	world    *sandbox.World
	store    *store.Store
	programs []*program
	messages int
	sent     []int   // by each process
	busy     float64 // how much of the cores' time was used meanwhile, by whomever
}

// newCrowd fills a database with mailboxes that have both doors, and with each times n people.
func newCrowd(b *testing.B, r *report, kind storetest.Engine, n, each int) *crowd {
	b.Helper()
	c := &crowd{messages: n * each, sent: make([]int, n)}
	c.world = world(b, sandbox.Options{Delays: sandbox.Delays{Dot: crowdDelay}})
	engine, place := kind.OpenPlace(b)
	boxes := mailboxes(crowdMailboxes)
	for _, mb := range boxes {
		mb.SMTP, mb.IMAP = door(b, c.world.SMTPAddr(), mb.Email), door(b, c.world.IMAPAddr(), mb.Email)
		mb.ClearSMTPPassword, mb.ClearIMAPPassword = password, password
	}
	c.store = fill(b, engine, boxes, c.messages).Store
	most := strconv.Itoa(crowdConnections)
	for range n {
		p := r.program(b)
		p.set(setting(kind, place), "MAX_CONNECTIONS="+most, "MAX_CONNECTIONS_PER_HOST="+most)
		c.programs = append(c.programs, p)
	}
	return c
}

// door is a server without TLS, by its address.
func door(b *testing.B, address, user string) outreach.Server {
	b.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		b.Fatal(err)
	}
	number, _ := strconv.Atoi(port)
	return outreach.Server{Host: host, Port: number, Security: outreach.SecurityNone, Username: user, Auth: outreach.AuthPassword}
}

// run starts all processes at once and waits for their end.
func (c *crowd) run(b *testing.B) (peak int64) {
	b.Helper()
	runs, costs := make([]outreach.CronRunLog, len(c.programs)), make([]cost, len(c.programs))
	var group sync.WaitGroup
	used, all := coreTime()
	for i, p := range c.programs {
		group.Go(func() { p.run(b, "sync-mailboxes") })
		group.Go(func() {
			costs[i] = p.run(b, "run-sequences", "--json", "--max-runtime", "5m")
			if err := json.Unmarshal(costs[i].out, &runs[i]); err != nil {
				b.Error(err)
			}
		})
	}
	group.Wait()
	usedNow, allNow := coreTime()
	c.busy = float64(usedNow-used) / max(float64(allNow-all), 1)
	if b.Failed() {
		b.FailNow()
	}
	sum, cpu := 0, time.Duration(0)
	for i := range runs {
		peak = max(peak, costs[i].peak)
		sent, _ := runs[i].Stats["sent"].(float64)
		c.sent[i] = int(sent)
		sum += c.sent[i]
		cpu += costs[i].cpu
	}
	if twice := c.world.Counters().Duplicates; sum != c.messages || twice != 0 {
		b.Fatalf("%d of %d sent, %d of them twice", sum, c.messages, twice)
	}
	b.ReportMetric(1000*cpu.Seconds()/float64(sum), "cpu-ms/message")
	return peak
}

// rates are how many messages were delivered in a second, in all and in the middle half of them.
func (c *crowd) rates(b *testing.B) (whole, steady float64) {
	b.Helper()
	all, err := c.store.HistoryInStatus(b.Context(), outreach.HistorySent, c.messages)
	if err != nil || len(all) != c.messages {
		b.Fatalf("%d of %d deliveries are known as sent: %v", len(all), c.messages, err)
	}
	slices.SortFunc(all, func(x, y outreach.History) int { return x.SentAt.Compare(*y.SentAt) })
	between := func(first, last int) float64 {
		return float64(last-first) / all[last].SentAt.Sub(*all[first].SentAt).Seconds()
	}
	quarter := c.messages / 4
	return between(0, c.messages-1), between(quarter, 3*quarter)
}

// shares tells the smallest and the largest part of the work in words.
func (c *crowd) shares() string {
	if len(c.sent) == 1 {
		return ""
	}
	fair := float64(c.messages) / float64(len(c.sent))
	return fmt.Sprintf(", shares %.2f to %.2f of a fair one", float64(slices.Min(c.sent))/fair, float64(slices.Max(c.sent))/fair)
}

// coreTime is how much of their time all cores have used since the machine started, of how much, in ticks: proc(5), the first line of stat. It
// is 0 of 0 where the system does not tell.
func coreTime() (used, all int64) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	const idle, waiting, guest = 4, 5, 9 // a guest's time is counted in user too
	for i, field := range strings.Fields(line) {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil || i >= guest {
			continue
		}
		all += ticks
		if i != idle && i != waiting {
			used += ticks
		}
	}
	return used, all
}
