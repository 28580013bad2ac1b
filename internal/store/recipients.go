package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// sendable matches the states in which a recipient may get its next step.
var sendable = bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{outreach.StateQueued, outreach.StateActive}}}}

// InsertRecipients stores new recipients in one go and returns for each whether it was new: a person who is in the sequence already stays
// as he is.
func (s *Store) InsertRecipients(ctx context.Context, recipients []outreach.Recipient) ([]bool, error) {
	writes := make([]Write, len(recipients))
	now := s.Now()
	for i := range recipients {
		recipients[i].CreatedAt, recipients[i].UpdatedAt = now, now
		writes[i] = Write{Kind: Insert, Collection: Recipients, Document: &recipients[i]}
	}
	return s.insertEach(ctx, writes)
}

// Recipient finds a recipient by its id.
func (s *Store) Recipient(ctx context.Context, id bson.ObjectID) (*outreach.Recipient, error) {
	return first[outreach.Recipient](ctx, s, Query{Collection: Recipients, Filter: byID(id)})
}

// RecipientsByID finds several recipients at once.
func (s *Store) RecipientsByID(ctx context.Context, ids []bson.ObjectID) ([]outreach.Recipient, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	these := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	return find[outreach.Recipient](ctx, s, Query{Collection: Recipients, Filter: these, Limit: int64(len(ids))})
}

// RecipientInSequence finds the person with an address in a sequence.
func (s *Store) RecipientInSequence(ctx context.Context, sequenceID bson.ObjectID, email string) (*outreach.Recipient, error) {
	filter := bson.D{{Key: "sequenceId", Value: sequenceID}, {Key: "email", Value: email}}
	return first[outreach.Recipient](ctx, s, Query{Collection: Recipients, Filter: filter})
}

// RecipientsByEmail lists every enrolment of an address.
func (s *Store) RecipientsByEmail(ctx context.Context, email string) ([]outreach.Recipient, error) {
	return find[outreach.Recipient](ctx, s, Query{Collection: Recipients, Filter: bson.D{{Key: "email", Value: email}}})
}

// MoveRecipient changes a recipient that is in one of the given states; ErrNotFound says that it is in none of them.
func (s *Store) MoveRecipient(ctx context.Context, id bson.ObjectID, from []outreach.State, fields bson.D, gone ...string) error {
	filter := bson.D{{Key: "_id", Value: id}, {Key: "state", Value: bson.D{{Key: "$in", Value: from}}}}
	return s.update(ctx, Recipients, filter, changes(fields, gone))
}

// DueOf lists a mailbox's recipients in a state whose next step is due and whom nobody has claimed, oldest due first: active ones wait for a
// follow-up, queued ones for a first step that this mailbox has tried before. The recipients of some sequences may be left out. Of each only
// what a verdict rests on is read.
func (s *Store) DueOf(ctx context.Context, mailboxID bson.ObjectID, state outreach.State, leftOut []bson.ObjectID, dead []string, limit int) ([]outreach.Recipient, error) {
	now := s.Now()
	filter := bson.D{{Key: "state", Value: state}, {Key: "mailboxId", Value: mailboxID}, dueAt(now), Claim.free(now, dead)}
	if len(leftOut) > 0 {
		filter = append(filter, bson.E{Key: "sequenceId", Value: bson.D{{Key: "$nin", Value: leftOut}}})
	}
	return find[outreach.Recipient](ctx, s, Query{
		Collection: Recipients, Filter: filter, Index: "due_followups", Sort: []string{"nextSendAt"}, Limit: int64(limit), Fields: dueFields,
	})
}

// dueFields are what a verdict about a recipient rests on, and the order of those who are due.
var dueFields = []string{
	"sequenceId", "email", "domain", "timezone", "state", "reason", "step", "nextSendAt", "pausedUntil", "mailboxId", "createdAt",
}

// dueAt matches recipients whose time has come.
func dueAt(now time.Time) bson.E {
	return bson.E{Key: "nextSendAt", Value: bson.D{{Key: "$lte", Value: now}}}
}

// ofOtherZones matches recipients with a zone of their own.
var ofOtherZones = bson.E{Key: "timezone", Value: bson.D{{Key: "$gt", Value: ""}}}

