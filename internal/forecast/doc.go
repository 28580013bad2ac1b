// Package forecast answers what an operator asks about sending without sending anything: why is nothing (or this) being sent, who would get
// what now, and what will the coming days bring.
//
// All three ask the worker's own rule, outreach.Verdict, about the stored state, so that an answer here cannot differ from what the worker
// does. Nothing is written.
package forecast
