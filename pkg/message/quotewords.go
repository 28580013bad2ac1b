package message

import "strings"

// wroteWords are the verbs with which mail programs introduce a quote ("On … X wrote:"), in lower case.
var wroteWords = list(`wrote, writes, a écrit, a ecrit, écrit, écrivait, schrieb, schreibt, geschrieben, schreef, geschreven, escribió, escribio, escribiu,
	ha scritto, scrisse, scrive, escreveu, ha escrit, va escriure, a scris, skrev, skriver, skrifaði, kirjoitti, napisał, napisała, napisał(a), pisze, napisano,
	napsal, napsala, napsal(a), napísal, napísala, napísal(a), je napisao, je napisala, je napisal, piše, написал, написала, написал(а), пишет, писал, написав, пише,
	писав, написа, је написао, έγραψε, írta, yazdı, yazmış, rašė, rakstīja, kirjutas, đã viết, menulis, كتب, كتبت, تمت كتابة ما يلي, نوشت, כתב, כתבה, מאת, ने लिखा, เขียน,
	書きました, 書いた, のメール, 写道, 寫道, 写到, 님이 작성, 작성:, 썼습니다`)

// quotingWords open a quote introduced without a date ("Quoting X <x@example.com>:", the webmails built on Horde).
var quotingWords = list(`quoting, zitat von, quotando, citando, citando a, citat, cytowanie, citeren, en réponse à, missatge de, mensaje de, message de, excerpts from`)

// sentWord introduces a quote only after an "On" date: alone it is too common.
const sentWord = "sent"

// originalWords name the line above a replied-to message ("-----Original Message-----").
var originalWords = list(`original message, original appointment, original mail, reply message, ursprüngliche nachricht, urspruengliche nachricht, originalnachricht,
	original-nachricht, originalmail, message d'origine, message d’origine, message original, message initial, courriel original, mensaje original,
	mensagem original, messaggio originale, messaggio originario, oorspronkelijk bericht, origineel bericht, oprindelig meddelelse, oprindelig besked,
	originalmeddelelse, original meddelelse, opprinnelig melding, original melding, ursprungligt meddelande, originalmeddelande, alkuperäinen viesti,
	wiadomość oryginalna, oryginalna wiadomość, treść oryginalnej wiadomości, исходное сообщение, оригинальное сообщение, вихідне повідомлення,
	оригінальне повідомлення, původní zpráva, původní e-mail, pôvodný e-mail, puvodni zprava, pôvodná správa, eredeti üzenet, mesaj original, mesajul original, orijinal mesaj,
	özgün ileti, izvorna poruka, originalna poruka, izvirno sporočilo, оригинално съобщение, αρχικό μήνυμα, 原始邮件, 原始郵件, 原邮件, 原始信息, 元のメッセージ, 원본 메일,
	원본 메시지, 원본메일, الرسالة الأصلية, رسالة أصلية, ההודעה המקורית, הודעה מקורית, thư gốc, tin nhắn gốc, pesan asli, missatge original`)

// forwardedWords name the line above a forwarded message.
var forwardedWords = list(`forwarded message, forwarded by, forwarded mail, begin forwarded message, weitergeleitete nachricht, weitergeleitet von, weitergeleitete mail,
	anfang der weitergeleiteten nachricht, anfang der weitergeleiteten e-mail, message transféré, message réexpédié, début du message réexpédié,
	début du message transféré, message transmis, mensaje reenviado, inicio del mensaje reenviado, mensagem encaminhada, mensagem reencaminhada,
	início da mensagem encaminhada, início da mensagem reencaminhada, messaggio inoltrato, inizio messaggio inoltrato, inizio del messaggio inoltrato,
	doorgestuurd bericht, begin doorgestuurd bericht, vidarebefordrat meddelande, vidarebefordrat brev, videresendt meddelelse, videresendt besked,
	start på videresendt besked, videresendt melding, videresendt e-post, välitetty viesti, välitetty viesti alkaa, przekazana wiadomość,
	wiadomość przekazana, początek przekazywanej wiadomości, пересылаемое сообщение, пересланное сообщение, переадресованное сообщение,
	начало переадресованного сообщения, перенаправленное сообщение, переслане повідомлення, přeposlaná zpráva, preposlaná správa, továbbított üzenet,
	továbbított levél, mesaj redirecționat, iletilen mesaj, iletilmiş mesaj, yönlendirilmiş mesaj, iletilen ileti başlangıcı, prosljeđena poruka,
	προωθημένο μήνυμα, 转发的邮件, 转发邮件, 轉寄的郵件, 轉寄郵件, 下面是被转发的邮件, 开始转发的邮件, 転送メッセージ, 転送されたメッセージ, 전달된 메일, 전달된 메시지, رسالة معاد توجيهها, الرسالة المعاد توجيهها,
	بداية الرسالة المعاد توجيهها, הודעה שהועברה, thư được chuyển tiếp, pesan terusan, missatge reenviat`)

