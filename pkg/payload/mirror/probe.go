package mirror

import "sync/atomic"

// A target that is new has none of the blobs, and asking for each of them would cost one request more for each. A target at
// which an earlier copy was interrupted has the first blobs, which are the biggest. A target with another release has some of
// them. So the first blobs are asked for, then one of several; once one is found, all that follow are asked for.
const (
	probeFirst = 24
	probeEvery = 16
)

// probe decides for which blobs the target is asked.
type probe struct {
	asked atomic.Int64
	found atomic.Bool
}

// asks reports whether to ask for the next blob.
func (p *probe) asks() bool {
	n := p.asked.Add(1) - 1
	return p.found.Load() || n < probeFirst || n%probeEvery == 0
}

// hit says that the target has a blob.
func (p *probe) hit() { p.found.Store(true) }
