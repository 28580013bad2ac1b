package sequence

// Point is a place between two steps of a delivery. Tests kill the process at each of them.
type Point string

// The points in the order in which a delivery passes them. BeforeMail to BeforeDot lie inside the SMTP transaction.
const (
	Claimed    Point = "claimed"
	Connected  Point = "connected"
	Rendered   Point = "rendered"
	Intended   Point = "intended" // the history is durable as sending
	BeforeMail Point = "before-mail"
	BeforeRcpt Point = "before-rcpt"
	BeforeData Point = "before-data"
	BeforeDot  Point = "before-dot"
	AfterDot   Point = "after-dot" // the dot may have left, its answer is not read
	Accepted   Point = "accepted"
	Recorded   Point = "recorded"
)

// Points lists all of them.
var Points = []Point{Claimed, Connected, Rendered, Intended, BeforeMail, BeforeRcpt, BeforeData, BeforeDot, AfterDot, Accepted, Recorded}

func (w *Worker) at(p Point) {
	if w.At != nil {
		w.At(p)
	}
}
