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

	"mailrun/pkg/outreach"
)

//go:generate go run ./train

//go:embed weights.bin
var packedWeights []byte

// weights is a linear model: for each bucket one number per intent, of eight bits, times the intent's scale. Temperature flattens scores
// into probabilities that come true as often as they say. Source names what they were learned from.
type weights struct {
	Source      [sha256.Size]byte
	Temperature float32
	Scale       []float32 // per intent
	Values      []int8    // bucket after bucket
}

// weightsMagic begins the packed form and changes with it.
const weightsMagic = uint32(0x6d723102)

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
	for _, part := range []any{weightsMagic, w.Source, w.Temperature, w.Scale, w.Values} {
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
	n := len(outreach.Intents)
	const head = 4 + sha256.Size + 4
	if len(raw) != head+4*n+buckets*n || binary.LittleEndian.Uint32(raw) != weightsMagic {
		return nil, errors.New("the built-in classifier's weights are of another version; run go generate ./internal/classify")
	}
	w := &weights{Temperature: readFloat(raw[head-4:]), Scale: make([]float32, n), Values: make([]int8, buckets*n)}
	copy(w.Source[:], raw[4:])
	for i := range w.Scale {
		w.Scale[i] = readFloat(raw[head+4*i:])
	}
	for i, b := range raw[head+4*n:] {
		w.Values[i] = int8(b) //nolint:gosec // two's complement on purpose
	}
	return w, nil
}

func readFloat(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }

// probabilities weighs features and returns one probability per intent, in the order of outreach.Intents.
func (w *weights) probabilities(f []feature) []float64 {
	n := len(w.Scale)
	sums := make([]float64, n)
	for _, x := range f {
		row := w.Values[int(x.bucket)*n:][:n]
		for i, v := range row {
			sums[i] += float64(v) * float64(x.value)
		}
	}
	for i := range sums {
		sums[i] *= float64(w.Scale[i]) / float64(w.Temperature)
	}
	softmax(sums)
	return sums
}

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
