package message

import (
	"testing"

	"mailrun/pkg/outreach"
)

// autoReplyOf reads a text of plain words with the given header lines.
func autoReplyOf(header, text string) (kind outreach.Kind, left bool) {
	m := Parse([]byte("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n" + header + "\n\n" + text + "\n"))
	kind, _, left, _ = autoReply(m, VisibleText(m), noteReceived)
	return kind, left
}

// TestLeaving: notes by machine that somebody does not work there any more.
func TestLeaving(t *testing.T) {
	for _, text := range []string{
		"I no longer work for Example Ltd.", "Ann is no longer with us. Please write to Bo.", "Ann has now retired after 30 years with the bank.", "My last working day was 31 July.", "As of 1 August I have left the firm.", "My contract came to an end in July.",
		"Please be advised that Ms Lee's employment has been terminated.", "I have moved on to a new role elsewhere.", "Today was my last day.", "We are sad to tell you that Ann Lee passed away in June.", "After eleven years I have retired. Bo Roe has taken over my accounts.", "Mr Lee doesn't work here any more.",
		"Ich bin zum 31.7. aus der Firma ausgeschieden.", "Frau Lee ist nicht mehr für uns tätig.", "Herr Roe hat unser Unternehmen zum Monatsende verlassen.", "Nach 30 Jahren habe ich den Ruhestand angetreten.", "Mein letzter Arbeitstag war der 31. Juli.", "Ich arbeite seit Juli nicht mehr bei Example.", "Ich stelle mich einer neuen Herausforderung. Meine Nachfolgerin ist Frau Roe.",
		"Herr Lee befindet sich im wohlverdienten Ruhestand.", "Das Arbeitsverhältnis mit Frau Lee wurde zum 30.6. beendet.", "Mme Lee ne fait plus partie de nos effectifs.", "J'ai quitté l'entreprise fin juillet.", "M. Roe a fait valoir ses droits à la retraite.", "Mon contrat a pris fin le 31 juillet.", "Je ne travaille plus chez Example depuis juin.",
		"Suite au départ de Mme Lee, merci de contacter M. Roe.", "Ana ha dejado de formar parte de la empresa.", "Le informamos que el Sr. Roe ya no labora en esta institución.", "Me he jubilado el 31 de julio.", "Mi contrato con Example ha finalizado.", "Ya no estoy en la empresa.", "La dott.ssa Lee non è più in forza presso la nostra azienda.", "Ho lasciato il mio incarico in Example.",
		"Sono andato in pensione il 31 luglio.", "Il sig. Roe ha lasciato l'azienda.", "A Ana já não integra a nossa equipa.", "Deixei de trabalhar na Example em julho.", "O Rui desligou-se da empresa.", "O Sr. Roe aposentou-se em julho.", "Ann Lee is sinds 1 augustus niet meer bij ons werkzaam.", "Ik ben per 1 augustus uit dienst.", "Bram heeft onze organisatie verlaten.",
		"Z dniem 31 lipca zakończyłem współpracę z firmą Example.", "Pani Lee nie jest już pracownikiem naszej firmy.", "Jan Roe przeszedł na emeryturę.", "Анна Ли больше не является сотрудником компании.", "Я уволился 31 июля.", "Мой последний рабочий день был 31 июля.", "Jag har slutat på Example.", "Anna arbetar inte längre kvar hos oss.", "Min anställning upphörde den 31 juli: anställning avslutad.",
		"Ann Lee er ikke længere ansat hos os.", "Jeg er fratrådt min stilling.", "Ann Lee jobber ikke lenger i Example.", "Per har gått av med pensjon.", "Timo ei työskentele enää meillä.", "Olen jäänyt eläkkeelle.", "Pan Roe již u nás nepracuje.", "Pan Roe odešel do důchodu.", "Ali Bey şirketimizden ayrılmıştır.", "Artık bu şirkette çalışmıyorum.",
		"لم أعد أعمل في الشركة.", "انتهت خدمات الأستاذ علي لدينا.", "لقد تقاعد السيد علي.", "私は7月末をもちまして退職いたしました。", "リーは定年により7月に退職しました。", "我已于7月离职。", "李先生已退休，请联系王先生。", "저는 7월 31일부로 퇴사하였습니다.", "김 과장은 더 이상 근무하지 않습니다.",
	} {
		if kind, left := autoReplyOf("Subject: Re: Offer\nAuto-Submitted: auto-replied", text); kind != outreach.KindAutoReply || !left {
			t.Errorf("%q: kind %q, left %v", text, kind, left)
		}
	}
}

