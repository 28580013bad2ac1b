package message

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// quoteMarks are the substrings without which an HTML document holds no quote that quoteCutter knows; the search for them spares most
// documents the parsing.
var quoteMarks = list(`blockquote, gmail_quote, gmail_extra, divrplyfwdmsg, appendonsend, olk_src_body_section, moz-cite-prefix, moz-forward-container, yahoo_quoted,
	yahoo-quoted, protonmail_quote, tutanota_quote, border-top, name="quote", name=quote, zwchr, stopspelling, zmail_extra,
	mail-editor-reference-message, reference-message-container, ms-outlook-mobile-reference, hs_reply, front-blockquote, freshdesk_quote, gorgias_quote,
	isreplycontent, includetail, replycontent, origbody, airmail_on, bloop_original, quotedtext, quoted-text, quote-reply, mailquote, mail_quote,
	aolmsgpart, airmailbloopquote`)

// quoteContainers are parts of ids and classes of the elements that hold a quote and nothing else.
var quoteContainers = list(`gmail_quote, yahoo_quoted, yahoo-quoted, protonmail_quote, tutanota_quote, zmail_extra, olk_src_body_section, moz-cite-prefix, moz-forward-container,
	hs_reply, front-blockquote, freshdesk_quote, gorgias_quote, isreplycontent, origbody, bloop_original, quotedtext, quoted-text, quote-reply,
	mail_quote, mailquote, airmailbloopquote`)

// quoteStarts are parts of ids and classes of elements below which all is quoted.
var quoteStarts = list(`divrplyfwdmsg, appendonsend, mail-editor-reference-message, reference-message-container, ms-outlook-mobile-reference, zwchr, stopspelling, zmail_extra_hr`)

// maxQuoteHTML bounds the documents that are parsed for quotes; larger ones are judged by their text.
const maxQuoteHTML = 512 << 10

// cutHTMLQuotes removes the quotes that mail programs mark in HTML. A ">" line stays in the place of each, so that the rules for text see
// where it stood. ok is false if there was none.
func cutHTMLQuotes(document string) (text string, ok bool) {
	if len(document) > maxQuoteHTML || !containsAny(strings.ToLower(document), quoteMarks) {
		return "", false
	}
	root, err := html.Parse(strings.NewReader(document))
	if err != nil {
		return "", false
	}
	var c quoteCutter
	c.walk(root, 0)
	c.cutPlainBlockquote()
	if !c.found {
		return "", false
	}
	var out strings.Builder
	if err := html.Render(&out, root); err != nil {
		return "", false
	}
	return htmlToText(out.String()), true
}

// maxQuoteDepth bounds the walk; deeper elements are no work of a mail program.
const maxQuoteDepth = 400

// quoteCutter walks over a document once.
type quoteCutter struct {
	found bool
	done  bool       // all that follows is quoted
	plain *html.Node // the last outermost blockquote that says nothing of its origin
}

// walk removes quotes below n; once done is set, everything after it goes.
func (c *quoteCutter) walk(n *html.Node, depth int) {
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		switch {
		case c.done:
			n.RemoveChild(child)
		case child.Type != html.ElementNode:
		case c.startsQuote(child):
			c.cut(child)
			c.done = true
		case isQuoteElement(child):
			c.cutContainer(child)
		case child.DataAtom == atom.Blockquote:
			if !isIndent(child) {
				c.plain = child
			}
		case depth < maxQuoteDepth:
			c.walk(child, depth+1)
		}
		child = next
	}
}

// cut puts a ">" line in the place of a node.
func (c *quoteCutter) cut(n *html.Node) {
	c.found = true
	mark := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	mark.AppendChild(&html.Node{Type: html.TextNode, Data: ">"})
	n.Parent.InsertBefore(mark, n)
	n.Parent.RemoveChild(n)
}

// cutContainer removes a quote. A container with the introduction, the quote and an answer below or between (Gmail) loses only the first two.
func (c *quoteCutter) cutContainer(n *html.Node) {
	quote := firstChildQuote(n)
	if quote == nil {
		c.cut(n)
		return
	}
	for n.FirstChild != quote {
		n.RemoveChild(n.FirstChild)
	}
	for child := n.FirstChild; child != nil; {
		next := child.NextSibling
		if child.DataAtom == atom.Blockquote {
			c.cut(child)
		}
		child = next
	}
}

// firstChildQuote finds a blockquote right below n, where n is a container that is no blockquote itself.
func firstChildQuote(n *html.Node) *html.Node {
	if n.DataAtom == atom.Blockquote {
		return nil
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.DataAtom == atom.Blockquote {
			return child
		}
	}
	return nil
}

// cutPlainBlockquote removes the last outermost blockquote: the older programs write a quote so. Earlier ones are the writer's.
func (c *quoteCutter) cutPlainBlockquote() {
	if c.plain != nil && !c.found && c.plain.Parent != nil {
		c.cut(c.plain)
	}
}

// isQuoteElement recognizes the elements that hold a quote.
func isQuoteElement(n *html.Node) bool {
	marks := strings.ToLower(nodeAttr(n, "id") + " " + nodeAttr(n, "class"))
	if containsAny(marks, quoteContainers) {
		return n.DataAtom != atom.Body && n.DataAtom != atom.Html
	}
	switch {
	case n.DataAtom == atom.Blockquote:
		name := strings.ToLower(nodeAttr(n, "name"))
		return strings.EqualFold(nodeAttr(n, "type"), "cite") || nodeAttr(n, "cite") != "" || name == "replycontent" || name == "quote"
	case n.Data == "includetail":
		return true
	}
	return strings.EqualFold(nodeAttr(n, "name"), "quote") // GMX, web.de, mail.com
}

// startsQuote recognizes the elements with which a quote begins that reaches to the end: marked ones, and the ruled-off header of Outlook.
func (c *quoteCutter) startsQuote(n *html.Node) bool {
	marks := strings.ToLower(nodeAttr(n, "id") + " " + nodeAttr(n, "class"))
	if containsAny(marks, quoteStarts) {
		return true
	}
	style := strings.ToLower(nodeAttr(n, "style"))
	if !strings.Contains(style, "border-top") || !strings.Contains(style, "solid") {
		return false
	}
	lines := textLines(strings.TrimSpace(nodeText(n, 4000)))
	_, ok := headerBlock(lines, 0, true)
	return ok
}

// isIndent recognizes the indentation of Gmail's and Outlook's editors, which is no quote.
func isIndent(n *html.Node) bool {
	style := strings.ReplaceAll(strings.ToLower(nodeAttr(n, "style")), " ", "")
	return strings.Contains(style, "border:none") || strings.Contains(style, "margin:0040px") || strings.Contains(style, "margin:0px0px0px40px") ||
		strings.Contains(style, "margin-left:40px") && !strings.Contains(style, "border-left")
}

func nodeAttr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// nodeText collects the text below n, at most limit bytes, with lines where the document breaks them.
func nodeText(n *html.Node, limit int) string {
	var out strings.Builder
	nodes := 0
	for d := range n.Descendants() {
		nodes++
		switch {
		case out.Len() > limit || nodes > limit:
			return out.String()
		case d.Type == html.TextNode:
			out.WriteString(strings.Join(strings.Fields(strings.ReplaceAll(d.Data, "\u00a0", " ")), " ") + " ")
		case d.DataAtom == atom.Br || d.DataAtom == atom.Div || d.DataAtom == atom.P || d.DataAtom == atom.Tr:
			out.WriteByte('\n')
		}
	}
	return out.String()
}

func containsAny(s string, words []string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
