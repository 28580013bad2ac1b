package sequence

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// Mailboxes that come to be leased, or claim recipients, at the same time do so with one request of the store's for all of them, which costs
// it less than one for each. A mailbox that is alone waits for nobody. What a request took is known by the token, which is new for each; so
// two mailboxes of a run do not take each other's for their own, whatever both of them had listed.
type shared struct {
	leases *store.Gatherer[*leasing]
	claims *store.Gatherer[*claiming]
}

// shareMost is how many mailboxes share a request at most, and shareClaims how many one for claims: whom all of them claim is in memory. The
// request heeds none of their contexts, for it is not one's alone; shareTimeout bounds it.
const (
	shareMost    = 40
	shareClaims  = 10
	shareTimeout = 30 * time.Second
)

func (r *run) share() shared {
	return shared{
		leases: store.NewGatherer(shareMost, r.leaseAll),
		claims: store.NewGatherer(shareClaims, r.claimAll),
	}
}

// request is the context of a shared request, and in whose name it takes something.
func (r *run) request() (context.Context, context.CancelFunc, store.Lessee) {
	me := r.me
	me.Token = bson.NewObjectID().Hex()
	ctx, cancel := context.WithTimeout(context.Background(), shareTimeout)
	return ctx, cancel, me
}

// leasing is one mailbox that is to be leased: as it is then, nil if another run has it.
type leasing struct {
	id  bson.ObjectID
	got *outreach.Mailbox
	err error
}

// leaseMailbox takes a mailbox, and returns nil if another run has it.
func (r *run) leaseMailbox(ctx context.Context, id bson.ObjectID) (*outreach.Mailbox, error) {
	l := &leasing{id: id}
	if err := r.shared.leases.Do(ctx, l); err != nil {
		return nil, err
	}
	return l.got, l.err
}

func (r *run) leaseAll(group []*leasing) {
	ctx, cancel, me := r.request()
	defer cancel()
	ids := make([]bson.ObjectID, len(group))
	for i, l := range group {
		ids[i] = l.id
	}
	got, err := r.Store.LeaseMailboxes(ctx, store.SendLease, ids, me)
	leased := make(map[bson.ObjectID]*outreach.Mailbox, len(got))
	for i := range got {
		leased[got[i].ID] = &got[i]
	}
	for _, l := range group {
		l.got, l.err = leased[l.id], err
	}
}

// claiming is whom one mailbox claims, and who became its own, by the token.
type claiming struct {
	ids   []bson.ObjectID
	got   []outreach.Recipient
	token string
	err   error
}

// claimThese makes a mailbox the owner of those recipients whom nobody owns, and returns them as they are then, with their claims' token.
func (r *run) claimThese(ctx context.Context, ids []bson.ObjectID) (got []outreach.Recipient, token string, err error) {
	c := &claiming{ids: ids}
	if err := r.shared.claims.Do(ctx, c); err != nil {
		return nil, "", err
	}
	return c.got, c.token, c.err
}

// claimAll claims for several mailboxes. Whom two of them want the first gets.
func (r *run) claimAll(group []*claiming) {
	ctx, cancel, me := r.request()
	defer cancel()
	var ids []bson.ObjectID
	by := map[bson.ObjectID]*claiming{}
	for _, c := range group {
		for _, id := range c.ids {
			if by[id] == nil {
				by[id] = c
				ids = append(ids, id)
			}
		}
	}
	got, err := r.Store.Claim(ctx, ids, me)
	if errors.Is(err, store.ErrNotFound) {
		err = nil
	}
	for _, c := range group {
		c.token, c.err = me.Token, err
	}
	for i := range got {
		c := by[got[i].ID]
		if c.got == nil {
			c.got = make([]outreach.Recipient, 0, len(c.ids))
		}
		c.got = append(c.got, got[i])
	}
}
