package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
)

// profiles are the performance profiles that --profile asked for. What `go tool pprof` reads is written when the command ends.
type profiles struct {
	cpu   *os.File
	files map[string]*os.File // the others, by name
}

// profileKinds are the kinds that --profile knows, as runtime/pprof names them: where time went, what is on the heap and what was ever put
// there, who waited for locks.
var profileKinds = []string{"cpu", "heap", "allocs", "mutex"}

// startProfiles begins what --profile asks for, each as KIND=FILE.
func (a *app) startProfiles() error {
	for _, ask := range a.global.profiles {
		kind, path, ok := strings.Cut(ask, "=")
		if _, err := oneOf("profile", kind, profileKinds...); err != nil || !ok || path == "" {
			return badInput("--profile: %q is not valid: expected KIND=FILE, where the kind is %s", ask, enumerate(profileKinds))
		}
		if err := a.profiles.start(kind, path); err != nil {
			return badInput("--profile: %w", err)
		}
	}
	return nil
}

func (p *profiles) start(kind, path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the path is the operator's choice
	if err != nil {
		return err
	}
	switch kind {
	case "cpu":
		p.cpu = file
		return pprof.StartCPUProfile(file)
	case "mutex":
		runtime.SetMutexProfileFraction(1)
	}
	if p.files == nil {
		p.files = map[string]*os.File{}
	}
	p.files[kind] = file
	return nil
}

// stop writes the profiles.
func (p *profiles) stop() error {
	var err error
	if p.cpu != nil {
		pprof.StopCPUProfile()
		err = p.cpu.Close()
	}
	for kind, file := range p.files {
		if kind == "heap" {
			runtime.GC() // so that the profile is of what is held now
		}
		err = errors.Join(err, pprof.Lookup(kind).WriteTo(file, 0), file.Close())
	}
	if err != nil {
		return fmt.Errorf("write the profile: %w", err)
	}
	return nil
}
