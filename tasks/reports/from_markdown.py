"""Markdown that a model wrote, read into blocks. Only its own forms survive: raw HTML is text, links and images too.

A link's address is shown beside its text and is never active: a model invents addresses, and a reader of a report
should not be one click away from one.
"""

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from tasks.reports.document import (
    Block,
    Blocks,
    Code,
    CodeBlock,
    Heading,
    Inline,
    Items,
    Line,
    LineBreak,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Text,
)

_READER = MarkdownIt("commonmark", {"html": False, "maxNesting": 12}).enable(["table", "strikethrough"])
DEEPEST_HEADING = 6
LARGEST_NUMBER = 9999
"""Of a list's first item; Markdown knows no numbers of more than nine digits."""


def read_markdown(text: str, level: int) -> Blocks:
    """The blocks of a Markdown text. Its largest heading becomes one of `level`, smaller ones follow."""
    root = SyntaxTreeNode(_READER.parse(text))
    headings = [int(node.tag[1:]) for node in root.walk() if node.type == "heading"]
    shift = level - min(headings, default=level)
    return _blocks(root, shift)


def _blocks(node: SyntaxTreeNode, shift: int) -> Blocks:
    return tuple(_block(child, shift) for child in node.children)


def _block(node: SyntaxTreeNode, shift: int) -> Block:
    match node.type:
        case "heading":
            return Heading(min(int(node.tag[1:]) + shift, DEEPEST_HEADING), _line(node))
        case "paragraph":
            return Paragraph(_line(node))
        case "bullet_list":
            return Items(tuple(_blocks(item, shift) for item in node.children))
        case "ordered_list":
            first = min(int(node.attrs.get("start", 1)), LARGEST_NUMBER)
            return Items(tuple(_blocks(item, shift) for item in node.children), first)
        case "blockquote":
            return Quote(_blocks(node, shift))
        case "table":
            return _table(node)
        case "hr":
            return Rule()
        case _:
            return CodeBlock(node.content)


def _table(node: SyntaxTreeNode) -> Table:
    rows = [tuple(_line(cell) for cell in row.children) for part in node.children for row in part.children]
    return Table(rows[0], tuple(rows[1:]))


def _line(node: SyntaxTreeNode) -> Line:
    """The inline content of a block; adjacent texts are joined, so that none is taken for the start of a block."""
    joined: list[Inline] = []
    for inline in (found for child in node.children for found in _inline(child)):
        if joined and isinstance(inline, Text) and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + inline.text)
        else:
            joined.append(inline)
    return tuple(joined)


def _inline(node: SyntaxTreeNode) -> Line:
    match node.type:
        case "inline":
            return _line(node)
        case "strong" | "em" | "s" as style:
            return (Styled(style, _line(node)),)
        case "code_inline":
            return (Code(node.content),)
        case "softbreak":
            return (Text(" "),)
        case "hardbreak":
            return (LineBreak(),)
        case "link":
            return (*_line(node), Text(_address(str(node.attrs.get("href", "")))))
        case "image":
            return (Text(f"[picture: {node.content}]"), Text(_address(str(node.attrs.get("src", "")))))
        case _:
            return (Text(node.content),)


def _address(address: str) -> str:
    return f" ({address})" if address else ""
