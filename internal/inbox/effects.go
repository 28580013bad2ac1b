package inbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// commitTime bounds the writing of one batch.
const commitTime = 6 * time.Second

// Out of office: the next step moves this far past the return date, or past the day of the message if it names none.
const (
	afterReturn     = 24 * time.Hour
	withoutReturn   = 7 * 24 * time.Hour
	reasonAway      = "out_of_office"
	reasonReply     = "reply"
	reasonColleague = "colleague_replied"
	reasonLeft      = "left_company"
	reasonAutoReply = "auto_reply"
)

// stoppable are the states that a reply, a bounce or an opt-out ends; completed among them: an answer to the last step is an answer.
var stoppable = []outreach.State{outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StatePaused, outreach.StateCompleted}

// unsettled are the deliveries of which any answer is the proof.
var unsettled = []outreach.HistoryStatus{outreach.HistorySending, outreach.HistoryUnknown}

// finishLeftovers applies the effects that a killed run left unapplied, once in a pass.
func (p *pass) finishLeftovers(ctx context.Context) error {
	if p.finished {
		return nil
	}
	left, err := p.Store.UnfinishedReplies(ctx, p.mb.ID)
	p.finished = err == nil
	if err != nil || len(left) == 0 {
		return ours(err)
	}
	q := newQuestions()
	replies := make([]*outreach.Reply, len(left))
	for i := range left {
		replies[i] = &left[i]
		q.recipients[left[i].SequenceRecipientID] = true
		for _, b := range left[i].Bounces {
			q.askAddresses(b.Recipient)
		}
		q.askAddresses(left[i].From.Address)
	}
	e, err := p.look(ctx, q)
	if err != nil {
		return ours(err)
	}
	_, err = p.apply(ctx, replies, e, isStored)
	return ours(err)
}

// Whether messages whose effects are applied are stored already, by a run that was killed before it applied them.
const (
	isNew    = false
	isStored = true
)

// apply stores messages and makes them count: who is stopped, suppressed or postponed, which deliveries were answered, and the threads. Last
// of all it marks them done. All of it is one batch, written in this order. It returns those that somebody else has stored meanwhile.
//
// The batch is lazy: a power cut that takes it back also takes back that the cursor has moved past the messages and that the mailbox was read
// at all, for that is written after it.
func (p *pass) apply(ctx context.Context, replies []*outreach.Reply, e *evidence, stored bool) (refused []*outreach.Reply, err error) {
	batch := p.Store.NewLazyBatch()
	if !stored {
		batch.InsertReplies(replies)
	}
	for _, r := range replies {
		if err := p.effect(ctx, batch, r, e); err != nil {
			return nil, err
		}
	}
	if err := p.thread(ctx, batch, replies, e, stored); err != nil {
		return nil, err
	}
	batch.MarkReplies(replies)
	p.at(Weighed)
	if err := batch.Commit(ctx); err != nil {
		return nil, err
	}
	p.at(Applied)
	return batch.Refused(), p.recountThreads(ctx, batch.Refused(), e)
}

// effect adds to the batch what one message means.
func (p *pass) effect(ctx context.Context, b *store.Batch, r *outreach.Reply, e *evidence) error {
	rec := e.recipients[r.SequenceRecipientID]
	if rec == nil || r.MatchMethod == MatchForward {
		return nil
	}
	seq, err := p.sequence(ctx, rec.SequenceID)
	if err != nil {
		return err
	}
	defer b.JoinThread(rec.ID, r.ThreadID) // mostly it is noted by then, in the same write that stops him
	switch r.Kind {
	case outreach.KindBounce:
		return p.bounced(ctx, b, r, rec, e)
	case outreach.KindComplaint:
		p.optOut(b, r, rec, outreach.SuppressComplaint)
	case outreach.KindUnsubscribe:
		p.optOut(b, r, rec, outreach.SuppressUnsubscribe)
	case outreach.KindHuman:
		p.replied(b, r, rec, seq, e)
	default:
		p.answeredByMachine(b, r, rec, seq)
	}
	p.settle(b, r, rec, seq, e)
	return nil
}

// replied ends the sequence for the person who answered, and with StopDomainOnReply for colleagues. An answer outside any thread ends every
// sequence that this mailbox has with the address.
func (p *pass) replied(b *store.Batch, r *outreach.Reply, rec *outreach.Recipient, seq *outreach.Sequence, e *evidence) {
	b.SetHistory(r.HistoryID, []outreach.HistoryStatus{outreach.HistorySent, outreach.HistorySending, outreach.HistoryUnknown},
		bson.D{{Key: "repliedAt", Value: r.ReceivedAt}})
	if seq == nil || !seq.StopsOnReply() {
		return
	}
	b.StopInThread(rec, stoppable, outreach.StateReplied, reasonReply, r.ThreadID)
	if r.MatchMethod == MatchAddress {
		for _, other := range e.byAddress[rec.Email] {
			if other.ID != rec.ID && other.MailboxID == p.mb.ID {
				b.StopRecipient(other, stoppable, outreach.StateReplied, reasonReply)
			}
		}
	}
	if seq.StopDomainOnReply && !outreach.IsFreeMail(outreach.DomainOf(rec.Email)) {
		b.StopColleagues(seq.ID, outreach.DomainOf(rec.Email), reasonColleague)
	}
}

