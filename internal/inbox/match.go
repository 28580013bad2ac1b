package inbox

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/pkg/message"
	"mailrun/pkg/outreach"
)

// The methods of matching, with how sure each is.
const (
	MatchSigned    = "message_id_signed"
	MatchStored    = "message_id_stored"
	MatchToken     = "unsubscribe_token"
	MatchAddress   = "address"
	MatchSubject   = "subject_domain"
	MatchForward   = "forward" // a copy of a forward to somebody else: no reply, whoever wrote it
	MatchManual    = "manual"
	subjectAtLeast = 10 // characters; shorter subjects are too common to prove anything
)

var confidence = map[string]float64{MatchSigned: 1, MatchToken: 1, MatchStored: 0.95, MatchForward: 0.9, MatchAddress: 0.8, MatchSubject: 0.4, MatchManual: 1}

// match is whom a message concerns. History is the delivery that it answers; it may be nil if only the person is known.
type match struct {
	method    string
	history   *outreach.History
	recipient *outreach.Recipient
	thread    bson.ObjectID // of the stored message that it answers, zero otherwise
}

// exchangeOriginals are headers in which Exchange keeps the Message-ID that it replaced.
var exchangeOriginals = []string{"X-MS-Exchange-Parent-Message-Id", "X-Microsoft-Original-Message-ID", "X-Original-Message-ID"}

// answered lists the ids that a header says it answers, the most trusted first: In-Reply-To, then References from the newest.
func answered(h message.Header) []string {
	ids := message.MessageIDs(h.Get("In-Reply-To"))
	for _, name := range exchangeOriginals {
		ids = append(ids, message.MessageIDs(h.Get(name))...)
	}
	references := message.MessageIDs(h.Get("References"))
	slices.Reverse(references)
	return append(ids, references...)
}

// candidate is a message with its header as phase one read it, and what the matching looks for in it.
type candidate struct {
	fetched  mailbox.Fetched
	header   message.Header
	from     []string
	answered []string
	subject  string
}

func newCandidate(fetched mailbox.Fetched) candidate {
	h := message.ParseHeader(fetched.Raw)
	return candidate{fetched: fetched, header: h, from: senders(h), answered: answered(h), subject: h.Get("Subject")}
}

// sift keeps the messages whose bodies are needed: those that their headers tie to something we sent, those that look like a report of a
// mail system, and all if unmatched mail is stored too. Everything else is somebody's private mail and is not read.
func (f *fetcher) sift(ctx context.Context, headers []mailbox.Fetched) ([]mailbox.Fetched, error) {
	var chosen []mailbox.Fetched
	var unsure []candidate
	q := newQuestions()
	for _, h := range headers {
		c := newCandidate(h)
		switch {
		case slices.ContainsFunc(c.from, func(a string) bool { return f.own[a] }): // our own copy
		case f.concernsSurely(c):
			chosen = append(chosen, h)
		default:
			unsure = append(unsure, c)
			q.askIDs(c.answered...)
			q.askAddresses(c.from...)
		}
	}
	if len(unsure) == 0 {
		return chosen, nil
	}
	e, err := f.look(ctx, q)
	if err != nil {
		return nil, ours(err)
	}
	for _, c := range unsure {
		if slices.ContainsFunc(c.answered, f.underway.has) || f.matchPerson(ctx, e, c.answered, c.from, c.subject, c.fetched.InternalDate) != nil {
			f.follow(c)
			chosen = append(chosen, c.fetched)
		}
	}
	slices.SortFunc(chosen, func(a, b mailbox.Fetched) int { return cmp.Compare(a.UID, b.UID) })
	return chosen, nil
}

// follow has what answers a message be read too, until it is stored and found by its Message-ID.
func (f *fetcher) follow(c candidate) {
	for _, id := range message.MessageIDs(c.header.Raw("Message-ID")) {
		f.underway.add(id, nil)
	}
}

