// Command mailrun sends the outreach mail that is due and reads what comes back. Cron runs it; `mailrun --help` lists what it does.
package main

import (
	"os"
	_ "time/tzdata" // the binary works on hosts without a zone database
)

func main() {
	os.Exit(int(run(os.Args[1:], newApp())))
}
