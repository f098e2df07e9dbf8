package manifest

import (
	"slices"
	"strings"
)

// Closest is the word of a list that was most likely meant; empty where none is close: more than a third
// of its letters would be others.
func Closest(word string, words []string) string {
	best, least := "", 0
	words = slices.DeleteFunc(slices.Clone(words), func(other string) bool {
		return 3*max(len(word)-len(other), len(other)-len(word)) > len(other) // the letters that one has more are others
	})
	for _, other := range slices.Sorted(slices.Values(words)) {
		d := distance(strings.ToLower(word), strings.ToLower(other))
		if 3*d <= len(other) && (best == "" || d < least) {
			best, least = other, d
		}
	}
	return best
}

// distance is how many letters have to be added, left out, replaced, or swapped with their neighbours.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := row[j]
			if a[i] != b[j] {
				cost++
			}
			next[j+1] = min(cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
