package store

// SetLeast changes how many runs are worth slicing.
func (l *RunListing) SetLeast(n int64) { l.least = n }
