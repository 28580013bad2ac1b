package message

// autoSubjects begin the subjects of automatic answers, folded as by foldWords.
var autoSubjects = list(`automatic reply, automatic response, automated reply, automated response, auto reply, auto-reply, autoreply, autoresponse, auto response,
	auto-response, auto:, autoresponder, auto responder, out of office, out of the office, out-of-office, ooo, oof, away from the office,
	away from my mail, i am out of the office, i'm out of the office, vacation, vacation reply, vacation response, vacation notice, on vacation,
	on leave, on annual leave, annual leave, on holiday, maternity leave, parental leave, automatische antwort, automatische antwortnachricht,
	abwesenheit, abwesenheitsnotiz, abwesenheitsnachricht, abwesenheitsmeldung, abwesenheitsassistent, abwesend, abwesenheitsbenachrichtigung,
	ich bin nicht im büro, nicht im büro, im urlaub, urlaub, urlaubsmeldung, außer haus, out of office notiz, eingangsbestätigung,
	automatische eingangsbestätigung, automatische rückmeldung, réponse automatique, reponse automatique, message automatique, absence,
	absence du bureau, absent du bureau, absent, absente, message d'absence, notification d'absence, en congé, en congés, en vacances,
	accusé de réception automatique, respuesta automática, respuesta automatica, mensaje automático, fuera de la oficina, fuera de oficina, ausencia,
	ausente, de vacaciones, vacaciones, acuse de recibo automático, risposta automatica, risposta automatizzata, messaggio automatico, fuori ufficio,
	fuori sede, assenza, assente, in ferie, ferie, autorisposta, resposta automática, resposta automatica, mensagem automática, fora do escritório,
	fora da empresa, ausência, ausencia temporária, férias, estou de férias, de férias, automatisch antwoord, automatisch bericht, automatische reactie,
	afwezig, afwezigheid, afwezigheidsbericht, niet aanwezig, met vakantie, vakantie, automatyczna odpowiedź, odpowiedź automatyczna, autoodpowiedź,
	poza biurem, nieobecność, nieobecny, nieobecna, urlop, jestem na urlopie, автоматический ответ, автоответ, автоответчик, автоматическое сообщение,
	вне офиса, отсутствие, в отпуске, отпуск, нет на месте, autosvar, automatiskt svar, automatisk svar, automatisk besked, frånvaro, frånvarande,
	frånvaromeddelande, ej på kontoret, semester, på semester, ikke til stede, ikke på kontoret, fravær, fraværende, ferie, på ferie, fraværsbesked,
	fraværsmelding, automaattinen vastaus, poissa, poissaoloviesti, 自動応答, 自動返信, 自動応答メール, 自動送信, 不在, 不在通知, 不在のお知らせ, 不在のご連絡, 休暇, 休暇中, 自动回复, 自动答复, 自动应答,
	自動回覆, 自動回復, 自動答覆, 外出, 不在办公室, 休假, 休假中, 休假通知, 자동 회신, 자동회신, 자동 응답, 부재중, 부재 중, رد تلقائي, رد الي, الرد التلقائي, الرد الالي, خارج المكتب, خارج مقر العمل,
	في اجازة, اجازة, اجازة سنوية, otomatik yanıt, otomatik cevap, ofis dışında, automatická odpověď, automatická odpoveď, automatikus válasz,
	răspuns automat, αυτόματη απάντηση, αυτόματη απάντησή, автоматична відповідь, מענה אוטומטי, תשובה אוטומטית, trả lời tự động, balasan otomatis,
	automatski odgovor, samodejni odgovor, betriebsferien, betriebsurlaub, betriebsruhe, chiusura estiva, chiusura per ferie, chiusura natalizia, fermeture annuelle, fermeture estivale,
	fermeture exceptionnelle, cierre por vacaciones, vakantiesluiting, kerstsluiting, bouwvak, semesterstängt, sommarstängt, sommerlukket, ferielukket, 夏季休業, 年末年始休業, 放假通知`)

