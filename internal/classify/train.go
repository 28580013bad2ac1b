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
	whole            []feature
	sentences        [][]feature
	intent           int
	language, author string
}

// Train makes the built-in classifier's weights from labelled rows, packed. Probabilities are calibrated on the rows of judges, by models
// that know nothing of their authors: give as judges rows that are like what is to be labelled. The same rows give the same bytes: they are
// visited in an order drawn from a fixed seed, nothing depends on the order of a map, and products are rounded before they are added up, so
// that processors with fused arithmetic agree.
func Train(rows, judges []Row) ([]byte, error) {
	known, judged := examplesOf(rows), examplesOf(judges)
	w := fit(slices.Concat(known, judged), runs).quantize()
	w.calibrate(judged, crossValidate(known, judged))
	w.Source = digest(rows, judges)
	return w.pack()
}

func examplesOf(rows []Row) []example {
	examples := make([]example, len(rows))
	inParallel(len(rows), func(i int) { examples[i] = exampleOf(rows[i]) })
	return examples
}

func exampleOf(row Row) example {
	r := read(row.Text)
	e := example{whole: merge(r.features()), intent: slices.Index(outreach.Intents, row.Label), language: row.Language, author: row.Author}
	for _, part := range r.sentences() {
		e.sentences = append(e.sentences, merge(part.features()))
	}
	return e
}

// inParallel does n things that do not depend on one another, a few at a time: some hold large tables.
func inParallel(n int, do func(i int)) {
	var group errgroup.Group
	group.SetLimit(2)
	for i := range n {
		group.Go(func() error { do(i); return nil })
	}
	_ = group.Wait() // none fails
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

// model is what is learned from examples: all intents, and the detector of opt-outs.
type model struct {
	intents *linear
	optOut  *detector
}

// linear is the model of intents while it learns.
type linear struct{ weights, squares []float32 } // buckets × intents; squares are AdaGrad's

func newLinear() *linear {
	return &linear{make([]float32, buckets*len(outreach.Intents)), make([]float32, buckets*len(outreach.Intents))}
}

// fit learns several times, each with other draws, and takes the mean: what happened to be hidden when matters less.
func fit(examples []example, times int) *model {
	whole := rarities(examples, func(e example) [][]feature { return [][]feature{e.whole} })
	sentence := rarities(examples, func(e example) [][]feature { return e.sentences })
	examples = weighed(examples, whole, sentence)
	intents, optOuts := make([]*linear, times), make([]*detector, times)
	inParallel(2*times, func(i int) {
		if run := uint64(i / 2); i%2 == 0 {
			intents[run] = descend(examples, run)
		} else {
			optOuts[run] = detect(examples, run)
		}
	})
	mean := &model{newLinear(), &detector{newColumn(), newColumn()}}
	for run := range times {
		addPart(mean.intents.weights, intents[run].weights, times)
		addPart(mean.optOut.whole.weights, optOuts[run].whole.weights, times)
		addPart(mean.optOut.sentence.weights, optOuts[run].sentence.weights, times)
	}
	// The rarities move into the weights, so that a classifier need not know them.
	scale(mean.intents.weights, whole, len(outreach.Intents))
	scale(mean.optOut.whole.weights, whole, 1)
	scale(mean.optOut.sentence.weights, sentence, 1)
	return mean
}

// addPart adds one of several models to their mean.
func addPart(mean, one []float32, times int) {
	for i, w := range one {
		mean[i] += float32(w / float32(times))
	}
}

// scale multiplies the weights of each bucket.
func scale(weights, by []float32, columns int) {
	for bucket, r := range by {
		for i := range columns {
			weights[bucket*columns+i] *= r
		}
	}
}

// descend learns by stochastic gradient descent on the cross-entropy, with AdaGrad's steps (Duchi, Hazan, Singer 2011), dropout and weight
// decay.
func descend(examples []example, run uint64) *linear {
	m := newLinear()
	draw := rand.New(rand.NewPCG(seed, run))
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	kept, p := []feature{}, make([]float64, len(outreach.Intents))
	for range epochs {
		draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			kept = hide(kept[:0], examples[i].whole, draw)
			m.step(kept, examples[i].intent, p)
		}
	}
	return m
}

// rarities tells how much a bucket's features count: the rarer, the more (inverse document frequency), but those of a single author nothing.
func rarities(examples []example, texts func(example) [][]feature) []float32 {
	total, count, first, several := 0, make([]int, buckets), make([]string, buckets), make([]bool, buckets)
	for _, e := range examples {
		for _, text := range texts(e) {
			total++
			for _, x := range text {
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
	}
	rarity := make([]float32, buckets)
	for i := range rarity {
		if several[i] {
			rarity[i] = float32(math.Sqrt(math.Log(float64(total)/float64(count[i])) / 5))
		}
	}
	return rarity
}

// weighed multiplies features by their rarity and leaves out those without any.
func weighed(examples []example, whole, sentence []float32) []example {
	out := make([]example, len(examples))
	for i, e := range examples {
		out[i] = example{whole: weigh(e.whole, whole), intent: e.intent, language: e.language, author: e.author}
		for _, s := range e.sentences {
			out[i].sentences = append(out[i].sentences, weigh(s, sentence))
		}
	}
	return out
}

func weigh(f []feature, rarity []float32) []feature {
	out := make([]feature, 0, len(f))
	for _, x := range f {
		if r := rarity[x.bucket]; r > 0 {
			out = append(out, feature{x.bucket, x.value * r})
		}
	}
	return out
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

// quantize rounds to eight bits, each column on its own scale.
func (m *model) quantize() *weights {
	w := &weights{Temperature: 1, Slope: 1, Scale: make([]float32, columns), Values: make([]int8, buckets*columns)}
	n := len(outreach.Intents)
	for c := range columns {
		from, step, offset := m.intents.weights, n, c
		switch c {
		case columnWhole:
			from, step, offset = m.optOut.whole.weights, 1, 0
		case columnSentence:
			from, step, offset = m.optOut.sentence.weights, 1, 0
		}
		top := 1e-9
		for at := offset; at < len(from); at += step {
			top = max(top, math.Abs(float64(from[at])))
		}
		w.Scale[c] = float32(top / 127)
		for bucket := range buckets {
			w.Values[bucket*columns+c] = int8(math.Round(float64(from[bucket*step+offset]) / top * 127))
		}
	}
	return w
}
