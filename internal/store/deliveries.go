package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// Ledger is what a mailbox's deliveries write down at one time: the outcomes of messages that have been answered, the intents to send the
// next ones, and fields of the mailbox, set under its lease. GivesBack ends that lease with it.
type Ledger struct {
	Outcomes     []Outcome
	Intents      []*outreach.History
	MailboxID    bson.ObjectID
	MailboxToken string
	Mailbox      bson.D
	GivesBack    bool
	MayWait      time.Duration // see Write
}

// WriteLedger makes all of it durable, the outcomes first. It tells for each intent whether it is new; where it is not, the step was
// attempted before, and nothing may be sent on the strength of this call.
func (s *Store) WriteLedger(ctx context.Context, l Ledger) (begun []bool, err error) {
	var writes []Write
	for i := range l.Outcomes {
		writes = append(writes, s.historyWrite(&l.Outcomes[i]))
	}
	first := len(writes)
	now := s.Now()
	for _, h := range l.Intents {
		h.CreatedAt, h.UpdatedAt = now, now
		writes = append(writes, Write{Kind: Insert, Collection: History, Document: h})
	}
	writes = append(writes, s.mailboxWrite(&l)...)
	releases := make([]release, len(l.Outcomes))
	for i := range l.Outcomes {
		releases[i] = l.Outcomes[i].release()
	}
	for i := range writes {
		writes[i].MayWait = l.MayWait
	}
	results, err := s.writeAndRelease(ctx, writes, releases...)
	if err != nil {
		return nil, err
	}
	begun = make([]bool, len(l.Intents))
	for i := range begun {
		begun[i] = results[first+i].Err == nil
	}
	return begun, nil
}

// BeginDelivery makes the intent to deliver one message durable. A *DuplicateError says that there is one already.
func (s *Store) BeginDelivery(ctx context.Context, h *outreach.History) error {
	h.CreatedAt, h.UpdatedAt = s.Now(), s.Now()
	return s.insert(ctx, History, h)
}

// RetryDelivery begins another attempt at a deferred delivery with new content; ErrNotFound says that it is not deferred (any more).
func (s *Store) RetryDelivery(ctx context.Context, h *outreach.History) error {
	filter := bson.D{{Key: "_id", Value: h.ID}, {Key: "status", Value: outreach.HistoryDeferred}}
	update := set(
		bson.E{Key: "status", Value: outreach.HistorySending},
		bson.E{Key: "attempts", Value: h.Attempts},
		bson.E{Key: "mailboxId", Value: h.MailboxID}, bson.E{Key: "from", Value: h.From},
		bson.E{Key: "subject", Value: h.Subject}, bson.E{Key: "text", Value: h.Text}, bson.E{Key: "html", Value: h.HTML},
		bson.E{Key: "variantId", Value: h.VariantID}, bson.E{Key: "messageId", Value: h.MessageID},
	)
	return s.update(ctx, History, filter, update)
}

// mailboxWrite sets fields of a leased mailbox and ends its lease; neither, no write.
func (s *Store) mailboxWrite(l *Ledger) []Write {
	var gone []string
	if l.GivesBack {
		gone = []string{string(SendLease)}
	}
	if len(l.Mailbox)+len(gone) == 0 {
		return nil
	}
	return []Write{{Kind: Update, Collection: Mailboxes, Filter: SendLease.held(l.MailboxID, l.MailboxToken), Update: changes(l.Mailbox, gone)}}
}

// Outcome is what an attempt leaves in its documents. Recipient and Gone change the recipient only if it is still sendable; Always is set
// in any case, for a message that went out counts even if the recipient answered an earlier one meanwhile.
type Outcome struct {
	HistoryID       bson.ObjectID
	History         bson.D
	HistoryGone     []string
	RecipientID     bson.ObjectID
	Token           string
	Recipient       bson.D
	RecipientAlways bson.D
	Gone            []string
}

// Record writes an outcome: the history first, for it is what a later run believes, then the recipient, whose claim ends.
func (s *Store) Record(ctx context.Context, o Outcome) error {
	_, err := s.writeAndRelease(ctx, []Write{s.historyWrite(&o)}, o.release())
	return err
}

func (s *Store) historyWrite(o *Outcome) Write {
	return Write{Kind: Update, Collection: History, Filter: byID(o.HistoryID), Update: s.touched(changes(o.History, o.HistoryGone))}
}

func (o *Outcome) release() release {
	return release{o.RecipientID, o.Token, o.Recipient, o.RecipientAlways, o.Gone}
}

