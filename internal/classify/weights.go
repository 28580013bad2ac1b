package classify

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	_ "embed" // the weights
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"mailrun/pkg/outreach"
)

//go:generate go run ./train

//go:embed weights.bin
var packedWeights []byte

// weights is a linear model: for each bucket one number per column, of eight bits, times the column's scale. The columns are the intents,
// and two more of the detector of opt-outs: what a whole text says of it, and what a sentence or clause says. Temperature flattens the scores of the
// other intents into probabilities that come true as often as they say. Evidence of an opt-out is weighed and added up; from Threshold on a
// text is one, and the Slope makes a probability of how far it is from there. Source names what they were learned from.
type weights struct {
	Source                        [sha256.Size]byte
	Temperature, Threshold, Slope float32
	Evidence                      weighing
	Scale                         []float32 // per column
	Values                        []int8    // bucket after bucket
}

// The detector's columns follow the intents.
var (
	columnWhole = len(outreach.Intents)
	columnPart  = columnWhole + 1
	columns     = columnPart + 1
)

// weightsMagic begins the packed form and changes with it.
const weightsMagic = uint32(0x6d723104)

// digest names what weights are learned from: the rows and the lexicons. A test compares it, which takes less time than learning again.
func digest(rows ...[]Row) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range rows {
		for _, row := range part {
			fmt.Fprintf(h, "%q %s %s\n", row.Text, row.Label, row.Author)
		}
		fmt.Fprintln(h)
	}
	for _, name := range append([]string{"shared"}, Languages...) {
		for line, err := range lexiconLines(name) {
			fmt.Fprintln(h, line, err)
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// pack writes weights: the same weights give the same bytes.
func (w *weights) pack() ([]byte, error) {
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	for _, part := range []any{weightsMagic, w.Source, w.Temperature, w.Threshold, w.Slope, w.Evidence, w.Scale, w.Values} {
		if err := binary.Write(z, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	err = z.Close()
	return out.Bytes(), err
}

// unpack reads what pack wrote.
func unpack(packed []byte) (*weights, error) {
	z := flate.NewReader(bytes.NewReader(packed))
	raw, err := io.ReadAll(z)
	if err != nil {
		return nil, errors.Join(errors.New("the built-in classifier's weights are damaged"), err)
	}
	const (
		calibration = 4 + sha256.Size
		head        = calibration + (3+len(weighing{}))*4
	)
	if len(raw) != head+4*columns+buckets*columns || binary.LittleEndian.Uint32(raw) != weightsMagic {
		return nil, errors.New("the built-in classifier's weights are of another version; run go generate ./internal/classify")
	}
	w := &weights{
		Temperature: readFloat(raw[calibration:]), Threshold: readFloat(raw[calibration+4:]), Slope: readFloat(raw[calibration+8:]),
		Scale: make([]float32, columns), Values: make([]int8, buckets*columns),
	}
	copy(w.Source[:], raw[4:])
	for i := range w.Evidence {
		w.Evidence[i] = readFloat(raw[calibration+12+4*i:])
	}
	for i := range w.Scale {
		w.Scale[i] = readFloat(raw[head+4*i:])
	}
	for i, b := range raw[head+4*columns:] {
		w.Values[i] = int8(b) //nolint:gosec // two's complement on purpose
	}
	return w, nil
}

func readFloat(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

// probabilities weighs a text and returns one probability per intent, in the order of outreach.Intents.
func (w *weights) probabilities(r reading) []float64 {
	whole := r.features()
	scores := w.scores(whole)
	var parts []float64
	for _, part := range r.parts() {
		parts = append(parts, w.score(part.features(), columnPart))
	}
	return w.calibrated(scores, w.Evidence.of(gather(w.score(whole, columnWhole), parts, scores, askedBy(r.hits))))
}

// scores adds up what features say of each intent.
func (w *weights) scores(f []feature) []float64 {
	sums := make([]float64, len(outreach.Intents))
	for _, x := range f {
		row := w.Values[int(x.bucket)*columns:][:len(sums)]
		for i, v := range row {
			sums[i] += float64(v) * float64(x.value)
		}
	}
	for i := range sums {
		sums[i] *= float64(w.Scale[i])
	}
	return sums
}

// score adds up what features say in one column.
func (w *weights) score(f []feature, column int) float64 {
	sum := 0.0
	for _, x := range f {
		sum += float64(w.Values[int(x.bucket)*columns+column]) * float64(x.value)
	}
	return sum * float64(w.Scale[column])
}

// calibrated turns scores into probabilities in place: an opt-out's first, the others share what it leaves.
func (w *weights) calibrated(scores []float64, optOut float64) []float64 {
	for i := range scores {
		scores[i] /= float64(w.Temperature)
	}
	withoutOptOut(scores)
	softmax(scores)
	p := logistic((optOut - float64(w.Threshold)) * float64(w.Slope))
	for i := range scores {
		scores[i] *= 1 - p
	}
	scores[intentOptOut] = p
	return scores
}

// logOdds is how much scores prefer an opt-out to all other intents together.
func logOdds(scores []float64) float64 {
	others := slices.Clone(scores)
	withoutOptOut(others)
	top, sum := slices.Max(others), 0.0
	for _, s := range others {
		sum += math.Exp(s - top)
	}
	return scores[intentOptOut] - top - math.Log(sum)
}

// withoutOptOut leaves opt-outs out of a contest.
func withoutOptOut(scores []float64) { scores[intentOptOut] = math.Inf(-1) }

// softmax turns scores into probabilities in place.
func softmax(x []float64) {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	sum := 0.0
	for i, v := range x {
		x[i] = math.Exp(v - top)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}
