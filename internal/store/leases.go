package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// LeaseTime is how long a lease or a claim holds without being renewed; RenewEvery is how often its owner renews it. LeaseMargin is how long
// before they run out an owner who could not renew them stops: others take them over when the store's clock says so, and two hosts read
// that clock with an error each (see clock.go).
const (
	LeaseTime   = 60 * time.Second
	RenewEvery  = 20 * time.Second
	LeaseMargin = 10 * time.Second
)

// LeaseField names one of the leases that documents carry.
type LeaseField string

// A mailbox is leased apart for sending and for syncing, so that neither job waits for the other. A recipient is claimed.
const (
	SendLease LeaseField = "lease"
	SyncLease LeaseField = "syncLease"
	Claim     LeaseField = "claim"
)

// collection is where documents carry the lease.
func (f LeaseField) collection() string {
	if f == Claim {
		return Recipients
	}
	return Mailboxes
}

// free matches documents that nobody holds: never leased, run out, or held by one of the dead owners.
func (f LeaseField) free(now time.Time, dead []string) bson.E {
	until, owner := string(f)+".until", string(f)+".owner"
	options := bson.A{bson.D{{Key: until, Value: nil}}, bson.D{{Key: until, Value: bson.D{{Key: "$lte", Value: now}}}}}
	if len(dead) > 0 {
		options = append(options, bson.D{{Key: owner, Value: bson.D{{Key: "$in", Value: dead}}}})
	}
	return bson.E{Key: "$or", Value: options}
}

// held matches the document under the lease's token.
func (f LeaseField) held(id bson.ObjectID, token string) bson.D {
	return bson.D{{Key: "_id", Value: id}, f.tokenIs(token)}
}

// tokenIs matches what is leased under a token.
func (f LeaseField) tokenIs(token string) bson.E {
	return bson.E{Key: string(f) + ".token", Value: token}
}

// Lessee takes leases in one process's name. Dead lists owners that are known to be gone, Others counts those that may be at work.
type Lessee struct {
	Owner  string
	Token  string
	Dead   []string
	Others int
}

// lease is a fresh lease of the lessee.
func (l Lessee) lease(now time.Time) outreach.Lease {
	return outreach.Lease{Owner: l.Owner, Token: l.Token, Until: now.Add(LeaseTime)}
}

// KeptOut tells whether a lease keeps the lessee out: it has not run out and its owner is not known to be gone.
func (l Lessee) KeptOut(lease *outreach.Lease, now time.Time) bool {
	return lease != nil && lease.Until.After(now) && !slices.Contains(l.Dead, lease.Owner)
}

// LeaseOwners lists everyone who holds a lease of this kind.
func (s *Store) LeaseOwners(ctx context.Context, field LeaseField) ([]string, error) {
	path := string(field) + ".owner"
	groups, err := s.engine.GroupCount(ctx, field.collection(), bson.D{{Key: path, Value: bson.D{{Key: "$gt", Value: ""}}}}, path)
	if err != nil {
		return nil, err
	}
	owners := make([]string, 0, len(groups))
	for _, g := range groups {
		if owner, ok := g.Values[0].StringValueOK(); ok {
			owners = append(owners, owner)
		}
	}
	return owners, nil
}

// RenewLeases prolongs every lease of this kind that the lessee holds.
func (s *Store) RenewLeases(ctx context.Context, field LeaseField, l Lessee) error {
	filter := bson.D{{Key: string(field) + ".owner", Value: l.Owner}}
	until := s.Now().Add(LeaseTime)
	return s.write(ctx, Write{Kind: UpdateMany, Collection: field.collection(), Filter: filter, Lazy: true, Update: set(bson.E{Key: string(field) + ".until", Value: until})})
}

// ErrLeaseLost is the cause of a context that HoldLeases ended: the store could not be reached for so long that others may soon own what
// this process leased.
var ErrLeaseLost = errors.New("lost the leases: the store did not answer for too long")

// HoldLeases renews the lessee's leases every RenewEvery until stop is called. LeaseMargin before the leases run out for want of a renewal,
// the returned context ends with ErrLeaseLost: nothing may be written or sent under them any more. Elapsed time is measured by this host's
// monotonic clock, so a wall clock that jumps does not matter here.
func (s *Store) HoldLeases(ctx context.Context, l Lessee, fields ...LeaseField) (held context.Context, stop func()) {
	held, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.renewUntilDone(held, cancel, l, fields)
	}()
	return held, func() {
		cancel(context.Canceled)
		<-done
	}
}

func (s *Store) renewUntilDone(ctx context.Context, lost context.CancelCauseFunc, l Lessee, fields []LeaseField) {
	tick := time.NewTicker(RenewEvery)
	defer tick.Stop()
	end := time.NewTimer(LeaseTime - LeaseMargin)
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			lost(ErrLeaseLost)
			return
		case <-tick.C:
		}
		began := time.Now() // the new expiry is counted from some moment after this one
		if err := s.renewAll(ctx, l, fields); err == nil {
			end.Reset(LeaseTime - LeaseMargin - time.Since(began))
		}
	}
}

func (s *Store) renewAll(ctx context.Context, l Lessee, fields []LeaseField) error {
	ctx, cancel := context.WithTimeout(ctx, RenewEvery/2)
	defer cancel()
	if err := s.refreshTime(ctx); err != nil {
		return err
	}
	for _, f := range fields {
		if err := s.RenewLeases(ctx, f, l); err != nil {
			return err
		}
	}
	return nil
}

// NewLessee is a lessee for one run: the owner's name, a fresh token, and which of the present holders of these leases are gone.
func (s *Store) NewLessee(ctx context.Context, self Owner, fields ...LeaseField) (Lessee, error) {
	l := Lessee{Owner: self.String(), Token: bson.NewObjectID().Hex()}
	if err := s.refreshTime(ctx); err != nil {
		return l, err
	}
	for _, f := range fields {
		owners, err := s.LeaseOwners(ctx, f)
		if err != nil {
			return l, err
		}
		dead := self.Dead(owners)
		if err := s.dueAgain(ctx, f, dead); err != nil {
			return l, err
		}
		l.Dead = append(l.Dead, dead...)
		l.Others = max(l.Others, len(owners)-len(dead))
	}
	return l, nil
}

// dueAgain makes mailboxes due at once that dead owners were reading: LeaseForSync had put off their time to the lease's end.
func (s *Store) dueAgain(ctx context.Context, field LeaseField, dead []string) error {
	if field != SyncLease || len(dead) == 0 {
		return nil
	}
	filter := bson.D{{Key: string(field) + ".owner", Value: bson.D{{Key: "$in", Value: dead}}}}
	return s.write(ctx, Write{Kind: UpdateMany, Collection: Mailboxes, Filter: filter, Lazy: true, Update: set(bson.E{Key: "nextSyncAt", Value: s.Now()})})
}
