package main

import (
	"context"
	"fmt"
	"time"

	"mailrun/internal/intake"
	"mailrun/internal/mailbox"
)

// signInTimeout is how long a person has for signing in at the provider.
const signInTimeout = 10 * time.Minute

// signIn lets a person sign in at the mailbox's provider and keeps the refresh token that comes of it.
func (a *app) signIn(ctx context.Context, provider mailbox.Provider, secrets *intake.Secrets) error {
	ctx, cancel := context.WithTimeout(ctx, signInTimeout)
	defer cancel()
	dialer := &mailbox.Dialer{Now: a.now, Log: a.log}
	client := mailbox.OAuthClient{Endpoints: *provider.OAuth, ClientID: secrets.OAuth.ClientID, ClientSecret: secrets.OAuth.ClientSecret}
	var grant mailbox.Grant
	var err error
	if provider.OAuth.DeviceURL != "" {
		grant, err = dialer.SignInByDevice(ctx, client, func(page, code string) {
			fmt.Fprintf(a.err, "Open %s on any device, type the code %s and sign in as the mailbox's owner.\n", page, code)
		})
	} else {
		grant, err = dialer.SignInByLoopback(ctx, client, func(page string) {
			fmt.Fprintf(a.err, "Open this page in a browser on this machine and sign in as the mailbox's owner:\n%s\n", page)
		})
	}
	if err != nil {
		return err
	}
	secrets.OAuth.RefreshToken = grant.RefreshToken
	return nil
}
