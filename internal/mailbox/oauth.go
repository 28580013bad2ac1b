package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/oauth2"

	"mailrun/pkg/outreach"
)

const (
	tokenTimeout    = 20 * time.Second       // for one answer of a token endpoint
	tokenMargin     = 2 * time.Minute        // a token is renewed this long before it expires
	tokenLifetime   = 30 * time.Minute       // assumed where the endpoint does not say
	refreshLease    = time.Minute            // longest refresh; then another process may try
	refreshInterval = 200 * time.Millisecond // between looks at whether another process is done
)

const remedyToken = "sign in again with `mailrun mailboxes add --provider`"

// errNoToken says that a mailbox's document holds nothing to get an access token with.
var errNoToken = errors.New("the mailbox has no OAuth refresh token")

// accessToken returns a token that is good for a while, and whether it is from an earlier session. It takes the mailbox's own if that is
// fresh and not the rejected one, else the store's, else it refreshes, one process at a time.
func (d *Dialer) accessToken(ctx context.Context, mb *outreach.Mailbox, rejected string) (token string, cached bool, err error) {
	if mb.Sealed == nil || mb.Sealed.OAuth == nil {
		return "", false, d.tokenError(ClassAuth, "", remedyToken, errNoToken)
	}
	if token, ok := d.freshToken(mb.ID, mb.Sealed.OAuth, rejected); ok {
		return token, true, nil
	}
	if d.Tokens == nil {
		grant, err := d.refresh(ctx, mb.ID, mb.Sealed.OAuth)
		return grant.AccessToken, false, err
	}
	for {
		token, cached, err := d.sharedToken(ctx, mb.ID, rejected)
		if err != nil || token != "" {
			return token, cached, err
		}
		select {
		case <-ctx.Done():
			return "", false, d.tokenError(ClassNetwork, "", "", context.Cause(ctx))
		case <-time.After(refreshInterval):
		}
	}
}

// sharedToken looks into the store and refreshes if no other process does. It returns no token while another one is at it.
func (d *Dialer) sharedToken(ctx context.Context, id bson.ObjectID, rejected string) (token string, cached bool, err error) {
	if token, ok, err := d.storedToken(ctx, id, rejected); ok || err != nil {
		return token, ok, err
	}
	now := d.now()
	mine, err := d.Tokens.LeaseRefresh(ctx, id, now, now.Add(refreshLease))
	if err != nil || !mine {
		return "", false, err
	}
	// Another process may have refreshed between the look and the lease.
	oauth, err := d.Tokens.LoadOAuth(ctx, id)
	if err == nil && oauth != nil {
		if token, ok := d.freshToken(id, oauth, rejected); ok {
			return token, true, d.Tokens.ReleaseRefresh(ctx, id)
		}
		var grant Grant
		if grant, err = d.refresh(ctx, id, oauth); err == nil {
			return grant.AccessToken, false, d.save(ctx, id, grant)
		}
	}
	if err == nil {
		err = d.tokenError(ClassAuth, "", remedyToken, errNoToken)
	}
	return "", false, errors.Join(err, d.Tokens.ReleaseRefresh(context.WithoutCancel(ctx), id))
}

func (d *Dialer) storedToken(ctx context.Context, id bson.ObjectID, rejected string) (string, bool, error) {
	oauth, err := d.Tokens.LoadOAuth(ctx, id)
	if err != nil {
		return "", false, err
	}
	token, ok := d.freshToken(id, oauth, rejected)
	return token, ok, nil
}

// freshToken opens the access token of a document if it lasts for a while and is not the rejected one.
func (d *Dialer) freshToken(id bson.ObjectID, oauth *outreach.SealedOAuth, rejected string) (string, bool) {
	if oauth == nil || oauth.AccessToken == "" || oauth.ExpiresAt == nil || !d.now().Add(tokenMargin).Before(*oauth.ExpiresAt) {
		return "", false
	}
	token, err := d.Keyring.Open(id, oauth.AccessToken)
	if err != nil || token == rejected {
		return "", false
	}
	return token, true
}

