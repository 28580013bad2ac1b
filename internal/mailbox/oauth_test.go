package mailbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"mailrun/pkg/outreach"
)

// tokenServer answers like a token endpoint: each refresh token works once and is replaced.
type tokenServer struct {
	*httptest.Server
	mu      sync.Mutex
	current string // the refresh token that works
	issued  int
	status  int // in place of an answer
	body    string
	forms   []url.Values
}

func startTokens(t testing.TB) *tokenServer {
	s := &tokenServer{current: "refresh-0"}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm()
	s.forms = append(s.forms, r.Form)
	w.Header().Set("Content-Type", "application/json")
	if s.status != 0 {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(s.status)
		fmt.Fprint(w, s.body)
		return
	}
	if r.URL.Path == "/device" {
		fmt.Fprint(w, `{"device_code":"dev","user_code":"ABCD","verification_uri":"https://example.com/device","interval":1}`)
		return
	}
	if r.Form.Get("grant_type") == "refresh_token" && r.Form.Get("refresh_token") != s.current {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`)
		return
	}
	s.issued++
	s.current = fmt.Sprintf("refresh-%d", s.issued)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": fmt.Sprintf("access-%d", s.issued), "refresh_token": s.current, "expires_in": 3600, "token_type": "Bearer",
	})
}

func (s *tokenServer) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issued
}

// memoryTokens is a TokenStore for one mailbox.
type memoryTokens struct {
	mu    sync.Mutex
	oauth outreach.SealedOAuth
	until time.Time
}

func (m *memoryTokens) LoadOAuth(context.Context, bson.ObjectID) (*outreach.SealedOAuth, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	oauth := m.oauth
	return &oauth, nil
}

func (m *memoryTokens) LeaseRefresh(_ context.Context, _ bson.ObjectID, now, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Before(m.until) {
		return false, nil
	}
	m.until = until
	return true, nil
}

func (m *memoryTokens) SaveToken(_ context.Context, _ bson.ObjectID, access string, expires time.Time, refresh string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.oauth.AccessToken, m.oauth.ExpiresAt, m.until = access, &expires, time.Time{}
	if refresh != "" {
		m.oauth.RefreshToken = refresh
	}
	return nil
}

func (m *memoryTokens) ReleaseRefresh(context.Context, bson.ObjectID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.until = time.Time{}
	return nil
}

// withToken returns a mailbox that logs in by XOAUTH2 and whose cached access token is fresh, and a dialer that opens it.
func withToken(t testing.TB, addr *net.TCPAddr, token string) (*Dialer, *outreach.Mailbox) {
	t.Helper()
	tokens := startTokens(t)
	d, mb := oauthMailbox(t, tokens, addr)
	sealed, err := d.Keyring.Seal(mb.ID, token)
	if err != nil {
		t.Fatal(err)
	}
	expires := time.Now().Add(time.Hour)
	mb.Sealed.OAuth.AccessToken, mb.Sealed.OAuth.ExpiresAt = sealed, &expires
	d.Tokens = &memoryTokens{oauth: *mb.Sealed.OAuth}
	return d, mb
}

func oauthMailbox(t testing.TB, tokens *tokenServer, addr *net.TCPAddr) (*Dialer, *outreach.Mailbox) {
	t.Helper()
	mb := mailboxAt(addr, outreach.SecurityNone)
	mb.SMTP.Auth, mb.IMAP.Auth = outreach.AuthXOAUTH2, outreach.AuthXOAUTH2
	ring := newRing(t)
	client := OAuthClient{Endpoints: OAuthEndpoints{TokenURL: tokens.URL + "/token"}, ClientID: "mailrun", ClientSecret: "s3cret"}
	oauth, err := ring.SealGrant(mb.ID, client, Grant{RefreshToken: "refresh-0"})
	if err != nil {
		t.Fatal(err)
	}
	mb.Sealed = &outreach.Sealed{OAuth: oauth}
	d := hurried()
	d.Keyring, d.HTTP = ring, tokens.Client()
	d.IdleTimeout = time.Second
	return d, mb
}

func nowhere() *net.TCPAddr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// TestRefreshOnce: many sessions of many processes need a token at once; one refresh serves them all.
func TestRefreshOnce(t *testing.T) {
	tokens := startTokens(t)
	d, mb := oauthMailbox(t, tokens, nowhere())
	store := &memoryTokens{oauth: *mb.Sealed.OAuth}
	var wg sync.WaitGroup
	for range 8 {
		process := &Dialer{Keyring: d.Keyring, HTTP: d.HTTP, Tokens: store}
		wg.Go(func() {
			if token, _, err := process.accessToken(testContext(t), mb, ""); err != nil || token != "access-1" {
				t.Errorf("token %q, %v", token, err)
			}
		})
	}
	wg.Wait()
	if got := tokens.count(); got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
	if refresh, err := d.Keyring.Open(mb.ID, store.oauth.RefreshToken); err != nil || refresh != "refresh-1" {
		t.Errorf("the rotated refresh token: %q, %v", refresh, err)
	}
	if strings.Contains(store.oauth.AccessToken, "access") {
		t.Error("the access token is stored in clear")
	}
}

// TestRefreshWhenNeeded: a token is used until shortly before it expires, by the dialer's clock, and not when it was refused.
func TestRefreshWhenNeeded(t *testing.T) {
	tokens := startTokens(t)
	d, mb := oauthMailbox(t, tokens, nowhere())
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	d.Now = func() time.Time { return now }
	d.Tokens = &memoryTokens{oauth: *mb.Sealed.OAuth}
	steps := []struct {
		after    time.Duration
		rejected string
		want     string
	}{{0, "", "access-1"}, {50 * time.Minute, "", "access-1"}, {9 * time.Minute, "", "access-2"}, {time.Minute, "access-2", "access-3"}, {0, "", "access-3"}}
	for _, step := range steps {
		now = now.Add(step.after)
		if token, _, err := d.accessToken(testContext(t), mb, step.rejected); err != nil || token != step.want {
			t.Fatalf("token %q, want %q: %v", token, step.want, err)
		}
	}
}

func TestRefreshFailures(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		class      Class
		after      time.Duration
	}{
		{"revoked", `{"error":"invalid_grant"}`, 400, ClassAuth, 7 * time.Second},
		{"unknown client", `{"error":"invalid_client"}`, 401, ClassAuth, 7 * time.Second},
		{"busy", `slow down`, 429, ClassThrottle, 7 * time.Second},
		{"down", `<html>oops</html>`, 503, ClassNetwork, 7 * time.Second},
		{"no token in it", `{}`, 200, ClassNetwork, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tokens := startTokens(t)
			tokens.status, tokens.body = test.status, test.body
			d, mb := oauthMailbox(t, tokens, nowhere())
			d.Tokens = &memoryTokens{oauth: *mb.Sealed.OAuth}
			for range 2 { // the second finds the lease given back
				_, err := d.SMTP(testContext(t), mb)
				failed := openError(t, err)
				if failed.Class != test.class || failed.RetryAfter != test.after || strings.Contains(err.Error(), "refresh-0") {
					t.Errorf("class %s after %v: %v", failed.Class, failed.RetryAfter, err)
				}
			}
		})
	}
	t.Run("unreachable", func(t *testing.T) {
		tokens := startTokens(t)
		d, mb := oauthMailbox(t, tokens, nowhere())
		tokens.Close()
		if _, err := d.SMTP(testContext(t), mb); openError(t, err).Class != ClassNetwork {
			t.Errorf("class %s: %v", openError(t, err).Class, err)
		}
	})
}

// TestRefusedToken: a cached token that the server refuses is refreshed once, on the same connection.
func TestRefusedToken(t *testing.T) {
	fresh := string(xoauth2Response("ann@example.com", "access-1"))
	smtp := startSMTP(t, smtpScript{extensions: []string{"AUTH XOAUTH2"}, passwords: map[string]string{fresh: ""}})
	d, mb := withToken(t, smtp.addr, "stale")
	s, err := d.SMTP(testContext(t), mb)
	if err != nil {
		t.Fatalf("smtp: %v", err)
	}
	s.Close()

	imap := startIMAP(t, imapScript{password: fresh, answers: map[string]string{}})
	d, mb = withToken(t, imap.addr, "stale")
	i, err := d.IMAP(testContext(t), mb)
	if err != nil {
		t.Fatalf("imap: %v", err)
	}
	i.Close()

	never := startSMTP(t, smtpScript{extensions: []string{"AUTH XOAUTH2"}, passwords: map[string]string{}})
	d, mb = withToken(t, never.addr, "stale")
	_, err = d.SMTP(testContext(t), mb)
	if failed := openError(t, err); failed.Class != ClassAuth || !strings.Contains(failed.Line, `"status":"401"`) {
		t.Errorf("class %s: %v", failed.Class, err)
	}
	if got := strings.Count(never.said(), "AUTH XOAUTH2"); got != 2 {
		t.Errorf("%d logins, want 2", got)
	}
}

func TestSignInByDevice(t *testing.T) {
	tokens := startTokens(t)
	d := &Dialer{HTTP: tokens.Client()}
	client := OAuthClient{Endpoints: OAuthEndpoints{TokenURL: tokens.URL + "/token", DeviceURL: tokens.URL + "/device"}, ClientID: "mailrun"}
	shown := ""
	grant, err := d.SignInByDevice(testContext(t), client, func(page, code string) { shown = page + " " + code })
	if err != nil || grant.RefreshToken != "refresh-1" || shown != "https://example.com/device ABCD" {
		t.Errorf("%v, %v, %q", grant, err, shown)
	}
}

func TestSignInByLoopback(t *testing.T) {
	tokens := startTokens(t)
	d := &Dialer{HTTP: tokens.Client()}
	client := OAuthClient{Endpoints: OAuthEndpoints{AuthURL: "https://example.com/auth", TokenURL: tokens.URL + "/token"}, ClientID: "mailrun"}
	browse := func(page string, change func(url.Values)) {
		asked, err := url.Parse(page)
		if err != nil {
			t.Error(err)
			return
		}
		answer := url.Values{"state": {asked.Query().Get("state")}, "code": {"c0de"}}
		change(answer)
		resp, err := http.Get(asked.Query().Get("redirect_uri") + "?" + answer.Encode())
		if err != nil {
			t.Error(err)
			return
		}
		resp.Body.Close()
	}
	http.DefaultTransport.(*http.Transport).DisableKeepAlives = true
	var wg sync.WaitGroup
	defer wg.Wait()
	grant, err := d.SignInByLoopback(testContext(t), client, func(page string) {
		wg.Go(func() {
			browse(page, func(v url.Values) { v.Set("state", "forged") })
			browse(page, func(url.Values) {})
		})
	})
	if err != nil || grant.RefreshToken != "refresh-1" {
		t.Fatalf("%v, %v", grant, err)
	}
	if form := tokens.forms[0]; form.Get("code") != "c0de" || form.Get("code_verifier") == "" {
		t.Errorf("exchanged %v", form)
	}
	_, err = d.SignInByLoopback(testContext(t), client, func(page string) {
		wg.Go(func() { browse(page, func(v url.Values) { v.Del("code"); v.Set("error", "access_denied") }) })
	})
	if failed := openError(t, err); failed.Class != ClassAuth || !strings.Contains(err.Error(), "access_denied") {
		t.Errorf("refused: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = d.SignInByLoopback(ctx, client, func(string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
