package scenarios_test

// scenario is something that went wrong with a tool of this kind elsewhere, told as what has
// to happen here. Its specs begin with its id.
type scenario struct {
	id string
	// what must happen, in one sentence.
	what string
	// later says why there is no spec yet; it is listed and not counted.
	later string
}

// table holds every scenario in the order of ids. To take one up: write its spec, and empty
// its later.
var table = []scenario{
	{"S01", "a row in the table is no access: a person counts as Invited until they have a profile, also when the invitation ran out", ""},
	{"S02", "an unanswered invitation is sent at most maxSends times, and sending again is one idempotent act", ""},
	{"S03", "one object for the whole life: accepting an invitation changes the person's state and nothing else", ""},
	{"S04", "an expired invitation is noticed by itself, told by event, condition and metric, and blocks no new one", ""},
	{"S05", "a grant can be deleted while its invitation is pending, refused or expired, or its row is gone already", ""},
	{"S06", "a list that failed blocks every write and every mail until one succeeds", ""},
	{"S07", "mails have a budget of their own, and the place in the queue is told", ""},
	{"S08", "one row and one mail for each person, however often the manager is killed, its status writes fail or it reads stale data", ""},
	{"S09", "no spec holds state of the provider, so applying a manifest again undoes nothing that happened there", ""},
	{"S10", "letter case, surrounding space and IDN never make two persons of one, whatever notation the provider chooses", ""},
	{"S11", "what a permission implies is no drift, and a write that takes no effect stops as NotConverging", ""},
	{"S12", "a person who was renamed is recognised by id and reported, and nothing is deleted", ""},
	{"S13", "of two grants of one permission, the last one out revokes", ""},
	{"S14", "a backend has one authority, and tells what Authoritative would remove before it may", ""},
	{"S15", "somebody removed and added again in one go never loses access in between", ""},
	{"S16", "what was neither created nor declared here is never deleted", ""},
	{"S17", "people whom no grant names are shown by record, condition and metric, and left alone", ""},
	{"S18", "two managers on one owner notice each other, and the second does not write", ""},
	{"S19", "the own identity never loses anything, and the refusal names the rule", ""},
	{"S20", "protected addresses are checked against the live table before each write", ""},
	{"S21", "an empty list is refused, and a backend that only observes is never written to", ""},
	{"S22", "a mass removal is held whole and visible, applying the manifests again clears it, and nothing was lost meanwhile", ""},
	{"S23", "small sets pass the limit, and a release is bound to the very set that was seen", ""},
	{"S24", "each removal says its cause: manifest, drift, expiry or deletion", ""},
	{"S25", "reading costs one list per backend and interval, however many grants there are", ""},
	{"S26", "one person who cannot be helped, or one account that is gone, holds up nobody else", ""},
	{"S27", "one invalid entry fails its own grant, and the rest is applied", ""},
	{"S28", "new work goes first and a backlog still drains", ""},
	{"S29", "while there is nothing to do, nothing is written anywhere", ""},
	{"S30", "an interval per backend, and driftGrace before an edit in the console is reverted", ""},
	{"S31", "429 without Retry-After, 5xx, silence, cut and lost answers end in the same table, nothing twice", ""},
	{"S32", "expiry takes effect, also when the manager was down at that moment or the clock jumped", ""},
	{"S33", "Expired is calm and final, and deletes cleanly", ""},
	{"S34", "a missed review warns or withdraws, as the grant says", ""},
	{"S35", "an end is announced once before it comes", ""},
	{"S36", "a person who drops everything is respected until the grant changes or somebody asks again", ""},
	{"S37", "off-boarding a person works at once, whatever else is held, within its reach only", ""},
	{"S38", "Ready only once what was written is read back and works", ""},
	{"S39", "tools see InProgress from the first moment, and Current not before the access is there", ""},
	{"S40", "a Secret that goes first hangs nothing: nothing is written without a key, debts stay and are paid when a key is back, and what is left is named", ""},
	{"S41", "what was never created, or whose parent is gone, can be deleted", ""},
	{"S42", "a rotated key is used at the next call", ""},
	{"S43", "a rule of the backend bounds what a namespace may give, and to whom", ""},
	{"S44", "an address can stay out of manifests, and appears in no log, event or metric", ""},
	{"S45", "every field of a grant may be edited, and the old gives way to the new", ""},
	{"S46", "a record keeps a bounded history: what changed, when, because of which grant", ""},
	{"S47", "what a human ticks between our list and our write survives", ""},
	{"S48", "absence is no proof: a deleted CRD, namespace or Team, or a place missing from a list, revokes nothing", ""},
	{"S49", "without the rule adopt, nothing foreign is revoked or locked behind 2FA", ""},
	{"S50", "a Secret opens only to who it was made for, and its value is never echoed", ""},
	{"S51", "removals that trickle in are counted over a day, and nothing is judged too early", ""},
	{"S52", "a mass removal by the owner in the console blocks, is told, and is accepted by its digest", ""},
}
