package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/storetest"
	"mailrun/pkg/outreach"
)

// labels is a store with a thread of three replies that wait for a label, one minute apart.
type labels struct {
	*testing.T
	*store.Store
	thread  *outreach.Thread
	replies []*outreach.Reply
}

func newLabels(t *testing.T, e storetest.Engine) *labels {
	t.Helper()
	begin := time.Date(2026, 5, 13, 12, 0, 0, 0, time.UTC)
	l := &labels{T: t, Store: store.New(e.Open(t), func() time.Time { return begin }), thread: &outreach.Thread{ID: bson.NewObjectID(), RootMessageID: "<root@us.example>", Status: outreach.ThreadOpen}}
	if err := l.PutThreads(t.Context(), []*outreach.Thread{l.thread}, nil); err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"first", "second", "third"} {
		id := bson.NewObjectID()
		l.replies = append(l.replies, &outreach.Reply{
			ID: id, ThreadID: l.thread.ID, MailboxID: l.thread.ID, Kind: outreach.KindHuman, VisibleText: text, HTML: "<p>" + text, DedupeKey: id.Hex(),
			ReceivedAt: begin.Add(time.Duration(i) * time.Minute), Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1),
			Classification: &outreach.Classification{Status: outreach.ClassificationPending},
		})
	}
	batch := l.NewBatch()
	batch.InsertReplies(l.replies)
	if err := batch.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *labels) save(i int, c outreach.Classification) bool {
	l.Helper()
	saved, err := l.SaveClassification(l.Context(), l.replies[i].ID, c)
	if err != nil {
		l.Fatal(err)
	}
	return saved
}

func (l *labels) lastIntent() (outreach.Intent, bool) {
	l.Helper()
	if err := l.RefreshThreadIntent(l.Context(), l.thread.ID); err != nil {
		l.Fatal(err)
	}
	thread, err := l.Thread(l.Context(), l.thread.ID)
	if err != nil {
		l.Fatal(err)
	}
	return outreach.Intent(thread.LastIntent), thread.HasAIClassification
}

func done(intent outreach.Intent, source string) outreach.Classification {
	return outreach.Classification{Status: outreach.ClassificationDone, Intent: intent, Source: source, Confidence: 0.5, CacheKey: "key of " + string(intent)}
}

// TestClassification is the life of a label on each engine.
func TestClassification(t *testing.T) {
	for _, engine := range storetest.Engines(t) {
		t.Run(engine.Name, func(t *testing.T) {
			t.Run("what waits, oldest first and without its raw parts", func(t *testing.T) { testPending(newLabels(t, engine)) })
			t.Run("a person's label stays", func(t *testing.T) { testManual(newLabels(t, engine)) })
			t.Run("the thread has its newest reply's label", func(t *testing.T) { testThreadIntent(newLabels(t, engine)) })
			t.Run("an earlier answer is found by its key", func(t *testing.T) { testByKey(newLabels(t, engine)) })
		})
	}
}

func testPending(l *labels) {
	l.save(1, done(outreach.IntentInterested, "builtin"))
	l.save(0, outreach.Classification{Status: outreach.ClassificationPending, Attempts: 2, Error: "busy"})
	pending, err := l.PendingReplies(l.Context(), 0, 10)
	if err != nil {
		l.Fatal(err)
	}
	var texts []string
	for _, r := range pending {
		texts = append(texts, r.VisibleText)
		if r.HTML != "" {
			l.Errorf("%q comes with its HTML", r.VisibleText)
		}
	}
	if diff := cmp.Diff([]string{"first", "third"}, texts); diff != "" {
		l.Error(diff)
	}
	if pending[0].Classification.Attempts != 2 {
		l.Errorf("attempts %d, want 2", pending[0].Classification.Attempts)
	}
	second, err := l.PendingReplies(l.Context(), 1, 10)
	if err != nil || len(second) != 1 || second[0].VisibleText != "third" {
		l.Errorf("after the first: %v, %v", second, err)
	}
	for status, want := range map[outreach.ClassificationStatus]int{outreach.ClassificationPending: 2, outreach.ClassificationDone: 1, outreach.ClassificationFailed: 0} {
		if n, err := l.CountClassified(l.Context(), status); err != nil || n != want {
			l.Errorf("%s: %d, %v; want %d", status, n, err, want)
		}
	}
}

func testManual(l *labels) {
	if !l.save(0, done(outreach.IntentReferral, "manual")) {
		l.Error("a person's label was not stored")
	}
	if l.save(0, done(outreach.IntentInterested, "model")) {
		l.Error("a model's label took its place")
	}
	if !l.save(0, done(outreach.IntentObjection, "manual")) {
		l.Error("a person could not change it")
	}
	stored, err := l.Reply(l.Context(), l.replies[0].ID)
	if err != nil || stored.Classification.Intent != outreach.IntentObjection {
		l.Errorf("stored %+v, %v", stored, err)
	}
	if saved, err := l.SaveClassification(l.Context(), bson.NewObjectID(), done(outreach.IntentOther, "model")); saved || err != nil {
		l.Errorf("a reply that is not there was labelled: %v, %v", saved, err)
	}
}

func testThreadIntent(l *labels) {
	l.save(1, done(outreach.IntentNotNow, "model"))
	if intent, byMachine := l.lastIntent(); intent != outreach.IntentNotNow || !byMachine {
		l.Errorf("%s, by a machine: %v", intent, byMachine)
	}
	l.save(0, done(outreach.IntentInterested, "model"))
	if intent, _ := l.lastIntent(); intent != outreach.IntentNotNow {
		l.Errorf("an older reply, labelled later, changed it to %s", intent)
	}
	l.save(2, done(outreach.IntentReferral, "manual"))
	if intent, byMachine := l.lastIntent(); intent != outreach.IntentReferral || byMachine {
		l.Errorf("%s, by a machine: %v", intent, byMachine)
	}
	if err := l.RefreshThreadIntent(l.Context(), bson.NewObjectID()); err != nil {
		l.Errorf("a thread without labels: %v", err)
	}
}

func testByKey(l *labels) {
	if c, err := l.ClassificationByKey(l.Context(), "key of other"); c != nil || err != nil {
		l.Errorf("before any answer: %+v, %v", c, err)
	}
	l.save(0, done(outreach.IntentOther, "model"))
	failed := done(outreach.IntentReferral, "model")
	failed.Status = outreach.ClassificationFailed
	l.save(1, failed)
	if c, err := l.ClassificationByKey(l.Context(), "key of other"); err != nil || c == nil || c.Intent != outreach.IntentOther {
		l.Errorf("%+v, %v", c, err)
	}
	if c, err := l.ClassificationByKey(l.Context(), failed.CacheKey); c != nil || err != nil {
		l.Errorf("a failure served as an answer: %+v, %v", c, err)
	}
}
