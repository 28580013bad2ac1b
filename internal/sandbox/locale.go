package sandbox

import (
	"strconv"
	"strings"
	"time"
)

// locale is how mail programs in one language introduce what they quote. Patterns hold {wd}, {d}, {mon}, {y}, {time}, {name} and
// {email}; each is what the program of that name writes.
type locale struct {
	weekdays [7]string // from Sunday
	months   [12]string
	gmail    string
	apple    string
	rePrefix string // Outlook's
	// automatic is what Exchange puts before the subject of an automatic reply.
	automatic string
	labels    [4]string
	numeric   string // a date in numbers, as time.Format takes it
	clock     string
}

var locales = map[string]locale{
	"en": {
		weekdays: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months:   [12]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
		gmail:    "On {wd}, {mon} {d}, {y} at {time} {name} <{email}> wrote:",
		apple:    "On {d} {mon} {y}, at {time}, {name} <{email}> wrote:",
		rePrefix: "RE: ", automatic: "Automatic reply: ", labels: [4]string{"From", "Sent", "To", "Subject"}, numeric: "2 January 2006", clock: "3:04\u202fPM",
	},
	"de": {
		weekdays: [7]string{"So.", "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa."},
		months:   [12]string{"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
		gmail:    "Am {wd}, {d}. {mon} {y} um {time} Uhr schrieb {name} <{email}>:",
		apple:    "Am {d}. {mon} {y} um {time} schrieb {name} <{email}>:",
		rePrefix: "AW: ", automatic: "Automatische Antwort: ", labels: [4]string{"Von", "Gesendet", "An", "Betreff"}, numeric: "02.01.2006", clock: "15:04",
	},
	"fr": {
		weekdays: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		months:   [12]string{"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
		gmail:    "Le {wd} {d} {mon} {y} à {time}, {name} <{email}> a écrit :",
		apple:    "Le {d} {mon} {y} à {time}, {name} <{email}> a écrit :",
		rePrefix: "RE: ", automatic: "Réponse automatique : ", labels: [4]string{"De", "Envoyé", "À", "Objet"}, numeric: "02/01/2006", clock: "15:04",
	},
	"es": {
		weekdays: [7]string{"dom", "lun", "mar", "mié", "jue", "vie", "sáb"},
		months:   [12]string{"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"},
		gmail:    "El {wd}, {d} {mon} {y} a las {time}, {name} (<{email}>) escribió:",
		apple:    "El {d} {mon} {y}, a las {time}, {name} <{email}> escribió:",
		rePrefix: "RE: ", automatic: "Respuesta automática: ", labels: [4]string{"De", "Enviado", "Para", "Asunto"}, numeric: "02/01/2006", clock: "15:04",
	},
	"ar": {
		weekdays: [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
		months:   [12]string{"يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"},
		gmail:    "في {wd}، {d} {mon} {y} في {time} تمت كتابة ما يلي بواسطة {name} <{email}>:",
		apple:    "في {d} {mon} {y}، الساعة {time}، كتب {name} <{email}>:",
		rePrefix: "رد: ", automatic: "رد تلقائي: ", labels: [4]string{"من", "تم الإرسال", "إلى", "الموضوع"}, numeric: "02/01/2006", clock: "15:04",
	},
}

func (a *answer) locale() locale {
	if l, ok := locales[a.person.Language]; ok {
		return l
	}
	return locales["en"]
}

// day writes a date as a person would in a sentence.
func (l locale) day(t time.Time) string { return t.Format(l.numeric) }

// attribution fills in a pattern for the message that is quoted, on the clock of the person who quotes.
func (a *answer) attribution(pattern string) string {
	l, sent, from := a.locale(), a.original.date.In(a.at.Location()), a.original.from
	name := from.Name
	if name == "" {
		name = from.Address
	}
	return strings.NewReplacer(
		"{wd}", l.weekdays[sent.Weekday()], "{d}", strconv.Itoa(sent.Day()), "{mon}", l.months[sent.Month()-1],
		"{y}", strconv.Itoa(sent.Year()), "{time}", sent.Format(l.clock), "{name}", name, "{email}", from.Address,
	).Replace(pattern)
}
