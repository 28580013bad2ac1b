package mailbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestClassify reads like what providers really say.
func TestClassify(t *testing.T) {
	tests := []struct {
		stage  Stage
		line   string
		fault  Fault
		class  Class
		effect Effect
	}{
		// too fast, too many
		{StageMail, "421 4.4.5 Too many concurrent SMTP connections", FaultMailbox, ClassThrottle, EffectBackOff},
		{StageDot, "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail", FaultMailbox, ClassThrottle, EffectBackOff},
		{StageMail, "450 4.7.1 rate limit exceeded, try later", FaultMailbox, ClassThrottle, EffectBackOff},
		{StageDot, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded", FaultMailbox, ClassThrottle, EffectBackOff},
		{StageRcpt, "451 4.7.500 Server busy. Please try again later", FaultMailbox, ClassThrottle, EffectBackOff},
		// the connection, not the mailbox
		{StageMail, "421 4.4.2 mx.test Error: timeout exceeded", FaultMailbox, ClassNetwork, EffectRetry},
		{StageMail, "421 4.7.0 too many messages on this connection", FaultMailbox, ClassNetwork, EffectRetry},
		// quota
		{StageDot, "550 5.4.5 Daily user sending limit exceeded", FaultMailbox, ClassQuota, EffectBackOff},
		{StageDot, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", FaultMailbox, ClassQuota, EffectBackOff},
		{StageRcpt, "452 4.5.3 Error: too many recipients", FaultMailbox, ClassQuota, EffectBackOff},
		{StageDot, "550 Domain example.com has exceeded the max emails per hour (51/50 (102%)) allowed. Message discarded.", FaultMailbox, ClassQuota, EffectBackOff},
		// login
		{StageMail, "530 5.7.0 Authentication Required", FaultMailbox, ClassAuth, EffectBackOff},
		{StageMail, "550 5.7.30 Basic authentication is not supported for Client Submission", FaultMailbox, ClassAuth, EffectBackOff},
		// the sender
		{StageMail, "550 5.1.0 sender rejected", FaultMailbox, ClassPolicy, EffectBackOff},
		{StageMail, "553 5.7.1 Sender address rejected: not owned by user", FaultMailbox, ClassPolicy, EffectBackOff},
		{StageRcpt, "554 5.7.1 <bob@example.org>: Relay access denied", FaultMailbox, ClassPolicy, EffectBackOff},
		{StageRcpt, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org", FaultMailbox, ClassPolicy, EffectBackOff},
		{StageDot, "550 5.7.501 Access denied, spam abuse detected", FaultMailbox, ClassPolicy, EffectBackOff},
		{StageDot, "550 5.1.8 Access denied, bad outbound sender", FaultMailbox, ClassPolicy, EffectBackOff},
		{StageData, "554 5.7.1 no", FaultMailbox, ClassPolicy, EffectBackOff},
		// the recipient
		{StageRcpt, "550 5.1.1 <bob@example.org>: Recipient address rejected: User unknown", FaultRecipient, "", EffectBounce},
		{StageRcpt, "550-5.1.1 The email account that you tried to reach does not exist.", FaultRecipient, "", EffectBounce},
		{StageDot, "550 5.1.1 unknown", FaultRecipient, "", EffectBounce},
		{StageRcpt, "553 5.1.2 no such domain", FaultRecipient, "", EffectBounce},
		{StageRcpt, "550 No such user here", FaultRecipient, "", EffectBounce},
		{StageRcpt, "550 5.2.1 mailbox disabled", FaultMessage, "", EffectFail},
		{StageRcpt, "552 5.2.2 mailbox full", FaultMessage, "", EffectFail},
		{StageRcpt, "452 4.2.2 mailbox full, over quota", FaultTemporary, "", EffectDefer},
		{StageRcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly", FaultTemporary, "", EffectDefer},
		{StageRcpt, "421 4.1.1 <c421@x> refused", FaultTemporary, "", EffectDefer},
		{StageRcpt, "450 4.7.1 Greylisted, please come back later", FaultTemporary, "", EffectDefer},
		{StageRcpt, "451 Greylisting in action", FaultTemporary, "", EffectDefer},
		{StageDot, "451 4.3.0 queue file write error", FaultTemporary, "", EffectDefer},
		// the message
		{StageMail, "552 5.3.4 message too big", FaultMessage, "", EffectFail},
		{StageDot, "552 5.3.4 message too big", FaultMessage, "", EffectFail},
		{StageDot, "554 5.7.1 message content rejected", FaultMessage, ClassPolicy, EffectFail},
		{StageDot, "550 5.7.1 message refused", FaultMessage, ClassPolicy, EffectFail},
		{StageDot, "554 5.6.0 invalid headers", FaultMessage, "", EffectFail},
		{StageDot, "554 5.0.0 no", FaultMessage, "", EffectFail},
		// out of step
		{StageMail, "503 5.5.1 nested MAIL", FaultMailbox, ClassProtocol, EffectBackOff},
	}
	for _, test := range tests {
		err := fmt.Errorf("run: %w", refusal(test.stage, test.line))
		if got := Classify(err); got.Fault != test.fault || got.Class != test.class || got.Effect != test.effect {
			t.Errorf("%s %q: %+v, want %s %q %s", test.stage, test.line, got, test.fault, test.class, test.effect)
		}
	}
}

// refusal makes the error that a server's line causes.
func refusal(stage Stage, line string) *SendError {
	code, text, _, err := parseReplyLine(line)
	if err != nil {
		panic(err)
	}
	reply := Reply{Code: code, Lines: []string{text}}
	return &SendError{Stage: stage, Code: code, Enhanced: enhancedStatus(reply), Line: reply.Text()}
}

func TestClassifyWithoutReply(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want Effect
	}{
		{"accepted", nil, ""},
		{"broken before the dot", &SendError{Stage: StageData, Err: errors.New("EOF")}, EffectRetry},
		{"broken after the dot", &SendError{Stage: StageDot, MaybeDelivered: true, Err: errors.New("EOF")}, EffectUnknown},
		{"cancelled after the dot", &SendError{Stage: StageDot, MaybeDelivered: true, Err: context.Canceled}, EffectUnknown},
		{"cancelled before", &SendError{Stage: StageRcpt, Err: context.Canceled}, EffectRetry},
		{"no session", &Error{Class: ClassAuth}, EffectBackOff},
		{"something else", context.Canceled, EffectRetry},
	}
	for _, test := range tests {
		if got := Classify(test.err); got.Effect != test.want {
			t.Errorf("%s: %+v, want %q", test.name, got, test.want)
		}
	}
	if got := Classify(&SendError{Stage: StageMail, Code: 421, Enhanced: "4.7.0", Line: "421 4.7.0 try again in 10 minutes"}); got.RetryAfter != 10*time.Minute {
		t.Errorf("retry after %v, want 10m", got.RetryAfter)
	}
}

// TestVerdictsAreSane: whatever a server says, an unanswered dot is never retried, no reply before the dot is unknown, and only a 5xx
// condemns an address or a message.
func TestVerdictsAreSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stage := rapid.SampledFrom(inTransact).Draw(t, "stage")
		code := rapid.IntRange(400, 599).Draw(t, "code")
		status := ""
		if rapid.Bool().Draw(t, "has status") {
			status = fmt.Sprintf("%d.%d.%d", code/100, rapid.IntRange(0, 9).Draw(t, "subject"), rapid.IntRange(0, 999).Draw(t, "detail"))
		}
		line := fmt.Sprint(code, " ", status, " ", rapid.String().Draw(t, "text"))
		got := Classify(&SendError{Stage: stage, Code: code, Enhanced: status, Line: line})
		if got.Why == "" || got.Effect == EffectUnknown {
			t.Errorf("%s %s: %+v", stage, line, got)
		}
		if code < 500 && (got.Effect == EffectBounce || got.Effect == EffectFail) {
			t.Errorf("temporary, and yet final: %s %s: %+v", stage, line, got)
		}
		if stage == StageMail && got.Fault == FaultRecipient {
			t.Errorf("no recipient was named: %s: %+v", line, got)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	tests := map[string]time.Duration{
		"Request is throttled. Suggested Backoff Time: 201317 milliseconds": 201317 * time.Millisecond,
		"421 4.7.0 Try again in 5 minutes":                                  5 * time.Minute,
		"please retry after 60 seconds":                                     time.Minute,
		"wait 30s":                                                          30 * time.Second,
		"try again in 2 hours":                                              2 * time.Hour,
		"try again in 99999 hours":                                          maxRetryAfter,
		"try again in 999999999999 hours":                                   maxRetryAfter,
		"try again later":                                                   0,
		"wait 5 monkeys":                                                    0,
		"":                                                                  0,
	}
	for text, want := range tests {
		if got := retryAfter(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
