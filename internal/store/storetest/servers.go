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

	"github.com/rogpeppe/go-internal/lockedfile"
)

// server is a server for tests at work. It ends when its standard input does, so with this process at the latest.
type server struct {
	address string
	stdin   io.Closer
}

// The servers, each built and started once per test process, from the folder beside this file that is called like it.
var (
	standIn = sync.OnceValues(func() (*server, error) { return start("standin") })
	memory  = sync.OnceValues(func() (*server, error) { return start("memory", "go.mod") })
)

// start builds the server of a folder and starts it. Of its own module or not, files of the project's top beside are part of its version.
func start(folder string, beside ...string) (*server, error) {
	binary, err := buildServer(folder, beside)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary) //nolint:gosec // built just now
	cmd.Stderr = os.Stderr
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
}

// buildServer builds a server once per version of it and per user: FerretDB takes some minutes.
func buildServer(folder string, beside []string) (string, error) {
	top, err := findTop()
	if err != nil {
		return "", err
	}
	source := filepath.Join(top, "internal", "store", "storetest", folder)
	version, err := hashFiles(top, source, beside)
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

	binary := filepath.Join(dir, folder+"-"+version)
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

// findTop looks for the project's top folder upwards from the test's.
func findTop() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "internal", "store", "storetest")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the sources of the servers for tests are not here: run the tests in the project's tree")
		}
		dir = parent
	}
}

// hashFiles names a version of a server by what it is made of.
func hashFiles(top, source string, beside []string) (string, error) {
	files, err := filepath.Glob(filepath.Join(source, "*"))
	if err != nil {
		return "", err
	}
	for _, name := range beside {
		files = append(files, filepath.Join(top, name))
	}
	h := sha256.New()
	_, _ = io.WriteString(h, runtime.Version())
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name) //nolint:gosec // a file of the project
		if err != nil {
			return "", err
		}
		_, _ = h.Write(data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:8]), nil
}
