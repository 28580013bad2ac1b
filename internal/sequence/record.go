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

// record writes what became of an attempt. Stop tells that the mailbox cannot go on.
func (d *delivery) record(ctx context.Context, sendErr error) (stop bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, recordTimeout)
	defer cancel()
	if sendErr == nil {
		return false, d.accepted(ctx)
	}
	defer d.at(Recorded)
	if err := d.writeAccepted(ctx); err != nil {
		return true, err // these came first, and what follows may set the mailbox's clock
	}
	d.unreserve(ctx, d.taken)
	if notNow := (*errNotNow)(nil); errors.As(sendErr, &notNow) {
		return false, d.dropped(ctx, notNow.reason)
	}
	v := mailbox.Classify(sendErr)
	switch v.Effect {
	case mailbox.EffectUnknown:
		return true, errors.Join(d.unknown(ctx, sendErr), d.mailboxFailed(ctx, sendErr))
	case mailbox.EffectDefer:
		return false, d.deferred(ctx, sendErr)
	case mailbox.EffectBounce:
		return false, d.bounced(ctx, sendErr)
	case mailbox.EffectFail:
		return false, d.failed(ctx, sendErr)
	case mailbox.EffectRetry:
		return d.brokeBefore(ctx, sendErr)
	}
	return true, errors.Join(d.blamed(ctx, sendErr, v), d.mailboxFailed(ctx, sendErr))
}

// recordTimeout bounds the writing of what became of a message.
const recordTimeout = 30 * time.Second

// blamed takes back an attempt for which the mailbox is to blame: no attempt is counted. Where the server's words may be about this
// recipient after all, others go first, and after refusalsMost of them in a row the recipient has failed.
func (d *delivery) blamed(ctx context.Context, sendErr error, v mailbox.Verdict) error {
	if !v.MaybeTheirs {
		return d.Store.DropDelivery(ctx, d.history, d.rec.ID, d.me.Token, nil)
	}
	if d.rec.Refusals+1 >= refusalsMost {
		return d.failed(ctx, sendErr)
	}
	rest, _ := outreach.RetryDelay(2, d.Draw())
	return d.Store.DropDelivery(ctx, d.history, d.rec.ID, d.me.Token, bson.D{
		{Key: "refusals", Value: d.rec.Refusals + 1}, {Key: "nextSendAt", Value: store.Millis(d.Store.Now().Add(rest))},
	})
}

// refusalsMost is how often the mailbox is blamed for refusals that may be about one recipient.
const refusalsMost = 3

// accepted notes a message that the server took over; writeAccepted writes it down.
func (d *delivery) accepted(ctx context.Context) error {
	now := d.Store.Now()
	reply := d.smtp.LastReply()
	d.mb.AfterSend(now, d.Draw()).Apply(d.mb)
	d.strikes = 0
	fields, always, gone := advance(d.c.Sequence, d.rec, d.mb.ID, now)
	d.unwritten = append(d.unwritten, store.Outcome{
		HistoryID:   d.history.ID,
		History:     append(replyFields(reply.Code, reply.Enhanced, reply.Text()), bson.E{Key: "status", Value: outreach.HistorySent}, bson.E{Key: "sentAt", Value: now}),
		HistoryGone: []string{"error"},
		RecipientID: d.rec.ID, Token: d.me.Token, Recipient: fields, RecipientAlways: always, Gone: gone,
	})
	d.accepts++
	d.stats.sent(d.pace, d.rec.Step+1 >= len(d.c.Steps))
	d.sent.add(ctx, d.raw, now)
	if d.mb.SendFailures > 0 {
		return errors.Join(d.writeAccepted(ctx), d.mailboxRecovered(ctx))
	}
	return nil
}

// advance is what an accepted step makes of its recipient: fields if it is still sendable, always whatever happened meanwhile.
func advance(seq *outreach.Sequence, rec *outreach.Recipient, mailboxID bson.ObjectID, sentAt time.Time) (fields, always bson.D, gone []string) {
	always = bson.D{
		{Key: "step", Value: rec.Step + 1}, {Key: "lastSentAt", Value: sentAt}, {Key: "mailboxId", Value: mailboxID},
		{Key: "attempts", Value: 0}, {Key: "refusals", Value: 0},
	}
	state, due, reason := seq.Advance(rec, rec.Step, sentAt)
	fields = bson.D{{Key: "state", Value: state}}
	if reason != "" {
		return append(fields, bson.E{Key: "reason", Value: reason}), always, nil
	}
	if due == nil {
		return fields, always, []string{"reason", "nextSendAt"}
	}
	return append(fields, bson.E{Key: "nextSendAt", Value: store.Millis(*due)}), always, []string{"reason"}
}

