package classify

import (
	"math"
	"math/rand/v2"
)

// detector learns whether a text asks to be left alone, which is one thing to say beside whatever else is said: from what a whole text says of
// it and what its plainest sentence or clause says.
type detector struct{ whole, part column }

func newDetector(places int) *detector { return &detector{make(column, places), make(column, places)} }

// column is one weight per place while it learns; squares are AdaGrad's.
type column []struct{ weight, square float32 }

// score adds up what features weigh.
func (c column) score(f []feature) float64 {
	sum := float32(0)
	for _, x := range f {
		sum += float32(c[x.bucket].weight * x.value)
	}
	return float64(sum)
}

// move goes a step against a slope.
func (c column) move(f []feature, slope float32) {
	for _, x := range f {
		at := &c[x.bucket]
		at.weight, at.square = stepped(at.weight, at.square, float32(slope*x.value))
	}
}

// plainest is the part that asks most to be left alone, and its score; nil and nothing where there is none.
func (c column) plainest(parts [][]feature) (best []feature, score float64) {
	for _, s := range parts {
		if v := c.score(s); best == nil || v > score {
			best, score = s, v
		}
	}
	return best, score
}

// evidence is what speaks for a text's asking to be left alone.
func (d *detector) evidence(e example, scores []float64) evidence {
	parts := make([]float64, len(e.parts))
	for i, p := range e.parts {
		parts[i] = d.part.score(p)
	}
	return gather(d.whole.score(e.whole), parts, scores, e.asked)
}

// joining is the share of visits at which a text is joined with another one of its language that is no opt-out: an opt-out stays one whatever
// stands beside it, and how long a text is says nothing of it.
const joining = 0.3

// detect learns by stochastic gradient descent on the logistic loss, as descend does. Of an example's parts the one moves that is the
// plainest so far.
func detect(examples []example, places int, run uint64) *detector {
	d := newDetector(places)
	draw := rand.New(rand.NewPCG(seed, 1<<32+run))
	others := bystanders(examples)
	order := inOrder(len(examples))
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
	joined.parts = append(append(joined.parts, e.parts...), beside.parts...)
	return joined
}

// step moves both columns towards one example; kept is scratch space.
func (d *detector) step(e example, draw *rand.Rand, kept *[]feature) {
	plainest, _ := d.part.plainest(e.parts)
	*kept = hide((*kept)[:0], e.whole, draw)
	n := len(*kept)
	*kept = hide(*kept, plainest, draw)
	whole, part := (*kept)[:n], (*kept)[n:]
	slope := logistic(d.whole.score(whole) + d.part.score(part))
	if e.intent == intentOptOut {
		slope--
	}
	if math.Abs(slope) > settled {
		d.whole.move(whole, float32(slope))
		d.part.move(part, float32(slope))
	}
}

// hide appends the features that one visit sees, half of them, so that no single word decides alone: strangers use others. Each bit of a draw
// decides on one.
func hide(kept, f []feature, draw *rand.Rand) []feature {
	var bits uint64
	for i, x := range f {
		if i%64 == 0 {
			bits = draw.Uint64()
		}
		if bits&1 == 1 {
			kept = append(kept, feature{x.bucket, 2 * x.value})
		}
		bits >>= 1
	}
	return kept
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
