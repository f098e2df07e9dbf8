package apivalidation_test

import (
	"strings"
)

var profile = kind{
	name: "Profile", valid: `{email: ann@example.org}`,
	invalid: []invalid{
		{"without an address", `{displayName: Ann}`,
			`spec: Invalid value: exactly one of the fields in [email emailFrom] must be set`},
		{"with two addresses", `{email: ann@example.org, emailFrom: {secretKeyRef: {name: ann, key: email}}}`,
			`spec: Invalid value: exactly one of the fields in [email emailFrom] must be set`},
		{"with no address", `{email: ann}`,
			`spec.email: Invalid value: "ann": must be one address, for instance someone@example.org, without a name or spaces`},
		{"with an empty address", `{email: ""}`,
			`spec.email: Invalid value: "": spec.email in body should be at least 3 chars long
spec.email: Invalid value: "": must be one address, for instance someone@example.org, without a name or spaces`},
		{"from a Secret without a key", `{emailFrom: {secretKeyRef: {name: ann}}}`,
			`spec.emailFrom.secretKeyRef.key: Required value`},
		{"from a key that cannot exist", `{emailFrom: {secretKeyRef: {name: ann, key: "a/b"}}}`,
			`spec.emailFrom.secretKeyRef.key: Invalid value: "a/b": spec.emailFrom.secretKeyRef.key in body should match '^[-._a-zA-Z0-9]+$'`},
		{"with an empty name", `{email: ann@example.org, displayName: ""}`,
			`spec.displayName: Invalid value: "": spec.displayName in body should be at least 1 chars long
spec.displayName: Invalid value: "": must have only letters, digits, spaces and . ' ’ -, because it is printed in mails`},
		{"with a name that is too long", `{email: ann@example.org, displayName: ` + strings.Repeat("x", 65) + `}`,
			`spec.displayName: Too long: may not be more than 64 bytes`},
		{"with a link for a name", `{email: ann@example.org, displayName: "http://evil.example"}`,
			`spec.displayName: Invalid value: "http://evil.example": must have only letters, digits, spaces and . ' ’ -, because it is printed in mails`},
		{"with a line break in the name", `{email: ann@example.org, displayName: "Ann\nBcc: b@example.org"}`,
			`spec.displayName: Invalid value: "Ann\nBcc: b@example.org": must have only letters, digits, spaces and . ' ’ -, because it is printed in mails`},
		{"in a language there is not", `{email: ann@example.org, language: de}`,
			`spec.language: Unsupported value: "de": supported values: "en", "fr"`},
		{"with a misspelt field", `{email: ann@example.org, displayname: Ann}`,
			`strict decoding error: unknown field "spec.displayname"`},
	},
}

var team = kind{
	name: "Team", valid: `{members: [{email: ann@example.org}]}`,
	invalid: []invalid{
		{"without members", `{}`,
			`spec.members: Required value`},
		{"with an empty list of members", `{members: []}`,
			`spec.members: Invalid value: 0: spec.members in body should have at least 1 items`},
		{"with a member that is nobody", `{members: [{}]}`,
			`spec.members[0]: Invalid value: exactly one of the fields in [email profileRef] must be set`},
		{"with a member that is two people", `{members: [{email: ann@example.org, profileRef: {name: ann}}]}`,
			`spec.members[0]: Invalid value: exactly one of the fields in [email profileRef] must be set`},
		{"with a member that is a Team", `{members: [{teamRef: {name: agency}}]}`,
			`strict decoding error: unknown field "spec.members[0].teamRef"`},
		{"with a member that is a string", `{members: [ann@example.org]}`,
			`spec.members[0]: Invalid value: "string": spec.members[0] in body must be of type object: "string"`},
		{"with an address with a space", `{members: [{email: "ann @example.org"}]}`,
			`spec.members[0].email: Invalid value: "ann @example.org": must be one address, for instance someone@example.org, without a name or spaces`},
		{"with too many members", `{members: [` + many(501, `{email: p%d@example.org}`) + `]}`,
			`spec.members: Too many: 501: must have at most 500 items`},
	},
}

var permissionSet = kind{
	name: "PermissionSet", valid: `{overall: [Billing]}`,
	invalid: []invalid{
		{"that lists nothing", `{}`,
			`spec: Invalid value: at least one of the fields in [overall perAccount perServer] must be set`},
		{"with an empty list", `{perAccount: []}`,
			`spec.perAccount: Invalid value: 0: spec.perAccount in body should have at least 1 items`},
		{"with an account permission there is not", `{perAccount: [Website]}`,
			`spec.perAccount[0]: Unsupported value: "Website": supported values: "TechnicalContact", "Usage", "Resources", "Statistics", "Sites", "Domains", "Emails", "EmailHistory", "Databases", "FTP", "SSH", "WebDAV", "Environment", "Processes", "IPAddresses", "SSLCertificates", "Migration", "ScheduledTasks", "Backups", "Services"`},
		{"with a permission twice", `{perServer: [FirewallRules, FirewallRules]}`,
			`spec.perServer[1]: Duplicate value: "FirewallRules"`},
		{"with the field name of grants", `{accounts: [Sites]}`,
			`strict decoding error: unknown field "spec.accounts"`},
	},
}
