package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/sandbox"
	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// TestSyncWaitsForNoModel: a model is first asked when every reply is stored and every sequence that they answer has stopped, and one that
// never answers fails nothing. So a sync with classification switched on stores replies as soon as one without.
func TestSyncWaitsForNoModel(t *testing.T) {
	const people = 20
	w := newAnswered(t, people)
	var asked sync.Once
	model := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server notices that the client left only when the body is read
		asked.Do(func() {
			if stored, stopped := w.outcome(); stored != people || stopped != people {
				t.Errorf("at the first call to the model %d replies are stored and %d sequences stopped, want %d", stored, stopped, people)
			}
		})
		<-r.Context().Done()
	}))
	t.Cleanup(model.Close)

	w.env["AUTO_CLASSIFY_INBOX_REPLIES"], w.env["AI_BASE_URL"], w.env["AI_MODEL"], w.env["AI_TIMEOUT"] = "true", model.URL+"/v1", "small", "200ms"
	if code := w.sync(); code != exitDone {
		t.Errorf("exit code %d, want %d", code, exitDone)
	}
	asked.Do(func() { t.Error("the model was not asked") })
	pending, err := w.store.CountClassified(t.Context(), outreach.ClassificationPending)
	if err != nil || pending != people {
		t.Errorf("%d replies wait for the next run, %v; want all %d", pending, err, people)
	}
}

// TestSyncClassifies: a sync labels what it stored, and its run log carries the counts.
func TestSyncClassifies(t *testing.T) {
	w := newAnswered(t, 3)
	w.env["AUTO_CLASSIFY_INBOX_REPLIES"] = "true"
	if code := w.sync(); code != exitDone {
		t.Errorf("exit code %d, want %d", code, exitDone)
	}
	runs, _, err := w.store.RunLogs(t.Context(), store.RunFilter{}, store.Page{Number: 1, Size: 10})
	if err != nil || len(runs) != 1 || outreach.CountOf(runs[0].Stats["classified"]) != 3 {
		t.Errorf("runs %+v, %v; want one with 3 classified", runs, err)
	}
	replies, _, err := w.store.ListReplies(t.Context(), store.Filter{Intent: outreach.IntentMeetingRequest}, store.Page{Number: 1, Size: 10})
	if err != nil || len(replies) != 3 || replies[0].Classification.Source != "builtin" {
		t.Errorf("replies %+v, %v; want 3 that ask for a meeting", replies, err)
	}
}

// answered is a mailbox into which people have answered a sequence's first step.
type answered struct {
	*testing.T
	store *store.Store
	env   map[string]string
}

func newAnswered(t *testing.T, people int) *answered {
	t.Helper()
	world, err := sandbox.Start(t.Context(), sandbox.Options{Accounts: []sandbox.Account{{Email: "nora@us.example", Password: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(world.Close)
	path := filepath.Join(t.TempDir(), "mailrun.db")
	engine, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err == nil {
		err = engine.EnsureIndexes(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close(context.Background()) })
	key := mailbox.NewKey()
	w := &answered{t, store.New(engine, time.Now), map[string]string{"SQLITE_PATH": path, "MAILBOX_ENCRYPTION_KEY": key}}
	w.fill(world, key, people)
	return w
}

// fill records that the first step was sent to everyone an hour ago, and puts everyone's answer into the inbox.
func (w *answered) fill(world *sandbox.World, key string, people int) {
	w.Helper()
	ctx, sent := w.Context(), w.store.Now().Add(-time.Hour)
	keys, err := mailbox.ParseKeys(key)
	if err != nil {
		w.Fatal(err)
	}
	mb := world.Document("nora@us.example", outreach.SecurityNone)
	mb.ID = bson.NewObjectID()
	seq := &outreach.Sequence{
		ID: bson.NewObjectID(), Name: "s", Status: outreach.SequenceActive, MailboxIDs: []bson.ObjectID{mb.ID},
		Steps: []outreach.Step{{ID: "1", Subject: "A question", Text: "x"}, {ID: "2", Delay: "3d", Text: "y"}},
	}
	if err := w.store.InsertMailbox(ctx, mb); err != nil {
		w.Fatal(err)
	}
	if err := w.store.InsertSequence(ctx, seq); err != nil {
		w.Fatal(err)
	}
	due := sent.Add(72 * time.Hour)
	for i := range people {
		email := fmt.Sprintf("p%d@c%d.example", i, i)
		rec := outreach.Recipient{
			ID: bson.NewObjectID(), SequenceID: seq.ID, Email: email, Domain: fmt.Sprintf("c%d.example", i), State: outreach.StateActive, Step: 1,
			MailboxID: mb.ID, NextSendAt: &due, LastSentAt: &sent,
		}
		if _, err := w.store.InsertRecipients(ctx, []outreach.Recipient{rec}); err != nil {
			w.Fatal(err)
		}
		h := &outreach.History{
			ID: outreach.HistoryID(rec.ID, 0), SequenceRecipientID: rec.ID, SequenceID: seq.ID, MailboxID: mb.ID, To: email, From: mb.Email,
			Subject: "A question", Status: outreach.HistorySent, SentAt: &sent, Attempts: 1,
		}
		h.MessageID = keys.MessageID(h.ID, "us.example")
		if err := w.store.BeginDelivery(ctx, h); err != nil {
			w.Fatal(err)
		}
		raw := fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: Re: A question\r\nMessage-ID: <%d@c.example>\r\nIn-Reply-To: %s\r\n\r\nCan we do a call on Tuesday at %d:15?\r\n", email, mb.Email, i, h.MessageID, i%12+8)
		world.Mailbox(mb.Email).Append("INBOX", []byte(raw), w.store.Now())
	}
}

// sync runs sync-mailboxes as cron would.
func (w *answered) sync() exitCode {
	a := newApp()
	a.out, a.err, a.outTTY, a.errTTY = io.Discard, io.Discard, false, false
	a.lookupEnv = func(name string) (string, bool) { value, ok := w.env[name]; return value, ok }
	return run([]string{"sync-mailboxes", "--max-runtime", "30s", "--mailbox", "nora@us.example"}, a)
}

// outcome counts the replies that are stored and the recipients that stopped.
func (w *answered) outcome() (stored, stopped int) {
	_, replies, err := w.store.ListReplies(context.Background(), store.Filter{}, store.Page{Number: 1, Size: 1})
	if err != nil {
		w.Error(err)
	}
	n, err := w.store.CountRecipients(context.Background(), store.Filter{Status: string(outreach.StateReplied)})
	if err != nil {
		w.Error(err)
	}
	return int(replies), int(n)
}
