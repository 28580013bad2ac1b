package mailbox

import (
	"context"
	"fmt"
	"sync"

	"mailrun/pkg/outreach"
)

// Place is room for one connection in the limits. Whoever would have to wait for it waits before taking what others could use meanwhile, a
// mailbox's lease for one. The connection that is opened in it gives it back when it closes.
type Place struct {
	once sync.Once
	free func()
}

// Place waits for room for a connection through one of the mailbox's doors. It fails only when ctx ends: the mailbox has no part in it.
func (d *Dialer) Place(ctx context.Context, mb *outreach.Mailbox, door Door) (*Place, error) {
	server := serverOf(mb, door)
	free, err := d.Limits.Acquire(ctx, door, server.Host)
	if err != nil {
		return nil, fmt.Errorf("%s: wait for a free connection to %s: %w", door, address(server), err)
	}
	return &Place{free: free}, nil
}

// Free gives the place back, once. No place is freed already.
func (p *Place) Free() {
	if p != nil {
		p.once.Do(p.free)
	}
}
