package mailbox

import (
	"context"
	"testing"
	"time"

	"mailrun/internal/sandbox"
	"mailrun/pkg/outreach"
)

// A place counts as a connection until the session that was opened in it ends, and is given back once however often it is freed.
func TestPlace(t *testing.T) {
	w, err := sandbox.Start(t.Context(), sandbox.Options{Accounts: []sandbox.Account{{Email: "s@us.example", Password: "secret"}}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	mb := w.Document("s@us.example", outreach.SecurityNone)
	d := &Dialer{Limits: NewLimits(1, 1)}
	place := func() (*Place, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		return d.Place(ctx, mb, DoorSMTP)
	}
	first, err := place()
	if err != nil {
		t.Fatal(err)
	}
	session, err := d.SMTPAt(t.Context(), mb, first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := place(); err == nil {
		t.Error("a second place beside a session in the only one")
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	first.Free()
	_, err = place()
	if err != nil {
		t.Error(err)
	}
	_, err = place()
	if err == nil {
		t.Error("it was given back twice")
	}
	mb.SMTP.Port = 1 // nobody listens
	d.Limits = NewLimits(1, 1)
	if _, err := d.SMTP(t.Context(), mb); err == nil {
		t.Fatal("connected to nobody")
	}
	if _, err := place(); err != nil {
		t.Errorf("the place of a session that did not come about is not free: %v", err)
	}
}
