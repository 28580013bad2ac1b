package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/store"
	"mailrun/internal/store/sqlite"
	"mailrun/pkg/outreach"
)

// TestClassifyScripts runs testdata/classify/*.txtar: what labels replies. Each script has a store of its own with the replies of seedReplies,
// and a model at $MODEL_URL.
func TestClassifyScripts(t *testing.T) {
	model := httptest.NewServer(http.HandlerFunc(scriptedModel))
	t.Cleanup(model.Close)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/classify",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("TZ", "UTC")
			env.Setenv("SQLITE_PATH", env.WorkDir+"/mailrun.db")
			env.Setenv("MODEL_URL", model.URL)
			return seedReplies(t.Context(), env.WorkDir+"/mailrun.db")
		},
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// scriptedModel answers by the path in front of the API's: good labels everything as a referral, prose talks, refuse takes no key.
func scriptedModel(w http.ResponseWriter, r *http.Request) {
	defer r.Body.Close()
	_, _ = io.Copy(io.Discard, r.Body)
	label := `{\"intent\":\"referral\",\"sentiment\":\"neutral\",\"confidence\":0.8,\"summary\":\"Names somebody.\",\"returnDate\":null,\"followUpAt\":null,\"referral\":null}`
	switch {
	case strings.HasPrefix(r.URL.Path, "/refuse/"):
		http.Error(w, `{"error":{"message":"incorrect API key"}}`, http.StatusUnauthorized)
		return
	case strings.HasPrefix(r.URL.Path, "/prose/"):
		label = "I would say that they are interested."
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"id":"1","object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"%s"}}],"usage":{"total_tokens":321}}`, label)
}

// seedReplies makes a store with three replies that wait for a label: a lead of two days ago, an opt-out, and a question of ten days ago.
func seedReplies(ctx context.Context, path string) error {
	engine, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer engine.Close(ctx)
	if err := engine.EnsureIndexes(ctx); err != nil {
		return err
	}
	day := 24 * time.Hour
	var replies []*outreach.Reply
	for i, r := range []struct {
		from, text string
		age        time.Duration
	}{
		{"ann@corp.example", "Sounds great, we are very interested. What are the next steps?", 2 * day},
		{"bea@corp.example", "Please remove me from your list.", day},
		{"cid@corp.example", "How much does it cost, and do you have a brochure?", 10 * day},
	} {
		id := bson.ObjectID{11: byte(i + 1)}
		replies = append(replies, &outreach.Reply{
			ID: id, ThreadID: bson.ObjectID{10: 1, 11: byte(i + 1)}, Kind: outreach.KindHuman, From: outreach.Address{Address: r.from}, VisibleText: r.text,
			Snippet: r.text, ReceivedAt: time.Now().Add(-r.age), DedupeKey: id.Hex(), Folder: "INBOX", UIDValidity: 1, UID: uint32(i + 1),
			Classification: &outreach.Classification{Status: outreach.ClassificationPending},
		})
	}
	batch := store.New(engine, time.Now).NewBatch()
	batch.InsertReplies(replies)
	return batch.Commit(ctx)
}
