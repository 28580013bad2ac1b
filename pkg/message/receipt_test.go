package message

import (
	"testing"

	"mailrun/pkg/outreach"
)

// TestReceiptWithoutHeader: acknowledgements whose header tells nothing.
func TestReceiptWithoutHeader(t *testing.T) {
	for header, text := range map[string]string{
		"Subject: [Ticket #48213] Offer":                            "Thank you for contacting us. We have received your request and will respond within 2 business days.",
		"Subject: Re: Offer [EX-9912]":                              "We've received your message. A member of our team will be in touch shortly.",
		"Subject: Your request has been received":                   "Hello, our team will get back to you as soon as possible.",
		"Subject: Re: Offer":                                        "Your enquiry has been received and given the case number 77120.",
		"Subject: We received your message":                         "Thanks for getting in touch with us. We aim to reply within one working day.",
		"Subject: Ihre Anfrage [KL-20931]":                          "Vielen Dank für Ihre Anfrage! Wir haben sie unter der Nummer KL-20931 erfasst und melden uns in der Regel binnen 24 Stunden.",
		"Subject: Wir haben Ihre Nachricht erhalten":                "Wir haben Ihre Nachricht erhalten und werden sie schnellstmöglich bearbeiten.",
		"Subject: AW: Angebot [Ticket#2026080410000123]":            "Ihre Nachricht ist bei uns eingegangen. Ein Mitarbeiter meldet sich innerhalb von drei Werktagen.",
		"Subject: Votre demande n° 88123":                           "Bonjour, nous avons bien reçu votre message. Il sera traité dans les plus brefs délais.",
		"Subject: Re: Offre [#88123]":                               "Votre demande a bien été enregistrée sous le numéro 88123. Avez-vous consulté notre FAQ ? Elle sera traitée sous 48h.",
		"Subject: Recibimos su mensaje":                             "Gracias por contactarnos. Le responderemos a la mayor brevedad.",
		"Subject: Re: Oferta (caso 5512)":                           "Su solicitud ha sido registrada con el número de caso 5512.",
		"Subject: Abbiamo ricevuto la sua richiesta":                "Le risponderemo entro due giorni lavorativi.",
		"Subject: R: Offerta [pratica 66120]":                       "La sua richiesta è stata presa in carico. Numero di pratica: 66120.",
		"Subject: Recebemos a sua mensagem":                         "Agradecemos o seu contacto. Responderemos o mais breve possível.",
		"Subject: Re: Oferta - chamado 90871":                       "Seu contato foi registrado. Número do chamado: 90871.",
		"Subject: Bevestiging van uw bericht":                       "Wij hebben uw bericht ontvangen en streven ernaar binnen twee werkdagen te antwoorden.",
		"Subject: Re: Aanbod [melding 40021]":                       "Uw vraag is geregistreerd onder nummer 40021.",
		"Subject: Potwierdzenie":                                    "Otrzymaliśmy Państwa wiadomość. Odpowiemy jak najszybciej.",
		"Subject: Odp: Oferta [zgłoszenie 1182]":                    "Państwa zgłoszenie zostało przyjęte. Numer zgłoszenia: 1182.",
		"Subject: Ваше обращение №55120":                            "Мы получили ваше сообщение. Номер обращения: 55120. Ответим в ближайшее время.",
		"Subject: Обращение зарегистрировано":                       "Здравствуйте! Ваше обращение зарегистрировано, свяжемся с вами в течение 24 часов.",
		"Subject: Sv: Erbjudande [Ärende 60412]":                    "Vi har tagit emot ditt meddelande. Ärendenummer: 60412.",
		"Subject: Vi har modtaget din henvendelse":                  "Tak for din henvendelse. Vi vender tilbage hurtigst muligt.",
		"Subject: Sak 70113 er mottatt":                             "Vi har mottatt henvendelsen din. Saksnummer 70113. Vi svarer så raskt som mulig.",
		"Subject: Olemme vastaanottaneet viestisi":                  "Kiitos yhteydenotostasi. Vastaamme mahdollisimman pian.",
		"Subject: Potvrzení přijetí":                                "Přijali jsme vaši zprávu. Ozveme se co nejdříve.",
		"Subject: Talebiniz alındı (talep 88301)":                   "Talebiniz alınmıştır. Talep numaranız 88301. En kısa sürede dönüş yapılacaktır.",
		"Subject: 【Example】お問い合わせ受付のお知らせ":                           "お問い合わせいただきありがとうございます。2営業日以内にご返信いたします。",
		"Subject: 已收到您的来信":                                          "感谢您的来信，我们会尽快回复。",
		"Subject: 문의가 접수되었습니다":                                      "문의해 주셔서 감사합니다. 접수번호 20260804-12, 영업일 기준 2일 이내에 답변드리겠습니다.",
		"Subject: تم استلام رسالتكم":                                "شكرا لتواصلكم معنا، سيتم الرد في أقرب وقت.",
		"From: Example <no-reply@example.com>\nSubject: Re: Offer":  "We have received your message.",
		"From: Example <noreply@example.com>\nSubject: AW: Angebot": "Ihre Nachricht wird bearbeitet: Ihre Anfrage wird weitergeleitet, vielen Dank für Ihre Anfrage.",
	} {
		if kind, left := autoReplyOf(header, text); kind != outreach.KindAutoReply || left {
			t.Errorf("%q: kind %q, left %v", text, kind, left)
		}
	}
}

