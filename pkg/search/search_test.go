package search_test

import (
	"testing"

	"github.com/notesd/notesd/pkg/api"
	"github.com/notesd/notesd/pkg/search"
)

func TestFinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		script string
		text   string
		finds  []string
		misses []string
	}{
		{
			"Latin", "Crème brûlée à l'École, Straße, Łódź, smørrebrød, İstanbul ısı",
			[]string{"creme", "CRÈME BRUL", "ecole", "l'éc", "strasse", "STRASSE", "straße", "lodz", "smorre", "istanbul", "isi", "İSTANBUL"},
			[]string{"reme", "l'brul", "cremes"},
		},
		{"combining", "cafe\u0301 nai\u0308ve", []string{"café", "cafe", "naïve", "NAIVE"}, nil},
		{"full width", "ＡＢＣ１２３ ﬁne", []string{"abc123", "fine", "ａｂ"}, nil},
		{"Greek", "Ὀδυσσεύς ΣΊΣΥΦΟΣ", []string{"οδυσσευς", "οδυσσευΣ", "σισυφος", "Σίσ"}, []string{"δυσσ"}},
		{"Cyrillic", "Ёлка и мой м'яч, їжак", []string{"елка", "ёлка", "ЕЛКА", "мой", "м’яч", "мʼяч", "яч", "їжак"}, []string{"мои"}},
		{"Arabic", "كِتَابٌ أحمد مدرسة كـــتاب می\u200cخواهم ١٢٣", []string{"كتاب", "احمد", "أحمد", "مدرسه", "میخواهم", "می\u200cخواهم"}, []string{"تاب"}},
		{"Hebrew", "שָׁלוֹם צה\"ל צה״ל ג'ירפה", []string{"שלום", "צהל", "צה״ל", `צה"ל`, "גירפה", "ג'ירפה"}, nil},
		{"Devanagari", "हिन्दी ज़मीन कि की", []string{"हिन्दी", "हिन", "जमीन", "ज़मीन", "कि"}, []string{"हन्दी", "कु"}},
		{"Tamil", "தமிழ் மொழி", []string{"தமிழ்", "தமி"}, nil},
		{"Thai", "ภาษาไทยง่ายนิดเดียว น้ำ", []string{"ภาษา", "ไทย", "ง่าย", "น้ำ", "น"}, []string{"งาย", "ไทยนิด"}},
		{"Lao", "ພາສາລາວ", []string{"ລາວ"}, nil},
		{"Khmer", "ភាសា\u200bខ្មែរ", []string{"ខ្មែរ", "ភាសាខ្មែរ"}, nil},
		{"Myanmar", "မြန်မာဘာသာ", []string{"ဘာသာ", "မြန်မာ"}, nil},
		{"Chinese", "今天我去了北京大学，天气很好。", []string{"北京", "京", "大学", "北京大学", "好", "天气", `"北京大学"`, "今天 天气"}, []string{"京北", "学天", "大学天气"}},
		{"Japanese", "東京タワーへ行きました。ガラス ｶﾞﾗｽ プログラム「メモ」", []string{"東京", "タワー", "行き", "た", "ガラス", "ｶﾞﾗｽ", "プログ", "メモ"}, []string{"カラス", "京都", "ブログ"}},
		{"Korean", "대한민국의 수도는 서울", []string{"대한", "대하", "대한민국", "서울", "서우", "수도는"}, []string{"한국", "민국"}},
		{"emoji", "ship it 🚀 👍🏽 👨‍👩‍👧 🇩🇪 ❤️ done✅", []string{"🚀", "👍", "👍🏽", "👨‍👩‍👧", "👨", "🇩🇪", "❤", "❤️", "✅", "done✅"}, []string{"👍🏿", "🇫🇷", "👩"}},
		{
			"code", "C++ and C#, snake_case CamelCase https://www.example.com/a?b=c ann@example.com 3.14159 v1.2.3",
			[]string{"c++", "C#", "c", "snake_case", "case", "snake_ca", "camelcase", "camel", "example", "www.example.com/a", "ann@ex", "3.14", "v1.2.3", "v1.2"},
			[]string{"f#", "1.2.3", "c+++", "snakecase", "9", "3.15", "ann@com"},
		},
		{"one letter", "vitamin C is a must", []string{"c", "A", "vitamin c"}, []string{"v", "m", "-c", "-must vitamin"}},
		{
			"syntax", "buy fresh milk, today",
			[]string{`"fresh milk"`, `“fresh milk”`, `"milk today"`, `"fresh mil`, "milk -eggs", "-eggs", `-"milk fresh"`, "fresh-milk", "--milk"},
			[]string{`"fresh mil"`, `"milk fresh"`, "milk -fresh", `-"fresh milk"`, "-milk", "is:foo", "tag:", "!!!", "", "-", `""`, "before:nonsense"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.script, func(t *testing.T) {
			t.Parallel()
			for _, in := range []string{"title", "body"} {
				n := &api.Note{}
				if in == "title" {
					n.Title = tt.text
				} else {
					n.Body = tt.text
				}
				for _, q := range tt.finds {
					if _, ok := search.Parse(q).Rank(n); !ok {
						t.Errorf("%q does not find the %s %q", q, in, tt.text)
					}
				}
				for _, q := range tt.misses {
					if _, ok := search.Parse(q).Rank(n); ok {
						t.Errorf("%q finds the %s %q", q, in, tt.text)
					}
				}
			}
		})
	}
}
