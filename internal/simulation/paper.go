package simulation

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Capacity is what is taken for granted of machines. Only CPU times are measured (internal/bench, figure "growth"); the database's are round
// numbers for a primary with 16 cores and local NVMe, to be replaced by what yours does.
type Capacity struct {
	CPUPerMessage, CPUPerSync, CPUPerTLS time.Duration
	Cores                                float64 // of a host, of which Busy may be used
	Busy                                 float64
	Connections                          int // MAX_CONNECTIONS

	DocWrites float64 // documents written in a second by one primary, with a majority and the journal
	DocReads  float64 // documents read in a second from its cache by all its cores
	Memory    float64 // bytes that a job may take
	Cache     float64 // bytes of memory of a database server
}

// DefaultCapacity are machines as one rents them.
func DefaultCapacity() Capacity {
	return Capacity{
		CPUPerMessage: 1500 * time.Microsecond, CPUPerSync: 700 * time.Microsecond, CPUPerTLS: 2 * time.Millisecond,
		Cores: 4, Busy: 0.7, Connections: 64,
		DocWrites: 20_000, DocReads: 2_000_000, Memory: 150e6, Cache: 256e9,
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

// readingLimits are those of what a run reads, or keeps in memory, of every mailbox or sequence.
func (p *Paper) readingLimits() []Limit {
	n := float64(p.Mailboxes)
	sequences := p.most(p.Sequences[:])
	pages := func(m float64) float64 { return p.HostsFor(m).Most() * m * (2 + sequences) / p.SendEvery.Seconds() }
	rosters := func(m float64) float64 { return p.HostsFor(m).Most() * sequences * m / p.SendEvery.Seconds() }
	roster := func(m float64) float64 {
		return sequences * m * (rosterEntry + float64(p.Team)*rosterMember)
	}
	guard := func(m float64) float64 {
		return p.peakRate(p.requests(Lease)) * m / n * p.perMailbox(float64(Sum(p.Messages[:]))) / sequences
	}
	own := func(m float64) float64 { return p.HostsFor(m).Most() * m / p.SyncEvery.Seconds() }
	return []Limit{
		{"each run asks of every mailbox that may send whether it has work", "sequence.eachCandidate", p.bisect(func(m float64) bool { return pages(m) > p.DocReads }),
			amount(pages(n)) + " documents and index entries/s", "let a run end its round where the mailboxes begin that other runs have just seen to", true},
		{"each run reads all active sequences, without their steps", "sequence.enrol", p.bisect(func(m float64) bool { return rosters(m) > p.DocReads }),
			amount(rosters(n)) + " documents/s", "an index from mailbox to sequences, to be asked for each page", true},
		{"a run keeps of each active sequence which mailboxes it sends from", "sequence.roster", p.bisect(func(m float64) bool { return roster(m) > p.Memory }),
			bytes(roster(n)) + " in each process", "the same", true},
		{"the bounce guard counts what each sequence sent in a week, on each host that sends for it", "sequence.guard", p.bisect(func(m float64) bool { return guard(m) > p.DocReads }),
			amount(guard(n)) + " index entries/s, if each visit were to a sequence that is new to the host", "keep the counts on the sequence", true},
		{"each sync reads the addresses of all mailboxes", "inbox.ownAddresses", p.bisect(func(m float64) bool { return own(m) > p.DocReads }),
			amount(own(n)) + " documents/s", "ask for the senders of new messages only", true},
	}
}

// What a process keeps of each active sequence and of each mailbox that it sends from (sequence.entry, sequence.member), and as much again of
// the latter while it reads them.
const (
	rosterEntry  = 56
	rosterMember = 16 + 12
)

// writingLimits are those of one primary's disk.
func (p *Paper) writingLimits() []Limit {
	n := float64(p.Mailboxes)
	all, work := p.peakRate(p.writes(true)), p.peakRate(p.writes(false))
	sequences := p.most(p.Sequences[:])
	marks := func(m float64) float64 { return sequences * m / p.SendEvery.Seconds() }
	lines := func(m float64) float64 {
		hosts := p.HostsFor(m).Most()
		length := p.all(p.Looked) / p.all(Sum(p.requests(ListNew)))
		steps := min(hosts*lineShortest, furthestAhead) / 2 // to where a run begins
		return (length + steps) * p.peakRate(p.requests(ListNew)) * m / n * min(hosts, float64(p.Team))
	}
	return []Limit{
		{"who is due when the window closes is dated anew, one by one", "box.passOver", n * p.DocWrites / all,
			amount(all) + " documents/s in the fullest tick, with all other writing", "shards, below", false},
		{"it is noted on each active sequence that a run looked", "store.MarkSequencesRun, once in an hour", p.bisect(func(m float64) bool { return marks(m) > p.DocWrites }),
			amount(marks(n)) + " documents/s in that tick", "spread it over the hour", true},
		{"a line is listed, of which a run on one of many hosts sends to one or two", "sequence.line", p.bisect(func(m float64) bool { return lines(m) > p.DocReads }),
			amount(lines(n)) + " documents/s, if each of a team's mailboxes were another host's", "give a team's mailboxes to one host", true},
		{"documents written for messages and syncs", "leases, intents, outcomes, `nextSyncAt`", n * p.DocWrites / work,
			amount(work) + " documents/s", "shards, below", false},
		{"documents and indexes that are in use exceed one server's memory", "recipients above all", n * p.Cache / p.workingSet().total(),
			bytes(p.workingSet().total()), "shards, below", false},
	}
}
