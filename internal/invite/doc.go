// Package invite tells people without a profile that they were given access. It holds the
// invitation machine, which is pure, and the SMTP sender.
//
// The promise of the machine (design, I7): at most one mail leaves for one intent, whatever
// crashes, at most maxSends leave by themselves, and a row that was there before the record's
// memory is mailed about only where somebody asks. Where safe and on time cannot both be had,
// the mail waits or stays away; it is never doubled.
//
// One exception is beyond any client's reach and is stated here rather than hidden: if the
// answer to the creation of a row is lost and somebody deletes that row before it is looked
// up by address, the row looks as if it had never been created, and is created again.
package invite