// TestLeavingOfOthers: notes by machine of people who come back, and of offices.
func TestLeavingOfOthers(t *testing.T) {
	for _, text := range []string{
		"I have left the office for today.", "I am on parental leave. My last day before it was 31 July.", "Ann has left for the day.", "I am no longer in the office this week.", "I'm away at a conference on new opportunities in retail.", "Thank you, your ticket is no longer pending.", "We have received your order, the invoice is no longer attached.",
		"I have left my laptop at home and am away today.", "I am on annual leave until the end of my contract negotiations.", "Your contract request has been received.", "Thank you for contacting the retirement service team.", "Thank you for your message. We will work on it as soon as possible.", "Left a message? We call back.", "I am travelling and will be back on my last flight on Friday.",
		"Ich bin im Urlaub und lese meine Mails nicht mehr.", "Heute bin ich nicht mehr erreichbar.", "Ich verlasse mich auf meine Vertretung und bin bis Freitag nicht im Büro.", "Ihre Anfrage wird bearbeitet, Sie müssen nichts mehr tun.", "Wir sind bis Freitag in Betriebsferien. Das Team bleibt Ihnen treu.", "Je suis en congé et ne consulte plus mes messages.", "J'ai bien quitté le bureau pour mes vacances, à lundi.",
		"Nous accusons réception de votre demande de contrat.", "Votre message a bien été reçu, merci de ne plus le renvoyer.", "Je suis absente, en mission jusqu'à vendredi.", "Ya no estoy en la oficina hoy, estoy de vacaciones.", "Hemos recibido su solicitud sobre el contrato.", "Estoy de baja hasta el lunes.", "Gracias, ya no es necesario que escriba: hemos recibido su consulta.", "Sono in ferie e non leggo più la posta.",
		"Non è più necessario rispondere, abbiamo ricevuto la sua richiesta.", "Sono assente fino a venerdì.", "Recebemos a sua mensagem sobre o contrato.", "Estou de férias e não leio mais os emails.", "Já não estou no escritório hoje, estou ausente.", "Ik ben met vakantie en lees geen mail meer.", "Wij hebben uw bericht ontvangen, u hoeft niets meer te doen.", "Ik ben afwezig tot vrijdag.",
		"Jestem na urlopie do piątku.", "Otrzymaliśmy Państwa umowę.", "Nie ma mnie dzisiaj w biurze, urlop.", "Я в отпуске и не читаю почту.", "Ваше обращение получено, больше ничего не требуется.", "Меня нет в офисе до пятницы.", "Jag har semester och läser inte mejl längre än till fredag.", "Vi har tagit emot ditt ärende.", "Jag är borta från kontoret idag.", "Jeg er på ferie og læser ikke længere mails i dag.",
		"Vi har modtaget din henvendelse om ansættelse.", "Jeg er ikke på kontoret.", "Jeg har feriestengt til mandag.", "Olen lomalla enkä lue viestejä.", "Olemme vastaanottaneet viestisi.", "Jsem na dovolené do pátku.", "Děkujeme za zprávu, přijali jsme ji.", "Yıllık izindeyim, cuma günü döneceğim.", "Talebiniz alınmıştır.", "Kesälomalla perjantaihin.",
		"أنا في إجازة حتى الجمعة.", "تم استلام طلبكم وسيتم الرد.", "أنا خارج المكتب اليوم.", "本日は退社しました。", "夏季休暇をいただいております。", "お問い合わせを受け付けました。", "我正在休假，周五回来。", "已收到您的邮件，我们会尽快回复。", "외근 중이라 부재중입니다.", "문의가 접수되었습니다.", "휴가 중입니다.", "8月末まで出張中です。", "I will leave the meeting early and am out of the office today.", "Working remotely today, replies may be slow.",
	} {
		if kind, left := autoReplyOf("Subject: Re: Offer\nAuto-Submitted: auto-replied", text); kind == "" || left {
			t.Errorf("%q: kind %q, left %v", text, kind, left)
		}
	}
}

