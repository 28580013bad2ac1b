package message

import (
	"strings"
	"testing"
	"time"

	"mailrun/pkg/outreach"
)

var noteReceived = time.Date(2026, 8, 4, 9, 30, 0, 0, time.UTC)

// noteCase is a message: header lines (the subject among them), a blank line, a body.
type noteCase struct {
	raw     string
	kind    outreach.Kind
	left    bool
	returns string
}

func TestAutoReply(t *testing.T) {
	const ooo, auto, human = outreach.KindOutOfOffice, outreach.KindAutoReply, outreach.Kind("")
	tests := map[string]noteCase{
		"header auto-replied":            {"Subject: Re: Offer\nAuto-Submitted: auto-replied\n\nI am away until 14 August 2026.", ooo, false, "2026-08-14"},
		"header with comment":            {"Subject: Re: Offer\nAuto-Submitted: auto-replied (vacation)\n\nBye", ooo, false, ""},
		"header auto-generated":          {"Subject: Notice\nAuto-Submitted: auto-generated\n\nYour disk is full.", auto, false, ""},
		"header no":                      {"Subject: Re: Offer\nAuto-Submitted: no\n\nYes please.", human, false, ""},
		"unsubscribe button":             {"Subject: unsubscribe\nAuto-Submitted: auto-replied\n\nApple Mail sent this email to unsubscribe.", human, false, ""},
		"header x-autoreply":             {"Subject: Re: Offer\nX-Autoreply: yes\n\nI am on vacation.", ooo, false, ""},
		"header x-autorespond":           {"Subject: Re: Offer\nX-Autorespond: Offer\n\nWe have received your message.", auto, false, ""},
		"header x-autoreply no":          {"Subject: Re: Offer\nX-Autoreply: no\n\nFine.", human, false, ""},
		"header precedence auto_reply":   {"Subject: Re: Offer\nPrecedence: auto_reply\n\nGone fishing", ooo, false, ""},
		"header suppress proves nothing": {"Subject: Re: Offer\nX-Auto-Response-Suppress: All\n\nSure, send me the price.", human, false, ""},
		"header bulk proves nothing":     {"Subject: Re: Offer\nPrecedence: bulk\n\nSure, send me the price.", human, false, ""},
		"header bulk and absence":        {"Subject: Re: Offer\nPrecedence: bulk\n\nI am on vacation until Monday.", ooo, false, "2026-08-10"},
		"exchange en":                    {"Subject: Automatic reply: Offer\nAuto-Submitted: auto-generated\n\nI am out of the office until August 14.", ooo, false, "2026-08-14"},
		"subject en":                     {"Subject: Out of office: Offer\n\nBack on 17 August.", ooo, false, "2026-08-17"},
		"subject with date":              {"Subject: Out of office until 17 August\n\nCall Bo.", ooo, false, "2026-08-17"},
		"subject furniture":              {"Subject: Out of office furniture\n\nDo you need any?", human, false, ""},
		"subject in an answer":           {"Subject: Re: Out of office rental\n\nWe have one in Bonn.", human, false, ""},
		"subject de":                     {"Subject: Abwesenheitsnotiz: Angebot\n\nIch bin bis zum 14.08.2026 nicht im Büro.", ooo, false, "2026-08-14"},
		"subject de exchange":            {"Subject: Automatische Antwort: Angebot\n\nIch bin ab dem 17.08. wieder da.", ooo, false, "2026-08-17"},
		"subject fr":                     {"Subject: Réponse automatique : Offre\n\nJe suis absent jusqu'au 14 août.", ooo, false, "2026-08-14"},
		"subject es":                     {"Subject: Respuesta automática: Oferta\n\nEstoy de vacaciones hasta el 14 de agosto.", ooo, false, "2026-08-14"},
		"subject it":                     {"Subject: Risposta automatica: Offerta\n\nSono in ferie fino al 14 agosto.", ooo, false, "2026-08-14"},
		"subject pt":                     {"Subject: Resposta automática: Oferta\n\nEstou de férias até 14 de agosto.", ooo, false, "2026-08-14"},
		"subject nl":                     {"Subject: Automatisch antwoord: Aanbod\n\nIk ben afwezig tot 14 augustus.", ooo, false, "2026-08-14"},
		"subject pl":                     {"Subject: Odpowiedź automatyczna: Oferta\n\nJestem na urlopie do 14 sierpnia.", ooo, false, "2026-08-14"},
		"subject ru":                     {"Subject: Автоматический ответ: Предложение\n\nЯ в отпуске до 14 августа.", ooo, false, "2026-08-14"},
		"subject sv":                     {"Subject: Autosvar: Erbjudande\n\nJag har semester till och med 14 augusti.", ooo, false, "2026-08-14"},
		"subject da":                     {"Subject: Automatisk svar: Tilbud\n\nJeg er på ferie til og med den 14. august.", ooo, false, "2026-08-14"},
		"subject ja":                     {"Subject: 自動応答: ご提案\n\n8月14日まで不在にしております。", ooo, false, "2026-08-14"},
		"subject zh":                     {"Subject: 自动回复: 报价\n\n我正在休假，8月17日回来。", ooo, false, "2026-08-17"},
		"subject ar":                     {"Subject: رد تلقائي: عرض\n\nأنا في إجازة حتى ١٤ أغسطس.", ooo, false, "2026-08-14"},
		"body en":                        {"Subject: Re: Offer\n\nThank you for your message. I am out of the office until August 14. For urgent matters please contact Bo.", ooo, false, "2026-08-14"},
		"body de":                        {"Subject: Re: Angebot\n\nIch bin derzeit im Urlaub und ab 17.08. wieder erreichbar. In dringenden Fällen wenden Sie sich an Bo.", ooo, false, "2026-08-17"},
		"body fr":                        {"Subject: Re: Offre\n\nJe suis en congés jusqu'au 14 août. En cas d'urgence, contactez Bo.", ooo, false, "2026-08-14"},
		"body ar":                        {"Subject: Re: عرض\n\nأنا حالياً في إجازة حتى 14 أغسطس. للحالات العاجلة يرجى التواصل مع بو.", ooo, false, "2026-08-14"},
		"person on holiday":              {"Subject: Re: Offer\n\nI am on vacation until Monday, but this sounds interesting. Can we talk on Tuesday?", human, false, ""},
		"person thanks":                  {"Subject: Re: Offer\n\nThanks for contacting us, I'd love a demo", human, false, ""},
		"person out":                     {"Subject: Re: Offer\n\nI'm out of the office this week, let's talk next Monday.", human, false, ""},
		"acknowledgement":                {"Subject: Ticket received [#4711]\n\nWe have received your message. This is an automated response.", auto, false, ""},
		"acknowledgement de":             {"Subject: Re: Angebot\nAuto-Submitted: auto-replied\n\nIhre Nachricht ist bei uns eingegangen. Wir melden uns schnellstmöglich.", auto, false, ""},
		"acknowledgement by a person":    {"Subject: Re: Offer\n\nWe have received your offer and will decide next week.", human, false, ""},
		"challenge":                      {"Subject: Re: Offer\n\nYour message is being held until you confirm that you are a human. Sender verification: click here.", auto, false, ""},
		"left, header":                   {"Subject: Re: Offer\nAuto-Submitted: auto-replied\n\nAnn Lee is no longer with Example Ltd. Please contact Bo.", auto, true, ""},
		"left, subject":                  {"Subject: Automatic reply: Offer\n\nI have left the company. Please write to bo@example.com.", auto, true, ""},
		"left, own name":                 {"From: Ann Lee <ann@example.com>\nSubject: Re: Offer\n\nAnn Lee no longer works at Example Ltd. Please contact Bo.", auto, true, ""},
		"left de":                        {"Subject: Automatische Antwort: Angebot\n\nFrau Lee ist nicht mehr für unser Unternehmen tätig.", auto, true, ""},
		"left fr":                        {"Subject: Réponse automatique : Offre\n\nMme Lee a quitté la société.", auto, true, ""},
		"left es":                        {"Subject: Respuesta automática: Oferta\n\nAna ya no trabaja en la empresa.", auto, true, ""},
		"left it":                        {"Subject: Risposta automatica: Offerta\n\nAnna non lavora più presso di noi.", auto, true, ""},
		"left pt":                        {"Subject: Resposta automática: Oferta\n\nA Ana não trabalha mais na empresa.", auto, true, ""},
		"left nl":                        {"Subject: Automatisch antwoord: Aanbod\n\nAnn is niet meer werkzaam bij Example.", auto, true, ""},
		"left ru":                        {"Subject: Автоматический ответ: Предложение\n\nАнна больше не работает в компании.", auto, true, ""},
		"left ja":                        {"Subject: 自動応答: ご提案\n\nリーは7月末で退職いたしました。", auto, true, ""},
		"left ar":                        {"Subject: رد تلقائي: عرض\n\nلم يعد يعمل في الشركة.", auto, true, ""},
		"dead address":                   {"Subject: Re: Offer\n\nThis email address is no longer in use. Please write to info@example.com.", auto, true, ""},
		"retired":                        {"Subject: Re: Offer\nX-Autoreply: yes\n\nI have retired.", auto, true, ""},
		"a colleague left":               {"From: Bo Roe <bo@example.com>\nSubject: Re: Offer\n\nAnn has left the company, I am taking over. Can you send me the deck?", human, false, ""},
		"a colleague retired":            {"From: Bo Roe <bo@example.com>\nSubject: Re: Offer\n\nAnn Lee has retired. I handle this now.", human, false, ""},
		"plain answer":                   {"Subject: Re: Offer\n\nNot now, maybe in autumn.", human, false, ""},
		"empty":                          {"Subject: Re: Offer\n\n", human, false, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := Parse([]byte("MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n" + tt.raw + "\n"))
			kind, at, left, ok := autoReply(m, VisibleText(m), noteReceived)
			if ok != (tt.kind != "") || kind != tt.kind || left != tt.left {
				t.Fatalf("kind %q, left %v, ok %v; want %q, %v", kind, left, ok, tt.kind, tt.left)
			}
			returns := ""
			if at != nil {
				returns = at.Format(time.DateOnly)
			}
			if returns != tt.returns {
				t.Errorf("returns %q, want %q", returns, tt.returns)
			}
		})
	}
}

// TestAutoReplyCorpus reads real automatic answers, and people's mail: all have to be right.
func TestAutoReplyCorpus(t *testing.T) {
	kinds := map[string]outreach.Kind{"ooo": outreach.KindOutOfOffice, "auto_reply": outreach.KindAutoReply, "bulk": "", "human": ""}
	rows, right := readTSV(t, "autoreplies/autoreplies.tsv"), 0
	for _, row := range rows {
		m := readCorpus(t, "autoreplies/"+row["file"])
		kind, _, _, _ := autoReply(m, VisibleText(m), m.Date)
		if kind == kinds[strings.TrimSpace(row["kind"])] {
			right++
		} else {
			t.Errorf("%s: kind %q, want %s", row["file"], kind, row["kind"])
		}
	}
	t.Logf("automatic answers: %d of %d right", right, len(rows))
}

func BenchmarkAutoReply(b *testing.B) {
	m := Parse([]byte("From: Ann Lee <ann@example.com>\nSubject: Re: Offer\n\n" + strings.Repeat("We have looked at it with the team and would like to hear more about the price.\n", 10)))
	visible := VisibleText(m)
	for b.Loop() {
		autoReply(m, visible, noteReceived)
	}
}
