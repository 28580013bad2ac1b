package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"mailrun/internal/store/storetest"
)

// hostAt runs a command on a host whose clock is off.
func hostAt(t *testing.T, database string, skew time.Duration, args ...string) (out, log string) {
	t.Helper()
	home := t.TempDir()
	var stdout, stderr bytes.Buffer
	a := newApp()
	a.out, a.err, a.outTTY, a.errTTY = &stdout, &stderr, false, false
	a.now = func() time.Time { return time.Now().Add(skew) }
	a.lookupEnv = func(name string) (string, bool) {
		value, ok := map[string]string{"HOME": home, "MONGODB_URI": database, "MAILBOX_ENCRYPTION_KEY": serveKey}[name]
		return value, ok
	}
	if code := run(args, a); code != 0 {
		t.Fatalf("mailrun %v: exit code %d\n%s", args, code, stderr.Bytes())
	}
	return stdout.String(), stderr.String()
}

// A host that is ten minutes off is told so, once in the log and in every check-up, with both times; one that is right hears nothing.
func TestWrongClock(t *testing.T) {
	database := storetest.Mongo(t)
	const warning, finding = "this host's clock is wrong", "warn  clock: it is "
	if out, log := hostAt(t, database, 0, "doctor", "--offline"); strings.Contains(log, warning) || strings.Contains(out, finding) {
		t.Errorf("a host that is right is told:\n%s%s", out, log)
	}
	if _, log := hostAt(t, database, 10*time.Minute, "run-sequences"); strings.Count(log, warning) != 1 {
		t.Errorf("want one warning: %s", log)
	}
	out, log := hostAt(t, database, 10*time.Minute, "doctor", "--offline")
	if strings.Contains(log, warning) || !strings.Contains(out, finding) || !strings.Contains(out, "at the store, whose clock counts") {
		t.Errorf("want the finding and no second warning:\n%s%s", out, log)
	}
}
