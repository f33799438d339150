package storetest

import (
	"slices"
	"testing"

	"github.com/notesd/notesd/pkg/store"
)

// corpus is titles and bodies, the last saved last.
var corpus = [][2]string{
	{"Käse aus Zürich", "Fondue für Ärzte, crème brûlée"},
	{"Αθήνα", "καλημέρα κόσμε, ο δρόμος"},
	{"Москва", "привет, мир; съешь ёлку"},
	{"القاهرة", "مَرْحَبًا بالعالم"},
	{"ירושלים", "שָׁלוֹם עולם"},
	{"दिल्ली", "नमस्ते दुनिया"},
	{"กรุงเทพ", "สวัสดีชาวโลก ภาษาไทย"},
	{"北京", "你好世界，今天天气很好"},
	{"東京", "こんにちは世界、カタカナ"},
	{"서울", "안녕하세요 세계"},
	{"Party 🎉", "cake 🎂 and 👩\u200d👩\u200d👧"},
	{"cheese", "Kase and cafe; see the cheese shop"},
	{"Shopping", "cheese, milk"},
}

// testSearchScripts expects what a reader of each script does, by hand.
func testSearchScripts(t *testing.T, s store.Store) {
	u := addUser(t, s)
	for i, text := range corpus {
		n := newNote(u.ID)
		n.Title, n.Body, n.UpdatedAt = text[0], text[1], at(i)
		addNote(t, s, n)
	}
	for query, want := range map[string][]string{
		"zurich": {"Käse aus Zürich"}, "ÄRZTE": {"Käse aus Zürich"}, "creme": {"Käse aus Zürich"}, "brûl": {"Käse aus Zürich"},
		"kase":         {"Käse aus Zürich", "cheese"}, // a title before a body
		"cheese":       {"cheese", "Shopping"},        // the title that is the query
		"che":          {"cheese", "Shopping"},
		"cheese -cafe": {"Shopping"},
		"ΑΘΗΝΑ":        {"Αθήνα"}, "δρομος": {"Αθήνα"}, "κοσμ": {"Αθήνα"},
		"москв": {"Москва"}, "ПРИВЕТ": {"Москва"},
		"مرحبا": {"القاهرة"}, "القاهرة": {"القاهرة"},
		"שלום": {"ירושלים"}, "ירוש": {"ירושלים"},
		"नमस्ते": {"दिल्ली"}, "दिल्ली": {"दिल्ली"},
		"สวัสดี": {"กรุงเทพ"}, "ไทย": {"กรุงเทพ"},
		"世界": {"東京", "北京"}, "天气": {"北京"}, "京": {"東京", "北京"},
		"カタ": {"東京"}, "こんにちは": {"東京"},
		"안녕": {"서울"}, "서울": {"서울"},
		"🎉": {"Party 🎉"}, "🎂 cake": {"Party 🎉"},
		"世界 -天气": {"東京"}, "nowhere": nil, "": nil, "NOT": nil, `"cheese shop"`: {"cheese"},
	} {
		var got []string
		for _, n := range found(t, s, u.ID, searchFor(query, 2), func() {}) {
			got = append(got, n.Title)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", query, got, want)
		}
	}
}
