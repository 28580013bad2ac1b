package classify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// chat is the one request that mailrun makes of an OpenAI-compatible endpoint: POST /chat/completions
// (platform.openai.com/docs/api-reference/chat). A client library for the whole API would be a third of the binary.
type chat struct {
	url, key string
	http     *http.Client
}

// chatRequest is what of a request's fields is used; nil and empty ones are left out.
type chatRequest struct {
	Model               string         `json:"model"`
	Messages            []chatMessage  `json:"messages"`
	MaxTokens           int            `json:"max_tokens,omitempty"`
	MaxCompletionTokens int            `json:"max_completion_tokens,omitempty"`
	Temperature         *float64       `json:"temperature,omitempty"`
	ResponseFormat      map[string]any `json:"response_format,omitempty"`
}

type chatMessage struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// chatAnswer is what of an answer is read.
type chatAnswer struct {
	Choices []struct {
		Message struct {
			Content string `json:"content"`
		} `json:"message"`
	} `json:"choices"`
	Usage struct {
		TotalTokens int `json:"total_tokens"`
	} `json:"usage"`
}

// ask makes a request. A response that is no success is a *statusError; no response at all is a *url.Error.
func (c *chat) ask(ctx context.Context, request chatRequest) (content string, tokens int, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return "", 0, fmt.Errorf("encode the request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "", 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", 0, err
	}
	defer res.Body.Close()
	if res.StatusCode >= http.StatusBadRequest {
		return "", 0, refusal(res)
	}
	return readChat(res.Body)
}

// readChat reads an answer, no more of it than maxAnswer.
func readChat(body io.Reader) (content string, tokens int, err error) {
	raw, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return "", 0, fmt.Errorf("read the answer: %w", err)
	case len(raw) > maxAnswer:
		return "", 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	var answer chatAnswer
	if err := json.Unmarshal(raw, &answer); err != nil {
		return "", 0, fmt.Errorf("the answer is not what the protocol says: %w", err)
	}
	if len(answer.Choices) == 0 {
		return "", 0, errors.New("the answer holds no choice")
	}
	return answer.Choices[0].Message.Content, answer.Usage.TotalTokens, nil
}

// maxExcerpt is how many bytes of a refusal are kept.
const maxExcerpt = 300

// refusal is a response that is no success, with the beginning of its body, whatever that is.
func refusal(res *http.Response) *statusError {
	excerpt, err := io.ReadAll(io.LimitReader(res.Body, maxExcerpt))
	if err != nil && len(excerpt) == 0 {
		excerpt = []byte(err.Error())
	}
	return &statusError{status: res.StatusCode, header: res.Header, excerpt: oneLine(strings.ToValidUTF8(string(excerpt), ""))}
}
