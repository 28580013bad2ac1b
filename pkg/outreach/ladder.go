package outreach

import "time"

// retryLadder is how long a recipient waits after each temporary refusal (4xx). Greylisting ends within the first two rungs, a full
// mailbox or a sick server within the last. After the try that follows the last rung, the sixth, mailrun gives up.
var retryLadder = [...]time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour, 8 * time.Hour}

// MaxAttempts is how often a step is tried before its temporary refusals count as a failure.
const MaxAttempts = len(retryLadder) + 1

// backOffBase is the first pause of a mailbox that failed.
const backOffBase = 30 * time.Second

// RetryDelay is how long to wait after the attempt-th temporary refusal (counted from 1), and whether to try again at all. The draw,
// from 0 up to 1, spreads the wait by a fifth to either side, so that what was refused together does not come back together.
func RetryDelay(attempt int, draw float64) (d time.Duration, again bool) {
	if attempt >= MaxAttempts {
		return 0, false
	}
	rung := retryLadder[max(attempt, 1)-1]
	return time.Duration(float64(rung) * (0.8 + 0.4*draw)), true
}

// BackOff is how long a mailbox rests after so many failures in a row (counted from 1): 30 s, doubled at each, at most longest. The
// draw, from 0 up to 1, shortens it by up to a quarter.
func BackOff(failures int, draw float64, longest time.Duration) time.Duration {
	d := backOffBase
	for i := 1; i < failures && d < longest; i++ {
		d *= 2
	}
	return time.Duration(float64(min(d, longest)) * (1 - 0.25*draw))
}
