// Package measure runs programs and tells what they cost.
package measure

import (
	"math"
	"slices"
)

// Series is what a row was measured at, one value a run, in any order and unit.
type Series []float64

// Median is the value in the middle, or the mean of the two there; NaN when there are none.
func (s Series) Median() float64 {
	if len(s) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(s))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// Spread is the least and the greatest value; NaN when there are none.
func (s Series) Spread() (least, greatest float64) {
	if len(s) == 0 {
		return math.NaN(), math.NaN()
	}
	return slices.Min(s), slices.Max(s)
}

// Ratio is the median of s in medians of other; NaN when either has none or other's is nothing.
func (s Series) Ratio(other Series) float64 {
	divisor := other.Median()
	if divisor == 0 {
		return math.NaN()
	}
	return s.Median() / divisor
}

// Less is the series with every value less by an amount.
func (s Series) Less(amount float64) Series {
	less := make(Series, len(s))
	for i, v := range s {
		less[i] = v - amount
	}
	return less
}
