package classify

import (
	"strings"
	"time"
)

// unit is a length of calendar time.
type unit int

const (
	day unit = iota + 1
	week
	month
	quarter
	halfYear
	year
)

// The words of dates in eight languages, folded. What one language means by a word is meant wherever it stands: none of them says
// something else about time in another language.
var (
	numbers = table(map[int]string{
		1:  "1 one a an ein eine einem einen einer un une uno una um uma een 1er واحد",
		2:  "2 two zwei deux dos due dois duas twee couple اثنين",
		3:  "3 three few drei trois tres tre drie paar quelques algunos algunas qualche alguns algumas enkele بضعه ثلاثه ثلاث",
		4:  "4 four vier quatre cuatro quattro quatro اربعه اربع",
		5:  "5 five funf fuenf cinq cinco cinque vijf خمسه خمس",
		6:  "6 six sechs seis sei zes سته ست",
		7:  "7 seven sieben sept siete sette sete zeven",
		8:  "8 eight acht huit ocho otto oito",
		9:  "9 nine neun neuf nueve nove negen",
		10: "10 ten zehn dix diez dieci dez tien",
		12: "12 twelve zwolf zwoelf douze doce dodici doze twaalf",
	})
	units = table(map[unit]string{
		day:      "day days tag tagen tage jour jours dia dias giorno giorni dag dagen يوم ايام",
		week:     "week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane weken اسبوع اسابيع الاسبوع",
		month:    "month months monat monaten monate mois mes meses mese mesi mees maand maanden شهر اشهر شهور الشهر",
		quarter:  "quarter quarters quartal quartalen trimestre trimestres trimestri kwartaal ربع الربع",
		halfYear: "halbjahr semestre semestres halfjaar",
		year:     "year years yr jahr jahres jahren jahre annee annees ano anos anni anno jaar سنه سنوات عام العام السنه",
	})
	dual = table(map[unit]string{day: "يومين", week: "اسبوعين", month: "شهرين", year: "سنتين عامين"})
	next = set(`next coming following nachste nachsten nachstes nachster naechste naechsten naechstes kommende kommenden kommendes prochain prochaine
		proximo proxima viene entrante prossimo prossima vem volgend volgende komend komende القادم القادمه المقبل المقبله التالي`)
	ahead = set(`in within after another for give wait nach noch dans apres d en dentro despues tras tra fra dopo daqui em apos depois over na nog
		بعد خلال`)
	behind = set(`later time hence spater spaeter tard despues dopo mais later`)
	lastly = set("end ende fin finales fine fim final einde eind نهايه اخر")
	months = table(map[time.Month]string{
		time.January:   "january jan januar janner janvier enero gennaio janeiro januari يناير",
		time.February:  "february feb februar fevrier febrero febbraio fevereiro februari فبراير",
		time.March:     "march marz maerz mars marzo marco maart مارس",
		time.April:     "april apr avril abril aprile ابريل نيسان",
		time.May:       "may mai mayo maggio maio mei مايو",
		time.June:      "june juni juin junio giugno junho يونيو",
		time.July:      "july juli juillet julio luglio julho يوليو",
		time.August:    "august aug aout agosto augustus اغسطس",
		time.September: "september sept septembre septiembre settembre setembro سبتمبر",
		time.October:   "october oct oktober octobre octubre ottobre outubro اكتوبر",
		time.November:  "november nov novembre noviembre novembro نوفمبر",
		time.December:  "december dec dezember decembre diciembre dicembre dezembro ديسمبر",
	})
	quarters = table(map[int]string{
		1: "q1 t1 first erstes ersten premier primer primo primeiro eerste الاول", 2: "q2 t2 second zweites zweiten deuxieme segundo secondo tweede الثاني",
		3: "q3 t3 third drittes dritten troisieme tercer terzo terceiro derde الثالث", 4: "q4 t4 fourth viertes vierten quatrieme cuarto quarto vierde الرابع",
	})
	// seasons begin in these months on the northern half of the earth.
	seasons = table(map[time.Month]string{
		time.March: "spring fruhjahr fruhling fruehjahr printemps primavera voorjaar lente الربيع", time.June: "summer sommer ete verano estate verao zomer الصيف",
		time.September: "autumn fall herbst automne otono autunno outono herfst najaar rentree الخريف", time.December: "winter hiver invierno inverno الشتاء",
	})
	breaks = set(`holiday holidays ferien urlaub sommerferien sommerpause vacances conges vacaciones ferie vacanze ferias vakantie zomervakantie الاجازه
		العطله الاجازات رمضان العيد ramadan`)
	newYear = set("christmas xmas weihnachten noel navidad navidades natale natal kerst jahreswechsel neujahr fetes silvester capodanno الميلاد")
	after   = set("after nach apres despues tras dopo apos depois na بعد until till bis jusqu hasta fino ate tot past")
	ambigue = set("may mai mars marco second first fall march sei")
)

// table turns lists of words round: each word to its value.
func table[V comparable](lists map[V]string) map[string]V {
	words := map[string]V{}
	for value, list := range lists {
		for word := range set(list) {
			words[word] = value
		}
	}
	return words
}

// set is a list of words as a set.
func set(list string) map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		words[word] = true
	}
	return words
}
