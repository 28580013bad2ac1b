package mailbox

import (
	"slices"

	"mailrun/pkg/outreach"
)

// junkNames and sentNames are the names that servers and clients give these folders, folded by foldName, the usual ones first. Only whole
// names count: "Spam reports" is somebody's own folder.
var junkNames = []string{
	"junk", "spam", "junkemail", "junkmail", "bulkmail", "bulk", "junkemails", "junksuspect",
	"spamverdacht", "unerwünscht", "junkemailordner", "spamordner", // de
	"courrierindésirable", "indésirables", "pourriel", "pourriels", // fr
	"correonodeseado", "correobasura", "nodeseado", // es
	"postaindesiderata", "indesiderata", // it
	"lixoeletrônico", "lixoeletronico", "lixoeletrónico", "lixoelectrónico", "lixo", // pt
	"ongewensteemail", "ongewenstemail", "ongewenst", // nl
	"wiadomościśmieci", "niechcianapoczta", "wiadomoscismieci", // pl
	"спам", "нежелательнаяпочта", // ru
	"skräppost", "uønsketmail", "uønsketemail", "uønsketpost", "søppelpost", "søppelepost", "roskaposti", // sv, da, no, fi
	"nevyžádanápošta", "nevyžádanáelektronickápošta", "levélszemét", "nedorite", "mesajenedorite", // cs, hu, ro
	"önemsiz", "önemsizeposta", "gereksiz", "istenmeyen", "ανεπιθύμητηαλληλογραφία", // tr, el
	"البريدالعشوائي", "البريدغيرالهام", "البريدغيرالمرغوب", "بريدغيرمرغوب", "رسائلغيرمرغوبفيها", "דוארזבל", // ar, he
	"迷惑メール", "スパム", "垃圾邮件", "垃圾郵件", "스팸", "스팸메일함", "정크메일", "정크메일함", "thưrác", // ja, zh, ko, vi
}

var sentNames = []string{
	"sent", "sentitems", "sentmail", "sentmessages", "sentemails",
	"gesendet", "gesendeteobjekte", "gesendeteelemente", "gesendetenachrichten", "gesendetemails", // de
	"envoyés", "élémentsenvoyés", "messagesenvoyés", "courrierenvoyé", "objetsenvoyés", // fr
	"enviados", "elementosenviados", "correoenviado", "mensajesenviados", // es, pt
	"inviata", "postainviata", "inviati", "elementiinviati", "messaggiinviati", // it
	"itensenviados", "mensagensenviadas", "emailsenviados", "correioenviado", "enviadas", // pt
	"verzonden", "verzondenitems", "verzondenberichten", // nl
	"wysłane", "elementywysłane", "wysłanewiadomości", // pl
	"отправленные", "отправленныеписьма", // ru
	"skickat", "skickade", "skickadeobjekt", "skickadeelement", "sendt", "sendtpost", "sendtepost", "sendteelementer", "lähetetyt", "lähetetytkohteet", // sv, da, no, fi
	"odeslané", "odeslanápošta", "elküldött", "elküldöttelemek", "elementetrimise", "trimise", // cs, hu, ro
	"gönderilmişöğeler", "gönderilenler", "gönderilen", "απεσταλμένα", // tr, el
	"المرسلة", "البريدالمرسل", "الرسائلالمرسلة", "العناصرالمرسلة", "דוארשנשלח", "פריטיםשנשלחו", // ar, he
	"送信済み", "送信済みアイテム", "送信済みメール", "已发送", "已发送邮件", "已傳送", "已传送", "寄件備份", "寄件備份匣", // ja, zh
	"보낸편지함", "보낸메일함", "보낸항목", "thưđãgửi", // ko, vi
}

// nameRole returns the role that a folded name stands for and its place in the table.
func nameRole(folded string) (outreach.FolderRole, int) {
	if i := slices.Index(junkNames, folded); i >= 0 {
		return outreach.RoleJunk, i
	}
	if i := slices.Index(sentNames, folded); i >= 0 {
		return outreach.RoleSent, i
	}
	return "", 0
}
