package message

// sentFromLine recognizes the lines that mail programs add below a message ("Sent from my iPhone"). A person's "Sent from my desk, is much
// easier …" goes on after the device, so the line has to end soon and hold no comma.
var sentFromLine = lazily(`(?i)^[\W_]{0,4}(?:` +
	`sent (?:from|via|using|by|with) |this (?:message|e-?mail|mail) (?:was|has been) sent (?:using|via|with|through) |(?:diese|dieses) (?:e-?mail|nachricht|mail) wurde (?:mit|über|von|via) |ce (?:message|mail|courriel) a été envoyé (?:avec|depuis|par|via) |este (?:mensaje|correo) (?:fue|ha sido) enviado (?:desde|con|por) |questa (?:e-?mail|mail) è stata inviata |esta mensagem foi enviada |get (?:the )?(?:outlook|bluemail|yahoo mail|spark|edison mail|aqua mail|boxer)\b|download (?:outlook|bluemail)|composed (?:on|with) |typed (?:on|with) |written (?:on|from) my |scanned by |virus-free|` +
	`(?:von|aus) (?:meinem|mein|unterwegs|der|outlook|mobil)|gesendet (?:von|mit|über|aus|via|per)|diese nachricht wurde von mein|versendet (?:von|mit)|verschickt von|laden sie outlook|holen sie sich outlook|` +
	`envoyé (?:de|depuis|à partir|avec|via|par|grâce)|envoyée? (?:de|depuis)|obtenez outlook|obtenir outlook|téléchargez outlook|provenance|` +
	`enviado (?:desde|de|do|a partir|con|com|por|via|vía|pelo|através)|enviada (?:do|pelo|a partir)|obtener outlook|obtenga outlook|descargar outlook|obter o outlook|baixar o outlook|obtenha o outlook|enviat (?:des|amb)|` +
	`inviato (?:da|dal|con|tramite|via)|inviata da|ottieni outlook|scarica outlook|` +
	`verzonden (?:vanaf|met|via|vanuit|van)|verstuurd (?:vanaf|met|via|van)|outlook voor (?:ios|android) downloaden|download outlook voor|` +
	`sendt fra|sendt via|sendt med|hent outlook|skickat (?:från|via|med)|skaffa outlook|hämta outlook|lähetetty |hanki outlook|sent frá|` +
	`wysłane? z|wysłano z|pobierz (?:aplikację )?outlook|odesláno z|odoslané z|získat (?:aplikaci )?outlook|získať outlook|poslano (?:iz|z|s|sa) |trimis de pe|trimis din|trimis de la|obțineți outlook|` +
	`отправлено (?:с|из|от)|послано с|скачать outlook|надіслано (?:з|із)|відправлено з|изпратено от|послато са|` +
	`στάλθηκε από|εστάλη από|elküldve|küldve |gửi từ|đã gửi từ|dikirim dari|dihantar dari|` +
	`أرسلت من|أُرسلت من|تم الإرسال من|مرسل من|الحصول على outlook|احصل على outlook|נשלח מ|` +
	`发自|發自|发送自|從我的|从我的|来自我的|获取 ?outlook|取得 ?outlook)` +
	`|(?:gesendet|gönderildi|kaldırıldı|küldve|から送信|から送信されました|傳送|发送|보냄|보낸 메일)[.\s]*$`)

// device names what a line added by a mail program speaks of; without one the line must begin with "Sent from my".
var device = lazily(`(?i)iphone|ipad|ipod|ios\b|android|galaxy|samsung|blackberry|nokia|huawei|xiaomi|redmi|lg |htc|sony|xperia|pixel|oneplus|motorola|moto |windows|outlook|yahoo|gmail|\bmail\b|mailbox|proton|` +
	`thunderbird|e-?mail|smartphone|phone|handy|mobil|mobile|portable|téléphone|telefon|telefoon|teléfono|celular|móvil|cellulare|tablet|tablette|device|gerät|appareil|dispositivo|apparaat|verizon|at&t|t-mobile|sprint|vodafone|orange|` +
	`hey\b|superhuman|spark|bluemail|boxer|zimbra|airmail|newton|edison|mail\.ru|яндекс|yandex|почт|телефон|смартфон|мобильн|мобільн|мобилен|apple|mac\b|nine|tutanota|fastmail|gmx|web\.de|hotmail|webmail|bezdrát|κινητό|κινητ|هاتف|جوال|الـ|手机|手機|スマートフォン|携帯|foxmail|qq邮箱|网易|アイフォン|k-9|fairemail|mozilla|aol|att\.net|cell|desktop app|blackberry|vivo|oppo|honor|mailspring|mailbird|missive|shortwave|canary|polymail|em client|hushmail|skiff|startmail|mailfence|posteo|roundcube|squirrelmail|horde|\bimp\b|sogo|nextcloud|zoho|rediff|infomaniak|ionos|1&1|t-online|freenet|laposte|\bsfr\b|libero|virgilio|tiscali|seznam|\bonet\b|interia|\buol\b|naver|daum|kakao|betterbird|geary|tuta\b|telegram|whatsapp|teams|notion`)

