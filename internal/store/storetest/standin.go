package storetest

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/lockedfile"

	"mailrun/internal/store"
)

// server is a stand-in at work. It ends when its standard input does, so with this process at the latest.
type server struct {
	address string
	stdin   io.Closer
}

// standIn starts the stand-in, once per test process.
var standIn = sync.OnceValues(func() (*server, error) {
	binary, err := buildStandIn()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary) //nolint:gosec // built just now
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	return &server{address: strings.TrimSpace(line), stdin: in}, err
})

// needsMongoDB skips a test that the stand-in fails and MongoDB would not; say why.
func needsMongoDB(t *testing.T, e store.Engine, why string) {
	t.Helper()
	if e.Name() == "mongodb" && os.Getenv("MONGODB_TEST_URI") == "" {
		t.Skip("the MongoDB stand-in cannot do this: " + why)
	}
}

// buildStandIn builds the stand-in once per version of it and per user, which takes some minutes the first time.
func buildStandIn() (string, error) {
	source, err := findStandIn()
	if err != nil {
		return "", err
	}
	version, err := hashFiles(source, "go.mod", "go.sum", "main.go", "proxy.go")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "mailrun-test")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(dir, "lock")).Lock()
	if err != nil {
		return "", err
	}
	defer unlock()

	binary := filepath.Join(dir, "standin-"+version)
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	return binary, build(source, binary)
}

func build(source, binary string) error {
	cmd := exec.Command("go", "build", "-o", binary+".new", ".") //nolint:gosec // the path is ours
	cmd.Dir = source
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return os.Rename(binary+".new", binary)
}

// findStandIn looks for the nested module upwards from the test's folder.
func findStandIn() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		source := filepath.Join(dir, "internal", "store", "storetest", "standin")
		if _, err := os.Stat(filepath.Join(source, "go.mod")); err == nil {
			return source, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the source of the stand-in is not here: run the tests in the project's tree")
		}
		dir = parent
	}
}

// hashFiles names a version of the stand-in by what it is made of.
func hashFiles(dir string, names ...string) (string, error) {
	h := sha256.New()
	_, _ = io.WriteString(h, runtime.Version())
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // a file of the project
		if err != nil {
			return "", err
		}
		_, _ = h.Write(data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}
