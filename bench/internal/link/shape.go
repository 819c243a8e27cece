// Package link stands between a client and a server on one machine and makes the way between them as long
// and as narrow as a real one: a delay, a rate of all connections together, a rate of each.
//
// What it leaves out: slow start and losses. A real link therefore costs those more who open many connections.
package link

import "time"

// Shape is what a link does to what passes. The zero value does nothing.
type Shape struct {
	RoundTrip      time.Duration // half of it in each direction; making a connection takes one more
	Rate           int64         // bytes a second in each direction, of all connections together; 0 for no limit
	ConnectionRate int64         // bytes a second in each direction of one connection; 0 for no limit
}

// burst is how much a sender may make up for waking late, as time on the line.
const burst = 2 * time.Millisecond

// bucket gives out the time on a line of a fixed rate. It is not safe for concurrent use.
type bucket struct {
	rate int64 // bytes a second; 0 for no limit
	free time.Time
}

// reserve takes the line for n bytes that are ready at now, and tells when the last of them has left.
func (b *bucket) reserve(now time.Time, n int) time.Time {
	if b.rate == 0 {
		return now
	}
	if earliest := now.Add(-burst); b.free.Before(earliest) {
		b.free = earliest
	}
	b.free = b.free.Add(time.Duration(int64(n) * int64(time.Second) / b.rate))
	if b.free.Before(now) {
		return now
	}
	return b.free
}
