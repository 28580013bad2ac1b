package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/inbox"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// release undoes what a message did to the person it is taken from: his delivery was not answered, the suppression of his address that came of it
// is removed, and he goes on where he stood, if it was this message that stopped him and nothing else keeps him stopped. Colleagues who were
// stopped with him stay so.
func (a *app) release(ctx context.Context, s *store.Store, r *outreach.Reply) error {
	was, err := s.Recipient(ctx, r.SequenceRecipientID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := unsuppressPerson(ctx, s, r, was.Email); err != nil {
		return err
	}
	others, err := otherMessages(ctx, s, r, was.ID)
	if err != nil {
		return err
	}
	if err := unanswer(ctx, s, r, others); err != nil {
		return err
	}
	enrolments, err := s.RecipientsByEmail(ctx, was.Email)
	if err != nil {
		return err
	}
	for i := range enrolments {
		state, err := letGo(ctx, s, r, &enrolments[i], others)
		if err != nil {
			return err
		}
		if state != "" {
			a.say("%s: the message was not his: %s", was.Email, state)
		}
	}
	return nil
}

// unsuppressPerson removes the suppression that a message made of the address of the person it is taken from. That of its sender is his own.
func unsuppressPerson(ctx context.Context, s *store.Store, r *outreach.Reply, email string) error {
	entries, err := s.SuppressionsAmong(ctx, []string{email})
	if err != nil || len(entries) == 0 || entries[0].Source != outreach.ReplySource(r.ID) || strings.EqualFold(r.From.Address, email) {
		return err
	}
	_, err = s.Unsuppress(ctx, email)
	return err
}

// otherMessages are the messages of a recipient but this one.
func otherMessages(ctx context.Context, s *store.Store, r *outreach.Reply, recipientID bson.ObjectID) ([]outreach.Reply, error) {
	all, err := s.RepliesOfRecipient(ctx, recipientID)
	return slices.DeleteFunc(all, func(other outreach.Reply) bool { return other.ID == r.ID }), err
}

// unanswer takes from a delivery what a message noted on it, unless another message says the same of it.
func unanswer(ctx context.Context, s *store.Store, r *outreach.Reply, others []outreach.Reply) error {
	same := func(o outreach.Reply) bool { return o.HistoryID == r.HistoryID && o.Kind == r.Kind }
	if r.HistoryID.IsZero() || slices.ContainsFunc(others, same) {
		return nil
	}
	var err error
	switch r.Kind {
	case outreach.KindHuman:
		err = s.UpdateHistory(ctx, r.HistoryID, []outreach.HistoryStatus{outreach.HistorySent}, nil, "repliedAt")
	case outreach.KindBounce:
		sent := bson.D{{Key: "status", Value: outreach.HistorySent}}
		err = s.UpdateHistory(ctx, r.HistoryID, []outreach.HistoryStatus{outreach.HistoryBounced}, sent, "bouncedAt", "error", "smtpEnhanced")
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil // it says something else by now
	}
	return err
}

// letGo lets a recipient go on whom a message stopped, and returns his state, "" if something else stopped him or keeps him stopped. Others are the
// other messages of the person it is taken from.
func letGo(ctx context.Context, s *store.Store, r *outreach.Reply, rec *outreach.Recipient, others []outreach.Reply) (outreach.State, error) {
	seq, err := s.Sequence(ctx, rec.SequenceID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	if stop := stopOf(r, seq); stop.state == "" || rec.State != stop.state || !strings.HasPrefix(rec.Reason, stop.reason) || !reaches(r, rec) {
		return "", nil
	}
	if rec.ID != r.SequenceRecipientID {
		own, err := otherMessages(ctx, s, r, rec.ID)
		if err != nil {
			return "", err
		}
		others = append(slices.Clone(others), own...)
	}
	suppressed, err := s.Suppressed(ctx, rec.Email)
	if err != nil || suppressed != nil || slices.ContainsFunc(others, func(o outreach.Reply) bool { return stopOf(&o, seq).state != "" && reaches(&o, rec) }) {
		return "", err
	}
	fields, gone := goesOn(s, rec, seq)
	err = s.MoveRecipient(ctx, rec.ID, []outreach.State{rec.State}, fields, gone...)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil // something else has moved him meanwhile
	}
	return fields[0].Value.(outreach.State), err
}

// stop is the state in which a message leaves a recipient, and how its reason begins.
type stop struct {
	state  outreach.State
	reason string
}

// stopOf tells how a message ends the sequence of whom it concerns, zero if it does not. Seq is nil if the sequence was removed.
func stopOf(r *outreach.Reply, seq *outreach.Sequence) stop {
	hard := func(b outreach.Bounce) bool { return b.Type == outreach.BounceHard }
	switch {
	case r.MatchMethod == inbox.MatchForward:
		return stop{}
	case r.Kind == outreach.KindBounce && (r.Bounce != nil && hard(*r.Bounce) || slices.ContainsFunc(r.Bounces, hard)):
		return stop{outreach.StateBounced, "bounce"}
	case r.Kind == outreach.KindBounce:
		return stop{}
	case r.Kind == outreach.KindUnsubscribe:
		return stop{outreach.StateUnsubscribed, string(outreach.SuppressUnsubscribe)}
	case r.Kind == outreach.KindComplaint:
		return stop{outreach.StateUnsubscribed, string(outreach.SuppressComplaint)}
	case r.Kind == outreach.KindHuman && (seq == nil || seq.StopsOnReply()):
		return stop{outreach.StateReplied, "reply"}
	case r.Kind == outreach.KindHuman:
		return stop{}
	case r.LeftCompany:
		return stop{outreach.StateFailed, "left_company"}
	case seq != nil && seq.StopOnAutoReply:
		return stop{outreach.StateReplied, "auto_reply"}
	}
	return stop{}
}

// reaches tells whether a message stops this enrolment of the person it belongs to: suppressions stop all of them, an answer outside any thread those
// that its mailbox has, and everything else one.
func reaches(r *outreach.Reply, rec *outreach.Recipient) bool {
	switch {
	case rec.ID == r.SequenceRecipientID:
		return true
	case r.Kind == outreach.KindHuman:
		return r.MatchMethod == inbox.MatchAddress && rec.MailboxID == r.MailboxID
	}
	return r.Kind == outreach.KindBounce || r.Kind == outreach.KindUnsubscribe || r.Kind == outreach.KindComplaint
}

// goesOn is what changes in a recipient who goes on where he stood. A step that was to come comes when it was due.
func goesOn(s *store.Store, rec *outreach.Recipient, seq *outreach.Sequence) (fields bson.D, gone []string) {
	state, due, reason := stateBefore(rec), new(s.Now()), ""
	if state == outreach.StateActive && seq != nil && rec.LastSentAt != nil {
		state, due, reason = seq.Advance(rec, rec.Step-1, *rec.LastSentAt)
	}
	fields, gone = bson.D{{Key: "state", Value: state}}, []string{"stateBefore"}
	if reason == "" {
		gone = append(gone, "reason")
	} else {
		fields = append(fields, bson.E{Key: "reason", Value: reason})
	}
	if due != nil && (state == outreach.StateQueued || state == outreach.StateActive) {
		fields = append(fields, bson.E{Key: "nextSendAt", Value: store.Millis(*due)})
	}
	return fields, gone
}
