package intake

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Lengths of an address in bytes (RFC 5321 section 4.5.3.1, RFC 3696 erratum 1690).
const (
	maxLocalPart = 64
	maxAddress   = 254
)

// Address checks an e-mail address and returns it as mailrun stores it: lower case, the domain in its ASCII form (RFC 5891), no display
// name. It is stricter than RFC 5321 where real addresses are: no quoted local part, no address literal, a domain of several labels (or localhost).
func Address(text string) (email, domain string, err error) {
	text = strings.TrimSpace(text)
	at := strings.LastIndexByte(text, '@')
	switch {
	case text == "":
		return "", "", errors.New("no address")
	case at < 0:
		return "", "", fmt.Errorf("%q has no @", short(text))
	}
	local := strings.ToLower(text[:at])
	if err := checkLocal(local); err != nil {
		return "", "", fmt.Errorf("%q: %w", short(text), err)
	}
	domain, err = Domain(text[at+1:])
	if err != nil {
		return "", "", fmt.Errorf("%q: %w", short(text), err)
	}
	email = local + "@" + domain
	if len(email) > maxAddress {
		return "", "", fmt.Errorf("%q is longer than %d bytes", short(text), maxAddress)
	}
	return email, domain, nil
}

// checkLocal wants a dot-atom (RFC 5322 section 3.2.3), with letters beyond ASCII as RFC 6531 allows them.
func checkLocal(local string) error {
	switch {
	case local == "":
		return errors.New("nothing before the @")
	case len(local) > maxLocalPart:
		return fmt.Errorf("more than %d bytes before the @", maxLocalPart)
	case !utf8.ValidString(local):
		return errors.New("not valid text")
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return errors.New("a dot in the wrong place")
	}
	for _, r := range local {
		if r < 0x80 && !isAtext(r) && r != '.' || r >= 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return fmt.Errorf("%q is not allowed before the @", r)
		}
	}
	return nil
}

func isAtext(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r)
}

// Domain checks a domain name and returns it in lower case and in its ASCII form.
func Domain(text string) (string, error) {
	domain, err := idna.Lookup.ToASCII(strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), ".")))
	if err != nil || domain == "" || len(domain) > 253 {
		return "", fmt.Errorf("%q is not a domain", short(text))
	}
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.Contains(label, "_") {
			return "", fmt.Errorf("%q is not a domain", short(text))
		}
	}
	top := labels[len(labels)-1]
	if len(labels) == 1 && domain != "localhost" {
		return "", fmt.Errorf("%q is not a full domain (like example.com)", short(text))
	}
	if strings.Trim(top, "0123456789") == "" {
		return "", fmt.Errorf("%q is not a domain", short(text))
	}
	return domain, nil
}

// NamedAddress checks `Name <address>` or a bare address.
func NamedAddress(text string) error {
	if parsed, err := mail.ParseAddress(text); err == nil {
		text = parsed.Address
	}
	_, _, err := Address(text)
	return err
}

// short keeps an error on one readable line.
func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}