// outcome records an attempt that was not accepted: the history's status and why, and what it makes of the recipient.
func (d *delivery) outcome(ctx context.Context, status outreach.HistoryStatus, sendErr error, history, recipient bson.D, gone ...string) error {
	history = append(history, bson.E{Key: "status", Value: status}, bson.E{Key: "error", Value: sendErr.Error()})
	var answer *mailbox.SendError
	if errors.As(sendErr, &answer) {
		history = append(history, replyFields(answer.Code, answer.Enhanced, answer.Line)...)
	}
	return d.Store.Record(ctx, store.Outcome{
		HistoryID: d.history.ID, History: history,
		RecipientID: d.rec.ID, Token: d.me.Token, Recipient: recipient, Gone: gone,
	})
}

func replyFields(code int, enhanced, text string) bson.D {
	return bson.D{{Key: "smtpCode", Value: code}, {Key: "smtpEnhanced", Value: enhanced}, {Key: "smtpResponse", Value: text}}
}

// deferred records a temporary refusal and when to try again; after the last try the recipient has failed.
func (d *delivery) deferred(ctx context.Context, sendErr error) error {
	delay, again := outreach.RetryDelay(d.history.Attempts, d.Draw())
	if !again {
		return d.failed(ctx, sendErr)
	}
	d.stats.count(func(s *outreach.SendStats) { s.Deferred++ })
	return d.outcome(ctx, outreach.HistoryDeferred, sendErr, nil, bson.D{
		{Key: "nextSendAt", Value: store.Millis(d.Store.Now().Add(delay))}, {Key: "attempts", Value: d.history.Attempts},
		{Key: "mailboxId", Value: d.mb.ID}, {Key: "reason", Value: ReasonDeferred},
	})
}

// ReasonDeferred says that the server refused the message for now and that it will be tried again.
const ReasonDeferred = "deferred"

// bounced records an address that does not exist, and suppresses it.
func (d *delivery) bounced(ctx context.Context, sendErr error) error {
	if _, err := d.Store.Suppress(ctx, d.rec.Email, outreach.SuppressBounce, "smtp"); err != nil {
		return err
	}
	d.stats.count(func(s *outreach.SendStats) { s.Failed++ })
	return d.outcome(ctx, outreach.HistoryBounced, sendErr, bson.D{{Key: "bouncedAt", Value: d.Store.Now()}},
		bson.D{{Key: "state", Value: outreach.StateBounced}, {Key: "reason", Value: refusal(sendErr)}}, "nextSendAt")
}

// failed records a refusal for good that says nothing about the address.
func (d *delivery) failed(ctx context.Context, sendErr error) error {
	d.stats.count(func(s *outreach.SendStats) { s.Failed++ })
	return d.outcome(ctx, outreach.HistoryFailed, sendErr, nil,
		bson.D{{Key: "state", Value: outreach.StateFailed}, {Key: "reason", Value: refusal(sendErr)}}, "nextSendAt")
}

// unknown records that the line broke when the server may have accepted the message. The history stays sending for the next run to settle;
// the recipient is held meanwhile.
func (d *delivery) unknown(ctx context.Context, sendErr error) error {
	d.stats.count(func(s *outreach.SendStats) { s.Unknown++ })
	return d.outcome(ctx, outreach.HistorySending, sendErr, nil,
		bson.D{{Key: "state", Value: outreach.StateHeld}, {Key: "reason", Value: outreach.ReasonDeliveryUnknown}, {Key: "mailboxId", Value: d.mb.ID}})
}

// brokeBefore takes back an attempt whose connection broke before the final dot: nothing was sent. The first such break is retried over a
// new connection, the second in a row is the mailbox's failure.
func (d *delivery) brokeBefore(ctx context.Context, sendErr error) (stop bool, err error) {
	if err := d.Store.DropDelivery(ctx, d.history, d.rec.ID, d.me.Token, nil); err != nil {
		return true, err
	}
	d.hangUp()
	d.brokeOff = true
	if d.strikes++; d.strikes < 2 {
		return false, nil
	}
	return true, d.mailboxFailed(ctx, sendErr)
}

// dropped takes back an attempt that the last look forbade.
func (d *delivery) dropped(ctx context.Context, reason string) error {
	d.stats.skip(reason)
	var fields bson.D
	if reason == outreach.ReasonSuppressed {
		fields = bson.D{{Key: "state", Value: outreach.StateUnsubscribed}, {Key: "reason", Value: reason}}
	}
	if reason == outreach.ReasonSequencePaused {
		d.c.blocked.Store(&reason)
	}
	return d.Store.DropDelivery(ctx, d.history, d.rec.ID, d.me.Token, fields)
}

// holdClaimed puts a claimed recipient aside for a person, with the reason.
func (d *delivery) holdClaimed(ctx context.Context, reason string) error {
	d.stats.count(func(s *outreach.SendStats) { s.Held++ })
	return d.Store.ReleaseClaim(ctx, d.rec.ID, d.me.Token, bson.D{{Key: "state", Value: outreach.StateHeld}, {Key: "reason", Value: reason}})
}

// refusal is the reason that a recipient carries after a refusal: the server's words, short.
func refusal(sendErr error) string {
	const most = 200
	text := sendErr.Error()
	var answer *mailbox.SendError
	if errors.As(sendErr, &answer) && answer.Line != "" {
		text = answer.Line
	}
	if len(text) > most {
		text = text[:most]
	}
	return text
}
