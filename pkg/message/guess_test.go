package message

import (
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// Text that names no charset is read in the encoding of its language.
func TestGuessCharset(t *testing.T) {
	tests := []struct {
		name     string
		encoding encoding.Encoding
		text     string
	}{
		{"Big5", traditionalchinese.Big5, "您好，謝謝您的來信。我們下週二可以開會嗎？"},
		{"Big5 with English", traditionalchinese.Big5, "Hi Nora, 謝謝你的介紹，我會在星期三之前回覆。\nBest regards, 王小明"},
		{"GBK", simplifiedchinese.GBK, "您好，谢谢您的来信。我们下周二可以开会吗？"},
		{"Shift_JIS", japanese.ShiftJIS, "お世話になっております。来週の火曜日にお会いできますか。"},
		{"Shift_JIS with half-width letters", japanese.ShiftJIS, "ﾒｰﾙありがとうございます。ﾃｽﾄは来週です。よろしくお願いします。"},
		{"EUC-JP", japanese.EUCJP, "お世話になっております。来週の火曜日にお会いできますか。"},
		{"EUC-KR", korean.EUCKR, "안녕하세요. 다음 주 화요일에 만날 수 있을까요? 감사합니다."},
		{"German", charmap.Windows1252, "Grüße aus München, wir hören uns am Dienstag früh. Schöne Grüße"},
		{"French", charmap.Windows1252, "J’ai reçu votre résumé « à l’été », ça ira très bien, à bientôt"},
		{"umlauts and little else", charmap.Windows1252, "ÄÖÜ äöü ßß éè"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			encoded, err := tt.encoding.NewEncoder().String(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			for _, label := range []string{"", "us-ascii", "x-unknown"} {
				if got := decodeCharset(label, []byte(encoded)); got != tt.text {
					t.Errorf("labelled %q: %q, want %q", label, got, tt.text)
				}
			}
		})
	}
}

func BenchmarkGuessCharset(b *testing.B) {
	encoded, err := japanese.ShiftJIS.NewEncoder().String("お世話になっております。来週の火曜日にお会いできますか。")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		guessCharset([]byte(encoded))
	}
}