// contactLine recognizes what only signatures hold: a telephone number, a web or mail address, a postal or company mark.
var contactLine = lazily(`(?i)https?://|www\.|[\w.+-]+@[\w-]+\.\w|\b(?:tel|phone|mobile|mob|cell|fax|direct|office|handy|telefon|teléfono|telefono|telefone|tél|gsm|skype|linkedin|hrb|ust-?id|vat|siret|p\.?iva)\b\.?\s*[:.#+(\d]|` +
	`(?:^|[^\d.,:/-])\+?\(?\d[\d ().\-/]{6,}\d|mailing list|sent (?:via|from)|\b(?:t|m|p|f|d|e|w)\s?[:.]\s*[+(\d]`)

// titleLine recognizes a job title or a company under a name.
var titleLine = lazily(`(?i)\b(?:ceo|cto|cfo|coo|cmo|vp|svp|evp|founder|co-founder|director|manager|head of|president|partner|engineer|consultant|sales|marketing|officer|lead|assistant|associate|analyst|specialist|coordinator|` +
	`geschäftsführer|leiter|leiterin|vertrieb|directeur|directrice|responsable|gerente|responsabile|direttore|diretor|directeur|inc|llc|ltd|gmbh|ag|sarl|s\.?a\.?s|s\.?r\.?l|s\.?p\.?a|b\.?v|oy|ab|aps|a/s|sp\. z o\.o|limited|corp|company|group|gruppe|groupe)\b`)

// regards are the formulas that close a letter, in lower case without punctuation. Thanks are no formula: they say something.
var regards = wordSet(`regards, best regards, kind regards, warm regards, warmest regards, kindest regards, with kind regards, with best regards, with regards, best,
	all the best, best wishes, warm wishes, with best wishes, cordially, sincerely, yours sincerely, sincerely yours, yours truly, yours faithfully,
	respectfully, cheers, br, kr, rgds, brgds, many regards, yours, take care, very best, very best regards, thanks and regards, thanks & regards,
	thank you and best regards, regards and thanks, mit freundlichen grüßen, mit freundlichen grüssen, mit freundlichem gruß, mit freundlichem gruss,
	freundliche grüße, freundliche grüsse, freundlichen gruß, viele grüße, viele grüsse, vielen gruß, beste grüße, beste grüsse, besten gruß,
	liebe grüße, liebe grüsse, lieben gruß, herzliche grüße, herzliche grüsse, herzlichen gruß, schöne grüße, schönen gruß, gruß, gruss, grüße, grüsse,
	mfg, vg, lg, bg, hochachtungsvoll, mit besten grüßen, mit besten grüssen, sonnige grüße, cordialement, bien cordialement, très cordialement,
	bien à vous, bien à toi, cdlt, sincères salutations, salutations, meilleures salutations, sincèrement, amicalement, bonne journée, bonne réception,
	avec mes salutations, saludos, un saludo, saludos cordiales, un cordial saludo, cordiales saludos, atentamente, atte, cordialmente, un abrazo,
	muchos saludos, saluda atentamente, reciba un cordial saludo, cordiali saluti, distinti saluti, saluti, un saluto, un cordiale saluto, a presto,
	cordialità, i migliori saluti, buona giornata, atenciosamente, att, cumprimentos, com os melhores cumprimentos, melhores cumprimentos, abraço,
	abraços, saudações, grato, grata, met vriendelijke groet, met vriendelijke groeten, vriendelijke groet, vriendelijke groeten, groeten, groet,
	groetjes, mvg, hartelijke groet, met hartelijke groet, pozdrawiam, pozdrawiam serdecznie, z poważaniem, serdecznie pozdrawiam,
	serdeczne pozdrowienia, pozdrowienia, с уважением, с наилучшими пожеланиями, всего доброго, з повагою, с поздрави, поздрави, s pozdravem,
	s pozdravom, s přátelským pozdravem, med vänlig hälsning, med vänliga hälsningar, vänliga hälsningar, vänlig hälsning, hälsningar, hälsning,
	bästa hälsningar, mvh, med venlig hilsen, venlig hilsen, venlige hilsner, de bedste hilsner, mange hilsner, bedste hilsner, hilsen, hilsner, vh,
	med vennlig hilsen, vennlig hilsen, beste hilsen, ystävällisin terveisin, terveisin, parhain terveisin, yst terv, t, saygılarımla, iyi çalışmalar,
	üdvözlettel, tisztelettel, cu stimă, cu respect, με εκτίμηση, φιλικά, lijep pozdrav, srdačan pozdrav, lep pozdrav, lp, مع التحية, مع أطيب التحيات,
	مع خالص التحية, تحياتي, مع تحياتي, وتفضلوا بقبول فائق الاحترام, بالتوفيق, בברכה, 此致, 敬礼, 祝好, 顺祝商祺, よろしくお願いします, よろしくお願いいたします, 敬具, 감사합니다, trân trọng,
	salam, hormat kami, warmly, warm regards to all, with gratitude, best from, kindest, have a great day, have a nice day, have a good day, have a great weekend, have a nice weekend, talk soon, schönen tag, schönen tag noch, schönes wochenende, einen schönen tag, freundlichst, freundliche grüße aus, bonne soirée, bon week-end, bonne fin de journée, belle journée, bonne continuation, que tenga buen día, que tenga un buen día, buen día, feliz día, buon lavoro, buon fine settimana, buona serata,
	bom dia de trabalho, um abraço, bom fim de semana, ao dispor, fijne dag, fijne dag nog, fijn weekend, prettige dag, dobrego dnia, miłego dnia, udanego dnia, łączę pozdrowienia, z wyrazami szacunku, всего хорошего, хорошего дня, с наилучшими, ha en bra dag, ha en fin dag, trevlig helg, allt gott, ha en god dag, ha en dejlig dag, god weekend, god helg, ha det bra, ystävällisesti, hyvää päivänjatkoa, mukavaa päivää, hyvää viikonloppua, hezký den, přeji hezký den,
	pěkný den, iyi günler, kolay gelsin, saygılarımızla, sevgiler, szép napot, o zi bună, гарного дня, مع فائق الاحترام, مع فائق الاحترام والتقدير, مع الاحترام, وتقبلوا تحياتي, تحياتنا, مع الشكر, 顺颂商祺, 顺祝商祺！, 祝工作顺利, 祝您工作愉快, 謹啓, 以上, 以上、よろしくお願いいたします, 수고하세요, 감사합니다.`)

