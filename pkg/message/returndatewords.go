package message

import "time"

// months maps the names and abbreviations of the months, in lower case, to their numbers. Abbreviations that are common words in another
// language (Portuguese "out", "set") are left out.
var months = monthTable([...]string{
	1:  `january, jan, januar, jänner, januari, janvier, janv, enero, ene, gennaio, gen, janeiro, janv, styczeń, stycznia, stycznia, январь, января, янв, januar, ledna, leden, tammikuu, tammikuuta, ocak, يناير, كانون الثاني, جانفي, januára, ianuarie, ιανουαρίου, січня`,
	2:  `february, feb, februar, feber, februari, février, fevrier, févr, fév, fevr, febrero, febbraio, fevereiro, fev, luty, lutego, lut, февраль, февраля, фев, февр, února, helmikuu, helmikuuta, şubat, فبراير, شباط, فيفري, lutego, februarie, φεβρουαρίου, лютого`,
	3:  `march, mar, mär, märz, mrz, maerz, maart, mrt, mars, marzo, março, marco, marzec, marca, март, марта, мар, marts, března, maaliskuu, maaliskuuta, mart, مارس, اذار, martie, μαρτίου, березня`,
	4:  `april, apr, avril, avr, abril, abr, aprile, kwiecień, kwietnia, kwi, апрель, апреля, апр, dubna, huhtikuu, huhtikuuta, nisan, ابريل, نيسان, افريل, aprilie, απριλίου, квітня`,
	5:  `may, mai, mei, maj, maja, mayo, maggio, mag, maio, май, мая, května, toukokuu, toukokuuta, mayıs, مايو, ايار, ماي, μαΐου, травня`,
	6:  `june, jun, juni, juin, junio, giugno, giu, junho, czerwiec, czerwca, cze, июнь, июня, июн, června, kesäkuu, kesäkuuta, haziran, يونيو, يونيه, حزيران, جوان, iunie, ιουνίου, червня`,
	7:  `july, jul, juli, juillet, juil, julio, luglio, lug, julho, lipiec, lipca, lip, июль, июля, июл, července, heinäkuu, heinäkuuta, temmuz, يوليو, يوليه, تموز, جويلية, iulie, ιουλίου, липня`,
	8:  `august, aug, augustus, augusti, août, aout, agosto, ago, sierpień, sierpnia, sie, август, августа, авг, srpna, elokuu, elokuuta, ağustos, اغسطس, اب, اوت, αυγούστου, серпня`,
	9:  `september, sept, sep, septembre, septiembre, setiembre, settembre, setembro, wrzesień, września, wrz, сентябрь, сентября, сен, сент, září, syyskuu, syyskuuta, eylül, سبتمبر, ايلول, septembrie, σεπτεμβρίου, вересня`,
	10: `october, oct, oktober, okt, octobre, octubre, ottobre, ott, outubro, październik, października, paź, октябрь, октября, окт, října, lokakuu, lokakuuta, ekim, اكتوبر, تشرين الاول, octombrie, οκτωβρίου, жовтня`,
	11: `november, nov, novembre, noviembre, novembro, listopad, listopada, lis, ноябрь, ноября, ноя, нояб, listopadu, marraskuu, marraskuuta, kasım, نوفمبر, تشرين الثاني, noiembrie, νοεμβρίου, листопада`,
	12: `december, dec, dez, dezember, décembre, decembre, déc, diciembre, dic, dicembre, dezembro, grudzień, grudnia, gru, декабрь, декабря, дек, desember, prosince, joulukuu, joulukuuta, aralık, ديسمبر, كانون الاول, decembrie, δεκεμβρίου, грудня`,
})

// unreliableMonths are names that mean something else where no day stands beside them.
var unreliableMonths = wordSet(`mars, marca, mart, marts, maja, augustus, june, april, lipca`)