// TestLeavingWithoutHeader: the sender is named, or tells of itself and where to turn.
func TestLeavingWithoutHeader(t *testing.T) {
	for header, text := range map[string]string{
		"From: Ann Lee <ann@example.com>\nSubject: Ann Lee has retired":                               "Hello, Ann Lee retired in June. Please write to office@example.com.",
		"From: ann.lee@example.com\nSubject: Re: Offer":                                               "Ann Lee is no longer an employee of Example. Contact Bo.",
		"From: Ann Lee <ann@example.com>\nSubject: Change of contact":                                 "I have left Example after nine years. Please contact Bo Roe in future.",
		"From: Uwe Lee <lee@example.com>\nSubject: Tschüss und danke":                                 "Ich habe meinen Ruhestand angetreten. Ihre Nachricht wird nicht weitergeleitet, bitte wenden Sie sich an Frau Roe.",
		"From: Anne Lee <a.lee@example.com>\nSubject: Changement de contact":                          "J'ai quitté mes fonctions fin juillet. Merci de vous adresser à M. Roe.",
		"From: Ana Lee <ana@example.com>\nSubject: Nuevo contacto":                                    "Ya no trabajo en Example; mi último día fue el viernes. Pueden dirigirse a Bo.",
		"From: Rui Lee <rui@example.com>\nSubject: Alteração de contacto":                             "O Rui Lee deixou de colaborar connosco. Contacte a Ana.",
		"From: 王磊 <wang@example.com>\nSubject: 工作变动":                                                  "王磊已离职，请联系李娜。",
		"From: Jan Lee <jan@example.com>\nSubject: Zmiana osoby kontaktowej":                          "Zakończyłem pracę w Example. Proszę o kontakt z Anną Roe.",
		"From: Personal <noreply@example.com>\nSubject: Ansprechpartner":                              "Frau Lee ist nicht mehr im Unternehmen tätig.",
		"From: Ann Lee <ann@example.com>\nSubject: Out of Office":                                     "I am no longer with Example. Please contact Bo.",
		"From: Ann Lee <ann@harbour-finch.example>\nSubject: Re: Offer\nAuto-Submitted: auto-replied": "Ann has left Harbour & Finch.",
		"From: Bram Lee <b@kadewerk.example>\nSubject: Automatisch antwoord: Vraag":                   "Bram heeft Kadewerk per 1 april verlaten.",
		"From: Bo <bo@example.com>\nSubject: Automatic reply: Offer\nAuto-Submitted: auto-generated":  "This role no longer exists, I am no longer with the company.",
		"From: Petra Lee <p@stadtwerke.example>\nSubject: Automatische Antwort: Angebot":              "Petra hat die Stadtwerke zum 1. Mai verlassen.",
	} {
		if kind, left := autoReplyOf(header, text); kind != outreach.KindAutoReply || !left {
			t.Errorf("%q: kind %q, left %v", text, kind, left)
		}
	}
}

// TestLeavingByPeople: people tell of colleagues and of themselves.
func TestLeavingByPeople(t *testing.T) {
	for header, text := range map[string]string{
		"From: Bo Roe <bo@example.com>\nSubject: Re: Offer":        "Ann Lee is no longer with us, I have taken over from her. What does it cost?",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Offer ":       "Ann retired last year. Please contact me instead, I look after this now.",
		"From: Bo Roe <bo@example.com>\nSubject: Offer":            "I left my old job to start this firm, so your tool interests me. Are you free on Friday?",
		"From: Bo Roe <bo@example.com>\nSubject: RE: Angebot":      "Herr Lee ist nicht mehr bei uns, ich bin jetzt zuständig. Schicken Sie mir das Angebot.",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Offre":        "Mme Lee a quitté la société, je la remplace. Pouvez-vous me rappeler ?",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Oferta":       "Ana ya no trabaja aquí. ¿Me lo puede enviar a mí?",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Offerta":      "Anna è in pensione da giugno, ora me ne occupo io.",
		"From: Bo Roe <bo@example.com>\nSubject: Res: Oferta":      "O Rui saiu da empresa; mande para mim, por favor.",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Aanbod":       "Bram werkt hier niet meer, ik neem het over.",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Oferta pracy": "Pani Lee odeszła z firmy, proszę pisać do mnie.",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Предложение":  "Анна уволилась, теперь этим занимаюсь я.",
		"From: Bo Roe <bo@example.com>\nSubject: Re: Tilbud":       "Ann er stoppet, men jeg kigger på det.",
		"From: 山田 <yamada@example.com>\nSubject: RE: ご提案":          "前任の田中は退職しましたので、私が担当いたします。",
		"From: 李娜 <lina@example.com>\nSubject: 回复: 报价":             "王磊已经离职，现在由我负责，请把报价发给我。",
		"From: سامي <sami@example.com>\nSubject: رد: عرض":          "لم يعد علي يعمل هنا، أنا المسؤول الآن.",
		"From: Jo <jo@example.com>\nSubject: Re: Offer":            "My contract ended last month, so this is not my decision any more.",
	} {
		if kind, left := autoReplyOf(header, text); kind != "" || left {
			t.Errorf("%q: kind %q, left %v", text, kind, left)
		}
	}
}
