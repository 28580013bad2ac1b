package main

import (
	"log/slog"
	"testing"

	"mailrun/internal/forecast"
	"mailrun/internal/store"
	"mailrun/pkg/outreach"
)

// TestTheDemosLife: the page of `demo --serve` has every outcome of a run to show, a mailbox in trouble, and people who wait for several
// reasons.
func TestTheDemosLife(t *testing.T) {
	a := newApp()
	a.log = slog.New(slog.DiscardHandler)
	d, err := openDemo(t.Context(), a, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close(t.Context())
	if err := d.live(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, status := range []outreach.RunStatus{outreach.RunSuccess, outreach.RunFailed, outreach.RunSkipped} {
		if _, total, err := d.store.RunLogs(t.Context(), store.RunFilter{Status: status}, store.Page{Number: 1, Size: 1}); err != nil || total == 0 {
			t.Errorf("%d runs ended as %s, %v", total, status, err)
		}
	}
	failing, err := d.store.MailboxByEmail(t.Context(), lifeAccounts[2].Email)
	if err != nil || failing.LastError == nil || failing.LastError.Class != "auth" {
		t.Errorf("the mailbox with the wrong password: %+v, %v", failing, err)
	}
	report, err := (&forecast.Forecaster{Store: d.store, Policy: d.worker.Policy, Content: contentReasons()}).Status(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]bool{}
	for _, line := range report.Sequences {
		for _, w := range line.Waiting {
			reasons[w.Reason] = true
		}
	}
	if len(reasons) < 3 {
		t.Errorf("people wait for %v, which is little to look at", reasons)
	}
}
