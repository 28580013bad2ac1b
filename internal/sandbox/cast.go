package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// Cast returns n invented people at invented companies. Any 23 in a row meet every outcome between them; past 40 the people come round
// again under numbered addresses.
func Cast(n int) []Person {
	people := make([]Person, 0, n)
	for i := range n {
		role := cast[i%len(cast)]
		p := Person{
			Name: role.name, Company: role.company, Timezone: role.zone, Language: role.language, Client: role.client,
			Script: scripts[i%len(scripts)],
		}
		local := strings.ToLower(strings.ReplaceAll(role.login, " ", "."))
		if round := i / len(cast); round > 0 {
			local += fmt.Sprint(round + 1)
		}
		p.Email = local + "@" + role.domain
		people = append(people, p)
	}
	return people
}

// scripts are played by the people in turn. Delays are those of life: machines answer in minutes, people in hours or days.
var scripts = [][]Act{
	{{Do: Interested, After: 3 * time.Hour}},
	{{Do: Question, After: 5 * time.Hour}},
	{},
	{{Do: OutOfOffice, After: time.Minute, Away: 6 * 24 * time.Hour}, {Do: Interested, After: 4 * time.Hour}},
	{{Do: NotInterested, After: 2 * time.Hour}},
	{{Do: HardBounce}},
	{{Do: Meeting, After: 7 * time.Hour}},
	{{Do: Unsubscribe, After: 90 * time.Minute}},
	{},
	{{Do: LateBounce, After: 4 * time.Minute}},
	{{Do: AutoReply, After: time.Minute}},
	{{Do: Silence}, {Do: Interested, After: 26 * time.Hour}},
	{{Do: Greylist}, {Do: Meeting, After: 4 * time.Hour}},
	{{Do: NotNow, After: 9 * time.Hour}},
	{{Do: LeftCompany, After: time.Minute}},
	{},
	{{Do: Referral, After: 6 * time.Hour}},
	{{Do: Delayed, After: 4 * time.Hour}, {Do: Silence}},
	{{Do: UnsubscribeButton, After: 40 * time.Minute}},
	{{Do: Silence}, {Do: Silence}, {Do: Question, After: 3 * time.Hour, Junk: true}},
	{{Do: Complaint, After: 2 * time.Hour}},
	{{Do: Silence}, {Do: NotInterested, After: 5 * time.Hour}},
	{},
}

// role is a person of the cast before a script is given.
type role struct {
	name, login, company, domain, zone, language string
	client                                       Client
}

