package message

import "testing"

// TestOptOutFamilies: more ways to ask, by language; TestOptOutFamiliesOfOthers has as many sentences beside them that ask for nothing.
func TestOptOutFamilies(t *testing.T) {
	for _, text := range []string{
		"I'd be glad if you did not contact us again.", "No more follow-ups, please.", "Kindly make this your last email.", "I object to the processing of my personal data for marketing.", "Unsuscribe me.", "I hereby withdraw my consent.", "Please scratch my address from your list.",
		"Bitte nicht mehr anschreiben.", "Ich bitte Sie, von weiteren E-Mails abzusehen.", "Bitte sehen Sie von weiteren Zuschriften ab.", "Sparen Sie sich weitere Mails.", "Verschonen Sie uns mit Ihren Angeboten.", "Unterlassen Sie ab sofort jegliche Kontaktaufnahme.", "Lassen Sie uns endlich in Frieden.", "Loeschen Sie meine Daten bitte.", "Löschen Sie alle über mich gespeicherten Daten gemäß Art. 17 DSGVO.",
		"Inutile de nous recontacter à l'avenir.", "Merci de rayer notre adresse.", "Rayez-moi de vos listes.", "Ne m'envoyez plus rien.", "Ne nous envoyez plus de publicités.",
		"No me vuelvan a escribir, por favor.", "No insistan más.", "Déjenme en paz.", "Absténganse de contactarme.",
		"Chiedo la cancellazione del mio indirizzo.", "Eviti di scrivermi ancora.", "Le chiedo di non inviarmi altre mail.", "Mi oppongo al trattamento dei miei dati.",
		"Não me voltem a contactar.", "Não me contacte novamente.", "Peço a eliminação dos meus dados.", "Nao quero receber mais isto.", "Não insista mais.",
		"Ik maak bezwaar tegen het gebruik van mijn persoonsgegevens.", "Gelieve ons niet meer te benaderen, wij willen niets meer ontvangen.", "Gelieve mij niet meer te mailen, ik wil niks meer krijgen.",
		"Proszę więcej nie pisać.", "Proszę o niewysyłanie mi ofert.", "Cofam moją zgodę.", "Отзываю согласие на обработку данных.", "Возражаю против обработки моих данных.",
		"Jag begär omedelbar radering.", "Jeg ønsker mine oplysninger slettet.", "Slett alle opplysninger om meg.", "أطالب بحذف كل بياناتي.", "الرجاء عدم مراسلتي مجددا.", "كفاية رسايل", "配信解除希望",
	} {
		if !OptOutWords(text) {
			t.Errorf("not read as an opt-out: %q", text)
		}
	}
}

func TestOptOutFamiliesOfOthers(t *testing.T) {
	for _, text := range []string{
		"I'd be glad if you did contact us again.", "No more follow-ups needed, the contract is signed.", "Make it the last slide.", "I object to the price, not to the product.", "We never unsubscribe customers by ourselves.", "We withdraw our previous order.", "Please scratch item two from the quote.",
		"Bitte nicht mehr Teile schicken als bestellt.", "Von weiteren Details können wir erst nach dem Termin absehen, was passt.", "Wir sehen von weiteren Verhandlungen nicht ab.", "Sparen Sie uns Zeit und rufen Sie an.", "Verschonen Sie das Budget nicht.", "Unterlassen wir die Vorrede: was kostet es?", "Lassen Sie uns in Ruhe darüber sprechen.", "Löschen Sie bitte alle Testdaten im Angebot.", "Welche Daten speichern Sie nach Art. 15 der Norm?",
		"Inutile de me relancer, je vous réponds vendredi.", "Merci de rayer la ligne 3.", "Rayez la mention inutile.", "Sind Sie nicht der Adressat, so unterlassen Sie jede Verwendung.", "Rot op met je korting.", "كفاية رسائل، لنتكلم يوم الخميس", "الزبون اللي مش عايز رسايل بيلغي إزاي", "Ne m'envoyez plus la version PDF, la version Word suffit.", "Ne nous envoyez pas le contrat avant lundi.",
		"No me vuelva loco con los precios.", "Insista con mi colega.", "Déjenme pensarlo.", "Absténganse de rellenar el campo 3.",
		"Chiedo la cancellazione del mio ordine.", "Eviti di usare il vecchio modulo.", "Le chiedo di inviarmi altre informazioni.", "Mi oppongo allo sconto proposto.",
		"Voltem a contactar-me em maio.", "Contacte-me novamente em setembro.", "Peço a eliminação da linha 3.", "Não quero perder isto.", "Insista comigo na próxima semana.",
		"Ik maak bezwaar tegen de prijs.", "Ik heb niets meer van u ontvangen.", "Wil je ons het voorstel nog eens mailen.",
		"Proszę więcej szczegółów.", "Proszę o niewielki rabat.", "Cofam się do poprzedniej oferty.", "Отзываю прошлый заказ.", "Возражаю против цены.",
		"Jag begär en offert.", "Jeg ønsker flere oplysninger.", "Slett linje tre i tilbudet.", "أطالب بخصم على السعر.", "الرجاء عدم التأخر في الرد.", "كفاية شرح، أرسل السعر", "配信を希望します",
	} {
		if OptOutWords(text) {
			t.Errorf("read as an opt-out: %q", text)
		}
	}
}