// weekdays maps the names of the days, in lower case and folded as foldReturnText folds.
var weekdays = weekdayTable([...]string{
	time.Monday:    `monday, mon, montag, lundi, lunes, lunedì, lunedi, segunda, segunda-feira, maandag, poniedziałek, poniedziałku, понедельник, понедельника, понедельнику, pondělí, pondelok, maanantai, maanantaina, maanantaihin, pazartesi, 월요일, måndag, mandag, الاثنين, الإثنين, 月曜日, 月曜, 星期一, 周一, 週一`,
	time.Tuesday:   `tuesday, tue, dienstag, mardi, martes, martedì, martedi, terça, terça-feira, dinsdag, wtorek, wtorku, вторник, вторника, вторнику, úterý, utorok, tiistai, tiistaina, tiistaihin, salı, 화요일, tisdag, tirsdag, الثلاثاء, 火曜日, 火曜, 星期二, 周二, 週二`,
	time.Wednesday: `wednesday, wed, mittwoch, mercredi, miércoles, mercoledì, mercoledi, quarta, quarta-feira, woensdag, środa, środę, środy, среда, среду, среды, středa, středu, streda, keskiviikko, keskiviikkona, keskiviikkoon, çarşamba, 수요일, onsdag, الاربعاء, 水曜日, 水曜, 星期三, 周三, 週三`,
	time.Thursday:  `thursday, thu, donnerstag, jeudi, jueves, giovedì, giovedi, quinta, quinta-feira, donderdag, czwartek, czwartku, четверг, четверга, четвергу, čtvrtek, štvrtok, torstai, torstaina, torstaihin, perşembe, 목요일, torsdag, الخميس, 木曜日, 木曜, 星期四, 周四, 週四`,
	time.Friday:    `friday, fri, freitag, vendredi, viernes, venerdì, venerdi, sexta, sexta-feira, vrijdag, piątek, piątku, пятница, пятницу, пятницы, pátek, piatok, perjantai, perjantaina, perjantaihin, cuma, 금요일, fredag, الجمعة, 金曜日, 金曜, 星期五, 周五, 週五`,
	time.Saturday:  `saturday, samstag, sonnabend, samedi, sábado, sabato, zaterdag, sobota, sobotę, суббота, субботу, субботы, sobotu, lauantai, lauantaina, cumartesi, 토요일, lördag, lørdag, السبت, 土曜日, 土曜, 星期六, 周六, 週六`,
	time.Sunday:    `sunday, sonntag, dimanche, domingo, domenica, zondag, niedziela, niedzielę, воскресенье, воскресенья, neděle, neděli, nedeľa, sunnuntai, sunnuntaina, pazar, 일요일, söndag, søndag, الاحد, 日曜日, 日曜, 星期日, 星期天, 周日, 週日`,
})

// hanDays are the days that no blank sets apart from the words around them.
var hanDays = list(`月曜日, 火曜日, 水曜日, 木曜日, 金曜日, 土曜日, 日曜日, 星期一, 星期二, 星期三, 星期四, 星期五, 星期六, 星期日, 星期天, 周一, 周二, 周三, 周四, 周五, 周六, 周日, 週一, 週二, 週三, 週四, 週五, 週六, 週日, 월요일, 화요일, 수요일, 목요일, 금요일, 토요일, 일요일`)

// tomorrowWords name the day after the receipt.
var tomorrowWords = wordSet(`tomorrow, morgen, demain, mañana, domani, amanhã, jutro, завтра, imorgon, huomenna, zítra, zajtra, yarın, غدا`)

// nextWeekWords name the Monday after the receipt.
var nextWeekWords = list(`next week, nächste woche, nächster woche, semaine prochaine, próxima semana, settimana prossima, prossima settimana, semana que vem, volgende week,
	przyszłym tygodniu, следующей неделе, nästa vecka, næste uge, neste uke, ensi viikolla, příští týden, gelecek hafta, önümüzdeki hafta, 다음 주, 다음주, الاسبوع القادم, الاسبوع المقبل, 来週, 下周, 下星期, 下週`)

