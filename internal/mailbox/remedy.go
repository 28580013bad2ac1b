package mailbox

import (
	"mailrun/pkg/outreach"
)

// remedyFor says what an operator can do about a failed session, empty where only waiting helps.
func remedyFor(class Class, host string, auth outreach.AuthMethod) string {
	if class != ClassAuth {
		return ""
	}
	provider := providerOf(host)
	switch {
	case auth == outreach.AuthXOAUTH2:
		return "sign in again with `mailrun mailboxes add --provider`"
	case provider.Name == "microsoft":
		return "Microsoft takes no passwords any more: sign in with `mailrun mailboxes add --provider microsoft`"
	case provider.AppPasswords != "":
		return "use an app password (" + provider.AppPasswords + "), not the account's own"
	}
	return "check user name and password"
}
