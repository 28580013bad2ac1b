package mailbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/oauth2"

	"mailrun/pkg/outreach"
)

// Grant is what a provider hands out when a person signs in, or when a refresh token is used (RefreshToken is then empty unless it was
// rotated).
type Grant struct {
	AccessToken, RefreshToken string
	Expires                   time.Time
}

// String keeps the tokens out of logs.
func (g Grant) String() string { return "[hidden]" }

// GoString keeps the tokens out of %#v.
func (g Grant) GoString() string { return "[hidden]" }

// OAuthClient is the application that a person signs in to. ClientSecret may be empty for a public client.
type OAuthClient struct {
	Endpoints              OAuthEndpoints
	ClientID, ClientSecret string
}

// SignInByDevice signs a person in on any device (RFC 8628): show is called with the page to open and the code to type there, then the
// call waits until the person is done or ctx ends. The provider must have a DeviceURL.
func (d *Dialer) SignInByDevice(ctx context.Context, client OAuthClient, show func(page, code string)) (Grant, error) {
	config := oauthConfig(client.Endpoints, client.ClientID, client.ClientSecret)
	ctx = d.withHTTP(ctx)
	device, err := config.DeviceAuth(ctx)
	if err != nil {
		return Grant{}, d.classifyToken(client.Endpoints.DeviceURL, err)
	}
	show(device.VerificationURI, device.UserCode)
	token, err := config.DeviceAccessToken(ctx, device)
	if err != nil {
		return Grant{}, d.classifyToken(client.Endpoints.TokenURL, err)
	}
	return d.signedIn(client, token)
}

// SignInByLoopback signs a person in with the browser of this machine (RFC 8252): show is called with the page to open; the provider then
// sends the browser to a port of 127.0.0.1 on which this call listens until the person is done or ctx ends.
func (d *Dialer) SignInByLoopback(ctx context.Context, client OAuthClient, show func(page string)) (Grant, error) {
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return Grant{}, fmt.Errorf("listen for the browser: %w", err)
	}
	config := oauthConfig(client.Endpoints, client.ClientID, client.ClientSecret)
	config.RedirectURL = "http://" + listener.Addr().String() + "/"
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	// Google hands out a refresh token only for offline access, and anew only with consent.
	show(config.AuthCodeURL(state, oauth2.AccessTypeOffline, oauth2.ApprovalForce, oauth2.S256ChallengeOption(verifier)))
	code, err := awaitBrowser(ctx, listener, state)
	if err != nil {
		return Grant{}, d.tokenError(ClassAuth, client.Endpoints.AuthURL, "", err)
	}
	ctx, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	token, err := config.Exchange(d.withHTTP(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Grant{}, d.classifyToken(client.Endpoints.TokenURL, err)
	}
	return d.signedIn(client, token)
}

// signedIn demands a refresh token: without one mailrun could work for an hour.
func (d *Dialer) signedIn(client OAuthClient, token *oauth2.Token) (Grant, error) {
	if token.RefreshToken == "" {
		err := errors.New("the provider gave no refresh token: the application must be allowed offline access")
		return Grant{}, d.tokenError(ClassAuth, client.Endpoints.TokenURL, "", err)
	}
	return d.grant(token), nil
}

// awaitBrowser serves one listener until the browser brings the code that belongs to state, or an error, or ctx ends.
func awaitBrowser(ctx context.Context, listener net.Listener, state string) (string, error) {
	type outcome struct {
		code string
		err  error
	}
	came := make(chan outcome, 1)
	handler := func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(state)) != 1 {
			http.Error(w, "This is not the sign-in that mailrun waits for.", http.StatusBadRequest)
			return
		}
		fmt.Fprintln(w, "Done. You can close this page and go back to the terminal.")
		select {
		case came <- outcome{query.Get("code"), browserError(query)}:
		default: // a reload
		}
	}
	server := &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener)
	}()
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(stop) != nil {
			server.Close()
		}
		<-served
	}()
	select {
	case o := <-came:
		return o.code, o.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

func browserError(query url.Values) error {
	if query.Get("code") != "" {
		return nil
	}
	text := printable(query.Get("error") + " " + query.Get("error_description"))
	return fmt.Errorf("the provider refused the sign-in: %s", text[:min(len(text), 400)])
}

// SealGrant makes the part of a mailbox's document from which access tokens are made.
func (k *Keyring) SealGrant(id bson.ObjectID, client OAuthClient, grant Grant) (*outreach.SealedOAuth, error) {
	sealed := &outreach.SealedOAuth{TokenURL: client.Endpoints.TokenURL, ClientID: client.ClientID}
	for _, secret := range []struct {
		plain string
		into  *string
	}{
		{client.ClientSecret, &sealed.ClientSecret},
		{grant.RefreshToken, &sealed.RefreshToken},
		{grant.AccessToken, &sealed.AccessToken},
	} {
		if secret.plain == "" {
			continue
		}
		text, err := k.Seal(id, secret.plain)
		if err != nil {
			return nil, err
		}
		*secret.into = text
	}
	if grant.AccessToken != "" {
		sealed.ExpiresAt = &grant.Expires
	}
	return sealed, nil
}
