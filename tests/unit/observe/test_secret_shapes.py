"""What is taken for a secret, and what is not."""

from __future__ import annotations

import json
import base64
import re

import pytest

from orchestra.observe.secret_shapes import find_secrets
from orchestra.observe.split_literals import across_seams, stretches_of
from tests.unit.planted import Planted, planted

ALL = planted()


def found_in(text: str) -> set[str]:
    return {text[start:end] for start, end in find_secrets(text)}


def uncovered(text: str, secrets: tuple[str, ...]) -> list[str]:
    """The secrets of which more than half is left once what is found has been taken out."""
    left = text
    for each in sorted(found_in(text), key=len, reverse=True):
        left = left.replace(each, "")
    return [secret for secret in secrets if secret in left or secret[len(secret) // 2:] in left]


def test_the_corpus_has_a_hundred_secrets_and_no_two_alike() -> None:
    assert len(ALL) == 100
    assert len({secret for each in ALL for secret in each.secrets}) >= 100


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.text[:30])
@pytest.mark.parametrize("frame", ["%s\n", "# x\n%s\r\n# y\n", "+%s\n", "    %s\n"])
def test_every_planted_secret_is_found_where_it_may_stand(each: Planted, frame: str) -> None:
    text = frame % each.text
    if frame.startswith(("+", " ")):
        text = "".join(frame % line for line in each.text.split("\n"))
    assert uncovered(text, each.secrets) == []


@pytest.mark.parametrize("form", [
    "https://api.invalid/v1?api_key=VALUE&x=1",
    'url = "https://api.invalid/v1?access_token=VALUE"', "a&password=VALUE&",
    "jdbc:mysql://h/db?user=u&password=VALUE", "git clone https://VALUE@github.com/x",
    "Server=x;Uid=sa;Password=VALUE;",
    'conn = "host=h user=u password=VALUE dbname=x"', '#define API_KEY "VALUE"', 'const SECRET: &str = "VALUE";',
    "const SECRET: &'static str = \"VALUE\";", 'TOKEN = """VALUE"""', 'self.token = token or "VALUE"',
    'const token = process.env.TOKEN || "VALUE";', 'passwd = ("VALUE")', 'password = str("VALUE")',
    'user.set_password("VALUE")', "Authorization: Token VALUE", '{"Authorization": "token VALUE"}',
    r'{\"password\": \"VALUE\"}', '<property name="password">VALUE</property>', "Cookie: a=b; session=VALUE; c=d",
    '"Cookie": "PHPSESSID=VALUE"', "# password: VALUE", "// API key: VALUE", "machine h login u password VALUE",
    "sshpass -p VALUE ssh h", "mysql -u root -pVALUE db", "docker login -u u -p VALUE",
])
def test_secrets_are_found_in_the_notations_of_many_languages_and_commands(form: str) -> None:
    value = planted(3)[0].text[-30:-2] + "7k"
    assert uncovered(f"a\n{form.replace('VALUE', value)}\nb\n", (value,)) == []


@pytest.mark.parametrize("form", [
    "mongosh -u admin -p VALUE --host h", "mongodump -h h -u root -p 'VALUE' -o b", "sqlcmd -S h -U sa -P VALUE -d m",
    "tool --username me -p VALUE", "redis-cli -h h -a VALUE ping", 'ldapsearch -x -D "cn=a,dc=x" -w VALUE -b dc=x',
    "mysqldump -uroot -pVALUE db", "az login -u me@x.io -p VALUE", "podman login -u me -p VALUE quay.io",
    "7z x -pVALUE a.7z", "unzip -P VALUE a.zip", "openssl rsa -in k.pem -passin pass:VALUE",
    "openssl enc -aes-256-cbc -k VALUE -in f", "htpasswd -b /etc/ht me VALUE", "rabbitmqctl add_user shop VALUE",
    "smbclient //h/s -U me%VALUE", "curl -u me:VALUE https://h/", "sshpass -pVALUE ssh h", "useradd -p VALUE bob",
    'echo "root:VALUE" | chpasswd', "expect -c 'send \"VALUE\\r\"'", "net user bob VALUE /add", "PGPASSWORD=VALUE psql",
    "keytool -genkey -storepass VALUE", "git clone https://oauth2:VALUE@git.invalid/r", "REDIS_URL=redis://:VALUE@h/0",
    "amqp://shop:VALUE@mq/v", "jdbc:oracle:thin:shop/VALUE@//o:1521/XE",
    "jdbc:sqlserver://h;user=sa;password=VALUE;", "Data Source=h;UID=sa;PWD=VALUE", "https://x.invalid/?token=VALUE",
    'conn = connect("db", "root", "VALUE")', 'client.login("me@x.org", "VALUE")', 'auth = HTTPBasicAuth("me", "VALUE")',
    'session.auth = ("me", "VALUE")', 'jwt.sign(x, "VALUE")', 'DriverManager.getConnection(url, "sa", "VALUE");',
    "$pdo = new PDO($dsn, 'root', 'VALUE');", 'hmac.new(b"VALUE", m, "sha256")', "session({secret: 'VALUE'})",
    "db.SetPassword('VALUE')", "cfg.Passwd = 'VALUE'", "CREATE USER u IDENTIFIED BY 'VALUE';",
    "ALTER ROLE r WITH PASSWORD 'VALUE';", "CREATE LOGIN l WITH PASSWORD = N'VALUE';", "mysql_root_password: VALUE",
    "smtp_pass = VALUE", "<property name='password'>VALUE</property>", "Log in as qa with password `VALUE`.",
    "The deploy token is VALUE.", "user: demo / password: VALUE", "| admin | password | VALUE |", 'psk="VALUE"',
    "snmp-server community VALUE RO", "ansible-playbook -e ansible_become_pass=VALUE", "x --set db.password=VALUE",
    "java -Djavax.net.ssl.keyStorePassword=VALUE -jar x",
    "kubectl create secret generic s --from-literal=password=VALUE",
    "aws configure set aws_secret_access_key VALUE", "npm config set //r/:_authToken VALUE",
    "INFO connecting with password=VALUE", "ERROR: denied for me with password VALUE", 'set password "VALUE"',
    "SET PASSWORD FOR u = PASSWORD('VALUE')", 'secretKeyBase = "VALUE"', "required username='a' password='VALUE';",
])
@pytest.mark.parametrize("value", ["hVcqTzbnwKqjxRpd", "zxkvhqwjrptbmgfd", "Qk7vR2xZ9bT4mW8n"])
def test_passwords_of_letters_alone_are_found_as_well(form: str, value: str) -> None:
    assert found_in(f"a\n{form.replace('VALUE', value)}\nb\n") == {value}


@pytest.mark.parametrize("url", ["postgres://shop:%s@db/x", "ftp://me:%s@h/", "redis://:%s@h:6379/0"])
def test_a_word_is_a_password_where_an_address_has_one_unless_documents_say_so(url: str) -> None:
    assert found_in(url % "correcthorse" + "\n") == {"correcthorse"}
    for word in ("password", "yourpassword", "postgres", "username", "changeme", "secret"):
        assert found_in(url % word + "\n") == set()


@pytest.mark.parametrize("text", [
    "mkdir -p build/output/dir", "docker run -u root -p 8080:80 img", "docker run -u me -p 127.0.0.1:8080:80 img",
    "ssh -p 2222 me@host", "cargo build -p my-crate-name", "pytest -p no:cacheprovider", "tox -p auto",
    "python -u script.py -p plugin2name", "git add -p filename.py", "cp -u -p source1file target1file",
    "https://host:8443/path@2x.png", "npm i @scope/pkg@1.2.3", 'login("username", "password")', "docker login ghcr.io",
    'connect("localhost", "database_name", timeout=30)', 'jwt.encode(payload, settings.SECRET, algorithm="HS256")',
    "git@github.com:acme/widget.git", 'password: "Passwort"', '"password": "contraseña"', "password: currentUser",
    'secret = "kubernetes"', 'token = "javascriptEnabled"', 'passwordField: "newPasswordHash"',
    "zip -r archive.zip folder",
    'session.auth = ("username", "passwordAttribute")', "curl -u username:password https://h",
    "send \"hello world\\n\"",
    "The token is invalidated_by_logout.", "user: demo / password: see the manual", "| user | password | description |",
    "hmac.new(secret_key_bytes, 'message_of_this', 'sha256_algorithm')", "a password `generated` by the server",
    "After login redirect to the cross-platform-landing-page.", "gzip and strip X-Powered-By-Header-2",
    "zip the Non-Production-Build-42", "at login use http-proxy-middleware2",
    'variable "token_ttl" { default = "3600seconds" }', 'variable "ssh_key_name" {\n default = "my-key-pair-2024"\n}',
    "check(password=hash1+salt2)", "connect(user=u, password=cfg1.get+x2)", "{password: value1+value2}",
])
def test_what_only_looks_like_a_password_goes_through(text: str) -> None:
    assert found_in(text + "\n") == set()


PHRASE = "correct horse battery"


@pytest.mark.parametrize("text, secrets", [
    ('password = "%s"', (PHRASE,)), ("DB_PASSPHRASE: '%s'", (PHRASE,)), ('{"secret": "%s"}', (PHRASE,)),
    ('tool --password "%s"', (PHRASE,)), ('set_password("%s")', (PHRASE,)), ('pwd = "two Tr0ub4dor horses"', (
        "two Tr0ub4dor horses",
    )),
    ("tool --password hunter2pass", ("hunter2pass",)), ("run('tool --password hunter2pass', x)", ("hunter2pass",)),
    ("(see `tool --db-password=hunter2pass`)", ("hunter2pass",)), ("x --password hunter2pass, then", ("hunter2pass",)),
    ('run(["tool", "--password", "hunter2pass"])', ("hunter2pass",)), ("- --password\n- hunter2pass", ("hunter2pass",)),
    ('args:\n    "--password",\n    "hunter2pass"', ("hunter2pass",)),
])
def test_passwords_with_blanks_and_as_arguments_are_found(text: str, secrets: tuple[str, ...]) -> None:
    assert found_in(text.replace("%s", PHRASE) + "\n") == set(secrets)


@pytest.mark.parametrize("text", [
    'password = "Enter your password"', 'password: "mot de passe oublié"', '"password": "neues passwort wählen"',
    'password = "must have 8 characters"', 'secret = "small words"', 'PASSWORD = "sha256 hex digest"',
    'password_help = "correct horse battery"', 'key = "correct horse battery"', 'password = "a, b c3d4e5"',
    '("password", "three small words here")', '<password value="x">three small words here</password>',
    'add_argument("--password", "pass1word")', 'option("--api-key", "--api-key-2")', "tool --password FILE",
    "tool --password-file secrets1.txt", "tool -p hunter2pass", "- password\n- hunter2pass",
    '"A_SECRET_KEY",\n"TR31_K1_KEY_PROTECTION_KEY_9"', "f(password=hunter2pass, x)",
])
def test_what_is_said_of_a_password_and_what_declares_one_is_none(text: str) -> None:
    assert found_in(text + "\n") == set()


@pytest.mark.parametrize("seam", [
    '" "', '"\n    "', '" + "', '"+"', '" \\\n    "', '" +\n    "', '"\n+    + "', '" . "', "\" .. \"", '" & "', '" f"',
])
@pytest.mark.parametrize("frame", [
    'password = ("%s")', 'password = "%s";', 'password = (\n    "%s"\n)', '+password = "%s"',
])
def test_each_part_of_a_password_in_several_literals_is_found(frame: str, seam: str) -> None:
    assert found_in(frame % f"hunter2{seam}pass99" + "\n") == {"hunter2", "pass99"}


def test_tokens_and_values_below_their_name_are_found_across_seams() -> None:
    assert found_in('x = "sk-abcdefgh1" "jklmnopqrstuvw99xyz"\n') == {"sk-abcdefgh1", "jklmnopqrstuvw99xyz"}
    assert found_in('password = \\\n    "hunter2pass"\n') == {"hunter2pass"}
    assert found_in('password = (\n    "ab" "hunter2" "c"\n)\n') == {"hunter2"}, "two letters could stand anywhere"
    assert found_in('password = "hunter2" + name + "pass99"\n') == set()
    assert found_in('password = "", ""\nx = " " "hunter2pass"\n') == set()


def test_many_seams_take_no_more_time_than_there_is_text() -> None:
    assert found_in('password = "hunter2" "pass99"\n' * 5000) == {"hunter2", "pass99"}
    assert found_in('password = "hunter2" ' + '"part9" ' * 20_000) == set(), "too long for one"
    line = ("x" * 310 + '" "') * 60_000 + "xxx"
    assert sum(1 for _ in across_seams(line, stretches_of(line), lambda whole: [(0, len(whole))])) == 120_000
    assert found_in('"' * 50_000) == found_in('" ' * 50_000) == found_in('= (\n' * 20_000) == set()


def test_a_dollar_within_a_password_makes_no_variable_of_it() -> None:
    assert found_in("Server=tcp:x;User ID=sa;Password=Sql$erv3rPw;") == {"Sql$erv3rPw"}
    assert found_in("PASSWORD=abc1$NAME\nPASSWORD=abc1$name\n") == set()


def test_a_bots_token_in_three_parts_is_found() -> None:
    letters = planted(3)[0].text[-40:]
    token = f"M{letters[:23]}.{letters[:6]}.{letters[:27]}"
    assert found_in(f'run("{token}")') == {token}


def test_a_private_key_is_found_line_by_line_also_in_json_and_without_its_end() -> None:
    key = next(each for each in ALL if "RSA PRIVATE KEY" in each.text)
    assert set(key.secrets) <= found_in(key.text.rsplit("\n", 1)[0] + "\nsome words here: nothing\n")
    assert uncovered(key.text.replace("\n", "\\n"), key.secrets) == []


@pytest.mark.parametrize("form", [
    "kinit a@X.INVALID <<< VALUE", "passwd --stdin deploy <<< 'VALUE'", "htpasswd -nbB admin VALUE",
    'echo "VALUE" | docker login -u ci --password-stdin r.invalid', "echo VALUE | sudo -S apt-get update",
    'printf "%s\\n" "VALUE" | cryptsetup luksOpen /dev/sdb c', "vault kv put secret/db password=VALUE",
    'gh secret set DEPLOY_KEY --body "VALUE"', "mc alias set m http://h:9000 admin VALUE", "wpa_passphrase Home VALUE",
    "http -a me:VALUE https://h.invalid", "java -Djavax.net.ssl.keyStorePassword=VALUE -jar a.jar",
    "sqlplus scott/VALUE@orcl", "impdp system/VALUE full=y", "machine h\n  login bot\n  password VALUE",
    "db.invalid:5432:shop:app:VALUE", 'variable "admin_password" {\n  default = "VALUE"\n}',
    "<Password><Value>VALUE</Value></Password>", "<key>ApiSecret</key>\n<string>VALUE</string>",
    '$p = ConvertTo-SecureString "VALUE" -AsPlainText', "net use Z: \\\\s\\d /user:corp\\me VALUE",
    "schtasks /create /tn x /ru me /rp VALUE", "psexec \\\\h -u corp\\me -p VALUE cmd", "with: { password: VALUE }",
    "{username: app, password: VALUE}", "IDENTIFIED WITH mysql_native_password BY 'VALUE';",
    'CREATE USER app IDENTIFIED BY "VALUE";', "INSERT INTO users (name, password) values ('bob', 'VALUE');",
    'storePassword "VALUE"', 'new NetworkCredential("me", "VALUE")', 'req.SetBasicAuth("me", "VALUE")',
    'ssh.Password("VALUE")', 'red:auth("VALUE")', "ENV['DB_PASSWORD'] ||= 'VALUE'", '{:user "u" :password "VALUE"}',
    "requirepass VALUE", "masterauth VALUE", "olcRootPW: VALUE", "set password ENC VALUE",
    "privilege 15 secret 0 VALUE",
])
@pytest.mark.parametrize("value", ["MonkeyPurple17?", "WinterHunter74#", "lBNgor028bXiig7q"])
def test_what_is_given_on_and_what_settings_and_rows_hold_is_found(form: str, value: str) -> None:
    assert uncovered(f"a\n{form.replace('VALUE', value)}\nb\n", (value,)) == []


@pytest.mark.parametrize("form", [
    "const NAME = process.env.NAME || 'VALUE';", 'if NAME == "VALUE":', "var NAME string = `VALUE`", "use NAME VALUE",
    'parser.add_argument("--NAME", default="VALUE")', 'NAME: str = Field(default="VALUE")', 'NAME, port = "VALUE", 1',
    'builder.NAME("VALUE")', 'ENV.fetch("NAME") { "VALUE" }', "--from-literal=NAME=VALUE", "set -x NAME VALUE",
    "- {name: NAME, value: VALUE}", "NAME: |\n  VALUE", "NAME: &first VALUE", '{"name": "NAME",\n "value": "VALUE"}',
    '{"NAME":\n "VALUE"}', "<NAME>\n  VALUE\n</NAME>", "<NAME><![CDATA[VALUE]]></NAME>", "a.NAME VALUE",
    'variable "NAME" {\n  default = "VALUE"', "| NAME | VALUE |", "**NAME**: VALUE", "The NAME is `VALUE`.",
    "The NAME (staging): VALUE", 'char NAME[] = "VALUE";', 'public string NAME { get; set; } = "VALUE";',
    'buildConfigField("String", "NAME", "\\"VALUE\\"")', "NAME = [[VALUE]]", "NAME ?= VALUE",
    'std::string NAME{"VALUE"};', 'Dim NAME As String = "VALUE"', "NAME = \\\n    'VALUE'",
    'NAME = new Text("VALUE")', 'NAME = ["VALUE"]', "X=${NAME:-VALUE}",
])
@pytest.mark.parametrize(("name", "value"), [
    ("db_password", "q7Xw2Lp9aTbN"), ("clientSecret", "f39b8868767611088d013782257bffb6aaf423e6"),
    ("API_TOKEN", "okjHz7/JFpWovggZcNtzS4gRsN1B62ZDtRC9EHFpJXU="), ("密码", "k2Xq9ZrLw4Tb"),
])
def test_what_is_drawn_by_lot_is_found_beside_a_telling_name(form: str, name: str, value: str) -> None:
    text = form.replace("NAME", name).replace("VALUE", value)
    assert uncovered(f"a\n{text}\nb\n", (value,)) == []


@pytest.mark.parametrize("form", [
    "set -x DB_PASSWORD VALUE", "setenv DB_PASSWORD VALUE", "password: |\n  VALUE", "password: ${DB_PASS:VALUE}",
    "X=${DB_PASSWORD:-VALUE}", "default_pw=VALUE", '{"pw": "VALUE"}', 'curl --user "me:VALUE" https://h.invalid',
    'curl --user=me:VALUE https://h.invalid', 'keyPassword "VALUE"', 'os.environ.get("DB_PASSWORD", "VALUE")',
    "env('MAIL_PASS', 'VALUE')", 'props.put("mail.password", "VALUE")', "process.env.DB_PASSWORD || 'VALUE'",
    'os.getenv("DB_PASSWORD") or "VALUE"', 'assert_equal(password, "VALUE")', 'assertEqual(me.password, "VALUE")',
    "expect(me.password).to eq('VALUE')", "expect(me.password).toBe('VALUE')",
    'getConnection("jdbc:mysql://h/x", "root", "VALUE")', "getConnection(url, 'root', 'VALUE')",
    "requests.get(u, auth=('me', 'VALUE'))", "HTTPBasicAuth('me', 'VALUE')", '.basic_auth("me", Some("VALUE"))',
    'new NetworkCredential("me", "VALUE")', "mysqli_connect('h', 'me', 'VALUE', 'x')", "smtp.login('a@b.c', 'VALUE')",
    'sql.Open("mysql", "me:VALUE@tcp(h:3306)/x")', "kind: Secret\nstringData:\n  postgres: VALUE",
])
def test_a_password_like_a_name_with_digits_is_found_where_nothing_else_can_stand(form: str) -> None:
    for value in ("Kestrel7Meadow", "hunter2secretXY"):
        assert found_in(f"a\n{form.replace('VALUE', value)}\n") == {value}


@pytest.mark.parametrize("text", [
    'password: |\n  the words below', 'get("password", "field2name")', 'password "is wrong2you"', "x = pw or 'entry_2'",
    'puts password "hunter2pass"', "expect(page).to have_content('hunter2pass')", 'f(password, "hunter2pass")',
    "widget.password || 'hunter2pass'", "env('SECRET_KEY_NAME', 'name_of_key2')", 'login("me", "aNameOfSomething")',
    "setUp pw 12345678", "kind: SecretStore\ndata:\n  name: hunter2pass", '{"user_table2": password}',
    "kind: ConfigMap\ndata:\n  name: hunter2pass\n---\nkind: Secret\ndata: {}", "auth=(user2name, password2name)",
    "kind: Secret\nstringData:\n  username: postgres\n  host: db.internal\n  url: https://h.invalid/1",
    "kind: Secret\ndata:\n  a: {{ .Values.password1 }}\n  b: ${PASSWORD_1}", 'select "table2name" as password',
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  data:\n    name: hunter2pass\n"
    "- apiVersion: v1\n  kind: Secret\n  data: {}",
    "```yaml\nkind: Secret\n```\nA map:\n```yaml\nkind: ConfigMap\ndata:\n  name: hunter2pass\n```",
    "podman run --user=1000650000:1000650000 x",
    'call zip(" -u ".s:Escape(fnamemodify(it)))', '"mappings":"EbMnzv,yaPW;uXS1kdZ8JUSurFwBwvvZ,AzoCXo"',
    "lcKGgKd0+PW/IUpg6UKA9Dwcy5DKym16mCNgyZ6Ui1p4n+wbngdofxq+D6zm",
    '"sha512-6ps6d2pw46+t917a8V6uqGooXTYuPW+x7AZRNBqup4/7PhdyAk3dwWLF9VHvwXoqhYfW10=="',
])
def test_where_a_name_may_stand_one_goes_through(text: str) -> None:
    assert found_in(f"a\n{text}\n") == set()


def test_all_that_a_kubernetes_secret_holds_is_found() -> None:
    text = "a: hunter2pass\n---\nkind: Secret\ndata:\n  database: S2VzdHJlbA==\n  x.y: 'dHIwdWI0ZG9y'\nz: hunter2pass\n"
    assert found_in(text) == {"S2VzdHJlbA==", "dHIwdWI0ZG9y"}
    text = "kind: List\nitems:\n- kind: Secret\n  apiVersion: v1\n  data:\n    database: S2VzdHJlbA==\n- data:\n"
    assert found_in(text + "    database: dHIwdWI0ZG9y\n  kind: Secret\n") == {"S2VzdHJlbA==", "dHIwdWI0ZG9y"}
    text = "kind: Secret\nmetadata:\n  ownerReferences:\n  - apiVersion: v1\n    kind: X\ndata:\n  a: S2VzdHJlbA==\n"
    assert found_in(text) == {"S2VzdHJlbA=="}


@pytest.mark.parametrize("kind", ['kind: "Secret"', "kind: 'Secret'", "kind:  Secret", "kind: Secret # of the store"])
def test_the_kind_of_a_manifest_may_be_quoted(kind: str) -> None:
    assert found_in(f"{kind}\ndata:\n  database: S2VzdHJlbA==\n") == {"S2VzdHJlbA=="}
    assert found_in(f"{kind.replace('Secret', 'SecretStore')}\ndata:\n  database: hunter2pass\n") == set()


@pytest.mark.parametrize("text", [
    "data:\n  alpha: |\n    VALUE\n", "data:\n  alpha: >-\n    VALUE\n", "data:\n  alpha:\n    VALUE\n",
    'data:\n  "alpha": "VALUE"\n', "data:\n  alpha: VALUE # of May\n", "data: {alpha: VALUE}\n",
    '"data":\n  alpha: VALUE\n',
    'data: {"a": "x", "alpha": "VALUE"}\n', "data:\n  alpha: !!binary VALUE\n", "data: &d\n  alpha: &a VALUE\n",
    "data:\n  host: aGFsbG8=\n\n  alpha: VALUE\n", "data:\n# the users\n  alpha: VALUE\n",
    "data: # base64\n  alpha: VALUE\n", "data:\n{{- if .Values.x }}\n  alpha: VALUE\n{{- end }}\n",
    "data:\r\n  alpha: VALUE\r\n",
])
def test_of_a_kubernetes_secret_every_form_of_an_entry_is_found(text: str) -> None:
    value = "cGVwcGVyLW1pbnQ="
    for whole in (f"kind: Secret\n{text}", f"apiVersion: v1\n{text}kind: Secret\n"):
        assert value in found_in(whole.replace("VALUE", value))


@pytest.mark.parametrize("text", [
    "kind: ConfigMap\ndata:\n  boot.yaml: |\n    kind: Secret\n    data:\n      pw: VALUE\n",
    "data:\n- kind: Secret\n  data:\n    pw: VALUE\n",
    "kind: Secret\nstringData:\n  a: |\n    kind: Secret\n    data: {b: VALUE}\n",
])
def test_a_kubernetes_secret_within_other_data_is_found(text: str) -> None:
    assert found_in(text.replace("VALUE", "cGVwcGVyLW1pbnQ=")) == {"cGVwcGVyLW1pbnQ="}


@pytest.mark.parametrize("text", [
    '{"kind":"Secret","metadata":{"motd":"}"},"data":{"alpha":"VALUE"}}', "{kind: Secret, data: {alpha: VALUE}}",
    '{"data":{"alpha":"VALUE","t":"{{x"},"kind":"Secret"}', "{'kind':'Secret','data':{'alpha':'VALUE'}}",
    "new Secret(this, 'x', { kind: 'Secret', data: { alpha: 'VALUE' } })", '{"kind":"Secret","data":{"a":"VALUE\\n"}}',
])
def test_of_a_kubernetes_secret_in_braces_every_form_of_an_entry_is_found(text: str) -> None:
    assert found_in(text.replace("VALUE", "cGVwcGVyLW1pbnQ=")) == {"cGVwcGVyLW1pbnQ="}


@pytest.mark.parametrize("text", [
    "kind: HelmRelease\nspec:\n  valuesFrom:\n    - kind: Secret\n      name: x\n  values:\n    data:\n"
    "      a: c3RvcmFnZTEy\n",
    "kind: Application\nspec:\n  ignoreDifferences:\n  - group: ''\n    kind: Secret\n  x:\n    data:\n"
    "      a: c3RvcmFnZTEy\n",
    "kind: List\nitems:\n- type: x\n  kind: ConfigMap\n  data:\n    a: c3RvcmFnZTEy\n"
    "- type: y\n  kind: Secret\n  data: {}\n",
    "spec:\n names:\n   kind: Secret\n versions:\n  - schema:\n      data:\n        type: c3RvcmFnZTEy\n",
    '{"kind":"Secret","data":{"texture":"brickwall_dark","music":"ambient_cave"}}',
    "kind: Secret\ndata:\n  tls.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n",
    "kind: Secret\nstringData:\n  host: postgres-primary-1\n  database: app_production_v2\n",
    "kind: Secret\nstringData:\n  region: eu-central-1-frankfurt\n",
    "kind: Secret\nstringData:\n  name: admin-user1\n",
])
def test_what_only_stands_near_a_kubernetes_secret_or_names_a_thing_goes_through(text: str) -> None:
    assert found_in(text) == set()


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("is_last", [False, True])
def test_all_that_a_kubernetes_secret_in_json_holds_is_found(indent: int | None, is_last: bool) -> None:
    data = {"data": {"database": "S2VzdHJlbA==", "x.y": "dHIwdWI0ZG9y"}, "stringData": {"host": "db.internal"}}
    kind = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hunter2pass", "labels": {}}}
    secret = {**data, **kind} if is_last else {**kind, **data}
    reference = {"kind": "SecretRef", "data": {"a": "tr0ub4dor"}}
    map_ = {"kind": "ConfigMap", "data": {"name": "hunter2pass"}, "of": reference}
    found = {"S2VzdHJlbA==", "dHIwdWI0ZG9y"}
    assert found_in(json.dumps(secret, indent=indent)) == found
    assert found_in(json.dumps({"kind": "List", "items": [map_, secret, map_]}, indent=indent)) == found
    assert found_in("} }" + json.dumps([secret], indent=indent) + "{ {") == found


@pytest.mark.parametrize("form", ['"VALUE" as password', "SELECT 'VALUE' AS db_password", 'x = {"VALUE": DB_PASSWORD}'])
def test_what_is_drawn_by_lot_is_found_before_its_name(form: str) -> None:
    assert found_in(form.replace("VALUE", "q7Xw2Lp9aTbN") + "\n") == {"q7Xw2Lp9aTbN"}


@pytest.mark.parametrize("begin", [
    "b3BlbnNzaC1rZXktdjE", "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC", "MIIEowIBAAKCA", "MIGHAgEAMBMGByqGSM49AgEG", "MHcCAQEEI",
])
def test_a_private_key_is_found_without_its_frame(begin: str) -> None:
    key = begin + "a7Qk" * 20 + "="
    assert found_in(f'blob = "{key}"\n') == {key}
    assert found_in('blob = "MIIDdzCCAl%s="\n' % ("a7Qk" * 20)) == set()


@pytest.mark.parametrize("form", [
    "LTAI{20}", "nfp_{36}", "ATCTT3{120}", "AKCp{69}", "EZAK{54}", "jina_{60}", "phx_{43}",
    "re_{8}_{24}", "api_org_{34}", "pcsk_{6}_{60}", "tskey-auth-{16}-{32}", "{11}:APA91b{134}",
    "eyJrIjoi{60}", "ops_eyJ{250}", "duffel_live_{43}",
])
def test_tokens_of_more_makers_are_found(form: str) -> None:
    token = re.sub(r"\{(\d+)\}", lambda count: ("a7QkZ9x2" * 40)[:int(count[1])], form)
    assert found_in(f"it is {token} here\n") == {token}


def test_the_private_lines_of_putty_are_found() -> None:
    lines = ["a7Qk" * 16, "b8Rl" * 16]
    text = "Public-Lines: 1\nAAAAB3%s\nPrivate-Lines: 2\n%s\n%s\nPrivate-MAC: 0\n" % ("x" * 50, *lines)
    assert found_in(text) == set(lines)


@pytest.mark.parametrize("text", [
    'hash(password, salt, 64, "PBKDF2WithHmacSHA256")', 'derive(secret, "secp256k1")', 'derive(secret, "x7q2w9z1k4m8")',
    'curve("secret", "secp384r1")', 'return secret + "x7q2w9z1k4m8"',
    'byte[] h = kdf(password, salt,\n  256, "q7Xw2Lp9aTbN");', "pass --enable-gui=gtk3 to configure",
    "Pass `--fmt=yuv420p` to ffmpeg", "pass -DGUI=qt5x11", "Please pass MODE=h264x to make", "pass `h264x7yuv420p`",
    '{"token": token, "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8"}',
    '{"token": token,\n "commit": "9fceb02d0ae598e95dc970b74767f19372d61af8"}',
    'token, id="3fa85f64-5717-4562-b3fc-2c963f66afa6"', '<input name="password" id="fld_x7q2w9z1k">',
    'secret: bool; rev = "r1a2b3c4d5"', 'get(token, "/videos/dQw4w9WgXcQ1")', "the token,\n  q7Xw2Lp9aTbN",
    'the password field (id "input-3f2a9c7q")',
])
def test_what_is_drawn_by_lot_and_is_not_joined_to_the_name_is_none(text: str) -> None:
    assert found_in(f"a\n{text}\nb\n") == set()


@pytest.mark.parametrize("form", [
    '{"name": "API_TOKEN", "value": "VALUE"}', '{\n "name": "API_TOKEN",\n "value": "VALUE"\n}',
    'TOKEN = os.getenv("API_TOKEN") or "VALUE"', 'PASSWORDS[] = "VALUE"', "the secret is VALUE, or so",
])
@pytest.mark.parametrize("times", [3, 9])
def test_a_long_value_beside_a_name_is_found_whole(form: str, times: int) -> None:
    value = "q7Zp2LmX9vTr4KsW8nBd6Hf3Jc5Gy1" * times
    assert value in found_in(f"a\n{form.replace('VALUE', value)}\nb\n")


def test_each_part_of_a_value_beside_a_name_is_found() -> None:
    assert found_in('if token == "q7Xw2" + "Lp9aTbN4k8":\n') == {"q7Xw2", "Lp9aTbN4k8"}


def test_a_value_after_several_names_is_the_last_ones() -> None:
    assert found_in("use password/token/q7Xw2Lp9aTbN now\n") == {"q7Xw2Lp9aTbN"}


@pytest.mark.parametrize("form", [
    "ops:$2y$10$VALUE", "admin:$apr1$3KqsHjcT$VALUE", "root:$6$UBPaYz0e$VALUE:19000:0:99999:7:::",
    "define( 'LOGGED_IN_SALT', 'VALUE' );", '"Jwt": {"Key": "VALUE"}', 'cookies = {"sessionid": "VALUE"}',
    'curl -b "session=VALUE; path=/" https://h.invalid', "doctl auth init -t VALUE",
])
def test_long_values_are_found_as_hashes_salts_and_sessions(form: str) -> None:
    value = "7qgCdKseYG7dFHAksCqCol9S2R9gztwycMYshDyhUdbpQfJPpw1XX"
    assert uncovered(f"a\n{form.replace('VALUE', value)}\nb\n", (value,)) == []


@pytest.mark.parametrize(("plain", "is_secret"), [
    ("deploy:MonkeyPurple17#", True), ("x: 1\npassword: lBNgor028bXiig7q\n", True),
    ("-----BEGIN RSA PRIVATE KEY-----\n" + "a7" * 40, True), ("-----BEGIN CERTIFICATE-----\n" + "a7" * 40, False),
    ("a text that says nothing of 17 secrets", False), ("host.invalid:example-password", False),
])
def test_a_secret_is_found_in_base64_and_a_text_that_holds_none_goes_through(plain: str, is_secret: bool) -> None:
    value = base64.b64encode(plain.encode()).decode()
    for form in ("client-data: %s", "DATA=%s", "url?x=%s", 'a == "%s"'):
        assert bool(found_in(form % value + "\n")) == is_secret


@pytest.mark.parametrize("text", [
    'password = "password"', "password: string;", "password = get_password(user2)", "token = tokens[1]",
    "self.token = token1", "key = keys1",
    '"integrity": "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP"',
    "    --hash=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    'checksum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"',
    '"resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz#da39a3ee5e6b4b0d3255bfef95601890afd80709"',
    "github.com/a/b v1.2.3 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "password = os.environ['DB_PASSWORD']", "PASSWORD=${DB_PASSWORD}", "PASSWORD=$DB_PASSWORD2",
    "password: {{ vault_password_1 }}", "api_key = your-api-key-1",
    "postgres://user:password@localhost/db", "secret: changeme123",
    "passwords = load_passwords_v2", "bypass = value12345", "commit da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "url = https://example.org/tokens/list?page=1",
    "the password is at least 8 characters, letters and digits", "def token_kind_2(token: Token) -> str:",
    "Authorization: AWS4-HMAC-SHA256 Credential=mock_access_key/20220524/us-east-1/idp/aws4_request",
    'primary_key = "id_of_row_2"', 'compass = "north-by-west1"', "x-auth: required1",
    'password = get_field("password_field_2")', 'check_password("wrong_password1")', 'password = widget or "entry_2"',
    "mysql -u root -p db_name_2", "https://user@example.org/a1", "the session cookie: see session_id_2 below",
    "Authorization: Token your-token-here-1", "f(a=x1, password=value_2)", "api.get(password=name_2)",
    "MyVeryLongClassNameOfModule1.method.another_very_long_attribute_name.x",
    "--- PASS: TestVet/5 (0.00s)", 'auth += XML_SET_AUTH_MD5', 'password == "sha256Hash2Base64Url1"',
    'Invoke(ctx, "/moby.secrets.v1.Secrets/GetSecret")',
    "password: '{{ x }}'\nid: 892071a0-bb95-49bc-8021-3afd67a210bf",
    '("auth", "0005_alter_user_last_login_null"),', "('User:Pass', 'www.example.org:080')",
])
def test_words_names_and_hashes_are_none(text: str) -> None:
    assert found_in(text) == set()
