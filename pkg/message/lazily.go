package message

import (
	"regexp"
	"sync"
)

// lazily is a regular expression that is compiled when it is first asked for: two dozen of them cost 2 ms, which a run that reads no mail need
// not spend.
func lazily(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
