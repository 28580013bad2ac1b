package simulation

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// weighed is how many recipients are made to weigh documents.
const weighed = 5000

// Page plays the sample and writes the page about it.
func Page(ctx context.Context, a Assumptions, c Capacity) (string, error) {
	sizes, err := Measure(ctx, weighed)
	if err != nil {
		return "", err
	}
	p := &Paper{Result: Play(a), Capacity: c, Sizes: sizes, Host: PlayHost(a, c)}
	var s page
	for _, section := range []func(*page){p.opening, p.limitsSection, p.weekSection, p.requestsSection, p.hostsSection, p.growthSection, shardsSection, p.assumptionsSection, p.trustSection} {
		section(&s)
	}
	return s.String(), nil
}

// page is Markdown in the making.
type page struct{ strings.Builder }

func (s *page) text(format string, args ...any) {
	fmt.Fprintf(s, format+"\n\n", args...)
}

// table writes a table. Columns whose heading begins with > are set to the right.
func (s *page) table(head []string, rows [][]string) {
	rule := make([]string, len(head))
	for i := range head {
		rule[i] = "---"
		if cut, right := strings.CutPrefix(head[i], ">"); right {
			head[i], rule[i] = cut, "---:"
		}
	}
	for _, row := range append([][]string{head, rule}, rows...) {
		fmt.Fprintf(s, "| %s |\n", strings.Join(row, " | "))
	}
	fmt.Fprintln(s)
}

func (p *Paper) opening(s *page) {
	s.text("# Past one machine")
	s.text("<!-- Made by `go generate ./internal/simulation`; do not edit. -->")
	s.text("How mailrun would fare with %s mailboxes and %s recipients: reckoned from a simulation of both jobs, minute by minute over a week, by the same rules that the jobs follow. "+
		"What is measured, what is played and what is assumed is told apart [below](#what-it-rests-on).", amount(float64(p.Mailboxes)), amount(float64(p.Recipients)))
	s.text("**In short.** The load is %s messages on a working day, at most %s a second, and %s requests a second at the store. %.0f hosts of %.0f cores do it. "+
		"%s One MongoDB primary carries some **%s mailboxes**; there it ends because %s. Past that it is shards.",
		amount(p.workingDay()), amount(p.peakRate(p.Messages[:])), amount(p.peakRate(p.series(func(Kind) int { return 1 }))), p.HostsFor(float64(p.Mailboxes)).Most(), p.Cores,
		p.asking(), amount(p.first(false).Mailboxes), p.first(false).What)
}

// first is the first limit that is a way of asking, or that is not.
func (p *Paper) first(design bool) Limit {
	limits := p.Limits()
	return limits[slices.IndexFunc(limits, func(l Limit) bool { return l.Design == design })]
}

// asking says whether a way of asking ends below the full size.
func (p *Paper) asking() string {
	l := p.first(true)
	where := fmt.Sprintf("**%s mailboxes** (%s)", amount(l.Mailboxes), l.What)
	if l.Mailboxes < float64(p.Mailboxes) {
		return "As the jobs ask, that size is not reached: a way of asking, and not the amount of work, ends at some " + where + "."
	}
	return "No way of asking stands in the way: the first that does ends at some " + where + ", the others beyond it."
}

// workingDay is the number of messages on one of the five fullest days.
func (p *Paper) workingDay() float64 {
	var days []int
	for day := range slices.Chunk(p.Messages[:], 24*60) {
		days = append(days, Sum(day))
	}
	slices.Sort(days)
	return p.all(Sum(days[2:])) / 5
}

func (p *Paper) limitsSection(s *page) {
	s.text("## Where it ends first")
	s.text("Each line alone, with everything else without limit. *Way of asking*: a run reads or writes something for every mailbox, sequence or due recipient there is, on every host; the work itself would not need it. " +
		"*Work*: what remains when the jobs touch only what they send and read.")
	var rows [][]string
	for _, l := range p.Limits() {
		kind := "work"
		if l.Design {
			kind = "way of asking"
		}
		rows = append(rows, []string{amount(l.Mailboxes), l.What, l.Where, kind, l.Full, l.Lift})
	}
	s.table([]string{">mailboxes", "what ends there", "where", "kind", "with all " + amount(float64(p.Mailboxes)), "what lifts it"}, rows)
	s.text("With fewer mailboxes than in the first line nothing is to be done. SQLite is for one host and ends elsewhere: at the commits of its one writer, see the measured figures in `internal/bench`.")
}

