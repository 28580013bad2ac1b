package sequence

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"sort"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// roster is what a run knows of all the active sequences that it is asked to send, a few bytes of each. There may be hundreds of thousands;
// only those with somebody for one of the run's mailboxes are read whole.
type roster struct {
	sequences []entry         // by id
	members   []member        // by mailbox, then in the order of the sequences
	unmarked  []bson.ObjectID // of which it is time to note that a run looked at them
	mu        sync.Mutex      // guards the campaigns of the entries
}

// entry is a sequence. Closed says why the window of its own zone was closed when the run began: then only recipients with a zone of their
// own are in line. Due is how many new recipients are, as far as they were counted.
type entry struct {
	id            bson.ObjectID
	closed        string
	due           int
	asked, inLine bool // whether anybody is in line, once that was asked
	campaign      *campaign
}

// member says that a sequence sends from a mailbox.
type member struct {
	mailbox  bson.ObjectID
	sequence int32
}

// enrol reads which sequences are active, and keeps those that the run is asked for, by id.
func (r *run) enrol(ctx context.Context) error {
	now, unknown := r.Store.Now(), map[string]bool{}
	for _, name := range r.opts.Sequences {
		unknown[name] = true
	}
	err := r.Store.EachActive(ctx, func(seq *outreach.Sequence) error {
		if len(r.opts.Sequences) > 0 && !slices.Contains(r.opts.Sequences, seq.Name) {
			return nil
		}
		delete(unknown, seq.Name)
		if r.Store.Unmarked(seq) {
			r.roster.unmarked = append(r.roster.unmarked, seq.ID)
		}
		r.roster.sequences = append(r.roster.sequences, entry{id: seq.ID, closed: seq.Closed(now, seq.Location())})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(r.roster.sequences, func(a, b entry) int { return bytes.Compare(a.id[:], b.id[:]) })
	return checkNames(r.opts.Sequences, unknown)
}

// enlist reads from which mailboxes the sequences send. A run that finds nobody due does without.
func (r *run) enlist(ctx context.Context) error {
	l := &r.roster
	err := r.Store.EachActiveFrom(ctx, func(seq *outreach.Sequence) error {
		i, listed := l.find(seq.ID)
		for _, id := range seq.MailboxIDs {
			if listed {
				l.members = append(l.members, member{id, int32(i)}) //nolint:gosec // far fewer
			}
		}
		return nil
	})
	slices.SortFunc(l.members, func(a, b member) int {
		return cmp.Or(bytes.Compare(a.mailbox[:], b.mailbox[:]), cmp.Compare(a.sequence, b.sequence))
	})
	l.members = slices.Compact(l.members)
	return err
}

// entry finds a sequence, nil if the run does not send it.
func (l *roster) entry(id bson.ObjectID) *entry {
	if i, listed := l.find(id); listed {
		return &l.sequences[i]
	}
	return nil
}

// find is where a sequence stands. Of those on the way it reads the ids alone: the rest may be changing.
func (l *roster) find(id bson.ObjectID) (i int, listed bool) {
	i = sort.Search(len(l.sequences), func(i int) bool { return bytes.Compare(l.sequences[i].id[:], id[:]) >= 0 })
	return i, i < len(l.sequences) && l.sequences[i].id == id
}

// of are the sequences that send from a mailbox, by id.
func (l *roster) of(mailbox bson.ObjectID) []*entry {
	i, _ := slices.BinarySearchFunc(l.members, mailbox, func(m member, id bson.ObjectID) int { return bytes.Compare(m.mailbox[:], id[:]) })
	var found []*entry
	for ; i < len(l.members) && l.members[i].mailbox == mailbox; i++ {
		found = append(found, &l.sequences[l.members[i].sequence])
	}
	return found
}

// campaign is the sequence as the run sends it, nil if it does not, or has not come to it.
func (r *run) campaign(id bson.ObjectID) *campaign {
	e := r.roster.entry(id)
	if e == nil {
		return nil
	}
	r.roster.mu.Lock()
	defer r.roster.mu.Unlock()
	return e.campaign
}

// reach is the sequence as the run sends it, which is read if the run has not come to it before; nil if it does not send it.
func (r *run) reach(ctx context.Context, id bson.ObjectID) (*campaign, error) {
	c := r.campaign(id)
	if c == nil && r.roster.entry(id) != nil {
		if err := r.readAll(ctx, []bson.ObjectID{id}); err != nil {
			return nil, err
		}
		c = r.campaign(id)
	}
	if c == nil {
		return nil, nil
	}
	if ok, err := r.sends(ctx, c); !ok {
		return nil, err
	}
	return c, nil
}

// readAll reads sequences whole that the run has come to.
func (r *run) readAll(ctx context.Context, ids []bson.ObjectID) error {
	found, err := r.Store.ActiveByID(ctx, ids)
	if err != nil {
		return err
	}
	r.roster.mu.Lock()
	defer r.roster.mu.Unlock()
	for i := range found {
		if e := r.roster.entry(found[i].ID); e.campaign == nil {
			e.campaign = r.newCampaign(e, &found[i])
		}
	}
	return nil
}

func (r *run) newCampaign(e *entry, seq *outreach.Sequence) *campaign {
	l := &line{
		store: r.Store, of: store.NewOf{Sequence: seq.ID, OtherZones: e.closed != ""}, dead: r.me.Dead, out: map[bson.ObjectID]int{},
		mailboxes: max(len(seq.MailboxIDs), 1), share: batchSize, draw: r.Draw,
	}
	if e.due > 0 {
		l.share = min(max(e.due/l.mailboxes, 1), batchSize)
	}
	if r.me.Others > 0 {
		l.others, l.start = r.me.Others, r.Draw()
	}
	return &campaign{Sequence: seq, line: l}
}
