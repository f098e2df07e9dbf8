// Command manager is the manager as it ships, but that tests say how long it waits.
package main

import (
	"github.com/hostgrant/hostgrant/cmd/manager/app"
	"github.com/hostgrant/hostgrant/internal/testkit"
)

func main() { app.Main(testkit.ParseTiming()) }
