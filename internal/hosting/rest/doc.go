// Package rest is the one HTTP client of Hostgrant. It implements hosting.Reader and
// hosting.Writer over the client generated from internal/hosting/contract/openapi.yaml,
// and adds what a contract cannot say: credentials, the pace, bounds on what is read, a
// full check of every answer, and the class of every failure.
//
// client.gen.go is made by the Makefile's generate target with
// internal/hosting/contract/client.cfg.yaml; do not edit it.
package rest