// refresh exchanges the refresh token for an access token.
func (d *Dialer) refresh(ctx context.Context, id bson.ObjectID, sealed *outreach.SealedOAuth) (Grant, error) {
	refreshToken, err := d.Keyring.Open(id, sealed.RefreshToken)
	if err != nil {
		return Grant{}, d.tokenError(ClassAuth, sealed.TokenURL, remedyKey, err)
	}
	secret := ""
	if sealed.ClientSecret != "" {
		if secret, err = d.Keyring.Open(id, sealed.ClientSecret); err != nil {
			return Grant{}, d.tokenError(ClassAuth, sealed.TokenURL, remedyKey, err)
		}
	}
	config := oauthConfig(OAuthEndpoints{TokenURL: sealed.TokenURL}, sealed.ClientID, secret)
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, err := config.TokenSource(d.withHTTP(ctx), &oauth2.Token{RefreshToken: refreshToken}).Token()
	if err != nil {
		return Grant{}, d.classifyToken(sealed.TokenURL, err)
	}
	grant := d.grant(token)
	if grant.RefreshToken == refreshToken {
		grant.RefreshToken = "" // not rotated: nothing to store
	}
	return grant, nil
}

// save stores a token, sealed, for the sessions to come. A rotated refresh token that cannot be stored is lost, so the context's end does
// not stop it.
func (d *Dialer) save(ctx context.Context, id bson.ObjectID, grant Grant) error {
	access, err := d.Keyring.Seal(id, grant.AccessToken)
	if err != nil {
		return err
	}
	rotated := ""
	if grant.RefreshToken != "" {
		if rotated, err = d.Keyring.Seal(id, grant.RefreshToken); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tokenTimeout)
	defer cancel()
	return d.Tokens.SaveToken(ctx, id, access, grant.Expires, rotated)
}

func (d *Dialer) grant(token *oauth2.Token) Grant {
	lifetime := tokenLifetime
	if token.ExpiresIn > 0 {
		lifetime = time.Duration(token.ExpiresIn) * time.Second
	}
	return Grant{AccessToken: token.AccessToken, RefreshToken: token.RefreshToken, Expires: d.now().Add(lifetime).UTC().Truncate(time.Millisecond)}
}

// classifyToken tells a grant that is gone (a person must sign in again) from an endpoint that is down or busy.
func (d *Dialer) classifyToken(tokenURL string, err error) *Error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || answer.Response == nil {
		return d.tokenError(ClassNetwork, tokenURL, "", err)
	}
	text := printable(answer.ErrorCode + " " + answer.ErrorDescription)
	failed := d.tokenError(ClassAuth, tokenURL, remedyToken, errors.New("the token endpoint answered "+answer.Response.Status+": "+text[:min(len(text), 400)]))
	switch status := answer.Response.StatusCode; {
	case status == http.StatusTooManyRequests:
		failed.Class, failed.Remedy = ClassThrottle, ""
	case status >= 500, answer.ErrorCode == "temporarily_unavailable", answer.ErrorCode == "server_error":
		failed.Class, failed.Remedy = ClassNetwork, ""
	}
	if seconds, err := strconv.Atoi(answer.Response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		failed.RetryAfter = min(time.Duration(min(seconds, int(maxRetryAfter/time.Second)))*time.Second, maxRetryAfter)
	}
	return failed
}

func (d *Dialer) tokenError(class Class, host, remedy string, err error) *Error {
	return &Error{Class: class, Op: "oauth token", Host: host, Remedy: remedy, Err: err}
}

// withHTTP makes the oauth2 package use the dialer's client: deadlines, and the same roots as for mail servers.
func (d *Dialer) withHTTP(ctx context.Context) context.Context {
	client := d.HTTP
	if client == nil {
		client = &http.Client{
			Timeout: tokenTimeout,
			Transport: &http.Transport{
				Proxy:             http.ProxyFromEnvironment,
				DialContext:       (&net.Dialer{Timeout: dialTimeout}).DialContext,
				TLSClientConfig:   &tls.Config{RootCAs: d.RootCAs, MinVersion: tls.VersionTLS12},
				DisableKeepAlives: true, // one request per mailbox and hour; no idle connection outlives the call
			},
		}
	}
	return context.WithValue(ctx, oauth2.HTTPClient, client)
}

func oauthConfig(at OAuthEndpoints, clientID, clientSecret string) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Scopes:       at.Scopes,
		Endpoint:     oauth2.Endpoint{AuthURL: at.AuthURL, TokenURL: at.TokenURL, DeviceAuthURL: at.DeviceURL, AuthStyle: oauth2.AuthStyleInParams},
	}
}