// weekNames stand before the number of a calendar week. The others are the three words of "in two weeks".
var (
	weekNames    = wordSet(`kw, kalenderwoche, week, vecka, uge, uke, semaine, settimana, semana, viikko`)
	inWords      = wordSet(`in, om, za, dans, en, tra, über, через`)
	manyWeeks    = wordSet(`week, weeks, woche, wochen, semaine, semaines, semana, semanas, settimana, settimane, weken, vecka, veckor, uge, uger, uke, uker, tygodnie, недели`)
	smallNumbers = numberTable([...]string{
		1: `a, one, einer, une, una, uma, een, en, jeden, одну`,
		2: `two, zwei, deux, dos, due, duas, twee, två, to, dwa, две`,
		3: `three, drei, trois, tres, tre, três, drie, trzy, три`,
		4: `four, vier, quatre, cuatro, quattro, quatro, fyra, fire, cztery, четыре`,
	})
)

// returnWords before a date say that the writer is back then.
var returnWords = list(`retornando, voltando, regressando, voltamos, retornamos, regressamos, volvemos, regresamos, rientriamo, rientreremo, torniamo, torneremo, rentrons, reviendrons, reprenons, reprendrons, wracamy, wrócimy, вернемся, вернёмся, на рабочем месте с, на месте с, torno operativo, torno in ufficio, torniamo operativi, retomo, retomaré, pick up my messages, catch up on, not until, not before, qu'à partir, pas avant, erst ab, erst am, erst wieder, erst zum, solo a partir, sólo a partir, só a partir, solo da, soltanto da, pas vanaf, pas weer, dopiero od, dopiero, только с, лишь с, не раньше, först den, först på, først den, først på, vasta, až od, rispondo, rispondiamo, estaré disponible, estaremos disponibles, estaré en la oficina, sarò in ufficio, sarò disponibile, disponibili da, estarei no escritório, estarei disponível, serai au bureau, serai disponible, serai présent, serai joignable,
	sommes de retour, będę w biurze, w biurze będę, będę dostępny, będę dostępna, jestem dostępny od, jestem dostępna od, буду в офисе, в офисе с, буду на работе, буду доступен, буду доступна, i tjänst, på plats igen, på kontoret igen, tavoitettavissa, paikalla, working again, available from, at work on, at work from, at my desk again, back, return, returning, returns, be available again, available again, resume, resuming, resumes, i'll reply, i will reply, will respond, will answer, i'll answer, in again, reachable again, open again, in the office again, in office again,
	zurück, zurueck, wieder, rückkehr, zurückkehre, erreichen sie mich ab, erreichbar ab, retour, de retour, reviens, rentre, retournerai, revenir,
	serai de nouveau, serai à nouveau, reprendrai, reprise, disponible à partir, joignable à partir, regreso, regresaré, regresare, regresando, vuelvo,
	volveré, vuelta, de vuelta, me reincorporo, reincorporaré, reincorporación, reincorporo, disponible a partir, retornaré, retomaré, rientro,
	rientrerò, rientrero, ritorno, tornerò, tornero, sarò di nuovo, di nuovo in ufficio, disponibile dal, reperibile dal, di ritorno, retorno,
	retornarei, volto, voltarei, regressarei, regresso, de volta, estarei de volta, disponível a partir, terug, weer, terugkeer, bereikbaar vanaf,
	wracam, wrócę, powrót, powracam, będę ponownie, ponownie, z powrotem, dostępny od, dostępna od, вернусь, возвращаюсь, возвращение, выйду, выхожу,
	на связи с, на работе с, выходим на работу, снова, буду на месте, приступлю, буду доступен с, буду доступна с, tillbaka, åter, återkommer, är åter, tilbage, retur,
	igen, tilbake, tilgængelig igen, takaisin, palaan, اعود, ساعود, سأعود, نستانف, ونستانف, ساستانف, وساستانف, ونعاود, وسنعاود, يستانف, تستانف, نعاود, سنعاود, اباشر, ساباشر, نباشر, العودة, عودتي, وساعود, نعود, سنعود, استئناف, ساكون متاح, 復帰, 戻り, 戻る, 再開, 出社,
	reopen, reopens, reopening, geöffnet, rouvrirons, rouvre, rouvrons, réouverture, reabrimos, reabriremos, reabre, reapertura, reabertura, riapriremo,
	riapriamo, riapre, riapertura, responderé, responderei, risponderò, répondrai, 返回, 回来, 回來, 返岗, 上班, 恢复, 复工, 開工, 开工, dönüş, döneceğim, zpět, vrátím se, vracím se, opět, budu k dispozici, späť, vrátim sa, vissza, revin, înapoi, επιστρέφω, επιστροφή, повернуся, повернусь, אחזור, חוזר, zapraszamy ponownie, od nowa czynne, avaamme, olen taas, öppnar, åbner, åpner, heropenen, weer open, öffnen, öffnet, lese ich, antworte ich, beantworte ich, melde ich mich,
	lees ik, antwoord ik, beantwoord ik, odpowiem, odpiszę, отвечу, откроемся, откроется, svarar jag, läser jag, svarer jeg, læser jeg, leser jeg, vastaan`)

