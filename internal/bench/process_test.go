package bench

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

// program is mailrun with settings of its own.
type program struct {
	path, home string
	env        []string
}

// cost is what one process took.
type cost struct {
	wall time.Duration
	peak int64 // resident memory at its highest, in bytes
	out  []byte
}

// build makes the program and returns its path. With the machine's own settings of the compiler it shares the cache with the tests.
func build(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "mailrun")
	cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", path, "mailrun/cmd/mailrun")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build mailrun: %v\n%s", err, out)
	}
	return path
}

// program is the built program over an empty home.
func (r *report) program(b *testing.B) *program {
	p := &program{path: r.binary, home: b.TempDir()}
	p.set("HOME="+p.home, "SQLITE_PATH="+p.database())
	return p
}

func (p *program) set(variables ...string) { p.env = append(p.env, variables...) }

func (p *program) database() string { return filepath.Join(p.home, "mailrun.db") }

// run runs a command to its end.
func (p *program) run(b *testing.B, args ...string) cost {
	b.Helper()
	cmd := exec.Command(p.path, args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.env, p.home, &out, &errs
	began := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(began), out: out.Bytes()}
	if err != nil {
		b.Fatalf("mailrun %v: %v\n%s", args, err, errs.Bytes())
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = usage.Maxrss << 10 // Linux counts in kilobytes
	}
	return c
}

// median runs two commands in turns, so that both meet the same machine, and returns the median cost of each.
func (p *program) median(b *testing.B, rounds int, one, other []string) (cost, cost) {
	b.Helper()
	costs := [2][]cost{}
	for range rounds {
		for i, args := range [][]string{one, other} {
			costs[i] = append(costs[i], p.run(b, args...))
		}
	}
	return middle(costs[0]), middle(costs[1])
}

// middle is the median of the times with the highest of the peaks.
func middle(costs []cost) cost {
	slices.SortFunc(costs, func(x, y cost) int { return int(x.wall - y.wall) })
	m := costs[len(costs)/2]
	for _, c := range costs {
		m.peak = max(m.peak, c.peak)
	}
	return m
}

// startup is what cron pays every minute when nothing is due.
func startup(b *testing.B, r *report) {
	p := r.program(b)
	p.run(b, "run-sequences") // makes the database
	version, idle := p.median(b, r.pick(41, 15), []string{"version"}, []string{"run-sequences"})
	r.add(b, row{
		figure: "start-up: run-sequences, nothing due / version", ours: span(idle.wall), reference: span(version.wall),
		ratio: times(idle.wall, version.wall), goal: "≤ 3, ≤ 40 MB", peak: idle.peak,
	})
}
