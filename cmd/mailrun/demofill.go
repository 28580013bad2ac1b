package main

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/sandbox"
	"mailrun/pkg/outreach"
)

// demoAccounts are the three mailboxes that send.
var demoAccounts = []sandbox.Account{
	{Email: "nora@brightlane.example", Password: "demo-password-1"},
	{Email: "omar@brightlane.example", Password: "demo-password-2"},
	{Email: "lena@getbrightlane.example", Password: "demo-password-3"},
}

var demoNames = []string{"Nora Feld", "Omar Haddad", "Lena Voss"}

// demoSequences are the two sequences: three steps in one thread each, with spintax, fallbacks and two variants.
func demoSequences(mailboxes []bson.ObjectID) []outreach.Sequence {
	return []outreach.Sequence{
		{
			Name: "Route planning", MailboxIDs: mailboxes[:2], StopDomainOnReply: false,
			Unsubscribe: &outreach.Unsubscribe{Text: "Not relevant? Just say so and I will not write again."},
			Steps: []outreach.Step{
				{
					ID: "opening", Subject: "{Routes|Trips} at {{ company }}",
					Text:     "Hi {{ firstName | default: \"there\" }},\n\n{I saw|I noticed} that {{ company }} plans its routes by hand. We cut empty miles by a fifth for teams of your size.\n\nWorth ten minutes next week?\n\n{{ senderName }}",
					Variants: []outreach.Variant{{ID: "a", Weight: 1}, {ID: "b", Weight: 1, Subject: "{{ firstName }}, a question about {{ company }}"}},
				},
				{ID: "nudge", Delay: "3d", Text: "Hi {{ firstName | default: \"there\" }},\n\nDid my note reach you? Happy to send a one-page summary.\n\n{{ senderName }}"},
				{ID: "last", Delay: "4d", Text: "Hi {{ firstName | default: \"there\" }},\n\nThis is my last note. If {{ company }} looks at routing again, I am an e-mail away.\n\n{{ senderName }}"},
			},
		},
		{
			Name: "Warehouse pilots", MailboxIDs: mailboxes[1:],
			Steps: []outreach.Step{
				{ID: "opening", Subject: "A pilot for {{ company }}?", HTML: "<p>Hello {{ firstName | default: \"there\" }},</p><p>we look for <b>three pilot sites</b> for our picking assistant. Would {{ company }} be interested?</p><p>{{ senderName }}</p>"},
				{ID: "nudge", Delay: "2d", Text: "Hello {{ firstName | default: \"there\" }},\n\nonly one pilot place is left. Shall I keep it for {{ company }}?\n\n{{ senderName }}"},
				{ID: "last", Delay: "5d", Subject: "Closing the pilot list", Text: "Hello {{ firstName | default: \"there\" }},\n\nI close the list on Friday. All the best to {{ company }}.\n\n{{ senderName }}"},
			},
		},
	}
}

// fill stores the mailboxes, the sequences and the people.
func (d *demo) fill(ctx context.Context) error {
	ids, err := d.fillMailboxes(ctx)
	if err != nil {
		return err
	}
	sequences := demoSequences(ids)
	people := d.world.Cast(demoRecipients)
	recipients := make([]outreach.Recipient, len(people))
	now := d.store.Now()
	for i := range sequences {
		sequences[i].ID, sequences[i].Status, sequences[i].ActivatedAt = bson.NewObjectID(), outreach.SequenceActive, &now
		if err := d.store.InsertSequence(ctx, &sequences[i]); err != nil {
			return err
		}
	}
	for i, p := range people {
		recipients[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: sequences[i%len(sequences)].ID, Email: p.Email, Domain: outreach.DomainOf(p.Email),
			FirstName: p.FirstName(), LastName: p.LastName(), Company: p.Company, State: outreach.StateQueued, NextSendAt: &now,
		}
	}
	_, err = d.store.InsertRecipients(ctx, recipients)
	return err
}

func (d *demo) fillMailboxes(ctx context.Context) ([]bson.ObjectID, error) {
	ids := make([]bson.ObjectID, len(demoAccounts))
	for i, account := range demoAccounts {
		var err error
		if ids[i], err = d.addMailbox(ctx, account, demoNames[i], 0); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// addMailbox stores an account as a mailbox that waits some seconds between two messages.
func (d *demo) addMailbox(ctx context.Context, account sandbox.Account, name string, gap int) (bson.ObjectID, error) {
	mb := d.world.Document(account.Email, outreach.SecurityNone)
	mb.ID, mb.FromName, mb.Status = bson.NewObjectID(), name, outreach.MailboxActive
	mb.MinGapSeconds, mb.GapJitterSeconds = &gap, &gap
	sealed, err := d.keys.Seal(mb.ID, account.Password)
	if err != nil {
		return mb.ID, err
	}
	mb.ClearSMTPPassword, mb.ClearIMAPPassword = "", ""
	mb.Sealed = &outreach.Sealed{SMTPPassword: sealed, IMAPPassword: sealed}
	return mb.ID, d.store.InsertMailbox(ctx, mb)
}

// lockedDraw makes dice safe for many goroutines.
func lockedDraw(draw func() float64) func() float64 {
	var mu sync.Mutex
	return func() float64 {
		mu.Lock()
		defer mu.Unlock()
		return draw()
	}
}
