package classify

// heldOut are the authors whose rows nothing is learned from: one per language, with a way of writing and a trade of his own.
var heldOut = map[string]bool{
	"en-fay": true, "ar-fay": true, "de-fay": true, "fr-fay": true, "es-fay": true, "it-fay": true, "pt-fay": true, "nl-fay": true,
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
