"""Files of secrets: what of them is hidden wherever it occurs, and what is too ordinary for that."""

from __future__ import annotations

import pytest

from orchestra.observe.secret_files import telling_variables, values_in


@pytest.mark.parametrize("text, value", [
    ("STRIPE=plainvalue1234abcd\n", "plainvalue1234abcd"),
    ("export DATABASE='Tr0ub4dorAndMore'\r\n", "Tr0ub4dorAndMore"),
    ('{"blue": {"x": "kH7fQz81"}}', "kH7fQz81"), ("blue: kH7fQz81mP  \n", "kH7fQz81mP"),
    ("- kH7fQz81mP\n", "kH7fQz81mP"),
    ("kH7fQz81mPq7\n", "kH7fQz81mPq7"), ("machine h login u password kH7fQz81\n", "kH7fQz81"),
    ("host:5432:db:user:kH7fQz81!x\n", "kH7fQz81!x"), ("<x>kH7fQz81</x>", "kH7fQz81"),
    ("x=Blue!Horse&Co\n", "Blue!Horse&Co"),
    ("n = Summer2024\n", "Summer2024"), ('x="one kH7fQz81 two!"\n', "one kH7fQz81 two!"),
])
def test_every_value_that_is_not_ordinary_is_one(text: str, value: str) -> None:
    assert any(value in found for found in values_in(text))
    assert value in set(values_in(text)) or text.startswith("host")


@pytest.mark.parametrize("text", [
    "DEBUG=true\n", "APP_ENV=production\n", "NAME=My cool application\n", "PORT=12345678\n", "DATE=2024-01-31\n",
    "PATH=/usr/local/bin/python3\n", "LOG=var/log/app.log\n", "HOST=db1.example.org:5432\n",
    "MAIL=someone@host.org\n",
    "URL=https://host.org/a1b2c3d4e5\n", "REGION=eu-central-1\n", "ALGORITHM=sha256\n", "IMAGE=python:3.11-slim\n",
    "CHARSET=utf8mb4_unicode_ci\n", "ADDRESS=192.168.100.200\n", "A=${B1234567}\n",
    "TOKEN=your-token-1x2y3z\n", "A=kH7fQz8\n",
    "# a comment of some words, and more.\n",
])
def test_what_is_ordinary_is_none(text: str) -> None:
    assert list(values_in(text)) == []


def test_of_variables_only_those_with_telling_names_count() -> None:
    variables = {"SSH_AUTH_SOCK": "/tmp/ssh-X7k/agent.12", "DEPLOY_TOKEN": "Kp8-xQ2z-LeE7", "KEY": "kH7fQz81"}
    assert telling_variables(variables) == "DEPLOY_TOKEN=Kp8-xQ2z-LeE7\n"


def test_a_file_of_nothing_but_separators_is_read_in_its_time() -> None:
    for odd in ("=", "a=", '\\"', "${", 'k="' + "x" * 1990 + "\n"):
        assert len(list(values_in(odd * 20_000))) <= 1
