//go:build !race

package preview

const fewer = 1
