package classify

// evidence is what speaks for an opt-out: what the whole text says of it, what its plainest and its second plainest part say, how much the
// model of intents prefers it to all others, whether the words of one stand there at all and whether as a request in plain words, and one
// that is always the same.
type evidence [7]float64

// weighing is how much each piece of evidence counts.
type weighing [len(evidence{})]float32

// evenly counts alike what was learned, and nothing else; calibration goes on from there, within evidenceRange.
var (
	evenly        = weighing{1, 1, 0, 1, 0, 0, 0}
	evidenceRange = [len(evidence{})][2]float64{{0, 2}, {0, 2}, {-1, 1}, {0, 2}, {-2, 2}, {-2, 2}, {-4, 4}}
)

// leastPart is what the second plainest part says where there is none, or where it says still less.
const leastPart = -6

// gather puts evidence together.
func gather(whole float64, parts, scores []float64, a asked) evidence {
	x := evidence{whole, 0, leastPart, logOdds(scores), 0, 0, 1}
	for i, part := range parts {
		switch {
		case i == 0:
			x[1] = part
		case part > x[1]:
			x[1], x[2] = part, max(x[1], leastPart)
		default:
			x[2] = max(x[2], part)
		}
	}
	switch a {
	case askedMaybe:
		x[4] = 1
	case askedPlainly:
		x[5] = 1
	}
	return x
}

// of adds up weighed evidence.
func (w weighing) of(x evidence) float64 {
	sum := 0.0
	for i, v := range x {
		sum += float64(float64(w[i]) * v)
	}
	return sum
}
