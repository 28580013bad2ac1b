package main

import (
	"debug/buildinfo"
	"runtime/debug"
	"testing"
)

// A symbol belongs to the module whose path begins its package.
func TestModuleOf(t *testing.T) {
	info := &buildinfo.BuildInfo{Deps: []*debug.Module{{Path: "github.com/a/b"}, {Path: "github.com/a/b/v2"}, {Path: "gopkg.in/yaml.v2"}}}
	for symbol, want := range map[string]string{
		"github.com/a/b/c.(*T).Do":                 "github.com/a/b",
		"github.com/a/b/v2/c.Do":                   "github.com/a/b/v2",
		"gopkg.in/yaml%2ev2.Do":                    "gopkg.in/yaml.v2",
		"slices.Sort[go.shape.[]github.com/a/b.T]": "Go's own packages",
		"net/http.(*Client).Do":                    "Go's own packages",
		"mailrun/internal/store.New":               "mailrun",
		"main.main":                                "mailrun",
		"type:github.com/a/b.T":                    tables,
		"go:itab.*os.File,io.Writer":               tables,
	} {
		if got := moduleOf(info, packageOf(symbol)); got != want {
			t.Errorf("moduleOf(%q) = %q, want %q", symbol, got, want)
		}
	}
}
