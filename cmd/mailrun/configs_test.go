package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/joho/godotenv"

	"mailrun/internal/config"
	"mailrun/internal/intake"
	"mailrun/internal/store"
)

// examples are the files of configs/ with what reads each: one that is not here fails the test, so that none goes stale.
var examples = map[string]func(t *testing.T, path string){
	"example.env":    loadExampleEnv,
	"mailrun.yaml":   loadExampleSettings,
	"crontab":        runExampleCommands,
	"mailbox.yaml":   readExampleMailbox,
	"sequence.yaml":  readExampleSequence,
	"recipients.csv": readExampleRecipients,

	"nginx.conf":             readExampleProxy,
	"apache-cpanel.htaccess": readExampleProxy,
	"mailrun.service":        runExampleCommands,
	"mailrun.socket":         readExampleSocket,
}

func TestEveryExampleLoads(t *testing.T) {
	files, err := filepath.Glob("../../configs/*")
	if err != nil || len(files) < len(examples) {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, path := range files {
		check := examples[filepath.Base(path)]
		if check == nil {
			t.Errorf("%s: nothing tests it", path)
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) { check(t, path) })
	}
}

func TestTheManualNamesEverySetting(t *testing.T) {
	manual := read(t, "../../README.md")
	for _, k := range config.Keys() {
		if !strings.Contains(manual, k.Name) {
			t.Errorf("README.md does not mention %s", k.Name)
		}
	}
}

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // read only
	return f
}

func settingsFrom(t *testing.T, file, envFile string) *config.Settings {
	t.Helper()
	var names []string
	for _, c := range store.Collections {
		names = append(names, c.Name)
	}
	nothing := func(string) (string, bool) { return "", false }
	settings, err := config.Load(config.Sources{File: file, EnvFile: envFile, Lookup: nothing, Collections: names})
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

// loadExampleEnv checks that the file names every setting, with its default where it gives a value.
func loadExampleEnv(t *testing.T, path string) {
	settingsFrom(t, "", path)
	given, err := godotenv.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range config.Keys() {
		value, there := given[k.Name]
		if !there && k.Name != "OPENAI_API_KEY" {
			t.Errorf("%s is missing", k.Name)
		}
		if value != "" && value != k.Default && k.Name != "SQLITE_PATH" {
			t.Errorf("%s: got %q, the default is %q", k.Name, value, k.Default)
		}
	}
}

func loadExampleSettings(t *testing.T, path string) {
	settings := settingsFrom(t, path, "")
	for _, c := range store.Collections {
		if name, renamed := settings.Collections[c.Name]; renamed && name != c.Name {
			t.Errorf("%s is renamed to %s", c.Name, name)
		}
	}
}

// commandLine finds mailrun's jobs and server in a file, with their flags.
var commandLine = regexp.MustCompile(`mailrun ((?:--env-file \S+ )?(?:run-sequences|sync-mailboxes|serve)(?: --?[a-z-]+(?: [^-\s` + "`" + `,][^\s` + "`" + `,]*)?)*)`)

// runExampleCommands runs each command of a file with --help: the command and its flags must exist.
func runExampleCommands(t *testing.T, path string) {
	found := commandLine.FindAllStringSubmatch(read(t, path), -1)
	if len(found) == 0 {
		t.Error("no command in it")
	}
	for _, command := range found {
		a := newApp()
		var out strings.Builder
		a.out, a.err = &out, &out
		if code := run(append(strings.Fields(command[1]), "--help"), a); code != exitDone {
			t.Errorf("%s: exit code %d\n%s", command[1], code, out.String())
		}
	}
}

// readExampleProxy checks that a web server's configuration is closed properly and names where serve listens.
func readExampleProxy(t *testing.T, path string) {
	content := read(t, path)
	if opened, closed := strings.Count(content, "{\n"), strings.Count(content, "}\n"); opened != closed {
		t.Errorf("%d blocks are opened and %d closed", opened, closed)
	}
	listen := settingsFrom(t, "", "").ListenAddr
	if !strings.Contains(content, listen) {
		t.Errorf("does not name %s, where serve listens", listen)
	}
	runExampleCommands(t, path)
}

// readExampleSocket checks that the socket is the one that the proxy connects to.
func readExampleSocket(t *testing.T, path string) {
	socket := regexp.MustCompile(`(?m)^ListenStream=(.+)$`).FindStringSubmatch(read(t, path))
	if socket == nil || !strings.Contains(read(t, "../../configs/nginx.conf"), "unix:"+socket[1]+";") {
		t.Errorf("nginx.conf does not connect to %v", socket)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func readExampleMailbox(t *testing.T, path string) {
	boxes, err := intake.Mailboxes(path, open(t, path))
	if err != nil || len(boxes) != 1 {
		t.Fatalf("%d mailboxes, %v", len(boxes), err)
	}
	if err := boxes[0].CheckSecrets(); err != nil {
		t.Error(err)
	}
}

func readExampleSequence(t *testing.T, path string) {
	sequences, err := intake.Sequences(path, open(t, path))
	if err != nil || len(sequences) != 1 || len(sequences[0].Doc.Steps) != 3 {
		t.Fatalf("%+v, %v", sequences, err)
	}
}

func readExampleRecipients(t *testing.T, path string) {
	list, err := intake.NewCSV(path, open(t, path))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		r, _, err := list.Next()
		if err != nil || r.FirstName == "" || r.Timezone == "" || r.Variables["jobTitle"] == "" {
			t.Errorf("%+v, %v", r, err)
		}
	}
}
