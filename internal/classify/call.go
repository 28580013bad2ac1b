package classify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/shared"
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
	params := openai.ChatCompletionNewParams{
		Model:    m.cfg.Model,
		Messages: []openai.ChatCompletionMessageParamUnion{openai.SystemMessage(systemPrompt), openai.UserMessage(userPrompt(in))},
	}
	if speak.newLimit {
		params.MaxCompletionTokens = openai.Int(maxThinkingTokens)
	} else {
		params.MaxTokens = openai.Int(maxTokens)
	}
	if !speak.noTemperature {
		params.Temperature = openai.Float(0)
	}
	switch speak.format {
	case jsonSchema:
		params.ResponseFormat.OfJSONSchema = &shared.ResponseFormatJSONSchemaParam{JSONSchema: shared.ResponseFormatJSONSchemaJSONSchemaParam{
			Name: "label", Strict: openai.Bool(true), Schema: schema(),
		}}
	case jsonObject:
		params.ResponseFormat.OfJSONObject = &shared.ResponseFormatJSONObjectParam{}
	}
	completion, err := m.chat.New(ctx, params)
	if err != nil {
		return "", 0, err
	}
	if len(completion.Choices) == 0 {
		return "", 0, errors.New("the answer holds no choice")
	}
	return completion.Choices[0].Message.Content, int(completion.Usage.TotalTokens), nil
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

// maxExcerpt is how many bytes of a refusal are kept.
const maxExcerpt = 300

// bounded is the client's last layer: it turns refusals into statusErrors, whatever their body is, and lets no answer be read beyond
// maxAnswer.
func bounded(req *http.Request, next option.MiddlewareNext) (*http.Response, error) {
	res, err := next(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode < 400 {
		res.Body = &limitedBody{ReadCloser: res.Body, left: maxAnswer}
		return res, nil
	}
	defer res.Body.Close()
	excerpt, err := io.ReadAll(io.LimitReader(res.Body, maxExcerpt))
	if err != nil && len(excerpt) == 0 {
		excerpt = []byte(err.Error())
	}
	return nil, &statusError{status: res.StatusCode, header: res.Header, excerpt: oneLine(strings.ToValidUTF8(string(excerpt), ""))}
}

// limitedBody fails a reader that asks for more than is left.
type limitedBody struct {
	io.ReadCloser
	left int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
