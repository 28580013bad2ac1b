package classify

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// format is how an answer's shape is asked for, from the strictest that servers know to none at all.
type format int

const (
	jsonSchema format = iota
	jsonObject
	plainText
)

// The most tokens of an answer. Models that take max_completion_tokens count their thinking too.
const (
	maxTokens         = 400
	maxThinkingTokens = 4000
)

// dialect is what an endpoint understands of the protocol.
type dialect struct {
	format        format
	newLimit      bool // max_completion_tokens in the place of max_tokens
	noTemperature bool // only the model's own
}

// simpler is the dialect to try after a refusal of the request as such (400, 422), if there is one.
func (d dialect) simpler(refusal *statusError) (dialect, bool) {
	if refusal == nil || refusal.status != http.StatusBadRequest && refusal.status != http.StatusUnprocessableEntity {
		return d, false
	}
	switch {
	case !d.newLimit && strings.Contains(refusal.excerpt, "max_completion_tokens"):
		d.newLimit = true
	case !d.noTemperature && strings.Contains(refusal.excerpt, "temperature"):
		d.noTemperature = true
	case d.format < plainText:
		d.format++
	default:
		return d, false
	}
	return d, true
}

// call makes one request.
func (m *Model) call(ctx context.Context, speak dialect, in Input) (content string, tokens int, err error) {
	request := chatRequest{Model: m.cfg.Model, Messages: []chatMessage{{"system", systemPrompt}, {"user", userPrompt(in)}}}
	if speak.newLimit {
		request.MaxCompletionTokens = maxThinkingTokens
	} else {
		request.MaxTokens = maxTokens
	}
	if !speak.noTemperature {
		request.Temperature = new(float64)
	}
	switch speak.format {
	case jsonSchema:
		request.ResponseFormat = map[string]any{"type": "json_schema", "json_schema": map[string]any{"name": "label", "strict": true, "schema": schema()}}
	case jsonObject:
		request.ResponseFormat = map[string]any{"type": "json_object"}
	}
	return m.chat.ask(ctx, request)
}

// statusError is a response that is no success. Its text holds the beginning of what the server said.
type statusError struct {
	status  int
	header  http.Header
	excerpt string
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("the model endpoint answered %d %s: %s", e.status, http.StatusText(e.status), e.excerpt))
}

// final tells that the endpoint will refuse every call alike: wrong key, no permission, wrong address or model.
func (e *statusError) final() bool {
	return e.status == http.StatusUnauthorized || e.status == http.StatusForbidden || e.status == http.StatusNotFound
}

// passing tells that the same call may succeed later.
func (e *statusError) passing() bool {
	return e.status == http.StatusTooManyRequests || e.status == http.StatusRequestTimeout || e.status >= http.StatusInternalServerError
}

// retryAfter reads Retry-After in both its forms, seconds and a date (RFC 9110 section 10.2.3). Zero means that none was given.
func (e *statusError) retryAfter(now time.Time) time.Duration {
	value := strings.TrimSpace(e.header.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return time.Duration(min(max(seconds, 0), 86400) * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