// absenceSubjects are those of autoSubjects that speak of an absence.
var absenceSubjects = list(`out of office, out of the office, out-of-office, ooo, on vacation, vacation reply, vacation response, annual leave, on leave, maternity leave,
	parental leave, on holiday, abwesenheit, abwesenheitsnotiz, abwesenheitsnachricht, abwesenheitsmeldung, abwesend, nicht im büro, im urlaub,
	außer haus, absence, absent, absente, absence du bureau, en congé, en congés, en vacances, fuera de la oficina, fuera de oficina, ausencia, ausente,
	de vacaciones, fuori ufficio, fuori sede, assenza, assente, in ferie, fora do escritório, ausência, férias, afwezig, afwezigheid,
	afwezigheidsbericht, vakantie, met vakantie, poza biurem, nieobecność, nieobecny, nieobecna, urlop, вне офиса, отсутствие, в отпуске, отпуск,
	frånvaro, frånvarande, på semester, semester, ej på kontoret, ikke på kontoret, ikke til stede, fravær, fraværende, på ferie, poissa, 不在, 休暇, 不在办公室,
	休假, 외출, 부재중, 부재 중, خارج المكتب, خارج مقر العمل, في اجازة, اجازة, ofis dışında, betriebsferien, betriebsurlaub, betriebsruhe, chiusura estiva, chiusura per ferie, chiusura natalizia, fermeture annuelle, fermeture estivale,
	fermeture exceptionnelle, cierre por vacaciones, vakantiesluiting, kerstsluiting, bouwvak, semesterstängt, sommarstängt, sommerlukket, ferielukket, 夏季休業, 年末年始休業, 放假通知`)

// absenceWords in a body say that its writer is away.
var absenceWords = list(`out of office, out of the office, out-of-office, away from the office, away from my office, away from my desk, away from my email,
	away from my e-mail, not in the office, on vacation, on holiday, on holidays, on annual leave, on leave, on maternity leave, on paternity leave,
	on parental leave, on medical leave, on sick leave, on sabbatical, on pto, taking time off, currently away, currently traveling,
	currently travelling, currently unavailable, am traveling, am travelling, am away, i'm away, will be away, be out until, am out until, i'm out until,
	am unavailable, our office is closed, our offices are closed, office will be closed, offices will be closed, closed for the holidays,
	attending a conference, ooo, nicht im büro, nicht im hause, nicht im haus, außer haus, abwesend, im urlaub, in urlaub, in elternzeit,
	im mutterschutz, auf dienstreise, auf geschäftsreise, nicht erreichbar, nicht zu erreichen, nicht verfügbar, derzeit nicht, zur zeit nicht,
	zurzeit nicht, betriebsferien, betriebsurlaub, momentan nicht, krankheitsbedingt, nicht an meinem arbeitsplatz, nicht am arbeitsplatz,
	urlaubsbedingt, absent du bureau, absente du bureau, suis absent, suis absente, serai absent, serai absente, actuellement absent,
	actuellement absente, en congé, en congés, en vacances, en congé maternité, en congé parental, en déplacement, hors du bureau, absent jusqu'au,
	absente jusqu'au, bureau est fermé, bureaux sont fermés, bureaux seront fermés, indisponible, pas joignable, de mon absence, mon absence,
	fuera de la oficina, fuera de oficina, de vacaciones, estoy ausente, estaré ausente, me encuentro ausente, de baja, de permiso, de licencia,
	de viaje, no estaré disponible, no me encuentro en la oficina, no estoy en la oficina, mi ausencia, por vacaciones, permiso de maternidad,
	baja por maternidad, fuori ufficio, fuori sede, assente dall'ufficio, sono assente, sarò assente, saro assente, in ferie, in vacanza, in maternità,
	in congedo, in malattia, in trasferta, non sono in ufficio, non sarò in ufficio, uffici saranno chiusi, uffici chiusi, ufficio rimarrà chiuso,
	chiusura estiva, fora do escritório, fora da empresa, fora do ar, de férias, em férias, estou ausente, estarei ausente, encontro-me ausente,
	em viagem, de licença, licença maternidade, licença-maternidade, minha ausência, não estarei disponível, estarei fora, estou fora, afwezig,
	niet aanwezig, niet op kantoor, met vakantie, op vakantie, met verlof, zwangerschapsverlof, met zwangerschapsverlof, ouderschapsverlof,
	niet bereikbaar, kantoor is gesloten, buiten kantoor, poza biurem, nieobecny, nieobecna, nieobecności, nieobecność, na urlopie, urlopie, urlop,
	zwolnieniu lekarskim, poza firmą, w delegacji, в отпуске, вне офиса, отсутствую, буду отсутствовать, отсутствовать, нет на рабочем месте,
	не на рабочем месте, нет в офисе, не в офисе, в командировке, на больничном, в декретном отпуске, моё отсутствие, мое отсутствие, недоступен,
	недоступна, på semester, har semester, inte på kontoret, ej på kontoret, frånvarande, föräldraledig, tjänstledig, bortrest, är ledig, på tjänsteresa,
	borta från kontoret, på resande fot, på ferie, holder ferie, har ferie, ikke på kontoret, ude af kontoret, er fraværende, bortrejst, på barsel,
	har fri, på orlov, ikke til stede, på forretningsrejse, bortreist, i permisjon, har feriestengt, ute av kontoret, poissa, lomalla, vuosilomalla, 不在に,
	不在です, 不在とな, 不在にし, 不在中, 休暇中, 休暇を, 休暇とな, 夏季休業, 年末年始休業, 休業とさせ, 出張中, お休みを, 休みを頂, 休みをいただ, 外出して, 席を外し, 休職, 育児休業, 産休, 正在休假, 休假中, 在休假, 休年假, 年假, 不在办公室, 不在辦公室,
	外出, 出差, 请假, 請假, 产假, 產假, 放假, 度假, 休假, 부재중, 부재 중, 휴가, 출장, خارج المكتب, في اجازة, اجازة سنوية, اجازة مرضية, اجازة امومة, غير متواجد, غير متواجدة,
	لست في المكتب, خارج العمل, في رحلة عمل, في مهمة عمل, غير متاح, غير متاحة, ساكون غائبا, فترة غيابي, غيابي, izindeyim, izinde, ofis dışında, tatilde,
	na dovolené, na dovolenke, szabadságon, în concediu, σε άδεια, εκτός γραφείου, у відпустці, בחופשה`)

