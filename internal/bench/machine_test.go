package bench

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const pageHead = `# Measured

Made by %s on %s in %s; do not edit.

Each figure stands beside its reference, measured in the same minute on the same machine: a bare number says more about the machine than about
the program. A ratio is ours to the reference; the goal says which way is good. Peak memory is that of our process. On a machine that is busy with other things, figures that wait for the disk or for turns are far off.
Sending over SQLite, and the silent servers, are measured three times by turns with their reference, and short things more often: then the median counts.
The others are single runs.

Machine: %s. Load of the machine before the run: %s.

`

// page is the report as a file: when, by what, on which machine, and the table.
func (r *report) page(b *testing.B, began time.Time, load string) string {
	how := "`make bench`"
	if r.quick {
		how = "`make bench-quick` (less of everything)"
	}
	if _, some, ok := strings.Cut(flag.Lookup("test.bench").Value.String(), "/"); ok {
		how += " of the figures " + strings.NewReplacer("^(", "", ")$", "", "|", ", ").Replace(some) + " alone,"
	}
	took := time.Since(began).Round(time.Second)
	return fmt.Sprintf(pageHead, how, began.Format(time.DateOnly), took, machine(b), load) + r.String()
}

// machine describes what the figures depend on.
func machine(b *testing.B) string {
	parts := []string{
		fmt.Sprintf("%d cores (%s)", runtime.NumCPU(), field("/proc/cpuinfo", "model name")), memory(),
		runtime.GOOS + " " + kernel(), runtime.Version() + " " + runtime.GOARCH, "a write of 4 KB with fsync takes " + span(fsyncTime(b)),
	}
	return strings.Join(parts, ", ")
}

// field is the first value with a name in a file of lines like "model name : AMD".
func field(path, name string) string {
	data, _ := os.ReadFile(path) //nolint:gosec // one of two files of the system
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func memory() string {
	total := memoryOf("MemTotal")
	if total == 0 {
		return "unknown memory"
	}
	return fmt.Sprintf("%.0f GB memory", float64(total)/(1<<30))
}

// memoryOf is one of the kernel's figures of the memory, in bytes, 0 where it is not known.
func memoryOf(name string) int64 {
	kilobytes, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", name), " kB"), 10, 64)
	return kilobytes << 10
}

func kernel() string {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		return "of unknown version"
	}
	return strings.TrimSpace(string(release))
}

// loadAverage is how many processes wanted to run in the last 1, 5 and 15 minutes.
func loadAverage() string {
	data, err := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(data))
	if err != nil || len(fields) < 3 {
		return "unknown"
	}
	return strings.Join(fields[:3], ", ")
}

// fsyncTime is the median time of a durable write where the benchmarks keep their files.
func fsyncTime(b *testing.B) time.Duration {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "fsync"))
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	page := make([]byte, 4096)
	return quickest(b, 50, func() error {
		if _, err := file.Write(page); err != nil {
			return err
		}
		return syscall.Fsync(int(file.Fd()))
	})
}
