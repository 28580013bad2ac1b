package classify

import (
	"math"
	"math/rand/v2"
	"slices"

	"mailrun/pkg/outreach"
)

// The training's measures, chosen by cross-validation over authors.
const (
	epochs   = 60
	learning = 0.1
	decay    = 5e-4
	seed     = 20260513
	folds    = 4
	// humility flattens probabilities beyond what cross-validation asks for: whoever wrote the concepts knew the rows, so strangers' words
	// surprise more than the folds show.
	humility = 1.6
)

// example is a row ready for training.
type example struct {
	features []feature
	intent   int
	author   string
}

// Train makes the built-in classifier's weights from labelled rows, packed. The same rows give the same bytes: rows are visited in an order
// drawn from a fixed seed, and nothing depends on the order of a map.
func Train(rows []Row) ([]byte, error) {
	examples := make([]example, len(rows))
	for i, row := range rows {
		examples[i] = example{read(row.Text).features(), slices.Index(outreach.Intents, row.Label), row.Author}
	}
	w := fit(examples).quantize()
	w.Temperature = humility * temperature(examples)
	return w.pack()
}

// linear is the model while it learns.
type linear struct {
	weights, squares []float64 // buckets × intents; squares are AdaGrad's
}

// fit learns by stochastic gradient descent on the cross-entropy, with AdaGrad's steps (Duchi, Hazan, Singer 2011) and weight decay.
func fit(examples []example) *linear {
	n := len(outreach.Intents)
	m := &linear{make([]float64, buckets*n), make([]float64, buckets*n)}
	draw := rand.New(rand.NewPCG(seed, seed))
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	for range epochs {
		draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			m.step(examples[i])
		}
	}
	return m
}

func (m *linear) scores(f []feature) []float64 {
	n := len(outreach.Intents)
	p := make([]float64, n)
	for _, x := range f {
		for i, w := range m.weights[int(x.bucket)*n:][:n] {
			p[i] += w * float64(x.value)
		}
	}
	return p
}

// step moves the weights towards one example.
func (m *linear) step(e example) {
	n := len(outreach.Intents)
	p := m.scores(e.features)
	softmax(p)
	p[e.intent]--
	for _, x := range e.features {
		at := int(x.bucket) * n
		for i, wrong := range p {
			g := wrong*float64(x.value) + decay*m.weights[at+i]
			m.squares[at+i] += g * g
			m.weights[at+i] -= learning * g / (1e-2 + math.Sqrt(m.squares[at+i]))
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
			top = math.Max(top, math.Abs(m.weights[at]))
		}
		w.Scale[i] = float32(top / 127)
		for at := i; at < len(m.weights); at += n {
			w.Values[at] = int8(math.Round(m.weights[at] / top * 127))
		}
	}
	return w
}

// temperature finds what makes probabilities come true for authors that were not learned from: the one of least surprise over the folds.
func temperature(examples []example) float32 {
	scores, truth := crossValidate(examples)
	best, least := 1.0, math.Inf(1)
	for t := 0.2; t < 4; t += 0.1 {
		surprise := 0.0
		for i, s := range scores {
			p := make([]float64, len(s))
			for k := range s {
				p[k] = s[k] / t
			}
			softmax(p)
			surprise -= math.Log(p[truth[i]] + 1e-9)
		}
		if surprise < least {
			best, least = t, surprise
		}
	}
	return float32(best)
}

// crossValidate scores every example by a model that knows nothing of its author.
func crossValidate(examples []example) (scores [][]float64, truth []int) {
	authors := []string{}
	for _, e := range examples {
		if !slices.Contains(authors, e.author) {
			authors = append(authors, e.author)
		}
	}
	for fold := range folds {
		var known, unknown []example
		for _, e := range examples {
			if slices.Index(authors, e.author)%folds == fold {
				unknown = append(unknown, e)
			} else {
				known = append(known, e)
			}
		}
		m := fit(known)
		for _, e := range unknown {
			scores, truth = append(scores, m.scores(e.features)), append(truth, e.intent)
		}
	}
	return scores, truth
}
