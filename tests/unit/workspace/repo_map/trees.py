"""Small repositories on the disk, and a cache in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping

SHOP = {
    "README.md": "# The shop\n\nSells things.\n",
    "pyproject.toml": "[project]\n",
    "shop/__init__.py": "",
    "shop/stock.py": (
        "from shop.items import Item\n\n\nclass Stock:\n    def take_item(self, item: Item) -> bool:\n"
        "        return item.is_there\n"
    ),
    "shop/items.py": "class Item:\n    is_there: bool = True\n\n\ndef parse_item(text):\n    return Item()\n",
    "shop/invoice.py": "from .stock import Stock\n\n\ndef round_total(stock: Stock):\n    return parse_item('x')\n",
    "tests/test_stock.py": "from shop.stock import Stock\n\n\ndef test_take_item():\n    Stock().take_item(None)\n",
    "tests/test_invoice.py": "from shop.invoice import round_total\n",
    "web/cart.ts": "import { total } from './total'\nexport class Cart {\n}\n",
    "web/total.ts": "export function total() {\n}\n",
    "web/cart.spec.ts": "import { Cart } from './cart'\n",
}


def write(root: Path, files: Mapping[str, str]) -> list[str]:
    """The paths of what was written."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return list(files)


class Memory:
    """A cache that remembers what it was asked."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, bytes]] = {}
        self.put: list[str] = []

    def read(self, kind: str, keys: Iterable[str] | None = None) -> Mapping[str, bytes]:
        contents = self.kept.get(kind, {})
        return dict(contents) if keys is None else {key: contents[key] for key in keys if key in contents}

    def keep(self, kind: str, contents: Mapping[str, bytes]) -> None:
        self.put += [kind] * len(contents)
        self.kept.setdefault(kind, {}).update(contents)

    def keep_only(self, kind: str, keys: Iterable[str]) -> None:
        used = set(keys)
        self.kept[kind] = {key: content for key, content in self.kept.get(kind, {}).items() if key in used}
