package content

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/parser"
	"github.com/osteele/liquid/values"

	"mailrun/pkg/outreach"
)

// maxNodes bounds how many objects and tags a template may hold, and with it the time that rendering takes.
const maxNodes = 500

// template is one parsed template. Variables are those that it names; locals those that it assigns, with the variable whose lack
// explains theirs.
type template struct {
	language  *language
	nodes     []node
	variables map[string]string // as written, to their folded names
	locals    map[string]string
	count     int
	room      int // bytes that most messages fit in
}

// node is a piece of a template.
type node interface {
	write(*page) error
}

type (
	// text is what the author wrote.
	text string
	// object is {{ … }}.
	object struct {
		expression expressions.Expression
		usage      usage
		source     string
	}
	// assign is {% assign name = … %}.
	assign struct {
		name       string
		expression expressions.Expression
		source     string
	}
	// choice is {% if %}, {% unless %} or {% case %}: the first branch whose test holds is written.
	choice struct{ branches []branch }
	// branch is one way through a choice.
	branch struct {
		test func(*page) (bool, error)
		body []node
	}
)

// parse parses a template.
func (l *language) parse(source string) (t *template, err error) {
	defer guard("malformed template", &err)
	source, names := mangle(source)
	t = &template{language: l, variables: map[string]string{}, locals: map[string]string{}, room: len(source) + 1024}
	if err := checkTokens(scan(source)); err != nil {
		return nil, names.restore(err)
	}
	root, perr := l.config.Parse(source, parser.SourceLoc{LineNo: 1})
	if perr != nil {
		return nil, names.restore(perr)
	}
	t.nodes, err = t.compileAll(root.(*parser.ASTSeq).Children, names)
	if err != nil {
		return nil, names.restore(err)
	}
	return t, nil
}

// unclosed finds what begins an object or tag.
var unclosed = regexp.MustCompile(`\{[{%]`)

// checkTokens finds what the library takes for text: braces that are not closed, and a comment or raw block without end.
func checkTokens(tokens []parser.Token) error {
	var open *parser.Token
	for i := range tokens {
		tok := &tokens[i]
		switch {
		case tok.Type == parser.TagTokenType && open == nil && (tok.Name == "comment" || tok.Name == "raw"):
			open = tok
		case tok.Type == parser.TagTokenType && open != nil && tok.Name == "end"+open.Name:
			open = nil
		case tok.Type == parser.TextTokenType && open == nil:
			if at := unclosed.FindStringIndex(tok.Source); at != nil {
				line := tok.SourceLoc.LineNo + strings.Count(tok.Source[:at[0]], "\n")
				return fmt.Errorf("line %d: {{ or {%% is not closed on its line (spintax that begins with spintax needs a blank: { {a|b}|c})", line)
			}
		}
	}
	if open != nil {
		return fmt.Errorf("line %d: {%% %s %%} is not closed", open.SourceLoc.LineNo, open.Name)
	}
	return nil
}

func (t *template) compileAll(asts []parser.ASTNode, names mangled) ([]node, error) {
	var nodes []node
	trim := false // what comes next loses its leading blanks
	for _, ast := range asts {
		if d, ok := ast.(*parser.ASTTrim); ok {
			if d.TrimDirection == parser.Right {
				trim = true
			} else if last, ok := lastText(nodes); ok {
				nodes[len(nodes)-1] = text(strings.TrimRight(string(last), " \t\r\n"))
			}
			continue
		}
		n, err := t.compile(ast, names)
		if err != nil {
			return nil, err
		}
		if words, ok := n.(text); ok && trim {
			n = text(strings.TrimLeft(string(words), " \t\r\n"))
		}
		nodes, trim = append(nodes, n), false
	}
	return nodes, nil
}

func lastText(nodes []node) (text, bool) {
	if len(nodes) == 0 {
		return "", false
	}
	last, ok := nodes[len(nodes)-1].(text)
	return last, ok
}

func (t *template) compile(ast parser.ASTNode, names mangled) (node, error) {
	if t.count++; t.count > maxNodes {
		return nil, fmt.Errorf("more than %d objects and tags", maxNodes)
	}
	switch ast := ast.(type) {
	case *parser.ASTText:
		return text(clean(ast.Source)), nil
	case *parser.ASTRaw:
		return text(names.original(clean(strings.Join(ast.Slices, "")))), nil
	case *parser.ASTObject:
		return t.object(ast)
	case *parser.ASTTag:
		return t.tag(ast)
	case *parser.ASTBlock:
		n, err := t.choice(ast, names)
		return n, at(ast.Token, err)
	}
	return nil, fmt.Errorf("unexpected %T", ast)
}

