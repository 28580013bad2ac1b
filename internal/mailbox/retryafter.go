package mailbox

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxRetryAfter bounds what a server may ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfterWords finds a wait in a server's text: Exchange's "Suggested Backoff Time: 201317 milliseconds", "try again in 5 minutes",
// "retry after 60 seconds", "wait 30s".
var retryAfterWords = regexp.MustCompile(
	`(?i)(?:back-?off time:?|(?:again|retry|wait|later)(?: (?:in|after|for|at least))*) *(\d{1,12}) *(milliseconds?|msec|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)\b`)

// retryAfter returns how long a server's text asks us to stay away, at most a day, zero if it does not say.
func retryAfter(text string) time.Duration {
	match := retryAfterWords.FindStringSubmatch(text)
	if match == nil {
		return 0
	}
	n, err := strconv.ParseInt(match[1], 10, 64)
	if err != nil {
		return 0
	}
	unit := time.Second
	switch word := strings.ToLower(match[2]); {
	case strings.HasPrefix(word, "ms"), strings.HasPrefix(word, "milli"):
		unit = time.Millisecond
	case strings.HasPrefix(word, "m"):
		unit = time.Minute
	case strings.HasPrefix(word, "h"):
		unit = time.Hour
	}
	if n > int64(maxRetryAfter/unit) {
		return maxRetryAfter
	}
	return time.Duration(n) * unit
}
