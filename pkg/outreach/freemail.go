package outreach

import "strings"

// freeMailNames are the providers whose names stand under many top-level domains (yahoo.fr, hotmail.co.uk).
var freeMailNames = map[string]bool{"gmail": true, "googlemail": true, "yahoo": true, "ymail": true, "hotmail": true, "outlook": true, "live": true, "msn": true, "aol": true, "gmx": true, "yandex": true, "icloud": true, "protonmail": true, "proton": true, "tutanota": true, "zohomail": true, "rediffmail": true}

// freeMailDomains are the other large ones.
const freeMailDomains = `me.com mac.com rocketmail.com web.de t-online.de freenet.de arcor.de orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr
libero.it virgilio.it alice.it tin.it tiscali.it bol.com.br uol.com.br terra.com.br ig.com.br mail.ru bk.ru inbox.ru list.ru rambler.ru ya.ru
qq.com 163.com 126.com sina.com sohu.com foxmail.com naver.com hanmail.net daum.net ziggo.nl kpnmail.nl planet.nl hetnet.nl home.nl xs4all.nl
telenet.be skynet.be bluewin.ch seznam.cz wp.pl o2.pl onet.pl interia.pl op.pl comcast.net verizon.net att.net sbcglobal.net cox.net charter.net
bellsouth.net earthlink.net btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com blueyonder.co.uk shaw.ca rogers.com sympatico.ca
bigpond.com optusnet.com.au fastmail.com fastmail.fm hey.com mail.com email.com usa.com duck.com pm.me tuta.io maktoob.com`

// IsFreeMail tells whether a domain belongs to a provider at which strangers share it.
func IsFreeMail(domain string) bool {
	domain = strings.ToLower(domain)
	name, _, _ := strings.Cut(domain, ".")
	return freeMailNames[name] || strings.Contains(" "+strings.ReplaceAll(freeMailDomains, "\n", " ")+" ", " "+domain+" ")
}

// DomainOf is the part of an address behind the last "@", in lower case; "" if there is none.
func DomainOf(address string) string {
	i := strings.LastIndexByte(address, '@')
	if i < 0 {
		return ""
	}
	return strings.ToLower(address[i+1:])
}
