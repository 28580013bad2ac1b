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

// release gives a mailbox back with its health and its next due time, in one write. Late tells that the pass ran out of time; the write has
// its own time.
func (r *run) release(ctx context.Context, p *pass, err error, late bool) error {
	stopped := errors.Is(ctx.Err(), context.Canceled)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	var fields bson.D
	var gone []string
	var broken storeError
	switch {
	case errors.As(err, &broken):
		return errors.Join(broken.error, r.giveBack(ctx, p.mb, nil))
	case err == nil:
		fields, gone = r.healthy(p)
	case stopped, late && p.saved, late && time.Since(p.began) < min(fairTime, r.length/2):
		fields = bson.D{{Key: "nextSyncAt", Value: r.Store.Now()}} // nothing is wrong with it; the next run goes on where this one stopped
		r.count(func(s *outreach.SyncStats) { s.Synced++ })
	default:
		fields, gone = r.sick(p, err)
	}
	return r.giveBack(ctx, p.mb, fields, gone...)
}

func (r *run) giveBack(ctx context.Context, mb *outreach.Mailbox, fields bson.D, gone ...string) error {
	err := r.Store.ReleaseMailbox(ctx, store.SyncLease, mb.ID, r.me.Token, fields, gone...)
	if errors.Is(err, store.ErrNotFound) {
		return nil // the lease was lost; whoever has it goes on
	}
	return err
}

// healthy records a good pass.
func (r *run) healthy(p *pass) (fields bson.D, gone []string) {
	now := r.Store.Now()
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
	next := now.Add(outreach.SyncInterval(p.mb, now, r.Draw()))
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
