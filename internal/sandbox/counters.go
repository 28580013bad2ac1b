package sandbox

import "strings"

// Counters is a reading of the world's books.
type Counters struct {
	Accepted     int // messages accepted, once per recipient
	Duplicates   int // of these, how many had been accepted for the same recipient with the same Message-ID before
	Refused      int // refusals at MAIL, RCPT and after the dot
	SMTPConns    int
	IMAPConns    int
	SMTPPeak     int // most connections open at once
	IMAPPeak     int
	SMTPLogins   int
	IMAPLogins   int
	FailedLogins int
}

// Counters reads the books.
func (w *World) Counters() Counters {
	var c Counters
	c.Accepted, c.Duplicates = w.ledger.totals()
	c.Refused = int(w.refuse.Load())
	c.SMTPConns, c.SMTPPeak = sumCounts(w.ports.smtp, w.ports.smtps)
	c.IMAPConns, c.IMAPPeak = sumCounts(w.ports.imap, w.ports.imaps)
	c.SMTPLogins, c.IMAPLogins = int(w.logins.smtp.Load()), int(w.logins.imap.Load())
	c.FailedLogins = int(w.logins.failed.Load())
	return c
}

// sumCounts adds up two doors of one server. The sum of two peaks is exact as long as a test uses one of the doors.
func sumCounts(gates ...*gate) (total, peak int) {
	for _, g := range gates {
		if g == nil {
			continue
		}
		t, p := g.counts()
		total, peak = total+t, peak+p
	}
	return total, peak
}

// Deliveries returns every delivery in order of acceptance; nothing when messages are discarded.
func (w *World) Deliveries() []Delivery {
	return w.ledger.list(func(*Delivery) bool { return true })
}

// Received returns what was accepted for one address.
func (w *World) Received(email string) []Delivery {
	email = strings.ToLower(email)
	return w.ledger.list(func(d *Delivery) bool { return d.To == email })
}

// Duplicates returns the deliveries that happened more than once. A sound sender leaves it empty.
func (w *World) Duplicates() []Delivery {
	return w.ledger.list(func(d *Delivery) bool { return d.Count > 1 })
}
