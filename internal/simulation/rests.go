package simulation

import (
	"fmt"
	"strings"
)

func (p *Paper) assumptionsSection(s *page) {
	s.text("## What it rests on")
	var places []string
	for _, z := range zones {
		places = append(places, fmt.Sprintf("%s %.0f %%", z.name, 100*z.share))
	}
	e := p.Echo
	s.table([]string{"assumption", "value", "source"}, [][]string{
		{"mailboxes, recipients enrolled at any one time", amount(float64(p.Mailboxes)) + ", " + amount(float64(p.Recipients)), "the question"},
		{"mailboxes that share sequences (a team)", fmt.Sprint(p.Team), "assumed"},
		{"people imported at once, when the last list has been written to", fmt.Sprint(p.ListSize()), "makes the number enrolled come out"},
		{"steps of a sequence", fmt.Sprintf("%d, after %s", len(delays), strings.Join(delays[1:], ", ")), "`internal/population`"},
		{"daily limit and gap of a mailbox", "40; 540 s and up to 300 s more", "mailrun's defaults"},
		{"mailboxes in their first weeks (5 a day, one more each day)", percent(young), "assumed"},
		{"mailboxes that are paused or cannot log in", percent(resting), "`internal/population`"},
		{"window", "Monday to Friday, 9 to 17, in the recipient's zone, which is the team's", "assumed; the worst case, for all of a zone begin together"},
		{"zones of teams", strings.Join(places, ", "), "assumed"},
		{"what comes back to a message", fmt.Sprintf("answers %s, bounces %s, soft bounces %s, opt-outs %s, absences %s", percent(e.Answers), percent(e.Bounces), percent(e.SoftBounces), percent(e.OptOuts), percent(e.Away)), "`internal/population`"},
		{"other mail in a mailbox", fmt.Sprintf("%.0f a day", p.Unrelated), "assumed"},
		{"crontab", fmt.Sprintf("run-sequences every %s for %s, sync-mailboxes every %s for %s, on all hosts at the same moments", span(p.SendEvery), span(p.SendFor), span(p.SyncEvery), span(p.SyncFor)), "`mailrun crontab`"},
		{"time for a message, for a look into a mailbox", fmt.Sprintf("%s, %s", span(p.PerMessage), span(p.PerSync)), "8 and 6 round trips of 40 ms with TLS and login, and the server's work; assumed"},
		{"processor for a message, for a look", fmt.Sprintf("%s, %s", span(p.CPUPerMessage), span(p.CPUPerSync)), "measured: `internal/bench`, figure `growth`, one message for each of 1,000 mailboxes, SQLite, on two busy cores"},
		{"processor for TLS", span(p.CPUPerTLS), "assumed"},
		{"a host", fmt.Sprintf("%.0f cores of which %.0f %% are used, %d connections, %s for a job", p.Cores, 100*p.Busy, p.Connections, bytes(p.Memory)), "mailrun's defaults; assumed"},
		{"one primary, 16 cores and NVMe", fmt.Sprintf("%s documents written and %s read a second, %s of cache", amount(p.DocWrites), amount(p.DocReads), bytes(p.Cache)), "assumed; put in what yours does"},
		{"documents and index entries", fmt.Sprintf("the documents of `internal/population`, weighed; keys in MongoDB's encoding, %d B for record and cell, pages %.0f %% full, leading fields that %d entries share compressed away", perEntry, 100*pageFill, sharedBy), "weighed; the storage engine's share is assumed"},
	})
}

func (p *Paper) trustSection(s *page) {
	s.text("## How far to trust it")
	s.text("- **Played against real runs.** A test plays a day of 50 mailboxes and 2,000 recipients in five zones, with different limits, gaps, ramp-ups, a paused mailbox and a shared cap, and runs the worker over the same documents, real sockets and a real store: " +
		"the messages of each mailbox are equal, and so is the number of requests of every kind, one for one. Another does so for syncs without change.")
	s.text("- **A sample.** %d teams, one in %s, are played for %d weeks, of which the last is counted. Standard error of the number of messages: %s.",
		p.Sample, amount(float64(p.Teams())/float64(p.Sample)), p.Warm+1, percent(p.Error))
	s.text("- **Not played.** Deferred and refused messages, failing servers, people who write back and forth, the classifier, the operator's own listings, mailboxes without a gap. Requests for answers are counted from the code and not compared call by call. " +
		"Hosts are taken to be enough, so that nobody waits for a free connection.")
	s.text("- **The database is not measured.** Its capacity is the assumption that matters most; the counts of requests, documents and entries do not depend on it.")
}
