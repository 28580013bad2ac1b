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
	joined   map[bson.ObjectID]bson.ObjectID // the threads that recipients will have noted
	refused  []*outreach.Reply
}

// NewBatch returns an empty batch.
func (s *Store) NewBatch() *Batch { return &Batch{store: s} }

// NewLazyBatch returns an empty batch that a power cut may take back, with all that was written after it.
func (s *Store) NewLazyBatch() *Batch { return &Batch{store: s, lazy: true} }

// effectsOrder is the order in which a batch writes its effects: to a server that is one request for each collection instead of several for
// each message. That an unknown delivery is settled comes last, for whoever does an interrupted batch again goes by it.
var effectsOrder = []string{Suppressions, Recipients, Threads, History}

// Commit writes the batch: the effects by collection, in each in order. A suppression that exists already is no error, nor is a message (see
// Refused).
func (b *Batch) Commit(ctx context.Context) error {
	slices.SortStableFunc(b.writes, func(x, y Write) int {
		return cmp.Compare(slices.Index(effectsOrder, x.Collection), slices.Index(effectsOrder, y.Collection))
	})
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
	var late []Write
	for i, r := range results {
		if r.Err != nil && !IsDuplicate(r.Err) {
			return r.Err
		}
		if reply, ok := writes[i].Document.(*outreach.Reply); ok && r.Err != nil {
			b.refused = append(b.refused, reply)
		}
		if j := writes[i].joins; j != nil && r.Matched != 1 && b.joined[j.recipient] == j.thread {
			late = append(late, b.join(*j))
		}
	}
	if len(late) > 0 {
		_, err = b.store.engine.Write(ctx, late)
	}
	return err
}

// whole tells whether the batch, as it is, will be written as a whole or not at all.
func (b *Batch) whole() bool {
	return b.store.engine.Atomic() && !slices.ContainsFunc(b.writes, func(w Write) bool { return w.Kind == UpdateMany })
}

// Refused lists, after Commit, the messages that were known: somebody else has stored them meanwhile.
func (b *Batch) Refused() []*outreach.Reply { return b.refused }

func (b *Batch) update(collection string, filter, update bson.D) {
	b.writes = append(b.writes, Write{Kind: Update, Collection: collection, Filter: filter, Update: b.store.touched(update)})
}

// StopRecipient ends a recipient's sequence in a state for a reason, from any of the given states; what he was before is remembered.
func (b *Batch) StopRecipient(r *outreach.Recipient, from []outreach.State, state outreach.State, reason string) {
	b.update(Recipients, inState(r.ID, from), stopped(r, state, reason))
}

// StopInThread is StopRecipient, and JoinThread in the same write, unless that is known to find nobody to stop.
func (b *Batch) StopInThread(r *outreach.Recipient, from []outreach.State, state outreach.State, reason string, threadID bson.ObjectID) {
	if !slices.Contains(from, r.State) {
		b.StopRecipient(r, from, state, reason)
		b.JoinThread(r.ID, threadID)
		return
	}
	b.update(Recipients, inState(r.ID, from), stopped(r, state, reason, bson.E{Key: "threadId", Value: threadID}))
	b.writes[len(b.writes)-1].joins = b.joins(r.ID, threadID)
}

func inState(id bson.ObjectID, from []outreach.State) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "state", Value: bson.D{{Key: "$in", Value: from}}}}
}

func stopped(r *outreach.Recipient, state outreach.State, reason string, also ...bson.E) bson.D {
	fields := bson.D{{Key: "state", Value: state}, {Key: "reason", Value: reason}, {Key: "stateBefore", Value: r.State}}
	return changes(append(fields, also...), []string{"nextSendAt"})
}

// JoinThread notes the thread of a recipient in whatever state, unless it is noted.
func (b *Batch) JoinThread(id, threadID bson.ObjectID) {
	if b.joined[id] != threadID {
		b.writes = append(b.writes, b.join(*b.joins(id, threadID)))
	}
}

// joining is that a recipient's thread is noted, in a write that also does something else: if that found nothing, it is noted by itself.
type joining struct{ recipient, thread bson.ObjectID }

func (b *Batch) joins(id, threadID bson.ObjectID) *joining {
	if b.joined == nil {
		b.joined = map[bson.ObjectID]bson.ObjectID{}
	}
	b.joined[id] = threadID
	return &joining{id, threadID}
}

func (b *Batch) join(j joining) Write {
	filter := append(byID(j.recipient), bson.E{Key: "threadId", Value: bson.D{{Key: "$ne", Value: j.thread}}})
	update := b.store.touched(set(bson.E{Key: "threadId", Value: j.thread}))
	return Write{Kind: Update, Collection: Recipients, Filter: filter, Update: update, Lazy: b.lazy}
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