// NewOf says whose new recipients are asked for, and with OtherZones, that only those are meant who have a zone of their own.
type NewOf struct {
	Sequence   bson.ObjectID
	OtherZones bool
}

// DueNew lists a sequence's recipients who wait for their first step, belong to no mailbox and are claimed by nobody, oldest due first,
// without the first skip of them. Of each only what a verdict rests on is read.
func (s *Store) DueNew(ctx context.Context, of NewOf, dead []string, skip, limit int) ([]outreach.Recipient, error) {
	now := s.Now()
	q := Query{
		Collection: Recipients,
		Filter: bson.D{
			{Key: "state", Value: outreach.StateQueued}, {Key: "sequenceId", Value: of.Sequence}, dueAt(now), {Key: "mailboxId", Value: nil}, Claim.free(now, dead),
		},
		Index:  "due_new",
		Sort:   []string{"nextSendAt"},
		Skip:   int64(skip),
		Limit:  int64(limit),
		Fields: dueFields,
	}
	if of.OtherZones {
		q.Filter, q.Index = append(q.Filter, ofOtherZones), "due_new_zoned"
	}
	return find[outreach.Recipient](ctx, s, q)
}

// DueCount is how many recipients of a sequence are due, by the mailbox they belong to (zero if none yet).
type DueCount struct {
	SequenceID, MailboxID bson.ObjectID
	Count                 int
}

// CountDue counts the recipients in a state whose time has come, the first most of them who have waited longest.
func (s *Store) CountDue(ctx context.Context, state outreach.State, most int) ([]DueCount, error) {
	q := Query{
		Collection: Recipients, Filter: bson.D{{Key: "state", Value: state}, dueAt(s.Now())}, Index: "due_any", Sort: []string{"nextSendAt"}, Limit: int64(most),
	}
	groups, err := s.engine.GroupFirst(ctx, q, "sequenceId", "mailboxId")
	if err != nil {
		return nil, err
	}
	counts := make([]DueCount, len(groups))
	for i, g := range groups {
		counts[i].SequenceID, _ = g.Values[0].ObjectIDOK()
		counts[i].MailboxID, _ = g.Values[1].ObjectIDOK()
		counts[i].Count = int(g.Count)
	}
	return counts, nil
}

// CountDueIn counts the recipients of a sequence in a state whose time has come.
func (s *Store) CountDueIn(ctx context.Context, sequenceID bson.ObjectID, state outreach.State) (int, error) {
	n, err := s.engine.Count(ctx, Recipients, bson.D{{Key: "state", Value: state}, {Key: "sequenceId", Value: sequenceID}, dueAt(s.Now())})
	return int(n), err
}

// MailboxesWithDue tells which of some mailboxes have recipients of their own who are due.
func (s *Store) MailboxesWithDue(ctx context.Context, ids []bson.ObjectID) (map[bson.ObjectID]bool, error) {
	filter := bson.D{sendable, {Key: "mailboxId", Value: bson.D{{Key: "$in", Value: ids}}}, dueAt(s.Now())}
	return s.distinct(ctx, Query{Collection: Recipients, Filter: filter, Index: "due_followups"}, "mailboxId", len(ids))
}

// SequencesWithDue tells which of some sequences have recipients who wait for a first step that is due, with otherZones, which have such
// who live in a zone of their own.
func (s *Store) SequencesWithDue(ctx context.Context, ids []bson.ObjectID, otherZones bool) (map[bson.ObjectID]bool, error) {
	filter := bson.D{{Key: "state", Value: outreach.StateQueued}, {Key: "sequenceId", Value: bson.D{{Key: "$in", Value: ids}}}, dueAt(s.Now())}
	q := Query{Collection: Recipients, Filter: filter, Index: "due_new"}
	if otherZones {
		q.Filter, q.Index = append(q.Filter, ofOtherZones), "due_new_zoned"
	}
	return s.distinct(ctx, q, "sequenceId", len(ids))
}

// distinct is the set of ids in a field among the matches; nothing is asked about none.
func (s *Store) distinct(ctx context.Context, q Query, field string, among int) (map[bson.ObjectID]bool, error) {
	if among == 0 {
		return nil, nil
	}
	values, err := s.engine.Distinct(ctx, q, field)
	set := make(map[bson.ObjectID]bool, len(values))
	for _, v := range values {
		if id, ok := v.ObjectIDOK(); ok {
			set[id] = true
		}
	}
	return set, err
}

