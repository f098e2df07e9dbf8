// Package chaos changes manifests at random and knows what should come of it. It is for
// tests that disturb the manager meanwhile.
package chaos
