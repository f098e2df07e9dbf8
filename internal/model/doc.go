// Package model explores, in every order in which things can happen, small worlds of one or two
// people and two grants. Each person is an AccessRecord, spec and status, and a row at the provider;
// every step of the manager is done with the functions of internal/plan and the removal gate, in the
// sequence of controllers/record:
//
//	look (observe, refresh, decide) -> persist the intent -> write, ask or mail -> read back, decide -> publish
//
// A crash, or anything else, can come between any two of these. Grants are deleted and applied again,
// answers are lost, calls refused, rows not read, writes done late; the record changes while it is acted on, so
// that what is published meets a conflict; links end, people follow them or give up all they have;
// somebody releases what is held, asks for another mail, gives something by hand, or enforces a
// backend that was observed. What must hold is said in terms of the provider's table, of mails and of what
// people declared, and computed anew from these alone. Time passes only while the manager is
// down, or has nothing left to do at this moment: the settling time is much longer than it
// takes to look at everything.
//
// Every value that a world is made of has a number, given by everything that is in it, and a world is
// a few of these numbers: so no two worlds are taken for one, and each pure function is asked once for
// what it depends on, whatever the number of worlds. Of a record's status only what no decision reads is
// left out. Worlds are explored from the one found last, which keeps few waiting; the way to a
// broken promise is looked for again from the start, which finds the shortest.
//
// A machine is broken on purpose in each way that flaws_test.go lists, by a wrong change to inputs, to a
// decision, to what is told to or heard from the gate, or to how a step ended; each has to be found.
//
// What is around internal/plan in controllers/record is not run here but followed: what is kept until it is
// written down, when the gate is asked, and when a write meets a conflict. Left out are back-off and
// retries, waiting in line, lists that are older than the row, ends and suspensions of Profiles, drift, adoption,
// and an authoritative backend.
//
// Suspensions have a world of their own, with as many people as it takes to see that they are a
// budget, and the gate alone.
//
// Everything here is tests.
package model
