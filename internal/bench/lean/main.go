// Command lean tells what the program is made of: for each module how much of the binary is its code and data, and how long its packages
// take to initialise, which every start pays. `make lean` keeps its table in internal/bench/LEAN.md.
//
// Sizes are those of the symbols in the file (debug/elf); the rest of the file, which the linker adds for all of them together, such as the
// tables by which the runtime finds functions, lines and types, is a row of its own. Times come from GODEBUG=inittrace=1, the least of several starts.
package main

import (
	"bytes"
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	program = "mailrun/cmd/mailrun"
	starts  = 25
	rows    = 24
	tables  = "tables for all of them"
)

func main() {
	page, err := measure()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lean:", err)
		os.Exit(1)
	}
	fmt.Print(page)
}

// part is what one module adds to the program.
type part struct {
	name string
	size uint64        // bytes of code and data
	init time.Duration // of all its packages
}

func measure() (string, error) {
	dir, err := os.MkdirTemp("", "lean-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	full, stripped := filepath.Join(dir, "full"), filepath.Join(dir, "stripped")
	if err := build(full, ""); err != nil {
		return "", err
	}
	if err := build(stripped, "-s -w"); err != nil {
		return "", err
	}
	info, err := buildinfo.ReadFile(full)
	if err != nil {
		return "", err
	}
	parts := map[string]*part{}
	of := func(pkg string) *part {
		name := moduleOf(info, pkg)
		if parts[name] == nil {
			parts[name] = &part{name: name}
		}
		return parts[name]
	}
	if err := sizes(full, of); err != nil {
		return "", err
	}
	if err := inits(stripped, of); err != nil {
		return "", err
	}
	return table(stripped, parts)
}

func build(path, flags string) error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", flags, "-o", path, program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
}

// sizes adds up the symbols of the file by package. Memory that is only set aside is not in the file.
func sizes(path string, of func(pkg string) *part) error {
	file, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		return err
	}
	for _, s := range symbols {
		if int(s.Section) >= len(file.Sections) || file.Sections[s.Section].Type == elf.SHT_NOBITS {
			continue
		}
		of(packageOf(s.Name)).size += s.Size
	}
	return nil
}

// packageOf is the package in a symbol's name, such as a.b/c.(*T).Method; "" for what belongs to none.
func packageOf(symbol string) string {
	if strings.HasPrefix(symbol, "go:") || strings.HasPrefix(symbol, "type:") || strings.HasPrefix(symbol, "runtime.pclntab") {
		return ""
	}
	symbol, _, _ = strings.Cut(symbol, "[") // type arguments name other packages
	slash := strings.LastIndex(symbol, "/") + 1
	name, _, ok := strings.Cut(symbol[slash:], ".")
	if !ok {
		return ""
	}
	return strings.ReplaceAll(symbol[:slash]+name, "%2e", ".")
}

// moduleOf is the module of a package: the longest path that begins it.
func moduleOf(info *buildinfo.BuildInfo, pkg string) string {
	switch first, _, _ := strings.Cut(pkg, "/"); {
	case pkg == "":
		return tables
	case first == "mailrun", pkg == "main":
		return "mailrun"
	case !strings.Contains(first, "."):
		return "Go's own packages"
	}
	best := pkg
	longest := 0
	for _, dep := range info.Deps {
		if (pkg == dep.Path || strings.HasPrefix(pkg, dep.Path+"/")) && len(dep.Path) > longest {
			best, longest = dep.Path, len(dep.Path)
		}
	}
	return best
}

// inits adds the time that packages take to initialise.
func inits(path string, of func(pkg string) *part) error {
	least := map[string]time.Duration{}
	for range starts {
		cmd := exec.Command(path, "version")
		var trace bytes.Buffer
		cmd.Env, cmd.Stderr = append(os.Environ(), "GODEBUG=inittrace=1"), &trace
		if err := cmd.Run(); err != nil {
			return err
		}
		for line := range strings.Lines(trace.String()) {
			// init PACKAGE @1.2 ms, 0.34 ms clock, 5678 bytes, 9 allocs
			fields := strings.Fields(line)
			if len(fields) < 5 || fields[0] != "init" {
				continue
			}
			ms, err := strconv.ParseFloat(fields[4], 64)
			if err != nil {
				continue
			}
			took := time.Duration(ms * float64(time.Millisecond))
			if before, known := least[fields[1]]; !known || took < before {
				least[fields[1]] = took
			}
		}
	}
	for pkg, took := range least {
		of(strings.ReplaceAll(pkg, "%2e", ".")).init += took
	}
	return nil
}

func table(stripped string, parts map[string]*part) (string, error) {
	file, err := os.Stat(stripped)
	if err != nil {
		return "", err
	}
	var total time.Duration
	left := uint64(file.Size()) //nolint:gosec // not negative
	for name, p := range parts {
		total += p.init
		if name != tables {
			left -= min(p.size, left)
		}
	}
	parts[tables] = &part{name: tables, size: left}
	sorted := slices.SortedFunc(maps.Values(parts), func(a, b *part) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.name, b.name)) })
	var s strings.Builder
	fmt.Fprintf(&s, "# What the program is made of\n\nMade by `make lean` on %s with %s for %s/%s; do not edit. The binary as `make build` makes it has %.1f MB; its packages take %.1f ms to initialise.\n\n",
		time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, megabytes(uint64(file.Size())), milliseconds(total)) //nolint:gosec // not negative
	s.WriteString("| module | code and data, MB | initialisation, ms |\n|---|---|---|\n")
	rest := part{name: "all others"}
	for i, p := range sorted {
		if i >= rows && p.init < 100*time.Microsecond {
			rest.size, rest.init = rest.size+p.size, rest.init+p.init
			continue
		}
		fmt.Fprintf(&s, "| %s | %.2f | %.2f |\n", p.name, megabytes(p.size), milliseconds(p.init))
	}
	fmt.Fprintf(&s, "| %s | %.2f | %.2f |\n", rest.name, megabytes(rest.size), milliseconds(rest.init))
	return s.String(), nil
}

func megabytes(n uint64) float64           { return float64(n) / (1 << 20) }
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