// asideWords are said by absence notes and hardly by people at their keyboard.
var asideWords = list(`urgent, urgently, immediate assistance, immediate attention, immediate response, in my absence, during my absence, during this time, limited access,
	no access to, intermittent access, limited email access, upon my return, on my return, when i return, as soon as i return, once i return,
	will not be able to respond, will not be checking, delay in my response, delayed response, please contact my colleague, in case of emergency,
	dringend, dringenden, dringende, in dringenden fällen, vertretung, in meiner abwesenheit, während meiner abwesenheit, nicht weitergeleitet,
	weitergeleitet, nach meiner rückkehr, keinen zugriff, eingeschränkten zugriff, wenden sie sich bitte, wenden sie sich, en cas d'urgence, urgence,
	urgente, urgentes, en mon absence, pendant mon absence, pendant cette période, à mon retour, dès mon retour, accès limité, je n'aurai pas accès,
	pour toute urgence, en caso de urgencia, urgencia, urgencias, en mi ausencia, durante mi ausencia, a mi regreso, a mi vuelta, acceso limitado,
	puede contactar, puede contactar con, puede ponerse en contacto, ante cualquier urgencia, urgenza, urgenze, urgenti, in mia assenza,
	durante la mia assenza, al mio rientro, al mio ritorno, accesso limitato, in caso di necessità, potete contattare, può contattare, urgência,
	em caso de urgência, na minha ausência, durante a minha ausência, ao meu retorno, no meu regresso, acesso limitado, por favor contacte,
	favor contatar, favor entrar em contato, spoed, dringende, in mijn afwezigheid, tijdens mijn afwezigheid, bij mijn terugkeer, na mijn terugkomst,
	na mijn terugkeer, beperkt toegang, kunt u contact opnemen, contact opnemen met, w pilnych sprawach, pilnych, pilne, podczas mojej nieobecności,
	w czasie mojej nieobecności, po powrocie, ograniczony dostęp, proszę o kontakt z, proszę kontaktować się, срочн, срочным, срочных, срочные,
	по срочным вопросам, в моё отсутствие, в мое отсутствие, во время моего отсутствия, по возвращении, ограниченный доступ, обращайтесь к,
	прошу обращаться, brådskande, akut, akuta ärenden, under min frånvaro, när jag är tillbaka, begränsad tillgång, kontakta min kollega, haster,
	hastesager, i mit fravær, under mit fravær, når jeg er tilbage, begrænset adgang, kontakt venligst, kontakta, vennligst kontakt, kiireellis, 緊急, お急ぎ,
	至急, ご迷惑, 不在の間, 代わりに, 戻り次第, 返信が遅れ, ご連絡いたします, 紧急, 緊急, 急事, 如有急事, 请联系, 請聯繫, 回来后, 尽快回复, 无法及时, 期间, 급한, 긴급, للحالات العاجلة, العاجلة, عاجل, في حال,
	في غيابي, اثناء غيابي, خلال غيابي, فور عودتي, عند عودتي, يرجى التواصل, الرجاء التواصل, وصول محدود`)

