package transport

import (
	"slices"
)

// ticket is a place in the queue.
type ticket struct {
	need   map[string]int // permits by host
	ready  chan struct{}  // closed when they are taken
	taken  bool
	passed int // how often a later ticket was served from a host that this one needs
}

// shares reports whether two tickets need the same host.
func (t *ticket) shares(other *ticket) bool {
	for host := range t.need {
		if other.need[host] > 0 {
			return true
		}
	}
	return false
}

// hasRoom reports whether a host can give n permits. One that is not asked for anything always can, or a limit below n would
// block for ever.
func (h *hostLimit) hasRoom(n int) bool {
	return h.pauses == 0 && (h.used == 0 || h.used+n <= h.limit)
}

// dispatch serves the queue. The first ticket that lacks a host is the first to get it, so later ones wait for that
// host too. For its other hosts, later tickets may be served before it, but not for ever: after a while they
// wait for those too, unless one of its hosts takes no requests at all.
func (l *Limiter) dispatch() {
	reserved := map[string]bool{}
	var waiting []*ticket
	for _, t := range l.queue {
		if l.serves(t, reserved) {
			l.serve(t, waiting)
			continue
		}
		waiting = append(waiting, t)
		paused := false
		for host := range t.need {
			paused = paused || l.host(host).pauses > 0
		}
		for host, n := range t.need {
			if !l.host(host).hasRoom(n) || t.passed >= passMost && !paused {
				reserved[host] = true
			}
		}
	}
	l.queue = waiting
}

// serves reports whether every host of a ticket has room that is not reserved.
func (l *Limiter) serves(t *ticket, reserved map[string]bool) bool {
	for host, n := range t.need {
		if reserved[host] || !l.host(host).hasRoom(n) {
			return false
		}
	}
	return true
}

// serve takes the permits of a ticket, before those that wait longer.
func (l *Limiter) serve(t *ticket, before []*ticket) {
	for host, n := range t.need {
		l.host(host).used += n
	}
	for _, b := range before {
		if b.shares(t) {
			b.passed++
		}
	}
	t.taken = true
	close(t.ready)
}

// enqueue adds a ticket and serves it if there is room. It locks the mutex itself, as does giveBack.
func (l *Limiter) enqueue(need map[string]int) *ticket {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &ticket{need: need, ready: make(chan struct{})}
	l.queue = append(l.queue, t)
	l.dispatch()
	return t
}

// giveBack ends a ticket, whether it waits or has its permits.
func (l *Limiter) giveBack(t *ticket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.taken {
		for host, n := range t.need {
			l.host(host).used -= n
		}
	} else {
		l.queue = slices.DeleteFunc(l.queue, func(other *ticket) bool { return other == t })
	}
	l.dispatch()
}