// disclaimerStarts open the notices that companies add below every message; a paragraph must hold one of disclaimerWords as well.
var disclaimerStarts = list(`this e-mail, this email, this message, this communication, this transmission, this electronic, the information contained, the information in this,
	the contents of this, the content of this, confidentiality, confidential, disclaimer, legal notice, notice:, important notice, important:,
	privileged, privacy, caution:, please consider the environment, consider the environment, think before you print, before printing, save a tree,
	any views or opinions, if you are not the intended, if you have received this, unless otherwise, registered in england, internet e-mail,
	emails are not secure, diese e-mail, diese email, diese nachricht, der inhalt dieser, die in dieser, die information in dieser, vertraulich,
	haftungsausschluss, bitte denken sie an die umwelt, bitte prüfen sie, wichtiger hinweis, hinweis:, ce message, cet e-mail, ce courriel, ce mail,
	cette transmission, le présent message, les informations contenues, avis de confidentialité, pensez à l'environnement, pensez à l’environnement,
	avant d'imprimer, n'imprimez, este mensaje, este correo, este e-mail, este email, la información contenida, el contenido de este, aviso legal,
	aviso de confidencialidad, confidencialidad, antes de imprimir, esta mensagem, esta comunicação, as informações contidas, a informação contida,
	aviso de confidencialidade, aviso legal, questo messaggio, questa e-mail, questa email, le informazioni contenute, il presente messaggio,
	la presente e-mail, il contenuto di questa, ai sensi del, prima di stampare, avviso di riservatezza, dit bericht, deze e-mail, dit e-mailbericht,
	de informatie in, de inhoud van, aan dit bericht, denk aan het milieu, ta wiadomość, niniejsza wiadomość, treść tej wiadomości, informacje zawarte,
	данное сообщение, это сообщение, настоящее сообщение, информация содержащаяся, detta meddelande, detta e-postmeddelande, innehållet i, denne e-mail,
	denne mail, denne meddelelse, denne e-posten, indholdet af, tämä viesti, tento e-mail, tato zpráva, bu e-posta, bu mesaj, هذه الرسالة, هذا البريد,
	إخلاء مسؤولية, إشعار السرية, 本邮件, 此邮件, 本電子郵件, このメール, このメッセージ, 본 메일`)

// disclaimerWords are what such a notice speaks of.
var disclaimerWords = list(`confidential, privileged, intended, recipient, disclos, unauthorized, unauthorised, liab, virus, environment, print, legally, vertraulich, unbefugt,
	empfänger, rechtlich, umwelt, confidentiel, destinataire, environnement, confidencial, destinatario, destinatário, medio ambiente, meio ambiente,
	riservat, riservate, destinatari, stampare, vertrouwelijk, geadresseerde, bestemd, milieu, poufn, adresat, конфиденциальн, получател, konfidentiell,
	mottagare, fortrolig, modtager, luottamuksell, důvěrn, gizli, سري, المرسل إليه, 保密, 机密, 機密, 수신인, 비밀`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, word := range list(s) {
		set[word] = true
	}
	return set
}