var cast = []role{
	{"Amelia Hart", "Amelia Hart", "Northwind Bakeries", "northwind-bakeries.example", "Europe/London", "en", Gmail},
	{"Daniel Okafor", "Daniel Okafor", "Lagos Freight", "lagosfreight.example", "Africa/Lagos", "en", Outlook},
	{"Sofia Lindqvist", "Sofia Lindqvist", "Fjell Design", "fjelldesign.example", "Europe/Stockholm", "en", AppleMail},
	{"Marcus Weber", "M Weber", "Weber Maschinenbau", "weber-maschinen.example", "Europe/Berlin", "de", Outlook},
	{"Priya Raman", "Priya", "Raman Analytics", "raman-analytics.example", "Asia/Kolkata", "en", Gmail},
	{"Tom Ashby", "Tom Ashby", "Ashby & Sons", "ashby-sons.example", "Europe/London", "en", Outlook},
	{"Layla Haddad", "Layla Haddad", "دار المدينة", "dar-almadina.example", "Asia/Dubai", "ar", Outlook},
	{"Claire Moreau", "C Moreau", "Ateliers Moreau", "ateliers-moreau.example", "Europe/Paris", "fr", AppleMail},
	{"Kenji Watanabe", "Kenji", "Harbor Robotics", "harbor-robotics.example", "Asia/Tokyo", "en", Gmail},
	{"Elena Petrova", "E Petrova", "Volga Textiles", "volga-textiles.example", "Europe/Sofia", "en", Outlook},
	{"Hugo Martins", "Hugo Martins", "Porto Coffee Roasters", "porto-coffee.example", "Europe/Lisbon", "en", Gmail},
	{"Grace Kim", "Grace", "Bluebird Clinics", "bluebird-clinics.example", "America/Los_Angeles", "en", AppleMail},
	{"Omar Said", "Omar Said", "Nile Logistics", "nile-logistics.example", "Africa/Cairo", "ar", Gmail},
	{"Lucía Romero", "L Romero", "Romero Viajes", "romero-viajes.example", "Europe/Madrid", "es", AppleMail},
	{"Peter Novak", "Peter Novak", "Novak Print", "novak-print.example", "Europe/Prague", "en", Outlook},
	{"Hannah Cole", "Hannah Cole", "Cole Gardens", "cole-gardens.example", "America/New_York", "en", Gmail},
	{"Yusuf Demir", "Yusuf", "Demir Steel", "demir-steel.example", "Europe/Istanbul", "en", Outlook},
	{"Ingrid Solberg", "Ingrid Solberg", "Solberg Marine", "solberg-marine.example", "Europe/Oslo", "en", AppleMail},
	{"Nathan Brooks", "N Brooks", "Brooks Roofing", "brooks-roofing.example", "America/Chicago", "en", Gmail},
	{"Mei Chen", "Mei Chen", "Lotus Interiors", "lotus-interiors.example", "Asia/Singapore", "en", Gmail},
	{"Jürgen Braun", "J Braun", "Braun Elektro", "braun-elektro.example", "Europe/Vienna", "de", Outlook},
	{"Fatima Zahra", "Fatima", "Atlas Ceramics", "atlas-ceramics.example", "Africa/Casablanca", "fr", Gmail},
	{"Oliver Grant", "Oliver Grant", "Grant Surveyors", "grant-surveyors.example", "Europe/Dublin", "en", Outlook},
	{"Isabel Cortés", "I Cortes", "Cortés Abogados", "cortes-abogados.example", "America/Bogota", "es", Outlook},
	{"Samuel Adeyemi", "Samuel", "Kora Payments", "kora-payments.example", "Africa/Accra", "en", Gmail},
	{"Ruth Feldman", "Ruth Feldman", "Feldman Books", "feldman-books.example", "America/New_York", "en", AppleMail},
	{"Arjun Mehta", "Arjun Mehta", "Monsoon Solar", "monsoon-solar.example", "Asia/Kolkata", "en", Outlook},
	{"Chloé Bernard", "Chloe Bernard", "Bernard Optique", "bernard-optique.example", "Europe/Brussels", "fr", Outlook},
	{"Liam Walsh", "Liam Walsh", "Walsh Dairy", "walsh-dairy.example", "Europe/Dublin", "en", Gmail},
	{"Noura Aziz", "Noura Aziz", "Gulf Catering", "gulf-catering.example", "Asia/Riyadh", "ar", Outlook},
	{"Stefan Keller", "S Keller", "Keller Treuhand", "keller-treuhand.example", "Europe/Zurich", "de", AppleMail},
	{"Zoe Mitchell", "Zoe", "Tidewater Yoga", "tidewater-yoga.example", "Australia/Sydney", "en", AppleMail},
	{"Rafael Souza", "Rafael Souza", "Souza Cargas", "souza-cargas.example", "America/Sao_Paulo", "en", Gmail},
	{"Katarzyna Wolska", "K Wolska", "Wolska Kosmetyki", "wolska-kosmetyki.example", "Europe/Warsaw", "en", Outlook},
	{"Ben Archer", "Ben Archer", "Archer Cycles", "archer-cycles.example", "Europe/London", "en", Gmail},
	{"Nadia Rahman", "Nadia Rahman", "Rahman Exports", "rahman-exports.example", "Asia/Dhaka", "en", Outlook},
	{"Victor Hale", "Victor Hale", "Hale & Partners", "hale-partners.example", "America/Toronto", "en", AppleMail},
	{"Aiko Mori", "Aiko Mori", "Mori Tea House", "mori-tea.example", "Asia/Tokyo", "en", Gmail},
	{"Tariq Mansour", "T Mansour", "Mansour Clinics", "mansour-clinics.example", "Asia/Amman", "ar", Gmail},
	{"Emily Stone", "Emily Stone", "Stonebridge Homes", "stonebridge-homes.example", "America/Denver", "en", Gmail},
}
