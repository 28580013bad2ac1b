package sandbox

// stockTexts is what people say, by outcome and language. {sender}, {me}, {name}, {company}, {colleague}, {subject} and {return} are
// filled in. A language without a text of its own speaks English.
var stockTexts = map[Outcome]map[string][]string{
	Interested: {
		"en": {
			"Hi {sender},\n\nThis sounds interesting. Please send me the details and what it would cost for a team of 30.\n\nBest,\n{me}",
			"Hello {sender},\n\nGood timing, we were looking at exactly this last month. I'd like to learn more.\n\n{name}\n{company}",
			"Yes, I'm interested. Tell me more.\n\n{me}",
		},
		"de": {"Hallo {sender},\n\ndas klingt interessant. Bitte schicken Sie mir mehr Informationen und die Preise.\n\nViele Grüße\n{name}"},
		"fr": {"Bonjour {sender},\n\nCela m'intéresse. Pouvez-vous m'envoyer plus de détails et vos tarifs ?\n\nCordialement,\n{name}"},
		"es": {"Hola {sender}:\n\nMe interesa mucho. ¿Puede enviarme más información y los precios?\n\nSaludos,\n{me}"},
		"ar": {"مرحباً {sender}،\n\nالفكرة تهمني. أرجو إرسال المزيد من التفاصيل والأسعار.\n\nمع التحية،\n{name}"},
	},
	Meeting: {
		"en": {
			"Hi {sender},\n\nHappy to talk. Could we do a call on Thursday at 3 pm? Half an hour should be enough.\n\n{me}",
			"Hello {sender},\n\nLet's set up a meeting next week. Tuesday or Wednesday morning both work for me, please send an invite.\n\nRegards,\n{name}",
		},
		"de": {"Hallo {sender},\n\ngerne. Können wir am Donnerstag um 15 Uhr telefonieren?\n\nBeste Grüße\n{name}"},
		"ar": {"مرحباً {sender}،\n\nيسعدني أن نتحدث. هل يمكننا تحديد موعد لاجتماع يوم الأربعاء الساعة العاشرة صباحاً؟\n\n{name}"},
	},
	Question: {
		"en": {
			"Hi {sender},\n\nDoes this work with the system we already have, and where is the data kept?\n\nThanks,\n{me}",
			"Hello,\n\nHow long does the set-up take, and who does it?\n\n{name}\n{company}",
			"What does it cost?\n\n{me}",
		},
		"fr": {"Bonjour,\n\nEst-ce compatible avec notre logiciel actuel ? Où sont hébergées les données ?\n\nMerci,\n{name}"},
	},
	Referral: {
		"en": {"Hi {sender},\n\nI don't look after this any more. Please talk to my colleague {colleague}, who does.\n\nBest,\n{me}"},
	},
	NotNow: {
		"en": {"Hi {sender},\n\nNot the right moment, our budget is closed until the new year. Feel free to come back in January.\n\n{me}"},
		"es": {"Hola {sender}:\n\nAhora no es buen momento. Escríbame de nuevo el próximo trimestre, por favor.\n\n{me}"},
	},
	NotInterested: {
		"en": {
			"Hi {sender},\n\nThanks, but we are not interested.\n\n{me}",
			"Thank you for writing. We already have something in place and are happy with it, so this is not for us.\n\nRegards,\n{name}",
		},
		"de": {"Guten Tag,\n\nvielen Dank, aber wir haben kein Interesse.\n\nMit freundlichen Grüßen\n{name}"},
	},
	Unsubscribe: {
		"en": {
			"Please remove me from your list.\n\n{me}",
			"Please stop emailing me.\n\n{name}",
			"Unsubscribe me, thank you.",
		},
		"de": {"Bitte streichen Sie mich aus Ihrem Verteiler.\n\n{name}"},
		"fr": {"Merci de me retirer de votre liste de diffusion.\n\n{name}"},
	},
	OutOfOffice: {
		"en": {
			"Thank you for your message. I am out of the office until {return} and will answer when I am back.\n\nKind regards,\n{name}\n{company}",
			"Hello,\n\nI am on annual leave with limited access to e-mail. I will be back on {return}.\n\n{name}",
		},
		"de": {"Guten Tag,\n\nich bin bis zum {return} nicht im Büro. Ihre Nachricht wird nicht weitergeleitet.\n\nMit freundlichen Grüßen\n{name}"},
		"fr": {"Bonjour,\n\nJe suis absent du bureau jusqu'au {return}. Je vous répondrai à mon retour.\n\nCordialement,\n{name}"},
		"ar": {"شكراً لرسالتك. أنا خارج المكتب حتى {return} وسأرد عليك عند عودتي.\n\n{name}"},
	},
	AutoReply: {
		"en": {"Thank you for contacting {company}. We have received your message and will get back to you within two working days.\n\nThis is an automated response, please do not reply to it."},
	},
	LeftCompany: {
		"en": {"{name} no longer works at {company}. This mailbox is not monitored. For urgent matters please contact {colleague}."},
	},
}