// TestReceiptByPeople: people acknowledge, promise and number too.
func TestReceiptByPeople(t *testing.T) {
	for header, text := range map[string]string{
		"Subject: Re: Offer":                 "Thanks, we have received your offer and will discuss it on Monday.",
		"Subject: RE: Offer":                 "I got your message and will get back to you within two working days.",
		"Subject: re: Offer [Q3]":            "Thank you for getting in touch. We are not looking for this at the moment.",
		"Subject: Re: Offer [#48213]":        "Not for us, thanks.",
		"Subject: Re: Invoice 4711":          "We pay within 30 days; please put our reference number 123 on it.",
		"Subject: Re: Ticket prices":         "Could you send the prices for 500 tickets as soon as possible?",
		"Subject: AW: Angebot":               "Vielen Dank für Ihre Nachricht. Wir haben Ihre Unterlagen geprüft und keinen Bedarf.",
		"Subject: Aw: Angebot":               "Sie erreichen mich unter der Nummer 0431 123456, am besten so schnell wie möglich.",
		"Subject: Ihre Anfrage bei Lee GmbH": "Vielen Dank für Ihre Anfrage, aber wir sind versorgt.",
		"Subject: AW: Ihre Anfrage":          "Wir haben Ihre Mail erhalten, ich melde mich nächste Woche.",
		"Subject: Re: Offre":                 "Nous avons bien reçu votre proposition, mais nous ne donnerons pas suite.",
		"Subject: RE: Offre":                 "Je suis joignable sous le numéro 06 12 34 56 78, rappelez-moi dès que possible.",
		"Subject: Re: Oferta":                "Hemos recibido su oferta y no nos interesa por ahora.",
		"Subject: RE: Oferta":                "Llámeme con el número 600 123 123 lo antes posible.",
		"Subject: Re: Offerta":               "Abbiamo ricevuto la sua offerta, ne parliamo in riunione lunedì.",
		"Subject: R: Offerta":                "Mi chiami al numero 333 1234567, quanto prima.",
		"Subject: Re: Proposta":              "Recebemos a sua proposta e vamos analisar em reunião.",
		"Subject: RES: Proposta":             "Pode ligar-me com o número 912 345 678 assim que possível.",
		"Subject: Re: Aanbod":                "We hebben uw voorstel besproken en zien ervan af.",
		"Subject: RE: Aanbod":                "Ik ben bereikbaar onder nummer 06-12345678, bel zo snel mogelijk.",
		"Subject: Odp: Oferta":               "Otrzymaliśmy ofertę, wrócimy do tematu jesienią.",
		"Subject: Odp: Spotkanie":            "Proszę dzwonić pod numerem 600 100 200, najlepiej jak najszybciej.",
		"Subject: Re: Предложение":           "Мы получили предложение, обсудим на совещании.",
		"Subject: Re: Встреча":               "Звоните по номеру 8 900 123-45-67 в ближайшее время.",
		"Subject: Sv: Erbjudande":            "Vi har tittat på det och avstår.",
		"Subject: SV: Tilbud":                "Vi har modtaget tilbuddet, men har valgt en anden.",
		"Subject: Re: Tilbud":                "Takk, jeg ser på det så snart jeg kan.",
		"Subject: Vs: Tarjous":               "Kiitos, palaan asiaan ensi viikolla.",
		"Subject: Re: Nabídka":               "Děkujeme za nabídku, nemáme zájem.",
		"Subject: Ynt: Teklif":               "0532 numaralı telefondan en kısa sürede arayın.",
		"Subject: RE: ご提案":                   "ご連絡ありがとうございます。来週の会議で検討いたします。",
		"Subject: 回复: 报价":                    "邮件收到，价格太高，暂不考虑。",
		"Subject: RE: 제안":                    "제안 감사합니다. 내부 검토 후 연락드리겠습니다.",
		"Subject: رد: عرض":                   "وصلنا عرضكم وسنناقشه في اجتماع الأحد.",
	} {
		if kind, _ := autoReplyOf("From: Bo Roe <bo@example.com>\n"+header, text); kind != "" {
			t.Errorf("%q: kind %q", text, kind)
		}
	}
}

