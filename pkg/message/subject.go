package message

import (
	"strings"
)

// replyPrefixes are what mail programs put before the subject of an answer, in lower case.
var replyPrefixes = wordSet(`re, r, ré, rép, réf, ref, aw, antw, antwort, sv, vs, svar, rif, risp, ris, r e, rv, resp, res, respuesta, odp, odpowiedź, ynt, cevap, atb, hal, bls,
	balas, απ, απάντηση, σχετ, vá, válasz, отв, ответ, відп, на, re aw, 答复, 回复, 回覆, 答覆, 返信, 返, 답장, 회신, رد, الرد, תגובה, השב, trả lời, tl, phúc đáp, vast,
	ats, atsakymas, odgovor, odg, raspuns, răspuns, ตอบ, ตอบกลับ`)

// forwardPrefixes are what mail programs put before the subject of a forwarded message, in lower case.
var forwardPrefixes = wordSet(`fw, fwd, f, wg, weitergeleitet, tr, trans, rv fwd, enc, encaminhada, vb, vl, vidarebefordrat, vs fwd, fs, i, inoltra, inoltrato, doorst, doorgest,
	pd, przekazane, ilt, yön, πρθ, továbbítás, továbbított, пересл, переслано, пер, fwrd, reenv, reenviado, 转发, 轉寄, 轉發, 転送, 전달, إعادة توجيه,
	معاد توجيهها, تحويل, הועבר, chuyển tiếp, trs, terusan, ymlaen, proslj, preposl, ส่งต่อ`)

// subjectTag is what mail gateways and lists put before a subject.
var subjectTag = lazily(`(?i)^(?:[\[(*{<]{1,3}\s*(?:ext|extern|external|external e-?mail|external sender|extérieur|externe|externo|esterno|spam|suspected spam|bulk|caution|warning|newsletter|marketing|pub|virus[- ]?checked|encrypted|secure)\s*[\])*}>]{1,3}:?|external:|ext:)\s*`)

// subjectTagAt is how long the tag at the beginning of a subject is. Most subjects begin as none does.
func subjectTagAt(s string) int {
	if s == "" || strings.IndexByte("[(*{<eE", s[0]) < 0 {
		return 0
	}
	return len(subjectTag().FindString(s))
}

// maxPrefixes bounds how often a subject is stripped.
const maxPrefixes = 20

// NormalizeSubject returns a subject as its first writer set it: without the prefixes of answers and forwards in any language ("Re:", "AW:",
// "SV:", "Fwd:", counted ones like "Re[2]:" too) and without tags of gateways ("[EXTERNAL]"), blanks folded. It returns "" for a subject of
// nothing but prefixes.
func NormalizeSubject(s string) string {
	s = foldSubject(s)
	for range maxPrefixes {
		if tag := subjectTagAt(s); tag > 0 {
			s = s[tag:]
			continue
		}
		_, rest, ok := cutPrefix(s)
		if !ok {
			break
		}
		s = rest
	}
	return s
}

// foldSubject folds blanks and drops invisible characters. Longer subjects than any line (RFC 5322 section 2.1.1) are clipped.
func foldSubject(s string) string {
	return strings.Join(strings.Fields(dropInvisible(clip(s, 998))), " ")
}

// cutPrefix splits "AW[2]: subject" into the prefix "aw" and "subject".
func cutPrefix(s string) (prefix, rest string, ok bool) {
	at := strings.IndexAny(s, ":：")
	if at < 1 || at > 40 {
		return "", s, false
	}
	prefix = strings.ToLower(strings.TrimSpace(s[:at]))
	prefix = strings.TrimSpace(strings.TrimRight(prefix, "[]()^*0123456789 "))
	if !replyPrefixes[prefix] && !forwardPrefixes[prefix] {
		return "", s, false
	}
	return prefix, strings.TrimLeft(s[at:], ":： "), true
}

// isForwardSubject says that the last thing done to a subject was to forward it: "Fwd: Re: Hello", not "Re: Fwd: Hello".
func isForwardSubject(s string) bool {
	s = foldSubject(s)
	s = s[subjectTagAt(s):]
	prefix, _, ok := cutPrefix(s)
	return ok && forwardPrefixes[prefix]
}

// isReplySubject says that a subject begins with the prefix of an answer.
func isReplySubject(s string) bool {
	s = foldSubject(s)
	s = s[subjectTagAt(s):]
	prefix, _, ok := cutPrefix(s)
	return ok && replyPrefixes[prefix]
}
