package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"mailrun/pkg/outreach"
)

// load runs Load in an empty folder with these files and variables.
func load(t *testing.T, files map[string]string, env map[string]string) (*Settings, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Load(sources(env))
}

func sources(env map[string]string) Sources {
	lookup := func(name string) (string, bool) {
		text, ok := env[name]
		return text, ok
	}
	return Sources{Lookup: lookup, Collections: []string{"mailboxes", "sequence_recipients"}}
}

func mustLoad(t *testing.T, files map[string]string, env map[string]string) *Settings {
	t.Helper()
	s, err := load(t, files, env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefaults(t *testing.T) {
	got := mustLoad(t, nil, nil)
	got.Lines, got.SQLitePath = nil, ""
	want := &Settings{
		SequenceWorkerEnabled: true, MailboxSyncEnabled: true, Collections: map[string]string{},
		IMAP:               FallbackMailbox{Port: 993, Security: outreach.SecurityTLS},
		AI:                 Model{Timeout: 20 * time.Second, MaxCallsPerRun: 200},
		ListenAddr:         "127.0.0.1:8080",
		FollowupMaxSyncAge: 30 * time.Minute, SendStaleAfter: 7 * 24 * time.Hour,
		MaxConnections: 64, MaxConnectionsPerHost: 10, LogRetentionDays: 90,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryKeyIsSeenInTheEnvironmentAlone(t *testing.T) {
	sample := map[string]string{
		"SEQUENCE_WORKER_ENABLED": "no", "MAILBOX_SYNC_ENABLED": "0", "AUTO_CLASSIFY_INBOX_REPLIES": "on", "SYNC_STORE_UNMATCHED": "TRUE",
		"MONGODB_URI": "mongodb://h/db", "IMAP_PORT": "994", "IMAP_SECURITY": "none", "AI_BASE_URL": "http://h/v1", "AI_TIMEOUT": "1s",
		"AI_MAX_CALLS_PER_RUN": "7", "PUBLIC_BASE_URL": "https://h", "FOLLOWUP_MAX_SYNC_AGE": "2h", "SEND_STALE_AFTER": "1d", "MAX_CONNECTIONS": "7",
		"MAX_CONNECTIONS_PER_HOST": "7", "SEND_DOMAIN_LIMIT": "7", "LISTEN_ADDR": ":7", "LOG_RETENTION_DAYS": "7",
	}
	env := map[string]string{}
	for _, k := range Keys() {
		env[k.Name] = "x"
		if text, ok := sample[k.Name]; ok {
			env[k.Name] = text
		}
	}
	s := mustLoad(t, nil, env)
	for _, line := range s.Lines {
		if line.Origin != "environment" {
			t.Errorf("%s comes from %q", line.Name, line.Origin)
		}
	}
}

func TestLaterLayersWin(t *testing.T) {
	files := map[string]string{
		"mailrun.yaml": "max_connections: 1\nMAX_CONNECTIONS_PER_HOST: 1\nlogRetentionDays: 1\nsend-domain-limit: 1\nlisten_addr: 1.1.1.1:1\n",
		".env":         "MAX_CONNECTIONS_PER_HOST=2\nLOG_RETENTION_DAYS=2\nSEND_DOMAIN_LIMIT=2\nLISTEN_ADDR=2.2.2.2:2\n",
	}
	env := map[string]string{"LOG_RETENTION_DAYS": "3", "SEND_DOMAIN_LIMIT": "3", "LISTEN_ADDR": "3.3.3.3:3", "MAX_CONNECTIONS": ""}
	if _, err := load(t, files, env); err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("listen", "", "")
	Bind(flags, "listen", "LISTEN_ADDR")
	if err := flags.Parse([]string{"--listen=4.4.4.4:4"}); err != nil {
		t.Fatal(err)
	}
	src := sources(env)
	src.Flags = flags
	s, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	got := []any{s.MaxConnections, s.MaxConnectionsPerHost, s.LogRetentionDays, s.SendDomainLimit, s.ListenAddr, s.Origin("LISTEN_ADDR"), s.Origin("MAX_CONNECTIONS")}
	want := []any{1, 2, 3, 3, "4.4.4.4:4", "flag --listen", "mailrun.yaml line 1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestProblemsNameVariableValueAndPlace(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		env   map[string]string
		want  []string
	}{
		{"bool", nil, map[string]string{"MAILBOX_SYNC_ENABLED": "maybe"}, []string{`MAILBOX_SYNC_ENABLED: "maybe" is not valid: expected true or false (environment)`}},
		{"number", map[string]string{".env": "\nMAX_CONNECTIONS=many\n"}, nil, []string{`MAX_CONNECTIONS: "many" is not valid: expected a whole number from 1 to 10000 (.env line 2)`}},
		{"range", nil, map[string]string{"IMAP_PORT": "70000"}, []string{`IMAP_PORT: "70000"`, "1 to 65535"}},
		{"duration", map[string]string{"mailrun.yaml": "a:\nfollowup_max_sync_age: soon\n"}, nil, []string{`mailrun.yaml line 1: unknown key "a"`}},
		{"duration in yaml", map[string]string{"mailrun.yaml": "followup_max_sync_age: soon\n"}, nil, []string{`FOLLOWUP_MAX_SYNC_AGE: "soon"`, "30m", "mailrun.yaml line 1"}},
		{"misspelled", map[string]string{"mailrun.yaml": "# x\nmax_conections: 3\n"}, nil, []string{`mailrun.yaml line 2: unknown key "max_conections" (did you mean MAX_CONNECTIONS?)`}},
		{"unknown in .env", map[string]string{".env": "MONGODB_URL=x\n"}, nil, []string{`.env line 1: unknown key "MONGODB_URL" (did you mean MONGODB_URI?)`}},
		{"twice", map[string]string{"mailrun.yaml": "max_connections: 3\nMAX_CONNECTIONS: 4\n"}, nil, []string{"line 2: MAX_CONNECTIONS is set twice"}},
		{"not yaml", map[string]string{"mailrun.yaml": "a: [\n"}, nil, []string{"mailrun.yaml: not valid YAML"}},
		{"no mapping", map[string]string{"mailrun.yaml": "hello\n"}, nil, []string{"mailrun.yaml: expected lines like"}},
		{"list", map[string]string{"mailrun.yaml": "ai_model: [a]\n"}, nil, []string{"expected a single value"}},
		{"collections", map[string]string{"mailrun.yaml": "collections:\n  mailboxs: a\n  mailboxes: a-b\n"}, nil, []string{`line 2: unknown key "mailboxs" under collections`, "line 3: collections: mailboxes"}},
		{"same collection", map[string]string{"mailrun.yaml": "collections:\n  mailboxes: a\n  sequence_recipients: a\n"}, nil, []string{"have the same name"}},
		{"url", nil, map[string]string{"PUBLIC_BASE_URL": "mail.example.com"}, []string{"PUBLIC_BASE_URL", "https://"}},
		{"listen", nil, map[string]string{"LISTEN_ADDR": "8080"}, []string{"LISTEN_ADDR", "host:port"}},
		{"fallback", nil, map[string]string{"IMAP_HOST": "h"}, []string{"IMAP_HOST needs IMAP_USER and IMAP_PASSWORD"}},
		{"dollar", map[string]string{".env": "IMAP_PASSWORD=pa$sword\n"}, nil, []string{".env line 1: IMAP_PASSWORD", "'single quotes'"}},
		{"all at once", map[string]string{"mailrun.yaml": "x: 1\n"}, map[string]string{"MAX_CONNECTIONS": "x", "AI_TIMEOUT": "y"}, []string{"unknown key", "MAX_CONNECTIONS", "AI_TIMEOUT"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := load(t, tt.files, tt.env)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "sword") {
				t.Errorf("error shows a secret: %q", err)
			}
		})
	}
}

func TestNamedFilesMustExist(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, src := range []Sources{{File: "none.yaml"}, {EnvFile: "none.env"}} {
		src.Lookup = os.LookupEnv
		if _, err := Load(src); err == nil || !strings.Contains(err.Error(), "cannot read none.") {
			t.Errorf("%+v: %v", src, err)
		}
	}
}

func TestNestedAndRenamed(t *testing.T) {
	s := mustLoad(t, map[string]string{"mailrun.yaml": "imap: {host: h, port: 143, user: u, password: p}\nai:\n  base_url: http://h/v1/\ncollections: {sequence_recipients: leads}\n"}, nil)
	want := FallbackMailbox{Host: "h", Port: 143, User: "u", Password: "p", Security: outreach.SecuritySTARTTLS}
	if diff := cmp.Diff(want, s.IMAP); diff != "" {
		t.Error(diff)
	}
	if s.AI.BaseURL != "http://h/v1" || s.Collections["sequence_recipients"] != "leads" {
		t.Errorf("got %+v and %v", s.AI, s.Collections)
	}
}

func TestFallbackMailbox(t *testing.T) {
	if mb := mustLoad(t, nil, nil).Fallback(); mb != nil {
		t.Errorf("made from nothing: %+v", mb)
	}
	env := map[string]string{"IMAP_HOST": "h", "IMAP_USER": "U@x.io", "IMAP_PASSWORD": "p"}
	first, again := mustLoad(t, nil, env).Fallback(), mustLoad(t, nil, env).Fallback()
	if first.ID != again.ID || first.ID.IsZero() || first.Email != "u@x.io" || first.ClearIMAPPassword != "p" || first.IMAP.Port != 993 {
		t.Errorf("got %+v", first)
	}
}

func TestSecretFiles(t *testing.T) {
	files := map[string]string{"secret": "s3cret\n", ".env": "CRON_SECRET_FILE=secret\n"}
	if s := mustLoad(t, files, nil); s.CronSecret.Reveal() != "s3cret" {
		t.Errorf("got %q", s.CronSecret.Reveal())
	}
	for _, k := range Keys() {
		if !k.Secret {
			continue
		}
		_, err := load(t, nil, map[string]string{k.Name + "_FILE": "missing"})
		if err == nil || !strings.Contains(err.Error(), k.Name+"_FILE: cannot read") {
			t.Errorf("%s: %v", k.Name, err)
		}
	}
	_, err := load(t, map[string]string{"f": "x"}, map[string]string{"AI_API_KEY": "x", "AI_API_KEY_FILE": "f"})
	if err == nil || !strings.Contains(err.Error(), "AI_API_KEY and AI_API_KEY_FILE are both set") {
		t.Errorf("both: %v", err)
	}
	if s := mustLoad(t, files, map[string]string{"CRON_SECRET": "other"}); s.CronSecret.Reveal() != "other" {
		t.Error("a later layer's value does not win over an earlier layer's file")
	}
}

func TestRelativePathsCountFromTheirFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(t.TempDir())
	file := filepath.Join(dir, "prod.env")
	if err := os.WriteFile(file, []byte("SQLITE_PATH=data/m.db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := sources(nil)
	src.EnvFile = file
	s, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "data", "m.db"); s.SQLitePath != want {
		t.Errorf("got %s, want %s", s.SQLitePath, want)
	}
}

func TestOpenAIKeyStandsIn(t *testing.T) {
	if s := mustLoad(t, nil, map[string]string{"OPENAI_API_KEY": "o"}); s.AI.APIKey.Reveal() != "o" {
		t.Error("OPENAI_API_KEY is not read")
	}
	if s := mustLoad(t, nil, map[string]string{"OPENAI_API_KEY": "o", "AI_API_KEY": "a"}); s.AI.APIKey.Reveal() != "a" {
		t.Error("AI_API_KEY does not win")
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 168 * time.Hour, "1w2d12h": (9*24 + 12) * time.Hour, "1.5d": 36 * time.Hour,
	} {
		var d Duration
		if err := d.Set(text); err != nil || time.Duration(d) != want {
			t.Errorf("%s: got %v, %v; want %v", text, time.Duration(d), err, want)
		}
	}
	for _, text := range []string{"", " ", "x", "5", "-1h", "-1d", "1d1", "1e9d", "d", "NaNd", "999999999h99999999999h"} {
		if err := new(Duration).Set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, seed := range []string{"0", "1w2d3h", "7d", "1.5d", "d", "1d1w"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var d, again Duration
		if d.Set(text) != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is negative: %v", text, d)
		}
		if err := again.Set(d.String()); err != nil || again != d {
			t.Fatalf("%q prints as %q, which reads as %v, %v", text, d.String(), again, err)
		}
	})
}

func TestSecretsAreHidden(t *testing.T) {
	secret := Secret("hunter2")
	var text strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&text, verb+"\n", secret)
		fmt.Fprintf(&text, verb+"\n", struct{ S Secret }{secret})
	}
	asJSON, err := json.Marshal(map[string]any{"a": secret, "b": &secret})
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(struct{ S Secret }{secret})
	if err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&text, nil)).Info("x", "secret", secret)
	slog.New(slog.NewTextHandler(&text, nil)).Info("x", "settings", Settings{CronSecret: secret})
	all := text.String() + string(asJSON) + string(asYAML)
	if strings.Contains(all, "hunter2") || strings.Contains(all, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("a secret shows:\n%s", all)
	}
	if fmt.Sprint(Secret("")) != "" {
		t.Error("an empty secret looks set")
	}
}