// automaticWords say of a message that it is automatic.
var automaticWords = list(`this is an automatic, this is an automated, this is an auto, automatically generated, auto-generated, automated response, automated message,
	automated reply, automatic response, automatic reply, auto-reply, autoreply, auto reply, do not reply to this, please do not reply,
	do not respond to this, this mailbox is not monitored, this inbox is not monitored, unmonitored mailbox, automatische antwort, automatisch generiert,
	automatisch erstellt, automatisch erzeugt, automatisierte antwort, automatische nachricht, nicht auf diese e-mail, antworten sie nicht auf diese,
	dies ist eine automatisch, réponse automatique, message automatique, généré automatiquement, générée automatiquement, envoyé automatiquement,
	ne pas répondre à ce, merci de ne pas répondre, respuesta automática, mensaje automático, generado automáticamente, no responda a este,
	no responder a este, por favor no responda, risposta automatica, messaggio automatico, generato automaticamente, generata automaticamente,
	non rispondere a questa, non rispondere a questo, si prega di non rispondere, resposta automática, mensagem automática, gerada automaticamente,
	gerado automaticamente, não responda a este, por favor não responda, favor não responder, automatisch antwoord, automatisch gegenereerd,
	automatisch bericht, automatische reactie, niet reageren op deze, niet op deze e-mail, wiadomość automatyczna, automatyczna odpowiedź,
	wygenerowana automatycznie, wygenerowany automatycznie, prosimy nie odpowiadać, proszę nie odpowiadać, автоматическое сообщение,
	автоматический ответ, отправлено автоматически, сформировано автоматически, не отвечайте на это, просьба не отвечать, automatiskt svar, autosvar,
	automatiskt meddelande, automatisk genererad, går inte att svara, svara inte på detta, automatisk svar, automatisk besked, automatisk genereret,
	kan ikke besvares, svar ikke på denne, 自動送信, 自動配信, 自動返信, 自動応答, 返信しないで, 本メールは自動, 自动回复, 自动发送, 系统自动, 请勿回复, 自動回覆, 系統自動, 請勿回覆, رد تلقائي, رسالة تلقائية,
	رد الي, رسالة الية, يرجى عدم الرد, الرجاء عدم الرد, otomatik olarak`)