// Claim makes the lessee the owner of recipients that are still due and that nobody owns, and returns those it got as they are now. That
// they must be due keeps apart whoever listed a recipient before another mailbox sent to it: the next step is no business of his. What it got
// it knows by the token, which must be new.
func (s *Store) Claim(ctx context.Context, ids []bson.ObjectID, l Lessee) ([]outreach.Recipient, error) {
	now := s.Now()
	take := set(bson.E{Key: string(Claim), Value: l.lease(now)})
	due := bson.E{Key: "nextSendAt", Value: bson.D{{Key: "$lte", Value: now}}}
	if len(ids) == 1 {
		q := Query{Collection: Recipients, Filter: bson.D{{Key: "_id", Value: ids[0]}, sendable, due, Claim.free(now, l.Dead)}}
		r, err := findOneAndUpdate[outreach.Recipient](ctx, s, q, take)
		if err != nil {
			return nil, err
		}
		return []outreach.Recipient{*r}, nil
	}
	these := bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}
	free, mine := bson.D{these, sendable, due, Claim.free(now, l.Dead)}, bson.D{these, Claim.tokenIs(l.Token)}
	return findManyAndUpdate[outreach.Recipient](ctx, s, Recipients, free, take, mine)
}

// TakeOver claims one recipient in whatever state, to settle a delivery that its owner left behind; ErrNotFound says that it is owned.
func (s *Store) TakeOver(ctx context.Context, id bson.ObjectID, l Lessee) (*outreach.Recipient, error) {
	now := s.Now()
	q := Query{Collection: Recipients, Filter: bson.D{{Key: "_id", Value: id}, Claim.free(now, l.Dead)}}
	return findOneAndUpdate[outreach.Recipient](ctx, s, q, set(bson.E{Key: string(Claim), Value: l.lease(now)}))
}

// ReleaseClaim gives a recipient back and changes fields in the same write if it is still sendable.
func (s *Store) ReleaseClaim(ctx context.Context, id bson.ObjectID, token string, fields bson.D, gone ...string) error {
	_, err := s.writeAndRelease(ctx, nil, release{id: id, token: token, fields: fields, gone: gone})
	return err
}

// release ends a claim: with fields if the recipient is still sendable, without them if a reply, an opt-out or a person moved it
// meanwhile. Always is set either way.
type release struct {
	id             bson.ObjectID
	token          string
	fields, always bson.D
	gone           []string
}

// writeAndRelease does writes and then ends claims. It returns the results of the writes, of which a duplicate is none of its errors.
func (s *Store) writeAndRelease(ctx context.Context, writes []Write, releases ...release) ([]WriteResult, error) {
	first, patience := len(writes), Patience(writes)
	stamp := bson.E{Key: "updatedAt", Value: s.Now()}
	for _, r := range releases {
		filter := append(Claim.held(r.id, r.token), sendable)
		update := changes(append(append(bson.D{stamp}, r.always...), r.fields...), append(r.gone, string(Claim)))
		writes = append(writes, Write{Kind: Update, Collection: Recipients, Filter: filter, Update: update, MayWait: patience})
	}
	results, err := s.engine.Write(ctx, writes)
	if err != nil {
		return nil, err
	}
	var moved []Write
	for i, r := range releases {
		if results[first+i].Matched == 1 {
			continue
		}
		update := changes(append(bson.D{stamp}, r.always...), []string{string(Claim)})
		moved = append(moved, Write{Kind: Update, Collection: Recipients, Filter: Claim.held(r.id, r.token), Update: update})
	}
	return results, s.write(ctx, moved...)
}

// EndPauses makes recipients whose pause has ended sendable again.
func (s *Store) EndPauses(ctx context.Context) error {
	now := s.Now()
	ended := func(step bson.E, state outreach.State) Write {
		filter := bson.D{{Key: "state", Value: outreach.StatePaused}, {Key: "pausedUntil", Value: bson.D{{Key: "$lte", Value: now}}}, step}
		update := changes(bson.D{{Key: "state", Value: state}, {Key: "nextSendAt", Value: now}, {Key: "updatedAt", Value: now}}, []string{"pausedUntil", "reason"})
		return Write{Kind: UpdateMany, Collection: Recipients, Filter: filter, Update: update}
	}
	return s.write(ctx,
		ended(bson.E{Key: "step", Value: 0}, outreach.StateQueued),
		ended(bson.E{Key: "step", Value: bson.D{{Key: "$gt", Value: 0}}}, outreach.StateActive))
}