// concernsSurely tells, without asking the store, whether a message's body is needed. That of what answers an id with our signature is, and of
// what answers a message that is not stored yet: it may be by the time that the store is asked.
func (f *fetcher) concernsSurely(c candidate) bool {
	_, asks := f.token(c.subject)
	signed := slices.ContainsFunc(c.answered, func(id string) bool {
		_, ok := f.Keyring.VerifyMessageID(id)
		return ok
	})
	if asks || signed || slices.ContainsFunc(c.answered, f.underway.has) {
		f.follow(c)
		return true
	}
	return f.StoreUnmatched || message.LooksLikeReport(c.header)
}

// senders are the addresses of From and Sender.
func senders(h message.Header) []string {
	var out []string
	for _, name := range []string{"From", "Sender"} {
		for _, a := range message.ParseAddresses(h.Get(name)) {
			out = append(out, strings.ToLower(a.Address))
		}
	}
	return out
}

// askToken asks for the recipient whom an opt-out token names.
func (p *pass) askToken(q questions, subject string) {
	if id, ok := p.token(subject); ok {
		q.recipients[id] = true
	}
}

// token finds our opt-out token where List-Unsubscribe's mailto puts it: in the subject. Some clients put it elsewhere in the line.
func (p *pass) token(subject string) (bson.ObjectID, bool) {
	for word := range strings.FieldsSeq(subject) {
		if id, ok := p.Keyring.VerifyOptOutToken(word); ok {
			return id, true
		}
	}
	return bson.ObjectID{}, false
}

// match finds whom a whole message concerns, or nil.
func (p *pass) match(ctx context.Context, in inbound, e *evidence) *match {
	if in.reading.Kind == outreach.KindBounce || in.reading.Kind == outreach.KindComplaint {
		return p.matchReport(in, e)
	}
	if id, ok := p.token(in.msg.Subject); ok && e.recipients[id] != nil {
		return e.person(MatchToken, e.recipients[id], p.mb.ID)
	}
	return p.matchPerson(ctx, e, in.answered, in.from, in.msg.Subject, in.fetched.InternalDate)
}

// matchPerson matches a message that a person or his machine wrote.
func (p *pass) matchPerson(ctx context.Context, e *evidence, ids, from []string, subject string, at time.Time) *match {
	if m := e.byIDs(ids); m != nil {
		return m
	}
	for _, address := range from {
		if m := p.byAddress(e, address, at); m != nil {
			return m
		}
	}
	for _, address := range from {
		if m := p.bySubject(ctx, e, address, subject, at); m != nil {
			return m
		}
	}
	return nil
}

// byIDs matches by what the message answers: first our signed ids, then ids that are stored.
func (e *evidence) byIDs(ids []string) *match {
	for _, id := range ids {
		if h := e.byID[e.signed[id]]; h != nil {
			return &match{method: MatchSigned, history: h, recipient: e.recipients[h.SequenceRecipientID]}
		}
	}
	for _, id := range ids {
		if h := e.byMessage[id]; h != nil {
			return &match{method: MatchStored, history: h, recipient: e.recipients[h.SequenceRecipientID]}
		}
		if r := e.replies[id]; r != nil {
			return &match{method: MatchStored, history: e.byID[r.HistoryID], recipient: e.recipients[r.SequenceRecipientID], thread: r.ThreadID}
		}
	}
	return nil
}

// person is a match without a delivery that it names: the last one from this mailbox stands for it.
func (e *evidence) person(method string, r *outreach.Recipient, mailboxID bson.ObjectID) *match {
	m := &match{method: method, recipient: r}
	for _, h := range e.sent[r.ID] {
		if h.MailboxID == mailboxID || m.history == nil {
			m.history = h
		}
	}
	return m
}

// byAddress matches the recipient's own address, in the mailbox that wrote to him, after it did so for the first time. Of several enrolments
// it is the one that was written to last.
func (p *pass) byAddress(e *evidence, address string, at time.Time) *match {
	var best *match
	for _, variant := range variants(address) {
		for _, r := range e.byAddress[variant] {
			m := e.person(MatchAddress, r, p.mb.ID)
			if m.history == nil || m.history.MailboxID != p.mb.ID || at.Before(firstSent(e.sent[r.ID], p.mb.ID)) {
				continue
			}
			if best == nil || m.history.CreatedAt.After(best.history.CreatedAt) {
				best = m
			}
		}
	}
	return best
}