func (p *Paper) weekSection(s *page) {
	s.text("## The week")
	messages := Sum(p.Messages[:])
	visits := Sum(p.requests(Lease))
	most, at := Peak(p.Messages[:], 60)
	s.table([]string{"what", ">for all"}, [][]string{
		{"messages on a working day", amount(p.workingDay())},
		{"of these first steps", percent(float64(p.First) / float64(messages))},
		{"fullest hour, from " + clock(at) + " UTC", amount(p.all(most)) + ", " + amount(p.all(most)/3600) + "/s"},
		{"fullest tick of run-sequences", amount(p.peakRate(p.Messages[:])*p.SendEvery.Seconds()) + ", " + amount(p.peakRate(p.Messages[:])) + "/s"},
		{"recipients who are enrolled and not at their end, on average", amount(p.all(Sum(p.Enrolled[:])) / float64(len(p.Enrolled)))},
		{"of these due at once, at most", amount(p.all(slices.Max(p.Due[:])))},
		{"active sequences, at most", amount(p.all(slices.Max(p.Sequences[:])))},
		{"mailboxes with due work at once, at most", amount(p.all(slices.Max(p.Working[:])))},
		{"visits to a mailbox for each message", fmt.Sprintf("%.2f", float64(visits)/float64(messages))},
		{"of these visits without a message", percent(float64(p.Idle) / float64(visits))},
		{"mailboxes read in a second, at most", amount(p.peakRate(p.requests(SyncLease)))},
		{"messages that come back and concern us, in a week", amount(p.all(p.Ours))},
		{"messages that do not", amount(p.all(p.Strangers))},
	})
	s.text("Due are also those in line while the window is closed: they are left where they are. A visit without a message finds only follow-ups to put off until the window opens. " +
		"Follow-ups that came due over a weekend make Monday's queue the longest.")
}

// clock is the weekday and hour of a minute of the week.
func clock(minute int) string {
	return monday.Add(time.Duration(minute) * time.Minute).Format("Monday 15:04")
}

func (p *Paper) requestsSection(s *page) {
	s.text("## Requests of the store")
	s.text("By kind, as the code makes them; `documents` and `index entries` are written by one request. Concurrent callers of one process share the trips of leases, claims, intents, outcomes, last looks and releases, which makes fewer messages on the wire of these requests, not less work; and the three queries of a last look travel as one where the server knows `$unionWith`.")
	messages := float64(Sum(p.Messages[:]))
	var rows [][]string
	for k := range kinds {
		n := Sum(p.requests(k))
		if n == 0 {
			continue
		}
		_, at := Peak(p.requests(k), p.tick())
		rows = append(rows, []string{
			k.String(), k.Call(), fmt.Sprintf("%.2f", float64(n)/messages), amount(p.all(n) / (7 * 86400)), amount(p.peakRate(p.requests(k))), clock(at), fmt.Sprint(k.Writes()), fmt.Sprint(k.Entries()),
		})
	}
	for _, sum := range []struct {
		name string
		of   []int
	}{
		{"**all requests**", p.series(func(Kind) int { return 1 })},
		{"**documents written**", p.writes(true)},
		{"**the same without postponements**", p.writes(false)},
		{"**index entries written**", p.series(Kind.Entries)},
	} {
		n := Sum(sum.of)
		_, at := Peak(sum.of, p.tick())
		rows = append(rows, []string{sum.name, "", fmt.Sprintf("%.1f", float64(n)/messages), amount(p.all(n) / (7 * 86400)), amount(p.peakRate(sum.of)), clock(at), "", ""})
	}
	s.table([]string{"request", "call", ">for each message", ">a second, on average", ">a second, in the fullest tick", "which began", ">documents", ">index entries"}, rows)
	s.text("Reading mailboxes is most of the writing: a lease and a release for each look, and a mailbox that sent within two days is looked at every two minutes. Mailboxes that are leased at the same moment are with two requests for all of them, and those that were read by then are given back with the second; that is not counted here. "+
		"A line hands out what it listed, and lists %.0f recipients for each message sent even if one process did all the work. "+
		"Lease renewals are one request for each host and kind of lease every 20 s and touch what is held: nothing beside these.", float64(p.Looked)/messages)
	s.text("Beside these stands what each run asks once, on each host. Its number is small; what it reads is not:")
	s.runs("run-sequences", SendRunCalls)
	s.runs("sync-mailboxes", SyncRunCalls)
}

func (s *page) runs(job string, calls []RunCall) {
	var rows [][]string
	for _, c := range calls {
		rows = append(rows, []string{c.Name, c.Call, fmt.Sprint(c.Times), c.Reads})
	}
	s.table([]string{job + ", once in a run", "call", ">times", "reads"}, rows)
}

