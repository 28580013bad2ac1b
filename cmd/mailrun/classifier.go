package main

import (
	"context"
	"errors"

	"mailrun/internal/classify"
	"mailrun/pkg/outreach"
)

// classifier is the model that the settings name, else the built-in one.
func (a *app) classifier() (classify.Classifier, error) {
	ai := a.settings.AI
	if ai.BaseURL == "" {
		return builtinClassifier()
	}
	model, err := classify.NewModel(classify.ModelConfig{
		BaseURL: ai.BaseURL, APIKey: ai.APIKey.Reveal(), Model: ai.Name, Timeout: ai.Timeout, MaxCalls: ai.MaxCallsPerRun, Log: a.log,
	})
	if err != nil {
		return nil, inputError{err}
	}
	return model, nil
}

// classify labels the replies that wait for it.
func (a *app) classify(ctx context.Context) (classify.Counts, error) {
	c, err := a.classifier()
	if err != nil {
		return classify.Counts{}, err
	}
	st, err := a.Store(ctx)
	if err != nil {
		return classify.Counts{}, err
	}
	runner := &classify.Runner{Classifier: c, Store: st, MaxCalls: a.settings.AI.MaxCallsPerRun, Now: st.Now, Log: a.log}
	return runner.Run(ctx)
}

// rulesOnly stands in until the built-in classifier is here.
type rulesOnly struct{}

func (rulesOnly) Classify(context.Context, classify.Input) (outreach.Classification, error) {
	return outreach.Classification{}, errors.New("no classifier")
}
func (rulesOnly) CacheKey(classify.Input) string { return "" }

func builtinClassifier() (classify.Classifier, error) { return rulesOnly{}, nil }