// TestChallenge: the sender is to prove that it is a person.
func TestChallenge(t *testing.T) {
	for _, text := range []string{
		"The message you sent requires that you verify that you are a real live human being and not a spam source. Simply reply to this message and leave the subject line intact.",
		"Bo here, I'm protecting myself from receiving junk mail. Just this once, click the link below so I can receive your emails: https://gate.example/a2?AQN",
		"Your email has been held because this is the first time you have written to me. Please click here to confirm that you are human.",
		"Please prove that you are not a robot by clicking the link. Your message will be delivered right away.",
		"Ihre Nachricht wurde zurückgehalten. Bitte klicken Sie auf den Link, um zu bestätigen, dass Sie kein Roboter sind.",
		"Ihre E-Mail befindet sich in Quarantäne und wurde noch nicht zugestellt. Bitte bestätigen Sie einmalig Ihren Versand.",
		"Je suis protégé par MailInBlack. Cliquez sur le lien pour que votre message me soit remis.",
		"Votre message est en attente. Pour prouver que vous n'êtes pas un robot, cliquez une seule fois ci-dessous.",
		"Su mensaje está retenido. Haga clic en el enlace para confirmar que no es un robot.",
		"Il suo messaggio è in attesa di approvazione: clicchi qui per confermare di non essere un programma. Non è un robot: lo dimostri.",
		"A sua mensagem foi retida porque a sua mensagem está retida no filtro. Clique aqui para confirmar.",
		"Uw bericht wordt vastgehouden. Klik op de link om te bevestigen dat u geen robot bent.",
		"Twoja wiadomość została wstrzymana. Kliknij link, aby potwierdzić, że nie jesteś robotem.",
		"Ваше письмо задержано фильтром. Перейдите по ссылке, чтобы подтвердить, что вы не робот.",
		"Ditt mejl väntar. Klicka på länken för att visa att du inte är en robot.",
		"Din besked afventer: klik på linket og vis, at du ikke er en robot.",
		"メールは保留中です。ロボットではないことを認証するため、リンクをクリックしてください。",
		"您的邮件已被隔离，请点击链接验证您不是机器人。",
		"رسالتك قيد الانتظار. انقر على الرابط لتأكيد أنك لست روبوت.",
	} {
		if kind, left := autoReplyOf("From: Bo Roe <bo@example.com>\nSubject: Re: Offer", text); kind != outreach.KindAutoReply || left {
			t.Errorf("%q: kind %q, left %v", text, kind, left)
		}
	}
}

// TestChallengeByPeople: people speak of filters, of waiting and of links.
func TestChallengeByPeople(t *testing.T) {
	for _, text := range []string{
		"Your mail was in my spam folder, hence the delay. Click here to book a slot: https://cal.example/bo",
		"The project is on hold. Please confirm your offer in autumn.",
		"You can reach me on my mobile; just reply to this message.",
		"We use a captcha on the form, so follow the link and log in.",
		"Our robots are sold out, click the link for the waiting list.",
		"Wir warten noch auf die Freigabe. Bitte bestätigen Sie den Termin.",
		"Ihre Mail war im Spamfilter. Klicken Sie bitte auf den Terminlink.",
		"Die Ware wurde noch nicht geliefert, bitte bestätigen Sie den Versand.",
		"Le dossier est en attente, merci de confirmer. Cliquez sur Accepter dans l'invitation.",
		"Nous sommes en attente de votre retour. Vous pouvez cliquer sur le lien du devis.",
		"Quedo en espera de su respuesta; confirme el precio.",
		"In attesa di un riscontro, può cliccare sul link per fissare la call.",
		"Fico a aguardar. Clique no link do convite para confirmar.",
		"We wachten op akkoord. Klik op de link in de uitnodiging.",
		"Czekamy na decyzję zarządu. Proszę kliknąć link do spotkania.",
		"Ждём решения. Перейдите по ссылке и выберите время.",
		"Vi väntar på budget. Klicka på länken för att boka.",
		"Vi afventer svar fra ledelsen. Klik på linket og vælg en tid.",
		"リンクをクリックして日程をお選びください。",
		"请点击链接选择时间，我们的机器人项目需要报价。",
		"الطلب قيد الانتظار لدى الإدارة. اضغط على الرابط لتحديد موعد.",
	} {
		if kind, _ := autoReplyOf("From: Bo Roe <bo@example.com>\nSubject: Re: Offer", text); kind != "" {
			t.Errorf("%q: kind %q", text, kind)
		}
	}
}