// headerKey is what a line like "From: …" in a quoted header block tells.
type headerKey uint8

// The keys of a quoted header block; sentKey is apart from dateKey because only mail programs write "Sent:".
const (
	fromKey headerKey = 1 << iota
	sentKey
	dateKey
	toKey
	subjectKey
	otherKey
)

// headerKeys maps the names that mail programs show for header fields, in lower case, to what they mean.
var headerKeys = keyTable(map[headerKey]string{
	fromKey: `from, von, de, da, van, fra, från, od, от, від, от кого, från, lähettäjä, frá, odesílatel, odosielateľ, feladó, kimden, gönderen, από, de la, expéditeur, mittente, remetente, afzender, avsändare, afsender,
		avsender, nadawca, отправитель, відправник, šalje, pošiljatelj, 发件人, 寄件者, 寄件人, 差出人, 送信者, 보낸 사람, 보낸사람, 발신, من, المرسل, מאת, dari, từ, người gửi, จาก, desde`,
	sentKey: `sent, sent at, sent on, gesendet, gesendet am, envoyé, envoyé le, envoye, date d'envoi, enviado, enviado el, enviado em, enviada, enviada em, enviat, inviato, inviato il, verzonden, verstuurd, sendt, skickat, wysłano, wysłane, data wysłania,
		отправлено, дата отправки, надіслано, odesláno, odoslané, elküldve, küldve, gönderildi, gönderilme, gönderme tarihi, στάλθηκε, trimis, lähetetty, poslano, изпратено, 发送时间, 发送日期, 寄件日期, 傳送時間, 傳送日期, 送信日時, 보낸 날짜, 보낸날짜, 전송, تاريخ الإرسال, أرسلت,
		تم الإرسال, נשלח, dikirim, đã gửi, gửi, ส่ง, message du, message from`,
	dateKey: `date, datum, fecha, data, dato, päiväys, päivämäärä, pvm, дата, dátum, tarih, ημερομηνία, dată, kuupäev, 日期, 日時, 日付, 時間, 时间, 날짜, التاريخ, תאריך, tanggal, ngày, วันที่`,
	toKey: `to, an, à, a, para, aan, til, till, do, кому, vastaanottaja, komu, címzett, kime, alıcı, προς, către, destinataire, destinatario, destinatário, ontvanger, mottagare, modtager, mottaker, odbiorca, получатель, за,
		收件人, 收件者, 宛先, 받는 사람, 받는사람, 수신, إلى, الى, المرسل إليه, אל, kepada, đến, tới, người nhận, ถึง, per`,
	subjectKey: `subject, betreff, betrifft, objet, sujet, asunto, assunto, oggetto, onderwerp, emne, ämne, temat, тема, aihe, efni, předmět, predmet, tárgy, konu, θέμα, subiect, subiectul, assumpte, zadeva, относно,
		主题, 主題, 主旨, 件名, 제목, الموضوع, הנושא, נושא, perihal, subjek, chủ đề, tiêu đề, เรื่อง`,
	otherKey: `cc, c.c., bcc, cci, kopie, copie à, copie, copia, cópia, kopi, kopia, dw, копия, копія, kopio, bilgi, κοιν, κοινοποίηση, másolat, másolatot kap, 抄送, 副本, 참조, نسخة, نسخة إلى, עותק, tembusan, importance, wichtigkeit, priorität, priority, importancia, importanza,
		importancia, reply-to, reply to, antwort an, répondre à, rispondi a, risposta, responder a, svar til, organization, organisation, attachments, anlagen, pièces jointes, mailed-by, resent-from, newsgroups, x-mailer, message-id, in-reply-to`,
})

// list splits a table written as one comma-separated text.
func list(s string) []string {
	var words []string
	for word := range strings.SplitSeq(s, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

func keyTable(lists map[headerKey]string) map[string]headerKey {
	table := map[string]headerKey{}
	for key, words := range lists {
		for _, word := range list(words) {
			table[word] |= key
		}
	}
	return table
}
