package sequence

// Point is a place between two steps of a delivery. Tests kill the process at each of them.
type Point string

// The points in the order in which a delivery passes them. BeforeMail to BeforeDot lie inside the SMTP transaction; Connected is passed
// once for each connection. Those before DATA may lie inside the transaction of the message before.
const (
	Claimed    Point = "claimed"
	Rendered   Point = "rendered"
	Connected  Point = "connected"
	Intended   Point = "intended" // the history is durable as sending
	BeforeMail Point = "before-mail"
	BeforeRcpt Point = "before-rcpt"
	BeforeData Point = "before-data"
	BeforeDot  Point = "before-dot" // the last piece of the message is about to leave
	Accepted   Point = "accepted"
	Recorded   Point = "recorded"
)

// Points lists all of them.
var Points = []Point{Claimed, Rendered, Connected, Intended, BeforeMail, BeforeRcpt, BeforeData, BeforeDot, Accepted, Recorded}

func (w *Worker) at(p Point) {
	if w.At != nil {
		w.At(p)
	}
}
