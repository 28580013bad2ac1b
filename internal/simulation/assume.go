package simulation

import "time"

// Assumptions are what a simulation rests on. Nothing here is asked of a network or measured while it runs, so that the same assumptions
// give the same page everywhere.
type Assumptions struct {
	Mailboxes  int // in all
	Recipients int // enrolled at any one time

	Team   int // mailboxes that send the same sequences
	Sample int // teams that are played
	Seed   uint64
	Warm   int // weeks played before the one that is counted

	SendEvery, SendFor time.Duration // crontab and --max-runtime of run-sequences
	SyncEvery, SyncFor time.Duration // of sync-mailboxes
	PerMessage         time.Duration // that a mailbox takes from dialling to the last reply
	PerSync            time.Duration // that a mailbox without new mail takes

	Unrelated float64 // messages a day in a mailbox that concern nobody we wrote to
	Echo      Echo
}

// Echo is what comes back to a message, as shares of all messages: the middle of what the field reports for cold outreach, and what
// internal/population fills stores with.
type Echo struct {
	Answers, Bounces, SoftBounces, OptOuts, Away float64
}

// Default is the million mailboxes and two hundred million recipients.
func Default() Assumptions {
	return Assumptions{
		Mailboxes: 1_000_000, Recipients: 200_000_000,
		Team: 10, Sample: 60, Seed: 1, Warm: 3,
		SendEvery: 5 * time.Minute, SendFor: 4 * time.Minute, SyncEvery: 2 * time.Minute, SyncFor: 90 * time.Second,
		PerMessage: 600 * time.Millisecond, PerSync: 300 * time.Millisecond,
		Unrelated: 6,
		Echo:      Echo{Answers: 0.022, Bounces: 0.023, SoftBounces: 0.004, OptOuts: 0.0043, Away: 0.03},
	}
}

// ListSize is how many recipients a team imports at once. With nine tenths, those in line and those on their way through the steps come to
// Recipients, as the page shows.
func (a Assumptions) ListSize() int { return a.Recipients / a.Mailboxes * a.Team * 9 / 10 }

// Teams is how many teams there are in all.
func (a Assumptions) Teams() int { return a.Mailboxes / a.Team }

// delays are those of the steps of every sequence, as internal/population has them.
var delays = []string{"", "3d", "4d", "7d"}

// zone is where a share of the teams and their recipients live.
type zone struct {
	name  string
	share float64
}

// zones spread the teams over the working day of the world. What counts is how much of the world works at the same time.
var zones = []zone{
	{"America/New_York", 0.22}, {"America/Chicago", 0.12}, {"America/Los_Angeles", 0.14}, {"Europe/London", 0.14}, {"Europe/Berlin", 0.18},
	{"Asia/Dubai", 0.06}, {"Asia/Kolkata", 0.08}, {"Australia/Sydney", 0.06},
}
