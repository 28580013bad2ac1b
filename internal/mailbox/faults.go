package mailbox

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is who is to blame for a failure.
type Fault string

// The faults.
const (
	FaultMailbox   Fault = "mailbox"   // the sending account or the way to its server: nobody's attempts are counted
	FaultRecipient Fault = "recipient" // the address
	FaultTemporary Fault = "temporary" // nobody's: the same thing may work later
	FaultMessage   Fault = "message"   // this text, or this text for this recipient
)

// Effect is what a caller does about a failure.
type Effect string

// The effects.
const (
	EffectBackOff Effect = "back off" // the mailbox stops for a while; the recipient stays as it was
	EffectRetry   Effect = "retry"    // the same again over a new connection; nothing had left that counts
	EffectDefer   Effect = "defer"    // the recipient is tried again later and the attempt is counted
	EffectBounce  Effect = "bounce"   // the address does not exist: recipient bounced and suppressed
	EffectFail    Effect = "fail"     // the message failed for good; the address is not suppressed
	EffectUnknown Effect = "unknown"  // the message may have been accepted: only evidence settles it
)

// Verdict is what a failure means.
type Verdict struct {
	Fault  Fault
	Class  Class // what is wrong with the mailbox or the message, empty for a recipient's fault
	Effect Effect
	// MaybeTheirs says that the mailbox was blamed for words that came after a recipient or a text had been named, so it may be about them
	// alone. Where the same recipient meets this again while the mailbox sends to others, it is the recipient that should fail.
	MaybeTheirs bool
	// RetryAfter is how long the server asked us to wait, zero if it did not say.
	RetryAfter time.Duration
	// Why is the row of the table that decided, in words.
	Why string
}

// event is a failure reduced to what the table looks at. A code of zero means that no reply came.
type event struct {
	stage    Stage
	code     int
	enhanced string
	text     string // lower case
}

// Classify tells what a failure of Dialer.SMTP, Dialer.IMAP or SMTPSession.Send means. A nil error has the zero Verdict. Any other error
// (a cancelled context, a hook's) is a retry: nothing is known to be wrong.
func Classify(err error) Verdict {
	if err == nil {
		return Verdict{}
	}
	if failed, ok := errors.AsType[*SendError](err); ok {
		return classifySend(failed)
	}
	if failed, ok := errors.AsType[*Error](err); ok && !errors.Is(err, context.Canceled) {
		return Verdict{Fault: FaultMailbox, Class: failed.Class, Effect: EffectBackOff, RetryAfter: failed.RetryAfter, Why: failed.Op}
	}
	return Verdict{Fault: FaultTemporary, Effect: EffectRetry, Why: "interrupted"}
}

func classifySend(e *SendError) Verdict {
	switch {
	case e.MaybeDelivered:
		return Verdict{Fault: FaultTemporary, Class: ClassNetwork, Effect: EffectUnknown, Why: whyUnknown}
	case isHook(e.Err), errors.Is(e.Err, context.Canceled):
		return Verdict{Fault: FaultTemporary, Effect: EffectRetry, Why: "interrupted"}
	case e.Stage == StageConnect:
		return Verdict{Fault: FaultMailbox, Class: ClassNetwork, Effect: EffectRetry, Why: "the session was over before the message began"}
	}
	code := e.Code
	if code == 0 && e.Enhanced != "" {
		code = localRefusal
	}
	verdict := decide(event{stage: e.Stage, code: code, enhanced: e.Enhanced, text: e.Line})
	verdict.RetryAfter = retryAfter(e.Line)
	return verdict
}

// localRefusal stands for the code of what this side refuses to send: it carries an enhanced status and is looked up like a server's.
const localRefusal = 553

// decide returns the verdict of the first row that fits.
func decide(e event) Verdict {
	e.text = strings.ToLower(e.text)
	for _, rule := range faultRules {
		if rule.fits(e) {
			return Verdict{Fault: rule.fault, Class: rule.class, Effect: rule.effect, MaybeTheirs: rule.maybeTheirs, Why: rule.why}
		}
	}
	return Verdict{Fault: FaultMailbox, Class: ClassProtocol, Effect: EffectBackOff, Why: "an answer that means nothing here"}
}

func (r faultRule) fits(e event) bool {
	return (r.at == nil || slices.Contains(r.at, e.stage)) && codeFits(r.code, e.code) && statusFits(r.status, e.enhanced) && r.words.in(e.text)
}

// codeFits compares a reply code with a space-separated list of patterns: "450", "4xx", "none". An empty list fits any.
func codeFits(patterns string, code int) bool {
	if patterns == "" {
		return true
	}
	text := "none"
	if code != 0 {
		text = strconv.Itoa(code)
	}
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool { return digitsFit(p, text) })
}

// statusFits compares an enhanced status with a space-separated list of patterns: "5.7.30", "5.1.x" (x alone is any number), "5.7.5xx"
// (x is a digit), "none" (there is no status). An empty list fits any.
func statusFits(patterns, status string) bool {
	if patterns == "" {
		return true
	}
	return slices.ContainsFunc(strings.Fields(patterns), func(p string) bool {
		if p == "none" || status == "" {
			return p == "none" && status == ""
		}
		want, got := strings.Split(p, "."), strings.Split(status, ".")
		return slices.EqualFunc(want, got, func(w, g string) bool { return w == "x" || digitsFit(w, g) })
	})
}

// digitsFit compares character by character; an x fits any.
func digitsFit(pattern, text string) bool {
	if len(pattern) != len(text) {
		return false
	}
	for i := range pattern {
		if pattern[i] != 'x' && pattern[i] != text[i] {
			return false
		}
	}
	return true
}

// in tells whether a text (lower case) holds one of the phrases; an empty vocabulary fits any text.
func (v vocabulary) in(text string) bool {
	return len(v.phrases) == 0 || slices.ContainsFunc(v.phrases, func(p string) bool { return strings.Contains(text, p) })
}
