package classify

import (
	"math"
	"math/rand/v2"
)

// detector learns whether a text asks to be left alone, which is one thing to say beside whatever else is said: what a whole text says of it
// and what its plainest sentence says are added up, and to that how much the model of all intents prefers an opt-out.
type detector struct{ whole, sentence *column }

// column is one number per bucket while it learns; squares are AdaGrad's.
type column struct{ weights, squares []float32 }

func newColumn() *column { return &column{make([]float32, buckets), make([]float32, buckets)} }

// score adds up what features weigh.
func (c *column) score(f []feature) float64 {
	sum := float32(0)
	for _, x := range f {
		sum += float32(c.weights[x.bucket] * x.value)
	}
	return float64(sum)
}

// move goes one of AdaGrad's steps against a slope.
func (c *column) move(f []feature, slope float32) {
	for _, x := range f {
		g := float32(slope*x.value) + float32(decay*c.weights[x.bucket])
		c.squares[x.bucket] += float32(g * g)
		c.weights[x.bucket] -= float32(learning*g) / (1e-2 + float32(math.Sqrt(float64(c.squares[x.bucket]))))
	}
}

// plainest is the sentence that asks most to be left alone, and its score; nil and nothing where there is no sentence.
func (c *column) plainest(sentences [][]feature) (best []feature, score float64) {
	for _, s := range sentences {
		if v := c.score(s); best == nil || v > score {
			best, score = s, v
		}
	}
	return best, score
}

// score is how much a text asks to be left alone.
func (d *detector) score(e example) float64 {
	_, score := d.sentence.plainest(e.sentences)
	return d.whole.score(e.whole) + score
}

// joining is the share of visits at which a text is joined with another one of its language that is no opt-out: an opt-out stays one whatever
// stands beside it, and how long a text is says nothing of it.
const joining = 0.3

// detect learns by stochastic gradient descent on the logistic loss, as descend does. Of an example's sentences the one moves that is the
// plainest so far.
func detect(examples []example, run uint64) *detector {
	d := &detector{newColumn(), newColumn()}
	draw := rand.New(rand.NewPCG(seed, 1<<32+run))
	others := bystanders(examples)
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	kept := []feature{}
	for range epochs {
		draw.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			e := examples[i]
			if pool := others[e.language]; len(pool) > 0 && draw.Float32() < joining {
				e = join(e, examples[pool[draw.IntN(len(pool))]])
			}
			d.step(e, draw, &kept)
		}
	}
	return d
}

// bystanders are the examples of each language that may stand beside an opt-out: neither opt-outs nor what plays with them.
func bystanders(examples []example) map[string][]int {
	others := map[string][]int{}
	for i, e := range examples {
		if e.intent != intentOptOut && e.intent != intentOther {
			others[e.language] = append(others[e.language], i)
		}
	}
	return others
}

// join is the first example with the second's text beside it.
func join(e, beside example) example {
	n, m := float32(len(e.whole)), float32(len(beside.whole))
	joined := example{intent: e.intent, language: e.language, author: e.author, whole: make([]feature, 0, len(e.whole)+len(beside.whole))}
	for _, part := range []struct {
		of    []feature
		share float32
	}{{e.whole, n / (n + m)}, {beside.whole, m / (n + m)}} {
		root := float32(math.Sqrt(float64(part.share)))
		for _, x := range part.of {
			joined.whole = append(joined.whole, feature{x.bucket, x.value * root})
		}
	}
	joined.sentences = append(append(joined.sentences, e.sentences...), beside.sentences...)
	return joined
}

// step moves both columns towards one example; kept is scratch space.
func (d *detector) step(e example, draw *rand.Rand, kept *[]feature) {
	plainest, _ := d.sentence.plainest(e.sentences)
	*kept = hide((*kept)[:0], e.whole, draw)
	n := len(*kept)
	*kept = hide(*kept, plainest, draw)
	whole, sentence := (*kept)[:n], (*kept)[n:]
	slope := logistic(d.whole.score(whole) + d.sentence.score(sentence))
	if e.intent == intentOptOut {
		slope--
	}
	d.whole.move(whole, float32(slope))
	d.sentence.move(sentence, float32(slope))
}

// hide appends the features that one visit sees.
func hide(kept, f []feature, draw *rand.Rand) []feature {
	for _, x := range f {
		if draw.Float32() >= dropped {
			kept = append(kept, feature{x.bucket, x.value / (1 - dropped)})
		}
	}
	return kept
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
