package inbox

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// storeError marks what went wrong on our side, not the mailbox's.
type storeError struct{ error }

func (e storeError) Unwrap() error { return e.error }

// ours wraps an error of the store. A call that ran out of the pass's time is no fault of the store's.
func ours(err error) error {
	if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	return storeError{err}
}

// fairTime is how much time a mailbox must have had before running out of it is its own fault.
const fairTime = 10 * time.Second

// judge decides what a mailbox becomes after a pass: its health and its next due time. Late tells that the pass ran out of time.
func (r *run) judge(ctx context.Context, p *pass, err error, late bool) *leaving {
	stopped := errors.Is(ctx.Err(), context.Canceled)
	l := &leaving{p: p, back: store.Release{ID: p.mb.ID}}
	var broken storeError
	switch {
	case errors.As(err, &broken):
		l.store = broken.error
	case err == nil:
		l.healthy = true
	case stopped, late && p.saved, late && time.Since(p.began) < min(fairTime, r.length/2):
		l.back.Fields = bson.D{{Key: "nextSyncAt", Value: r.Store.Now()}} // nothing is wrong with it; the next run goes on where this one stopped
		r.count(func(s *outreach.SyncStats) { s.Synced++ })
	default:
		l.back.Fields, l.back.Gone = r.sick(p, err)
	}
	return l
}

// leaving is a mailbox on its way back. Store is what went wrong on our side.
type leaving struct {
	p       *pass
	healthy bool
	back    store.Release
	store   error
}

// leaveMost is how many mailboxes leave alike, and are given back with one request of their own, at most; leaveTimeout is what that may take.
const (
	leaveMost    = 40
	leaveTimeout = 5 * time.Second
)

// leave gives a mailbox back in one write, which it shares with the others that are given back at the same time. The write has its own time.
func (r *run) leave(ctx context.Context, l *leaving) error {
	return errors.Join(r.leaves.Do(context.WithoutCancel(ctx), l), l.store)
}

func (r *run) leaveTogether(group []*leaving) {
	if err := r.giveBack(r.releases(group)); err != nil {
		for _, l := range group {
			l.store = errors.Join(l.store, err)
		}
	}
}

// releases are what a group of mailboxes becomes. Healthy ones have the moment in common, and a few the draw too: those that are alike become
// the same, which costs the store half as much. They are a few, and other ones the next time.
func (r *run) releases(group []*leaving) []store.Release {
	now, draw := r.Store.Now(), 0.0
	releases := make([]store.Release, len(group))
	for i, l := range group {
		if i%leaveMost == 0 {
			draw = r.Draw()
		}
		if l.healthy {
			l.back.Fields, l.back.Gone = r.healthy(l.p, now, draw)
		}
		releases[i] = l.back
	}
	return releases
}

// giveBack gives mailboxes back, in its own time.
func (r *run) giveBack(releases []store.Release) error {
	ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
	defer cancel()
	return r.Store.ReleaseMailboxes(ctx, store.SyncLease, r.me.Token, releases)
}

// healthy records a good pass.
func (r *run) healthy(p *pass, now time.Time, draw float64) (fields bson.D, gone []string) {
	r.count(func(s *outreach.SyncStats) {
		if p.changed {
			s.Synced++
		} else {
			s.Unchanged++
		}
	})
	if p.mb.ConsecutiveFailures > 0 {
		r.Log.Info("mailbox is read again", "mailbox", p.mb.Email)
	}
	next := now.Add(outreach.SyncInterval(p.mb, now, draw))
	fields = bson.D{
		{Key: "lastSyncAt", Value: now}, {Key: "lastSyncOkAt", Value: now}, {Key: "nextSyncAt", Value: store.Millis(next)}, {Key: "consecutiveFailures", Value: 0},
	}
	if p.inbound {
		fields = append(fields, bson.E{Key: "lastActivityAt", Value: now})
	}
	if p.foldersListed {
		fields = append(fields, bson.E{Key: "foldersAt", Value: now})
	}
	if p.mb.ConsecutiveFailures > 0 {
		gone = []string{"lastError", "authFailingSince"}
	}
	return fields, gone
}

// sick records a failed pass: the error with its class, the next try, and after lasting refusals of the login the end of trying. The
// operator is told once per change of health.
func (r *run) sick(p *pass, cause error) (fields bson.D, gone []string) {
	now := r.Store.Now()
	verdict := mailbox.Classify(cause)
	class, after := verdict.Class, verdict.RetryAfter
	if class == "" {
		class = mailbox.ClassNetwork // it ran out of time without an answer
	}
	r.fail(p.mb.Email, class, cause)
	failures := p.mb.ConsecutiveFailures + 1
	rest := max(outreach.BackOff(failures, r.Draw(), time.Hour), after)
	fields = bson.D{
		{Key: "lastSyncAt", Value: now}, {Key: "nextSyncAt", Value: store.Millis(now.Add(rest))}, {Key: "consecutiveFailures", Value: failures},
		{Key: "lastError", Value: outreach.Fault{Class: string(class), Message: cause.Error(), At: now}},
	}
	since := p.mb.AuthFailingFrom(class == mailbox.ClassAuth, now)
	if since == nil {
		gone = []string{"authFailingSince"}
	} else {
		fields = append(fields, bson.E{Key: "authFailingSince", Value: *since})
	}
	if p.mb.Status == outreach.MailboxActive && outreach.AuthFailureLasts(since, failures, now) {
		fields = append(fields, bson.E{Key: "status", Value: outreach.MailboxFailing}, bson.E{Key: "statusReason", Value: cause.Error()})
	}
	if p.mb.ConsecutiveFailures == 0 || p.mb.LastError == nil || p.mb.LastError.Class != string(class) {
		r.Log.Warn("mailbox cannot be read", "mailbox", p.mb.Email, "class", class, "error", cause, "next", now.Add(rest).Format(time.RFC3339))
	}
	return fields, gone
}

// fail counts a failed mailbox and lists it, as long as the list is short.
func (r *run) fail(email string, class mailbox.Class, cause error) {
	r.count(func(s *outreach.SyncStats) {
		s.Failed++
		if len(s.Errors) >= outreach.MaxRunErrors {
			s.MoreErrors++
			return
		}
		s.Errors = append(s.Errors, outreach.SyncError{Mailbox: email, Class: string(class), Message: cause.Error()})
	})
}
