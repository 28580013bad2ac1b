package web

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"mailrun/internal/forecast"
	"mailrun/internal/words"
	"mailrun/pkg/outreach"
)

// listedMailboxes is how many mailboxes the page shows, those in trouble first.
const listedMailboxes = 200

// mailboxView is one mailbox's health.
type mailboxView struct {
	Email, Status   string
	Sent, Cap, Left int
	Synced          *stamp
	Failures        int
	Holds           string // why it does not send now
	Until           *stamp
	Trouble         string
	TroubleAt       *stamp
}

// mailboxViews lists the mailboxes, those in trouble first.
func (s *Server) mailboxViews(ctx context.Context, now time.Time) (views []mailboxView, more int, err error) {
	boxes, err := s.Store.AllMailboxes(ctx)
	if err != nil {
		return nil, 0, err
	}
	for i := range boxes {
		if boxes[i].Status != outreach.MailboxFallback {
			views = append(views, viewMailbox(&boxes[i], now))
		}
	}
	slices.SortStableFunc(views, func(a, b mailboxView) int { return cmp.Compare(a.rank(), b.rank()) })
	shown := views[:min(len(views), listedMailboxes)]
	return shown, len(views) - len(shown), nil
}

func (v mailboxView) rank() int {
	switch {
	case v.Status == string(outreach.MailboxFailing):
		return 0
	case v.Trouble != "":
		return 1
	}
	return 2
}

func viewMailbox(mb *outreach.Mailbox, now time.Time) mailboxView {
	v := mailboxView{
		Email: mb.Email, Status: string(mb.Status), Sent: mb.SentOn(outreach.LocalDay(now, mb.Location())), Cap: mb.DailyCap(now), Left: mb.RoomToday(now),
		Synced: stampPtr(mb.LastSyncOKAt, now), Failures: max(mb.ConsecutiveFailures, mb.SendFailures), Trouble: mb.StatusReason,
	}
	if reason, until := mb.Blocked(now); reason != "" {
		v.Holds = words.Reason(reason)
		if !until.IsZero() {
			v.Until = stampPtr(&until, now)
		}
	}
	if mb.LastError != nil && (v.Failures > 0 || mb.Status == outreach.MailboxFailing) {
		v.Trouble, v.TroubleAt = mb.LastError.Class+": "+mb.LastError.Message, stampPtr(&mb.LastError.At, now)
	}
	return v
}

// waitingView is what one sequence waits for.
type waitingView struct {
	Name, Status, StatusReason string
	Due                        int
	States                     string
	Reasons                    []reasonView
}

type reasonView struct {
	Words string
	Count int
	Until *stamp
}

// waitingStates are the states in which a recipient waits, in the order in which the page tells them.
var waitingStates = []outreach.State{outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StatePaused}

// waitingViews says what waits and why; failed says that it cannot be told now, which leaves the rest of the page alone.
func (s *Server) waitingViews(ctx context.Context, now time.Time) (views []waitingView, failed bool) {
	if s.Status == nil {
		return nil, false
	}
	report, err := s.status.get(ctx, now, s.Status)
	if err != nil {
		s.Log.Warn("could not tell what is waiting", "error", err)
		return nil, true
	}
	for _, line := range report.Sequences {
		v := waitingView{Name: line.Name, Status: string(line.Status), StatusReason: line.StatusReason, Due: line.Due}
		for _, state := range waitingStates {
			if n := line.States[state]; n > 0 {
				v.States += fmt.Sprintf("%d %s · ", n, state)
			}
		}
		if v.States == "" {
			continue
		}
		v.States = v.States[:len(v.States)-len(" · ")]
		for _, r := range line.Waiting {
			v.Reasons = append(v.Reasons, reasonView{Words: words.Reason(r.Reason), Count: r.Count, Until: stampPtr(r.NextEligibleAt, now)})
		}
		views = append(views, v)
	}
	return views, false
}

// statusAge is how old a status may be that the page shows again: it judges recipient by recipient, which takes a while in a big store.
const statusAge = 15 * time.Second

// statusTimeout bounds the wait for it.
const statusTimeout = 10 * time.Second

// statusCache keeps the newest status.
type statusCache struct {
	mu     sync.Mutex
	at     time.Time
	report *forecast.Report
}

func (c *statusCache) get(ctx context.Context, now time.Time, ask func(context.Context) (*forecast.Report, error)) (*forecast.Report, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.report != nil && now.Sub(c.at) < statusAge && !now.Before(c.at) {
		return c.report, nil
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	report, err := ask(ctx)
	if err == nil {
		c.report, c.at = report, now
	}
	return report, err
}
