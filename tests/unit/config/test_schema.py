from __future__ import annotations

import dataclasses

from orchestra.config.conversion import settings_of, values_of
from orchestra.config.rules import RULES
from orchestra.config.schema import schema, walk
from orchestra.config.settings import Settings
from orchestra.config.tables import keys_table, variables_table


def test_every_rule_belongs_to_a_key_and_every_key_has_one() -> None:
    assert [key for key, _ in walk(schema())] != []
    assert {key for key, _ in walk(schema())} == set(RULES)


def test_the_top_has_the_fields_of_the_settings() -> None:
    assert list(schema().entries) == [field.name for field in dataclasses.fields(Settings)]


def test_settings_survive_the_way_to_plain_values_and_back() -> None:
    assert settings_of(values_of(Settings())) == Settings()
    assert settings_of({}) == Settings()


def test_the_tables_hold_a_row_for_each_key() -> None:
    keys = keys_table()
    assert "| `budget.max_cost` | an amount from 0 to 1000000000 or null | `1.0` |" in keys
    assert "| `providers.NAME.models.NAME.price_input` |" in keys
    variables = variables_table()
    assert "| `ORCHESTRA_BUDGET__MAX_COST` | `budget.max_cost` |" in variables
    assert "| `ORCHESTRA_TRUST` |" in variables
    for table in (keys, variables):
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1