// answeredByMachine: who has left is not written to again; who is away gets the next step after the return; other machines' answers change
// nothing, unless the sequence stops at any answer.
func (p *pass) answeredByMachine(b *store.Batch, r *outreach.Reply, rec *outreach.Recipient, seq *outreach.Sequence) {
	switch {
	case r.LeftCompany:
		b.StopInThread(rec, stoppable, outreach.StateFailed, reasonLeft, r.ThreadID)
	case seq != nil && seq.StopOnAutoReply:
		b.StopInThread(rec, stoppable, outreach.StateReplied, reasonAutoReply, r.ThreadID)
	case r.Kind == outreach.KindOutOfOffice && r.ReturnDate != nil:
		b.Postpone(rec.ID, r.ReturnDate.Add(afterReturn), reasonAway)
	case r.Kind == outreach.KindOutOfOffice:
		b.Postpone(rec.ID, r.ReceivedAt.Add(withoutReturn), reasonAway)
	}
}

// optOut suppresses the address that was written to, and the one that the wish came from, everywhere.
func (p *pass) optOut(b *store.Batch, r *outreach.Reply, rec *outreach.Recipient, reason outreach.SuppressionReason) {
	addresses := []string{rec.Email}
	if from := strings.ToLower(r.From.Address); reason == outreach.SuppressUnsubscribe && from != "" && from != rec.Email && r.MatchMethod != MatchSubject {
		addresses = append(addresses, from)
	}
	b.StopInThread(rec, append([]outreach.State{outreach.StateReplied}, stoppable...), outreach.StateUnsubscribed, string(reason), r.ThreadID)
	for _, a := range addresses {
		b.Suppress(a, reason, outreach.ReplySource(r.ID))
		b.StopAddress(a, outreach.StateUnsubscribed, string(reason))
	}
}

// bounced applies each failed recipient of a report on its own. The one that the report was matched to by its original counts even if the
// address differs, as after a forwarding.
func (p *pass) bounced(ctx context.Context, b *store.Batch, r *outreach.Reply, rec *outreach.Recipient, e *evidence) error {
	all := r.Bounces
	if len(all) == 0 && r.Bounce != nil {
		all = []outreach.Bounce{*r.Bounce}
	}
	for _, one := range all {
		who, history := rec, r.HistoryID
		if len(all) > 1 && !strings.EqualFold(one.Recipient, rec.Email) {
			m := p.byAddress(e, strings.ToLower(one.Recipient), r.ReceivedAt)
			if m == nil {
				continue
			}
			who, history = m.recipient, m.history.ID
		}
		if err := p.bounce(ctx, b, r, who, history, one); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) bounce(ctx context.Context, b *store.Batch, r *outreach.Reply, rec *outreach.Recipient, historyID bson.ObjectID, one outreach.Bounce) error {
	if one.Type != outreach.BounceHard {
		b.SetHistory(historyID, unsettled, bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: r.ReceivedAt}, {Key: "settledBy", Value: "bounce"}})
		n, err := p.Store.CountBounces(ctx, rec.ID)
		b.SetRecipient(rec.ID, bson.D{{Key: "softBounces", Value: n + b.NewBounces(rec.ID)}})
		return err
	}
	b.SetHistory(historyID, append([]outreach.HistoryStatus{outreach.HistorySent}, unsettled...), bson.D{
		{Key: "status", Value: outreach.HistoryBounced}, {Key: "bouncedAt", Value: r.ReceivedAt}, {Key: "error", Value: one.Diagnostic}, {Key: "smtpEnhanced", Value: one.Status},
	})
	b.StopRecipient(rec, stoppable, outreach.StateBounced, strings.TrimSpace("bounce "+one.Status))
	b.Suppress(rec.Email, outreach.SuppressBounce, outreach.ReplySource(r.ID))
	b.StopAddress(rec.Email, outreach.StateBounced, strings.TrimSpace("bounce "+one.Status))
	return nil
}

// settle takes an answer as the proof that an unknown delivery arrived, and lets a recipient who was held for it go on.
func (p *pass) settle(b *store.Batch, r *outreach.Reply, rec *outreach.Recipient, seq *outreach.Sequence, e *evidence) {
	h := e.byID[r.HistoryID]
	if h == nil || h.Status != outreach.HistorySending && h.Status != outreach.HistoryUnknown || r.MatchMethod != MatchSigned && r.MatchMethod != MatchStored {
		return
	}
	b.SetHistory(h.ID, unsettled, bson.D{{Key: "status", Value: outreach.HistorySent}, {Key: "sentAt", Value: h.CreatedAt}, {Key: "settledBy", Value: "reply"}})
	if rec.Reason != outreach.ReasonDeliveryUnknown || seq == nil {
		return
	}
	b.Delivered(rec.ID, h.Step, h.CreatedAt)
	state, due, reason := seq.Advance(rec, h.Step, h.CreatedAt)
	b.ResumeRecipient(rec.ID, state, due, reason)
	p.answeredByMachine(b, r, rec, seq)
}

// sequence reads a sequence once per pass; nil if it was removed.
func (p *pass) sequence(ctx context.Context, id bson.ObjectID) (*outreach.Sequence, error) {
	if seq, ok := p.sequences[id]; ok {
		return seq, nil
	}
	seq, err := p.Store.Sequence(ctx, id)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, err
	}
	if p.sequences == nil {
		p.sequences = map[bson.ObjectID]*outreach.Sequence{}
	}
	p.sequences[id] = seq
	return seq, nil
}
