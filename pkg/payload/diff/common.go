package diff

// maxCells limits the comparison of two lists, whose cost is the product of their lengths.
const maxCells = 250_000

// commonElements returns the positions of a longest sequence of texts that both lists have in the same order. Of very long lists
// that differ in the middle, it only returns what they have in common at both ends.
func commonElements(old, new []string) [][2]int {
	var common [][2]int
	start := 0
	for start < len(old) && start < len(new) && old[start] == new[start] {
		common = append(common, [2]int{start, start})
		start++
	}
	end := 0
	for end < len(old)-start && end < len(new)-start && old[len(old)-1-end] == new[len(new)-1-end] {
		end++
	}
	for _, pair := range longestCommon(old[start:len(old)-end], new[start:len(new)-end]) {
		common = append(common, [2]int{start + pair[0], start + pair[1]})
	}
	for ; end > 0; end-- {
		common = append(common, [2]int{len(old) - end, len(new) - end})
	}
	return common
}

// longestCommon returns a longest common subsequence, nil if it would cost too much.
func longestCommon(old, new []string) [][2]int {
	if len(old) == 0 || len(new) == 0 || len(old) > maxCells/len(new) {
		return nil
	}
	// length[i][j] is the length of the longest common sequence of old[i:] and new[j:].
	length := make([][]int32, len(old)+1)
	cells := make([]int32, (len(old)+1)*(len(new)+1))
	for i := range length {
		length[i] = cells[i*(len(new)+1) : (i+1)*(len(new)+1)]
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(new) - 1; j >= 0; j-- {
			if old[i] == new[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var common [][2]int
	for i, j := 0, 0; i < len(old) && j < len(new); {
		switch {
		case old[i] == new[j]:
			common = append(common, [2]int{i, j})
			i, j = i+1, j+1
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	return common
}
