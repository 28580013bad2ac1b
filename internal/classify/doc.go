// Package classify says what a reply wants: its intent, how sure that is, a short summary, when to write again, whom to ask instead.
//
// Three ways lead to a label, tried in this order:
//
//   - ByRule: machine messages (bounces, out-of-office notes, auto-replies, complaints) are certain, and so are opt-outs in plain words
//     if the built-in model agrees: "please do not unsubscribe me" holds them too. They never reach a classifier.
//   - Model: any endpoint that speaks the OpenAI chat protocol. The reply goes there as untrusted data, and what comes back is
//     checked again: an intent outside the list, a date in the past or an address that the reply does not contain is not believed.
//   - Builtin: a linear model over words, character n-grams and lexicons of concepts in eight languages, its weights in the binary. Opt-outs,
//     which have a consequence, are found first, by a detector of their own that looks at the whole text and at each sentence. How good it
//     is, and what it was learned from, stands in testdata/README.md.
//
// Labels have no consequences, with one exception: an explicit opt-out that a classifier found with high confidence suppresses its
// sender, as an opt-out found by rule does, provided the reply's own words ask for it. So a reply that tells a model what to answer
// gets itself a wrong label, and nothing else.
//
// Runner works off the replies that wait. It runs after they are stored and their sequences stopped, so whatever fails here costs a
// label until the next run. A person's label is never overwritten.
package classify
