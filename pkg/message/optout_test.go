package message

import (
	"strings"
	"testing"
)

func TestOptOutWords(t *testing.T) {
	requests := []string{
		"Unsubscribe", "unsubscribe please!", "Please unsubscribe.", "STOP", "Please remove me from your list.", "remove me", "Take me off your mailing list, thanks", "Please take us off this list.",
		"Can you remove my email from your database?", "Could you please unsubscribe me?", "I would like to unsubscribe.", "How do I unsubscribe from your emails?", "Stop emailing me.", "Stop sending me these emails!",
		"stop emailing me or I report you", "Do not contact me again.", "Don't email me anymore", "Please don't contact us.", "I don't want to receive any more emails from you.", "We no longer wish to be contacted.",
		"Opt out", "Please opt me out.", "No more emails please", "Please cease all communication with us.", "I will report this as spam.", "If you write again I will sue you.", "Leave me alone.",
		"Under GDPR I request that you delete my data.", "Please delete all my personal data immediately.", "I want to exercise my right to erasure.", "Not interested, please remove\nme from your list.",
		"Hi Ann,\n\nthanks, but please take me off\nyour list.\n\nBo", "Kindly remove us from your mailing list", "I never signed up for this.", "Marked this as spam.",
		"Abmelden", "Bitte abmelden", "Bitte nehmen Sie mich aus Ihrem Verteiler.", "Bitte streichen Sie mich von der Liste", "Bitte löschen Sie meine Daten.", "Bitte keine weiteren E-Mails.", "Schreiben Sie mir nicht mehr.", "Bitte kontaktieren Sie mich nicht mehr.",
		"Ich möchte keine E-Mails mehr von Ihnen erhalten.", "Ich widerspreche der Nutzung meiner Daten.", "Unerwünschte Werbung! Ich werde Sie abmahnen.",
		"Désabonnez-moi", "Merci de me retirer de votre liste.", "Veuillez supprimer mon adresse de votre base.", "Je ne souhaite plus recevoir vos mails.", "Ne me contactez plus.", "Arrêtez de m'envoyer des mails.",
		"Darme de baja", "Por favor, deme de baja de su lista.", "Eliminen mi correo de su base de datos.", "No me escriban más.", "No quiero recibir más correos.", "Dejen de enviarme correos.", "Bórrenme de la lista",
		"Cancellatemi dalla lista.", "Rimuovete il mio indirizzo dalla vostra lista.", "Non desidero ricevere altre email.", "Non contattatemi più.", "Smettetela di scrivermi",
		"Remova-me da lista.", "Por favor, remova meu email da sua lista.", "Não quero mais receber e-mails.", "Não me envie mais mensagens.", "Parem de me enviar emails.", "Descadastrar",
		"Uitschrijven", "Schrijf mij uit.", "Graag verwijder mijn e-mailadres uit uw bestand.", "Mail mij niet meer.", "Ik wil geen mails meer ontvangen.", "Stop met mailen",
		"Proszę o usunięcie mojego adresu z bazy.", "Proszę usunąć mnie z listy.", "Nie chcę otrzymywać takich wiadomości.", "Proszę nie pisać do mnie więcej.", "Wypisz mnie",
		"Отпишите меня от рассылки.", "Удалите мой адрес из базы.", "Больше не пишите мне.", "Не хочу получать ваши письма.", "Прекратите присылать спам.", "Отписаться",
		"Ta bort mig från listan.", "Avregistrera mig", "Jag vill inte ha fler mejl.", "Sluta mejla mig", "Fjern mig fra jeres liste.", "Jeg ønsker ikke at modtage flere mails.", "Afmeld", "Kontakt mig ikke igen.",
		"配信停止をお願いします。", "今後の連絡は不要です。", "リストから削除してください。", "退订", "请不要再给我发邮件了。", "请把我从名单中删除。", "我不想再收到你们的邮件",
		"Quit emailing our staff.", "Прошу больше мне не писать.", "Требую удалить мой адрес из базы.", "Я не давал согласия на рассылку.", "Inte intresserad, hör inte av er igen.",
		"Je vous prie d'arrêter. Cessez de m'écrire.", "Не пишите на этот адрес, мне это не нужно. Больше не пишите.",
		"إلغاء الاشتراك", "يرجى إزالتي من القائمة البريدية.", "لا ترسلوا لي رسائل أخرى.", "أرجو حذف بريدي من قائمتكم", "توقفوا عن إرسال الرسائل.", "لا أريد استلام رسائلكم",
	}
	for _, text := range requests {
		if !OptOutWords(text) {
			t.Errorf("not read as an opt-out: %q", text)
		}
	}
}