// untilWords before a date say that the absence ends then.
var untilWords = list(`not back before, până la, μέχρι, έως, until, untill, till, til, 'til, through, thru, up to, up until, ending, ends,
	bis, jusqu'au, jusqu'à, jusque, hasta, fino al, fino a, fino, sino al, até, ate, tot, tot en met, t/m, aż do, włącznie do, до, по,
	till och med, t o m, tom, til og med, t.o.m, t.o.m., asti, saakka, حتى, الى, لغاية, ولغاية, 至, 到, 直到, 直至`)

// rangeWords say the same if they stand right before the date, a weekday or an article between.
var rangeWords = wordSet(`to, and, by, before, au, al, a, ao, à, às, do, til, till, -, y, et, e, i`)

// rangeFillers may stand between a range word and its date.
var rangeFillers = wordSet(`the, el, le, la, il, den, dem, zum, o, ,, ., día, dia, dnia`)

// fromWords before a date say that the absence begins then.
var fromWords = list(`from, since, starting, beginning, as of, effective, between, vom, seit, ab, ab dem, zwischen, depuis, à partir du, à compter du, dès le, dès, desde,
	a partir del, a partir de, a partire dal, dal, vanaf, sinds, tussen, od, с, со, начиная с, från, från och med, fr o m, fr.o.m, fra, fra og med,
	mellem, mellan, alkaen, من, منذ, ابتداء من, اعتبارا من, بين, 自, 从, 從, 由`)

// returnAfter, untilAfter and fromAfter are the words right after a date that say the same.
var (
	returnAfter = list(`정상 근무, 근무, 업무에 복귀, 출근합니다, 정상 영업, 정상 운영, ben ik er, ben ik op kantoor, sta ik, bin ich im büro, bin ich da, bin ich wieder, sono in ufficio, sarò in ufficio, estaré en la oficina, będę w biurze, będę dostępny, będę dostępna, буду в офисе, är jag på plats, är jag åter, er jeg tilbage, er jeg på kontoret, olen paikalla, jsem zpět, budu zpět, in again, i'm in again, open again, at my desk, reopen, reopens, lese ich, antworte ich, beantworte ich, melde ich mich, lees ik, antwoord ik, beantwoord ik, odpowiem, odpiszę, отвечу, svarar jag, läser jag, svarer jeg, læser jeg, leser jeg, öppnar, åbner, åpner, taas, zpět, opět, späť, vissza, ofisteyim, mesaideyim, mesaideyiz, tekrar, açığız, dönüyoruz, döneceğiz, hizmetinizdeyiz,
	işbaşında, işbaşı, 복귀, 출근, 업무 재개, 돌아, 뵙겠, 営業いたし, 営業を, 通常営業, 業務開始, 复工, 开工, 正常上班, 正常办公, 恢复办公, back, zurück, wieder, terug, weer, tillbaka, tilbage, tilbake, igen, takaisin, de retour, de volta, de vuelta, 戻, 復帰, 再開, 以降, より通常, に出社, より出社, より出勤, から出勤, に対応, より対応, から対応, 返回,
	回来, 回來, 上班, 恢复, 回到, 回复上班, döneceğim, dönüyorum, itibaren, ponownie, wracam, вернусь, выйду, снова, اعود, ساعود`)
	untilAfter = list(`까지, まで, 迄, の間, 期间, 期間, 止, 前, kadar, inclusive, einschließlich, inclus, włącznie, включительно, saakka, asti`)
	fromAfter  = list(`부터, から, より, 起, 开始, 開始, itibarıyla`)
)

