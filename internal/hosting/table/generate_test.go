package table

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/hostgrant/hostgrant/internal/hosting"
)

// seen is when the tables of these tests were.
var seen = time.Date(2026, 11, 29, 8, 0, 0, 0, time.UTC)

// tables draws a table, with names and addresses that spreadsheets take for something else.
func tables(t *rapid.T) Table {
	names := []string{"shop", "blog", "=SUM(A1)", "+33", "-dash", "@home", "'quoted", "''", "1", "TRUE", "a;b,c", `say "hi"`, "Éte", "x"}
	draw := func(what string) []string {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 5, rapid.ID[string]).Draw(t, what)
	}
	table := Table{Owner: "owner@acme.example", TakenAt: seen, Source: "drawn", Accounts: draw("accounts"), Servers: draw("servers")}
	people := []string{"ann@acme.example", "+bob@acme.example", "=cyd@acme.example", "'dan@acme.example", "-e@acme.example", "Ünsal@acme.example", "o'neil@acme.example", "e@nd.fr", "f;g@acme.example"}
	for _, email := range rapid.SliceOfNDistinct(rapid.SampledFrom(people), 0, 6, rapid.ID[string]).Draw(t, "people") {
		row := Row{Email: email, RequireTwoFactor: rapid.Bool().Draw(t, "2FA"), Overall: permissions(t, hosting.ScopeOverall)}
		for _, name := range table.Accounts {
			row.Accounts = append(row.Accounts, Held{name, permissions(t, hosting.ScopeAccount)})
		}
		for _, name := range table.Servers {
			row.Servers = append(row.Servers, Held{name, permissions(t, hosting.ScopeServer)})
		}
		table.Rows = append(table.Rows, row)
	}
	return table.Canonical()
}

func permissions(t *rapid.T, scope hosting.Scope) []string {
	var all []string
	for _, p := range hosting.Catalogue() {
		if p.Scope == scope {
			all = append(all, p.Name)
		}
	}
	all = append(all, "wire:newer", "wire:New-er.2")
	return rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 5, rapid.ID[string]).Draw(t, fmt.Sprint(scope, " permissions"))
}