// receiptSubjects and receiptWords acknowledge a message without having read it.
var (
	receiptSubjects = list(`ticket received, request received, message received, email received, we received your, we have received your, we got your,
	your request has been received, your message has been received, thank you for contacting, thanks for contacting, ticket created, case created,
	new ticket, ticket #, case #, support request, acknowledgement, acknowledgment, eingangsbestätigung, empfangsbestätigung,
	ihre anfrage ist eingegangen, ihre nachricht ist eingegangen, vielen dank für ihre anfrage, accusé de réception, votre demande a été,
	nous avons bien reçu, acuse de recibo, hemos recibido, conferma di ricezione, abbiamo ricevuto, confirmação de recebimento, confirmação de recepção,
	recebemos, ontvangstbevestiging, potwierdzenie otrzymania, potwierdzenie, ваше обращение, ваш запрос, bekräftelse, kvittering, modtaget, お問い合わせありがとう,
	受付完了, 收到您的, 已收到, تم استلام`)
	receiptWords = list(`we have received your, we've received your, we received your, your message has been received, your email has been received,
	your e-mail has been received, your request has been received, your request has been logged, your inquiry has been received, has been received and,
	has been assigned, a ticket has been created, ticket number, ticket id, ticket has been opened, case number, reference number,
	a member of our team will, a member of our support, one of our team will, one of our representatives, our team will get back, our support team,
	we will get back to you as soon as, we will respond as soon as, we will respond within, we aim to respond, within 24 hours, within one business day,
	within 1 business day, within 2 business days, within two business days, during business hours, thank you for contacting us,
	thanks for contacting us, thank you for reaching out to us, acknowledge receipt, ist bei uns eingegangen, haben wir erhalten, wir haben ihre,
	ihre anfrage wird, ihre nachricht wird, ihre e-mail ist eingegangen, wir werden uns schnellstmöglich, wir melden uns schnellstmöglich,
	wir kümmern uns, ticketnummer, vorgangsnummer, bearbeitungsnummer, schnellstmöglich bearbeiten, innerhalb von 24 stunden, nous avons bien reçu,
	avons bien reçu votre, votre demande a bien été, votre message a bien été, accusons réception, dans les plus brefs délais, dans les meilleurs délais,
	numéro de ticket, sera traité, sera traitée, hemos recibido su, hemos recibido tu, su mensaje ha sido recibido, su solicitud ha sido,
	a la mayor brevedad, le responderemos, te responderemos, número de ticket, nos pondremos en contacto, abbiamo ricevuto la, la sua richiesta è stata,
	la tua richiesta è stata, nel più breve tempo possibile, le risponderemo, ti risponderemo, numero di ticket, recebemos a sua, recebemos sua,
	recebemos seu, recebemos o seu, a sua mensagem foi recebida, responderemos o mais breve, entraremos em contato, entraremos em contacto,
	o mais breve possível, número do chamado, wij hebben uw, we hebben uw, we hebben je, uw bericht is ontvangen, in goede orde ontvangen,
	zo spoedig mogelijk, zo snel mogelijk contact, ticketnummer, otrzymaliśmy twoj, otrzymaliśmy państwa, otrzymaliśmy twoją, twoje zgłoszenie,
	państwa zgłoszenie, numer zgłoszenia, odpowiemy najszybciej, ваше сообщение получено, ваше обращение получено, ваше обращение зарегистрировано,
	ваш запрос получен, ваше письмо получено, мы получили ваш, мы получили ваше, номер обращения, ответим в ближайшее время, свяжемся с вами,
	vi har tagit emot, vi har mottagit, tack för ditt mail, återkommer så snart, ärendenummer, vi har modtaget din, vi har modtaget,
	vender tilbage hurtigst, sagsnummer, vi har mottatt, saksnummer, お問い合わせいただき, 受け付けました, 受付いたしました, 受付番号, 担当者より, 営業日以内, 已收到您的, 收到您的邮件, 我们会尽快, 我們會盡快,
	我们将尽快, 工单, 工單, تم استلام رسالتك, تم استلام طلبك, تلقينا رسالتك, استلمنا رسالتك, سنقوم بالرد, سيتم الرد, سوف نرد, رقم التذكرة, رقم الطلب,
	شكرا لتواصلكم, شكرا لتواصلك`)
)

// challengeWords ask the sender to prove to be a person before the message is delivered.
var challengeWords = list(`spamarrest, spam arrest, boxbe, mailwasher, tmda, sender verification, sender address verification, verify your email address to deliver,
	confirm that you are a human, confirm you are human, confirm that you sent, prove you are human, verification required,
	verify that you are a real person, your message is awaiting verification, your message has been placed on hold, your message is being held until,
	has been quarantined until, to have your message delivered, in order to deliver your message, approve this sender, one-time verification,
	complete this verification, please click the link below to verify, please confirm your message, please confirm your email, automatic whitelist,
	whitelist request, bluebottle, challenge-response, dass sie kein roboter, bitte bestätigen sie ihre nachricht, absenderbestätigung,
	confirmez que vous n'êtes pas un robot, confirmer votre message, mailinblack, confirme que usted es una persona, подтвердите, что вы не робот`)

