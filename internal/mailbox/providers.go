package mailbox

import (
	"slices"
	"strings"

	"mailrun/pkg/outreach"
)

// Provider is what is known about a large mail provider.
type Provider struct {
	// Name is what `mailboxes add --provider` calls it.
	Name string
	// Hosts are its servers' domains: a host is the provider's when it equals one of them or lies under it.
	Hosts []string
	// PerAccount says that it limits connections per account and not per client address.
	PerAccount bool
	// SavesSent says that it files what it sends over SMTP in the Sent folder itself.
	SavesSent bool
	// SMTP and IMAP are its servers, without user names. Empty hosts: the user must say.
	SMTP, IMAP outreach.Server
	// OAuth is how it hands out tokens, nil if it takes (app) passwords.
	OAuth *OAuthEndpoints
	// AppPasswords says where a person makes a password for one application, empty if there is no such thing.
	AppPasswords string
}

// OAuthEndpoints is where a provider hands out tokens. DeviceURL is empty where the device flow (RFC 8628) is not open to mail scopes.
type OAuthEndpoints struct {
	AuthURL, TokenURL, DeviceURL string
	Scopes                       []string
}

// Providers lists the providers that mailrun knows. Sources: their help pages on IMAP/SMTP settings, sending and sign-in.
var Providers = []Provider{
	{
		Name: "google", Hosts: []string{"gmail.com", "googlemail.com", "google.com"}, PerAccount: true, SavesSent: true,
		SMTP: server("smtp.gmail.com", 465, outreach.SecurityTLS), IMAP: server("imap.gmail.com", 993, outreach.SecurityTLS),
		OAuth: &OAuthEndpoints{
			AuthURL:  "https://accounts.google.com/o/oauth2/v2/auth",
			TokenURL: "https://oauth2.googleapis.com/token",
			Scopes:   []string{"https://mail.google.com/"},
		},
		AppPasswords: "https://myaccount.google.com/apppasswords",
	},
	{
		Name: "microsoft", Hosts: []string{"office365.com", "outlook.com", "hotmail.com", "live.com"}, PerAccount: true, SavesSent: true,
		SMTP: server("smtp.office365.com", 587, outreach.SecuritySTARTTLS), IMAP: server("outlook.office365.com", 993, outreach.SecurityTLS),
		OAuth: &OAuthEndpoints{
			AuthURL:   "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
			TokenURL:  "https://login.microsoftonline.com/common/oauth2/v2.0/token",
			DeviceURL: "https://login.microsoftonline.com/common/oauth2/v2.0/devicecode",
			Scopes:    []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"},
		},
	},
	{
		Name: "yahoo", Hosts: []string{"yahoo.com", "yahoo.co.jp", "yahoodns.net", "aol.com"}, PerAccount: true,
		SMTP: server("smtp.mail.yahoo.com", 465, outreach.SecurityTLS), IMAP: server("imap.mail.yahoo.com", 993, outreach.SecurityTLS),
		AppPasswords: "https://login.yahoo.com/account/security",
	},
	{
		Name: "icloud", Hosts: []string{"mail.me.com", "icloud.com"}, PerAccount: true,
		SMTP: server("smtp.mail.me.com", 587, outreach.SecuritySTARTTLS), IMAP: server("imap.mail.me.com", 993, outreach.SecurityTLS),
		AppPasswords: "https://account.apple.com",
	},
	{
		Name: "zoho", Hosts: []string{"zoho.com", "zoho.eu", "zoho.in", "zoho.com.au", "zoho.jp", "zohocloud.ca", "zoho.sa"}, PerAccount: true, SavesSent: true,
		SMTP: server("smtp.zoho.com", 465, outreach.SecurityTLS), IMAP: server("imap.zoho.com", 993, outreach.SecurityTLS),
		AppPasswords: "https://accounts.zoho.com",
	},
	{
		Name: "fastmail", Hosts: []string{"fastmail.com", "messagingengine.com"}, PerAccount: true, SavesSent: true,
		SMTP: server("smtp.fastmail.com", 465, outreach.SecurityTLS), IMAP: server("imap.fastmail.com", 993, outreach.SecurityTLS),
		AppPasswords: "https://app.fastmail.com/settings/security/integrations",
	},
}

// FindProvider returns the provider of this name.
func FindProvider(name string) (Provider, bool) {
	i := slices.IndexFunc(Providers, func(p Provider) bool { return strings.EqualFold(p.Name, name) })
	if i < 0 {
		return Provider{}, false
	}
	return Providers[i], true
}

// SavesSent tells whether the provider behind an SMTP host files sent messages in the Sent folder itself, so that appending them there
// would show them twice.
func SavesSent(host string) bool { return providerOf(host).SavesSent }

// providerOf returns the provider whose server a host is, or the zero Provider.
func providerOf(host string) Provider {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, p := range Providers {
		for _, domain := range p.Hosts {
			if host == domain || strings.HasSuffix(host, "."+domain) {
				return p
			}
		}
	}
	return Provider{}
}

func server(host string, port int, security outreach.Security) outreach.Server {
	return outreach.Server{Host: host, Port: port, Security: security, Auth: outreach.AuthPassword}
}
