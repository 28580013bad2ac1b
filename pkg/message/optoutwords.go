package message

import (
	"regexp"
	"strings"
	"sync"
)

// courtesies may stand beside a word that is a request alone.
var courtesies = wordSet(`please, pls, plz, thanks, thank, you, thx, now, immediately, asap, at, once, hi, hello, dear, sir, team, regards, kindly, just, me, us, my, email,
	and, today, bitte, danke, mich, uns, sofort, hallo, umgehend, s'il, vous, plaît, plait, svp, merci, moi, bonjour, por, favor, gracias, hola, me, per,
	favore, grazie, mi, ciao, obrigado, obrigada, olá, graag, alstublieft, aub, bedankt, dank, u, proszę, dziękuję, mnie, пожалуйста, спасибо, меня,
	tack, vänligen, mig, tak, venligst, 请, 謝謝, 谢谢, 您好, 你好, من فضلك, فضلك, رجاء, شكرا, الرجاء, يرجى`)

// aloneWords are requests when they are all that a line says.
var aloneWords = wordSet(`unsubcribe, unsuscribe, unsubsribe, unsubscibe, no more follow-ups, no more follow ups, 解除希望, 配信解除希望, 退会希望, 停止希望, 配信不要, unsubscribe, unsubscribed, unsubscribe from this list, unsubscribe from all, unsub, unsubscribing, opt out, opt-out, optout, stop, stop it,
	stop this, stop emails, stop emailing, stop mailing, remove, remove from list, remove from mailing list, remove from your list,
	remove from your mailing list, delete, take off list, no more emails, no more e-mails, no more mails, no more, no more messages, no emails,
	leave alone, do not contact, don't contact, do not email, do not e-mail, don't email, cancel subscription, cancel my subscription, end, abmelden,
	abmeldung, abbestellen, austragen, löschen, stopp, keine mails mehr, keine e-mails mehr, keine weiteren mails, keine weiteren e-mails, keine werbung,
	keine werbung mehr, nicht mehr kontaktieren, hören sie auf, hört auf, hör auf, désabonner, désabonnez, désabonnement, désinscription, désinscrire, désinscrivez, désinscrivez-,
	désabonnez-, me désabonner, me désinscrire, se désabonner, se désinscrire, stop pub, arrêtez, plus de mails, plus d'emails, retirez,
	cancelar suscripción, darme de baja, dar de baja, baja, désme de baja, deme de baja, dadme de baja, no más correos, no mas correos, no más emails,
	no más mensajes, eliminar, borrarme, bórrame, bórreme, basta, cancellami, cancellatemi, cancellazione, disiscrivimi, disiscrivetemi, disiscrizione,
	disiscrivi, rimuovi, rimuovetemi, rimuovimi, cancellare, cancella iscrizione, cancellazione iscrizione, niente più mail, basta mail, basta email,
	descadastrar, descadastre-, descadastre, cancelar inscrição, cancelar subscrição, remover, remova, sair da lista, parar, pare, não envie mais,
	não enviar mais, chega, uitschrijven, afmelden, schrijf uit, geen mails meer, geen e-mails meer, verwijderen, stoppen, uitschrijving, wypisz,
	wypisać, wypisz z listy, rezygnuję, anuluj subskrypcję, stop, usuń, usuń z listy, rezygnacja, отписаться, отписка, отпишите, отпишите от рассылки,
	отписать, удалите, стоп, не пишите, не писать, хватит, удалите из рассылки, удалите из базы, больше не пишите, avregistrera, avsluta prenumeration,
	avprenumerera, ta bort, sluta, avanmäl, inga fler mail, inga fler mejl, stoppa, avmeld, afmeld, frameld, stands, slet, ingen flere mails, meld av,
	stopp e-post, meld fra, 配信停止, 配信停止希望, 配信解除, 退会, 解除, 購読解除, 停止してください, 退订, 退訂, 取消订阅, 取消訂閱, 退訂郵件, 拒收, td, 别再发了, 不要再发了, الغاء الاشتراك, الغ الاشتراك,
	الغوا الاشتراك, الغاء, احذفني, ازلني, توقف, توقفوا, اوقفوا الرسائل, ايقاف`)

