package classify

import (
	"math"
	"math/rand/v2"
	"slices"

	"golang.org/x/sync/errgroup"

	"mailrun/pkg/outreach"
)

// The training's measures, chosen by cross-validation over authors.
const (
	epochs   = 14
	learning = 0.2
	decay    = 1e-4
	// dropped is the share of a text's features that each visit hides, so that no single word decides alone: strangers use others.
	dropped = 0.5
	seed    = 20260513
	runs    = 3
	folds   = 4
)

// example is a row ready for training.
type example struct {
	features []feature
	intent   int
	author   string
}

// Train makes the built-in classifier's weights from labelled rows, packed. Probabilities are calibrated on the rows of judges, by models
// that know nothing of their authors: give as judges those rows that nobody looked at when the lexicons were written. The same rows give the
// same bytes: they are visited in an order drawn from a fixed seed, nothing depends on the order of a map, and products are rounded before
// they are added up, so that processors with fused arithmetic agree.
func Train(rows, judges []Row) ([]byte, error) {
	known, judged := examplesOf(rows), examplesOf(judges)
	w := fit(slices.Concat(known, judged)).quantize()
	w.Temperature = temperature(known, judged)
	w.Source = digest(rows, judges)
	return w.pack()
}

func examplesOf(rows []Row) []example {
	examples := make([]example, len(rows))
	for i, row := range rows {
		examples[i] = example{merge(read(row.Text).features()), slices.Index(outreach.Intents, row.Label), row.Author}
	}
	return examples
}

// merge adds up features of one bucket.
func merge(f []feature) []feature {
	slices.SortFunc(f, func(a, b feature) int { return int(a.bucket) - int(b.bucket) })
	merged := f[:0]
	for _, x := range f {
		if n := len(merged); n > 0 && merged[n-1].bucket == x.bucket {
			merged[n-1].value += x.value
		} else {
			merged = append(merged, x)
		}
	}
	return merged
}

// linear is the model while it learns.
type linear struct{ weights, squares []float32 } // buckets × intents; squares are AdaGrad's

// fit learns several times, each with other draws, and takes the mean: what happened to be hidden when matters less.
func fit(examples []example) *linear {
	rarity := rarities(examples)
	examples = weighed(examples, rarity)
	mean := &linear{weights: make([]float32, buckets*len(outreach.Intents))}
	for run := range uint64(runs) {
		for i, w := range descend(examples, run).weights {
			mean.weights[i] += float32(w / runs)
		}
	}
	mean.scale(rarity)
	return mean
}

// descend learns by stochastic gradient descent on the cross-entropy, with AdaGrad's steps (Duchi, Hazan, Singer 2011), dropout and weight
// decay.
func descend(examples []example, run uint64) *linear {
	m := &linear{make([]float32, buckets*len(outreach.Intents)), make([]float32, buckets*len(outreach.Intents))}
	draw := rand.New(rand.NewPCG(seed, run))
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	kept, p := []feature{}, make([]float64, len(outreach.Intents))
	for range epochs {
		draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			kept = kept[:0]
			for _, x := range examples[i].features {
				if draw.Float32() >= dropped {
					kept = append(kept, feature{x.bucket, x.value / (1 - dropped)})
				}
			}
			m.step(kept, examples[i].intent, p)
		}
	}
	return m
}

// rarities tells how much a bucket's features count: the rarer, the more (inverse document frequency), but those of a single author nothing.
func rarities(examples []example) []float32 {
	count, first, several := make([]int, buckets), make([]string, buckets), make([]bool, buckets)
	for _, e := range examples {
		for _, x := range e.features {
			count[x.bucket]++
			switch first[x.bucket] {
			case "":
				first[x.bucket] = e.author
			case e.author:
			default:
				several[x.bucket] = true
			}
		}
	}
	rarity := make([]float32, buckets)
	for i := range rarity {
		if several[i] {
			rarity[i] = float32(math.Sqrt(math.Log(float64(len(examples))/float64(count[i])) / 5))
		}
	}
	return rarity
}

