package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

const ownAddress = "us@us.example"

// TestReplyScripts runs testdata/replies/*.txtar on every engine: what a person may say about messages that came back. Each script has a store
// of its own with three people who were written to, and a mailbox on a real socket in which some have answered.
func TestReplyScripts(t *testing.T) {
	for _, e := range storetest.Engines(t) {
		t.Run(e.Name, func(t *testing.T) { replyScripts(t, e) })
	}
}

func replyScripts(t *testing.T, e storetest.Engine) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/replies",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("TZ", "UTC")
			engine, place := e.OpenPlace(t)
			env.Setenv(map[string]string{storetest.SQLite().Name: "SQLITE_PATH", storetest.MongoDB().Name: "MONGODB_URI"}[engine.Name()], place)
			env.Values["engine"] = engine
			env.Setenv("SYNC_STORE_UNMATCHED", "true")
			world, err := sandbox.Start(t.Context(), sandbox.Options{Accounts: []sandbox.Account{{Email: ownAddress, Password: "secret"}}})
			if err != nil {
				return err
			}
			env.Defer(world.Close)
			return seedAnswers(t.Context(), engine, world)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"reply": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(findReplyOf(t.Context(), ts, args[0], args[1]))
			},
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// seedAnswers makes a mailbox, a sequence whose first step three people got, and what came back.
func seedAnswers(ctx context.Context, engine store.Engine, world *sandbox.World) error {
	s := store.New(engine, time.Now)
	mb := world.Document(ownAddress, outreach.SecurityNone)
	mb.ID, mb.Status = bson.NewObjectID(), outreach.MailboxActive
	seq := &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "autumn", Status: outreach.SequenceActive, MailboxIDs: []bson.ObjectID{mb.ID},
		Steps: []outreach.Step{{ID: "1", Subject: "A question", Text: "Hello"}, {ID: "2", Delay: "3d", Text: "Again"}},
	}
	if err := s.InsertMailbox(ctx, mb); err != nil {
		return err
	}
	if err := s.InsertSequence(ctx, seq); err != nil {
		return err
	}
	sent := store.Millis(time.Now().Add(-time.Hour))
	for _, email := range []string{"p@corp.example", "q@corp2.example", "r@corp3.example"} {
		if err := seedDelivery(ctx, engine, seq, mb, email, sent); err != nil {
			return err
		}
	}
	post := func(from, subject, body string) {
		raw := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@them.example>\nDate: %s\n\n%s\n",
			from, ownAddress, subject, bson.NewObjectID().Hex(), time.Now().UTC().Format(time.RFC1123Z), body)
		world.Mailbox(ownAddress).Append(sandbox.Inbox, []byte(strings.ReplaceAll(raw, "\n", "\r\n")), time.Now())
	}
	post("p@corp.example", "Re: A question", "Please unsubscribe me.")
	post("r@corp3.example", "Re: A question", "Remove me from your list.")
	post("unknown@elsewhere.example", "Hello", "I hear you wrote to my colleague. Call me, please.")
	post(ownAddress, "A note to myself", "Nothing.")
	return nil
}

// seedDelivery enrols somebody who got the first step.
func seedDelivery(ctx context.Context, engine store.Engine, seq *outreach.Sequence, mb *outreach.Mailbox, email string, sent time.Time) error {
	_, domain, _ := strings.Cut(email, "@")
	due := sent.Add(72 * time.Hour)
	rec := &outreach.Recipient{
		ID: bson.NewObjectID(), SequenceID: seq.ID, Email: email, Domain: domain, State: outreach.StateActive, Step: 1, MailboxID: mb.ID,
		NextSendAt: &due, LastSentAt: &sent, CreatedAt: sent, UpdatedAt: sent,
	}
	h := &outreach.History{
		ID: outreach.HistoryID(rec.ID, 0), SequenceRecipientID: rec.ID, SequenceID: seq.ID, MailboxID: mb.ID, To: email, From: mb.Email, Subject: "A question",
		Text: "Hello", Status: outreach.HistorySent, SentAt: &sent, Attempts: 1, MessageID: "<" + email + ">", CreatedAt: sent, UpdatedAt: sent,
	}
	_, err := engine.Write(ctx, []store.Write{{Kind: store.Insert, Collection: store.Recipients, Document: rec}, {Kind: store.Insert, Collection: store.History, Document: h}})
	return err
}

// findReplyOf puts the id of the message from an address into a variable, and that of its thread into THREAD.
func findReplyOf(ctx context.Context, ts *testscript.TestScript, variable, from string) error {
	engine := ts.Value("engine").(store.Engine)
	found, _, err := store.New(engine, time.Now).ListReplies(ctx, store.Filter{Email: from}, store.Page{Number: 1, Size: 2})
	if err != nil || len(found) != 1 {
		return fmt.Errorf("%d messages from %s: %w", len(found), from, err)
	}
	ts.Setenv(variable, found[0].ID.Hex())
	ts.Setenv("THREAD", found[0].ThreadID.Hex())
	return nil
}
