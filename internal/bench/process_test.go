package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// program is mailrun with settings of its own. Profile, unless empty, is a flag that has it write a profile.
type program struct {
	path, home string
	env        []string
	profile    func(args []string) []string
}

// cost is what one process took. CPU is its time on the cores, in its own code and in the system's, which a busy machine changes less than
// the time on the wall.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // resident memory at its highest, in bytes
	out       []byte
}

// build makes the program as `make build` does, without cgo, and returns its path.
func build(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "mailrun")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "mailrun/cmd/mailrun")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build mailrun: %v\n%s", err, out)
	}
	return path
}

// program is the built program over an empty home.
func (r *report) program(b *testing.B) *program {
	p := &program{path: r.binary, home: b.TempDir(), profile: r.profiling(b)}
	p.set("HOME="+p.home, "SQLITE_PATH="+p.database())
	return p
}

// profiling adds the flag for the profile that the report was asked for, into a file named after the figure and the command.
func (r *report) profiling(b *testing.B) func([]string) []string {
	figure := strings.ReplaceAll(strings.TrimPrefix(b.Name(), "BenchmarkFigures/"), "/", "-")
	return func(args []string) []string {
		if r.profile == "" {
			return args
		}
		r.profiled++
		file := fmt.Sprintf("%s-%s-%d.%s.pprof", figure, args[0], r.profiled, r.profile)
		return append(slices.Clone(args), "--profile", r.profile+"="+filepath.Join(r.profiles, file))
	}
}

func (p *program) set(variables ...string) { p.env = append(p.env, variables...) }

// trust has the program know who signed the servers' certificates, in PEM.
func (p *program) trust(b *testing.B, roots []byte) {
	b.Helper()
	path := filepath.Join(p.home, "roots.pem")
	if err := os.WriteFile(path, roots, 0o600); err != nil {
		b.Fatal(err)
	}
	p.set("SSL_CERT_FILE=" + path)
}

func (p *program) database() string { return filepath.Join(p.home, "mailrun.db") }

// run runs a command to its end.
func (p *program) run(b *testing.B, args ...string) cost {
	b.Helper()
	cmd := exec.Command(p.path, p.profile(args)...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = p.env, p.home, &out, &errs
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	ended, peak := make(chan struct{}), make(chan int64)
	go func() { peak <- watchPeak(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	c := cost{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), out: out.Bytes()}
	close(ended)
	c.peak = <-peak
	if err != nil {
		b.Fatalf("mailrun %v: %v\n%s", args, err, errs.Bytes())
	}
	return c
}

// watchPeak looks at a process's highest resident memory until it ends. What the kernel tells of a process that has ended (ru_maxrss) is no
// less than what its parent had when it was started: nothing about a small program that a large test starts.
func watchPeak(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, rest, ok := bytes.Cut(status, []byte("VmHWM:")); ok {
			if fields := bytes.Fields(rest); len(fields) > 0 {
				kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64)
				peak = max(peak, kilobytes<<10)
			}
		}
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
	}
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

// middle is the median of the times, each by itself, with the highest of the peaks.
func middle(costs []cost) cost {
	slices.SortFunc(costs, func(x, y cost) int { return cmp.Compare(x.cpu, y.cpu) })
	cpu := costs[len(costs)/2].cpu
	slices.SortFunc(costs, func(x, y cost) int { return cmp.Compare(x.wall, y.wall) })
	m := costs[len(costs)/2]
	m.cpu = cpu
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
