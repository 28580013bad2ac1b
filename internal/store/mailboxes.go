package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// InsertMailbox stores a new mailbox; a *DuplicateError says that the address is known.
func (s *Store) InsertMailbox(ctx context.Context, mb *outreach.Mailbox) error {
	mb.CreatedAt, mb.UpdatedAt = s.Now(), s.Now()
	if mb.NextSyncAt == nil {
		mb.NextSyncAt = &mb.CreatedAt
	}
	if mb.NextSendAt == nil {
		mb.NextSendAt = &mb.CreatedAt
	}
	return s.insert(ctx, Mailboxes, mb)
}

// Mailbox finds a mailbox by its id.
func (s *Store) Mailbox(ctx context.Context, id bson.ObjectID) (*outreach.Mailbox, error) {
	return first[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Filter: byID(id)})
}

// MailboxByEmail finds a mailbox by its address in lower case.
func (s *Store) MailboxByEmail(ctx context.Context, email string) (*outreach.Mailbox, error) {
	return first[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Filter: bson.D{{Key: "email", Value: email}}})
}

// MailboxesByID finds several mailboxes at once.
func (s *Store) MailboxesByID(ctx context.Context, ids []bson.ObjectID) ([]outreach.Mailbox, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return find[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Filter: bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}})
}

// CountMailboxesOf counts how many of these mailboxes there are.
func (s *Store) CountMailboxesOf(ctx context.Context, ids []bson.ObjectID) (int64, error) {
	return s.engine.Count(ctx, Mailboxes, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}})
}

// CountMailboxes counts the mailboxes in one state.
func (s *Store) CountMailboxes(ctx context.Context, status outreach.MailboxStatus) (int64, error) {
	return s.engine.Count(ctx, Mailboxes, bson.D{{Key: "status", Value: status}})
}

// UpdateMailbox sets and unsets fields of a mailbox, whoever holds its leases.
func (s *Store) UpdateMailbox(ctx context.Context, id bson.ObjectID, fields bson.D, gone ...string) error {
	return s.update(ctx, Mailboxes, byID(id), changes(fields, gone))
}

// UpdateLeasedMailbox sets and unsets fields of a mailbox under a lease; ErrNotFound says that the lease is lost.
func (s *Store) UpdateLeasedMailbox(ctx context.Context, field LeaseField, id bson.ObjectID, token string, fields bson.D, gone ...string) error {
	return s.update(ctx, Mailboxes, field.held(id, token), changes(fields, gone))
}

// ReleaseMailbox gives a lease back and sets fields in the same write; ErrNotFound says that the lease was lost.
func (s *Store) ReleaseMailbox(ctx context.Context, field LeaseField, id bson.ObjectID, token string, fields bson.D, gone ...string) error {
	update := s.touched(changes(fields, append(gone, string(field))))
	return s.updateOne(ctx, Write{Kind: Update, Collection: Mailboxes, Filter: field.held(id, token), Update: update, Lazy: true})
}

// Release is what a mailbox becomes as its lease is given back: fields that are set, and names of those that go.
type Release struct {
	ID     bson.ObjectID
	Fields bson.D
	Gone   []string
}

// ReleaseMailboxes gives back what was leased under one token. Mailboxes that become the same become so with one change. A lease that was lost
// stays with whoever has it.
func (s *Store) ReleaseMailboxes(ctx context.Context, field LeaseField, token string, releases []Release) error {
	writes, err := s.releasing(field, token, releases)
	if err != nil {
		return err
	}
	return s.write(ctx, writes...)
}

// releasing are the changes by which mailboxes are given back.
func (s *Store) releasing(field LeaseField, token string, releases []Release) ([]Write, error) {
	type change struct {
		update bson.D
		ids    []bson.ObjectID
	}
	alike := map[string]*change{}
	for _, r := range releases {
		update := changes(r.Fields, append(r.Gone, string(field)))
		key, err := bson.Marshal(update)
		if err != nil {
			return nil, fmt.Errorf("give back mailbox %s: %w", r.ID.Hex(), err)
		}
		c := alike[string(key)]
		if c == nil {
			c = &change{update: s.touched(update)}
			alike[string(key)] = c
		}
		c.ids = append(c.ids, r.ID)
	}
	writes := make([]Write, 0, len(alike))
	for _, c := range alike {
		leased := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: c.ids}}}, field.tokenIs(token)}
		writes = append(writes, Write{Kind: UpdateMany, Collection: Mailboxes, Filter: leased, Update: c.update, Lazy: true})
	}
	return writes, nil
}

