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
		"Вычеркните нас из своей базы, не интересно", "Отстаньте уже!", "Сколько можно слать этот спам?", "prosze mnie wykreslic z listy", "Dajcie mi w końcu spokój z tymi mailami!", "Bardzo proszę nie przysyłać nam więcej ofert.",
		"Jeg vil bede jer om ikke at kontakte os igen.", "Hold nu op med de mails!", "Nu gider vi ikke høre mere fra jer.", "Kan du være så snill å fjerne adressen min?", "Ikke en eneste e-post til fra dere.", "avsluta utskicken till den här adressen",
		"Nehmen Sie mich raus.", "Meldet mich bitte ab.", "Kunt u ons uitschrijven?", "Toglietemi.", "Sáquenme de la lista.", "Me tira dessa lista.", "Merci de retirer les Thermes de vos envois.",
		"もう送ってこないで", "二度と送らないでください。", "メーリングリストから私のアドレスを外していただけますか。", "アドレスを削除してください。", "麻烦取消订阅，我没有订过这个。", "再发我就举报了！",
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
		"Vielen Dank, wir melden uns nächste Woche bei Ihnen.", "Wir nehmen uns dafür gern Zeit.", "Nehmen Sie mich bitte mit in die Runde auf.", "Tragen Sie mich bitte für die Demo ein.", "Tragen Sie mich in Ihren Verteiler ein.",
		"Das hören wir oft.", "Wir hören das gern.", "Wir haben keine E-Mails von Ihnen erhalten, bitte senden Sie es nochmal.", "Ich habe keine E-Mails erhalten.", "Leider haben wir bisher keine Angebote erhalten.",
		"Streichen Sie bitte Position 3.", "Melden Sie mich bitte für das Webinar an.", "Wir möchten uns für die Schulung anmelden.", "Wir wollen keine neue Software einführen.", "Mein Kollege nimmt mich gern mit.",
		"Bitte löschen Sie Punkt 3 aus dem Angebot.", "Wie läuft bei Ihnen eine Löschung nach DSGVO ab?", "Unterstützt Ihr Tool das Auskunftsrecht der DSGVO?", "Melde mich, sobald ich mehr weiß.",
		"Melden Sie sich gern im Herbst wieder.", "Bitte schreiben Sie mir nicht vor September.", "Kontakta mig igen i höst.", "Skicka mig mer information.", "Vi vill inte ha fler system just nu.",
		"Vi vill inte ha någon ny leverantör.", "Skriv till mig igen i maj.", "Kontakt mig igen til foråret.", "Send mig mere info, tak.", "Skriv til mig igen i maj.", "Vi vil ikke have et nyt system.", "Meld os til webinaret.",
		"Meld meg på kurset, takk.", "Kontakt meg igjen til våren.", "Pode tirar-me uma dúvida?", "Pode me tirar uma dúvida sobre o preço?", "Retiro o meu pedido anterior.", "Não quero que me interprete mal, mas é caro.",
		"Sácame de dudas: ¿qué precio tiene?", "No quiero que me malinterprete, pero es caro.", "No me llame más tarde de las seis.", "Toglimi una curiosità: quanto costa?", "Vorrei togliermi un dubbio sul prezzo.",
		"Non mi scriva più tardi delle sei.", "Pouvez-vous supprimer la ligne 3 du devis ?", "Merci de retirer la pièce jointe et de renvoyer le mail.", "Je préfère me retirer de ce projet, voyez avec Paul.",
		"Ne m'écrivez pas avant septembre.", "Est-ce que votre outil gère le droit à l'effacement du RGPD ?", "Schrijf mij in maart nog eens.", "Meld mij aan voor de demo.", "Schrijf me in voor de demo.",
		"Wij willen geen nieuwe software meer aanschaffen.", "We hebben uw offerte niet meer ontvangen.", "Kunt u ons helpen oude contacten te verwijderen?", "Haal mij op bij het station om tien uur.", "Proszę usunąć punkt 3 z oferty.",
		"Proszę o usunięcie załącznika i ponowne wysłanie.", "Proszę do mnie pisać na tę skrzynkę.", "Прошу удалить пункт 3 из предложения.", "I'll block this time in my calendar.", "We will mark this as done.",
		"I will report this to my manager.", "Call me on Monday, or I call you on Tuesday.", "These issues don't go away by themselves.", "See article 15 of our contract.", "Does your tool support the right to erasure?",
		"How does your product handle GDPR deletion requests?", "Can it remove duplicates from the list?", "Does it delete the customer data from the server?", "Let's take this conversation off-line.",
		"Let's take our pricing discussion offline.", "Don't contact me before June.", "Please don't write to me until the new year.", "Can you remove my colleague from the invite?", "I can't stop emailing people about it.",
		"We don't want to receive the goods before May.", "Please send me more.", "Remove the logo and my name from the quote, please.", "Kann ich meine Daten später wieder löschen?",
		"Our email was down, delete my last message and call me.", "Take me through the offer.", "Report this to Bob, please.", "Can I delete my account later?", "Is it possible to delete our data when we cancel?",
		"¿Se pueden borrar nuestros datos al terminar el contrato?", "Peut-on supprimer nos données à la fin du contrat ?", "我们不想收到低质量的线索。", "请问可以删除我的测试账号吗？", "لا ترسل لي العرض قبل الأحد.",
		"¿De dónde sacó mi correo?", "De onde você tirou meu contato?", "Where did you get my email?", "Don't email me, call me.", "Bitte entfernen Sie mich keineswegs.", "Ne me désabonnez surtout pas.", "按错了退订，请重新添加我。",
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
