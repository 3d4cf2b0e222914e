// Package quota divides the limits of an account among the workflow runs that submit to it. It
// holds no clock and sends nothing: the keeper, a workflow, gives it what runs report and sends
// the leases that it returns.
//
// A run holds a lease: so many slots, each for a prediction from its submit to its end, and so
// many starts in any minute. It uses them again and again by itself, so a long fan-out costs few
// messages. Reports and leases are absolute and numbered: one that is lost, late or repeated
// does no harm.
//
// Promises: no more is leased than there is. What was leased is free again only when its holder
// says so, or is known to have ended. Groups of runs take turns, by priority and weight.
package quota