// firstSent is when a mailbox first wrote, to the second: servers date arrivals to the second.
func firstSent(sent []*outreach.History, mailboxID bson.ObjectID) time.Time {
	for _, h := range sent {
		if h.MailboxID == mailboxID {
			return h.CreatedAt.Truncate(time.Second)
		}
	}
	return time.Time{}
}

// bySubject matches somebody else at the recipient's company who answers under the same subject, as when a mail was passed on.
func (p *pass) bySubject(ctx context.Context, e *evidence, address, subject string, at time.Time) *match {
	_, domain, ok := strings.Cut(address, "@")
	wanted := message.NormalizeSubject(subject)
	if !ok || len(wanted) < subjectAtLeast || strings.EqualFold(wanted, strings.TrimSpace(subject)) || outreach.IsFreeMail(domain) {
		return nil
	}
	colleagues, err := p.colleagues(ctx, domain)
	if err != nil || len(colleagues.recipients) == 0 {
		return nil
	}
	for id, list := range colleagues.sent {
		for _, h := range list {
			if h.MailboxID == p.mb.ID && !at.Before(h.CreatedAt.Truncate(time.Second)) && strings.EqualFold(message.NormalizeSubject(h.Subject), wanted) {
				e.recipients[id], e.sent[id], e.byID[h.ID] = colleagues.recipients[id], list, h
				return &match{method: MatchSubject, history: h, recipient: colleagues.recipients[id]}
			}
		}
	}
	return nil
}

// colleaguesMost bounds how many people of one company are compared.
const colleaguesMost = 100

// domains are the people at domains, as they were looked up in this pass. The fetching side and the reading side ask for them.
type domains struct {
	sync.Mutex
	known map[string]*evidence
}

// colleagues looks up the people at a domain and what they were sent, once per pass.
func (p *pass) colleagues(ctx context.Context, domain string) (*evidence, error) {
	p.domains.Lock()
	defer p.domains.Unlock()
	if e := p.domains.known[domain]; e != nil {
		return e, nil
	}
	e := &evidence{recipients: map[bson.ObjectID]*outreach.Recipient{}, sent: map[bson.ObjectID][]*outreach.History{}, byID: map[bson.ObjectID]*outreach.History{}}
	found, err := p.Store.RecipientsByDomain(ctx, domain, colleaguesMost)
	if err != nil {
		return nil, err
	}
	for i := range found {
		e.recipients[found[i].ID] = &found[i]
	}
	if err := e.lookSent(ctx, p.Store); err != nil {
		return nil, err
	}
	if p.domains.known == nil {
		p.domains.known = map[string]*evidence{}
	}
	p.domains.known[domain] = e
	return e, nil
}

// matchReport matches a bounce or a complaint: by the ids of the returned original, else by the address that failed, if this mailbox wrote
// to it. A report that names neither changes nothing, whoever it claims to come from.
func (p *pass) matchReport(in inbound, e *evidence) *match {
	if m := e.byIDs(append(slices.Clone(in.reading.OriginalIDs), in.answered...)); m != nil {
		return m
	}
	for _, address := range failedAddresses(in) {
		if m := p.byAddress(e, address, in.fetched.InternalDate); m != nil {
			return m
		}
	}
	return nil
}

// failedAddresses are the addresses that a report is about; where mail was forwarded, first the one that it was for.
func failedAddresses(in inbound) []string {
	var out []string
	for _, b := range in.reading.Bounces {
		if b.Original != "" {
			out = append(out, strings.ToLower(b.Original))
		}
		out = append(out, strings.ToLower(b.Recipient))
	}
	for _, a := range in.reading.OriginalRecipients {
		out = append(out, strings.ToLower(a))
	}
	return out
}