// weighed multiplies features by their rarity and leaves out those without any.
func weighed(examples []example, rarity []float32) []example {
	out := make([]example, len(examples))
	for i, e := range examples {
		out[i] = example{make([]feature, 0, len(e.features)), e.intent, e.author}
		for _, x := range e.features {
			if r := rarity[x.bucket]; r > 0 {
				out[i].features = append(out[i].features, feature{x.bucket, x.value * r})
			}
		}
	}
	return out
}

// scale moves the rarities into the weights, so that a classifier need not know them.
func (m *linear) scale(rarity []float32) {
	n := len(outreach.Intents)
	for bucket, r := range rarity {
		for i := range n {
			m.weights[bucket*n+i] *= r
		}
	}
}

// scores adds up what features say of each intent into p.
func (m *linear) scores(f []feature, p []float64) {
	clear(p)
	for _, x := range f {
		for i, w := range m.weights[int(x.bucket)*len(p):][:len(p)] {
			p[i] += float64(w * x.value)
		}
	}
}

// step moves the weights towards one example; p is scratch space.
func (m *linear) step(f []feature, intent int, p []float64) {
	m.scores(f, p)
	softmax(p)
	p[intent]--
	for _, x := range f {
		at := int(x.bucket) * len(p)
		weights, squares := m.weights[at:at+len(p)], m.squares[at:at+len(p)]
		for i := range weights {
			g := float32(float32(p[i])*x.value) + float32(decay*weights[i])
			squares[i] += float32(g * g)
			weights[i] -= float32(learning*g) / (1e-2 + float32(math.Sqrt(float64(squares[i]))))
		}
	}
}

// quantize rounds to eight bits, each intent on its own scale.
func (m *linear) quantize() *weights {
	n := len(outreach.Intents)
	w := &weights{Temperature: 1, Scale: make([]float32, n), Values: make([]int8, len(m.weights))}
	for i := range n {
		top := 1e-9
		for at := i; at < len(m.weights); at += n {
			top = max(top, math.Abs(float64(m.weights[at])))
		}
		w.Scale[i] = float32(top / 127)
		for at := i; at < len(m.weights); at += n {
			w.Values[at] = int8(math.Round(float64(m.weights[at]) / top * 127))
		}
	}
	return w
}

// temperature finds what makes probabilities come true for authors that were not learned from: the one of least surprise over the folds.
func temperature(known, judged []example) float32 {
	scores := crossValidate(known, judged)
	best, least := 1.0, math.Inf(1)
	p := make([]float64, len(outreach.Intents))
	for t := 0.2; t < 6; t += 0.1 {
		surprise := 0.0
		for i, s := range scores {
			for k := range s {
				p[k] = s[k] / t
			}
			softmax(p)
			surprise -= math.Log(p[judged[i].intent] + 1e-9)
		}
		if surprise < least {
			best, least = t, surprise
		}
	}
	return float32(best)
}

// CrossValidate reports how well strangers' replies are labelled: each row of judges by a model that knows nothing of its author.
func CrossValidate(known, judges []Row) Report {
	examples, judged := examplesOf(known), examplesOf(judges)
	scores := crossValidate(examples, judged)
	answers := make([]outreach.Classification, len(judges))
	for i := range judges {
		softmax(scores[i])
		answers[i].Intent, answers[i].Confidence = decide(scores[i])
		if asks(judges[i].Text) == askedPlainly && scores[i][intentOptOut] >= agreement {
			answers[i].Intent = outreach.IntentUnsubscribe
		}
	}
	return reportOf(judges, answers, make([]bool, len(judges)))
}

// crossValidate scores every judged example by a model that knows nothing of its author.
func crossValidate(known, judged []example) [][]float64 {
	authors := []string{}
	for _, e := range judged {
		if !slices.Contains(authors, e.author) {
			authors = append(authors, e.author)
		}
	}
	scores := make([][]float64, len(judged))
	var group errgroup.Group
	group.SetLimit(2) // each holds two tables of all weights
	for fold := range folds {
		group.Go(func() error {
			apart := func(e example) bool { return slices.Index(authors, e.author)%folds == fold }
			m := fit(slices.Concat(known, slices.DeleteFunc(slices.Clone(judged), apart)))
			for i, e := range judged {
				if apart(e) {
					scores[i] = make([]float64, len(outreach.Intents))
					m.scores(e.features, scores[i])
				}
			}
			return nil
		})
	}
	_ = group.Wait() // none fails
	return scores
}
