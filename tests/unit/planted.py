"""Secrets of a hundred makes, made up by lot, so that none stands in this repository as a literal."""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass

_LETTERS = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Planted:
    """A line, or a few, of a file, and the secrets in it."""

    text: str
    secrets: tuple[str, ...]


def planted(seed: int = 7) -> list[Planted]:
    """A hundred secrets; every line is valid in a file of properties, and most in others."""
    chance = random.Random(seed)

    def some(count: int, of: str = _LETTERS) -> str:
        return "".join(chance.choice(of) for _ in range(count))

    def encoded(count: int) -> str:
        return base64.b64encode(chance.getrandbits(8 * count).to_bytes(count, "big")).decode("ascii")

    def web_token() -> str:
        parts = [json.dumps({"alg": "HS256", "n": some(9)}), json.dumps({"sub": some(20)})]
        return ".".join([*(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts), some(43)])

    tokens = [
        f"sk-{some(48)}1", f"sk-proj-{some(60)}1", f"sk-ant-api03-{some(90)}1", f"sk-or-v1-{some(64, _HEX)}1",
        f"AIza{some(35)}", f"gsk_{some(52)}", f"xai-{some(80)}", f"hf_{some(34)}", f"r8_{some(37)}",
        f"pplx-{some(48)}", f"nvapi-{some(60)}", f"tvly-{some(32)}", f"AKIA{some(16, string.ascii_uppercase)}",
        f"ASIA{some(16, string.ascii_uppercase)}", f"ya29.{some(120)}", f"GOCSPX-{some(28)}",
        f"dop_v1_{some(64, _HEX)}", f"dapi{some(32, _HEX)}", f"hvs.{some(90)}", f"pscale_tkn_{some(43)}",
        f"sbp_{some(40, _HEX)}",
        f"dp.pt.{some(43)}", f"AGE-SECRET-KEY-1{some(58, _UPPER)}", f"ghp_{some(36)}", f"gho_{some(36)}",
        f"ghs_{some(36)}", f"github_pat_{some(82)}", f"glpat-{some(20)}", f"gldt-{some(20)}", f"npm_{some(36)}",
        f"pypi-AgEIcHlwaS5vcmc{some(120)}", f"rubygems_{some(48, _HEX)}", f"dckr_pat_{some(27)}", f"cio{some(32)}",
        f"ATATT3{some(180)}", f"PMAK-{some(24, _HEX)}-{some(34, _HEX)}", f"xoxb-{some(12)}-{some(24)}",
        f"xoxp-{some(12)}-{some(24)}", f"xapp-1-{some(11)}-{some(64)}", f"SG.{some(22)}.{some(43)}",
        f"sk_live_{some(24)}", f"rk_live_{some(24)}", f"whsec_{some(32)}", f"SK{some(32, _HEX)}",
        f"key-{some(32, _HEX)}", f"sq0atp-{some(22)}", f"shpat_{some(32, _HEX)}", f"lin_api_{some(40)}",
        f"ntn_{some(46)}", f"figd_{some(40)}", f"pat{some(14)}.{some(64, _HEX)}", f"NRAK-{some(27, _UPPER)}",
        f"glsa_{some(32)}_{some(8, _HEX)}", f"dt0c01.{some(24, _UPPER)}.{some(64, _UPPER)}", f"sntrys_{some(80)}",
        f"{some(10, string.digits)}:AA{some(33)}", f"{some(14)}.atlasv1.{some(67)}", web_token(), web_token(),
        f"{some(3)}8Q~{some(34)}",
    ]
    found = [Planted(f"line.{number} = {token}", (token,)) for number, token in enumerate(tokens)]
    for form in _NAMED:
        value = some(12) + "7k"
        found.append(Planted(form.replace("VALUE", value), (value,)))
    for form in _RANDOM:
        value = some(30) + "7k"
        found.append(Planted(form.replace("VALUE", value), (value,)))
    found.append(Planted("blob = DefaultEndpointsProtocol=https;AccountKey=" + (key := encoded(64)) + ";x", (key,)))
    found.append(Planted("link = https://x.blob.invalid/a?sv=1&sig=" + (key := some(43)) + "%3D", (key + "%3D",)))
    hook = f"services/T{some(8, _UPPER)}/B{some(8, _UPPER)}/{some(24)}"
    found.append(Planted(f"hook = https://hooks.slack.com/{hook}", (hook,)))
    for kind in ("RSA ", "EC ", "OPENSSH "):
        lines = [encoded(48) for _ in range(4)]
        body = "\n".join(lines)
        found.append(Planted(
            f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----", tuple(lines)
        ))
    return found


_NAMED = (
    'password = "VALUE"', "DB_PASSWORD=VALUE", "  passwd: VALUE", "db_passphrase = 'VALUE'", '"password": "VALUE",',
    "<password>VALUE</password>", '<add key="DbPassword" value="VALUE" />', "export DB_PASS=VALUE",
    "run = mysql --password=VALUE -u root", "address = postgres://user:VALUE@db.invalid/x",
    "address = redis://:VALUE@cache.invalid:6379", "dsn = Server=x;User=y;Password=VALUE;", "client_secret=VALUE",
    "const dbPassword = 'VALUE';", "let password: String = \"VALUE\"", "$password = 'VALUE';", "password := \"VALUE\"",
    "define('DB_PASSWORD', 'VALUE123456');", "spring.datasource.password=VALUE",
    "  - name: DB_PASSWORD\n    value: VALUE",
    "run = curl -u admin:VALUE https://x.invalid", "sql = CREATE USER x IDENTIFIED BY 'VALUE'", "app_pwd: 'VALUE'",
    "ENV API_SECRET VALUE",
)
_RANDOM = (
    'const apiKey = "VALUE";', "aws_secret_access_key = VALUE", "auth_token: 'VALUE'", 'token = "VALUE"',
    "//registry.invalid/:_authToken=VALUE", "Authorization: Bearer VALUE", '"api-key" => "VALUE"',
    'os.environ["SECRET_KEY"] = "VALUE"', "salt: 'VALUE'", "secret_key_base: VALUE",
)