// StateCount is how many recipients of a sequence are in a state for a reason.
type StateCount struct {
	SequenceID bson.ObjectID
	State      outreach.State
	Reason     string
	Count      int
}

// CountStates counts recipients by sequence, state and reason, of one sequence unless id is zero.
func (s *Store) CountStates(ctx context.Context, id bson.ObjectID) ([]StateCount, error) {
	filter := bson.D{}
	if !id.IsZero() {
		filter = bson.D{{Key: "sequenceId", Value: id}}
	}
	groups, err := s.engine.GroupCount(ctx, Recipients, filter, "sequenceId", "state", "reason")
	if err != nil {
		return nil, err
	}
	counts := make([]StateCount, len(groups))
	for i, g := range groups {
		seq, _ := g.Values[0].ObjectIDOK()
		state, _ := g.Values[1].StringValueOK()
		reason, _ := g.Values[2].StringValueOK()
		counts[i] = StateCount{SequenceID: seq, State: outreach.State(state), Reason: reason, Count: int(g.Count)}
	}
	return counts, nil
}

// Upcoming calls each with the sendable recipients of a sequence in the order in which they come due, with the first most of them unless that
// is 0.
func (s *Store) Upcoming(ctx context.Context, sequenceID bson.ObjectID, state outreach.State, most int, each func(outreach.Recipient) error) error {
	q := Query{
		Collection: Recipients,
		Filter:     bson.D{{Key: "state", Value: state}, {Key: "sequenceId", Value: sequenceID}, {Key: "nextSendAt", Value: bson.D{{Key: "$gt", Value: time.Time{}}}}},
		Index:      "due_new", // and not one of all sequences, most of whose recipients would be read in vain
		Sort:       []string{"nextSendAt"},
		Limit:      int64(most),
	}
	return s.engine.Find(ctx, q, func(raw bson.Raw) error {
		var r outreach.Recipient
		if err := bson.Unmarshal(raw, &r); err != nil {
			return err
		}
		return each(r)
	})
}

// RecipientsByEmails lists the enrolments of several addresses. Those that are known stay as they are.
func (s *Store) RecipientsByEmails(ctx context.Context, emails []string, known map[bson.ObjectID]*outreach.Recipient) ([]*outreach.Recipient, error) {
	if len(emails) == 0 {
		return nil, nil
	}
	var found []*outreach.Recipient
	q := Query{Collection: Recipients, Filter: bson.D{{Key: "email", Value: bson.D{{Key: "$in", Value: emails}}}}}
	err := s.engine.Find(ctx, q, func(raw bson.Raw) error {
		id, _ := raw.Lookup("_id").ObjectIDOK()
		r := known[id]
		if r == nil {
			r = new(outreach.Recipient)
			if err := bson.Unmarshal(raw, r); err != nil {
				return fmt.Errorf("read %s %v: %w", Recipients, id, err)
			}
		}
		found = append(found, r)
		return nil
	})
	return found, err
}

// RecipientsByDomain lists enrolments at a domain, at most limit.
func (s *Store) RecipientsByDomain(ctx context.Context, domain string, limit int) ([]outreach.Recipient, error) {
	q := Query{Collection: Recipients, Filter: bson.D{{Key: "domain", Value: domain}}, Limit: int64(limit)}
	return find[outreach.Recipient](ctx, s, q)
}

// StopAddress ends every sequence for an address.
func (s *Store) StopAddress(ctx context.Context, email string, state outreach.State, reason string) error {
	return s.write(ctx, s.stopWrite(bson.D{{Key: "email", Value: email}}, state, reason))
}

func (s *Store) stopWrite(who bson.D, state outreach.State, reason string) Write {
	waiting := bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{outreach.StateQueued, outreach.StateActive, outreach.StateHeld, outreach.StatePaused}}}}
	update := s.touched(changes(bson.D{{Key: "state", Value: state}, {Key: "reason", Value: reason}}, []string{"nextSendAt"}))
	return Write{Kind: UpdateMany, Collection: Recipients, Filter: append(who, waiting), Update: update}
}