func TestOptOutWordsOfOthers(t *testing.T) {
	others := []string{
		"", "Yes, let's talk.", "Not interested", "No thanks.", "Not interested, thank you.", "I'm not interested at the moment, maybe next year.", "Please don't unsubscribe me!", "I did not unsubscribe.", "I don't want to be removed from the list.",
		"How do I unsubscribe users in your product?", "Can our customers unsubscribe from your newsletters?", "What is your unsubscribe rate?", "Does your tool have an unsubscribe link?", "To unsubscribe, click here.", "If you'd like to opt out, just reply to this email.",
		"Reply with unsubscribe and we will stop.", "You can unsubscribe at any time.", "Please remove me from this thread, Bob will handle it.", "Stop by our booth!", "We had to stop the project.", "I will be out, don't email me the contract, send it to Bo.", "Remove the second item from the quote, please.",
		"We can't stop talking about it.", "Please delete the old version.", "> unsubscribe\n> please remove me\nSure, call me.", "Our users want to opt out of tracking.", "Do not hesitate to contact me.", "Don't contact Bob, contact me instead.",
		"Kein Interesse.", "Wir haben derzeit keinen Bedarf.", "Bitte melden Sie sich nächste Woche.", "Melden Sie sich mich nicht ab", "Können Kunden sich vom Newsletter abmelden?", "Wir wollen uns auf der Messe anmelden.", "Löschen Sie bitte Punkt 3.",
		"Pas intéressé.", "Ce n'est pas le bon moment, recontactez-moi en mai.", "Comment désabonner des utilisateurs dans votre outil ?", "No me interesa, gracias.", "Non sono interessato.", "Não tenho interesse.", "Geen interesse.", "Nie jestem zainteresowany.", "Не интересно.", "Inte intresserad.", "Ikke interesseret.",
		"Hören Sie bitte nicht auf, uns zu schreiben.", "N'arrêtez surtout pas de m'écrire.", "No deje de escribirme.", "Non smetta di scrivermi.", "Não pare de me escrever.", "Stop vooral niet met mailen.", "Sluta inte mejla mig.", "Hold endelig ikke op med at skrive til mig.",
		"Bitte keine Mails mehr an meine alte Adresse, die neue ist bo@new.example.", "Не пишите мне на рабочую почту, пишите на личную.", "Wie kann ich bei Ihnen Kontakte aus dem Verteiler löschen?",
		"興味がありません。", "不感兴趣。", "غير مهتم", "Contáctame la próxima semana.", "Scrivetemi la prossima settimana.", "Stuur mij de prijslijst.", "Skicka mig en offert.", "Send mig et tilbud.", "请发送给我报价。", "Пришлите мне прайс.",
	}
	for _, text := range others {
		if OptOutWords(text) {
			t.Errorf("read as an opt-out: %q", text)
		}
	}
}

// TestOptOutWordsQuoted: our own footer, which every reply brings back, is no request of the one who replies.
func TestOptOutWordsQuoted(t *testing.T) {
	m := plain("Sounds good, call me.\n\nOn Thu, Mar 3, 2016 at 5:21 PM Ann <ann@example.com> wrote:\n\n> Our offer\n>\n> Unsubscribe\n")
	if OptOutWords(VisibleText(m)) {
		t.Error("the quoted footer counts")
	}
}

func BenchmarkOptOutWords(b *testing.B) {
	text := strings.Repeat("Thank you for the offer, which we have discussed with the team. It is not what we are looking for at this time.\n", 8)
	for b.Loop() {
		OptOutWords(text)
	}
}
