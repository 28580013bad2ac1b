package mailbox

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimits counts how many connections are open at once.
func TestLimits(t *testing.T) {
	tests := []struct {
		name           string
		total, perHost int
		hosts          []string
		want           int64
	}{
		{"one host", 64, 3, []string{"mail.example.com"}, 3},
		{"one host, spelled differently", 64, 3, []string{"mail.example.com", "MAIL.example.com"}, 3},
		{"two hosts", 64, 3, []string{"a.example.com", "b.example.com"}, 6},
		{"a provider with limits per account", 8, 3, []string{"imap.gmail.com"}, 8},
		{"in total", 4, 3, []string{"a.example.com", "b.example.com"}, 4},
		{"no limit", 0, 0, []string{"a.example.com"}, 20},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimits(test.total, test.perHost)
				var open, most atomic.Int64
				var wg sync.WaitGroup
				for i := range 20 {
					wg.Go(func() {
						release, err := l.Acquire(t.Context(), DoorIMAP, test.hosts[i%len(test.hosts)])
						if err != nil {
							t.Error(err)
							return
						}
						n := open.Add(1)
						for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
						}
						time.Sleep(time.Second)
						open.Add(-1)
						release()
						release()
					})
				}
				wg.Wait()
				if got := most.Load(); got != test.want {
					t.Errorf("%d open at once, want %d", got, test.want)
				}
				if len(l.hosts) != 0 {
					t.Errorf("%d hosts are remembered for ever", len(l.hosts))
				}
			})
		})
	}
}

func TestLimitsEndWithContext(t *testing.T) {
	l := NewLimits(1, 1)
	release, err := l.Acquire(t.Context(), DoorSMTP, "a.example.com")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, host := range []string{"a.example.com", "b.example.com"} {
		if _, err := l.Acquire(ctx, DoorSMTP, host); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", host, err)
		}
	}
	other, err := l.Acquire(t.Context(), DoorIMAP, "a.example.com")
	if err != nil {
		t.Fatalf("the other door: %v", err)
	}
	other()
	if free, err := (*Limits)(nil).Acquire(ctx, DoorSMTP, "x"); err != nil {
		t.Errorf("no limits: %v", err)
	} else {
		free()
	}
}

// TestSessionsGiveBack: a session holds its place until it is closed, a failed one not at all.
func TestSessionsGiveBack(t *testing.T) {
	d := hurried()
	d.Limits = NewLimits(1, 1)
	good := startSMTP(t, smtpScript{})
	bad := startSMTP(t, smtpScript{auth: "535 5.7.8 no\r\n"})
	for range 3 {
		if _, err := d.SMTP(testContext(t), mailboxAt(bad.addr, "none")); err == nil {
			t.Fatal("logged in")
		}
		s, err := d.SMTP(testContext(t), mailboxAt(good.addr, "none"))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err = d.SMTP(ctx, mailboxAt(good.addr, "none"))
		if verdict := Classify(err); !errors.Is(err, context.DeadlineExceeded) || verdict.Fault == FaultMailbox {
			t.Errorf("a second session: %+v, %v", verdict, err)
		}
		cancel()
		s.Close()
		s.Close()
	}
}

func TestProviders(t *testing.T) {
	for host, want := range map[string]bool{
		"smtp.gmail.com": true, "SMTP.office365.com": true, "smtp-mail.outlook.com": true, "smtp.zoho.eu": true, "smtp.fastmail.com.": true,
		"smtp.mail.yahoo.com": false, "mail.example.com": false, "notgmail.com": false, "gmail.com.evil.example": false, "": false,
	} {
		if got := SavesSent(host); got != want {
			t.Errorf("SavesSent(%q) = %v", host, got)
		}
	}
	for _, p := range Providers {
		found, ok := FindProvider(p.Name)
		if !ok || found.Name != p.Name || !providerOf(p.SMTP.Host).PerAccount || providerOf(p.IMAP.Host).Name != p.Name {
			t.Errorf("%s is not its own provider", p.Name)
		}
	}
	if _, ok := FindProvider("nobody"); ok {
		t.Error("found nobody")
	}
}