// AdoptMailboxes gives a due time to active mailboxes that another application stored without one, so that the due queries see them.
func (s *Store) AdoptMailboxes(ctx context.Context, due string) error {
	filter := bson.D{{Key: "status", Value: outreach.MailboxActive}, {Key: due, Value: nil}}
	return s.write(ctx, Write{Kind: UpdateMany, Collection: Mailboxes, Filter: filter, Update: set(bson.E{Key: due, Value: s.Now()})})
}

// syncFields are what LeaseForSync reads of a mailbox: what it takes to log in, where its folders stand, how it fares, and the lease. What only
// sending needs is left: reading it would take a third of the time.
var syncFields = []string{
	"email", "status", "imap", "sealed", "imapPassword", "tlsInsecure", "allowPlaintextAuth", "folders", "foldersAt",
	"lastSentAt", "lastActivityAt", "lastSyncOkAt", "consecutiveFailures", "authFailingSince", "lastError", "nextSyncAt", "syncLease",
}

// LeaseForSync takes up to n of the active mailboxes that are due for syncing and that nobody syncs, those that have been due for the longest.
// None are left if it returns none. While a mailbox is leased its due time is the lease's end, so that whoever looks for the next ones need not
// look past those that are being read.
//
// Several are listed first and then leased by id, all with one change. What was leased by others meanwhile is theirs; who is left with nothing
// takes the next one in a single step, in which no faster process can forestall him.
//
// Of what it returns only syncFields are sure to be there. Mailboxes that the lessee has read may be given back in the same request. After an
// error they may be his still.
func (s *Store) LeaseForSync(ctx context.Context, l Lessee, n int, back ...Release) ([]outreach.Mailbox, error) {
	releases, err := s.releasing(SyncLease, l.Token, back)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	due := bson.D{
		{Key: "status", Value: outreach.MailboxActive},
		{Key: "nextSyncAt", Value: bson.D{{Key: "$lte", Value: now}}},
		SyncLease.free(now, l.Dead),
	}
	q := Query{Collection: Mailboxes, Filter: due, Sort: []string{"nextSyncAt"}, Limit: int64(n), Fields: syncFields}
	lease := l.lease(now)
	take := set(bson.E{Key: string(SyncLease), Value: lease}, bson.E{Key: "nextSyncAt", Value: Millis(lease.Until)})
	if n > 1 {
		listed, err := find[outreach.Mailbox](ctx, s, q)
		if err != nil {
			return nil, err
		}
		leased, err := s.leaseListed(ctx, lease, listed, due, take, releases)
		if err != nil || len(listed) == 0 || len(leased) > 0 {
			return leased, err
		}
	} else if err := s.write(ctx, releases...); err != nil {
		return nil, err
	}
	mb, err := findOneAndUpdate[outreach.Mailbox](ctx, s, q, take)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []outreach.Mailbox{*mb}, nil
}

// leaseListed takes those of the listed mailboxes that are still free, after some other writes, and reads again what it got if that is not all.
func (s *Store) leaseListed(ctx context.Context, lease outreach.Lease, listed []outreach.Mailbox, free, take bson.D, first []Write) ([]outreach.Mailbox, error) {
	if len(listed) == 0 {
		return nil, s.write(ctx, first...)
	}
	ids := make([]bson.ObjectID, len(listed))
	for i := range listed {
		ids[i] = listed[i].ID
		listed[i].SyncLease, listed[i].NextSyncAt = &lease, new(Millis(lease.Until))
	}
	these := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	results, err := s.engine.Write(ctx, append(first, Write{
		Kind: UpdateMany, Collection: Mailboxes, Filter: append(slices.Clone(these), free...), Update: s.touched(take), Lazy: true,
	}))
	if err != nil {
		return nil, err
	}
	for _, r := range results {
		if r.Err != nil {
			return nil, r.Err
		}
	}
	if results[len(first)].Matched == int64(len(listed)) {
		return listed, nil
	}
	return find[outreach.Mailbox](ctx, s, Query{
		Collection: Mailboxes, Filter: append(these, SyncLease.tokenIs(lease.Token)), Fields: syncFields,
	})
}

// LeaseMailbox takes one mailbox, due or not, if nobody holds this lease of it; ErrNotFound otherwise.
func (s *Store) LeaseMailbox(ctx context.Context, field LeaseField, id bson.ObjectID, l Lessee) (*outreach.Mailbox, error) {
	now := s.Now()
	q := Query{Collection: Mailboxes, Filter: bson.D{{Key: "_id", Value: id}, field.free(now, l.Dead)}}
	return findOneAndUpdate[outreach.Mailbox](ctx, s, q, set(bson.E{Key: string(field), Value: l.lease(now)}))
}

