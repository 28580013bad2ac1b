package population

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

var (
	firstNames = []string{"Aiko", "Amelia", "Arjun", "Ben", "Claire", "Daniel", "Elena", "Fatima", "Grace", "Hugo", "Ingrid", "Kenji", "Layla", "Marcus", "Noura", "Omar", "Priya", "Rafael", "Sofia", "Zoe"}
	lastNames  = []string{"Archer", "Bernard", "Chen", "Demir", "Feldman", "Grant", "Haddad", "Keller", "Lindqvist", "Mori", "Novak", "Okafor", "Romero", "Said", "Walsh", "Weber", "Wolska"}
	trades     = []string{"bakeries", "cargo", "clinics", "design", "freight", "interiors", "print", "robotics", "solar", "steel", "textiles"}
	said       = []string{
		"Sounds interesting, could you send some numbers?", "Thanks, can we talk on Tuesday at ten?", "Not for us at the moment, maybe next quarter.",
		"We are happy with what we have.", "You would have to ask my colleague in operations.", "What does it cost?",
	}
	meant = []outreach.Intent{
		outreach.IntentInterested, outreach.IntentMeetingRequest, outreach.IntentNotNow, outreach.IntentNotInterested, outreach.IntentReferral,
		outreach.IntentInformationRequest,
	}
)

// name is the i-th invented name; some three hundred come round again.
func name(i int) string {
	return firstNames[i%len(firstNames)] + " " + lastNames[i/len(firstNames)%len(lastNames)]
}

// enrol makes the recipient as an import would have: at a company, every fifth at a free-mail provider.
func (p *person) enrol(i int) outreach.Recipient {
	first, last, _ := strings.Cut(name(i), " ")
	trade := trades[i%len(trades)]
	domain := fmt.Sprintf("%s%06d.example", trade, i/4)
	if i%5 == 0 {
		domain = "freemail.example"
	}
	at := p.seq.CreatedAt
	return outreach.Recipient{
		ID: idAt(at), SequenceID: p.seq.ID, Email: fmt.Sprintf("%s.%s%07d@%s", strings.ToLower(first), strings.ToLower(last), i, domain), Domain: domain,
		FirstName: first, LastName: last, Company: last + " " + trade, Variables: map[string]string{"city": "Springfield", "source": "import"},
		State: outreach.StateQueued, CreatedAt: at, UpdatedAt: at,
	}
}

// documents adds everything about the person.
func (p *person) documents(b *batch) {
	r := &p.recipient
	sent := make([]*outreach.History, len(p.sent))
	for i := range p.sent {
		sent[i] = p.history(i, sent[:i])
		r.UpdatedAt = p.sent[i].at
		b.add(store.History, sent[i])
	}
	if len(p.back) > 0 {
		p.conversation(b, sent)
	}
	switch r.State {
	case outreach.StateBounced:
		p.suppress(b, outreach.SuppressBounce)
	case outreach.StateUnsubscribed:
		p.suppress(b, outreach.SuppressUnsubscribe)
	}
	b.add(store.Recipients, r)
}

// history is one delivery as run-sequences leaves it.
func (p *person) history(i int, before []*outreach.History) *outreach.History {
	d, r, id := p.sent[i], &p.recipient, outreach.HistoryID(p.recipient.ID, p.sent[i].step)
	h := &outreach.History{
		ID: id, SequenceRecipientID: r.ID, SequenceID: p.seq.ID, Step: d.step, MailboxID: p.mailbox.ID, To: r.Email, From: p.mailbox.Email,
		Subject: "Routes at " + r.Company, Text: render(d.step, r, p.mailbox), MessageID: messageID(id, p.mailbox), Status: d.status, Attempts: 1,
		CreatedAt: d.at.Add(-time.Second), UpdatedAt: d.at,
	}
	if d.step == 0 {
		h.VariantID = []string{"a", "b"}[p.uid%2]
	} else {
		h.Subject = "Re: " + h.Subject
		for _, earlier := range before {
			h.InReplyTo, h.References = earlier.MessageID, append(h.References, earlier.MessageID)
		}
	}
	switch d.status {
	case outreach.HistorySent:
		h.SentAt, h.SMTPCode, h.SMTPResponse = &d.at, 250, "250 2.0.0 queued as 4XyZ"+h.MessageID[1:9]
	case outreach.HistoryBounced:
		h.BouncedAt, h.SMTPCode, h.SMTPEnhanced, h.SMTPResponse = &d.at, 550, "5.1.1", "550 5.1.1 user unknown"
		if len(p.back) > 0 {
			h.SentAt, h.SMTPCode, h.SMTPEnhanced, h.SMTPResponse = &d.at, 250, "", "250 2.0.0 queued"
		}
	case outreach.HistoryFailed:
		h.SMTPCode, h.SMTPEnhanced, h.SMTPResponse = 554, "5.7.1", "554 5.7.1 refused by policy"
	case outreach.HistoryDeferred:
		h.SMTPCode, h.SMTPEnhanced, h.SMTPResponse = 451, "4.7.1", "451 4.7.1 try again later"
	}
	return h
}

// render is the step's text with the names in their places; the generator needs no template engine.
func render(step int, r *outreach.Recipient, mb *outreach.Mailbox) string {
	return strings.NewReplacer("{{ firstName | default: \"there\" }}", r.FirstName, "{I saw|I noticed}", "I saw", "{{ company }}", r.Company, "{{ senderName }}", mb.FromName).Replace(texts[step])
}