// at adds where an error is.
func at(tok parser.Token, err error) error {
	var located *locatedError
	if err == nil || errors.As(err, &located) {
		return err
	}
	return &locatedError{tok, err}
}

// locatedError says where in a template something is wrong.
type locatedError struct {
	token parser.Token
	err   error
}

func (e *locatedError) Error() string {
	return fmt.Sprintf("line %d: %s: %v", e.token.SourceLoc.LineNo, e.token.Source, e.err)
}

func (e *locatedError) Unwrap() error { return e.err }

func (t *template) object(ast *parser.ASTObject) (node, error) {
	u, err := t.note(ast.Args)
	if err != nil {
		return nil, at(ast.Token, err)
	}
	return object{ast.Expr, u, ast.Source}, nil
}

// note reads which variables an expression names, and checks its filters.
func (t *template) note(source string) (usage, error) {
	u, err := readUsage(source)
	if err != nil {
		return u, err
	}
	for _, name := range u.variable {
		t.variables[name] = outreach.FoldName(unmangle(name))
	}
	for _, f := range u.filters {
		if !t.language.filters[f] {
			return u, fmt.Errorf("unknown filter %q", f)
		}
	}
	return u, nil
}

func (t *template) tag(ast *parser.ASTTag) (node, error) {
	if ast.Name != "assign" {
		return nil, at(ast.Token, fmt.Errorf("the tag %s is not offered; there are assign, if, unless, case, comment and raw", ast.Name))
	}
	name, value, _ := strings.Cut(ast.Args, "=")
	name = strings.TrimSpace(name)
	u, err := t.note(value)
	if err != nil {
		return nil, at(ast.Token, err)
	}
	stmt, err := expressions.ParseStatement(expressions.AssignStatementSelector, ast.Args)
	if err != nil {
		return nil, at(ast.Token, err)
	}
	t.locals[name] = u.head
	return assign{stmt.Assignment.Variable, stmt.Assignment.ValueFn, ast.Source}, nil
}

// choice compiles a block. What an author tests for may be missing: that is what tests are for.
func (t *template) choice(ast *parser.ASTBlock, names mangled) (node, error) {
	var c choice
	first, err := t.condition(ast.Args)
	if err != nil {
		return nil, err
	}
	if ast.Name != "case" {
		body, err := t.compileAll(ast.Body, names)
		if err != nil {
			return nil, err
		}
		c.branches = append(c.branches, branch{holds(first, ast.Name == "if"), body})
	}
	for _, clause := range ast.Clauses {
		b, err := t.clause(first, clause, names)
		if err != nil {
			return nil, at(clause.Token, err)
		}
		c.branches = append(c.branches, b)
	}
	return c, nil
}

func (t *template) clause(subject expressions.Expression, ast *parser.ASTBlock, names mangled) (b branch, err error) {
	switch ast.Name {
	case "elsif":
		var e expressions.Expression
		if e, err = t.condition(ast.Args); err == nil {
			b.test = holds(e, true)
		}
	case "when":
		b.test, err = t.when(subject, ast.Args)
	default:
		b.test = func(*page) (bool, error) { return true, nil }
	}
	if err == nil {
		b.body, err = t.compileAll(ast.Body, names)
	}
	return b, err
}

func (t *template) condition(source string) (expressions.Expression, error) {
	if strings.TrimSpace(source) == "" {
		return nil, errors.New("the condition is missing")
	}
	if _, err := t.note(source); err != nil {
		return nil, err
	}
	return expressions.Parse(source)
}

func (t *template) when(subject expressions.Expression, source string) (func(*page) (bool, error), error) {
	if _, err := t.note(source); err != nil {
		return nil, err
	}
	stmt, err := expressions.ParseStatement(expressions.WhenStatementSelector, source)
	if err != nil {
		return nil, err
	}
	return func(p *page) (bool, error) {
		want, err := subject.Evaluate(p.context)
		for _, e := range stmt.Exprs {
			if err != nil {
				break
			}
			var v any
			if v, err = e.Evaluate(p.context); err == nil && values.Equal(want, v) {
				return true, nil
			}
		}
		return false, err
	}, nil
}

// holds tests a condition: everything but nothing and false counts as true.
func holds(e expressions.Expression, want bool) func(*page) (bool, error) {
	return func(p *page) (bool, error) {
		v, err := e.Evaluate(p.context)
		return (v != nil && v != false) == want, err
	}
}
