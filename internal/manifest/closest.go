package manifest

import (
	"slices"
	"strings"
)

// Closest is the word of a list that was most likely meant; empty where none is close: more than a third
// of its letters would be others.
func Closest(word string, words []string) string {
	best, least := "", 0
	for _, other := range slices.Sorted(slices.Values(words)) {
		d := distance(strings.ToLower(word), strings.ToLower(other))
		if 3*d <= len(other) && (best == "" || d < least) {
			best, least = other, d
		}
	}
	return best
}

// distance is how many letters have to be added, left out or replaced (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
