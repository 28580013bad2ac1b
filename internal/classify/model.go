package classify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"

	"mailrun/pkg/outreach"
)

// The client's measures.
const (
	defaultTimeout = 20 * time.Second
	// maxAnswer is how many bytes of a response are read; a label takes some hundred.
	maxAnswer = 1 << 20
	// maxTries is how often one reply's call is made when the server is busy or down for a moment.
	maxTries = 3
	// firstPause grows twofold from try to try where the server names no time.
	firstPause = 500 * time.Millisecond
)

// ModelConfig says where a model is. BaseURL ends in /v1. Timeout bounds the work on one reply, retries and waiting included (0: 20 s);
// MaxCalls bounds the requests of the whole run (0: no bound).
type ModelConfig struct {
	BaseURL, APIKey, Model string
	Timeout                time.Duration
	MaxCalls               int
	HTTPClient             *http.Client
	Now                    func() time.Time
	Log                    *slog.Logger
}

// Model labels replies through an endpoint that speaks OpenAI's chat completions: OpenAI, Azure, the compatible endpoints of Anthropic,
// Gemini and Mistral, Ollama, vLLM, llama.cpp. One Model serves one run: it remembers what the endpoint understands, that it refuses, and
// how much was asked.
type Model struct {
	cfg  ModelConfig
	chat openai.ChatCompletionService

	// first is held by the call that finds out whether the endpoint takes us at all; until it knows, no other is made.
	first chan struct{}

	mu        sync.Mutex
	proven    bool // an answer other than a refusal came
	dialect   dialect
	calls     int
	refused   error     // the endpoint takes no calls of ours
	notBefore time.Time // the endpoint asked for quiet until then
}

// NewModel returns a client for one run. It makes no call.
func NewModel(cfg ModelConfig) (*Model, error) {
	switch {
	case cfg.BaseURL == "":
		return nil, errors.New("no base URL for the model; set AI_BASE_URL, which ends in /v1")
	case cfg.Model == "":
		return nil, errors.New("no model named; set AI_MODEL")
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.HTTPClient == nil {
		cfg.HTTPClient = &http.Client{}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m := &Model{cfg: cfg, first: make(chan struct{}, 1)}
	options := []option.RequestOption{
		option.WithBaseURL(strings.TrimRight(cfg.BaseURL, "/") + "/"), option.WithHTTPClient(cfg.HTTPClient),
		option.WithMaxRetries(0), // Classify retries: it knows the deadline, the cap and what a status means
		option.WithMiddleware(bounded),
	}
	if cfg.APIKey != "" {
		options = append(options, option.WithAPIKey(cfg.APIKey))
	}
	m.chat = openai.NewChatCompletionService(options...)
	return m, nil
}

// CacheKey names the answer for a text by this model.
func (m *Model) CacheKey(in Input) string { return cacheKey(m.cfg.Model, in.VisibleText) }

// Classify asks the model. Its error is ErrStopped, wrapped, when this run will get no answers any more, and otherwise concerns this reply
// alone; either way the reply can be tried again in a later run.
func (m *Model) Classify(ctx context.Context, in Input) (outreach.Classification, error) {
	ctx, cancel := context.WithTimeout(ctx, m.cfg.Timeout)
	defer cancel()
	leave, err := m.enter(ctx)
	if err != nil {
		return outreach.Classification{}, err
	}
	content, tokens, err := m.ask(ctx, in)
	leave(err)
	if err != nil {
		return outreach.Classification{}, err
	}
	c, err := readAnswer(content, in)
	c.Model, c.Tokens = m.cfg.Model, tokens
	return c, err
}

// enter lets a call begin: the first one alone, the others once that has shown that the endpoint takes us. leave tells how it went.
func (m *Model) enter(ctx context.Context) (leave func(error), err error) {
	if m.known() {
		return func(error) {}, m.open()
	}
	select {
	case m.first <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the first answer: %w", ctx.Err())
	}
	leave = func(err error) {
		if !errors.Is(err, ErrStopped) {
			m.mu.Lock()
			m.proven = true
			m.mu.Unlock()
		}
		<-m.first
	}
	if err := m.open(); err != nil {
		<-m.first
		return nil, err
	}
	return leave, nil
}

func (m *Model) known() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.proven
}

// open returns why no call may be made in this run, or nil.
func (m *Model) open() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused
}

// ask makes the call, and again where a moment's trouble or an unknown parameter calls for it. A dialect that worked is kept.
func (m *Model) ask(ctx context.Context, in Input) (content string, tokens int, err error) {
	m.mu.Lock()
	speak := m.dialect
	m.mu.Unlock()
	for try := 1; ; {
		if err := m.permit(ctx); err != nil {
			return "", 0, err
		}
		content, tokens, err := m.call(ctx, speak, in)
		if err == nil {
			m.mu.Lock()
			m.dialect = speak
			m.mu.Unlock()
			return content, tokens, nil
		}
		refusal, isStatus := errors.AsType[*statusError](err)
		switch simpler, ok := speak.simpler(refusal); {
		case ctx.Err() != nil:
			return "", 0, fmt.Errorf("no answer within %s: %w", m.cfg.Timeout, context.Cause(ctx))
		case isStatus && refusal.final():
			return "", 0, m.refuse(refusal)
		case ok:
			speak = simpler
		case isStatus && !refusal.passing(), !isStatus && !isTransport(err), try == maxTries:
			return "", 0, err
		default:
			if err := m.pause(ctx, refusal, try); err != nil {
				return "", 0, errors.Join(err, refusal)
			}
			try++
		}
	}
}

// isTransport tells whether a request got no response at all, which may be a moment's trouble.
func isTransport(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// permit takes a call from the run's budget, after the quiet that the endpoint asked for.
func (m *Model) permit(ctx context.Context) error {
	m.mu.Lock()
	quiet := m.notBefore.Sub(m.cfg.Now())
	m.mu.Unlock()
	if err := wait(ctx, quiet); err != nil {
		return fmt.Errorf("the model asks for quiet: %w", ErrStopped)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.refused != nil:
		return m.refused
	case m.cfg.MaxCalls > 0 && m.calls >= m.cfg.MaxCalls:
		return fmt.Errorf("all %d calls made: %w", m.cfg.MaxCalls, ErrStopped)
	}
	m.calls++
	return nil
}

// refuse ends the run's calls: the settings are wrong, and more calls would be answered alike. It says so once.
func (m *Model) refuse(refusal *statusError) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refused == nil {
		m.refused = fmt.Errorf("%w: %w", refusal, ErrStopped)
		m.cfg.Log.Error("the model endpoint refuses; replies stay pending until AI_API_KEY, AI_BASE_URL and AI_MODEL are right",
			"url", m.cfg.BaseURL, "model", m.cfg.Model, "status", refusal.status, "answer", refusal.excerpt)
	}
	return m.refused
}

// pause waits before the next try: as long as the server asked, for everyone, or a growing moment. What would end after the deadline is not
// waited for.
func (m *Model) pause(ctx context.Context, refusal *statusError, try int) error {
	pause := firstPause << (try - 1)
	if refusal != nil {
		if asked := refusal.retryAfter(m.cfg.Now()); asked > 0 {
			pause = asked
			m.mu.Lock()
			m.notBefore = m.cfg.Now().Add(asked)
			m.mu.Unlock()
		}
	}
	return wait(ctx, pause)
}

// errTooLong says that a pause would end after the deadline.
var errTooLong = errors.New("the pause asked for is longer than the time left")

// wait lets time pass, unless the context would end before.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return errTooLong
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
