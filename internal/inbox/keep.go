package inbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// weigh finds whom a batch of whole messages concerns and makes the documents to store.
func (r *reader) weigh(ctx context.Context, batch []inbound) (delivery, error) {
	e, err := r.lookAll(ctx, batch)
	if err != nil {
		return delivery{}, ours(err)
	}
	d := delivery{evidence: e, replies: make([]*outreach.Reply, 0, len(batch))}
	for _, in := range batch {
		m := r.match(ctx, in, e)
		if m == nil {
			r.count(func(s *outreach.SyncStats) { s.Unmatched++ })
			if !r.StoreUnmatched {
				r.underway.forget(in.msg.MessageID)
				continue
			}
		}
		reply, err := r.reply(ctx, in, m, e)
		if err != nil {
			return delivery{}, ours(err)
		}
		e.replies[reply.MessageID] = cmp.Or(e.replies[reply.MessageID], reply) // what answers it may stand in the same batch
		r.underway.add(reply.MessageID, reply)
		d.replies = append(d.replies, reply)
	}
	return d, nil
}

// keep stores messages and applies what they mean. It does not stop halfway because the pass ran out of time.
func (p *pass) keep(ctx context.Context, d delivery) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	if err := p.store(ctx, d.replies, d.evidence); err != nil {
		return ours(err)
	}
	for _, r := range d.replies {
		p.underway.forget(r.MessageID)
	}
	return nil
}

// store stores the replies that are new with their effects. Of one that is known, under this UID or another one, only the place is brought up
// to date.
func (p *pass) store(ctx context.Context, replies []*outreach.Reply, e *evidence) error {
	fresh, known, err := p.partKnown(ctx, replies)
	if err != nil {
		return err
	}
	if len(fresh) > 0 {
		refused, err := p.apply(ctx, fresh, e, isNew)
		if err != nil {
			return err
		}
		known = append(known, refused...)
		p.inbound = p.inbound || len(refused) < len(fresh)
		for _, r := range fresh {
			if !slices.Contains(refused, r) {
				p.countKind(r)
			}
		}
	}
	if len(known) == 0 {
		return nil
	}
	return p.Store.RelocateReplies(ctx, known)
}

// partKnown tells the messages that are new from those that are stored, or stand twice among these.
func (p *pass) partKnown(ctx context.Context, replies []*outreach.Reply) (fresh, known []*outreach.Reply, err error) {
	if len(replies) == 0 {
		return nil, nil, nil
	}
	keys := make([]string, len(replies))
	for i, r := range replies {
		keys[i] = r.DedupeKey
	}
	seen, err := p.Store.KnownReplies(ctx, p.mb.ID, keys)
	fresh = make([]*outreach.Reply, 0, len(replies))
	for _, r := range replies {
		if seen[r.DedupeKey] {
			known = append(known, r)
			continue
		}
		seen[r.DedupeKey] = true
		fresh = append(fresh, r)
	}
	return fresh, known, err
}

// countKind counts a message, once, when it is first stored.
func (p *pass) countKind(r *outreach.Reply) {
	p.count(func(s *outreach.SyncStats) {
		switch {
		case r.MatchMethod == MatchForward || r.MatchMethod == "":
		case r.Kind == outreach.KindHuman:
			s.Replies++
		case r.Kind == outreach.KindBounce:
			s.Bounces++
		case r.Kind == outreach.KindUnsubscribe || r.Kind == outreach.KindComplaint:
			s.Unsubscribes++
		default:
			s.AutoReplies++
		}
	})
}

// lookAll looks up everything that a batch of whole messages names.
func (r *reader) lookAll(ctx context.Context, batch []inbound) (*evidence, error) {
	q := newQuestions()
	for _, in := range batch {
		q.askIDs(in.answered...)
		q.askIDs(in.reading.OriginalIDs...)
		q.askAddresses(in.from...)
		q.askAddresses(failedAddresses(in)...)
		r.askToken(q, in.msg.Subject)
	}
	q.underway = r.underway.among(q.ids)
	e, err := r.look(ctx, q)
	if err != nil {
		return nil, err
	}
	roots := make(map[string]bool, len(batch))
	for _, in := range batch {
		roots[ownRoot(in)] = true
	}
	for _, h := range e.byID {
		roots[rootOf(h)] = true
	}
	return e, e.lookThreads(ctx, r.pass, slices.Collect(maps.Keys(roots)))
}

