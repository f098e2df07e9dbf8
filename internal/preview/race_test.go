//go:build race

package preview

// fewer is by how much fewer rounds are done with the race detector: it needs ten times as long, and a race is in each.
const fewer = 10
