package sequence

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// settleTimeout bounds the search in one mailbox's Sent folder; settleAtOnce is how many mailboxes are searched side by side.
const (
	settleTimeout = 30 * time.Second
	settleAtOnce  = 16
	settleMost    = 5000
)

// SettledBySent is the evidence that a message lies in the mailbox's Sent folder. Replies and bounces settle deliveries during a sync.
const SettledBySent = "sent_folder"

// settleUnknowns looks for what dead runs left in sending: a message found in Sent was sent, any other is held as delivery_unknown. It does
// not matter whether the mailbox may send now.
func (r *run) settleUnknowns(ctx context.Context) error {
	open, err := r.Store.HistoryInStatus(ctx, outreach.HistorySending, settleMost)
	if err != nil || len(open) == 0 {
		return err
	}
	byMailbox := map[bson.ObjectID][]outreach.History{}
	for _, h := range open {
		byMailbox[h.MailboxID] = append(byMailbox[h.MailboxID], h)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(settleAtOnce)
	for id, histories := range byMailbox {
		group.Go(func() error { return r.settleMailbox(ctx, id, histories) })
	}
	return group.Wait()
}

// settleMailbox settles one mailbox's open deliveries, except those whose owner lives.
func (r *run) settleMailbox(ctx context.Context, id bson.ObjectID, open []outreach.History) error {
	var left []abandoned
	for i := range open {
		rec, err := r.Store.TakeOver(ctx, open[i].SequenceRecipientID, r.me)
		if errors.Is(err, store.ErrNotFound) {
			continue // its owner is at work, or the recipient was removed
		}
		if err != nil {
			return err
		}
		left = append(left, abandoned{rec, &open[i]})
	}
	if len(left) == 0 {
		return nil
	}
	search := r.openSent(ctx, id)
	defer search.close()
	for _, a := range left {
		if err := r.settle(ctx, a, search); err != nil {
			return err
		}
	}
	return nil
}

// abandoned is a delivery whose process died, with its recipient claimed by this run.
type abandoned struct {
	rec     *outreach.Recipient
	history *outreach.History
}

// settle records the verdict of the evidence. The history is read again under the claim: its owner may have recorded it since.
func (r *run) settle(ctx context.Context, a abandoned, search *sentSearch) error {
	h, seq, err := r.openDelivery(ctx, a)
	if err != nil || h == nil {
		return errors.Join(err, r.Store.ReleaseClaim(ctx, a.rec.ID, r.me.Token, nil))
	}
	found := search.found(ctx, h.MessageID)
	switch {
	case h.Manual:
		return r.settleManual(ctx, a.rec, h, found)
	case found:
		return r.settledAsSent(ctx, seq, a.rec, h)
	}
	r.stats.count(func(s *outreach.SendStats) { s.Unknown++; s.Held++ })
	return r.Store.Record(ctx, store.Outcome{
		HistoryID: h.ID, History: bson.D{{Key: "status", Value: outreach.HistoryUnknown}},
		RecipientID: a.rec.ID, Token: r.me.Token,
		Recipient: bson.D{{Key: "state", Value: outreach.StateHeld}, {Key: "reason", Value: outreach.ReasonDeliveryUnknown}, {Key: "mailboxId", Value: h.MailboxID}},
	})
}

// settleManual settles an answer that a person sent; it is no step and moves no recipient.
func (r *run) settleManual(ctx context.Context, rec *outreach.Recipient, h *outreach.History, found bool) error {
	fields := bson.D{{Key: "status", Value: outreach.HistoryUnknown}}
	if found {
		fields = bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: h.CreatedAt}, {Key: "settledBy", Value: SettledBySent}}
	}
	err := r.Store.UpdateHistory(ctx, h.ID, []outreach.HistoryStatus{outreach.HistorySending}, fields)
	return errors.Join(err, r.Store.ReleaseClaim(ctx, rec.ID, r.me.Token, nil))
}

