package classify

// heldOut are the authors whose rows nothing is learned from: one per language, with a way of writing and a trade of his own.
var heldOut = map[string]bool{
	"en-dora": true, "ar-dora": true, "de-dora": true, "fr-dora": true, "es-dora": true, "it-dora": true, "pt-dora": true, "nl-dora": true,
}

// Split parts labelled rows by author: what is learned from, and what it is measured with.
func Split(rows []Row) (train, held []Row) {
	for _, row := range rows {
		if heldOut[row.Author] {
			held = append(held, row)
		} else {
			train = append(train, row)
		}
	}
	return train, held
}
