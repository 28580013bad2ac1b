package message

import (
	"testing"

	"mailrun/pkg/outreach"
)

// TestBounceLanguages reads notices of servers that speak their country's language and write no report.
func TestBounceLanguages(t *testing.T) {
	const hard, soft, blocked = outreach.BounceHard, outreach.BounceSoft, outreach.BounceBlock
	for _, tt := range []struct {
		subject, notice string
		want            outreach.BounceType
	}{
		{"Zustellung fehlgeschlagen", "Die Nachricht konnte nicht zugestellt werden an:\n\nher@there.example\nDie Adresse ist ungültig.", hard},
		{"Ihre E-Mail konnte nicht zugestellt werden", "Empfänger: her@there.example\nGrund: Das Postfach ist voll.", soft},
		{"Unzustellbare Nachricht", "<her@there.example>: 554 5.7.1 abgelehnt wegen Spamverdacht", blocked},
		{"Échec de la remise du message", "Votre message n'a pas été remis au destinataire suivant :\n\nher@there.example\nCette adresse n'existe plus.", hard},
		{"Message non délivré", "Impossible de remettre le message à :\nher@there.example\nLa boîte aux lettres est pleine.", soft},
		{"Error de entrega", "No ha sido posible entregar su mensaje a:\n\nher@there.example\nEl destinatario es desconocido.", hard},
		{"Mensaje devuelto", "Su mensaje no pudo ser entregado a her@there.example: buzón lleno.\n\nher@there.example", soft},
		{"Messaggio non consegnato", "Consegna non riuscita per:\n\nher@there.example\nIndirizzo inesistente.", hard},
		{"Mensagem não entregue", "Não foi possível entregar a mensagem a:\n\nher@there.example\nO usuário não existe.", hard},
		{"Falha na entrega", "A entrega para o destinatário falhou:\n\nher@there.example\nA caixa postal está cheia.", soft},
		{"Uw bericht kon niet worden bezorgd", "Bericht niet bezorgd aan:\n\nher@there.example\nOnbekende ontvanger.", hard},
		{"Błąd dostarczenia wiadomości", "Wiadomość nie mogła zostać dostarczona do:\n\nher@there.example\nNieznany użytkownik.", hard},
		{"Не доставлено", "Письмо не доставлено получателю:\n\nher@there.example\nПочтовый ящик переполнен.", soft},
		{"Ошибка доставки почты", "Невозможно доставить письмо:\n\nher@there.example\nПользователь не найден.", hard},
		{"Leveransfel", "Meddelandet har inte levererats till:\n\nher@there.example\nAdressen finns inte.", hard},
		{"Leveringsfejl", "Din mail kunne ikke leveres til:\n\nher@there.example\nModtageren er ukendt.", hard},
		{"Leveringen mislyktes", "E-posten kunne ikke leveres til:\n\nher@there.example\nPostkassen er full.", soft},
		{"Viestin toimitus epäonnistui", "Viestiä ei voitu toimittaa vastaanottajalle:\n\nher@there.example\nOsoitetta ei ole olemassa.", hard},
		{"Zprávu nelze doručit", "Vaši zprávu nebylo možné doručit:\n\nher@there.example\nAdresa neexistuje.", hard},
		{"Mesajınız iletilemedi", "Mesajınız aşağıdaki alıcıya teslim edilemedi:\n\nher@there.example\nKullanıcı bulunamadı.", hard},
		{"配信に失敗しました", "次の宛先にメールを配信できませんでした。\n\nher@there.example\n宛先のユーザーが存在しません。", hard},
		{"退信通知", "您的邮件无法投递到以下收件人：\n\nher@there.example\n对方邮箱已满", soft},
		{"메일 전송 실패", "다음 수신자에게 메일을 전달할 수 없습니다.\n\nher@there.example\n존재하지 않는 사용자입니다.", hard},
		{"فشل تسليم الرسالة", "لم يتم تسليم رسالتك إلى:\n\nher@there.example\nالمستخدم غير موجود", hard},
		{"Undelivered: question", "550 5.1.1 unknown recipient\n\nher@there.example", hard},
	} {
		m := notice("From: Postmaster <postmaster@relay.example>\nReturn-Path: <>\nContent-Type: text/plain; charset=utf-8\nSubject: "+tt.subject, tt.notice)
		got, ok := readBounce(m)
		if !ok || len(got.recipients) != 1 || got.recipients[0].Recipient != "her@there.example" || got.recipients[0].Type != tt.want {
			t.Errorf("%q: bounce %v %+v, want %s", tt.subject, ok, got.recipients, tt.want)
		}
	}
}

