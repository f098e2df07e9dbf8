package apivalidation_test

import (
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var accessRecord = kind{
	name: "AccessRecord", valid: `{backendRef: {name: acme}, email: ann@example.org}`,
	client: func() client.Client { return manager },
	invalid: []invalid{
		{"without a person", `{backendRef: {name: acme}}`,
			`spec.email: Required value`},
		{"without a backend", `{email: ann@example.org}`,
			`spec.backendRef: Required value`},
		{"with more than 64 contributions", `{backendRef: {name: acme}, email: ann@example.org, contributions: [` + many(65, `{uid: u%d, digest: d, via: [email], grant: {namespace: acme, name: g}, overall: [Billing]}`) + `]}`,
			`spec.contributions: Too many: 65: must have at most 64 items`},
		{"with two contributions of one grant", `{backendRef: {name: acme}, email: ann@example.org, contributions: [{uid: u, digest: d, via: [email], grant: {namespace: acme, name: g}, overall: [Billing]}, {uid: u, digest: d, via: [email], grant: {namespace: acme, name: g}, overall: [Billing]}]}`,
			`spec.contributions[1]: Duplicate value: {"uid":"u"}`},
		{"with a contribution of no grant", `{backendRef: {name: acme}, email: ann@example.org, contributions: [{uid: u, digest: d, via: [email]}]}`,
			`spec.contributions[0].grant: Required value`},
		{"with a contribution that reaches nobody", `{backendRef: {name: acme}, email: ann@example.org, contributions: [{uid: u, digest: d, via: [], grant: {namespace: acme, name: g}}]}`,
			`spec.contributions[0].via: Invalid value: 0: spec.contributions[0].via in body should have at least 1 items`},
		{"with a permission there is not", `{backendRef: {name: acme}, email: ann@example.org, contributions: [{uid: u, digest: d, via: [email], grant: {namespace: acme, name: g}, overall: [Root]}]}`,
			`spec.contributions[0].overall[0]: Unsupported value: "Root": supported values: "AccountManagement", "Billing", "AccountTechnical", "ServerTechnical"`},
	},
}
