package message

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func plain(text string) *Message { return &Message{Text: text} }

// TestVisibleTextIntroductions has one introduction of a quote per client and language; above each stands the same answer.
func TestVisibleTextIntroductions(t *testing.T) {
	introductions := map[string]string{
		"gmail en":             "On Thu, Mar 3, 2016 at 5:21 PM Ann Lee <ann@example.com> wrote:\n\n> Hi",
		"gmail en unmarked":    "On Thu, Mar 3, 2016 at 5:21 PM Ann Lee <ann@example.com> wrote:\nHi",
		"gmail wrapped":        "On Thu, Mar 3, 2016 at 5:21 PM Ann Lee\n<ann@example.com>\nwrote:\n\n> Hi",
		"gmail broken address": "On Thu, Mar 3, 2016 at 5:21 PM Ann Lee <ann@example.com\n> wrote:\n\n> Hi",
		"apple en":             "On Mar 3, 2016, at 17:21, Ann Lee <ann@example.com> wrote:\n\nHi",
		"apple sent":           "On 3-Mar-2016, at 5:21 PM, Ann Lee <ann@example.com> sent:\n\nHi",
		"thunderbird":          "On 3/3/16 17:21, Ann Lee wrote:\n> Hi",
		"hey":                  "On March 3, 2016, Ann Lee <ann@example.com> wrote:\nHi",
		"spark":                "On 3 Mar 2016, 5:21 PM +0100, Ann Lee <ann@example.com>, wrote:\nHi",
		"zoho":                 "---- On Thu, 03 Mar 2016 17:21:50 +0530 ann@example.com wrote ----\n\nHi",
		"zoho new":             "---- On Thu, 03 Mar 2016 17:21:50 +0530 Ann Lee <ann@example.com> wrote ---\n\nHi",
		"day only":             "On Mon, Ann Lee wrote:\n> Hi",
		"day only unmarked":    "On Mon, Ann Lee wrote:\n\nHi",
		"day only fr":          "Le lundi, Ann a écrit :\nHi",
		"day only de":          "Am Montag schrieb Ann Lee:\n> Hi",
		"name only":            "Ann Lee wrote:\n> Hi",
		"android":              "---- Ann Lee wrote ----\n\n> Hi",
		"gnus":                 "Ann Lee <ann@example.com> writes:\n\n> Hi",
		"horde":                "Quoting Ann Lee <ann@example.com>:\n\n> Hi",
		"horde de":             "Zitat von Ann Lee <ann@example.com>:\n\n> Hi",
		"gmt":                  "2016-03-03 17:21 GMT+01:00 Ann Lee <ann@example.com>:\n\n> Hi",
		"gmail old":            "2016/3/3 Ann Lee <ann@example.com>\n\n> Hi",
		"yandex":               "03.03.2016, 17:21, \"Ann Lee\" <ann@example.com>:\nHi",
		"protonmail":           "On Thursday, March 3rd, 2016 at 5:21 PM, Ann Lee <ann@example.com> wrote:\n\n> Hi",
		"protonmail old":       "-------- Original Message --------\nOn Mar 3, 2016, 5:21 PM, Ann Lee < ann@example.com> wrote:\n\nHi",
		"superhuman":           "On Thu, Mar 03, 2016 at 5:21 PM, Ann Lee < ann@example.com > wrote:\n\n> Hi",
		"de gmail":             "Am Do., 3. März 2016 um 17:21 Uhr schrieb Ann Lee <ann@example.com>:\n\n> Hi",
		"de apple":             "Am 03.03.2016 um 17:21 schrieb Ann Lee <ann@example.com>:\n\nHi",
		"de name first":        "Ann Lee <ann@example.com> schrieb am Do., 3. März 2016,\n17:21:\n\n> Hi",
		"fr gmail":             "Le jeu. 3 mars 2016 à 17:21, Ann Lee <ann@example.com> a écrit :\n\n> Hi",
		"fr apple":             "Le 3 mars 2016 à 17:21, Ann Lee <ann@example.com> a écrit :\n\nHi",
		"es gmail":             "El jue, 3 mar 2016 a las 17:21, Ann Lee (<ann@example.com>) escribió:\n\n> Hi",
		"es apple":             "El 3 mar 2016, a las 17:21, Ann Lee <ann@example.com> escribió:\n\nHi",
		"it gmail":             "Il giorno gio 3 mar 2016 alle ore 17:21 Ann Lee <ann@example.com>\nha scritto:\n\n> Hi",
		"pt gmail":             "Em qui., 3 de mar. de 2016 às 17:21, Ann Lee <ann@example.com>\nescreveu:\n\n> Hi",
		"pt apple":             "No dia 3 de mar de 2016, às 17:21, Ann Lee <ann@example.com> escreveu:\n\nHi",
		"nl gmail":             "Op do 3 mrt. 2016 om 17:21 schreef Ann Lee <ann@example.com>:\n\n> Hi",
		"nl apple":             "Op 3 mrt. 2016 om 17:21 heeft Ann Lee <ann@example.com> het volgende geschreven:\n\nHi",
		"pl gmail":             "czw., 3 mar 2016 o 17:21 Ann Lee <ann@example.com> napisał(a):\n\n> Hi",
		"pl thunderbird":       "W dniu 03.03.2016 o 17:21, Ann Lee pisze:\n> Hi",
		"ru gmail":             "чт, 3 мар. 2016 г. в 17:21, Ann Lee <ann@example.com>:\n\n> Hi",
		"ru apple":             "3 марта 2016 г., в 17:21, Ann Lee <ann@example.com> написал(а):\n\nHi",
		"ru thunderbird":       "03.03.2016 17:21, Ann Lee пишет:\n> Hi",
		"uk gmail":             "чт, 3 бер. 2016 р. о 17:21 Ann Lee <ann@example.com> пише:\n\n> Hi",
		"sv gmail":             "Den tors 3 mars 2016 kl 17:21 skrev Ann Lee <ann@example.com>:\n\n> Hi",
		"sv apple":             "3 mars 2016 kl. 17:21 skrev Ann Lee <ann@example.com>:\n\nHi",
		"da gmail":             "Den tor. 3. mar. 2016 kl. 17.21 skrev Ann Lee <ann@example.com>:\n\n> Hi",
		"no gmail":             "tor. 3. mar. 2016 kl. 17:21 skrev Ann Lee <ann@example.com>:\n\n> Hi",
		"fi gmail":             "to 3. maalisk. 2016 klo 17.21 Ann Lee (ann@example.com) kirjoitti:\n\n> Hi",
		"cs gmail":             "čt 3. 3. 2016 v 17:21 odesílatel Ann Lee <ann@example.com> napsal:\n\n> Hi",
		"sk gmail":             "št 3. 3. 2016 o 17:21 Ann Lee <ann@example.com> napísal(a):\n\n> Hi",
		"hu gmail":             "Ann Lee <ann@example.com> ezt írta (időpont: 2016. márc. 3., Cs,\n17:21):\n\n> Hi",
		"ro gmail":             "În joi, 3 mar. 2016 la 17:21, Ann Lee <ann@example.com> a scris:\n\n> Hi",
		"tr gmail":             "Ann Lee <ann@example.com>, 3 Mar 2016 Per, 17:21 tarihinde şunu\nyazdı:\n\n> Hi",
		"el gmail":             "Στις Πέμ 3 Μαρ 2016 στις 5:21 μ.μ., ο χρήστης Ann Lee <ann@example.com>\nέγραψε:\n\n> Hi",
		"hr gmail":             "čet, 3. ožu 2016. u 17:21 Ann Lee <ann@example.com> napisao je:\n\n> Hi",
		"ca gmail":             "Missatge de Ann Lee <ann@example.com> del dia dj., 3 de març\n2016 a les 17:21:\n\n> Hi",
		"vi gmail":             "Vào Th 5, 3 thg 3, 2016 vào lúc 17:21 Ann Lee <ann@example.com>\nđã viết:\n\n> Hi",
		"id gmail":             "Pada tanggal Kam, 3 Mar 2016 pukul 17.21 Ann Lee <ann@example.com>\nmenulis:\n\n> Hi",
		"ar gmail":             "في الخميس، 3 مارس 2016 في 5:21 م تمت كتابة ما يلي بواسطة Ann Lee <\nann@example.com>:\n\n> Hi",
		"he gmail":             "\u202bבתאריך יום ה׳, 3 במרץ 2016 ב-17:21 מאת \u202aAnn Lee\u202c\u200f <\u202aann@example.com\u202c\u200f>:\u202c\n\n> Hi",
		"zh gmail":             "Ann Lee <ann@example.com> 于2016年3月3日周四 17:21写道：\n\n> Hi",
		"zh apple":             "在 2016年3月3日，17:21，Ann Lee <ann@example.com> 写道：\n\nHi",
		"zh tw":                "Ann Lee <ann@example.com> 於 2016年3月3日 週四 下午5:21寫道：\n\n> Hi",
		"ja gmail":             "2016年3月3日(木) 17:21 Ann Lee <ann@example.com>:\n\n> Hi",
		"ja apple":             "2016/03/03 17:21、Ann Lee <ann@example.com>のメール:\n\nHi",
		"ko gmail":             "2016년 3월 3일 (목) 오후 5:21, Ann Lee <ann@example.com>님이 작성:\n\n> Hi",
		"outlook":              "________________________________\nFrom: Ann Lee <ann@example.com>\nSent: Thursday, March 3, 2016 5:21 PM\nTo: Bo <bo@example.com>\nSubject: RE: Hello\n\nHi",
		"outlook names only":   "From: Ann Lee\nSent: Thursday, March 3, 2016 5:21 PM\nTo: Bo\nSubject: RE: Hello\n\nHi",
		"outlook wrapped to":   "From: Ann Lee\nSent: Thursday, March 3, 2016 5:21 PM\nTo: Bo <bo@example.com>; Cy <cy@example.com>;\n Di <di@example.com>; Ed <ed@example.com>\nCc: Fay\nSubject: RE: Hello\n\nHi",
		"outlook bold":         "*From:* Ann Lee <ann@example.com>\n*Sent:* Thursday, March 3, 2016 5:21 PM\n*To:* Bo <bo@example.com>\n*Subject:* RE: Hello\n\nHi",
		"outlook de":           "Von: Ann Lee <ann@example.com>\nGesendet: Donnerstag, 3. März 2016 17:21\nAn: Bo <bo@example.com>\nBetreff: AW: Hallo\n\nHi",
		"outlook fr":           "De : Ann Lee <ann@example.com>\nEnvoyé : jeudi 3 mars 2016 17:21\nÀ : Bo <bo@example.com>\nObjet : RE: Bonjour\n\nHi",
		"outlook es":           "De: Ann Lee <ann@example.com>\nEnviado: jueves, 3 de marzo de 2016 17:21\nPara: Bo <bo@example.com>\nAsunto: RE: Hola\n\nHi",
		"outlook it":           "Da: Ann Lee <ann@example.com>\nInviato: giovedì 3 marzo 2016 17:21\nA: Bo <bo@example.com>\nOggetto: R: Ciao\n\nHi",
		"outlook pt":           "De: Ann Lee <ann@example.com>\nEnviada em: quinta-feira, 3 de março de 2016 17:21\nPara: Bo <bo@example.com>\nAssunto: RES: Oi\n\nHi",
		"outlook nl":           "Van: Ann Lee <ann@example.com>\nVerzonden: donderdag 3 maart 2016 17:21\nAan: Bo <bo@example.com>\nOnderwerp: RE: Hallo\n\nHi",
		"outlook pl":           "Od: Ann Lee <ann@example.com>\nWysłano: czwartek, 3 marca 2016 17:21\nDo: Bo <bo@example.com>\nTemat: ODP: Hej\n\nHi",
		"outlook ru":           "От: Ann Lee <ann@example.com>\nОтправлено: 3 марта 2016 г. 17:21\nКому: Bo <bo@example.com>\nТема: RE: Привет\n\nHi",
		"outlook sv":           "Från: Ann Lee <ann@example.com>\nSkickat: den 3 mars 2016 17:21\nTill: Bo <bo@example.com>\nÄmne: SV: Hej\n\nHi",
		"outlook no":           "Fra: Ann Lee <ann@example.com>\nSendt: torsdag 3. mars 2016 17.21\nTil: Bo <bo@example.com>\nEmne: SV: Hei\n\nHi",
		"outlook fi":           "Lähettäjä: Ann Lee <ann@example.com>\nLähetetty: torstai 3. maaliskuuta 2016 17.21\nVastaanottaja: Bo <bo@example.com>\nAihe: VS: Hei\n\nHi",
		"outlook cs":           "Od: Ann Lee <ann@example.com>\nOdesláno: čtvrtek 3. března 2016 17:21\nKomu: Bo <bo@example.com>\nPředmět: RE: Ahoj\n\nHi",
		"outlook hu":           "Feladó: Ann Lee <ann@example.com>\nElküldve: 2016. március 3. 17:21\nCímzett: Bo <bo@example.com>\nTárgy: RE: Szia\n\nHi",
		"outlook tr":           "Kimden: Ann Lee <ann@example.com>\nGönderildi: 3 Mart 2016 Perşembe 17:21\nKime: Bo <bo@example.com>\nKonu: YNT: Merhaba\n\nHi",
		"outlook ar":           "من: Ann Lee <ann@example.com>\nتاريخ الإرسال: 03/مارس/2016 05:21 م\nإلى: Bo <bo@example.com>\nالموضوع: رد: مرحبا\n\nHi",
		"outlook zh":           "发件人: Ann Lee <ann@example.com>\n发送时间: 2016年3月3日 17:21\n收件人: Bo <bo@example.com>\n主题: 答复: 你好\n\nHi",
		"outlook ja":           "差出人: Ann Lee <ann@example.com>\n送信日時: 2016年3月3日 17:21\n宛先: Bo <bo@example.com>\n件名: RE: こんにちは\n\nHi",
		"outlook ko":           "보낸 사람: Ann Lee <ann@example.com>\n보낸 날짜: 2016년 3월 3일 17:21\n받는 사람: Bo <bo@example.com>\n제목: RE: 안녕\n\nHi",
		"qq":                   "------------------ 原始邮件 ------------------\n发件人: \"Ann Lee\"<ann@example.com>;\n发送时间: 2016年3月3日(星期四) 下午5:21\n收件人: \"Bo\"<bo@example.com>;\n主题: 你好\n\nHi",
		"original nl":          "-----Oorspronkelijk bericht-----\nHi",
		"original it":          "-----Messaggio originale-----\nHi",
		"original pt":          "-----Mensagem original-----\nHi",
		"original sv":          "-----Ursprungligt meddelande-----\nHi",
		"original ru":          "-----Исходное сообщение-----\nHi",
		"original ja":          "-----元のメッセージ-----\nHi",
		"aol":                  "-----Original Message-----\nFrom: Ann Lee <ann@example.com>\nTo: Bo <bo@example.com>\nSent: Thu, Mar 3, 2016 5:21 pm\nSubject: Hello\n\nHi",
		"forwarded":            "---------- Forwarded message ---------\nFrom: Ann Lee <ann@example.com>\nDate: Thu, Mar 3, 2016 at 5:21 PM\nSubject: Hello\nTo: Bo <bo@example.com>\n\nHi",
		"apple forwarded":      "Begin forwarded message:\n\nFrom: Ann Lee <ann@example.com>\nSubject: Hello\nDate: 3 March 2016\n\nHi",
		"lotus":                "\"Ann Lee\" <ann@example.com> wrote on 03/03/2016 05:21:14 PM:\n\n> Hi",
		"lotus, no address":    "Ann Lee wrote on 03/03/2016 05:21:14 PM:\n\n> Hi",
		"de, no address":       "Ann Lee schrieb am Do., 3. März 2016 um 17:21 Uhr:\n\nHi",
		"gmail glued":          "On Tue, Mar 3, 2016 at 5:21 PM, Ann Lee\n<ann@example.com>wrote:\n\n> Hi",
		"address alone":        "On Thu, Mar 3, 2016 at 5:21 PM, <ann@example.com> wrote:\n\n> Hi",
		"mail.ru":              "Четверг, 3 марта 2016, 17:21 +03:00 от Ann Lee <ann@example.com>:\n\n> Hi",
		"own phone line":       "Sent from a magnificent torch of pixels\n\nOn Mar 3, 2016, at 5:21 PM, Ann Lee <ann@example.com> wrote:\n\n> Hi",
		"marks alone":          "> Hi\n> there",
	}
	const answer = "Yes, Tuesday at 10:30 works.\nShall I call 555-0100?"
	for name, introduction := range introductions {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(answer, VisibleText(plain(answer+"\n\n"+introduction+"\n"))); diff != "" {
				t.Errorf("visible text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVisibleTextShapes(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"bottom posting":        {"On Thu, Mar 3, 2016 at 5:21 PM Ann <a@example.com> wrote:\n> Are you free?\n\nYes, on Friday.\n", "Yes, on Friday."},
		"inline posting":        {"On Thu, Mar 3, 2016 at 5:21 PM Ann <a@example.com> wrote:\n> One?\nYes.\n> Two?\nNo.\n", "Yes.\nNo."},
		"inline without intro":  {"Hi\n> One?\nYes.\n> Two?\nNo.\n", "Hi\n> One?\nYes.\n> Two?\nNo."},
		"intro of one's own":    {"* Ann Lee <a@example.com> [2016-03-03 17:21]:\n> One?\nYes.\n> Two?\nNo.\n", "Yes.\nNo."},
		"words like a header":   {"I need three things:\n\nFrom: your team\nSubject: a quote\nDate: before the 20th\n\nThanks!\n", "I need three things:\n\nFrom: your team\nSubject: a quote\nDate: before the 20th\n\nThanks!"},
		"above and below":       {"Short answer: yes.\n\nOn 3/3/16 17:21, Ann wrote:\n> One?\n> Two?\n\nBo\n", "Short answer: yes.\n\nBo"},
		"only quoted":           {"On Thu, Mar 3, 2016 at 5:21 PM Ann <a@example.com> wrote:\n> Hi\n", "On Thu, Mar 3, 2016 at 5:21 PM Ann <a@example.com> wrote:\n> Hi"},
		"prose with a verb":     {"I wrote to bob@example.com on Monday and this is what he wrote:\nno.\n", "I wrote to bob@example.com on Monday and this is what he wrote:\nno."},
		"prose with a date":     {"On 3 March we met. You wrote:\nsomething about a price.\n", "On 3 March we met. You wrote:\nsomething about a price."},
		"a boss":                {"On Friday my boss wrote:\nWe need 20 seats.\n", "On Friday my boss wrote:\nWe need 20 seats."},
		"a colleague":           {"Ann Lee wrote:\nno.\n", "Ann Lee wrote:\nno."},
		"a meeting":             {"On Monday, December 16, 2024 at 3:00 PM we meet:\n- budget\n", "On Monday, December 16, 2024 at 3:00 PM we meet:\n- budget"},
		"a reference":           {"As I wrote on 12/15/2024 at 3:00 PM:\nwe agree.\n", "As I wrote on 12/15/2024 at 3:00 PM:\nwe agree."},
		"a command":             {"On your remote host you can run:\n\n     telnet 127.0.0.1 52698\n\nPlease confirm.\n", "On your remote host you can run:\n\n     telnet 127.0.0.1 52698\n\nPlease confirm."},
		"an itinerary":          {"My flight:\nFrom: Berlin\nTo: Munich\nDate: Friday\n", "My flight:\nFrom: Berlin\nTo: Munich\nDate: Friday"},
		"a list with dashes":    {"Points:\n-- one\n-- two\n", "Points:\n-- one\n-- two"},
		"an ornament":           {"Go:\n>>> >>> www.example.com <<<\nnow\n", "Go:\n>>> >>> www.example.com <<<\nnow"},
		"delimited signature":   {"Fine.\n-- \nAnn Lee\nExample Ltd\n", "Fine."},
		"signature and quote":   {"Fine.\n\n-- \nAnn\n\nOn 3/3/16 17:21, Bo wrote:\n> Hi\n", "Fine."},
		"phone line":            {"Fine.\n\nSent from my iPhone\n", "Fine."},
		"phone line in German":  {"Passt.\n\nVon meinem iPhone gesendet\n", "Passt."},
		"outlook mobile":        {"Fine.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n", "Fine."},
		"program with a link":   {"Fine.\n\nSent from Mailspring (https://getmailspring.example/), the best free email app for work\n", "Fine."},
		"program of a webmail":  {"Fine.\n\n----------------------------------------------------------------\nThis message was sent using IMP, the Internet Messaging Program.\n", "Fine."},
		"program in German":     {"Passt.\n\nDiese E-Mail wurde über Roundcube gesendet.\n", "Passt."},
		"program in French":     {"Oui.\n\nCe message a été envoyé depuis la messagerie SFR\n", "Oui."},
		"closing in Polish":     {"Tak.\n\nMiłego dnia\nAnna Lee\n", "Tak.\n\nMiłego dnia\nAnna Lee"},
		"closing in Finnish":    {"Sopii.\n\nYstävällisesti\nTimo Salo\n", "Sopii.\n\nYstävällisesti\nTimo Salo"},
		"no program":            {"Ok\n\nThis message was sent by mistake, please ignore my last mail.\n", "Ok\n\nThis message was sent by mistake, please ignore my last mail."},
		"no program in German":  {"Gut.\n\nDiese Nachricht wurde von uns geprüft, wir nehmen an.\n", "Gut.\n\nDiese Nachricht wurde von uns geprüft, wir nehmen an."},
		"no program in French":  {"Bien.\n\nCe message a été envoyé par mon collègue.\n", "Bien.\n\nCe message a été envoyé par mon collègue."},
		"no closing":            {"Miłego dnia\n\nproszę o cennik\n", "Miłego dnia\n\nproszę o cennik"},
		"no link of a program":  {"See it.\n\nSent from our trial account: https://trial.example/42 and it failed.\n", "See it.\n\nSent from our trial account: https://trial.example/42 and it failed."},
		"no closing in Finnish": {"Hei\n\nystävällisesti pyydän tarjouksen.\n", "Hei\n\nystävällisesti pyydän tarjouksen."},
		"no phone line":         {"Ok\n\nSent from my desk, is much easier than my phone.\n", "Ok\n\nSent from my desk, is much easier than my phone."},
		"contact block":         {"Call me.\n\nBest regards,\n\nAnn Lee\nHead of Sales | Example GmbH\nT: +49 30 1234567\nwww.example.com\n", "Call me.\n\nBest regards,"},
		"name after a formula":  {"Passt.\n\nViele Grüße\nAnn\n", "Passt.\n\nViele Grüße\nAnn"},
		"name above a block":    {"Passt.\n\nViele Grüße\nAnn\n\nAnn Lee | Example GmbH\nTel. +49 30 1234567\n", "Passt.\n\nViele Grüße\nAnn"},
		"date after a name":     {"Die 60 Meter passen.\nAnn\n04.05.2026, 10:12, \"Sam\" <sam@example.com>:\n> Passt das?\n", "Die 60 Meter passen.\nAnn"},
		"postscript":            {"Fine.\n\nBest,\nAnn\n\nPS: bring the samples\n", "Fine.\n\nBest,\nAnn\n\nPS: bring the samples"},
		"thanks and a name":     {"Fine.\n\nThanks,\nAnn\n", "Fine.\n\nThanks,\nAnn"},
		"words after a formula": {"Fine.\n\nBest,\nAnn\n\nPS: Could you also send me the price list for next year, please?\n", "Fine.\n\nBest,\nAnn\n\nPS: Could you also send me the price list for next year, please?"},
		"remark after thanks":   {"Fine.\n\nThanks,\n\nplease call me on 555-123-4567 tomorrow\n", "Fine.\n\nThanks,\n\nplease call me on 555-123-4567 tomorrow"},
		"remark after formula":  {"Fine.\n\nCheers,\nlet's talk on Monday\n", "Fine.\n\nCheers,\nlet's talk on Monday"},
		"name with particles":   {"Passt.\n\nMit freundlichen Grüßen\n\nDr. Ann von der Heide\nGeschäftsführerin\n", "Passt.\n\nMit freundlichen Grüßen"},
		"no company notice":     {"Fine.\n\nImportant: is the recipient list right?\n", "Fine.\n\nImportant: is the recipient list right?"},
		"company notice":        {"Fine.\n\nThis e-mail and any attachments are confidential and intended solely for the addressee.\n", "Fine."},
		"only a signature":      {"-- \nAnn\n", "--\nAnn"},
		"empty":                 {"", ""},
		"blank":                 {" \n\n", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, VisibleText(plain(tt.in))); diff != "" {
				t.Errorf("visible text (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVisibleTextHTML(t *testing.T) {
	const quoted = "<div>Old words</div>"
	tests := map[string]string{
		"gmail":            `<div>Mine</div><br><div class="gmail_quote gmail_quote_container"><div class="gmail_attr">On Thu, Mar 3, 2016 at 5:21 PM Ann &lt;a@example.com&gt; wrote:</div><blockquote class="gmail_quote">` + quoted + `</blockquote></div>`,
		"gmail below":      `<div class="gmail_quote"><div class="gmail_attr">On Thu, Mar 3, 2016 at 5:21 PM Ann &lt;a@example.com&gt; wrote:</div><blockquote class="gmail_quote">` + quoted + `</blockquote><div>Mine</div></div>`,
		"apple":            `<div>Mine</div><div><blockquote type="cite"><div>On 3 Mar 2016, at 17:21, Ann &lt;a@example.com&gt; wrote:</div>` + quoted + `</blockquote></div>`,
		"outlook web":      `<div>Mine</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Ann</div>` + quoted,
		"outlook desktop":  `<p>Mine</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Von:</b> Ann<br><b>Gesendet:</b> Donnerstag, 3. März 2016<br><b>An:</b> Bo<br><b>Betreff:</b> Hallo</p></div></div><p>Old words</p>`,
		"outlook mac":      `<div>Mine</div><span id="OLK_SRC_BODY_SECTION">` + quoted + `</span>`,
		"outlook mobile":   `<div>Mine</div><div id="mail-editor-reference-message-container">` + quoted + `</div>`,
		"thunderbird":      `Mine<br><div class="moz-cite-prefix">On 3/3/16 17:21, Ann wrote:<br></div><blockquote type="cite" cite="mid:1@example.com">` + quoted + `</blockquote>`,
		"yahoo":            `<div>Mine</div><div id="ydp1234yahoo_quoted_5" class="yahoo_quoted"><div>On Thursday, 3 March 2016, 17:21:50 CET, Ann &lt;a@example.com&gt; wrote:</div>` + quoted + `</div>`,
		"proton":           `<div>Mine</div><div class="protonmail_quote">On Thursday, March 3rd, 2016 at 5:21 PM, Ann wrote:<blockquote class="protonmail_quote" type="cite">` + quoted + `</blockquote></div>`,
		"gmx":              `<div>Mine</div><div name="quote" style="border-left:2px solid #C3D9E5"><b>Gesendet:</b> heute` + quoted + `</div>`,
		"zimbra":           `<div>Mine<hr id="zwchr"><b>From: </b>Ann<br><b>To: </b>Bo<br>` + quoted + `</div>`,
		"zoho":             `<div>Mine</div><div class="zmail_extra"><div>---- On Thu, 03 Mar 2016 17:21:50 Ann wrote ----</div><blockquote>` + quoted + `</blockquote></div>`,
		"hotmail":          `<div>Mine</div><hr id="stopSpelling">Date: Thu, 3 Mar 2016<br>` + quoted,
		"plain blockquote": `<p>Mine</p>03.03.2016, 17:21, "Ann" &lt;a@example.com&gt;:<blockquote>` + quoted + `</blockquote>`,
	}
	for name, document := range tests {
		t.Run(name, func(t *testing.T) {
			got := VisibleText(&Message{HTML: document, Text: htmlToText(document)})
			if got != "Mine" {
				t.Errorf("visible text %q, want %q", got, "Mine")
			}
		})
	}
}

func TestVisibleTextKeepsIndentedHTML(t *testing.T) {
	document := `<div>We need</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>ten seats</div></blockquote>`
	if got := VisibleText(&Message{HTML: document, Text: htmlToText(document)}); !strings.Contains(got, "ten seats") {
		t.Errorf("visible text %q lost the indented words", got)
	}
}