// TestNoBounceLanguages: people and shops write about deliveries, and newsletters about bounces.
func TestNoBounceLanguages(t *testing.T) {
	for header, text := range map[string]string{
		"From: Her <her@there.example>\nSubject: Undelivered Mail Returned to Sender - what does it mean?":                                          "We get this with 550 5.1.1 User unknown for\nsales@sender.example\nwhenever we write to you, and it could not be delivered. Is that address dead?",
		"From: Postmaster Weekly <editor@weekly.example>\nList-Unsubscribe: <mailto:x@weekly.example>\nSubject: Mail delivery failed: five reasons": "Why mail delivery failed and could not be delivered, what 550 5.7.1 means.",
		"From: Her <her@there.example>\nUser-Agent: Mozilla Thunderbird\nSubject: Undeliverable: Offer":                                             "Your colleague's mail could not be delivered to me:\n550 5.1.1 unknown user\nold@there.example",
		"From: Her <her@there.example>\nSubject: Mail kam zurück, unzustellbar":                                                                     "Meine Mail an Ihre Kollegin konnte nicht zugestellt werden. Haben Sie eine andere Adresse?",
		"From: Her <her@there.example>\nSubject: AW: Unzustellbar: Angebot":                                                                         "Unser Server war gestern gestört, bitte noch einmal senden.",
		"From: Her <her@there.example>\nSubject: Message non remis":                                                                                 "Bonjour, votre message n'a pas pu être remis hier, notre boîte était pleine. Pouvez-vous le renvoyer ?",
		"From: Her <her@there.example>\nSubject: Re: Error de entrega":                                                                              "Su mensaje no se pudo entregar porque cambiamos de servidor. Ya funciona.",
		"From: Her <her@there.example>\nSubject: Mancata consegna":                                                                                  "La consegna del materiale prevista per ieri non è avvenuta.",
		"From: Her <her@there.example>\nSubject: Falha na entrega do pedido":                                                                        "A entrega não foi feita; quando chega o pedido?",
		"From: Paketdienst <info@paket.example>\nSubject: Ihr Paket konnte nicht zugestellt werden":                                                 "Ihr Paket liegt ab morgen in der Filiale.",
		"From: Bezorger <info@pakket.example>\nSubject: Pakket niet bezorgd":                                                                        "Uw pakket kon niet worden bezorgd; kies een nieuwe tijd.",
		"From: Her <her@there.example>\nSubject: Odp: Niedostarczona oferta":                                                                        "Oferta do nas nie dotarła, proszę wysłać ponownie.",
		"From: Her <her@there.example>\nSubject: Не доставлено":                                                                                     "Посылка не доставлена, когда ждать?",
		"From: Her <her@there.example>\nSubject: Leveransfel":                                                                                       "Vi fick fel vara levererad i fredags.",
		"From: Her <her@there.example>\nSubject: Leveringen":                                                                                        "Varerne er ikke leveret endnu.",
		"From: Her <her@there.example>\nSubject: Toimitus":                                                                                          "Tilaustamme ei voitu toimittaa ajoissa, koska varasto oli tyhjä.",
		"From: Her <her@there.example>\nSubject: Nedoručená zásilka":                                                                                "Zásilku nebylo možné doručit, prosíme o nový termín.",
		"From: Her <her@there.example>\nSubject: Teslim edilemedi":                                                                                  "Kargo teslim edilemedi, adresinizi onaylar mısınız?",
		"From: 田中 <t@there.example>\nSubject: 未達の件":                                                                                                 "先日の荷物が届きませんでした。ご確認ください。",
		"From: 李 <l@there.example>\nSubject: 退回":                                                                                                    "样品已退回，请查收。",
		"From: Kim <k@there.example>\nSubject: 배송 문의":                                                                                               "물건이 반송되었습니다. 다시 보내 주세요.",
		"From: Ali <a@there.example>\nSubject: لم يتم التسليم":                                                                                      "لم يتم تسليم البضاعة حتى الآن، متى تصل؟",
		"From: Her <her@there.example>\nSubject: Re: Reducing bounces":                                                                              "We see user unknown and mailbox full a lot. What does it cost?",
		"From: Postmaster <postmaster@there.example>\nSubject: Your delivery problem":                                                               "Hello, which server do you send from? We will allow it.",
		"From: Her <her@there.example>\nReturn-Path: <her@there.example>\nSubject: mailbox full":                                                    "My mailbox was full, sorry. Please send it again.",
	} {
		if got, ok := readBounce(notice("Content-Type: text/plain; charset=utf-8\n"+header, text)); ok {
			t.Errorf("%q: read as a bounce of %+v", text, got.recipients)
		}
	}
}
