package inbox

// Point is a place between two steps of a commit. Tests kill the process at each of them.
type Point string

// The points in the order in which a batch of messages passes them.
const (
	Fetched     Point = "fetched"
	Weighed     Point = "weighed" // what the messages mean is known, and nothing of it written
	Applied     Point = "applied" // messages are stored, recipients, suppressions, deliveries and threads changed, the messages marked
	CursorSaved Point = "cursor-saved"
)

// Points lists all of them.
var Points = []Point{Fetched, Weighed, Applied, CursorSaved}

func (s *Syncer) at(p Point) {
	if s.At != nil {
		s.At(p)
	}
}
