package classify

import (
	"math"
	"slices"
	"strings"

	"mailrun/pkg/outreach"
)

// verdict is what a model that knows nothing of an example's author says of it.
type verdict struct {
	scores   []float64 // per intent
	evidence evidence
	optOut   float64 // what the evidence comes to
}

// The goals for opt-outs, which the threshold is chosen for.
const (
	goalPrecision = 0.98
	goalRecall    = 0.96
)

// calibrate finds what makes probabilities come true for authors that were not learned from.
func (w *weights) calibrate(judged []example, verdicts []verdict) {
	w.weigh(judged, verdicts)
	w.Threshold = threshold(judged, verdicts)
	w.Slope = leastSurprise(0.2, 3, func(slope float64) (surprise float64) {
		for i, v := range verdicts {
			p := logistic((v.optOut - float64(w.Threshold)) * slope)
			if judged[i].intent != intentOptOut {
				p = 1 - p
			}
			surprise -= math.Log(p + 1e-9)
		}
		return surprise
	})
	p := make([]float64, len(outreach.Intents))
	w.Temperature = leastSurprise(0.2, 6, func(t float64) (surprise float64) {
		for i, v := range verdicts {
			if judged[i].intent == intentOptOut {
				continue
			}
			for k := range p {
				p[k] = v.scores[k] / t
			}
			withoutOptOut(p)
			softmax(p)
			surprise -= math.Log(p[judged[i].intent] + 1e-9)
		}
		return surprise
	})
}

// weigh finds how much each piece of evidence counts: each in turn takes the value at which the truth was expected most, until all have had
// their turn several times; and adds up the verdicts' evidence so.
func (w *weights) weigh(judged []example, verdicts []verdict) {
	const rounds = 6
	w.Evidence = evenly
	for range rounds {
		for piece, within := range evidenceRange {
			w.Evidence[piece] = leastSurprise(within[0], within[1], func(value float64) (surprise float64) {
				tried := w.Evidence
				tried[piece] = float32(value)
				for i, v := range verdicts {
					p := logistic(tried.of(v.evidence))
					if judged[i].intent != intentOptOut {
						p = 1 - p
					}
					surprise -= math.Log(p + 1e-9)
				}
				return surprise
			})
		}
	}
	for i := range verdicts {
		verdicts[i].optOut = w.Evidence.of(verdicts[i].evidence)
	}
}

// leastSurprise tries values of a parameter and returns that at which what came true was expected most.
func leastSurprise(from, to float64, surprise func(float64) float64) float32 {
	best, least := from, math.Inf(1)
	for x := from; x < to; x += 0.1 {
		if s := surprise(x); s < least {
			best, least = x, s
		}
	}
	return float32(best)
}

// threshold is the score from which on a text is taken for an opt-out: where precision and recall come nearest to their goals, the one as
// near as the other.
func threshold(judged []example, verdicts []verdict) float32 {
	order := make([]int, len(judged))
	total := 0
	for i, e := range judged {
		order[i] = i
		if e.intent == intentOptOut {
			total++
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case verdicts[a].optOut > verdicts[b].optOut:
			return -1
		case verdicts[a].optOut < verdicts[b].optOut:
			return 1
		}
		return 0
	})
	best, least, right := 0.0, math.Inf(1), 0
	for n, i := range order {
		if judged[i].intent == intentOptOut {
			right++
		}
		short := max(goalPrecision-ratio(right, n+1), goalRecall-ratio(right, total))
		if short < least {
			best, least = verdicts[i].optOut, short
		}
	}
	return float32(best)
}

// CrossValidate reports how well strangers' replies are labelled, for each set of judges: each row by a model that knows nothing of its
// author.
func CrossValidate(known []Row, judges ...[]Row) []Report {
	all := slices.Concat(judges...)
	judged := examplesOf(all)
	verdicts := crossValidate(examplesOf(known), judged)
	w := &weights{}
	w.calibrate(judged, verdicts)
	answers := make([]outreach.Classification, len(all))
	for i, v := range verdicts {
		answers[i].Intent, answers[i].Confidence = decide(w.calibrated(v.scores, v.optOut))
	}
	reports := make([]Report, len(judges))
	for i, rows := range judges {
		reports[i] = reportOf(rows, answers[:len(rows)], make([]bool, len(rows)))
		answers = answers[len(rows):]
	}
	return reports
}

// nameOnly is an author's name without the language; who writes in several languages is one author.
func nameOnly(author string) string {
	if _, name, ok := strings.Cut(author, "-"); ok {
		return name
	}
	return author
}

// crossValidate judges every example by a model that knows nothing of its author.
func crossValidate(known, judged []example) []verdict {
	authors := []string{}
	for _, e := range judged {
		if name := nameOnly(e.author); !slices.Contains(authors, name) {
			authors = append(authors, name)
		}
	}
	verdicts := make([]verdict, len(judged))
	for fold := range folds {
		apart := func(e example) bool { return slices.Index(authors, nameOnly(e.author))%folds == fold }
		m := fit(slices.Concat(known, slices.DeleteFunc(slices.Clone(judged), apart)), 1)
		for i, e := range judged {
			if apart(e) {
				verdicts[i].scores = m.intents.scores(e.whole)
				verdicts[i].evidence = m.optOut.evidence(e, verdicts[i].scores)
			}
		}
	}
	return verdicts
}
