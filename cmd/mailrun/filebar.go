package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
)

// fileBar shows how far a file is read, on a terminal; off a terminal it shows nothing.
type fileBar struct{ bar *progressbar.ProgressBar }

func (a *app) fileBar(what string, file *os.File) *fileBar {
	info, err := file.Stat()
	if err != nil || !a.errTTY || a.global.quiet {
		return &fileBar{}
	}
	return &fileBar{bar: progressbar.NewOptions64(info.Size(),
		progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))}
}

// reader counts what is read of r.
func (b *fileBar) reader(r io.Reader) io.Reader {
	if b.bar == nil {
		return r
	}
	return io.TeeReader(r, b.bar)
}

// done takes the bar off the screen; it may be called twice.
func (b *fileBar) done() {
	if b.bar != nil {
		_ = b.bar.Finish() // a bar that cannot be drawn is no reason to stop
		b.bar = nil
	}
}

// copyBar shows how far a copy is, on a terminal; off a terminal it shows nothing.
type copyBar struct {
	bar        *progressbar.ProgressBar
	collection string
}

func (a *app) copyBar() *copyBar {
	if !a.errTTY || a.global.quiet {
		return &copyBar{}
	}
	return &copyBar{bar: progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(a.err), progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30))}
}

// at notes how many documents of a collection are over.
func (b *copyBar) at(collection string, done, total int64) {
	if b.bar == nil {
		return
	}
	if collection != b.collection {
		b.collection = collection
		b.bar.Describe(collection)
		b.bar.ChangeMax64(total)
	}
	_ = b.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (b *copyBar) done() {
	if b.bar != nil {
		_ = b.bar.Finish()
	}
}
