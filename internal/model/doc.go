// Package model explores, in every order in which things can happen, a small world that
// works with the real deciding parts: what is due to whom (access), what may be taken away
// (gate), and who is told (invite). Two people and two grants live in it; grants are deleted
// and applied again, the manager is killed and started, answers are lost, writes are done late,
// time passes, links end, people follow them, and somebody releases what is held, asks for another
// mail, gives something by hand, or has a backend that was observed enforced.
//
// Around the real parts the model is the shell, in the steps between which a crash or
// anything else can come: look and remember, write, read back and conclude, mail, enter the
// result. What must hold is said in terms of the provider's table, of mails and of what
// people declared, and computed anew from these alone. Time passes only while the manager is
// down, or has nothing left to do at this moment: the settling time is much longer than it
// takes to look at everything.
//
// Suspensions have a world of their own, with as many people as it takes to see that they are a
// budget, and the gate alone.
//
// Everything here is tests.
package model
