// Package simulation says how far mailrun goes beyond what one machine can measure: it plays the two jobs over many mailboxes for a week and
// counts the messages, and every request that the jobs make of the store.
//
// It is a discrete-event simulation: cron ticks, visits to mailboxes, the ends of gaps, and messages that come back are its events. Whether
// a message may go is asked of the same rules that the worker asks (outreach.Verdict, Mailbox.Blocked, Sequence.Advance, SyncInterval);
// the order of requests is the worker's, written down once more as counts. A test runs the real jobs over a real store and compares both.
// forecast.Plan plays the rules too, but for an answer to the operator: it knows neither ticks nor requests.
//
// Mailboxes that share a sequence form a team, and teams share nothing. So a sample of teams is played one after another, each exactly, and
// stands for all; the error of that is stated. What cannot be played (sizes on disk, the limits of one server, hosts) is reckoned from the
// declared indexes, real documents and the assumptions of the page, each with its source.
//
//go:generate go run ./page ../../docs/scale.md
package simulation
