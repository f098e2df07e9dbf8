// Command manager runs Hostgrant's controllers.
package main

import (
	"github.com/hostgrant/hostgrant/cmd/manager/app"
	"github.com/hostgrant/hostgrant/internal/timing"
)

func main() { app.Main(&timing.Timing{}) }
