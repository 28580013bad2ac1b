package classify

import "testing"

func TestFooters(t *testing.T) {
	for text, want := range map[string]bool{
		"Don't want our newsletter any more? Unsubscribe here: shop.example/out":                                     true,
		"You may opt out of our bulletins at any time by writing to news@club.example.":                              true,
		"If this email was not meant for you please delete it and do not contact the sender.":                        true,
		"Under GDPR you may ask us to erase your data: privacy@clinic.example":                                       true,
		"Newsletter abbestellen: haus.example/abmelden":                                                              true,
		"Unser Laborbrief erscheint viermal im Jahr. Abmeldung jederzeit: brief@labor.example":                       true,
		"Sie können der Verwendung Ihrer Daten jederzeit widersprechen: datenschutz@praxis.example":                  true,
		"Ce message peut contenir des données. Reçu par erreur ? Détruisez-le.":                                      true,
		"Se désabonner : gite.example/stop":                                                                          true,
		"Para no recibir más nuestras novedades, escriba NO a bajas@tienda.example":                                  true,
		"Date de baja cuando quieras: tienda.example/baja":                                                           true,
		"Per non ricevere più le nostre offerte risponda NO GRAZIE":                                                  true,
		"Ricevi il nostro notiziario perché sei socio. Cancellazione: circolo.example/esci":                          true,
		"Se não quiser receber as nossas ofertas, avise para info@loja.example":                                      true,
		"Geen nieuws meer van ons? Meld je af op winkel.example/af":                                                  true,
		"Dit bericht is uitsluitend bestemd voor de geadresseerde. Bent u dat niet, verwijder het.":                  true,
		"لعدم استلام عروضنا أرسل كلمة توقف":                                                                          true,
		"إن بلغتك هذه الرسالة سهواً فأتلفها ولا تراسل صاحبها.":                                                       true,
		"Si vous ne souhaitez plus recevoir la Gazette, un lien de désinscription figure au bas de chaque numéro.":   true,
		"Per annullare l'iscrizione agli inviti dei concerti, seguire il collegamento in fondo all'ultimo ricevuto.": true,
		"Wilt u onze nieuwsbrief niet meer ontvangen? Antwoord dan met UITSCHRIJVEN.":                                true,
		"Möchten Sie unsere Angebote nicht mehr? Hier abmelden: haus.example/raus":                                   true,
		"Wij willen uw nieuwsbrief niet meer ontvangen.":                                                             false,
		"Unsubscribe me, thanks.":                               false,
		"Please take me off your newsletter, ann@corp.example.": false,
		"Under GDPR erase our data please.":                     false,
		"Abmelden: info@haus.example":                           false,
		"Pour ne plus recevoir vos mails, que faut-il faire ?":  false,
		"Para no recibir más, ¿qué hay que hacer?":              false,
		"Non vogliamo più ricevere le vostre offerte.":          false,
		"Cancelar subscrição por favor.":                        false,
		"Uitschrijven graag: info@winkel.example":               false,
		"احذفوا info@matjar.example من فضلكم":                   false,
	} {
		if got := isFooter(text); got != want {
			t.Errorf("%v a footer: %q", got, text)
		}
	}
}
