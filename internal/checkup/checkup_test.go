package checkup

import (
	"context"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// zone is a resolver with fixed answers: TXT records by name, MX hosts by "mx name", addresses by "a name". "down" does not answer.
type zone map[string][]string

func (z zone) find(key, name string) ([]string, error) {
	if name == "down.io" || strings.HasSuffix(name, ".down.io") {
		return nil, &net.DNSError{Err: "i/o timeout", Name: name, IsTimeout: true}
	}
	if records, ok := z[key]; ok {
		return records, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z zone) LookupTXT(_ context.Context, name string) ([]string, error) { return z.find(name, name) }

func (z zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) {
	hosts, err := z.find("mx "+name, name)
	var out []*net.MX
	for _, h := range hosts {
		out = append(out, &net.MX{Host: h})
	}
	return out, err
}

func (z zone) LookupIPAddr(_ context.Context, name string) ([]net.IPAddr, error) {
	hosts, err := z.find("a "+name, name)
	return make([]net.IPAddr, len(hosts)), err
}

func TestSending(t *testing.T) {
	records := zone{
		"mx good.io": {"mx.good.example."}, "good.io": {"other", "v=spf1 include:x ~all"},
		"google._domainkey.good.io": {"v=DKIM1; k=rsa; p=MIIB"}, "_dmarc.good.io": {"v=DMARC1; p=none"},
		"mx null.io": {"."}, "null.io": {"v=spf1 -all", "v=spf1 +all"}, "default._domainkey.null.io": {"v=DKIM1; p="},
		"a bare.io": {"127.0.0.1"}, "bare.io": {"v=spf1 +all"}, "mine._domainkey.bare.io": {"p=MIIB"},
		"mx sub.good.io": {"mx."},
	}
	tests := []struct {
		domain    string
		selectors []string
		want      string // levels of mx, spf, dkim, dmarc
	}{
		{"good.io", nil, "ok ok ok ok"},
		{"null.io", nil, "fail fail fail warn"},
		{"bare.io", nil, "warn fail warn warn"},
		{"bare.io", []string{"mine"}, "warn fail ok warn"},
		{"good.io", []string{"mine"}, "ok ok fail ok"},
		{"sub.good.io", nil, "ok fail warn ok"}, // DMARC of the organisation
		{"none.io", nil, "fail fail warn warn"},
		{"down.io", nil, "warn warn warn warn"},
	}
	for _, tt := range tests {
		var got []string
		for _, f := range (DNS{records}).Sending(t.Context(), tt.domain, tt.selectors) {
			got = append(got, string(f.Level))
			if f.Level != OK && f.Remedy == "" {
				t.Errorf("%s: no remedy in %+v", tt.domain, f)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%s %v: %s", tt.domain, tt.selectors, diff)
		}
	}
}

func TestReservedDomainsAreNotAskedFor(t *testing.T) {
	for _, domain := range []string{"a.test", "localhost", "mail.example.com", "b.invalid"} {
		got := DNS{zone{}}.Sending(t.Context(), domain, nil)
		if len(got) != 1 || got[0].Level != Warn || got[0].Check != "dns" {
			t.Errorf("%s: %+v", domain, got)
		}
	}
}

func TestAddress(t *testing.T) {
	for email, want := range map[string]string{
		"ann@x.io": "", "info@x.io": "role", "sales+x@x.io": "role", "ann@mailinator.com": "disposable", "ann@sub.yopmail.com": "disposable", "info@yopmail.com": "role disposable",
	} {
		var got []string
		for _, f := range Address(email) {
			got = append(got, f.Check)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, want %q", email, got, want)
		}
	}
}

func TestDomainsAreAskedOnce(t *testing.T) {
	records := zone{"mx a.io": {"mx."}}
	got := map[string]Level{}
	DNS{records}.Domains(t.Context(), []string{"a.io", "b.io", "gmail.com"}, func(domain string, f Finding) { got[domain] = f.Level })
	if diff := cmp.Diff(map[string]Level{"a.io": OK, "b.io": Fail, "gmail.com": OK}, got); diff != "" {
		t.Error(diff)
	}
}
