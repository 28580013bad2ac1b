package message

// What bounces call themselves and how they speak, as phrases over folded text.
var (
	// daemonNames are the names of the mail system in From.
	daemonNames = phrases{
		"mailer daemon", "mailerdaemon", "mail daemon", "mail demon", "mail delivery", "postmaster", "delivery system", "delivery subsystem", "delivery service", "delivery agent", "delivery status", "delivery notification",
		"system administrator", "mail administrator", "mail system", "mailsystem", "microsoft outlook", "microsoft exchange", "mail router", "message transfer agent", "ndr administrator", " ndr ", "bounce", "internet mail delivery", "email delivery",
		"mail gateway", "smtp gateway", "autonotifier", "auto notifier", "mdaemon",
	}
	// bounceSubjects is what bounces call themselves.
	bounceSubjects = phrases{
		"undeliver", "nondeliver", "non-deliver", "non deliver", "mail~fail", "mail~problem", "mail~error", "mail~reject", "mail~returned", "mail~not delivered", "message~fail", "message~problem", "message~error", "message~reject", "message~returned", "message~not delivered", "delivery~fail", "delivery~problem", "delivery~error",
		"delivery~unsuccessful", "delivery~impossible", "dsn~fail", "ndn~", "fail~deliver", "failed~send", "failed~mail", "failure~mail", "failure~deliver", "problem~deliver", "error~deliver", "error~sending", "error~mail", "unable~deliver", "unable~send", "could not~deliver", "couldn't~deliver", "cannot~deliver", "can not~deliver", "could not send",
		"failure notice", "failure delivery", "returned mail", "returned e-mail", "returned email", "returned message", "returned to sender", "return to sender", "return receipt: fail", "delivery status", "delivery report", "delivery notification", "delivery warning", "delivery delayed", "delivery delay", "delivery final", "status notification",
		"not been delivered", "not yet been delivered", "not been sent", "not delivered", "warning: message", "mail system error", "delayed mail", "mail delayed", "processing error", "message status", "message delayed", "mail status report", "mail could not be", "message could not be", "smtp server", "smtp error", "postfix smtp", "permanent error", "permanent failure",
		"automatically rejected", "rejected mail", "user unknown", "unknown user", "bounced mail", "bounced message", "mail bounce", "not member", "address not found", "address unknown", "bad address", "bad recipient", "malformed recipient", "mailbox full",
		"unzustellbar", "nicht zugestellt", "nicht zustellbar", "zustellung~fehl", "fehlgeschlagen", "verzögerte", "non remis", "échec", "non distribu", "non-distribu", "retour~expéditeur", "no se puede entregar", "no se pudo entregar", "no se ha podido entregar", "devuelto", "error de entrega", "no entregad",
		"mancato recapito", "mancata consegna", "non recapit", "impossibile recapitare", "não foi possível entregar", "não é possível entregar", "falha na entrega", "devolvid", "onbestelbaar", "niet bezorgd", "niet worden bezorgd", "niet afgeleverd", "niedostarcz", "niedoręcz", "zwrot", "не удается доставить", "не удалось доставить", "не может быть доставлен", "не доставлено", "недоставлен",
		"olevere", "kan ikke lever", "kan inte lever", "kunne ikke lever", "oleverer", "teslim edilemedi", "kézbesíthetetlen", "nedoruč", "送信できません", "配信不能", "未達", "配信できません", "配信エラー", "メールエラー", "不達", "送達", "无法投递", "无法送达", "退信", "投递失败", "無法傳遞", "傳遞失敗", "전송 실패", "전송실패", "반송", "لم يتم التسليم", "لم يتم تسليم", "تعذر التسليم", "تعذر تسليم",
	}
	// bounceWords are phrases with which servers begin their notices.
	bounceWords = phrases{
		"program at host", "qmail-send program", "this is the~program at", "mail delivery agent at", "mail agent~at", "this is the mailer-daemon", "this is the mail system", "created automatically by mail delivery software", "automated message created by mail delivery", "automatically generated delivery status", "this is the~server at",
		"unable to deliver", "not able to deliver", "wasn't able to deliver", "failed to deliver", "could not deliver", "couldn't deliver", "cannot deliver", "could not be delivered", "couldn't be delivered", "cannot be delivered", "can not be delivered", "can't be delivered", "did not reach the following", "delivery to~failed", "delivery to~delayed", "delivery to~aborted", "delevery to~failed",
		"delevery to~aborted", "delivery of~failed", "delivery of~postponed", "delivery of~delayed", "delivery failed", "delivery has failed", "delivery has been", "delivery for~failed", "was not delivered", "not been delivered", "has been postponed", "was undeliverable", "is undeliverable", "undeliverable to", "undeliverable due", "following address failed", "following addresses failed", "following address es failed",
		"following addresses had", "following address had", "permanent fatal errors", "had permanent", "had transient", "had delivery", "transcript of session", "message returned", "been returned because", "returned to you", "returned to sender", "unknown user:", "user mailbox exceeds", "invalid final delivery", "non-delivery report", "recipient was rejected", "recipients was rejected", "recipients were rejected",
		"was rejected", "automatically rejected", "not a member of this mailing list", "mailbox is full", "no valid recipients", "error was detected while", "error has occurred while", "error occurred while", "rejected by a remote", "rejected by the remote", "rejected by the recipient", "rejected recipient", "error delivering your", "trouble delivering", "failure reasons", "non-delivered information",
		"sorry~unable", "sorry~couldn't", "sorry~could not", "sorry~cannot", "did not exactly match", "group you tried to contact", "message could not", "recipients were affected", "incorrectly constructed",
		"konnte nicht zugestellt", "nicht zugestellt werden", "n'a pas pu être", "no se ha podido entregar", "no pudo ser entrega", "no pudo entregar", "impossibile recapitare", "non è stato possibile recapit", "non è stato recapit", "non è stato consegn", "mancata consegna", "não foi entregue", "não pôde ser entregue", "não pode ser entregue", "kon niet worden bezorgd", "kon niet worden afgeleverd",
		"не может быть доставлено", "не было доставлено", "не удалось доставить", "送信できませんでした", "配信できません", "送信に失敗", "届けられません", "お届けできません", "送達できません", "无法投递", "无法送达", "无法发送", "退回", "無法傳遞",
	}
	// delayWords announce that the server goes on trying.
	delayWords = phrases{
		"warning~could not send", "warning~not been delivered", "warning~not yet been delivered", "warning~delayed", "warning~undelivered", "has been delayed", "has been postponed", "is delayed", "been delayed", "was delayed", "not yet been delivered", "warning message only", "notification delay", "delivery delayed", "delivery delay", "delayed mail", "delay notification",
		"will keep trying", "will continue trying", "will continue to try", "will continue to attempt", "will be retried", "delivery warning", "still undelivered", "still being", "still trying", "no action is required on your part", "verzögert", "en retard", "retraso", "ritardo", "atraso", "задерж", "遅延", "延迟", "延遲",
	}
	// finalWords say that it has given up.
	finalWords = phrases{
		"permanent", "fatal", "given up", "giving up", "not going to try", "failed", "returned", "not be delivered", "couldn't be delivered", "undeliver", "unable to deliver", "not delivered", "not accepted", "rejected", "did not reach", "wasn't able to deliver", "not able to deliver", "unzustellbar", "nicht zugestellt", "non remis", "no se pudo", "no se ha podido", "не может быть доставлен",
		"не доставлен", "送信できません", "配信できません", "配信不能",
	}
)
