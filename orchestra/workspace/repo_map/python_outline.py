"""What a Python file declares, by its syntax tree: whole signatures, and the fields of classes."""

from __future__ import annotations

import ast
from typing import Iterator, Sequence

from orchestra.workspace.languages.python import parsed
from orchestra.workspace.repo_map.file_facts import MAX_DECLARATIONS, Declaration, shown_signature

_DEEPEST = 2


def python_outline(text: str) -> tuple[Declaration, ...] | None:
    """In the order of the lines; None for what this Python cannot read."""
    module = parsed(text)
    if module is None:
        return None
    try:
        return tuple(_declared(module.body, 0))[:MAX_DECLARATIONS]
    except RecursionError:
        return None


def _declared(body: Sequence[ast.stmt], depth: int) -> Iterator[Declaration]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            bases = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
            yield _declaration(node, node.name, "class %s%s" % (node.name, "(%s)" % bases if bases else ""), depth)
            if depth < _DEEPEST:
                yield from _declared(node.body, depth + 1)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            returns = "" if node.returns is None else " -> " + ast.unparse(node.returns)
            word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
            yield _declaration(node, node.name, f"{word} {node.name}({ast.unparse(node.args)}){returns}", depth)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            if depth or node.target.id.isupper():
                name = node.target.id
                yield _declaration(node, name if not depth else "", f"{name}: {ast.unparse(node.annotation)}", depth)
        elif isinstance(node, ast.Assign) and not depth:
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id.isupper():
                    yield _declaration(node, target.id, target.id + " = ...", depth)
        elif isinstance(node, (ast.If, ast.Try)):
            yield from _declared([*node.body, *node.orelse], depth)


def _declaration(node: ast.stmt, name: str, signature: str, depth: int) -> Declaration:
    return Declaration(node.lineno, name, shown_signature("    " * depth + signature))