func (p *Paper) hostsSection(s *page) {
	s.text("## Hosts")
	all := float64(p.Mailboxes)
	h := p.HostsFor(all)
	messages, reads := p.peakRate(p.Messages[:])*p.SendEvery.Seconds(), p.peakRate(p.requests(SyncLease))*p.SyncEvery.Seconds()
	row := func(what, why string, n float64) []string {
		return []string{what, why, fmt.Sprintf("%.0f", math.Ceil(n))}
	}
	s.table([]string{"bound by", "in the fullest tick", ">hosts"}, [][]string{
		row("connections, sending", fmt.Sprintf("%s messages of %s, %d at once, in %s", amount(messages), span(p.PerMessage), p.Connections, span(p.SendFor)), h.SendConnections),
		row("processor, sending", fmt.Sprintf("%s a message and %s for TLS", span(p.CPUPerMessage), span(p.CPUPerTLS)), h.SendCPU),
		row("connections, reading", fmt.Sprintf("%s mailboxes of %s, %d at once, in %s", amount(reads), span(p.PerSync), p.Connections, span(p.SyncFor)), h.SyncConnections),
		row("processor, reading", fmt.Sprintf("%s a mailbox and %s for TLS", span(p.CPUPerSync), span(p.CPUPerTLS)), h.SyncCPU),
	})
	s.text("Open at once, over all hosts: %s connections for sending in the fullest tick, %s for reading. With %.0f hosts a sync run lasts %s of its %s; a run of run-sequences lasts all of its %s in working hours, because it waits for gaps, and is at work on messages for %s of them on each connection.",
		amount(messages*p.PerMessage.Seconds()/p.SendFor.Seconds()), amount(reads*p.PerSync.Seconds()/p.SyncFor.Seconds()), h.Most(),
		seconds(p.SyncFor.Seconds()*h.SyncConnections/h.Most()), span(p.SyncFor), span(p.SendFor), seconds(p.SendFor.Seconds()*h.SendConnections/h.Most()))
	s.text("A mailbox whose gap ends within the run holds one of the run's %d places while it waits. That costs next to nothing, since those who are due go first. One host, all of its mailboxes in one zone, on a working day:", p.atOnce())
	var rows [][]string
	for i, n := range p.Host.Mailboxes {
		rows = append(rows, []string{amount(float64(n)), fmt.Sprintf("%.1f %%", 100*p.Host.Share[i])})
	}
	s.table([]string{">mailboxes on one host", ">sent of what they could"}, rows)
	each := all / h.Most()
	s.text("With %.0f hosts there are %s mailboxes for each, of which at most %s have work at once.", h.Most(), amount(each), amount(each*p.most(p.Working[:])))
}

func (p *Paper) growthSection(s *page) {
	s.text("## What is stored")
	months := []float64{1, 6, 12}
	head := []string{"collection", ">document, B", ">index entries of one, B"}
	for _, m := range months {
		head = append(head, fmt.Sprintf(">after %.0f months: documents", m), ">data", ">indexes")
	}
	var rows [][]string
	sums := make([][2]float64, len(months))
	for i, k := range p.after(1) {
		size := p.Sizes[k.collection]
		row := []string{"`" + k.collection + "`", fmt.Sprintf("%.0f", size.Document), fmt.Sprintf("%.0f", size.Index())}
		for j, m := range months {
			k := p.after(m)[i]
			row = append(row, amount(k.documents), bytes(k.data), bytes(k.indexes))
			sums[j][0], sums[j][1] = sums[j][0]+k.data, sums[j][1]+k.indexes
		}
		rows = append(rows, row)
	}
	sum := []string{"**all**", "", ""}
	for j := range months {
		sum = append(sum, "", bytes(sums[j][0]), bytes(sums[j][1]))
	}
	s.table(head, append(rows, sum))
	h := p.workingSet()
	s.text("Nothing is deleted but run logs and counters, so a year is kept as it is; on disk documents take about %.0f %% of this. "+
		"Working set: %s, of which the mailboxes are %s, the enrolled recipients %s and the deliveries of the last %d days %s.",
		100*compression, bytes(h.total()), bytes(h.mailboxes), bytes(h.recipients), lookBackDays, bytes(h.history))
	s.text("MongoDB has an entry for a document that lacks the field: `Needs` in `store.Collections`, which makes an index partial in SQLite, is not used there. "+
		"Sparse indexes for `by_thread`, `by_claim` and `paused_until` would save %s of memory and three entries for each enrolment.", bytes(3*p.Sizes["sequence_recipients"].Indexes["by_claim"]*float64(p.Recipients)))
}
