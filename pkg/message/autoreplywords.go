package message

// autoSubjects begin the subjects of automatic answers, folded as by foldWords.
var autoSubjects = list(`ferienabwesenheit, urlaubsabwesenheit, urlaubsbenachrichtigung, ferien, betriebsferien, praxisferien, praxisurlaub, office closure, office closure notice, office closed, holiday closure, not at my desk, away from my desk, away until, away till, not in the office, out until, out till, i'm away, i am away, gone fishing, closed until, we are closed, we're closed, office closed, our office is closed, auto-response, automated acknowledgement, automatic acknowledgement, abwesenheitsinformation, abwesenheitsmitteilung, ich bin im urlaub, bin im urlaub, nicht am arbeitsplatz, in elternzeit,
	im mutterschutz, auf dienstreise, automatische bestätigung, automatische nachricht, automatische e-mail, empfangsbestätigung, réponse auto, réponse automatisée, absence bureau, absent(e) du bureau, absence prolongée, je suis absent, je suis absente, congé maternité, ausencia temporal, autorespuesta, contestación automática, estoy fuera de la oficina, cerrado por vacaciones, mensaje de ausencia,
	assenza dall'ufficio, chiusura uffici, sono in ferie, conferma automatica, ausência temporária, mensagem de ausência, em férias, encerrado para férias, confirmação automática, buiten kantoor, niet op kantoor, op vakantie, afwezigheidsmelding, ik ben afwezig, automatische bevestiging, automatische ontvangstbevestiging, ontvangstbevestiging, nieobecność w biurze, autoresponder, automatyczne potwierdzenie, wiadomość automatyczna, отсутствую, автоматическое уведомление,
	автоматическое подтверждение, поза офісом, відпустка, automatisk bekräftelse, automatiskt meddelande, frånvaroanmälan, fraværsmeddelelse, automatisk bekræftelse, automatisk bekreftelse, automatisk beskjed, ute av kontoret, på barsel, poissaolo, olen lomalla, lomalla, automaattivastaus, automaattinen viesti, nepřítomnost, mimo kancelář, jsem na dovolené, dovolená, automatické potvrzení, automatická zpráva, neprítomnosť, izindeyim, yıllık izin, ofis dışı, otomatik mesaj, házon kívül, szabadság, automatikus üzenet,
	în concediu, absent din birou, εκτός γραφείου, απουσία, מחוץ למשרד, בחופשה, 休業のお知らせ, 夏季休暇, 冬季休業, 夏季休業, 臨時休業, 年末年始休暇, 自動配信, 自动回信, 系统自动回复, 系統自動回覆, 外出中, 年假, 放假, 부재 안내, 휴가 중, 휴가중, 휴가 안내, 자동 답장, 자동답장, 자동 발송, 자동응답, رسالة تلقائية, رسالة الية, automatic reply, automatic response, automated reply, automated response, auto reply, auto-reply, autoreply, autoresponse, auto response,
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
var absenceSubjects = list(`ferienabwesenheit, urlaubsabwesenheit, urlaubsbenachrichtigung, ferien, praxisferien, praxisurlaub, office closure, holiday closure, not at my desk, away from my desk, away until, away till, not in the office, out until, out till, closed until, we are closed, office closed, abwesenheitsinformation, ich bin im urlaub, bin im urlaub, nicht am arbeitsplatz, in elternzeit, im mutterschutz, auf dienstreise, absence bureau, je suis absent, je suis absente, congé maternité, ausencia temporal, estoy fuera de la oficina, cerrado por vacaciones, mensaje de ausencia, assenza dall'ufficio, chiusura uffici, sono in ferie,
	ausência temporária, mensagem de ausência, em férias, encerrado para férias, buiten kantoor, niet op kantoor, op vakantie, afwezigheidsmelding, ik ben afwezig, nieobecność w biurze, отсутствую, поза офісом, відпустка, frånvaroanmälan, fraværsmeddelelse, ute av kontoret, på barsel, poissaolo, olen lomalla, lomalla, nepřítomnost, mimo kancelář, jsem na dovolené, dovolená, neprítomnosť, izindeyim, yıllık izin, ofis dışı, házon kívül, szabadság, în concediu, absent din birou,
	εκτός γραφείου, απουσία, מחוץ למשרד, בחופשה, 休業のお知らせ, 夏季休暇, 冬季休業, 臨時休業, 年末年始休暇, 外出中, 年假, 放假, 부재 안내, 휴가 중, 휴가중, 휴가 안내, out of office, out of the office, out-of-office, ooo, on vacation, vacation reply, vacation response, annual leave, on leave, maternity leave,
	parental leave, on holiday, abwesenheit, abwesenheitsnotiz, abwesenheitsnachricht, abwesenheitsmeldung, abwesend, nicht im büro, im urlaub,
	außer haus, absence, absent, absente, absence du bureau, en congé, en congés, en vacances, fuera de la oficina, fuera de oficina, ausencia, ausente,
	de vacaciones, fuori ufficio, fuori sede, assenza, assente, in ferie, fora do escritório, ausência, férias, afwezig, afwezigheid,
	afwezigheidsbericht, vakantie, met vakantie, poza biurem, nieobecność, nieobecny, nieobecna, urlop, вне офиса, отсутствие, в отпуске, отпуск,
	frånvaro, frånvarande, på semester, semester, ej på kontoret, ikke på kontoret, ikke til stede, fravær, fraværende, på ferie, poissa, 不在, 休暇, 不在办公室,
	休假, 외출, 부재중, 부재 중, خارج المكتب, خارج مقر العمل, في اجازة, اجازة, ofis dışında, betriebsferien, betriebsurlaub, betriebsruhe, chiusura estiva, chiusura per ferie, chiusura natalizia, fermeture annuelle, fermeture estivale,
	fermeture exceptionnelle, cierre por vacaciones, vakantiesluiting, kerstsluiting, bouwvak, semesterstängt, sommarstängt, sommerlukket, ferielukket, 夏季休業, 年末年始休業, 放假通知`)

// absenceWords in a body say that its writer is away.
var absenceWords = list(`in hospital, our office is shut, office is shut, we are shut, shut for, shut until, closed until, meine ferien, in den ferien, in ferien, ferien bis, krankgeschrieben, im krankenhaus, in kur, auf reha, de puente, sin acceso al correo, sin acceso a mi correo, fuera por, all'estero per, en arrêt de travail, en gozo de férias, em gozo de férias, no estrangeiro, wegens ziekte, ziek thuis, in het ziekenhuis, w szpitalu, chory, chora, в больнице, заболел, заболела, på sjukhus, på sygehus, på sykehus, sairaana, v nemocnici, nemocen, hastanede, 入院中, 住院, 病假, 입원, 병가, on a training course, on training, at a training, attending a training, on a course, at a trade fair, at a trade show, at an exhibition, in back-to-back meetings, part time and, only work, working part-time, auf fortbildung, einer fortbildung, fortbildung, auf einer schulung, auf schulung, auf einem seminar, auf seminar, auf messe, auf einer messe, auf der messe, auf einer konferenz, nicht am platz, nicht an meinem platz, wieder am platz,
	en formation, en séminaire, en salon, sur un salon, en réunion toute, en rtt, en arrêt maladie, en arrêt, estoy fuera, estaré fuera, estoy de viaje, en un curso, en una feria, de formación, in fiera, a un corso, in formazione, in permesso, em formação, numa feira, em curso de formação, folga, op cursus, op training, op een beurs, ben er even niet, ben ik er niet, ben ik niet aanwezig, werk ik niet, vrije dag, na szkoleniu, na targach, na zwolnieniu, przebywam na,
	nie ma mnie, na konferencji, na delegacji, на конференции, на обучении, на выставке, на больничном, в отъезде, меня не будет, på kurs, på utbildning, på konferens, på mässa, är sjuk, sjukskriven, på kursus, på konference, på messe, syg, efterårsferie, vinterferie, høstferie, påskeferie, syyslomalla, hiihtolomalla, koulutuksessa, messuilla, na školení, na veletrhu, čerpám volno, mám volno, na konferenci, eğitimdeyim, eğitimde, fuardayım, toplantıda, seyahatte,
	研修のため, 研修中, 展示会のため, 在培训, 在参展, 在开会, 国庆, 春节, 교육 중, 교육으로, 출장으로, 연차, 반차, في دورة, دورة تدريبية, في معرض, في مؤتمر, mimo kancelář, nejsem v kanceláři, mám dovolenou, nepřítomen, nepřítomna, čerpám dovolenou, na mateřské, na služební cestě, mimo kancelárie, lomalla, kesälomalla, talvilomalla, toimistolta, työmatkalla, sairauslomalla, vanhempainvapaalla, en ole toimistolla, poissa toimistolta, izindeyim, yıllık izindeyim, yıllık izinde, izinli, raporluyum, seyahatteyim, doğum izninde, ofiste değilim, ofis dışındayım, tatildeyim, házon kívül, nem vagyok, στο γραφείο, λείπω, у відрядженні, לא במשרד, מחוץ למשרד, nieczynne, nieczynna, nieczynny, jest zamknięte, jest zamknięta, zamknięte do, mamy zamknięte, haben geschlossen, bleibt geschlossen, ist geschlossen, büro geschlossen, sind geschlossen, est fermée, sommes fermés, sera fermé, sera fermée, seront fermés, estamos cerrados, permanecerá cerrada, permanecerá cerrado, permaneceremos cerrados, está cerrada, está cerrado,
	siamo chiusi, resterà chiuso, rimarrà chiuso, resteremo chiusi, rimarremo chiusi, estamos fechados, estará fechado, estaremos encerrados, está encerrado, estamos encerrados, zijn gesloten, is gesloten, gesloten tot, закрыты, не работаем, выходные дни, håller stängt, är stängt, har stängt, holder lukket, har lukket, holder stengt, har stengt, olemme suljettu, on suljettu, je zavřeno, máme zavřeno, je zavřená, kapalıyız, kapalı olacak,
	kapalıdır, 휴무, 휴업, مغلقة, مغلق, مكاتبنا مغلقة, taking some time off, some time off, taking a few days off, day off, days off, back at my desk, off work, off sick, on a business trip, on a break, on my honeymoon, on my holidays, on paid leave, on extended leave, on study leave, on jury duty, not at my desk, not working today, i don't work on, i do not work on, not back until, back in the office on, back in the office from, closed for,
	we are closed, office is closed, out of office, out of the office, out-of-office, away from the office, away from my office, away from my desk, away from my email,
	away from my e-mail, not in the office, on vacation, on holiday, on holidays, on annual leave, on leave, on maternity leave, my maternity leave, my paternity leave, my parental leave, my sabbatical, on paternity leave,
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
var asideWords = list(`deputy, deputising, anything pressing, we open again, open again on, hilft ihnen, hilft frau, hilft herr, vertritt mich, vertreten durch, me remplace, mi sustituto, me sustituye, mi sostituisce, me substitui, vervangt mij, zastępuje mnie, меня замещает, замещает, ersätter mig, min vikarie, min stedfortræder, min vikar, sijaiseni, minua sijaistaa, zastupuje mě, zastupuje mne, yerime, 代理, 代わって, تنوب عني, ينوب عني, will not keep, won't keep, pick up my messages, pick up messages, catch up on my, dringendes, dringend bitte, eiliges, an die zentrale, pour les urgences, urgences, pour une urgence, si es urgente, lo urgente, per urgenze, se urgente, assuntos urgentes, spoed, spoedgevallen, bij spoed, w sprawach pilnych, pilne sprawy, срочно, в срочных случаях, vid akuta, vid brådskande, ved hastesager, ved akutte, kiireellisissä, v naléhavých, v nutných, acil, acil durumlarda, acil konular, للضرورة, we reopen, we will reopen, reopening on, we open again, back in business, wieder für sie da, wieder geöffnet, öffnen wieder, wir sind ab, nous rouvrons, nous rouvrirons, réouverture, reabrimos, reabriremos, reapertura, volvemos el, riapriamo, riapriremo, riapertura, reabertura, weer open, heropenen, weer geopend, weer bereikbaar, weer voor u klaar, zapraszamy ponownie, zapraszamy od, откроемся, возобновим,
	снова на связи, öppnar igen, öppnar åter, åbner igen, åpner igjen, avaamme, otevřeme, opět otevřeno, tekrar hizmet, tekrar açığız, mesaideyiz, 営業を再開, 通常営業, 恢复营业, 正常上班, نستانف, سنعود, if it can't wait, can't wait, cannot wait, can not wait, if it is pressing, anything pressing, needs attention before, need something before, need help before, need anything before, sooner, will reply when i, will respond when i, will answer when i, reply on my return, will get back to you when i, will get back to you once i, will read your message when, urgent, urgently, immediate assistance, immediate attention, immediate response, in my absence, during my absence, during this time, limited access,
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

// handoverWords say where to turn now, or that nobody reads what comes: with them a note that somebody has left is one by machine.
var handoverWords = list(`please contact, kindly contact, please email, please e-mail, please write to, please direct, please redirect, kindly redirect, kindly direct, please send, please address, please reach out to, please get in touch with, should be directed, should be sent, should go to, can be directed, will be handled by, my successor,
	not be forwarded, not forwarded, not being forwarded, is not read, isn't read, not being read, not monitored, no longer monitored, not being monitored, not checked, bitte wenden, wenden sie sich, nachfolger, nachfolgerin, nachfolge, ansprechpartner, ansprechpartnerin, ansprechperson, nicht weitergeleitet, nicht mehr gelesen, hilft ihnen, zuständig ist,
	veuillez contacter, veuillez vous adresser, merci de contacter, merci de vous adresser, merci d'adresser, merci d'écrire, vous pouvez contacter, vous pouvez vous adresser, je vous invite à contacter, je vous prie de contacter, mon successeur, mon remplaçant, ma remplaçante, pas transféré, pas transmis, pas consulté, pueden dirigirse, puede dirigirse, diríjase, diríjanse, puede contactar,
	pueden contactar, póngase en contacto, por favor contacte, por favor contactar, por favor escriba, mi sucesor, mi sucesora, la preghiamo di, vi preghiamo di, si prega di contattare, si prega di scrivere, può contattare, può scrivere, può rivolgersi, potete contattare, potete rivolgervi, rivolgersi a, il mio successore, por favor contacte, por favor contate, favor contatar, favor entrar em contato,
	favor contactar, queira contactar, queiram contactar, deve contactar, poderá contactar, o meu sucessor, passam a ser tratados, neem contact op, contact opnemen met, kunt u contact, kunt u terecht, kunt u zich wenden, mijn opvolger, niet doorgestuurd, proszę o kontakt, proszę kontaktować się, prosimy o kontakt, proszę pisać, prosimy kierować, proszę kierować, обращайтесь, просьба обращаться, прошу обращаться,
	пишите на, по всем вопросам, по вопросам, vänligen kontakta, kontakta gärna, kontakta, hänvisar till, min efterträdare, kontakt venligst, skriv venligst, henvend dig, bedes sendt, min efterfølger, vennligst kontakt, ta kontakt med, henvendelser, min etterfølger, ota yhteyttä, ottakaa yhteyttä, seuraajani, obraťte se, kontaktujte, prosím kontaktujte, můj nástupce, iletişime geçebilirsiniz, adresine yazabilirsiniz, irtibata geçiniz,
	başvurabilirsiniz, 後任, 今後のご連絡, 请联系, 請聯繫, 请与, 後續, 后续, 接任, 후임, 연락 바랍니다, 연락해 주시기, 문의해 주시기, يرجى التواصل, الرجاء التواصل, للتواصل, يرجى مراسلة, الرجاء مراسلة`)

// deadAddress says that an address is given up.
var deadAddress = phrase(
	`(?:this|my|the) (?:e-?mail|mailbox|inbox|address|email account|account)(?: address)? (?:is|has been) (?:no longer (?:in use|used|active|valid|available)|deactivated|closed|discontinued)`,
	`(?:diese|die) (?:e-?mail-?)?adresse (?:wird|ist) nicht (?:mehr|länger) (?:genutzt|verwendet|aktiv|gültig|erreichbar)`,
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

// unreadAddress says that nobody reads what comes to an address: that of a person who has left, or of an office that has another.
var unreadAddress = phrase(
	`(?:this|my|the)(?: \S+)? (?:e-?mail|mailbox|inbox|address|email account|account)(?: address)? (?:is|has been) (?:no longer|not|not being) (?:regularly )?(?:monitored|checked|read|attended)`,
	`(?:diese|die) (?:e-?mail-?)?adresse (?:wird|ist) nicht (?:mehr|länger) (?:gelesen|abgerufen|betreut)`,
	`dieses postfach wird nicht(?: mehr)? (?:gelesen|überwacht|betreut|bearbeitet|abgerufen)`,
	`cette (?:adresse|boîte)(?: \S+){0,2} n'est (?:plus|pas) (?:consultée|relevée|lue|surveillée)`,
	`(?:este|esta) (?:buzón|dirección|cuenta)(?: \S+){0,2} no (?:se revisa|es atendid\pL*|está monitorizad\pL*|está atendid\pL*)`,
	`questa casella(?: \S+){0,3} non (?:è|viene)(?: più)? (?:presidiata|monitorata|letta|controllata)`,
	`esta caixa(?: \S+){0,3} não é (?:monitorada|monitorizada|lida)`,
	`(?:dit|deze) (?:postvak|mailbox|mailadres)(?: \S+){0,2} wordt niet(?: meer)? (?:gelezen|beheerd|gecontroleerd|bewaakt)`,
)

// deadStems are parts of deadAddress and unreadAddress.
var deadStems = list(`no longer, is not, isn't, n'est, no se, no es, no está, deactivated, closed, discontinued, nicht, plus, ya no, non è più, não, niet, больше не, nie, inte, ikke`)

// engagedWords show a person who wants something; among them are the question marks of other scripts, and the words that end a question where
// the mark is often left out.
var engagedWords = list(`？, ؟, ますか。, ですか。, でしょうか, ませんか。, 吗。, 嗎。, 까요., interested, i'd love, i would love, let's, lets talk, sounds good, sounds great, sounds interesting, happy to, looking forward to talking,
	looking forward to our, interessiert, interesse, intéressé, intéressée, interesado, interesada, interessato, interessata, interessado, interessada,
	geïnteresseerd, zainteresowany, zainteresowana, zainteresowani, интересно, заинтересовало, intresserad, interesseret, interessert, 興味, 感兴趣, 感興趣,
	مهتم, مهتمة, مهتمون`)

// backWords tell of a return; beside an asideWord they are an absence note's, whatever the absence is called.
var backWords = list(`to be back, will be back, we are back, wieder für sie da, wieder für dich da, wieder für euch da, wieder da, rientriamo, torniamo, voltamos, volvemos, wracamy, вернемся, вернёмся, back at work, back in the office, back at my desk, back from my, back on monday, back on tuesday, back on wednesday, back on thursday, back on friday, wieder im büro, wieder im haus, wieder im hause, wieder am platz, wieder erreichbar, wieder zurück, bin zurück, de retour le, de retour au, de retour à partir, mon retour, reprise prévue, reprendrai mes, vuelvo el, volveré el, regreso el, regresaré el, me reincorporo, me reincorporaré, mi regreso, mi vuelta, rientro previsto, rientrerò, sarò di nuovo in ufficio, al rientro,
	retorno previsto, regresso previsto, volto ao, estarei de volta, de volta ao, ben ik terug, ben weer terug, weer terug op, weer aanwezig, wracam do pracy, wracam do biura, będę ponownie, вернусь, выхожу на работу, выйду на работу, åter på, tillbaka på kontoret, är tillbaka, tilbage på kontoret, er tilbage, tilbake på kontoret, er tilbake, takaisin töissä, palaan töihin, zpět v kanceláři, budu zpět, ofise döneceğim, ofisteyim, işbaşı yapacağım, より出社, から出社, 出社いたします, 返岗, 回到办公室, 恢复上班, 복귀합니다, 복귀 예정, ساعود الى, العودة الى العمل`)
