package checkup

import (
	"context"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"mailrun/pkg/outreach"
)

// roles are local parts that stand for a function and not for a person (RFC 2142 and common use): mail to them is rarely answered and
// often reported.
var roles = set(`abuse accounting accounts admin administrator billing bookings careers contact contactus customerservice enquiries enquiry
	everyone finance hello help helpdesk hostmaster hr info infos inquiries investors it jobs kontakt legal mail mailer-daemon marketing media
	newsletter no-reply noreply office orders postmaster press privacy recruiting reception registration reservations root sales security
	service spam staff subscribe support team tech unsubscribe webmaster`)

// disposable are domains whose addresses are thrown away after one use: the large services.
var disposable = set(`10minutemail.com 10minutemail.net 33mail.com anonaddy.me burnermail.io dispostable.com discard.email emailondeck.com
	fakeinbox.com getairmail.com getnada.com grr.la guerrillamail.biz guerrillamail.com guerrillamail.de guerrillamail.info guerrillamail.net
	guerrillamail.org guerrillamailblock.com harakirimail.com incognitomail.org inboxkitten.com jetable.org mail-temp.com mailcatch.com
	maildrop.cc mailexpire.com mailforspam.com mailinator.com mailinator.net mailnesia.com mailnull.com mailsac.com minuteinbox.com moakt.com
	mohmal.com mytemp.email mytrashmail.com nada.email nospamfor.us sharklasers.com spam4.me spamex.com spamgourmet.com tempail.com
	tempinbox.com tempmail.com tempmail.net tempmailaddress.com temp-mail.io temp-mail.org tempr.email throwawaymail.com tmail.io trash-mail.com
	trashmail.com trashmail.de trashmail.net wegwerfmail.de yopmail.com yopmail.fr yopmail.net`)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		out[word] = true
	}
	return out
}

// Address checks what can be known of a well-formed address before mailing it, apart from its domain's MX.
func Address(email string) []Finding {
	local, domain, _ := strings.Cut(email, "@")
	local, _, _ = strings.Cut(local, "+")
	var out []Finding
	if roles[local] {
		out = append(out, Finding{Level: Warn, Check: "role", Subject: email, Message: "is a function, not a person", Remedy: "find the person's address"})
	}
	if isDisposable(domain) {
		out = append(out, Finding{Level: Fail, Check: "disposable", Subject: email, Message: "is a throw-away address", Remedy: "leave it out"})
	}
	return out
}

func isDisposable(domain string) bool {
	for ; strings.Contains(domain, "."); _, domain, _ = strings.Cut(domain, ".") {
		if disposable[domain] {
			return true
		}
	}
	return false
}

// atOnce is how many questions are open at a time.
const atOnce = 16

// Domains asks for the MX of each domain once, many at a time, and calls each with what was found, one call at a time. Domains of
// free-mail providers are not asked for.
func (d DNS) Domains(ctx context.Context, domains []string, each func(domain string, f Finding)) {
	var group errgroup.Group
	group.SetLimit(atOnce)
	var calling sync.Mutex
	for _, domain := range domains {
		group.Go(func() error {
			f := Finding{Level: OK, Check: "mx", Subject: domain}
			if !outreach.IsFreeMail(domain) {
				f = d.MX(ctx, domain)
			}
			calling.Lock()
			defer calling.Unlock()
			each(domain, f)
			return nil
		})
	}
	_ = group.Wait() // a finding is the only outcome
}
