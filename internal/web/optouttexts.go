package web

import (
	"net/http"

	"golang.org/x/text/language"
)

// optOutTexts are the opt-out pages in one language.
type optOutTexts struct {
	Lang, Dir            string
	Title                string
	Ask, AskMore, Button string
	Done, DoneMore       string
	Unknown, UnknownMore string
}

// optOutLanguages are the pages' languages, in the order in which optOutMatcher knows them; the first serves everyone else.
var optOutLanguages = []optOutTexts{
	{
		Lang: "en", Dir: "ltr", Title: "Unsubscribe",
		Ask: "Unsubscribe from these emails?", AskMore: "We will not write to your address again.", Button: "Unsubscribe",
		Done: "You are unsubscribed.", DoneMore: "We will not write to your address again. You can close this page.",
		Unknown: "This link does not work.", UnknownMore: "It may be incomplete. Please answer the e-mail with the word “unsubscribe” and we will stop writing to you.",
	},
	{
		Lang: "ar", Dir: "rtl", Title: "إلغاء الاشتراك",
		Ask: "هل تريد إلغاء الاشتراك في هذه الرسائل؟", AskMore: "لن نراسل عنوانك مرة أخرى.", Button: "إلغاء الاشتراك",
		Done: "تم إلغاء اشتراكك.", DoneMore: "لن نراسل عنوانك مرة أخرى. يمكنك إغلاق هذه الصفحة.",
		Unknown: "هذا الرابط لا يعمل.", UnknownMore: "قد يكون الرابط غير مكتمل. يُرجى الرد على الرسالة بعبارة «إلغاء الاشتراك» وسنتوقف عن مراسلتك.",
	},
	{
		Lang: "de", Dir: "ltr", Title: "Abmelden",
		Ask: "Von diesen E-Mails abmelden?", AskMore: "Wir schreiben Ihrer Adresse nicht mehr.", Button: "Abmelden",
		Done: "Sie sind abgemeldet.", DoneMore: "Wir schreiben Ihrer Adresse nicht mehr. Sie können diese Seite schließen.",
		Unknown: "Dieser Link funktioniert nicht.", UnknownMore: "Vielleicht ist er unvollständig. Bitte antworten Sie auf die E-Mail mit dem Wort „Abmelden“, dann schreiben wir Ihnen nicht mehr.",
	},
	{
		Lang: "fr", Dir: "ltr", Title: "Désinscription",
		Ask: "Ne plus recevoir ces e-mails ?", AskMore: "Nous n’écrirons plus à votre adresse.", Button: "Me désinscrire",
		Done: "Vous êtes désinscrit.", DoneMore: "Nous n’écrirons plus à votre adresse. Vous pouvez fermer cette page.",
		Unknown: "Ce lien ne fonctionne pas.", UnknownMore: "Il est peut-être incomplet. Répondez à l’e-mail avec le mot « désinscription » et nous cesserons de vous écrire.",
	},
	{
		Lang: "es", Dir: "ltr", Title: "Darse de baja",
		Ask: "¿Quiere dejar de recibir estos correos?", AskMore: "No volveremos a escribir a su dirección.", Button: "Darme de baja",
		Done: "Se ha dado de baja.", DoneMore: "No volveremos a escribir a su dirección. Puede cerrar esta página.",
		Unknown: "Este enlace no funciona.", UnknownMore: "Quizá esté incompleto. Responda al correo con la palabra «baja» y dejaremos de escribirle.",
	},
	{
		Lang: "it", Dir: "ltr", Title: "Disiscrizione",
		Ask: "Non vuole più ricevere queste e-mail?", AskMore: "Non scriveremo più al suo indirizzo.", Button: "Disiscrivimi",
		Done: "La disiscrizione è avvenuta.", DoneMore: "Non scriveremo più al suo indirizzo. Può chiudere questa pagina.",
		Unknown: "Questo link non funziona.", UnknownMore: "Forse è incompleto. Risponda all’e-mail con la parola «disiscrivimi» e smetteremo di scriverle.",
	},
	{
		Lang: "pt", Dir: "ltr", Title: "Cancelar inscrição",
		Ask: "Deixar de receber estes e-mails?", AskMore: "Não voltaremos a escrever para o seu endereço.", Button: "Cancelar inscrição",
		Done: "A sua inscrição foi cancelada.", DoneMore: "Não voltaremos a escrever para o seu endereço. Pode fechar esta página.",
		Unknown: "Este link não funciona.", UnknownMore: "Talvez esteja incompleto. Responda ao e-mail com a palavra “cancelar” e deixaremos de lhe escrever.",
	},
	{
		Lang: "nl", Dir: "ltr", Title: "Afmelden",
		Ask: "Afmelden voor deze e-mails?", AskMore: "We schrijven niet meer naar uw adres.", Button: "Afmelden",
		Done: "U bent afgemeld.", DoneMore: "We schrijven niet meer naar uw adres. U kunt deze pagina sluiten.",
		Unknown: "Deze link werkt niet.", UnknownMore: "Misschien is hij onvolledig. Beantwoord de e-mail met het woord ‘afmelden’, dan schrijven we u niet meer.",
	},
}

var optOutMatcher = language.NewMatcher([]language.Tag{
	language.English, language.Arabic, language.German, language.French, language.Spanish, language.Italian, language.Portuguese, language.Dutch,
})

// maxAcceptLanguage bounds the header that is parsed.
const maxAcceptLanguage = 512

// textsFor are the texts in the language that the browser asks for first among ours.
func textsFor(r *http.Request) optOutTexts {
	header := r.Header.Get("Accept-Language")
	wanted, _, err := language.ParseAcceptLanguage(header[:min(len(header), maxAcceptLanguage)])
	if err != nil {
		return optOutLanguages[0]
	}
	_, i, _ := optOutMatcher.Match(wanted...)
	return optOutLanguages[i]
}
