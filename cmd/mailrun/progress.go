package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"mailrun/pkg/outreach"
)

// jobBar shows a running job on a terminal; off a terminal it shows nothing.
type jobBar struct {
	bar  *progressbar.ProgressBar
	what string
}

// progress starts a bar for a job.
func (a *app) progress(what string) *jobBar {
	if !a.errTTY || a.global.quiet {
		return &jobBar{}
	}
	bar := progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what), progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))
	return &jobBar{bar: bar, what: what}
}

// sent shows how many of the due messages were dealt with.
func (b *jobBar) sent(stats any) {
	s, ok := stats.(*outreach.SendStats)
	if b.bar == nil || !ok {
		return
	}
	if s.Due > 0 && b.bar.GetMax() != s.Due {
		b.bar.ChangeMax(s.Due)
	}
	b.set(s.Sent+s.Deferred+s.Failed+s.Held+s.Unknown, fmt.Sprintf("%s, %d sent", b.what, s.Sent))
}

// synced shows how many mailboxes were read.
func (b *jobBar) synced(stats any) {
	s, ok := stats.(*outreach.SyncStats)
	if b.bar == nil || !ok {
		return
	}
	b.set(s.Synced+s.Unchanged+s.Failed, fmt.Sprintf("%s, %d messages, %d replies", b.what, s.Messages, s.Replies))
}

func (b *jobBar) set(n int, what string) {
	b.bar.Describe(what)
	_ = b.bar.Set(n) // a bar that cannot be drawn is no reason to stop
}

// done takes the bar off the screen.
func (b *jobBar) done() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
