package classify

// heldOut are the authors whose rows nothing is learned from: one per language, with a way of writing and a trade of his own.
var heldOut = map[string]bool{
	"en-eva": true, "ar-eva": true, "de-eva": true, "fr-eva": true, "es-eva": true, "it-eva": true, "pt-eva": true, "nl-eva": true,
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
