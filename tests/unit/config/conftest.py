"""A folder for each layer, and the loading that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import pytest

from orchestra.config.loading import Config, load_config


@dataclass
class Layers:
    """Files to write, and the loading over them."""

    root: Path
    user_config: Path
    trust_file: Path
    named: Path

    def user(self, text: str) -> None:
        self.user_config.write_text(text, encoding="utf-8")

    def repository(self, text: str) -> None:
        (self.root / ".orchestra.yaml").write_text(text, encoding="utf-8")

    def load(
        self,
        named: str | None = None,
        variables: Mapping[str, str] | None = None,
        flags: Mapping[str, tuple[str, object]] | None = None,
    ) -> Config:
        if named is not None:
            self.named.write_text(named, encoding="utf-8")
        return load_config(
            root=self.root, cwd=self.root, variables=variables or {}, user_config=self.user_config,
            trust_file=self.trust_file, config_flag=str(self.named) if named is not None else None, flags=flags or {},
        )


@pytest.fixture
def layers(tmp_path: Path) -> Layers:
    root = tmp_path / "root"
    root.mkdir()
    return Layers(root, tmp_path / "user.yaml", tmp_path / "trust.json", tmp_path / "named.yaml")
