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
	epochs   = 8
	learning = 0.2
	decay    = 1e-4
	seed     = 20260513
	runs     = 4
	folds    = 4
)

// example is a row ready for training.
type example struct {
	whole            []feature
	parts            [][]feature
	asked            asked
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
	e := example{whole: merge(r.features()), asked: askedBy(r.hits), intent: slices.Index(outreach.Intents, row.Label), language: row.Language, author: row.Author}
	for _, part := range r.parts() {
		e.parts = append(e.parts, merge(part.features()))
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

// fit learns several times, each with other draws, and takes the mean: what happened to be hidden when matters less.
func fit(examples []example, times int) *model {
	g := survey(examples)
	examples = g.placed(examples)
	intents, optOuts := make([]*linear, times), make([]*detector, times)
	inParallel(2*times, func(i int) {
		if run := uint64(i / 2); i%2 == 0 {
			intents[run] = descend(examples, len(g.buckets), run)
		} else {
			optOuts[run] = detect(examples, len(g.buckets), run)
		}
	})
	return &model{meanIntents(g, intents), meanDetector(g, optOuts)}
}

// meanIntents is the mean of several models of intents. Rarities move into the weights, so that a classifier need not know them.
func meanIntents(g *ground, models []*linear) *linear {
	mean := newLinear(buckets)
	for place, bucket := range g.buckets {
		for _, m := range models {
			for i, w := range m.weights[place] {
				mean.weights[bucket][i] += float32(w / float32(len(models)))
			}
		}
		for i := range mean.weights[bucket] {
			mean.weights[bucket][i] *= g.whole[bucket]
		}
	}
	return mean
}

// meanDetector is the mean of several detectors, with the rarities in their weights.
func meanDetector(g *ground, detectors []*detector) *detector {
	mean := newDetector(buckets)
	for place, bucket := range g.buckets {
		for _, d := range detectors {
			mean.whole[bucket].weight += float32(d.whole[place].weight / float32(len(detectors)))
			mean.part[bucket].weight += float32(d.part[place].weight / float32(len(detectors)))
		}
		mean.whole[bucket].weight *= g.whole[bucket]
		mean.part[bucket].weight *= g.part[bucket]
	}
	return mean
}

// width is how many numbers a bucket has in a model of intents: one for each, and room up to a power of two, which processors like.
const width = 16

// linear is the model of intents while it learns.
type linear struct{ weights, squares [][width]float32 } // squares are AdaGrad's

func newLinear(places int) *linear {
	return &linear{make([][width]float32, places), make([][width]float32, places)}
}

// descend learns by stochastic gradient descent on the cross-entropy, with AdaGrad's steps (Duchi, Hazan, Singer 2011), dropout and weight
// decay.
func descend(examples []example, places int, run uint64) *linear {
	m := newLinear(places)
	draw := rand.New(rand.NewPCG(seed, run))
	order := inOrder(len(examples))
	kept := []feature{}
	for range epochs {
		draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			e := examples[i]
			kept = hide(kept[:0], e.whole, draw)
			m.step(kept, e.intent)
		}
	}
	return m
}

// inOrder are the numbers below n.
func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// ground is where something can be learned: the buckets with features of several authors, and how much they count.
type ground struct {
	buckets     []uint32 // the most frequent first: what is used often lies together
	place       []uint32 // by bucket, where in buckets it is
	whole, part []float32
}

func survey(examples []example) *ground {
	g := &ground{place: make([]uint32, buckets)}
	var inWholes, inParts []int
	g.whole, inWholes = rarities(examples, func(e example) [][]feature { return [][]feature{e.whole} })
	g.part, inParts = rarities(examples, func(e example) [][]feature { return e.parts })
	for bucket := range uint32(buckets) {
		if g.whole[bucket] > 0 || g.part[bucket] > 0 {
			g.buckets = append(g.buckets, bucket)
		}
	}
	slices.SortStableFunc(g.buckets, func(a, b uint32) int { return inWholes[b] + inParts[b] - inWholes[a] - inParts[a] })
	for i, bucket := range g.buckets {
		g.place[bucket] = uint32(i)
	}
	return g
}

// rarities tells how much a bucket's features count: the rarer, the more (inverse document frequency), but those of a single author nothing;
// and how often they occur.
func rarities(examples []example, texts func(example) [][]feature) (rarity []float32, count []int) {
	total, first, several := 0, make([]string, buckets), make([]bool, buckets)
	count = make([]int, buckets)
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
	rarity = make([]float32, buckets)
	for i := range rarity {
		if several[i] {
			rarity[i] = float32(math.Sqrt(math.Log(float64(total)/float64(count[i])) / 5))
		}
	}
	return rarity, count
}

// placed are examples whose features have places for buckets, are multiplied by their rarity, and are left out where nothing can be learned.
func (g *ground) placed(examples []example) []example {
	out := make([]example, len(examples))
	for i, e := range examples {
		out[i] = example{whole: g.weigh(e.whole, g.whole), asked: e.asked, intent: e.intent, language: e.language, author: e.author}
		for _, s := range e.parts {
			out[i].parts = append(out[i].parts, g.weigh(s, g.part))
		}
	}
	return out
}

func (g *ground) weigh(f []feature, rarity []float32) []feature {
	out := make([]feature, 0, len(f))
	for _, x := range f {
		if r := rarity[x.bucket]; r > 0 {
			out = append(out, feature{g.place[x.bucket], x.value * r})
		}
	}
	return out
}

// sums adds up what features say of each intent.
func (m *linear) sums(f []feature) (sums [width]float32) {
	for _, x := range f {
		for i, w := range &m.weights[x.bucket] {
			sums[i] += float32(w * x.value)
		}
	}
	return sums
}

// scores are the sums of the intents alone.
func (m *linear) scores(f []feature) []float64 {
	sums := m.sums(f)
	scores := make([]float64, len(outreach.Intents))
	for i := range scores {
		scores[i] = float64(sums[i])
	}
	return scores
}

// settled is how near to the truth a probability has to be for its weights to stay as they are.
const settled = 0.002

// step moves the weights towards one example: those of the intents that are not settled.
func (m *linear) step(f []feature, intent int) {
	slopes := m.scores(f)
	softmax(slopes)
	slopes[intent]--
	moving := make([]int, 0, width)
	for i, slope := range slopes {
		if math.Abs(slope) > settled {
			moving = append(moving, i)
		}
	}
	if len(moving) == 0 {
		return
	}
	for _, x := range f {
		weights, squares := &m.weights[x.bucket], &m.squares[x.bucket]
		for _, i := range moving {
			weights[i], squares[i] = stepped(weights[i], squares[i], float32(float32(slopes[i])*x.value))
		}
	}
}

// stepped is one of AdaGrad's steps against a slope, with weight decay.
func stepped(weight, square, slope float32) (newWeight, newSquare float32) {
	g := slope + float32(decay*weight)
	square += float32(g * g)
	return weight - float32(learning*g)/(1e-2+float32(math.Sqrt(float64(square)))), square
}

// quantize rounds to eight bits, each column on its own scale.
func (m *model) quantize() *weights {
	w := &weights{Temperature: 1, Slope: 1, Scale: make([]float32, columns), Values: make([]int8, buckets*columns)}
	for c := range columns {
		top := 1e-9
		for bucket := range buckets {
			top = max(top, math.Abs(float64(m.weight(bucket, c))))
		}
		w.Scale[c] = float32(top / 127)
		for bucket := range buckets {
			w.Values[bucket*columns+c] = int8(math.Round(float64(m.weight(bucket, c)) / top * 127))
		}
	}
	return w
}

// weight is a bucket's weight in a column.
func (m *model) weight(bucket, column int) float32 {
	switch column {
	case columnWhole:
		return m.optOut.whole[bucket].weight
	case columnPart:
		return m.optOut.part[bucket].weight
	}
	return m.intents.weights[bucket][column]
}
