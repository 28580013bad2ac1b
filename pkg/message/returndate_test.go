package message

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestFindReturnDate reads notes that all came on Tuesday, 4 August 2026.
func TestFindReturnDate(t *testing.T) {
	received := time.Date(2026, 8, 4, 9, 30, 0, 0, time.UTC)
	tests := map[string]string{
		"I am out of the office until August 14, 2026.":                                                   "2026-08-14",
		"Chiuso per ferie dal 3 al 14 agosto. Riapriremo lunedì 17 agosto.":                               "2026-08-17",
		"Ausente até dia 14 de agosto. Responderei a partir de 17/08/2026.":                               "2026-08-17",
		"Отдыхаем до 11 августа, 12 августа мы снова на связи.":                                           "2026-08-12",
		"休暇のため不在です。2026年8月17日より出社いたします。":                                                                  "2026-08-17",
		"Ich bin ab KW 34 wieder zu erreichen.":                                                           "2026-08-17",
		"Hej! Jag har semester och är tillbaka vecka 33.":                                                 "2026-08-10",
		"Gone fishing. Back in two weeks.":                                                                "2026-08-18",
		"Ich bin in 3 Wochen zurück.":                                                                     "2026-08-25",
		"I will return on 17 August.":                                                                     "2026-08-17",
		"Out of office from August 3rd to August 14th. Back on Monday, August 17th.":                      "2026-08-17",
		"I'm on annual leave from 3 to 14 August with limited access to email.":                           "2026-08-14",
		"I am away Aug 3-14 and will answer after.":                                                       "2026-08-14",
		"On vacation 3 August – 14 August.":                                                               "2026-08-14",
		"I'm out of the office through 8/14.":                                                             "2026-08-14",
		"I am out of office from 7/28 to 8/9.":                                                            "2026-08-09",
		"I am out of the office from 28/7 to 9/8 on annual leave.":                                        "2026-08-09",
		"Back in the office 2026-08-17.":                                                                  "2026-08-17",
		"I am out of the office today and will be back tomorrow.":                                         "2026-08-05",
		"I am back on Monday.":                                                                            "2026-08-10",
		"Out until Tuesday":                                                                               "2026-08-11",
		"I am away and will be back next week.":                                                           "2026-08-10",
		"I'm on parental leave until January 4th.":                                                        "2027-01-04",
		"I am on maternity leave and will return on March 1, 2027":                                        "2027-03-01",
		"I will be back in September.":                                                                    "2026-09-01",
		"I am away until the end of August.":                                                              "2026-08-31",
		"I was out of the office until 3 June. Call +1 555 12 12 2026":                                    "",
		"Call me on 24/7 support. I am out of the office.":                                                "",
		"I will not return.":                                                                              "",
		"":                                                                                                "",
		"Ich bin bis zum 14.08.2026 nicht im Büro.":                                                       "2026-08-14",
		"Vom 3. bis 14. August bin ich im Urlaub.":                                                        "2026-08-14",
		"Ich bin vom 03.08. bis einschließlich 14.08. abwesend. Ab dem 17.08. bin ich wieder erreichbar.": "2026-08-17",
		"Am 17. August bin ich wieder für Sie da.":                                                        "2026-08-17",
		"Ich bin am Montag wieder im Büro.":                                                               "2026-08-10",
		"Je suis absente du 3 au 14 août inclus.":                                                         "2026-08-14",
		"Je suis en congés jusqu'au 14/08/2026. Je serai de retour le lundi 17 août.":                     "2026-08-17",
		"Estoy de vacaciones hasta el 14 de agosto de 2026.":                                              "2026-08-14",
		"Estaré fuera de la oficina del 3 al 14 de agosto. Regreso el 17 de agosto.":                      "2026-08-17",
		"Estaré ausente hasta finales de agosto.":                                                         "2026-08-31",
		"Sarò assente fino al 14 agosto. Rientrerò lunedì 17 agosto.":                                     "2026-08-17",
		"Sono in ferie dal 3/8 al 9/8":                                                                    "2026-08-09",
		"Estou de férias até 14 de agosto.":                                                               "2026-08-14",
		"Estarei ausente de 3 a 14 de agosto, com retorno em 17/08.":                                      "2026-08-17",
		"Ik ben afwezig van 3 t/m 14 augustus. Vanaf 17 augustus ben ik weer bereikbaar.":                 "2026-08-17",
		"Ik ben met vakantie tot 9-8-2026.":                                                               "2026-08-09",
		"Jestem na urlopie do 14 sierpnia. Wracam 17 sierpnia 2026 r.":                                    "2026-08-17",
		"Jestem nieobecny od 03.08.2026 do 14.08.2026.":                                                   "2026-08-14",
		"Я в отпуске с 3 по 14 августа.":                                                                  "2026-08-14",
		"Меня не будет до 14.08.2026. Вернусь 17 августа.":                                                "2026-08-17",
		"Jag har semester till och med 14 augusti. Jag är tillbaka den 17 augusti.":                       "2026-08-17",
		"Jeg er på ferie til og med den 14. august og er tilbage den 17. august.":                         "2026-08-17",
		"8月14日まで休暇をいただいております。":                                                                            "2026-08-14",
		"8月3日から8月14日まで不在にしております。8月17日に復帰いたします。":                                                           "2026-08-17",
		"我正在休假，8月17日回来上班。":                                                                                "2026-08-17",
		"本人于2026年8月3日至8月14日休假。":                                                                           "2026-08-14",
		"休假中，下周一返回。":                                                                                      "2026-08-10",
		"أنا في إجازة حتى ١٤ أغسطس ٢٠٢٦.":                                                                 "2026-08-14",
		"أنا خارج المكتب من 3 أغسطس إلى 14 أغسطس وسأعود يوم 17 أغسطس.":                                    "2026-08-17",
		"سأعود في 5 تشرين الثاني":                                                                         "2026-11-05",
		"I return on 03.09.":                                                                              "2026-09-03",
		"I am on leave. Back 9/3/2026.":                                                                   "2026-09-03",
		// days without their month, and days of the week that have to agree; the notes came on a Tuesday, the 4th
		"I am out of the office until the 15th.":                                     "2026-08-15",
		"I'm on leave and back on Monday the 17th.":                                  "2026-08-17",
		"Bin im Urlaub. Ab Montag, den 17. bin ich wieder erreichbar.":               "2026-08-17",
		"Ich bin bis zum 14. nicht im Büro.":                                         "2026-08-14",
		"Je suis en congé, de retour le 17.":                                         "2026-08-17",
		"Estoy de vacaciones hasta el 14.":                                           "2026-08-14",
		"Siamo chiusi per ferie dal 10 al 23 agosto. Riapriamo lunedì 24.":           "2026-08-24",
		"Estou de férias até dia 14.":                                                "2026-08-14",
		"Jestem na urlopie, wracam w poniedziałek 17.":                               "2026-08-17",
		"夏季休暇で17日まで不在にします。":                                                          "2026-08-17",
		"我在休假，17号回来。":                                                                "2026-08-17",
		"휴가 중이며 8월 17일에 복귀합니다.":                                                      "2026-08-17",
		"8월 4일부터 8월 14일까지 휴가입니다.":                                                    "2026-08-14",
		"Kancelaria jest nieczynna. Zapraszamy ponownie w poniedziałek 17 sierpnia.": "2026-08-17",
		"مكاتبنا مغلقة من 5/8 إلى 16/8، ونستأنف العمل يوم 17/08/2026.":               "2026-08-17",
		"5-16 Ağustos arasında kapalıyız. 17 Ağustos Pazartesi günü mesaideyiz.":     "2026-08-17",
		"Jsem na dovolené do 14. srpna, zpět budu 17. srpna.":                        "2026-08-17",
		"Olen lomalla ja palaan maanantaina 17.8.":                                   "2026-08-17",
		"Vandaag werk ik niet. Morgen lees ik uw bericht.":                           "2026-08-05",
		"Not in today. On Wednesday 5 August I'm in again.":                          "2026-08-05",
		"Heute nicht da. Am Donnerstag beantworte ich Ihre Mail.":                    "2026-08-06",
		"Na poniedziałek 17 sierpnia zapraszamy Państwa na dzień otwarty.":           "",
		"Wir laden Sie am Montag, den 17. zu unserem Fest ein.":                      "",
		"We meet on Monday the 17th at ten.":                                         "",
		"Nous vous attendons le 17 pour la visite.":                                  "",
		"El día 17 celebramos una feria.":                                            "",
		"Il 24 presentiamo il catalogo.":                                             "",
		"No dia 17 há reunião.":                                                      "",
		"17日に会議があります。":                                                               "",
		"Am Montag, den 18. bin ich wieder da.":                                      "", // the 18th of the next months is no Monday
		"I will answer within 3 days.":                                               "",
		"Our office on the 3rd floor is closed.":                                     "",
		"We answer until 17:00 every day.":                                           "",
		"Erreichbar bis 15 Uhr, auch in Zimmer 12.":                                  "",
		"3日間不在にします。":                                                                 "",
		"Return the form of the 5 items by mail.":                                    "",
		"Back to the 10 questions you asked.":                                        "",
		"I am back 24/7 on line 15.":                                                 "",
		"Volvemos a los 15 puntos de la lista.":                                      "",
		"De retour sur le 06 12 34 56 78.":                                           "",
		"Wracam do punktu 14 umowy.":                                                 "",
		"Back 3/9.":                                                                  "2026-09-03",
	}
	for text, want := range tests {
		got := ""
		if at := FindReturnDate(text, received); at != nil {
			got = at.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestFindReturnDateBounds: whatever the text, the date lies between the day before the receipt and a year after it.
func TestFindReturnDateBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		received := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "received"), 0)
		date := time.Unix(rapid.Int64Range(1_600_000_000, 2_000_000_000).Draw(t, "date"), 0).UTC()
		layout := rapid.SampledFrom([]string{"2 January 2006", "January 2", "02.01.2006", "1/2/2006", "2/1", "2006-01-02", "Monday"}).Draw(t, "layout")
		at := FindReturnDate("I am out of the office until "+date.Format(layout), received)
		if at == nil {
			return
		}
		if at.Before(day(received).AddDate(0, 0, -1)) || at.After(day(received).AddDate(0, 0, maxReturnDays)) {
			t.Fatalf("received %s, returns %s", received.UTC(), at)
		}
	})
}

func FuzzReturnDate(f *testing.F) {
	for _, seed := range []string{"back on 17 August 2026", "vom 3. bis 14.8.", "8月14日まで", "حتى ١٤ أغسطس", "Aug 3-14", "until 99.99.9999", "\xff 31/2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		received := time.Date(2026, 8, 4, 9, 30, 0, 0, time.UTC)
		at := FindReturnDate(text, received)
		if at != nil && (at.Before(received.AddDate(0, 0, -2)) || at.After(received.AddDate(1, 0, 1))) {
			t.Errorf("%q: %s", text, at)
		}
	})
}

func BenchmarkFindReturnDate(b *testing.B) {
	received := time.Date(2026, 8, 4, 9, 30, 0, 0, time.UTC)
	text := "Thank you for your message. I am out of the office from 3 August to 14 August with limited access to e-mail. I will be back on Monday, 17 August. In urgent cases please call +49 30 1234567."
	for b.Loop() {
		FindReturnDate(text, received)
	}
}
