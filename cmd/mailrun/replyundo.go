package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// kindOf is what a message is that has an intent.
func kindOf(intent outreach.Intent) outreach.Kind {
	switch intent {
	case outreach.IntentOutOfOffice:
		return outreach.KindOutOfOffice
	case outreach.IntentAutoReply, outreach.IntentLeftCompany, outreach.IntentBounce:
		return outreach.KindAutoReply
	}
	return outreach.KindHuman
}

// takeBackOptOut undoes what a message did that was taken for an opt-out: the entries that it made are removed from the suppressions, and
// whoever it stopped stands where he stood before, or where the message as it is read now leaves him. Addresses that are suppressed for
// another reason stay so.
func (a *app) takeBackOptOut(ctx context.Context, s *store.Store, r *outreach.Reply, kind outreach.Kind) error {
	freed, err := unsuppressFor(ctx, s, r)
	if err != nil {
		return err
	}
	for _, address := range freed {
		recs, err := s.RecipientsByEmail(ctx, address)
		if err != nil {
			return err
		}
		for i := range recs {
			state, err := restore(ctx, s, r, &recs[i], kind)
			if err != nil {
				return err
			}
			if state != "" {
				a.say("%s: the opt-out is taken back: %s", recs[i].Email, state)
			}
		}
	}
	// The next sync does what the message means now, and counts it in its thread.
	again := bson.D{{Key: "kind", Value: kind}, {Key: "effects", Value: bson.D{{Key: "done", Value: false}}}}
	if err := s.UpdateReply(ctx, r.ID, again); err != nil || r.MailboxID.IsZero() {
		return err
	}
	return s.UpdateMailbox(ctx, r.MailboxID, bson.D{{Key: "nextSyncAt", Value: s.Now()}})
}

// unsuppressFor removes the suppressions that a message made and returns their addresses.
func unsuppressFor(ctx context.Context, s *store.Store, r *outreach.Reply) (freed []string, err error) {
	addresses := []string{strings.ToLower(r.From.Address)}
	if !r.SequenceRecipientID.IsZero() {
		rec, err := s.Recipient(ctx, r.SequenceRecipientID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if err == nil && !slices.Contains(addresses, rec.Email) {
			addresses = append(addresses, rec.Email)
		}
	}
	entries, err := s.SuppressionsAmong(ctx, addresses)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Source != outreach.ReplySource(r.ID) {
			continue
		}
		if _, err := s.Unsuppress(ctx, e.Value); err != nil {
			return nil, err
		}
		freed = append(freed, e.Value)
	}
	return freed, nil
}

// hasAnswered says that a message is an answer that ends its writer's sequence.
func hasAnswered(ctx context.Context, s *store.Store, r *outreach.Reply, rec *outreach.Recipient, kind outreach.Kind) (bool, error) {
	if rec.ID != r.SequenceRecipientID || kind != outreach.KindHuman {
		return false, nil
	}
	seq, err := s.Sequence(ctx, rec.SequenceID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return err == nil && seq.StopsOnReply(), err
}

// restore lets a recipient go on whom an opt-out stopped, and returns his state, "" if it was something else that stopped him. The one who wrote
// the message has answered if it is a person's answer; so that no step goes out before the next sync sees that, it is said here.
func restore(ctx context.Context, s *store.Store, r *outreach.Reply, rec *outreach.Recipient, kind outreach.Kind) (outreach.State, error) {
	if rec.State != outreach.StateUnsubscribed || rec.Reason != string(outreach.SuppressUnsubscribe) {
		return "", nil
	}
	answered, err := hasAnswered(ctx, s, r, rec, kind)
	if err != nil {
		return "", err
	}
	state := stateBefore(rec)
	fields, gone := bson.D{{Key: "state", Value: state}}, []string{"stateBefore", "reason"}
	switch {
	case answered:
		state = outreach.StateReplied
		fields, gone = bson.D{{Key: "state", Value: state}, {Key: "reason", Value: "reply"}}, gone[:1]
	case state == outreach.StateQueued || state == outreach.StateActive:
		fields = append(fields, bson.E{Key: "nextSendAt", Value: s.Now()})
	}
	err = s.MoveRecipient(ctx, rec.ID, []outreach.State{outreach.StateUnsubscribed}, fields, gone...)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil // something else has moved him meanwhile
	}
	return state, err
}

// stateBefore is where a recipient stood when he was stopped, as far as that is known.
func stateBefore(rec *outreach.Recipient) outreach.State {
	switch {
	case rec.StateBefore != "":
		return rec.StateBefore
	case rec.LastSentAt == nil:
		return outreach.StateQueued
	}
	return outreach.StateActive
}