func messageID(id bson.ObjectID, mb *outreach.Mailbox) string {
	return "<" + hex.EncodeToString(id[:]) + "@" + outreach.DomainOf(mb.Email) + ">"
}

// conversation is the thread of what came back.
func (p *person) conversation(b *batch, sent []*outreach.History) {
	r := &p.recipient
	last := p.back[len(p.back)-1]
	t := &outreach.Thread{
		ID: idAt(p.back[0].at), Subject: sent[0].Subject, NormalizedSubject: strings.ToLower(sent[0].Subject), Participants: []string{p.mailbox.Email, r.Email},
		MailboxID: p.mailbox.ID, MailboxEmail: p.mailbox.Email, MailboxName: p.mailbox.FromName, SequenceID: p.seq.ID, SequenceRecipientID: r.ID,
		RootMessageID: sent[0].MessageID, MessageCount: len(sent) + len(p.back), InboundCount: len(p.back), LastMessageAt: &last.at, LastInboundAt: &last.at,
		LastOutboundAt: sent[len(sent)-1].SentAt, Status: outreach.ThreadOpen, UnreadCount: int(p.uid) % 2, CreatedAt: p.back[0].at, UpdatedAt: last.at,
	}
	for i, in := range p.back {
		reply := p.reply(in, sent[in.to], t.ID, i)
		if in.kind == outreach.KindHuman {
			t.ReplyCount, t.HasAIClassification, t.LastIntent = t.ReplyCount+1, true, string(reply.Classification.Intent)
			sent[in.to].RepliedAt = &p.back[i].at
		}
		t.LastSnippet = reply.Snippet
		b.add(store.Replies, reply)
	}
	if t.ReplyCount > 0 {
		r.ThreadID = t.ID
	}
	b.add(store.Threads, t)
}

// reply is one inbound message as sync-mailboxes stores it.
func (p *person) reply(in inbound, h *outreach.History, thread bson.ObjectID, n int) *outreach.Reply {
	r, id := &p.recipient, idAt(in.at)
	m := &outreach.Reply{
		ID: id, ThreadID: thread, MailboxID: p.mailbox.ID, Direction: "inbound", SequenceID: p.seq.ID, SequenceRecipientID: r.ID, HistoryID: h.ID, Step: h.Step,
		MessageID: "<" + id.Hex() + "@" + r.Domain + ">", InReplyTo: h.MessageID, References: append(append([]string{}, h.References...), h.MessageID),
		From: outreach.Address{Name: r.FirstName + " " + r.LastName, Address: r.Email}, To: []outreach.Address{{Address: p.mailbox.Email}}, Subject: "Re: " + h.Subject,
		Date: &in.at, ReceivedAt: in.at, Folder: "INBOX", UIDValidity: 1, UID: 4*p.uid + uint32(n), IsRead: p.uid%2 == 0, Kind: in.kind, //nolint:gosec // few
		MatchMethod: "message_id", MatchConfidence: 1, DedupeKey: id.Hex(), Effects: map[string]bool{"done": true}, CreatedAt: in.at, UpdatedAt: in.at,
		Classification: &outreach.Classification{Status: outreach.ClassificationDone, Intent: intentOf(in.kind), Sentiment: "neutral", Confidence: 1, Source: "header", At: &in.at},
	}
	switch in.kind {
	case outreach.KindHuman:
		k := int(p.uid) % len(said)
		m.VisibleText, m.Classification.Intent, m.Classification.Source, m.Classification.Confidence = said[k], meant[k], "builtin", 0.9
	case outreach.KindBounce:
		m.From = outreach.Address{Name: "Mail Delivery System", Address: "mailer-daemon@" + r.Domain}
		m.VisibleText = "The following address failed: " + r.Email
		m.Bounce = &outreach.Bounce{Type: outreach.BounceHard, Recipient: r.Email, Status: "5.1.1", Diagnostic: "smtp; 550 5.1.1 user unknown"}
		if in.soft {
			m.Bounce.Type, m.Bounce.Status, m.Bounce.Diagnostic = outreach.BounceSoft, "4.4.1", "smtp; connection timed out"
			r.SoftBounces++
		}
	case outreach.KindOutOfOffice:
		back := in.at.AddDate(0, 0, 7)
		m.VisibleText, m.ReturnDate = "I am out of the office until "+back.Format("2 January")+".", &back
	default:
		m.VisibleText = "Please take me off your list."
	}
	m.Text, m.Snippet = m.VisibleText+"\n\nOn "+h.CreatedAt.Format("2 Jan 2006")+", "+h.From+" wrote:\n> "+strings.ReplaceAll(h.Text, "\n", "\n> "), m.VisibleText
	return m
}

func intentOf(kind outreach.Kind) outreach.Intent {
	switch kind {
	case outreach.KindBounce:
		return outreach.IntentBounce
	case outreach.KindOutOfOffice:
		return outreach.IntentOutOfOffice
	case outreach.KindUnsubscribe, outreach.KindComplaint:
		return outreach.IntentUnsubscribe
	}
	return outreach.IntentOther
}

func (p *person) suppress(b *batch, reason outreach.SuppressionReason) {
	at := p.sent[len(p.sent)-1].at
	b.add(store.Suppressions, &outreach.Suppression{ID: idAt(at), Value: p.recipient.Email, Reason: reason, Source: "sync", At: at, CreatedAt: at, UpdatedAt: at})
}