// optOutLanguage is one language's phrases. Without any of its stems a sentence is not matched: the search for them is what most sentences cost.
type optOutLanguage struct {
	stems   []string // beginnings of words
	glued   bool     // prefixes are written together with their word, so that a stem may stand anywhere
	demands lazyRegexp
	phrases lazyRegexp
}

// lazyRegexp is compiled when it is first needed: most runs need few of the languages.
type lazyRegexp func() *regexp.Regexp

// phrase compiles alternatives that have to stand as whole words.
func phrase(alternatives ...string) lazyRegexp {
	return sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?:^|[^\pL])(?:` + strings.Join(alternatives, "|") + `)(?:[^\pL]|$)`)
	})
}

// anywhere compiles alternatives of a script that sets no blanks between words.
func anywhere(alternatives ...string) lazyRegexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(strings.Join(alternatives, "|")) })
}

// notAsking are sentences that only speak of unsubscribing: questions about a product, instructions, offers, and requests about a thread.
var notAsking = phrase(
	`how (?:do|can|would|does|did|should) (?:i|we|you|one|someone|people|users|customers|clients|they|our|it)(?: \S+){0,6} (?:users?|customers?|contacts?|subscribers?|people|leads?|recipients?|clients?|members?|someone|them|themselves|others?)`,
	`(?:users?|customers?|subscribers?|recipients?|contacts?|people|leads?|prospects?|clients?|members?|visitors?|patients?|somebody|someone|they) (?:can |could |to |who |that |will |would |have |had |want |wants |wish |never |often |always |sometimes |don't |do |may |might )*(?:unsubscribed?|unsubscribes|opt(?:s|ed)?[- ]out)`,
	`unsubscribe (?:rates?|links?|buttons?|pages?|features?|function|functionality|headers?|flow|process|option|users|customers|contacts|people|form|list|lists|management|handling)`,
	`opt[- ]out (?:rates?|links?|buttons?|pages?|process|form|features?|flow|option|handling|management)`,
	`to (?:unsubscribe|opt[- ]out|stop receiving|be removed)(?: from)?[^.]{0,60}(?:click|reply|visit|follow|send|use|go to|here|link)`,
	`(?:click|reply|visit|use|follow|tap)(?: \S+){0,8} to (?:unsubscribe|opt[- ]out|stop|be removed)`,
	`(?:click|reply|respond|answer|write back|text)(?: \S+){0,4} ["'“]?(?:unsubscribe|stop|remove|no thanks)`,
	`if you(?:'d| would| no longer|'re| are| do not| don't)?(?: \S+){0,6} (?:unsubscribe|opt[- ]out|receive|hear|removed)`,
	`you (?:can|may|could) (?:always |also |easily )?(?:unsubscribe|opt[- ]out)`,
	`manage (?:your )?(?:preferences|subscriptions?)`,
	`(?:remove|take|drop|delete) (?:me|us|him|her|them|my name) (?:off|from|out of) (?:the |this |that |your )?(?:cc|bcc|copy|thread|e-?mail thread|chain|e-?mail chain|loop|conversation|invite|invitation|meeting|call|calendar|agenda|standup|waitlist|waiting list|guest list)`,
	`(?:glad|happy|thankful|grateful)(?: \S+){0,4} (?:didn't|did not|never) unsubscribe`,
	`wie (?:kann|können|melde|melden)(?: \S+){0,4} (?:nutzer|kunden|benutzer|abonnenten|empfänger|kontakte)(?: \S+){0,5} (?:ab|abmelden|austragen|löschen|entfernen)`,
	`(?:nutzer|kunden|benutzer|abonnenten|empfänger|kontakte)(?: \S+){0,5} (?:abmelden|austragen|abbestellen)`,
	`comment (?:se désabonn|désabonner|désinscrire)(?: \S+){0,4} (?:utilisateurs|clients|contacts|abonnés)`,
	`(?:utilisateurs|clients|contacts|abonnés)(?: \S+){0,5} (?:désabonner|désinscrire)`,
	`(?:usuarios|clientes|contactos|suscriptores)(?: \S+){0,5} (?:darse de baja|cancelar)`,
	`(?:utenti|clienti|iscritti)(?: \S+){0,5} (?:disiscriver\pL*|cancellar\pL*)`,
	// a question about a product, a part of an offer or of a conversation
	`(?:does|do|can|could|is|are|how|what|which|will|would)(?: \S+){0,2} (?:your|the|this) (?:tool|product|software|platform|system|app|application|service|solution|crm)`,
	`wie (?:läuft|funktioniert|geht|handhab\S*|erfüll\S*)`, `(?:unterstützt|erfüllt|bietet|hat|ist|kann|können)(?: \S+){0,2} (?:ihre?|eure?|euer|das|die|der) (?:tool|produkt|software|plattform|system|lösung|app|programm|dienst)`,
	`kann (?:ich|man)(?: \S+){0,4} (?:wieder|später|jederzeit)`, `(?:bekomme|bekommen|erhalte|erhalten|kriege|kriegen)(?: \S+){0,3} keine`,
	`(?:est-ce que|comment|quid)(?: \S+){0,4} (?:outil|logiciel|produit|solution|plateforme)`, `peut-on(?: \S+){0,2} (?:supprimer|effacer)`, `se (?:puede|pueden|podría\pL*)`,
	`(?:krijg|krijgen|ontvang|ontvangen)(?: ik| we| wij| nu| al)? geen`, `af voor (?:de|het) (?:demo|meeting|afspraak|webinar|vergadering|call)`, `(?:får|fick|fik)(?: \S+){0,2} (?:inga|ingen)`,
	`كيف (?:تتعامل|يتعامل|تعالج)\pL*`, `(?:لم|لست|ما) (?:اطلب|الغ|قصدت)`, `للتوقف عن`, `رسائلكم لا تزعج\pL*`, `(?:عادة|خطا|ابقوني|فابقوني)`, `هل(?: \S+){0,4} (?:برنامج|نظام|منتج|منصة|اداة|خدمة)\pL*`,
	`(?:aus|of|from|off|de|du|da|dal|dalla|uit|z|ze|из|från|fra)(?: \S+){0,2} (?:cc|bcc|dw|copie|copia|cópia|kopii|kopian|kopi|копии)`,
	`d[eo] (?:dónde|donde|onde)`, `una duda|de dudas|dúvidas?`, `(?:una|un) (?:curiosità|dubbio|pensiero)`, `mail di prima`, `messaggio (?:di prima|precedente)`, `message précédent`,
	// another way is preferred, or the contrary is meant
	`(?:call|ring|phone) me`, `give me a (?:ring|call)`, `rufen sie(?: \S+){0,3} an`, `kommen sie`, `bel me`, `kom (?:\S+ )?(?:koffie|langs)`, `venez`, `appelez`, `venga`, `venha`,
	`keineswegs`, `bloß nicht`, `surtout pas`, `pas la peine`, `en général`, `suelo`, `costumo`, `normally`, `usually`,
	// it is a matter of time
	`(?:before|until|till) (?:the |our |next |end |end of |mid |early |late )*(?:january|february|march|april|may|june|july|august|september|october|november|december|spring|summer|autumn|fall|winter|christmas|easter|new year|monday|tuesday|wednesday|thursday|friday|week|month|quarter|q[1-4]|year|\d+)`,
	`(?:vor|bis) (?:dem |der |den |zum |ende |mitte |anfang )*(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|weihnachten|ostern|montag|herbst|frühjahr|sommer|winter|messe|\d+)`,
	`(?:pas|plus)(?: \S+)? avant`, `antes de`, `antes d[oa]`, `prima d\pL+`, `più (?:tardi|avanti)`, `niet (?:meer )?(?:voor|vóór) (?:de |het |eind |begin |half )*(?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|zomer|kerst|maandag|vakantie|\d+)`,
	`przed`, `до (?:января|февраля|марта|апреля|мая|июня|июля|августа|сентября|октября|ноября|декабря|понедельника|осени|весны|лета|нового|\d+)`, `(?:före|innan|før|inden)`, `قبل`,
	// it was a mistake
	`by (?:mistake|accident)`, `accidentally`, `versehentlich`, `aus versehen`, `par erreur`, `por error`, `per (?:errore|sbaglio)`, `por (?:engano|erro)`, `per (?:ongeluk|vergissing)`, `przez pomyłkę`, `по ошибке`, `av misstag`, `ved en feil|ved en fejl`,
	// going on is asked for
	`(?:stop|hou)(?: u| aub| alsjeblieft| alstublieft| vooral){0,2} niet`, `hör\pL*(?: \S+)? nicht(?: \S+)? auf`, `n'(?:arrêt|cess)\pL*`, `ne (?:cess|stopp)\pL*`, `no (?:dej|par)\pL* de`,
	`non smett\pL*`, `não (?:par|deix)\pL* de`, `nie przestaw\pL*`, `не (?:прекращ|переста)\pL*`, `(?:sluta|slutt|stop) (?:inte|ikke)`, `(?:inte|ikke) (?:sluta|slutt|stopp|stop)`,
	`hold(?: \S+)? ikke op`, `لا (?:تتوقف|تتوقفوا|توقف|توقفوا)`,
	// another address takes the place of this one
	`my (?:new|other|private|personal|work) (?:e-?mail |address |mailbox )*(?:is|:|instead)`, `die neue (?:adresse |e-?mail\S* )?(?:ist|lautet)`,
	`meine neue (?:adresse|e-?mail\S*)`, `(?:ma )?nouvelle adresse(?: \S+)? (?:est|:)`, `mi nuev[ao] (?:dirección|correo|cuenta)`, `(?:il mio )?nuovo indirizzo`,
	`(?:meu|o) novo (?:endereço|e-?mail)`, `nieuwe (?:adres|e-?mail\S*)`, `nowy (?:adres|e-?mail)`, `nya (?:adress|mejl)\pL*`, `пишите(?: лучше| мне| теперь){0,2} на (?:личн|друг|нов)\pL*`,
	`helpen`, `(?:do|does) (?:you|it|they) (?:delete|erase|remove)`, `(?:your|ihre|vos|sus|i vostri|uw|os vossos|seus) (?:customers|clients|kunden|clientes|clienti|klanten)`, `quando (?:un|uno|una) (?:contatto|cliente|utente)`,
	// the writer's own readers are told how
	`mail mit`, `nicht mehr gewünscht`, `hier (?:abmelden|uitschrijven)`, `per (?:annullare|essere cancellat\pL*|non ricevere)`, `para (?:no|não) recib?\pL*`,
	`vill du inte`, `(?:ønsker|vil) du ikke`, `avregistrera dig`, `meld deg`, `(?:afmeld|frameld) (?:dig|nyhedsbrev)`, `wil(?:t)? (?:u|je)(?: \S+){0,4} (?:niet|geen)`, `jeśli nie chcesz`, `если (?:вы )?не хотите`, `اذا كنت لا`,
	`falls sie (?:keine|sich)(?: \S+){0,8} (?:möchten|wünschen|wollen)`,
	`wenn sie (?:keine|sich)(?: \S+){0,8} (?:möchten|wünschen|wollen)`,
	`si vous (?:ne souhaitez plus|souhaitez)(?: \S+){0,8}`,
	`si no (?:desea|quiere|deseas|quieres)(?: \S+){0,8}`,
	`se non (?:desidera|desideri|vuole|vuoi)(?: \S+){0,8}`,
	`se (?:você )?não (?:deseja|quiser|desejar)(?: \S+){0,8}`,
)

// notAskingGlued is notAsking for scripts that set no blanks between words.
var notAskingGlued = anywhere(
	`(?:系统|系統|软件|軟體|产品|產品|平台|后台|功能|账号|帳號|支持).*(?:吗|嗎|？|\?)|(?:吗|嗎|能否|是否).*(?:系统|系統|软件|产品|平台|功能)|之前|以前|误|不小心|(?:機能|ツール|システム|製品).*(?:か|？)|間違えて|誤って|再登録`,
)

// negated takes a phrase back that it precedes.
var negated = phrase(`do not`, `don't`, `dont`, `did not`, `didn't`, `not`, `never`, `won't`, `no need to`, `without`, `wouldn't`, `nicht`, `kein`, `keinesfalls`, `ne`, `no`, `non`, `não`, `niet`, `nie`, `не`, `inte`, `ikke`, `لا`, `لم`)
