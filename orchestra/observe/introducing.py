"""What stands before secrets, and the form that they then have."""

from __future__ import annotations

_TO = r"[^\n|;]{0,120}?(?<![\w-])"
"""Up to a flag, which begins no word's second half."""
_ANY = r"[\"']?(?P<secret>[^\s\"'$<-][^\s\"']{7,200})"
_WORD = r"[\w.@%+/\\-]{1,60}"
_READS = (
    r"(?:sudo )?(?:\S{1,60} )??(?:[^\n|;]{0,80}(?:--password-stdin|--passphrase-fd 0|--stdin)"
    r"|sudo [^\n|;]{0,40}?-S|cryptsetup|kinit|vault login|smbpasswd)"
)
"""What takes a password from its standard input."""
_RANDOM_RUN = r"(?P<secret>(?=[^\s\"';]{0,30}[0-9])[\w.%:+/=-]{20,300})"
_COOKIE = rf"[^\n\"']{{0,60}}?(?i:sess|sid|auth|token|jwt|remember)[\w.-]{{0,20}}={_RANDOM_RUN}"
_HASHED = r"(?:rounds=[0-9]{1,9}\$)?[^\s$:]{1,60}\$(?P<secret>[./A-Za-z0-9]{22,100})(?![./A-Za-z0-9])"
_OF_USER = r"(?:[\"'](?!\.))?(?![0-9]+:[0-9]+\b)[\w.@%+-]{1,100}:(?P<secret>[^\s\"'$:]{8,200})"
"""What joins two texts may be a point, and numbers are those of a user and a group."""
FORMS = (
    ("://", r"[^\s/:@\"'<>`]{0,100}:(?P<secret>[^\s/@\"'<>`]{6,300})@(?=[\w\[.%-])"),
    ("://", r"(?P<secret>(?=[A-Za-z_-]{0,30}[0-9])[A-Za-z0-9_-]{20,300})@(?=[\w\[.%-])"),
    ("://", r"(?P<secret>[A-Za-z0-9_-]{20,300}):x-oauth-basic@"),
    ("oracle:thin:", r"[\w$]{1,60}/(?P<secret>[^\s@/\"'<>]{6,200})@"),
    ("uthorization", r"[\"']{0,2}[\]\s]{0,3}[:=,]\s{0,3}[\"'fb]{0,2}(?:[Tt]oken|[Aa]pi-?[Kk]ey|[Kk]ey) (?:token=)?\"?"
     r"(?P<secret>(?=[^\s\"']{0,30}[0-9])[A-Za-z0-9._~+/=-]{16,2000})"),
    ("ookie", r"[\"']?[ \t]{0,2}[:,][ \t]{0,3}[\"']?[^\n\"']{0,60}?(?i:sess|sid|auth|token|jwt|remember)[\w.-]{0,20}="
     r"(?P<secret>(?=[^\s;\"']{0,30}[0-9])[^\s;\"'<>,(){}$]{16,2000})"),
    ("sshpass ", r"-p ?[\"']?(?P<secret>[^\s\"'$]{8,200})"),
    ("mysql", r"(?:dump|admin)?(?: [^\n|;]{0,80}?)? -p(?! )" + _ANY),
    (" login ", _TO + r"-p ?[\"']?(?P<secret>[^\s\"'$]{8,200})"),
    ("redis-cli ", _TO + r"-a " + _ANY),
    ("ldap", r"(?:search|add|modify|delete|passwd|whoami|compare) " + _TO + "-w " + _ANY),
    ("7z", r"a? " + _TO + "-p(?! )" + _ANY), ("zip ", _TO + "-P ?" + _ANY),
    (" pass:", _ANY), ("openssl enc ", _TO + "-k " + _ANY),
    ("htpasswd ", _TO + rf"-\w{{0,4}}b\w{{0,4}} (?:{_WORD} ){{1,2}}" + _ANY),
    ("rabbitmqctl ", rf"(?:add_user|change_password|authenticate_user) {_WORD} " + _ANY),
    ("-U ", r"[\w./\\-]{1,60}%(?P<secret>[^\s\"'$]{8,200})"),
    ("echo ", r"[\"'][\w-]{1,40}:(?P<secret>[^\s\"'$]{8,200})[\"'] ?\| ?(?:sudo )?chpasswd"),
    ("send ", r"(?:-- )?\"(?P<secret>[^\s\"$\\]{8,200})\\[rn]\""),
    ("useradd ", _TO + "-p " + _ANY), ("usermod ", _TO + "-p " + _ANY),
    ("net user ", rf"{_WORD} (?P<secret>[^\s\"'$/*]{{8,200}}) /add"),
    ("storepass ", _ANY), ("keypass ", _ANY), ("snmp-server community ", _ANY),
    ("psk=", _ANY), ("dockerconfigjson", r"[\"']?: ?[\"']?(?P<secret>[A-Za-z0-9+/]{40,20000}={0,2})"),
    ("earer ", r"(?P<secret>[A-Za-z0-9._~+/=-]{16,2000})"),
    ("asic ", r"(?P<secret>[A-Za-z0-9+/]{16,500}={0,2})(?![A-Za-z0-9+/])"),
    ("_authToken", r"[= ](?P<secret>[^\s\"'$]{8,300})"),
    ("-u ", _OF_USER),
    ("--user ", _OF_USER),
    ("--user=", _OF_USER),
    ("dentified ", r"(?:with \w{1,60} )?by ([\"'])(?P<secret>(?:(?!\1)\S){8,200})\1"),
    ("DENTIFIED ", r"(?:WITH \w{1,60} )?BY ([\"'])(?P<secret>(?:(?!\1)\S){8,200})\1"),
    ("ASSWORD '", r"(?P<secret>[^\s']{8,200})'"), ("ASSWORD('", r"(?P<secret>[^\s']{8,200})'"),
    ("assword `", r"(?P<secret>[^\s`]{8,200})`"), ("_secret_access_key ", _ANY),
    ("assword |", r" {0,3}(?P<secret>[^\s|`]{8,200}) {0,20}\|"),
    ("AccountKey=", r"(?P<secret>[A-Za-z0-9+/]{40,120}={0,2})"),
    ("SharedAccessKey=", r"(?P<secret>[A-Za-z0-9+/%]{20,200}={0,2})"),
    ("sig=", r"(?P<secret>[A-Za-z0-9+/%]{30,200}={0,2})"),
    ("-Signature=", r"(?P<secret>[0-9a-f]{64})"),
    *((f"{command} ", rf"(?:(?:-\w+|[\"']%s(?:\\n)?[\"']) ){{0,2}}{_ANY}[\"']? ?\| ?{_READS}")
      for command in ("echo", "printf")),
    ("-password-command ", rf"[\"']echo {_ANY}"), ("wpa_passphrase ", rf"{_WORD} " + _ANY),
    ("mc alias set ", rf"{_WORD} \S{{1,100}} {_WORD} " + _ANY), (" secret set ", _TO + r"(?:--body|-b)[ =]" + _ANY),
    ("auth init ", _TO + "-t " + _ANY), ("http ", _TO + rf"-a {_WORD}:" + _ANY), ("psexec ", _TO + "-p " + _ANY),
    ("schtasks ", _TO + "/rp " + _ANY),
    ("net use ", rf"{_TO}/user:\S{{1,60}} (?!/)" + _ANY),
    *((f"{command} ", r"[\w$]{1,40}/(?P<secret>[^\s@/\"'$]{8,60})(?=[@\s\"'])")
      for command in ("sqlplus", "mpdp", "xpdp")),
    (" -b ", rf"[\"']?{_COOKIE}"), ("--cookie ", rf"[\"']?{_COOKIE}"),
    ("ess", rf"(?:ion)?_?-?[iI][dD][\"']\]?(?: ?[:,=] ?)[\"']{_RANDOM_RUN}"),
    ("$", r"(?:apr1|[156y])\$" + _HASHED), ("$2", r"[aby]\$[0-9]{2}\$(?P<secret>[./A-Za-z0-9]{53})(?![./A-Za-z0-9])"),
    ("LS0tLS1CRUdJTi", r"(?!BDRVJUSUZJQ0FUR|BQVUJMSUMg|BUUlVTVEVEIENFUlRJ)(?P<secret>[A-Za-z0-9+/]{40,20000}={0,2})"),
    ("SecureString", r"(?:(?: -String)?[ (]{1,3})[\"'](?P<secret>[^\s\"'$]{8,200})[\"']"),
    *((f"{name} ", rf"{_ANY}(?=\s)") for name in ("requirepass", "masterauth", "bindpw", "rootpw", "RootPW:")),
    ("ecret ", r"[0579] " + _ANY), ("assword ", r"(?:[0579]|ENC) " + _ANY),
    ("wt", r"[\"']?\s?:\s?\{[^{}]{0,200}?[kK]ey[\"']\s?:\s?[\"'](?P<secret>[^\s\"']{16,300})[\"']"),
    ("variable ", r"\"\w{0,40}(?:passw(?:or)?d|secret|token|key)\"\s?\{[^{}]{0,300}?default\s{0,20}=\s?\""
     r"(?P<secret>[^\s\"$]{8,300})\""),
)
"""What stands before a secret, and the secret's form."""
_NO_SCRIPT = r"(?!\S{1,60}\.(?:py|js|sh|txt|rb)\b)"
AFTER_NAMES = (
    *((flag, rf"[\"']?{_NO_SCRIPT}(?!-){_WORD}[\"']? (?:{_TO} )?-[pP] (?![\w.-]{{0,60}}:\d)" + _ANY)
      for flag in ("-u ", "-U ", "--user ", "--username ")),
    ("assword ", r"[\"']?(?P<secret>[^\s\"'`]{8,200})"), ("<<< ", _ANY),
    (":", r"(?:[0-9]{2,5}|\*):[\w*-]{1,60}:[\w*-]{1,60}:(?P<secret>[^\s:\"'`]{8,100})(?=\s)"),
    ("oken is ", r"[\"'`]?(?P<secret>[A-Za-z0-9_-]{16,200})"),
)
"""Where names may stand as well: only what is no name counts."""
_GIVEN = r"\s{0,20}[\"'][^\"'\n]{0,100}[\"'],\s{0,20}"
_LAST = r"(?:Some\()?[\"'](?P<secret>[^\s\"'$]{8,200})[\"']"
IN_CALLS = (
    ("etConnection(", rf"(?:{_GIVEN}|\s{{0,20}}[\w.]{{1,60}},){_GIVEN}{_LAST}"),
    ("mysqli_connect(", _GIVEN + _GIVEN + _LAST), ("new mysqli(", _GIVEN + _GIVEN + _LAST),
    *((f"{name}(", _GIVEN + _LAST) for name in (
        "asicAuth", "asic_auth", "auth=", "auth = ", "NetworkCredential", "PasswordCredentials", ".login",
    )),
)
"""Calls in which a password has its place: there it may look like a name with digits."""
OF_GO = r"(?P<secret>[^\s/@\"'<>:`]{8,200})@(?:tcp|unix)\("
"""After a colon; found where its end is."""
