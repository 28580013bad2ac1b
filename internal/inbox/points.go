package inbox

// Point is a place between two steps of a commit. Tests kill the process at each of them.
type Point string

// The points in the order in which a batch of messages passes them.
const (
	Fetched     Point = "fetched"
	Stored      Point = "stored"
	Stopped     Point = "stopped" // recipients, suppressions and histories are changed
	Threaded    Point = "threaded"
	Marked      Point = "marked"
	CursorSaved Point = "cursor-saved"
)

// Points lists all of them.
var Points = []Point{Fetched, Stored, Stopped, Threaded, Marked, CursorSaved}

func (s *Syncer) at(p Point) {
	if s.At != nil {
		s.At(p)
	}
}