// leaving is how one language says that somebody has left the company for good. A text without any of the stems, which are parts of the
// phrases, is not matched.
type leaving struct {
	stems   []string
	phrases lazyRegexp
}

var leavings = []leaving{
	{
		list(`no longer, any more, anymore, left, retired, resigned, departed, last day, last working day, moved on`),
		phrase(`no longer (?:with|works?|working|employed|an employee|part of|at|in (?:this|the) (?:role|position|company|organi[sz]ation))|not (?:with|employed by|working (?:at|for)) \S+(?: \S+){0,3} any ?more|(?:has|have) (?:now )?left (?:the |our |my )?(?:company|organi[sz]ation|business|firm|agency|team|employment|position|role)|(?:has|have) (?:now )?(?:retired|resigned|departed)|(?:is|am) (?:now )?retired|(?:my|his|her|their) last (?:working )?day (?:at|with|was|in)|(?:has|have) moved on (?:from|to)|left the company`),
	},
	{
		list(`nicht, ausgeschieden, verlassen, ruhestand, in rente, in pension`),
		phrase(`nicht (?:mehr|länger)(?: \S+){0,6} (?:tätig|beschäftigt|angestellt|arbeitet)|(?:arbeitet|arbeite|ist|bin) nicht mehr (?:bei|für|im|in)|nicht mehr (?:im unternehmen|im hause|teil|bei (?:uns|der|dem))|(?:unternehmen|firma)(?: \S+){0,4} verlassen|ausgeschieden|im ruhestand|in den ruhestand|in rente|in pension`),
	},
	{
		list(`plus, quitté, retraite`),
		phrase(`ne (?:travaille|fait|fais) plus|n'(?:est|fait|appartient) plus (?:en poste|dans|employée?|chez|partie|parmi|salariée?)|ne suis plus (?:en poste|chez|dans|salariée?)|(?:a|ai) quitté (?:la|l'|l’|notre|ses|mes|son|mon|le)|(?:à la|en) retraite|ne fait plus partie`),
	},
	{
		list(`ya no, dejado, dejó, jubilado, retirado`),
		phrase(`ya no (?:trabaj|forma|formo|pertenece|pertenezco|est[aá] en|labora|laboro|colabora|colaboro)\pL*|(?:ha|he) dejado (?:la empresa|la compañía|de trabajar|de formar)|(?:se ha|me he) (?:jubilado|retirado)|dejó de (?:trabajar|laborar)`),
	},
	{
		list(`più, lasciato, pensione`),
		phrase(`non (?:lavora|lavoro|collabora|collaboro|fa|faccio) più|non (?:è|sono) più (?:in|un|una|parte|dipendente|presso|alle)|(?:ha|ho) lasciato (?:l'|l’|la|il)(?: )?(?:azienda|società|mio|suo|gruppo|ditta)|in pensione`),
	},
	{
		list(`não, deixou, deixei, desligou, desligado, desligada, aposentou, aposentado, aposentada`),
		phrase(`não (?:trabalha|trabalho|faz|faço|pertence|integra|integro)(?: \S+){0,2} mais|não mais (?:trabalha|faz)|já não (?:trabalha|trabalho|faz|faço|pertence|colabora)|(?:deixou|deixei) (?:a empresa|de trabalhar|a companhia)|desligou-se|desligado d[ao]|aposentou-se|aposentad[ao]`),
	},
	{
		list(`niet, uit dienst, pensioen`),
		phrase(`niet (?:langer|meer)(?: \S+){0,3} (?:werkzaam|in dienst)|(?:werkt|werk) niet (?:langer|meer)|uit dienst|met pensioen`),
	},
	{
		list(`nie, już, emerytura, emeryturze, emeryturę, zakończył, zakończyła`),
		phrase(`nie (?:pracuje|pracuję|jest) już|już nie (?:pracuje|pracuję)|nie jestem już|nie pracuje w|zakończył\pL* (?:pracę|współpracę)|na emerytur\pL*`),
	},
	{
		list(`больше не, уже не, не работает, не являюсь, не является, уволился, уволилась, уволен, уволена, на пенсии, на пенсию, покинул, покинула`),
		phrase(`больше не работа\pL*|уже не работа\pL*|не работает (?:в|у нас)|не являюсь сотрудник\pL*|не является сотрудник\pL*|уволил\pL*|на пенси\pL*|покинул\pL* компани\pL*`),
	},
	{
		list(`slutat, inte, pension, pensjon, ikke, fratrådt, stoppet, sluttet`),
		phrase(`(?:har|jag) slutat|(?:arbetar|jobbar) inte (?:längre|kvar)|inte längre (?:anställd|kvar)|gått i pension|ikke længere (?:ansat|hos|en del)|(?:arbejder|jobber) ikke (?:længere|lenger)|fratrådt|(?:er|har) (?:stoppet|sluttet)|gået på pension|ikke lenger (?:ansatt|hos)|gått av med pensjon`),
	},
	{
		list(`لم, ترك, تركت, غادر, غادرت, تقاعد, تقاعدت`),
		phrase(`لم يعد (?:يعمل|موظفا|ضمن)|لم تعد تعمل|لم اعد (?:اعمل|موظفا)|ترك(?:ت)? (?:العمل|الشركة)|غادر(?:ت)? الشركة|تقاعد\pL*`),
	},
	{
		list(`退職, 离职, 離職, 不再, 已退休, 퇴사, 퇴직`),
		phrase(`\pL*(?:退職|离职|離職|不再任职|不再任職|已退休|퇴사|퇴직)\pL*`),
	},
}

