package main

import (
	"context"

	"mailrun/internal/classify"
)

// classifier is the model that the settings name, else the built-in one.
func (a *app) classifier() (classify.Classifier, error) {
	ai := a.settings.AI
	if ai.BaseURL == "" {
		return classify.NewBuiltin()
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
