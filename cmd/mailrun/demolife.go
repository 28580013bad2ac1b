package main

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/job"
	"mailrun/internal/sandbox"
	"mailrun/pkg/outreach"
)

// What the page of `demo --serve` has to tell: some days of cron with a network that fails once, a job that was switched off for a while, a
// mailbox with a wrong password, and people who still wait; then cron goes on in real time.
const (
	lifeTicks    = 60
	lifeTick     = 40 * time.Minute
	lifeGap      = 50 // seconds between two messages of one mailbox, and as much again by chance
	lifePeople   = 90
	lifeOutage   = 23 // the tick without a network
	lifeOffFrom  = 38 // the ticks in which sending is switched off
	lifeOffUntil = 42
	liveEvery    = 20 * time.Second
)

// lifeAccounts are the mailboxes of those days. Nobody knows the password of the last.
var lifeAccounts = []sandbox.Account{
	{Email: "ines@brightlane.example", Password: "demo-password-4"},
	{Email: "tomas@brightlane.example", Password: "demo-password-5"},
	{Email: "sam@getbrightlane.example", Password: "demo-password-6"},
}

var lifeNames = []string{"Ines Duarte", "Tomas Lind", "Sam Okafor"}

var errNoNetwork = errors.New("network is unreachable")

// live lets those days pass.
func (d *demo) live(ctx context.Context) error {
	var offline atomic.Bool
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if offline.Load() {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errNoNetwork}
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	d.worker.Dialer.Dial, d.syncer.Dialer.Dial = dial, dial
	if err := d.settleIn(ctx); err != nil {
		return err
	}
	for tick := range lifeTicks {
		d.clock.forward(lifeTick)
		offline.Store(tick == lifeOutage)
		if err := d.cron(ctx, tick < lifeOffFrom || tick >= lifeOffUntil); err != nil {
			return err
		}
	}
	return nil
}

// cron is one tick of it: both jobs, whatever becomes of them; sending may be switched off.
func (d *demo) cron(ctx context.Context, sends bool) error {
	d.world.Tick(d.clock.Now())
	send := demoJob(outreach.JobRunSequences, d.send)
	send.Enabled, send.Switch = sends, "SEQUENCE_WORKER_ENABLED"
	for _, j := range []job.Job{demoJob(outreach.JobSyncMailboxes, d.sync), send} {
		if run, err := d.runner.Run(ctx, j, outreach.TriggeredByCron); run == nil {
			return err
		}
	}
	return nil
}

// goOn is cron until the context ends.
func (d *demo) goOn(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(liveEvery):
		}
		if err := d.cron(ctx, true); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// settleIn stores the mailboxes of those days and the sequences that use them.
func (d *demo) settleIn(ctx context.Context) error {
	var ids []bson.ObjectID
	for i, account := range lifeAccounts {
		d.world.AddAccount(account)
		if i == len(lifeAccounts)-1 {
			account.Password = "changed since"
		}
		id, err := d.addMailbox(ctx, account, lifeNames[i], lifeGap)
		if err != nil {
			return err
		}
		ids = append(ids, id)
	}
	sequences, now := lifeSequences(ids), d.store.Now()
	for i := range sequences {
		s := &sequences[i]
		s.ID, s.ActivatedAt = bson.NewObjectID(), &now
		if s.Status == outreach.SequencePaused {
			s.PausedAt = &now
		}
		if err := d.store.InsertSequence(ctx, s); err != nil {
			return err
		}
	}
	people := sandbox.Cast(demoRecipients + lifePeople)[demoRecipients:]
	d.world.Invite(people...)
	recipients := make([]outreach.Recipient, len(people))
	for i, p := range people {
		recipients[i] = outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: sequences[i%len(sequences)].ID, Email: p.Email, Domain: outreach.DomainOf(p.Email),
			FirstName: p.FirstName(), LastName: p.LastName(), Company: p.Company, State: outreach.StateQueued, NextSendAt: &now,
		}
	}
	recipients[0].Company = "" // which the text needs
	_, err := d.store.InsertRecipients(ctx, recipients)
	return err
}

// lifeSequences are one that has all day, one that keeps to a few new people a day, and one that a person has paused.
func lifeSequences(mailboxes []bson.ObjectID) []outreach.Sequence {
	steps := func(subject string) []outreach.Step {
		return []outreach.Step{
			{ID: "opening", Subject: subject, Text: "Hi {{ firstName | default: \"there\" }},\n\nhow does {{ company }} handle this today?\n\n{{ senderName }}"},
			{ID: "nudge", Delay: "1d", Text: "Hi {{ firstName | default: \"there\" }},\n\nany thoughts?\n\n{{ senderName }}"},
			{ID: "last", Delay: "4d", Text: "Hi {{ firstName | default: \"there\" }},\n\nI will leave it here. All the best!\n\n{{ senderName }}"},
		}
	}
	return []outreach.Sequence{
		{Name: "Customs forms, autumn", Status: outreach.SequenceActive, MailboxIDs: mailboxes, NewPerDay: 6, Steps: steps("Customs forms at {{ company }}")},
		{Name: "Cold chain", Status: outreach.SequenceActive, MailboxIDs: mailboxes[:2], NewPerDay: 9, Steps: steps("{Temperature|Cold-chain} reports at {{ company }}")},
		{Name: "Trade fair contacts", Status: outreach.SequencePaused, StatusReason: "paused by demo@brightlane.example", MailboxIDs: mailboxes[1:], Steps: steps("Good to meet you")},
	}
}