// LeaseMailboxes takes those of some mailboxes, due or not, of which nobody holds this lease, all with one change. What it got it knows by the
// token, which must be new.
func (s *Store) LeaseMailboxes(ctx context.Context, field LeaseField, ids []bson.ObjectID, l Lessee) ([]outreach.Mailbox, error) {
	if len(ids) == 1 {
		mb, err := s.LeaseMailbox(ctx, field, ids[0], l)
		switch {
		case errors.Is(err, ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return []outreach.Mailbox{*mb}, nil
	}
	now := s.Now()
	these := bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}
	free, mine := bson.D{these, field.free(now, l.Dead)}, bson.D{these, field.tokenIs(l.Token)}
	return findManyAndUpdate[outreach.Mailbox](ctx, s, Mailboxes, free, set(bson.E{Key: string(field), Value: l.lease(now)}), mine)
}

// SendMark is a place in the order in which mailboxes may send: by when they may, then by id.
type SendMark struct {
	At time.Time
	ID bson.ObjectID
}

// Before tells whether a place comes before another.
func (m SendMark) Before(o SendMark) bool {
	return m.At.Before(o.At) || m.At.Equal(o.At) && bytes.Compare(m.ID[:], o.ID[:]) < 0
}

// MailboxesToSend lists active mailboxes that may send before a time, whoever leases them, from a mark on and without the first skip of
// them: the one that might have sent for longest first.
func (s *Store) MailboxesToSend(ctx context.Context, before time.Time, from SendMark, skip, limit int) ([]outreach.Mailbox, error) {
	at := bson.D{{Key: "$lte", Value: Millis(before)}}
	filter := bson.D{{Key: "status", Value: outreach.MailboxActive}}
	if from == (SendMark{}) {
		filter = append(filter, bson.E{Key: "nextSendAt", Value: at})
	} else {
		filter = append(filter, bson.E{Key: "nextSendAt", Value: append(bson.D{{Key: "$gte", Value: Millis(from.At)}}, at...)}, bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: "nextSendAt", Value: bson.D{{Key: "$gt", Value: Millis(from.At)}}}},
			bson.D{{Key: "nextSendAt", Value: Millis(from.At)}, {Key: "_id", Value: bson.D{{Key: "$gt", Value: from.ID}}}},
		}})
	}
	return find[outreach.Mailbox](ctx, s, Query{
		Collection: Mailboxes, Filter: filter, Index: "due_send", Sort: []string{"nextSendAt", "_id"}, Skip: int64(skip), Limit: int64(limit),
	})
}

// MailboxesToWait lists some of the mailboxes that may not send before a time: those that are not active, or wait for longer.
func (s *Store) MailboxesToWait(ctx context.Context, before time.Time, limit int) ([]outreach.Mailbox, error) {
	filter := bson.D{{Key: "$or", Value: bson.A{
		bson.D{{Key: "status", Value: bson.D{{Key: "$in", Value: bson.A{outreach.MailboxPaused, outreach.MailboxFailing}}}}},
		bson.D{{Key: "status", Value: outreach.MailboxActive}, {Key: "nextSendAt", Value: bson.D{{Key: "$gt", Value: Millis(before)}}}},
	}}}
	return find[outreach.Mailbox](ctx, s, Query{Collection: Mailboxes, Filter: filter, Limit: int64(limit)})
}

// DeleteMailbox removes a mailbox.
func (s *Store) DeleteMailbox(ctx context.Context, id bson.ObjectID) error {
	_, err := s.remove(ctx, Mailboxes, byID(id))
	return err
}

// changes makes an update of fields to set and names to unset.
func changes(fields bson.D, gone []string) bson.D {
	var update bson.D
	if len(fields) > 0 {
		update = append(update, bson.E{Key: "$set", Value: fields})
	}
	if len(gone) > 0 {
		update = append(update, unset(gone...))
	}
	return update
}

// MailboxAddresses lists the addresses of the mailboxes in one state.
func (s *Store) MailboxAddresses(ctx context.Context, status outreach.MailboxStatus) ([]string, error) {
	var out []string
	q := Query{Collection: Mailboxes, Filter: bson.D{{Key: "status", Value: status}}, Fields: []string{"email"}}
	err := s.engine.Find(ctx, q, func(raw bson.Raw) error {
		if email, ok := raw.Lookup("email").StringValueOK(); ok {
			out = append(out, email)
		}
		return nil
	})
	return out, err
}
