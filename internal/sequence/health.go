package sequence

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// longestBackOff is how long a failing mailbox rests at most between tries.
const longestBackOff = time.Hour

// mailboxFailed records the mailbox's own trouble: it backs off, or for lasting refusals of its login turns to error. The recipients are
// not touched. The operator is told once per change of health.
func (b *box) mailboxFailed(ctx context.Context, cause error) error {
	b.broken.Add(1)
	b.fault.Store(&cause)
	if ctx.Err() != nil {
		return nil // cut by a signal or the deadline, no fault of the mailbox
	}
	v := mailbox.Classify(cause)
	now := b.Store.Now()
	rest := max(outreach.BackOff(b.mb.SendFailures+1, b.Draw(), longestBackOff), v.RetryAfter)
	fault := outreach.Fault{Class: string(v.Class), Message: cause.Error(), At: now}
	fields := bson.D{
		{Key: "sendFailures", Value: b.mb.SendFailures + 1}, {Key: "lastError", Value: fault}, {Key: "nextSendAt", Value: store.Millis(now.Add(rest))},
	}
	since := b.mb.AuthFailingFrom(v.Class == mailbox.ClassAuth, now)
	gone := []string{}
	if since == nil {
		gone = append(gone, "authFailingSince")
	} else {
		fields = append(fields, bson.E{Key: "authFailingSince", Value: *since})
	}
	if outreach.AuthFailureLasts(since, b.mb.SendFailures+1, now) {
		fields = append(fields, bson.E{Key: "status", Value: outreach.MailboxFailing}, bson.E{Key: "statusReason", Value: cause.Error()})
	}
	if b.mb.SendFailures == 0 || b.mb.LastError == nil || b.mb.LastError.Class != string(v.Class) {
		b.Log.Warn("mailbox cannot send", "mailbox", b.mb.Email, "class", v.Class, "error", cause, "next", now.Add(rest).Format(time.RFC3339))
	}
	err := b.Store.UpdateLeasedMailbox(ctx, store.SendLease, b.mb.ID, b.mb.Lease.Token, fields, gone...)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// mailboxRecovered records that a mailbox that failed sends again.
func (b *box) mailboxRecovered(ctx context.Context) error {
	b.mb.SendFailures, b.mb.LastError = 0, nil
	b.Log.Info("mailbox sends again", "mailbox", b.mb.Email)
	err := b.Store.UpdateLeasedMailbox(ctx, store.SendLease, b.mb.ID, b.mb.Lease.Token,
		bson.D{{Key: "sendFailures", Value: 0}}, "lastError", "authFailingSince")
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
