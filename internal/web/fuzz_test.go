package web

import (
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/internal/mailbox"
	"mailrun/internal/store"
)

// FuzzLogQuery: what is accepted is within bounds and survives being made a link.
func FuzzLogQuery(f *testing.F) {
	for _, seed := range []string{"", "page=2&limit=50", "jobName=run-sequences&status=failed", "page=-1", "page=99999999999999999999", "limit=0x10", "page=%zz", "page=1&page=2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		v, _ := url.ParseQuery(raw)
		q, err := parseLogQuery(v)
		if err != nil {
			return
		}
		if q.page.Number < 1 || q.page.Number > maxPage || q.page.Size < 1 || q.page.Size > store.MaxPageSize {
			t.Fatalf("%q: page %+v", raw, q.page)
		}
		link, err := url.Parse(logLink(q, q.page.Number))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseLogQuery(link.Query()); err != nil || again != q {
			t.Fatalf("%q: %+v became %+v, %v", raw, q, again, err)
		}
	})
}

// FuzzOptOutToken: no text but a signed one is a token.
func FuzzOptOutToken(f *testing.F) {
	keys, err := mailbox.ParseKeys(mailbox.NewKey())
	if err != nil {
		f.Fatal(err)
	}
	id := bson.NewObjectID()
	good := keys.OptOutToken(id)
	for _, seed := range []string{good, good[1:], good + "a", "", "..", "\x00", "UPPER" + good} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found, ok := keys.VerifyOptOutToken(text)
		if ok && found != id {
			t.Fatalf("%q is taken for the token of %s", text, found.Hex())
		}
	})
}

// FuzzOrigin: whatever a proxy's headers hold, the address is the peer's or one that the header names.
func FuzzOrigin(f *testing.F) {
	for _, seed := range []string{"", "203.0.113.9", "203.0.113.9, 127.0.0.1", "::1, x", ",,,", "127.0.0.1:80", "fe80::1%eth0"} {
		f.Add(seed, "https")
	}
	s := &Server{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	f.Fuzz(func(t *testing.T, forwarded, proto string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = "127.0.0.1:4000"
		r.Header.Set("X-Forwarded-For", forwarded)
		r.Header.Set("X-Forwarded-Proto", proto)
		if o := s.origin(r); !o.address.IsValid() {
			t.Fatalf("%q: no address", forwarded)
		}
		r.RemoteAddr = "198.51.100.7:4000" // a stranger is not believed
		if o := s.origin(r); o.https || o.address != netip.MustParseAddr("198.51.100.7") {
			t.Fatalf("%q: a stranger became %v", forwarded, o)
		}
	})
}
