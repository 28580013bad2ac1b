// Package checkup looks at what mail depends on outside of mailrun: the DNS records of sending and receiving domains.
//
// It asks and never changes anything. What cannot be asked (no network, a resolver that does not answer) is a warning and no failure: it
// says nothing about the domain.
package checkup

import (
	"context"
	"errors"
	"net"
	"time"
)

// Level is how bad a finding is.
type Level string

// Fail keeps mail from being delivered or read; Warn costs reputation or will bite later.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one line of a check-up. Remedy says what to do about it, blank if there is nothing to do.
type Finding struct {
	Level   Level  `json:"level"`
	Check   string `json:"check"`
	Subject string `json:"subject,omitempty"`
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`
}

// Resolver is what the checks ask; *net.Resolver is one.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
}

// lookupTimeout bounds one question.
const lookupTimeout = 5 * time.Second

// DNS asks about domains.
type DNS struct{ Resolver Resolver }

// txt returns the TXT records of a name; none is no error.
func (d DNS) txt(ctx context.Context, name string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	records, err := d.Resolver.LookupTXT(ctx, name)
	if isNotFound(err) {
		return nil, nil
	}
	return records, err
}

func isNotFound(err error) bool {
	dns, ok := errors.AsType[*net.DNSError](err)
	return ok && dns.IsNotFound
}

// cannotAsk is the finding where the resolver did not answer.
func cannotAsk(check, domain string, err error) Finding {
	reason := err.Error()
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		reason = dns.Err
	}
	return Finding{Level: Warn, Check: check, Subject: domain, Message: "cannot ask the DNS: " + reason, Remedy: "try again where the network reaches a resolver"}
}
