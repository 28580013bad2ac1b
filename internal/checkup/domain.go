package checkup

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// usualSelectors are the DKIM selectors that providers use; a domain's own cannot be found out from outside (RFC 6376 section 3.6.2.1).
var usualSelectors = []string{
	"google", "selector1", "selector2", "default", "mail", "dkim", "k1", "k2", "k3", "s1", "s2", "fm1", "fm2", "fm3", "zoho", "zmail", "protonmail",
	"sig1", "mxvault", "smtp", "email", "key1", "x", "everlytickey1", "mandrill", "pm", "cm", "hs1",
}

// reserved are names that never get records: for tests, documentation and private networks (RFC 2606, RFC 6761, RFC 6762).
var reserved = []string{"test", "example", "invalid", "localhost", "local", "internal", "example.com", "example.net", "example.org"}

// Sending checks what receivers look up about a domain that mail comes from: MX, SPF, DKIM, DMARC. Without selectors the usual ones are tried.
func (d DNS) Sending(ctx context.Context, domain string, selectors []string) []Finding {
	for _, name := range reserved {
		if domain == name || strings.HasSuffix(domain, "."+name) {
			return []Finding{{
				Level: Warn, Check: "dns", Subject: domain, Message: "a name reserved for tests and examples: nobody outside can answer mail from it", Remedy: "use a domain of your own",
			}}
		}
	}
	return []Finding{d.MX(ctx, domain), d.SPF(ctx, domain), d.DKIM(ctx, domain, selectors), d.DMARC(ctx, domain)}
}

// MX checks that mail for a domain has somewhere to go: an MX record, or an address (RFC 5321 section 5.1). A null MX (RFC 7505) takes none.
func (d DNS) MX(ctx context.Context, domain string) Finding {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	hosts, err := d.Resolver.LookupMX(ctx, domain)
	switch {
	case err != nil && !isNotFound(err):
		return cannotAsk("mx", domain, err)
	case len(hosts) == 1 && (hosts[0].Host == "." || hosts[0].Host == ""):
		return Finding{Level: Fail, Check: "mx", Subject: domain, Message: "the domain takes no mail (null MX)", Remedy: "use a domain that receives mail: answers go there"}
	case len(hosts) > 0:
		return Finding{Level: OK, Check: "mx", Subject: domain, Message: strings.TrimSuffix(hosts[0].Host, ".")}
	}
	if addresses, err := d.Resolver.LookupIPAddr(ctx, domain); err == nil && len(addresses) > 0 {
		return Finding{Level: Warn, Check: "mx", Subject: domain, Message: "no MX record, but an address", Remedy: "publish an MX record"}
	} else if err != nil && !isNotFound(err) {
		return cannotAsk("mx", domain, err)
	}
	return Finding{Level: Fail, Check: "mx", Subject: domain, Message: "no MX record and no address: mail to it cannot be delivered", Remedy: "publish an MX record"}
}

// SPF checks the record of RFC 7208.
func (d DNS) SPF(ctx context.Context, domain string) Finding {
	f := Finding{Level: OK, Check: "spf", Subject: domain}
	records, err := d.txt(ctx, domain)
	if err != nil {
		return cannotAsk(f.Check, domain, err)
	}
	var found []string
	for _, r := range records {
		if lower := strings.ToLower(r); lower == "v=spf1" || strings.HasPrefix(lower, "v=spf1 ") {
			found = append(found, r)
		}
	}
	switch {
	case len(found) == 0:
		f.Level, f.Message, f.Remedy = Fail, "no SPF record", `publish a TXT record such as "v=spf1 include:<your provider> ~all"`
	case len(found) > 1:
		f.Level, f.Message, f.Remedy = Fail, "several SPF records: receivers ignore all of them (RFC 7208 section 3.2)", "merge them into one"
	case strings.Contains(strings.ToLower(found[0]), "+all"):
		f.Level, f.Message, f.Remedy = Fail, "+all lets everybody send in its name", "end the record with ~all or -all"
	default:
		f.Message = found[0]
	}
	return f
}

// DKIM looks for a public key (RFC 6376 section 3.6) under the selectors, or under the usual ones.
func (d DNS) DKIM(ctx context.Context, domain string, selectors []string) Finding {
	f := Finding{Level: OK, Check: "dkim", Subject: domain}
	guessed := len(selectors) == 0
	if guessed {
		selectors = usualSelectors
	}
	for _, selector := range selectors {
		records, err := d.txt(ctx, selector+"._domainkey."+domain)
		if err != nil {
			return cannotAsk(f.Check, domain, err)
		}
		for _, r := range records {
			switch key, isKey := dkimKey(r); {
			case isKey && key == "":
				f.Level, f.Message, f.Remedy = Fail, "the key of selector "+selector+" is revoked (p= is empty)", "publish the key that your provider signs with"
				return f
			case isKey:
				f.Message = "selector " + selector
				return f
			}
		}
	}
	f.Level, f.Message, f.Remedy = Fail, "no key under selector "+strings.Join(selectors, ", "), "publish the key that your provider gives you"
	if guessed {
		f.Level, f.Message, f.Remedy = Warn, "no key under the usual selectors", "switch DKIM on at your provider; if it is, name its selector with --dkim-selector"
	}
	return f
}

// dkimKey reads the p= tag of a key record.
func dkimKey(record string) (key string, isKey bool) {
	for tag := range strings.SplitSeq(record, ";") {
		name, value, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(name) == "p" {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// DMARC checks the record of RFC 7489, of the domain or of the one that it belongs to.
func (d DNS) DMARC(ctx context.Context, domain string) Finding {
	f := Finding{Level: OK, Check: "dmarc", Subject: domain}
	for name := domain; strings.Contains(name, "."); _, name, _ = strings.Cut(name, ".") {
		records, err := d.txt(ctx, "_dmarc."+name)
		if err != nil {
			return cannotAsk(f.Check, domain, err)
		}
		for _, r := range records {
			if strings.HasPrefix(strings.ToLower(strings.ReplaceAll(r, " ", "")), "v=dmarc1") {
				f.Message = r
				return f
			}
		}
	}
	f.Level, f.Message = Warn, "no DMARC record: large providers ask senders for one"
	f.Remedy = fmt.Sprintf(`publish a TXT record at _dmarc.%s such as "v=DMARC1; p=none; rua=mailto:postmaster@%[1]s"`, domain)
	return f
}

var _ Resolver = (*net.Resolver)(nil)
