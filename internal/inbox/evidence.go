package inbox

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// evidence is what the store knows about the ids and addresses that a batch of messages names, looked up in a few queries for all of them.
type evidence struct {
	signed     map[string]bson.ObjectID              // our Message-IDs whose signature verified, to the delivery
	byID       map[bson.ObjectID]*outreach.History   // deliveries
	byMessage  map[string]*outreach.History          // deliveries by Message-ID
	replies    map[string]*outreach.Reply            // stored inbound messages by Message-ID
	recipients map[bson.ObjectID]*outreach.Recipient // of those deliveries and addresses
	byAddress  map[string][]*outreach.Recipient
	sent       map[bson.ObjectID][]*outreach.History // what a recipient was sent, in step order
	to         map[bson.ObjectID]bool                // who got those deliveries, also if he is not there any more
	threads    map[string]bson.ObjectID              // the mailbox's threads by their roots, as far as these were asked for: zero if there is none
}

// questions are the ids and addresses that a batch names, and the recipients whom a token in it names. Underway are the messages with these ids
// that are not in the store yet.
type questions struct {
	underway   map[string]*outreach.Reply
	ids        map[string]bool
	addresses  map[string]bool
	recipients map[bson.ObjectID]bool
}

func newQuestions() questions {
	return questions{ids: map[string]bool{}, addresses: map[string]bool{}, recipients: map[bson.ObjectID]bool{}}
}

func (q questions) askIDs(ids ...string) {
	for _, id := range ids {
		q.ids[id] = true
	}
}

func (q questions) askAddresses(addresses ...string) {
	for _, a := range addresses {
		for _, variant := range variants(a) {
			q.addresses[variant] = true
		}
	}
}

// variants are the spellings under which a person may have been enrolled: as written, and without a plus tag.
func variants(address string) []string {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return nil
	}
	if base, _, tagged := strings.Cut(local, "+"); tagged && base != "" {
		return []string{address, base + "@" + domain}
	}
	return []string{address}
}

// look answers the questions.
func (p *pass) look(ctx context.Context, q questions) (*evidence, error) {
	e := &evidence{
		signed: map[string]bson.ObjectID{}, byID: map[bson.ObjectID]*outreach.History{}, byMessage: map[string]*outreach.History{},
		replies: map[string]*outreach.Reply{}, recipients: map[bson.ObjectID]*outreach.Recipient{},
		byAddress: map[string][]*outreach.Recipient{}, sent: map[bson.ObjectID][]*outreach.History{}, to: map[bson.ObjectID]bool{},
	}
	if err := e.lookDeliveries(ctx, p, q); err != nil {
		return nil, err
	}
	if err := e.lookRecipients(ctx, p, q); err != nil {
		return nil, err
	}
	return e, e.lookSent(ctx, p.Store)
}

// lookDeliveries finds deliveries by our own signed ids and by stored ids, and stored messages by theirs.
func (e *evidence) lookDeliveries(ctx context.Context, p *pass, q questions) error {
	var ours []bson.ObjectID
	var others []string
	for id := range q.ids {
		if historyID, ok := p.Keyring.VerifyMessageID(id); ok {
			e.signed[id] = historyID
			ours = append(ours, historyID)
			continue
		}
		others = append(others, id)
	}
	signed, err := p.Store.RecipientsOfHistory(ctx, ours)
	if err != nil {
		return err
	}
	for _, id := range signed {
		e.to[id] = true
	}
	stored, err := p.Store.HistoryByMessageIDs(ctx, others)
	if err != nil {
		return err
	}
	for i := range stored {
		e.byMessage[stored[i].MessageID], e.byID[stored[i].ID] = &stored[i], &stored[i]
		e.to[stored[i].SequenceRecipientID] = true
	}
	maps.Copy(e.replies, q.underway)
	replies, err := p.Store.RepliesByMessageIDs(ctx, others)
	for i := range replies {
		e.replies[replies[i].MessageID] = &replies[i]
	}
	return err
}

// lookRecipients finds who got those deliveries, and who is enrolled under the addresses.
func (e *evidence) lookRecipients(ctx context.Context, p *pass, q questions) error {
	ids := maps.Clone(q.recipients)
	maps.Copy(ids, e.to)
	for _, r := range e.replies {
		if !r.SequenceRecipientID.IsZero() {
			ids[r.SequenceRecipientID] = true
		}
	}
	byID, err := p.Store.RecipientsByID(ctx, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	for i := range byID {
		e.recipients[byID[i].ID] = &byID[i]
	}
	byEmail, err := p.Store.RecipientsByEmails(ctx, slices.Collect(maps.Keys(q.addresses)), e.recipients)
	if err != nil {
		return err
	}
	for _, r := range byEmail {
		e.recipients[r.ID] = r
		e.byAddress[r.Email] = append(e.byAddress[r.Email], r)
	}
	return nil
}

// lookSent finds everything that the recipients were sent, those deliveries among it.
func (e *evidence) lookSent(ctx context.Context, s *store.Store) error {
	ids := slices.AppendSeq(make([]bson.ObjectID, 0, len(e.recipients)), maps.Keys(e.recipients))
	for id := range e.to {
		if e.recipients[id] == nil {
			ids = append(ids, id)
		}
	}
	all, err := s.HistoryOfRecipients(ctx, ids)
	for i := range all {
		h := &all[i]
		e.sent[h.SequenceRecipientID] = append(e.sent[h.SequenceRecipientID], h)
		e.byID[h.ID] = h
	}
	for _, list := range e.sent {
		slices.SortFunc(list, func(a, b *outreach.History) int { return a.CreatedAt.Compare(b.CreatedAt) })
	}
	return err
}

// lookThreads finds the mailbox's threads with these roots.
func (e *evidence) lookThreads(ctx context.Context, p *pass, roots []string) error {
	stored, err := p.Store.ThreadsByRoots(ctx, p.mb.ID, roots)
	if e.threads == nil {
		e.threads = make(map[string]bson.ObjectID, len(roots))
	}
	for _, root := range roots {
		e.threads[root] = stored[root]
	}
	return err
}
