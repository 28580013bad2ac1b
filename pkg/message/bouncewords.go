package message

// The words by which servers say why they refuse, as phrases over folded text. A refusal often holds the words of several tables; typeByWords
// tests the more telling ones first.
var (
	// A full mailbox empties again.
	fullWords = phrases{
		"over quota", "over its quota", "over his quota", "over her quota", "overquota", "over-quota", "quota~exceed", "quota~full", "quota~violat", "quota~reached", "quota~limit", "exceed~quota", "out of~quota", "reached~quota", "quota exceeded",
		"disk quota", "mailbox~ full", "mail box~ full", "full mailbox", "mailfolder is full", "maildrop is full", "inbox~ full", "mail file is full", "mailbag~full",
		"insufficient~storage", "insufficient~space", "insufficient~disk", "not enough~storage", "not enough~space", "not enough~disk", "enough space", "no more space", "storage quota", "storage limit", "storage space",
		"no space left", "disk full", "disk is full", "out of~space", "mailbox size", "mailbox limit", "mailbox exceed", "messages in recipient's mailbox exceeded", "too much mail data", "exceeded~storage", "user is over",
		"storequota", "mailbox has exceeded", "mailbox is too large",
		"postfach~voll", "postfach~überfüllt", "boîte~pleine", "boite~pleine", "quota dépass", "buzón~lleno", "buzon~lleno", "casella~piena", "caixa~cheia", "переполнен", "skrzynk~pełna", "skrzynka~przepełniona", "postvak~vol ",
		"いっぱい", "容量", "已满", "已滿", "空间不足",
		"speicherplatz~erschöpft", "speicherplatz~aufgebraucht", "kontingent~überschritten", "quota~überschritten", "quota~überzogen", "postfach~überschritten", "boîte~saturée", "messagerie~saturée", "espace~insuffisant", "quota~atteint", "quota~dépassé", "buzón~excedi", "cuota~excedid", "cuota~superad", "espacio~insuficiente", "sin espacio", "quota~superat", "spazio~esaurito", "spazio~insufficiente", "caixa~lotada", "cota~excedid", "quota~excedid", "sem espaço", "mailbox~ vol", "postvak~is vol", "mailbox is vol", "quotum~overschreden", "skrzynk~przepełn", "skrzynk~zapełn", "przekroczon~limit", "przekroczon~pojemnoś", "brak miejsca", "ящик~полон", "превышен~квот", "квота~превышен", "brevlåda~full", "postlåda~full", "inkorg~full", "postkasse~fuld", "mailboks~fuld", "indbakke~fuld", "postkasse~full", "postboks~full", "innboks~full", "postilaatikko~täynnä", "schránka~plná", "schránka~přeplněn", "kvóta~překročen", "kutusu~dolu", "kota~aşıl", "megtelt", "配额", "超過", "용량~초과", "가득~찼", "صندوق~ممتلئ", "تجاوز~الحصة",
	}

	// The address does not exist (any more).
	unknownWords = phrases{
		"user~ unknown", "unknown user", "unknown recipient", "unknown address", "unknown account", "unknown mailbox", "unknown alias", "unknown e-mail", "unknown email", "unknown local", "unknown addressee", "unknown or illegal alias",
		"unknown or invalid~recipient", "unknown to address", "no such user", "no such recipient", "no such mailbox", "no such address", "no such account", "no such person", "no such alias", "no such local", "no such email", "no such e-mail", "no valid recipient",
		"no valid~address", "no mailbox", "no account by", "nosuchuser", "recipnotfound", "recipientnotfound", "addressee unknown", "no user by that name", "recipient unknown", "mailbox unknown", "address unknown", "account unknown", "alias unknown",
		"user~ does not exist", "user~ doesn't exist", "user~not found", "user~not known", "user~not listed", "user~not exist", "user is invalid", "recipient~does not exist", "recipient~doesn't exist", "recipient~not found", "recipient~not known", "recipient~not exist",
		"recipient~not recognized", "recipient~is invalid", "recipient~not accepted here", "mailbox~does not exist", "mailbox~doesn't exist", "mailbox~not found", "mailbox~not exist", "mailbox~nonexistent", "address~does not exist", "address~doesn't exist", "address~not found", "address~not known", "address~not exist",
		"address~not recognized", "address~is invalid", "account~does not exist", "account~doesn't exist", "account~not found", "account~not exist", "account~is invalid", "alias~not found", "e-mail~does not exist", "email~does not exist", "name~not recognized",
		"@ does not exist", "@ doesn't exist", "@ not found", "couldn't be found", "could not be found", "wasn't found", "not a valid user", "not a valid recipient", "not a valid mailbox", "not a valid address", "not a valid account", "not a valid e-mail", "not a valid email", "not a known", "not a registered", "is not a registered", "not an existing",
		"not an active", "invalid recipient", "invalid user", "invalid mailbox", "invalid address", "invalid account", "invalid alias", "invalid destination", "invalid final delivery", "invalid e-mail address", "invalid email address", "invalid local", "bad destination mailbox", "bad recipient", "bad mailbox", "bad address",
		"non-existent user", "nonexistent user", "non-existent mailbox", "nonexistent mailbox", "non-existent address", "nonexistent address", "non existent user", "undeliverable address", "unrouteable address", "unroutable address", "inactive email", "inactive recipient", "illegal alias", "illegal user",
		"does not have an~account", "doesn't have an~account", "does not have a~account", "doesn't have a~account", "not listed in", "not unique", "several matches", "not our customer", "not a customer", "not our user",
		"mailbox unavailable", "mailbox is unavailable", "mailbox not available", "mailbox is not available", "no longer on", "no longer at", "no longer with", "no longer works", "no longer valid", "no longer in use", "no longer available", "no longer active",
		"no longer exist", "no longer employed", "no longer accept", "has moved", "address has changed", "address changed", "account~closed", "account~deleted", "account~terminated", "account~discontinued", "account~deactivated", "account~removed", "account~cancelled", "account~canceled",
		"discontinued account", "deactivated account", "deactivated mailbox", "terminated account", "closed account", "recipient address rejected: access denied", "unverified recipient", "unverified address", "address rejected: unverified", "does not reside", "did not exactly match", "no recipients were",
		"destinataire~inconnu", "destinataire~invalide", "destinataire~inexistant", "adresse~inconnue", "adresse~invalide", "adresse~inexistante", "utilisateur inconnu", "unbekannter benutzer", "unbekannter empfänger", "ungültiger empfänger",
		"empfänger~unbekannt", "empfänger~nicht gefunden", "existiert nicht", "usuario desconocido", "usuario inexistente", "destinatario desconocido", "destinatario inexistente", "no existe", "no se encontr", "utente sconosciuto", "non esiste", "inesistente", "indirizzo non valido",
		"usuário desconhecido", "usuário inexistente", "não existe", "nao existe", "bestaat niet", "onbekende gebruiker", "onbekende ontvanger", "nie istnieje", "nieznany użytkownik", "nieznany odbiorca", "не существует", "не найден", "неизвестн", "несуществ",
		"宛先が不明", "宛先不明", "存在しません", "存在しない", "見つかりませんでした", "ディレクトリのリストにありません", "不存在", "找不到", "查無此",
		"n'existe pas", "n’existe pas", "n'existe plus", "n’existe plus", "adresse~introuvable", "destinataire~introuvable", "n'a pas été trouvé", "pas d'utilisateur", "empfänger~ungültig", "adresse~ungültig", "ungültige adresse", "unbekannte adresse", "unbekannte e-mail", "adresse~unbekannt", "benutzer~unbekannt", "adresse~nicht gefunden", "benutzer~nicht gefunden", "wurde~ nicht gefunden", "kein~postfach", "gibt es nicht", "nicht vorhanden", "destinatari~desconocid", "usuari~desconocid", "dirección~desconocid", "dirección~no válida", "dirección~incorrecta", "dirección~inexistente", "no encontrad", "buzón~inexistente", "cuenta~inexistente", "destinatari~sconosciut", "indirizzo~sconosciut", "utente~sconosciut", "indirizzo~inesistente", "non trovato", "non è stato trovato", "destinatário~desconhecid", "usuário~desconhecid", "utilizador~desconhecid", "endereço~inválido", "endereço~inexistente",
		"não encontrado", "não foi encontrad", "ontvanger~onbekend", "adres~onbekend", "gebruiker~onbekend", "niet gevonden", "ongeldig~adres", "nie znaleziono", "odbiorca~nieznan", "adres~nieznan", "użytkownik~nieznan", "nieprawidłowy adres", "нет такого", "такого пользователя нет", "пользователь~не найден", "не зарегистрирован", "не існує", "finns inte", "okänd mottagare", "okänd användare", "okänd adress", "mottagare~okänd", "hittades inte", "ogiltig adress", "findes ikke", "eksisterer ikke", "ukendt modtager", "ukendt bruger", "ukendt adresse", "modtager~ukendt", "blev ikke fundet", "ugyldig~adresse", "finnes ikke", "ukjent mottaker", "ukjent bruker", "ukjent adresse", "mottaker~ukjent", "ble ikke funnet", "ei ole olemassa", "tuntematon vastaanottaja", "vastaanottaja~tuntematon", "osoite~tuntematon", "ei löydy", "ei löytynyt", "neexistuje", "adresát~neznám", "příjemce~neznám", "uživatel~neznám", "neznámý příjemce", "neznámý uživatel", "nenalezen", "nebyl nalezen", "nebyla nalezena",
		"alıcı~bulunamadı", "kullanıcı~bulunamadı", "adres~bulunamadı", "alıcı~mevcut değil", "adres~mevcut değil", "kullanıcı~mevcut değil", "adres~geçersiz", "bilinmeyen kullanıcı", "bilinmeyen alıcı", "nem létezik", "ismeretlen címzett", "nem található", "nu există", "destinatar necunoscut", "δεν υπάρχει", "δεν βρέθηκε", "άγνωστος παραλήπτης", "ユーザーが不明", "ユーザー不明", "あて先不明", "不明なユーザ", "見つかりません", "无此用户", "無此用戶", "没有此用户", "未知用户", "查无此", "존재하지 않", "찾을 수 없", "없는 사용자", "없는 계정", "없는 메일", "알 수 없는 사용자", "غير موجود", "لم يتم العثور على", "غير معروف", "عنوان~غير صالح", "לא קיים",
	}

	// The domain of the address does not exist or takes no mail.
	noHostWords = phrases{
		"host unknown", "host~ not found", "host~does not exist", "host~not be found", "host~not resolve", "unknown host", "unknown domain", "unknown mail host", "no such host", "no such domain", "non-existent host", "non-existent domain", "nonexistent domain", "invalid domain", "invalid host", "illegal host", "host/domain",
		"domain~ not found", "domain~does not exist", "domain~doesn't exist", "domain~not be found", "domain~not resolve", "domain~unknown", "domain~isn't set up", "domain~is invalid", "domain is not reachable", "nxdomain", "unrouteable mail domain", "unroutable mail domain", "unrouteable domain", "unroutable domain", "bad destination system", "bad destination host",
		"find any host", "find a mail exchanger", "find mail exchanger", "no mx", "no mail exchanger", "mx record", "null mx", "does not accept mail", "doesn't accept mail", "does not receive email", "doesn't receive email", "does not receive mail", "doesn't receive mail", "does not accept email", "indicated no smtp service",
		"malformed or unexpected name server reply", "домен~не существует", "домен~не найден",
	}

	// The sender, its server or the message is refused: by policy, reputation, authentication or content.
	blockWords = phrases{
		"spam", "blacklist", "black list", "black-list", "blocklist", "block list", "block-list", "denylist", "blocked", "blocking", "bloqué", "bloquee", "banned", " rbl ", " dnsbl", "dnsbl.", ".rbl.", "spamhaus", "spamcop", "sorbs", "uceprotect", "surbl", "uribl", "cloudmark", "reputation", "unsolicited", " ube ", " uce ", "bulk mail",
		"policy", "policies", "dmarc", " spf ", "spf check", "dkim", "sender id", "sender-id", "unauthenticated", "not have authentication", " ptr ", "reverse dns", "reverse lookup", "reverse mapping", "reverse hostname", " rdns", " name lookup failed", "virus", "malware", "infected", "phish", "content~reject", "content~filter", "content~denied", "content~block", "reject~content", "refus~content", "denied~content",
		"access denied", "access is denied", "permission denied for", "host rejected", "network not allowed", "not allowed to send", "sender~reject", "sender~denied", "sender~refused", "sender~not accepted", "client~reject", "client~denied", "client~refused", "mail from~reject", "mail from~refused", "from address~reject", "sending ip", "sending host", "sending server", "ip for sending",
		"not authorized to", "not authorised to", "not permitted to", "relay", "complaint", "suspicious", "mismatches client ip", "invalid ip", "bad sender", "not accepted for", "not accept~policy", "message was rejected", "message rejected", "message refused", "message was refused", "message not accepted", "message was not accepted", "mail rejected", "mail rejete", "email rejected", "e-mail rejected", "message not allowed",
		"not a member", "not allowed to post", "not permitted to post", "permission to post", "not be open to posting", "restricted", "not compliant", "not rfc", "multiple addresses in from", "violation", "misconfigured", "rejected by the recipient", "rejected by the domain", "rejected by recipient", "rejected by filter", " bl ", "weren't sent", "ask your postmaster for help", "垃圾邮件", "垃圾郵件", "запрещ", "спам",
	}

	// The account is there and shut for now, although words of unknownWords may stand beside.
	shutWords = phrases{"temporary locked", "temporarily locked", "locked temporarily", "couldn't create"}

	// What may pass by itself.
	passingWords = phrases{
		"tempor", "try again", "trying again", "timed out", "timed-out", "timeout", "time out", "connection refused", "connection reset", "connection dropped", "connection limit", "connection frequency", "connection was", "connection died", "connection lost", "connection closed", "deferred", "delay", "retry", "retries", "too many",
		"could not connect", "no connection could", "actively refused", "couldn't connect", "unable to connect", "failed to connect", "could not contact", "unable to contact", "could not establish", "wasn't able to establish", "unable to establish", "could not initiate", "could not load", "did not accept our", "unreachable", "not reachable", "not respond", "no answer", "greylist", "graylist", "grey-list", "throttl", "rate limit", "rate-limit", "ratelimit", "frequency",
		"queue too long", "expired", "service unavailable", "service not available", "service~unavailable", "service~not available", "not accepting", "resources", "system error", "internal error", "mailer error", "local error", "configuration error", "server error", "media error", "loop", " hops", "hop count", "too big", "too large", "too long", "exceed~size", "exceed~maximum", "exceed~limit", "exceed~length",
		"size limit", "sizelimit", "maximum message", "command died", "command failed", "command output", "command time", "procmail", "pipe to", "suspend", "locked", "disabled", "inactive", "not active", "transaction failed", "currently", "aborted after", "for the last ", "undelivered after", "not delivered within",
	}

	// The message went round in circles: that is about the servers, and neither the address nor the sender.
	loopWords = phrases{"loops back to", "mail loop", "mail~loop detected", "message loop", "message~looping", "routing loop", "loop detected", "too many hops", "hop count", "too many received", "too many~received", "mailschleife", "e-mail-schleife", "mail-schleife", "boucle", "bucle", "pętla", "петля", "ループ", "循环"}

	// The refusal answers the sender's address or the server's name: the recipient had not even been named. Google's groups do not say whether it is
	// the group or the right to write to it that is not there.
	beforeRecipientWords = phrases{
		"groups.google.com",
		"after mail from", "in reply to mail from", "in reply to the mail from", "not like our mail from", "reply to ehlo", "reply to helo", "after ehlo", "after helo", "unroutable sender", "invalid sender", "unknown sender", "illegal sender", "bad sender", "sender address", "sender domain", "domain of sender",
	}

	// The recipient was accepted, and the refusal came after the text was seen: whatever it says, it is not about the address.
	afterDataWords = phrases{"end of data command", "reply to data command", "after end of data", "after the message", "after the data", "end of data:", "failed after i sent", "text command", "final data"}
)
