package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mailrun/internal/checkup"
	"mailrun/internal/store"
)

// skewSlack is how far this host's clock may be off from the store's before anyone is told. Nothing goes wrong by it, the store's clock counts
// for all hosts; but other programs here go by the wrong one, and so do TLS certificates and the log.
const skewSlack = 30 * time.Second

// setClock is the remedy for a wrong clock.
const setClock = "set the clock (NTP) on every host that runs mailrun"

// tellTime has the store go by its server's clock and warns, once a day for each host, if this host's is off. A server that does not tell the
// time leaves the store with this host's.
func (a *app) tellTime(ctx context.Context, s *store.Store) error {
	skew, err := s.UseServerTime(ctx)
	if errors.Is(err, store.ErrNoServerTime) {
		a.log.Warn("the store does not tell its time: the hosts' own clocks must agree to within some seconds", "error", err)
		return nil
	}
	if err != nil || skew.Ahead().Abs() <= skewSlack {
		return err
	}
	day := skew.Store.UTC().Format(time.DateOnly)
	first, err := s.Reserve(ctx, "clock:"+store.Self().Host+":"+day, 1)
	if first {
		a.log.Warn("this host's clock is wrong; mailrun goes by the store's", "here", skew.Host.UTC(), "store", skew.Store.UTC(), "remedy", setClock)
	}
	return err
}

// clockFinding compares this host's clock to the store's.
func clockFinding(ctx context.Context, s *store.Store) (checkup.Finding, error) {
	const layout = "2006-01-02 15:04:05 MST"
	skew, err := s.UseServerTime(ctx)
	if err != nil && !errors.Is(err, store.ErrNoServerTime) {
		return checkup.Finding{}, err
	}
	f := checkup.Finding{Level: checkup.OK, Check: "clock", Message: s.Now().Local().Format(layout)}
	switch {
	case err != nil:
		f.Level, f.Message, f.Remedy = checkup.Warn, f.Message+", but "+err.Error(), "keep the clocks of all hosts that run mailrun right (NTP)"
	case skew.Ahead().Abs() > skewSlack:
		f.Level, f.Remedy = checkup.Warn, setClock
		f.Message = fmt.Sprintf("it is %s here and %s at the store, whose clock counts", skew.Host.Local().Format(layout), skew.Store.Local().Format(layout))
	}
	return f, nil
}
