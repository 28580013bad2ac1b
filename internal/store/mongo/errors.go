package mongo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"mailrun/internal/store"
)

// unavailable are the server's error codes that say: not now, or not you (mongodb.com/docs/manual/reference/error-codes).
var unavailable = []int{
	13, 18, 8000, // not authorised, authentication failed, refused by Atlas
	50, 89, 91, 189, 10107, 11600, 11602, 13435, 13436, // out of time, shutting down, no primary
}

// lastError finds, in the driver's description of a cluster, why its servers cannot be reached.
var lastError = regexp.MustCompile(`Last error: (.*?) \}`)

// explain names the database in an error, and marks it as store.ErrUnreachable if the server cannot serve. A caller's own ended context
// stays what it is.
func (e *Engine) explain(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", e.location, ctx.Err())
	case !unreachable(err):
		return fmt.Errorf("%s: %w", e.location, err)
	}
	return fmt.Errorf("%w: %s: %s", store.ErrUnreachable, e.location, e.reason(err))
}

// unreachable tells whether an error is about the connection to the server and not about a command. The driver names only the latter.
func unreachable(err error) bool {
	if _, ok := errors.AsType[mongo.MarshalError](err); ok {
		return false
	}
	server, ok := errors.AsType[mongo.ServerError](err)
	return !ok || mongo.IsNetworkError(err) || mongo.IsTimeout(err) || slices.ContainsFunc(unavailable, server.HasErrorCode)
}

// reason is an error in one line without the password.
func (e *Engine) reason(err error) string {
	text := err.Error()
	if m := lastError.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	return e.redact(strings.Join(strings.Fields(text), " "))
}

func (e *Engine) redact(text string) string {
	if e.password == "" {
		return text
	}
	text = strings.ReplaceAll(text, e.password, "[hidden]")
	if plain, err := url.PathUnescape(e.password); err == nil {
		text = strings.ReplaceAll(text, plain, "[hidden]")
	}
	return text
}

// badURI explains why the driver cannot make sense of the URI. That a name in it cannot be looked up is no fault of the URI.
func (e *Engine) badURI(err error) error {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%w: %s: %s", store.ErrUnreachable, e.location, e.reason(err))
	}
	return fmt.Errorf("MONGODB_URI: %s", e.reason(err))
}