// deadAddress says that an address is given up.
var deadAddress = phrase(
	`(?:this|my|the) (?:e-?mail|mailbox|inbox|address|email account|account)(?: address)? (?:is|has been) (?:no longer (?:in use|used|active|valid|monitored|available|checked)|deactivated|closed|discontinued)`,
	`(?:diese|die) (?:e-?mail-?)?adresse (?:wird|ist) nicht (?:mehr|länger) (?:gelesen|genutzt|verwendet|aktiv|gültig|abgerufen|erreichbar)`,
	`dieses postfach wird nicht mehr`,
	`cette adresse (?:e-?mail |mail |électronique )?n'est plus`,
	`esta (?:dirección|cuenta)(?: de correo)?(?: electrónico)? ya no`,
	`questo indirizzo(?: e-?mail| di posta)? non è più`,
	`este (?:e-?mail|endereço)(?: de e-?mail)? (?:não está mais|já não|foi desativado)`,
	`dit (?:e-?mail ?adres|adres) is niet (?:langer|meer)`,
	`этот (?:адрес|ящик)(?: \S+){0,3} больше не`,
	`ten adres(?: e-?mail)? (?:nie jest już|jest już nieaktywny)`,
	`denna (?:e-?post|mail)adress (?:används|är) inte (?:längre|aktiv)`,
	`denne (?:e-?mail|mail)(?:adresse)? (?:er|bruges) ikke længere`,
)

// deadStems are parts of deadAddress.
var deadStems = list(`no longer, deactivated, closed, discontinued, nicht, plus, ya no, non è più, não, niet, больше не, nie, inte, ikke`)

// engagedWords show a person who wants something.
var engagedWords = list(`interested, i'd love, i would love, let's, lets talk, sounds good, sounds great, sounds interesting, happy to, looking forward to talking,
	looking forward to our, interessiert, interesse, intéressé, intéressée, interesado, interesada, interessato, interessata, interessado, interessada,
	geïnteresseerd, zainteresowany, zainteresowana, zainteresowani, интересно, заинтересовало, intresserad, interesseret, interessert, 興味, 感兴趣, 感興趣,
	مهتم, مهتمة, مهتمون`)
