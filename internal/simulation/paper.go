package simulation

import (
	"cmp"
	"math"
	"slices"
	"time"
	"unsafe"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Capacity is what is taken for granted of machines. Only CPU times are measured (internal/bench, figure "growth"); the database's are round
// numbers for a primary with 16 cores and local NVMe, to be replaced by what yours does.
type Capacity struct {
	CPUPerMessage, CPUPerSync, CPUPerTLS time.Duration
	Cores                                float64 // of a host, of which Busy may be used
	Busy                                 float64
	Connections                          int // MAX_CONNECTIONS

	RoundTrip  time.Duration // to the database and back, with its work on an indexed request
	DocWrites  float64       // documents written in a second by one primary, with a majority and the journal
	DocReads   float64       // documents read in a second from its cache by all its cores, and by one of them:
	CoreReads  float64
	Wire       float64       // bytes a second into the primary
	Memory     float64       // bytes that a job may take
	Cache      float64       // bytes of memory of a database server
	TimeLimit  time.Duration // of one request, internal/store/mongo
	RequestMax float64       // bytes of one request: a BSON document
	IDInFilter float64       // bytes of one id in a list in a filter
}

// DefaultCapacity are machines as one rents them.
func DefaultCapacity() Capacity {
	return Capacity{
		CPUPerMessage: 1500 * time.Microsecond, CPUPerSync: 700 * time.Microsecond, CPUPerTLS: 2 * time.Millisecond,
		Cores: 4, Busy: 0.7, Connections: 64,
		RoundTrip: time.Millisecond, DocWrites: 20_000, DocReads: 2_000_000, CoreReads: 300_000,
		Wire: 1.25e9, Memory: 150e6, Cache: 256e9, TimeLimit: 20 * time.Second, RequestMax: 16 << 20, IDInFilter: 20,
	}
}

// Paper reckons from what was played.
type Paper struct {
	*Result
	Capacity
	Sizes map[string]Size
	Host  OneHost
}

// perMailbox is a count of the sample for each mailbox of it.
func (p *Paper) perMailbox(n float64) float64 { return n / float64(p.Sample*p.Team) }

// all is a count of the sample for all mailboxes.
func (p *Paper) all(n int) float64 { return float64(n) * p.Factor() }

// tick is the length of a run-sequences tick in minutes.
func (p *Paper) tick() int { return int(p.SendEvery / time.Minute) }

// peakRate is the greatest count in a tick, for each second of it, over all mailboxes.
func (p *Paper) peakRate(minutes []int) float64 {
	most, _ := Peak(minutes, p.tick())
	return p.all(most) / p.SendEvery.Seconds()
}

// most is the greatest of hourly counts for each mailbox of the sample.
func (p *Paper) most(hours []int) float64 { return p.perMailbox(float64(slices.Max(hours))) }

// requests are those of a kind by the minute. The requests of a sync, which works most of the time from one tick to the next, are spread over
// ten minutes, into which its ticks and those of run-sequences fit.
func (p *Paper) requests(k Kind) []int {
	if k < SyncLease {
		return p.Requests[k][:]
	}
	const span = 10
	out := make([]int, 0, week)
	for some := range slices.Chunk(p.Requests[k][:], span) {
		sum := Sum(some)
		for i := range span {
			out = append(out, sum*(i+1)/span-sum*i/span)
		}
	}
	return out
}

// series sums something over the requests of each minute.
func (p *Paper) series(each func(Kind) int) []int {
	out := make([]int, week)
	for k := range kinds {
		n := each(k)
		for m, count := range p.requests(k) {
			out[m] += n * count
		}
	}
	return out
}

// writes are documents written by the minute, with or without postponements.
func (p *Paper) writes(postponements bool) []int {
	return p.series(func(k Kind) int {
		if k == Postpone && !postponements {
			return 0
		}
		return k.Writes()
	})
}

// Hosts is how many hosts each of the things asks for that a host has only so much of.
type Hosts struct {
	SendConnections, SendCPU, SyncConnections, SyncCPU float64
}

// Most is the greatest of them.
func (h Hosts) Most() float64 {
	return math.Ceil(max(h.SendConnections, h.SendCPU, h.SyncConnections, h.SyncCPU))
}

// HostsFor reckons hosts for so many mailboxes.
func (p *Paper) HostsFor(mailboxes float64) Hosts {
	share := mailboxes / float64(p.Mailboxes)
	messages := p.peakRate(p.Messages[:]) * share * p.SendEvery.Seconds() // in the fullest tick
	reads := p.peakRate(p.requests(SyncLease)) * share * p.SyncEvery.Seconds()
	send, sync := p.SendFor.Seconds(), p.SyncFor.Seconds()
	cpu := p.Cores * p.Busy
	return Hosts{
		SendConnections: messages * p.PerMessage.Seconds() / (float64(p.Connections) * send),
		SendCPU:         messages * (p.CPUPerMessage + p.CPUPerTLS).Seconds() / (cpu * send),
		SyncConnections: reads * p.PerSync.Seconds() / (float64(p.Connections) * sync),
		SyncCPU:         reads * (p.CPUPerSync + p.CPUPerTLS).Seconds() / (cpu * sync),
	}
}

// Limit is where something ends.
type Limit struct {
	What, Where string
	Mailboxes   float64 // at so many it ends
	Full        string  // what it would be with all mailboxes
	Lift        string
	Design      bool // it is the way of asking that ends it, not the amount of work
}

// bisect finds where a load that grows with mailboxes passes what there is.
func (p *Paper) bisect(passes func(mailboxes float64) bool) float64 {
	low, high := 1.0, 1e9
	for range 60 {
		if mid := math.Sqrt(low * high); passes(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// Limits lists where it ends, the first one first.
func (p *Paper) Limits() []Limit {
	limits := append(p.readingLimits(), p.writingLimits()...)
	slices.SortFunc(limits, func(a, b Limit) int { return cmp.Compare(a.Mailboxes, b.Mailboxes) })
	return limits
}

// inMemory is what a mailbox takes in a process that has read it.
func (p *Paper) inMemory() float64 {
	return float64(unsafe.Sizeof(outreach.Mailbox{})) + p.Sizes[store.Mailboxes].Document
}

// readingLimits are those of what a run reads whole, or names whole in a request.
func (p *Paper) readingLimits() []Limit {
	n := float64(p.Mailboxes)
	sequences, due, working := p.most(p.Sequences[:]), p.most(p.Due[:]), p.most(p.Working[:])
	guard := func(m float64) float64 { return 3 * p.RoundTrip.Seconds() * sequences * m }
	count := func(m float64) float64 { return due * m / p.CoreReads }
	filters := func(m float64) float64 {
		return p.peakRate(p.requests(ListDue)) * m / n * sequences * m * p.IDInFilter
	}
	lists := func(m float64) float64 { return 2 * working * m * p.inMemory() }
	skipped := func(m float64) float64 {
		atOnce := p.HostsFor(m).SyncConnections * float64(p.Connections)
		return p.peakRate(p.requests(SyncLease)) * m / n * atOnce / 2
	}
	own := func(m float64) float64 { return p.HostsFor(m).Most() * m / p.SyncEvery.Seconds() }
	request := func(m float64) float64 { return working * m * p.IDInFilter }
	return []Limit{
		{"how many are due is counted one by one, of everybody who is due", "store.CountDue, twice in each run of each host", p.bisect(func(m float64) bool { return count(m) > p.TimeLimit.Seconds() }),
			seconds(count(n)) + ", and the run fails after 20 s", "an index that holds sequence and mailbox too, so that no document is read; or ask each mailbox for its first due recipient", true},
		{"the bounce guard asks about each active sequence, one after the other", "sequence.guard, three requests each at the start of each run", p.bisect(func(m float64) bool { return guard(m) > p.SendFor.Seconds()/4 }),
			seconds(guard(n)) + " before the first message", "count all sequences with one grouped request, or keep the counts on the sequence; only sequences of the mailboxes that the run will visit", true},
		{"a mailbox's due follow-ups are asked for with the ids of all active sequences", "box.due, `open(false)`", p.bisect(func(m float64) bool { return filters(m) > p.Wire }),
			bytes(filters(n)) + "/s of filters", "name those sequences only if some are left out, or leave those who are not wanted to the reader", true},
		{"a run reads all mailboxes with due work, and again those that may not send", "store.SendableMailboxes, store.MailboxesByID", p.bisect(func(m float64) bool { return lists(m) > p.Memory }),
			bytes(lists(n)) + " in each process", "read them by the page, longest idle first, and stop when the run is full; count the others by reason in the database", true},
		{"the next mailbox to read is looked for past all that are being read", "store.LeaseForSync", p.bisect(func(m float64) bool { return skipped(m) > p.DocReads }),
			amount(skipped(n)) + " documents/s passed by", "move `nextSyncAt` ahead with the lease, so that a leased mailbox leaves the head of the index", true},
		{"each sync reads the addresses of all mailboxes", "inbox.ownAddresses", p.bisect(func(m float64) bool { return own(m) > p.DocReads }),
			amount(own(n)) + " documents/s", "ask for the senders of new messages only", true},
		{"the ids of all mailboxes with due work in one request", "store.SendableMailboxes", p.bisect(func(m float64) bool { return request(m) > p.RequestMax }),
			bytes(request(n)) + " of 16 MB", "by the page", true},
	}
}

// writingLimits are those of one primary's disk.
func (p *Paper) writingLimits() []Limit {
	n := float64(p.Mailboxes)
	all, work := p.peakRate(p.writes(true)), p.peakRate(p.writes(false))
	sequences := p.most(p.Sequences[:])
	marks := func(m float64) float64 { return p.HostsFor(m).Most() * sequences * m / p.SendEvery.Seconds() }
	lines := func(m float64) float64 {
		return p.all(p.Looked) / p.all(Sum(p.requests(ListNew))) * p.peakRate(p.requests(ListNew)) * m / n * min(p.HostsFor(m).Most(), float64(p.Team))
	}
	return []Limit{
		{"who is due when the window closes is dated anew, one by one", "box.passOver, in the first tick after the window", n * p.DocWrites / all,
			amount(all) + " documents/s in that tick", "skip a sequence for the run once its window is seen to be closed (`noNew`), and leave the recipients as they are", true},
		{"each run notes on each active sequence that it looked", "store.MarkSequencesRun", p.bisect(func(m float64) bool { return marks(m) > p.DocWrites }),
			amount(marks(n)) + " documents/s", "once an hour is enough for `SEND_STALE_AFTER`: change only those whose `lastRunAt` is older", true},
		{"a line lists 500 new recipients of which a run on one of many hosts sends to one or two", "sequence.line", p.bisect(func(m float64) bool { return lines(m) > p.DocReads }),
			amount(lines(n)) + " documents/s", "list as many as the run's mailboxes of the sequence can send to before the deadline", true},
		{"documents written for messages and syncs", "leases, intents, outcomes, `nextSyncAt`", n * p.DocWrites / work,
			amount(work) + " documents/s", "shards, below", false},
		{"documents and indexes that are in use exceed one server's memory", "recipients above all", n * p.Cache / p.workingSet().total(),
			bytes(p.workingSet().total()), "shards, below", false},
	}
}