// dayFirstWords give away a language in which the day stands first in "3/8"; only English is written both ways.
var dayFirstWords = list(`ich, und, bis, je suis, jusqu'au, vous, hasta, estoy, estaré, oficina, ufficio, sono, fino al, até, estou, estarei, escritório, tot, niet, kantoor,
	jestem, nieobecny, nieobecna, я, до, jag, jeg, الى, حتى, من, hello everyone in london, annual leave`)

// absenceHints show that a text speaks of an absence.
var absenceHints = list(`휴가, 부재, 출장, dovolen, geschlossen, betriebs, closed, fermé, cerrad, chius, fechad, gesloten, zamknię, nieczynn, закрыт, stängt, lukket, stengt, suljettu, zavřeno, kapalı, 休業, 放假, مغلق, out of office, out of the office, out-of-office, ooo, on vacation, on holiday, annual leave, on leave, maternity leave, paternity leave,
	parental leave, away from, travelling, traveling, absent, abwesend, abwesenheit, urlaub, nicht im büro, elternzeit, absence, congé, vacances,
	vacaciones, fuera de la oficina, ausente, ausencia, férias, ferias, ausência, fuori ufficio, assente, ferie, assenza, afwezig, vakantie, verlof,
	nieobecn, urlop, отпуск, отсутств, semester, ledig, ferie, frånvaro, fravær, bortrest, اجازة, إجازة, خارج المكتب, غير متواجد, 休暇, 不在, 休み, 休假, 年假, 外出,
	不在办公室, 出差, 请假, izin, loma, poissa`)

// Small words inside of dates.
var (
	dayJoiners   = wordSet(`st, nd, rd, th, of, de, do, d, do dia, er, ero, го, e, de mes, di, den, den., ste`)
	ordinalWords = wordSet(`st, nd, rd, th`)
	dayMarks     = wordSet(`st, nd, rd, th, e, de, ste, º, ª, го`)
	dayArticles  = wordSet(`the, den, dem, zum, le, au, el, al, il, dia, día, am`)

	// Before the number of a day the articles of a Romance language are enough; in German its full stop has to follow, in English "th".
	romanceArticles = wordSet(`le, au, el, al, il, dia, día`)
	germanArticles  = wordSet(`den, dem, zum, am`)
	yearJoiners     = wordSet(`de, of, del, roku, года, г, an, do`)
	monthJoiners    = wordSet(`the, den, le, il, el`)
	rangeSigns      = wordSet(`-, to, until, till, through, thru, bis, au, al, a, à, tot, do, по, до, til, and, &`)
	monthEnds       = wordSet(`end, ende, fin, fine, finales, final, fim, eind, einde, koniec, końca, конца, конце, slutet, slutningen, slutten, نهاية`)
	monthMiddles    = wordSet(`mid, middle, mitte, mi, mediados, metà, meados, medio, midden, połowy, середины, mitten, midten, منتصف`)
)

func monthTable(lists [13]string) map[string]int {
	table := map[string]int{}
	for month, words := range lists {
		for _, word := range list(words) {
			if word != "" {
				table[word] = month
			}
		}
	}
	// The first word of a name of two is found alone; joinedMonth tells the months that share it by the second.
	table["تشرين"], table["كانون"] = 10, 12
	return table
}

func numberTable(lists [5]string) map[string]int {
	table := map[string]int{}
	for n, words := range lists {
		for _, word := range list(words) {
			table[word] = n
		}
	}
	return table
}

func weekdayTable(lists [7]string) map[string]time.Weekday {
	table := map[string]time.Weekday{}
	for weekday, words := range lists {
		for _, word := range list(words) {
			table[word] = time.Weekday(weekday)
		}
	}
	return table
}