// openDelivery reads an abandoned delivery again, with its sequence; nil if there is nothing to settle any more: its owner took it back or
// recorded it, or the sequence was removed.
func (r *run) openDelivery(ctx context.Context, a abandoned) (*outreach.History, *outreach.Sequence, error) {
	h, err := r.Store.HistoryByID(ctx, a.history.ID)
	if err == nil && h.Status != outreach.HistorySending {
		return nil, nil, nil
	}
	var seq *outreach.Sequence
	if err == nil {
		seq, err = r.Store.Sequence(ctx, a.rec.SequenceID)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, nil
	}
	return h, seq, err
}

// settledAsSent records that a message went out after all, at the time its intent was written, and lets the recipient go on.
func (r *run) settledAsSent(ctx context.Context, seq *outreach.Sequence, rec *outreach.Recipient, h *outreach.History) error {
	if rec.State == outreach.StateHeld && rec.Reason == outreach.ReasonDeliveryUnknown {
		if err := r.Store.MoveRecipient(ctx, rec.ID, []outreach.State{outreach.StateHeld}, bson.D{{Key: "state", Value: outreach.StateActive}}, "reason"); err != nil {
			return err
		}
	}
	at := *rec
	at.Step = h.Step
	fields, always, gone := advance(seq, &at, h.MailboxID, h.CreatedAt)
	r.stats.count(func(s *outreach.SendStats) { s.Sent++ })
	r.uncounted.Store(h.MailboxID, true)
	return r.Store.Record(ctx, store.Outcome{
		HistoryID: h.ID,
		History: bson.D{
			{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: h.CreatedAt}, {Key: "settledBy", Value: SettledBySent},
		},
		RecipientID: rec.ID, Token: r.me.Token, Recipient: fields, RecipientAlways: always, Gone: gone,
	})
}

// follow puts a claimed recipient where an earlier attempt at its step leads.
func (d *delivery) follow(ctx context.Context, past *outreach.History) error {
	token := d.me.Token
	switch past.Status {
	case outreach.HistorySent:
		at := past.CreatedAt
		if past.SentAt != nil {
			at = *past.SentAt
		}
		fields, always, gone := advance(d.c.Sequence, d.rec, past.MailboxID, at)
		return d.Store.ReleaseClaim(ctx, d.rec.ID, token, append(fields, always...), gone...)
	case outreach.HistoryBounced:
		return d.Store.ReleaseClaim(ctx, d.rec.ID, token, bson.D{{Key: "state", Value: outreach.StateBounced}}, "nextSendAt")
	case outreach.HistoryFailed:
		return d.Store.ReleaseClaim(ctx, d.rec.ID, token, bson.D{{Key: "state", Value: outreach.StateFailed}}, "nextSendAt")
	case outreach.HistoryDeferred:
		return d.Store.ReleaseClaim(ctx, d.rec.ID, token, bson.D{{Key: "attempts", Value: past.Attempts}})
	}
	return d.holdClaimed(ctx, outreach.ReasonDeliveryUnknown)
}

// sentSearch looks for Message-IDs in one mailbox's Sent folder. Where that cannot be reached nothing is found: no evidence, no guess.
type sentSearch struct {
	run     *run
	session *mailbox.IMAPSession
	folder  string
	cancel  context.CancelFunc
}

func (r *run) openSent(ctx context.Context, id bson.ObjectID) *sentSearch {
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	s := &sentSearch{run: r, cancel: cancel}
	mb, err := r.Store.Mailbox(ctx, id)
	if err == nil && mb.IMAP.Host != "" {
		s.session, err = r.Dialer.IMAP(ctx, mb)
	}
	if err == nil && s.session != nil {
		s.folder, err = sentFolder(ctx, s.session)
	}
	if err != nil {
		r.Log.Warn("cannot look into the Sent folder for unknown deliveries", "mailbox", id.Hex(), "error", err)
	}
	return s
}

func (s *sentSearch) found(ctx context.Context, messageID string) bool {
	if s.folder == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, settleTimeout)
	defer cancel()
	found, err := s.session.FindMessageID(ctx, s.folder, messageID)
	if err != nil {
		s.run.Log.Warn("cannot search the Sent folder", "folder", s.folder, "error", err)
	}
	return found
}

func (s *sentSearch) close() {
	if s.session != nil {
		_ = s.session.Close() // nothing is lost: only searches were made
	}
	s.cancel()
}
