package main

import (
	"mailrun/internal/words"
	"mailrun/pkg/outreach"
)

// statsInWords is what a run did as a person reads it; "" if nothing happened.
func statsInWords(run *outreach.CronRunLog) string {
	if run.Status == outreach.RunSkipped {
		return run.ErrorMessage
	}
	did := words.Run(run)
	switch passed := words.PassedOver(run); {
	case passed == "":
		return did
	case did == "":
		return "passed over: " + passed
	default:
		return did + "; passed over: " + passed
	}
}
