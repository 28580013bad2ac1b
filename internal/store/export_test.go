package store

// SetLeast changes how many runs are worth slicing.
func (l *RunListing) SetLeast(n int64) { l.least = n }

// StartTime is when a process started.
var StartTime = startTime

// SyncFields are what is read of a mailbox to sync it.
var SyncFields = syncFields