// DropDelivery takes back an intent whose message certainly never reached the server: the history goes, or becomes deferred again if it was
// a retry, and the claim ends with these changes.
func (s *Store) DropDelivery(ctx context.Context, h *outreach.History, recipientID bson.ObjectID, token string, recipient bson.D, gone ...string) error {
	filter := bson.D{{Key: "_id", Value: h.ID}, {Key: "status", Value: outreach.HistorySending}}
	drop := Write{Kind: Delete, Collection: History, Filter: filter}
	if h.Attempts > 1 {
		drop = Write{Kind: Update, Collection: History, Filter: filter, Update: s.touched(set(
			bson.E{Key: "status", Value: outreach.HistoryDeferred}, bson.E{Key: "attempts", Value: h.Attempts - 1}))}
	}
	_, err := s.writeAndRelease(ctx, []Write{drop}, release{id: recipientID, token: token, fields: recipient, gone: gone})
	return err
}

// LastLook is what may forbid a message at the last moment: the recipient's state, step and claim, the sequence's status, and an entry that
// suppresses the address, nil if there is none.
type LastLook struct {
	State       outreach.State
	Step        int
	Token       string // of the claim, "" if nobody has one
	Sequence    outreach.SequenceStatus
	Suppression *outreach.Suppression
}

// Look reads, immediately before DATA, what may have changed since the recipient was chosen. ErrNotFound says that the recipient or the
// sequence is gone. Concurrent callers share their requests, and may have patience to share them with more: each is told what was read after
// it asked.
func (s *Store) Look(ctx context.Context, recipientID bson.ObjectID, email string, sequenceID bson.ObjectID, patience time.Duration) (LastLook, error) {
	l := &looking{recipientID: recipientID, email: email, sequenceID: sequenceID}
	if err := s.looks.DoWithin(ctx, l, patience); err != nil {
		return LastLook{}, err
	}
	return l.look, l.err
}

// looking is one caller's last look in a group.
type looking struct {
	recipientID, sequenceID bson.ObjectID
	email                   string
	look                    LastLook
	err                     error
}

// lookTogether is how many callers share their requests at most; lookTimeout bounds those. They heed no caller's context: the group is not
// one caller's, and the server that waits for DATA gives them all some minutes.
const (
	lookTogether = 100
	lookTimeout  = 20 * time.Second
)

// lookAll answers a group of callers with one query of each collection.
func (s *Store) lookAll(group []*looking) {
	ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
	defer cancel()
	emails := make([]string, len(group))
	recipients, sequences := make([]bson.ObjectID, len(group)), make([]bson.ObjectID, len(group))
	for i, l := range group {
		emails[i], recipients[i], sequences[i] = l.email, l.recipientID, l.sequenceID
	}
	owners := suppressible(emails)
	queries := []Query{
		lookSuppressions: owners.query(),
		lookRecipients:   {Collection: Recipients, Filter: amongIDs(recipients), Fields: []string{"state", "step", "claim.token"}},
		lookSequences:    {Collection: Sequences, Filter: amongIDs(sequences), Fields: []string{"status"}},
	}
	found := looked{owners: owners, suppressed: suppressions{}, recipients: map[bson.ObjectID]LastLook{}, sequences: map[bson.ObjectID]outreach.SequenceStatus{}}
	err := s.engine.FindAll(ctx, queries, found.add)
	for _, l := range group {
		if l.err = err; err == nil {
			l.look, l.err = found.of(l)
		}
	}
}

// The queries of a last look.
const (
	lookSuppressions = iota
	lookRecipients
	lookSequences
)

// amongIDs matches the documents with any of some ids, each named once.
func amongIDs(ids []bson.ObjectID) bson.D {
	slices.SortFunc(ids, func(x, y bson.ObjectID) int { return bytes.Compare(x[:], y[:]) })
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: slices.Compact(ids)}}}}
}

// looked is what a group's requests found.
type looked struct {
	owners     owners
	suppressed suppressions
	recipients map[bson.ObjectID]LastLook
	sequences  map[bson.ObjectID]outreach.SequenceStatus
}

// add takes one document of an answer. What it lacks stays empty, and forbids the message.
func (l *looked) add(query int, doc bson.Raw) error {
	id, _ := doc.Lookup("_id").ObjectIDOK()
	switch query {
	case lookSuppressions:
		return l.suppressed.add(l.owners, doc)
	case lookRecipients:
		state, _ := doc.Lookup("state").StringValueOK()
		step, _ := doc.Lookup("step").AsInt64OK()
		token, _ := doc.Lookup("claim", "token").StringValueOK()
		l.recipients[id] = LastLook{State: outreach.State(state), Step: int(step), Token: token}
	case lookSequences:
		status, _ := doc.Lookup("status").StringValueOK()
		l.sequences[id] = outreach.SequenceStatus(status)
	}
	return nil
}

// of is one caller's share.
func (l *looked) of(caller *looking) (LastLook, error) {
	look, there := l.recipients[caller.recipientID]
	status, known := l.sequences[caller.sequenceID]
	if !there || !known {
		return LastLook{}, ErrNotFound
	}
	look.Sequence, look.Suppression = status, l.suppressed[caller.email]
	return look, nil
}
