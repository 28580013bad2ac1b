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
var aloneWords = wordSet(`unsubscribe, unsubscribed, unsubscribe from this list, unsubscribe from all, unsub, unsubscribing, opt out, opt-out, optout, stop, stop it,
	stop this, stop emails, stop emailing, stop mailing, remove, remove from list, remove from mailing list, remove from your list,
	remove from your mailing list, delete, take off list, no more emails, no more e-mails, no more mails, no more, no more messages, no emails,
	leave alone, do not contact, don't contact, do not email, do not e-mail, don't email, cancel subscription, cancel my subscription, end, abmelden,
	abmeldung, abbestellen, austragen, löschen, stopp, keine mails mehr, keine e-mails mehr, keine weiteren mails, keine weiteren e-mails, keine werbung,
	keine werbung mehr, nicht mehr kontaktieren, désabonner, désabonnez, désabonnement, désinscription, désinscrire, désinscrivez, désinscrivez-,
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
	// going on is asked for
	`(?:stop|hou)(?: u| aub| alsjeblieft| alstublieft| vooral){0,2} niet`, `hör\pL*(?: \S+)? nicht(?: \S+)? auf`, `n'(?:arrêt|cess)\pL*`, `ne (?:cess|stopp)\pL*`, `no (?:dej|par)\pL* de`,
	`non smett\pL*`, `não (?:par|deix)\pL* de`, `nie przestaw\pL*`, `не (?:прекращ|переста)\pL*`, `(?:sluta|slutt|stop) (?:inte|ikke)`, `hold(?: \S+)? ikke op`,
	`لا (?:تتوقف|تتوقفوا|توقف|توقفوا)`,
	// another address takes the place of this one
	`my (?:new|other|private|personal|work) (?:e-?mail |address |mailbox )*(?:is|:|instead)`, `die neue (?:adresse |e-?mail\S* )?(?:ist|lautet)`,
	`meine neue (?:adresse|e-?mail\S*)`, `(?:ma )?nouvelle adresse(?: \S+)? (?:est|:)`, `mi nuev[ao] (?:dirección|correo|cuenta)`, `(?:il mio )?nuovo indirizzo`,
	`(?:meu|o) novo (?:endereço|e-?mail)`, `nieuwe (?:adres|e-?mail\S*)`, `nowy (?:adres|e-?mail)`, `nya (?:adress|mejl)\pL*`, `пишите(?: лучше| мне| теперь){0,2} на (?:личн|друг|нов)\pL*`,
	`falls sie (?:keine|sich)(?: \S+){0,8} (?:möchten|wünschen|wollen)`,
	`wenn sie (?:keine|sich)(?: \S+){0,8} (?:möchten|wünschen|wollen)`,
	`si vous (?:ne souhaitez plus|souhaitez)(?: \S+){0,8}`,
	`si no (?:desea|quiere|deseas|quieres)(?: \S+){0,8}`,
	`se non (?:desidera|desideri|vuole|vuoi)(?: \S+){0,8}`,
	`se (?:você )?não (?:deseja|quiser|desejar)(?: \S+){0,8}`,
)

// negated takes a phrase back that it precedes.
var negated = phrase(`do not`, `don't`, `dont`, `did not`, `didn't`, `not`, `never`, `won't`, `no need to`, `without`, `wouldn't`, `nicht`, `kein`, `keinesfalls`, `ne`, `no`, `non`, `não`, `niet`, `nie`, `не`, `inte`, `ikke`, `لا`, `لم`)
