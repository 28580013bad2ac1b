// Package outreach holds mailrun's documents, their states, and the pure rules over them: what is due, when a window opens, which
// cap binds, what the next step is.
//
// Documents are shaped as Mongoose would shape them (camelCase fields, ObjectId ids, UTC dates to the millisecond, createdAt and
// updatedAt), because a web application shares the database. Both engines store the same shape. Other Go programs may import this
// package: it depends on the standard library and on the driver's bson types only.
//
// Rules take every input as a value, the time and the random draw among them, and change nothing. That is what lets the worker, the
// status command and the plan command give one answer to one question.
package outreach
