package main

import (
	"bytes"
	"encoding/json"
	"time"

	"go.yaml.in/yaml/v3"
)

// printDocument prints a document for a person: its stored fields in YAML, times in the local zone. With --json it prints JSON instead.
func (a *app) printDocument(doc any, asJSON bool) error {
	if asJSON {
		return a.printJSON(doc)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	var root yaml.Node // JSON is YAML, and a node keeps the order of the fields
	if err := yaml.Unmarshal(raw, &root); err != nil {
		return err
	}
	humanize(&root)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&root); err != nil {
		return err
	}
	_, err = a.out.Write(out.Bytes())
	return err
}

// humanize drops JSON's braces and quotes and moves times to the local zone.
func humanize(n *yaml.Node) {
	n.Style = 0
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" {
		if t, err := time.Parse(time.RFC3339, n.Value); err == nil {
			n.Value = t.Local().Format("2006-01-02 15:04:05 MST")
		}
	}
	for _, child := range n.Content {
		humanize(child)
	}
}
