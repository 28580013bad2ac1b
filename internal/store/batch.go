package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Batch collects inbound messages with their effects and writes all in one go: the messages, the effects, and that these are done. Each effect
// is such that writing it twice changes nothing: a killed run's are simply written again.
type Batch struct {
	store    *Store
	messages []Write
	writes   []Write
	marks    []Write
	lazy     bool
	refused  []*outreach.Reply
}

// NewBatch returns an empty batch.
func (s *Store) NewBatch() *Batch { return &Batch{store: s} }

// NewLazyBatch returns an empty batch that a power cut may take back, with all that was written after it.
func (s *Store) NewLazyBatch() *Batch { return &Batch{store: s, lazy: true} }

// Commit writes the batch. A suppression that exists already is no error, nor is a message (see Refused).
//
// Among themselves the effects are written by collection, in each in order: to a server that is one request for each collection instead of
// several for each message.
func (b *Batch) Commit(ctx context.Context) error {
	slices.SortStableFunc(b.writes, func(x, y Write) int { return cmp.Compare(x.Collection, y.Collection) })
	writes := slices.Concat(b.messages, b.writes, b.marks)
	if len(writes) == 0 {
		return nil
	}
	for i := range writes {
		writes[i].Lazy = b.lazy
	}
	results, err := b.store.engine.Write(ctx, writes)
	if err != nil {
		return err
	}
	for i, r := range results {
		if r.Err != nil && !IsDuplicate(r.Err) {
			return r.Err
		}
		if reply, ok := writes[i].Document.(*outreach.Reply); ok && r.Err != nil {
			b.refused = append(b.refused, reply)
		}
	}
	return nil
}

// Refused lists, after Commit, the messages that were known: somebody else has stored them meanwhile.
func (b *Batch) Refused() []*outreach.Reply { return b.refused }

func (b *Batch) update(collection string, filter, update bson.D) {
	b.writes = append(b.writes, Write{Kind: Update, Collection: collection, Filter: filter, Update: b.store.touched(update)})
}

// StopRecipient ends a recipient's sequence in a state for a reason, from any of the given states; what he was before is remembered. Also are
// other fields to set with that.
func (b *Batch) StopRecipient(r *outreach.Recipient, from []outreach.State, state outreach.State, reason string, also ...bson.E) {
	filter := bson.D{{Key: "_id", Value: r.ID}, {Key: "state", Value: bson.D{{Key: "$in", Value: from}}}}
	b.update(Recipients, filter, changes(append(bson.D{
		{Key: "state", Value: state}, {Key: "reason", Value: reason}, {Key: "stateBefore", Value: r.State},
	}, also...), []string{"nextSendAt"}))
}

// JoinThread notes the thread of a recipient in whatever state, unless it is noted.
func (b *Batch) JoinThread(id, threadID bson.ObjectID) {
	other := bson.E{Key: "threadId", Value: bson.D{{Key: "$ne", Value: threadID}}}
	b.update(Recipients, append(byID(id), other), set(bson.E{Key: "threadId", Value: threadID}))
}

// StopColleagues ends a sequence for everyone at a domain who could still get mail from it.
func (b *Batch) StopColleagues(sequenceID bson.ObjectID, domain, reason string) {
	who := bson.D{{Key: "domain", Value: domain}, {Key: "sequenceId", Value: sequenceID}}
	b.writes = append(b.writes, b.store.stopWrite(who, outreach.StateReplied, reason))
}

// StopAddress ends every sequence for an address.
func (b *Batch) StopAddress(email string, state outreach.State, reason string) {
	b.writes = append(b.writes, b.store.stopWrite(bson.D{{Key: "email", Value: email}}, state, reason))
}

// Postpone moves the next step of a sendable recipient to a time, unless it is later already.
func (b *Batch) Postpone(id bson.ObjectID, until time.Time, reason string) {
	update := append(set(bson.E{Key: "reason", Value: reason}), bson.E{Key: "$max", Value: bson.D{{Key: "nextSendAt", Value: Millis(until)}}})
	b.update(Recipients, append(byID(id), sendable), update)
}

// SetRecipient sets fields of a recipient in whatever state.
func (b *Batch) SetRecipient(id bson.ObjectID, fields bson.D) {
	b.update(Recipients, byID(id), set(fields...))
}

// Delivered moves a recipient past a step that has turned out to be delivered, unless he is past it.
func (b *Batch) Delivered(id bson.ObjectID, step int, at time.Time) {
	b.update(Recipients, append(byID(id), bson.E{Key: "step", Value: step}), set(bson.E{Key: "step", Value: step + 1}, bson.E{Key: "lastSentAt", Value: at}))
}

// Suppress makes sure that an address is never mailed; an older entry stays as it is.
func (b *Batch) Suppress(value string, reason outreach.SuppressionReason, source string) {
	now := b.store.Now()
	b.writes = append(b.writes, Write{Kind: Insert, Collection: Suppressions, Document: &outreach.Suppression{
		ID: bson.NewObjectID(), Value: value, Reason: reason, Source: source, At: now, CreatedAt: now, UpdatedAt: now,
	}})
}

// SetHistory sets fields of a delivery that is in one of the given states.
func (b *Batch) SetHistory(id bson.ObjectID, from []outreach.HistoryStatus, fields bson.D) {
	filter := bson.D{{Key: "_id", Value: id}, {Key: "status", Value: bson.D{{Key: "$in", Value: from}}}}
	b.update(History, filter, set(fields...))
}

// ResumeRecipient lets a recipient who was held for an unknown delivery go on.
func (b *Batch) ResumeRecipient(id bson.ObjectID, state outreach.State, due *time.Time, reason string) {
	filter := bson.D{{Key: "_id", Value: id}, {Key: "state", Value: outreach.StateHeld}, {Key: "reason", Value: outreach.ReasonDeliveryUnknown}}
	fields := bson.D{{Key: "state", Value: state}, {Key: "reason", Value: reason}}
	if due == nil {
		b.update(Recipients, filter, changes(fields, []string{"nextSendAt"}))
		return
	}
	b.update(Recipients, filter, set(append(fields, bson.E{Key: "nextSendAt", Value: Millis(*due)})...))
}