// reply makes the document of a message.
func (r *reader) reply(ctx context.Context, in inbound, m *match, e *evidence) (*outreach.Reply, error) {
	msg, reading := in.msg, in.reading
	reply := &outreach.Reply{
		ID: bson.NewObjectID(), MailboxID: r.mb.ID, Direction: "inbound",
		MessageID: msg.MessageID, InReplyTo: firstOf(msg.InReplyTo), References: msg.References,
		From: msg.From, To: msg.To, CC: msg.CC, Subject: msg.Subject, ReceivedAt: store.Millis(in.fetched.InternalDate),
		Folder: r.folder.Path, UIDValidity: r.folder.UIDValidity, UID: in.fetched.UID,
		Text: msg.Text, VisibleText: reading.VisibleText, Snippet: reading.Snippet, HTML: msg.HTML, Attachments: msg.Attachments,
		Kind: reading.Kind, ReturnDate: reading.ReturnDate, LeftCompany: reading.LeftCompany,
		DedupeKey: in.dedupeKey, Effects: map[string]bool{"done": false},
	}
	if !msg.Date.IsZero() {
		date := store.Millis(msg.Date)
		reply.Date = &date
	}
	for _, b := range reading.Bounces {
		b.Recipient = cmp.Or(b.Original, b.Recipient) // who was written to, not where his mail went from there
		reply.Bounces = append(reply.Bounces, b.Bounce)
	}
	if len(reply.Bounces) > 0 {
		reply.Bounce = &reply.Bounces[0]
	}
	if len(reply.Bounces) == 1 {
		reply.Bounces = nil
	}
	if r.Classify {
		reply.Classification = &outreach.Classification{Status: outreach.ClassificationPending}
	}
	return reply, r.attach(ctx, reply, in, m, e)
}

// attach notes whom a message concerns and the thread it belongs to.
func (p *pass) attach(ctx context.Context, r *outreach.Reply, in inbound, m *match, e *evidence) (err error) {
	if m == nil {
		r.ThreadID, err = p.threadOf(ctx, e, ownRoot(in), nil)
		return err
	}
	if tokenAsked := m.method == MatchToken; tokenAsked {
		r.Kind = outreach.KindUnsubscribe // whoever writes to the opt-out address asks for it, whatever the text says
	}
	if in.reading.Forward && r.Kind == outreach.KindHuman {
		m.method = MatchForward
	}
	r.MatchMethod, r.MatchConfidence = m.method, confidence[m.method]
	root := ownRoot(in)
	if m.history != nil {
		r.HistoryID, r.Step, r.SequenceID, r.SequenceRecipientID = m.history.ID, m.history.Step, m.history.SequenceID, m.history.SequenceRecipientID
		root = cmp.Or(rootOf(m.history), r.DedupeKey)
	}
	if m.recipient != nil {
		r.SequenceID, r.SequenceRecipientID = m.recipient.SequenceID, m.recipient.ID
	}
	if r.ThreadID = m.thread; m.thread.IsZero() {
		r.ThreadID, err = p.threadOf(ctx, e, root, m.history)
	}
	return err
}

// ownRoot is the first message of the thread that a message says it belongs to.
func ownRoot(in inbound) string {
	return cmp.Or(firstOf(in.msg.References), firstOf(in.msg.InReplyTo), in.msg.MessageID, in.dedupeKey)
}

// rootOf is the Message-ID of the first message of a delivery's thread.
func rootOf(h *outreach.History) string {
	if len(h.References) > 0 {
		return h.References[0]
	}
	return h.MessageID
}

// threadOf is the id of the thread with a root: the stored one's, or that of a new one.
func (p *pass) threadOf(ctx context.Context, e *evidence, root string, answered *outreach.History) (bson.ObjectID, error) {
	if _, asked := e.threads[root]; !asked { // of a colleague's delivery
		if err := e.lookThreads(ctx, p, []string{root}); err != nil {
			return bson.ObjectID{}, err
		}
	}
	if id := e.threads[root]; !id.IsZero() {
		return id, nil
	}
	return newThreadID(p.mb.ID, root, e.began(root, answered)), nil
}

// began is the delivery with which the thread of an answered one began, nil if it is not known.
func (e *evidence) began(root string, answered *outreach.History) *outreach.History {
	if answered == nil {
		return nil
	}
	for _, h := range e.sent[answered.SequenceRecipientID] {
		if h.MessageID == root {
			return h
		}
	}
	return nil
}

// newThreadID derives a thread's id from its mailbox and root, so that all who see the same thread for the first time agree on it. That of one
// which a delivery began has the delivery's time and counter: the threads of an evening's answers then stand beside each other in the store.
func newThreadID(mailboxID bson.ObjectID, root string, began *outreach.History) bson.ObjectID {
	if began == nil {
		return bson.ObjectID(digest(mailboxID[:], []byte(root))[:12])
	}
	id, sum := began.ID, digest([]byte("thread"), mailboxID[:])
	for i := 4; i < 9; i++ {
		id[i] ^= sum[i]
	}
	return id
}

// dedupeKey identifies a message by its content wherever it lies: Message-ID, sender and date, or without a Message-ID its whole header and
// size. It begins with the date, so that the keys of what arrives stand beside each other in their index.
func dedupeKey(msg *message.Message, raw mailbox.Fetched) string {
	content := digest([]byte(msg.MessageID), []byte(strings.ToLower(msg.From.Address)), []byte(msg.Header.Get("Date")))
	if msg.MessageID == "" {
		header, _, _ := bytes.Cut(raw.Raw, []byte("\r\n\r\n"))
		content = digest(header, []byte(strconv.FormatInt(raw.Size, 10)))
	}
	return store.DedupeKey(msg.Date, content)
}

func digest(parts ...[]byte) []byte {
	h := sha256.New()
	for _, p := range parts {
		h.Write(p)
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}

func firstOf(ids []string) string {
	for _, id := range ids {
		if id != "" {
			return id
		}
	}
	return ""
}

// subjectOf is a thread's subject without the marks of answering.
func subjectOf(s string) string { return message.NormalizeSubject(s) }
