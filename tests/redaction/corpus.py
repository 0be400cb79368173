"""Secrets as they are really written, and evidence that only looks like one.

No secret is a literal of this file: each is put together from pieces, and none was ever in use.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from urllib.parse import quote

LOWER = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
LETTERS = LOWER + LOWER.upper()
ALNUM = LETTERS + DIGITS
HEX = DIGITS + "abcdef"


@dataclass(frozen=True, slots=True)
class Planted:
    """A text with secrets in it, in a file of this path (a message has none)."""

    id: str
    file: str
    text: str
    secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Harmless:
    """A text without any."""

    id: str
    file: str
    text: str


def made(seed: str, length: int, alphabet: str = ALNUM) -> str:
    """Always the same text for a seed; it has letters and digits wherever the alphabet has."""
    random = Random(seed)
    while True:
        text = "".join(random.choice(alphabet) for _ in range(length))
        if not ({*alphabet} >= {*ALNUM}) or (any(map(str.isdigit, text)) and not text.isdigit()):
            return text


def odd(number: int) -> str:
    """A password with what breaks naive patterns."""
    return f"Hunt{number}r/2@x!"


def plain(number: int) -> str:
    """A password of letters and digits."""
    return f"hunter{number}secret"


# --- Tokens of services ---------------------------------------------------------------------------

_TOKENS: tuple[tuple[str, int, str, str], ...] = (
    # what it begins with (in pieces), how long the rest is, of which characters, what it ends with
    ("gh|p_", 36, ALNUM, ""),
    ("gh|o_", 36, ALNUM, ""),
    ("gh|s_", 36, ALNUM, ""),
    ("github|_pat_11A", 79, ALNUM, ""),
    ("gl|pat-", 20, ALNUM, ""),
    ("gl|dt-", 20, ALNUM, ""),
    ("np|m_", 36, ALNUM, ""),
    ("np|g_", 16, ALNUM, ""),
    ("xo|xb-123456789012-123456789012-", 24, ALNUM, ""),
    ("xo|xp-123456789012-", 60, ALNUM, ""),
    ("xa|pp-1-A0123456789-1234567890123-", 64, HEX, ""),
    ("s|k_live_", 24, ALNUM, ""),
    ("r|k_test_", 24, ALNUM, ""),
    ("wh|sec_", 32, ALNUM, ""),
    ("sb|p_", 40, HEX, ""),
    ("sb|_secret_", 31, ALNUM, ""),
    ("s|k-", 48, ALNUM, ""),
    ("s|k-proj-", 80, ALNUM, ""),
    ("s|k-ant-api03-", 93, ALNUM, "AA"),
    ("AI|za", 35, ALNUM, ""),
    ("GOC|SPX-", 28, ALNUM, ""),
    ("ya|29.", 100, ALNUM, ""),
    ("psc|ale_pw_", 43, ALNUM, ""),
    ("psc|ale_tkn_", 43, ALNUM, ""),
    ("do|p_v1_", 64, HEX, ""),
    ("h|f_", 34, ALNUM, ""),
    ("S|K", 32, HEX, ""),
    ("S|G.", 22, ALNUM, "." + "abcd1234EFGH" * 3 + "abcdefg"),
    ("ke|y-", 32, HEX, ""),
    ("xke|ysib-", 64, HEX, "-aB3dE5gH7jK9mN1p"),
    ("r|e_", 8, ALNUM, "_aB3dE5gH7jK9mN1paB3dE5gH"),
    ("sh|pat_", 32, HEX, ""),
    ("sq0|atp-", 22, ALNUM, ""),
    ("12345|6789:AA", 33, ALNUM, ""),
    ("li|n_api_", 40, ALNUM, ""),
    ("nt|n_", 46, ALNUM, ""),
    ("ATA|TT3xFfGF0", 180, ALNUM, ""),
    ("d|p.pt.", 43, ALNUM, ""),
    ("h|vs.", 90, ALNUM, ""),
    ("da|pi", 32, HEX, ""),
    ("gl|sa_", 32, ALNUM, "_0a1b2c3d"),
    ("NR|AK-", 27, DIGITS + LOWER.upper(), ""),
    ("ph|c_", 43, ALNUM, ""),
    ("py|pi-AgEIcHlwaS5vcmc", 100, ALNUM, ""),
    ("ruby|gems_", 48, HEX, ""),
    ("dc|kr_pat_", 27, ALNUM, ""),
    ("fo|1_", 43, ALNUM, ""),
    ("rn|d_", 28, ALNUM, ""),
    ("nf|p_", 36, ALNUM, ""),
    ("xa|u_", 38, ALNUM, ""),
    ("gs|k_", 52, ALNUM, ""),
    ("r|8_", 37, ALNUM, ""),
    ("AK|IA", 16, DIGITS + LOWER.upper(), ""),
    ("AGE-SEC|RET-KEY-1", 58, DIGITS + LOWER.upper(), ""),
    ("AV|NS_", 19, ALNUM, ""),
    ("cs|k-", 48, HEX, ""),
    ("tv|ly-dev-", 32, ALNUM, ""),
    ("f|c-", 32, HEX, ""),
    ("pc|sk_3fKq2_", 62, ALNUM, ""),
    ("nv|api-", 64, ALNUM, ""),
    ("ji|na_", 60, ALNUM, ""),
    ("e2|b_", 40, HEX, ""),
    ("s|k_", 48, HEX, ""),
    ("CF|PAT-", 43, ALNUM, ""),
    ("PM|AK-0a1b2c3d0a1b2c3d0a1b2c3d-", 34, HEX, ""),
    ("dd|p_", 36, ALNUM, ""),
    ("oy|2", 43, HEX, ""),
    ("po|lar_oat_", 43, ALNUM, ""),
    ("sign|key-prod-", 64, HEX, ""),
    ("CC|IPAT_aB3dE5gH7jK9mN1paB3dE5_", 40, HEX, ""),
    ("md|b_sa_sk_", 40, ALNUM, ""),
)


def tokens() -> Iterator[tuple[str, str]]:
    """Name and token of each service."""
    for begin, length, alphabet, end in _TOKENS:
        yield begin.replace("|", ""), begin.replace("|", "") + made(begin, length, alphabet) + end


def _of_tokens() -> Iterator[Planted]:
    places = (
        ("", "sent {} with the request"),
        ("0003_seed.sql", "INSERT INTO t (id, x) VALUES (1, '{}');"),
        ("config.ts", "const client = connect('{}')"),
        ("notes.md", "It is `{}`."),
        ("a.json", '{{"x": "{}"}}'),
    )
    for number, (name, token) in enumerate(tokens()):
        file, text = places[number % len(places)]
        yield Planted(f"token {name}", file, text.format(token), (token,))


# --- SQL ------------------------------------------------------------------------------------------


def _of_sql() -> Iterator[Planted]:
    p, it = plain(21), "0001_roles.sql"
    b64 = base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
    scram = f"SCRAM-SHA-256$4096:{b64}${b64}:{b64}"
    statements = {
        "role": (f"CREATE ROLE app LOGIN PASSWORD '{p}';", p),
        "user": (f"CREATE USER app WITH ENCRYPTED PASSWORD '{p}' VALID UNTIL 'infinity';", p),
        "quoted quote": (f"ALTER USER app PASSWORD 'it''s {p}';", f"it''s {p}"),
        "unicode": (f"ALTER ROLE app PASSWORD U&'d\\0061t{p}';", f"0061t{p}"),
        "unicode uescape": (f"ALTER ROLE app PASSWORD U&'d!0061{p}' UESCAPE '!';", p),
        "escape": (f"ALTER ROLE app PASSWORD E'x\\'{p}';", p),
        "escape lower": (f"ALTER ROLE app PASSWORD e'{p}\\n';", p),
        "national": (f"ALTER ROLE app PASSWORD N'{p}';", p),
        "dollar": (f"ALTER ROLE app PASSWORD $$it's {p}$$;", p),
        "dollar tag": (f"ALTER ROLE app PASSWORD $pw${p}$pw$;", p),
        "comment between": (f"ALTER ROLE app PASSWORD /* the new one */ '{p}';", p),
        "line comment between": (f"ALTER ROLE app PASSWORD -- new\n  '{p}';", p),
        "next line": (f"ALTER ROLE app\n  PASSWORD\n  '{p}';", p),
        "no space": (f"ALTER ROLE app PASSWORD/**/'{p}';", p),
        "lower case": (f"alter role app password '{p}';", p),
        "begins with $": (f"ALTER ROLE app PASSWORD '${p}';", f"${p}"),
        "begins with *": (f"ALTER ROLE app PASSWORD '*{p}';", f"*{p}"),
        "begins with <": (f"ALTER ROLE app PASSWORD '<{p}';", f"<{p}"),
        "begins with :": (f"ALTER ROLE app PASSWORD ':{p}';", f":{p}"),
        "begins with %": (f"ALTER ROLE app PASSWORD '%{p}';", f"%{p}"),
        "in a DO block": (f"DO $$ BEGIN ALTER ROLE app PASSWORD '{p}'; END $$;", p),
        "execute": (f"DO $$ BEGIN EXECUTE 'ALTER ROLE app PASSWORD ''{p}'''; END $$;", p),
        "execute lines": (f"EXECUTE '\n  ALTER ROLE app\n  PASSWORD ''{p}''\n';", p),
        "execute format": (f"EXECUTE format('ALTER ROLE %I PASSWORD %L', 'app', '{p}');", p),
        "execute joined": (f"EXECUTE 'ALTER ROLE app PASSWORD ' || quote_literal('{p}');", p),
        "execute dollar": (f"EXECUTE $q$ALTER ROLE app PASSWORD '{p}'$q$;", p),
        "variable": (f"DO $$ DECLARE pw text := '{p}'; BEGIN NULL; END $$;", p),
        "constant": (f"DECLARE admin_password CONSTANT text := '{p}';", p),
        "scram": (f"ALTER ROLE app PASSWORD '{scram}';", scram),
        "scram in comment": (f"-- verifier: {scram}", scram),
        "md5": ("ALTER ROLE app PASSWORD 'md5" + made("m", 32, HEX) + "';", made("m", 32, HEX)),
        "md5 told": ("-- rolpassword md5" + made("n", 32, HEX), made("n", 32, HEX)),
        "user mapping": (
            f"CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'app', password '{p}');",
            p,
        ),
        "user mapping altered": (
            f"ALTER USER MAPPING FOR app SERVER s OPTIONS (SET password '{p}');",
            p,
        ),
        "user mapping quoted": (
            f"CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'app', \"password\" '{p}');",
            p,
        ),
        "server api key": (
            f"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (url 'https://x', api_key '{p}');",
            p,
        ),
        "subscription": (
            f"CREATE SUBSCRIPTION s CONNECTION 'host=db user=u password={p}' PUBLICATION p;",
            p,
        ),
        "subscription altered": (
            f"ALTER SUBSCRIPTION s CONNECTION 'host=db password=''a b {p}'' user=u';",
            f"a b {p}",
        ),
        "subscription url": (f"ALTER SUBSCRIPTION s CONNECTION 'postgres://u:{p}@db/x';", p),
        "dblink": (f"SELECT * FROM dblink('dbname=x password={p}', 'SELECT 1') AS t(i int);", p),
        "dblink connect": (f"SELECT dblink_connect('c', 'host=h user=u password={p}');", p),
        "primary_conninfo": (
            f"ALTER SYSTEM SET primary_conninfo = 'host=h user=u password={p}';",
            p,
        ),
        "insert": (f"INSERT INTO users (email, password) VALUES ('a@b', '{p}');", p),
        "insert many": (
            f"INSERT INTO users (id, password_hash, x) VALUES\n (1, 'old{p}', 'a,b'),\n (2, '{p}', NULL);",
            p,
        ),
        "insert quoted": (
            f'INSERT INTO "users" ("id","api_key") VALUES (nextval(\'s\'), \'{p}\');',
            p,
        ),
        "insert select": (f"INSERT INTO users (name, token) SELECT 'a', '{p}' WHERE true;", p),
        "insert setting": (
            f"INSERT INTO settings (key, value) VALUES ('smtp_password', '{p}');",
            p,
        ),
        "insert setting 2": (f"INSERT INTO config VALUES (3, 'stripe.secret_key', '{p}');", p),
        "insert dollar": (f"INSERT INTO users (id, secret) VALUES (1, $$it's {p}$$);", p),
        "copy": (f"COPY users (id, password, name) FROM stdin;\n1\t{p}\tann\n\\.\n", p),
        "set_config": (f"SELECT set_config('app.jwt_secret', '{p}', false);", p),
        "set": (f"SET app.jwt_secret = '{p}';", p),
        "set to": (f"SET LOCAL app.api_token TO '{p}';", p),
        "alter database": (f"ALTER DATABASE shop SET \"app.jwt_secret\" TO '{p}';", p),
        "alter role set": (f"ALTER ROLE app SET app.encryption_key = '{p}';", p),
        "update": (f"UPDATE settings SET api_key = '{p}' WHERE id = 1;", p),
        "update jsonb": (f'UPDATE s SET data = \'{{"apiKey": "{p}"}}\'::jsonb;', p),
        "jsonb_build_object": (f"SELECT jsonb_build_object('a', 1, 'client_secret', '{p}');", p),
        "crypt": (f"INSERT INTO users VALUES (1, crypt('{p}', gen_salt('bf')));", p),
        "pgp": (f"SELECT pgp_sym_decrypt(x, '{p}') FROM t;", p),
        "hmac": (f"SELECT hmac(payload, '{p}', 'sha256');", p),
        "vault": (f"SELECT vault.create_secret('{p}', 'name');", p),
        "header in http": (
            f"SELECT net.http_post('https://x', headers := '{{\"Authorization\": \"Bearer {p}\"}}');",
            p,
        ),
        "identified": (f"CREATE USER 'a'@'%' IDENTIFIED BY '{p}';", p),
        "identified with": (f"CREATE USER a IDENTIFIED WITH caching_sha2_password BY '{p}';", p),
        "set password": (f"SET PASSWORD FOR 'u'@'h' = '{p}';", p),
        "psql set": (f"\\set app_password '{p}'", p),
        "aws": (f"SELECT aws_commons.create_aws_credentials('x', '{p}', '');", p),
        "bcrypt": ("UPDATE u SET h = '$2b$10$" + made("b", 53) + "';", made("b", 53)),
        "argon2": (
            "-- $argon2id$v=19$m=65536,t=3,p=4$" + made("c", 22) + "$" + made("d", 43),
            made("d", 43),
        ),
        "told in comment": (f"-- the admin password is {p}", p),
        "assigned in comment": (f"-- password: {p}", p),
        "block comment": (f"/* login with password '{p}' */", p),
    }
    for name, (text, secret) in statements.items():
        yield Planted(f"sql {name}", it, text, (secret,))


# --- Addresses ------------------------------------------------------------------------------------


def _of_addresses() -> Iterator[Planted]:
    p, o = plain(33), odd(33)
    texts = {
        "plain": ("", f"could not connect to postgres://app:{p}@db.internal:5432/app", p),
        "odd": ("", f"postgresql://app:{o}@db/app?sslmode=require", o),
        "encoded": ("", f"postgres://app:{quote(o, safe='')}@db/app", quote(o, safe="")),
        "no user": ("", f"redis://:{p}@cache:6379/0", p),
        "mongo": ("", f"mongodb+srv://u:{p}@c.mongodb.example/x?retryWrites=true", p),
        "driver": (".env", f"DB=postgresql+asyncpg://u:{p}@h/d", p),
        "amqp": ("a.yml", f"broker: amqps://u:{p}@mq:5671/v", p),
        "several hosts": ("", f"postgres://u:{p}@h1:5432,h2:5432/d", p),
        "ip v6": ("", f"postgres://u:{p}@[::1]:5432/d", p),
        "angle": (".env", f"DATABASE_URL=postgres://app:a<{p}@db:5432/app", f"a<{p}"),
        "angles": ("", f"url postgres://app:<{p}>@db:5432/app failed", p),
        "double quote": (".env", f'DATABASE_URL=postgres://app:a"{p}@db/app', p),
        "single quote": ("a.ts", f"url: \"postgres://app:a'{p}@db/app\"", f"a'{p}"),
        "space": (".env", f"DATABASE_URL=postgres://app:my {p}@db:5432/app", f"my {p}"),
        "space in quotes": ("a.ts", f"url: 'postgres://app:my {p}@db:5432/app'", f"my {p}"),
        "space in message": ("", f"cannot reach postgres://app:my {p}@db:5432/app now", f"my {p}"),
        "at sign": ("", f"postgres://app:a@b@{p}@db/app", p),
        "hash": ("", f"postgres://app:#{p}?x@db/app", p),
        "begins with $": ("", f"postgres://app:${p}@db/app", f"${p}"),
        "begins with *": ("", f"postgres://app:*{p}@db/app", f"*{p}"),
        "begins with :": ("", f"postgres://app::{p}@db/app", f":{p}"),
        "begins with %": ("", f"postgres://app:%25{p}@db/app", p),
        "over lines": ("", f"url is postgres://app:\n    {p}@db/app", p),
        "continued": (".env", f"DATABASE_URL=postgres://app:\\\n{p}@db/app", p),
        "wrapped": ("", f"postgres://app:abc\n{p}@db.internal/app", p),
        "joined": ("a.ts", f'const url = "postgres://app:" + "{p}" + "@db/app"', p),
        "joined lines": ("a.ts", f"const url = 'postgres://app:' +\n  '{p}@db/app'", p),
        "template": ("a.ts", f"`postgres://${{user}}:{p}@${{host}}/app`", p),
        "default": ("a.ts", f"process.env.DATABASE_URL ?? 'postgres://a:{p}@b/c'", p),
        "go": ("main.go", f'dsn := "app:{p}@tcp(db:3306)/app?parseTime=true"', p),
        "go odd": ("", f"app:a@b/{p}@tcp(10.0.0.1:3306)/app", p),
        "go unix": ("", f"root:{p}@unix(/run/mysqld.sock)/app", p),
        "jdbc": ("", f"jdbc:postgresql://db/app?user=app&password={p}&ssl=true", p),
        "jdbc user": ("", f"jdbc:mysql://app:{p}@db:3306/app", p),
        "jdbc server": ("", f"jdbc:sqlserver://h:1433;databaseName=x;user=a;password={p};", p),
        "jdbc oracle": ("", f"jdbc:oracle:thin:scott/{p}@//db:1521/x", p),
        "sslpassword": ("", f"postgres://h/d?sslkey=k&sslpassword={p}", p),
        "in json": ("a.json", f'{{"url":"postgres://u:{p}@h/d"}}', p),
        "in nested json": ("a.json", f'{{"env":"{{\\"URL\\":\\"postgres://u:{p}@h/d\\"}}"}}', p),
        "in yaml": ("a.yml", f"url: postgres://u:{p}@h/d", p),
        "in toml": ("a.toml", f'url = "postgres://u:{p}@h/d"', p),
        "in package.json": ("package.json", f'"m": "DATABASE_URL=postgres://u:{p}@h/d x"', p),
        "in prisma": ("s.prisma", f'url = "postgresql://u:{p}@h/d"', p),
        "git token": ("", f"remote: https://{p}@git.example/o/r.git", p),
        "git user": ("config", f"url = https://x-access-token:{p}@git.example/o/r.git", p),
        "git oauth": ("", f"origin https://oauth2:{p}@git.example/o/r (fetch)", p),
        "access token": ("", f"GET https://x.example/a?access_token={p}&b=1", p),
        "signature": ("", f"https://x.example/a?X-Amz-Signature={p}00&b=1", p),
        "accelerate": ("", f"prisma+postgres://accelerate.example/?api_key={p}", p),
        "libpq": ("", f"host=db dbname=app user=app password={p}", p),
        "libpq first": ("", f"password={p} host=db", p),
        "libpq blanks": ("", f"host = db user = u password = {p}", p),
        "libpq quoted": ("", f"password='a b {p}' host=db", f"a b {p}"),
        "libpq escaped": ("", f"host=db password='a\\'b {p}' user=u", p),
        "libpq angle": ("", f"host=db user=u password=<{p}", f"<{p}"),
        "libpq ampersand": ("", f"host=db user=u password=a&{p}", f"a&{p}"),
        "libpq semicolon": ("", f"host=db user=u password=a;{p}", p),
        "libpq star": ("", f"host=db user=u password=*{p} port=1", f"*{p}"),
        "libpq in code": ("a.ts", f'const dsn = "host=db user=u password={p}"', p),
        "libpq in python": ("a.py", f"connect('host=db user=u password={p}')", p),
        "ado": ("appsettings.json", f'"Db": "Server=h;Database=d;User Id=u;Password={p};"', p),
        "ado pwd": ("", f"Server=h;Uid=u;Pwd={p};Port=3306", p),
        "pgpass": (".pgpass", f"*:*:*:app:{o}", o),
        "pgpass escaped": (".pgpass", f"db:5432:a\\:b:app:x\\:{p}", p),
        "pgpass message": ("", f"db.internal:5432:app:app:{p}", p),
        "pgpass echoed": ("setup.sh", f"echo 'db.internal:5432:app:app:{p}' >> ~/.pgpass", p),
        "service": ("pg_service.conf", f"[prod]\nhost=db\nuser=app\npassword={o}\n", o),
        "my.cnf": ("my.cnf", f"[client]\nuser=root\npassword = \"{o}\"\n", o),
        "netrc": (".netrc", f"machine git.example\n  login me\n  password {p}", p),
    }  # fmt: skip
    for name, (file, text, secret) in texts.items():
        yield Planted(f"address {name}", file, text, (secret,))


# --- Files ----------------------------------------------------------------------------------------


def _of_files() -> Iterator[Planted]:
    p, o = plain(44), odd(44)
    b64 = base64.b64encode(p.encode()).decode()
    inner = json.dumps({"password": p})
    pem = "\n".join(made(f"pem{n}", 64) for n in range(3))
    begin, end = ("-----%s " + kind + " KEY-----" for kind in ("PRIVATE", "PRIVATE"))
    block = f"{begin % 'BEGIN'}\n{pem}\n{end % 'END'}"
    texts = {
        "env": (".env", f"DB_PASSWORD={o}", o),
        "env export": (".env", f"export PGPASSWORD={p}", p),
        "env quoted": (".env", f"API_KEY='{p}'  # the key", p),
        "env double": (".env", f'NEXTAUTH_SECRET="{p} x"', f"{p} x"),
        "env words": (".env", f"DB_PASS=two {p}; and more", p),
        "env lines": (".env", f'SIGNING_KEY="{p}\nsecond{p}"\nX=1', f"second{p}"),
        "env crlf": (".env.local", f"AUTH_TOKEN={p}\r\nX=1\r\n", p),
        "env $": (".env", f"DB_PASSWORD=${p}", f"${p}"),
        "env *": (".env", f"DB_PASSWORD=*{p}", f"*{p}"),
        "env <": (".env", f"DB_PASSWORD=<{p}", f"<{p}"),
        "env <>": (".env", f"DB_PASSWORD=<{p}>", p),
        "env :": (".env", f"DB_PASSWORD=:{p}", f":{p}"),
        "env %": (".env", f"DB_PASSWORD=%{p}", f"%{p}"),
        "env !": (".env", f"DB_PASSWORD=!{p}", f"!{p}"),
        "env &": (".env", f"DB_PASSWORD=&{p}", f"&{p}"),
        "env {": (".env", f"DB_PASSWORD=|{p}", f"|{p}"),
        "dockerfile": ("Dockerfile", f"ENV POSTGRES_PASSWORD {p}\nENV API_TOKEN={p}9", f"{p}9"),
        "compose": ("compose.yml", f"      POSTGRES_PASSWORD: {o}", o),
        "compose list": ("compose.yml", f"      - POSTGRES_PASSWORD={o}", o),
        "compose default": ("compose.yml", f"x: ${{DB_PASSWORD:-{p}}}", p),
        "yaml quoted": ("a.yml", f"password: '{p}'", p),
        "yaml star": ("a.yml", f"password: \"*{p}\"", f"*{p}"),
        "yaml block": ("a.yml", f"password: |\n  {p}\nuser: a", p),
        "yaml folded": ("a.yml", f"db:\n  secret: >-\n    first\n    {p}\n  user: a", p),
        "yaml block indent": ("a.yml", f"token: |2-\n    {p}\n", p),
        "yaml next line": ("a.yml", f"password:\n  {p}\nuser: a", p),
        "yaml flow": ("a.yml", f"db: {{ user: a, password: {p}, host: h }}", p),
        "yaml flow quoted": ("a.yml", f'db: {{ "password": "{p}" }}', p),
        "yaml list": ("a.yml", f"- token: {p}", p),
        "yaml anchor": ("a.yml", f"password: &pw {p}\nother: *pw", p),
        "k8s env": ("d.yaml", f"- name: DB_PASSWORD\n  value: {p}", p),
        "k8s env quoted": ("d.yaml", f'- name: DB_PASSWORD\n  value: "{p}"', p),
        "k8s secret": ("s.yaml", f"kind: Secret\ndata:\n  db-password: {b64}", b64),
        "json": ("config.json", f'{{"password": "{o}"}}', o),
        "json compact": ("config.json", f'{{"a":1,"clientSecret":"{p}","b":2}}', p),
        "json escaped": ("config.json", f'{{"password": "a\\"{p}"}}', p),
        "json nested": ("log.json", json.dumps({"body": inner}), p),
        "json nested twice": ("log.json", json.dumps({"m": json.dumps({"body": inner})}), p),
        "json over lines": ("a.json", f'{{"password":\n  "{p}"}}', p),
        "json name value": ("t.json", f'[{{"name":"DB_PASSWORD","value":"{p}"}}]', p),
        "json $": ("a.json", f'{{"password": "${p}"}}', f"${p}"),
        "json *": ("a.json", f'{{"password": "*{p}"}}', f"*{p}"),
        "json <": ("a.json", f'{{"password": "<{p}>"}}', p),
        "json :": ("a.json", f'{{"password": ":{p}"}}', f":{p}"),
        "json %": ("a.json", f'{{"password": "%{p}"}}', f"%{p}"),
        "docker auth": ("config.json", f'{{"auths":{{"r":{{"auth":"{b64}"}}}}}}', b64),
        "toml": ("a.toml", f'secret_key = "{p}"', p),
        "toml literal": ("a.toml", f"password = '{p}'", p),
        "toml lines": ("a.toml", f'token = """\n{p}\n"""', p),
        "toml inline": ("a.toml", f'db = {{ user = "a", password = "{p}" }}', p),
        "ini": ("a.ini", f"[db]\npassword = {o}", o),
        "properties": ("application.properties", f"spring.datasource.password={o}", o),
        "npmrc": (".npmrc", f"//registry.example/:_authToken={p}", p),
        "npmrc auth": (".npmrc", f"_auth={b64}", b64),
        "xml": ("settings.xml", f"<password>{p}</password>", p),
        "xml add": ("web.config", f'<add key="DbPassword" value="{p}" />', p),
        "ts": ("drizzle.config.ts", f'dbCredentials: {{ host: "h", password: "{o}" }}', o),
        "ts single": ("drizzle.config.ts", f"password: '{p}',", p),
        "ts backtick": ("a.ts", f"authToken: `{p}`,", p),
        "ts or": ("a.ts", f"password: process.env.DB_PASSWORD || '{p}',", p),
        "ts typed": ("a.ts", f'const password: string = "{p}";', p),
        "ts camel": ("a.ts", f"const dbPw = '{p}'", p),
        "ts comment": ("a.ts", f"// password: {p}", p),
        "python": ("settings.py", f'os.getenv("DB_PASSWORD", "{p}")', p),
        "python dict": ("settings.py", f"'PASSWORD': '{p}',", p),
        "ruby": ("database.rb", f"password: '{p}'", p),
        "php": ("config.php", f"'password' => '{p}',", p),
        "terraform": ("main.tf", f'  master_password = "{p}"', p),
        "pem": ("key.pem", block, made("pem1", 64)),
        "pem rsa": ("", block.replace("PRIVATE", "RSA PRIVATE"), made("pem1", 64)),
        "pem cut off": ("", block.partition("-----END")[0], made("pem2", 64)),
        "pem in json": ("a.json", json.dumps({"k": block}), made("pem1", 64)),
        "pem in env": (".env", f'KEY="{block}"', made("pem1", 64)),
        "pem openssh": ("", block.replace("PRIVATE", "OPENSSH PRIVATE"), made("pem1", 64)),
    }  # fmt: skip
    for name, (file, text, secret) in texts.items():
        yield Planted(f"file {name}", file, text, (secret,))


# --- Messages -------------------------------------------------------------------------------------


def _of_messages() -> Iterator[Planted]:
    p, o = plain(55), odd(55)
    b64 = base64.b64encode(f"app:{p}".encode()).decode()
    mail = "ada" + "@" + "example.org"
    texts = {
        "mysql -p": (f"mysql -u root -p{o} app", o),
        "mysql -p quoted": (f"mysqldump -uroot -p'{p}' app", p),
        "--password": (f"tool --password {p} --force", p),
        "--password=": (f"tool --db-password={o}", o),
        "--token quoted": (f"tool --api-token \"{p}\"", p),
        "docker -e": (f"docker run -e POSTGRES_PASSWORD={p} postgres", p),
        "PGPASSWORD": (f"$ PGPASSWORD={o} psql -f x.sql", o),
        "curl": (f"curl -u admin:{p} https://example.org", p),
        "sshpass": (f"sshpass -p {p} ssh h", p),
        "redis-cli": (f"redis-cli -h c -a {p} ping", p),
        "openssl": (f"openssl enc -d -in x -pass pass:{p}", p),
        "basic": (f"Authorization: Basic {b64}", b64),
        "bearer": (f"authorization: Bearer {p}{p}", p),
        "bearer json": (f'{{"headers":{{"Authorization":"Bearer {p}"}}}}', p),
        "apikey header": (f"X-Api-Key: {p}", p),
        "vault header": (f"X-Vault-Token: {p}", p),
        "gitlab header": (f"PRIVATE-TOKEN: {p}", p),
        "cookie": (f"Cookie: session={p}; theme=dark", p),
        "set-cookie": (f"set-cookie: sid={p}; Path=/; HttpOnly", p),
        "connect.sid": (f"sent connect.sid=s%3A{p}.abc", p),
        "jwt": ("got eyJ" + made("j", 33) + ".eyJ" + made("k", 60) + "." + made("l", 43), made("k", 60)),
        "commit to": (f"chore: change the db password to {p}", p),
        "commit from": (f"rotate password from {p} to {plain(56)}", p),
        "commit rotated": (f"rotate password from {plain(57)} to {p}", p),
        "is": (f"The password is {p}.", p),
        "was": (f"the old password was {p}, sorry", p),
        "is quoted": (f"The password is \"{p}\".", p),
        "is code": (f"The root password is `{p}`", p),
        "is $": (f"password is ${p}", p),
        "is now": (f"secret is now {p}", p),
        "set to": (f"token set to {p}", p),
        "colon": (f"staging password: {p}", p),
        "pw": (f"pw is {p}", p),
        "arrow": (f"password -> {p}", p),
        "equals": (f"password = {p}", p),
        "with": (f"log in with password {p} please", p),
        "as the password": (f"use {p} as the password", p),
        "creds": (f"creds: admin / {p}", p),
        "passphrase": (f"passphrase for the key is {p}", p),
        "key error": (f"detail: Key (email)=({mail}) already exists.", mail),
        "key error json": (f"\"detail\":\"Key (email)=({mail}) already exists.\"", mail),
        "foreign key error": (f'DETAIL:  Key (owner, mail)=(7, {mail}) is not present in table "u".', mail),
        "failing row": (f"DETAIL:  Failing row contains (1, {mail}, null).", mail),
        "failing row in parentheses": (f"Failing row contains (1, a (b) {mail}, 2).", mail),
        "query params": (f"Failed query: insert into u values ($1)\nparams: {mail},7", mail),
        "server params": (f"DETAIL:  parameters: $1 = '{mail}', $2 = '7'", mail),
        "duplicate entry": (f"Duplicate entry '{mail}' for key 'users.email'", mail),
        "home": ("at Object.<anonymous> (/home/ada.l/shop/index.ts:3:1)", "ada.l"),
        "home mac": ("Error in /Users/ada.l/shop/x.sql", "ada.l"),
        "home windows": ("C:\\Users\\ada.l\\shop\\x.sql: not found", "ada.l"),
    }  # fmt: skip
    for name, (text, secret) in texts.items():
        yield Planted(f"message {name}", "", text, (secret,))


def planted() -> tuple[Planted, ...]:
    """All texts with secrets."""
    return (*_of_tokens(), *_of_sql(), *_of_addresses(), *_of_files(), *_of_messages())


# --- What is no secret ----------------------------------------------------------------------------

SHA = sha256(b"a migration").hexdigest()
UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
NAME = "sk" + "-customer-orders-archive"
LIKE_A_TOKEN = "sk" + "-" + made("name", 24)
LIKE_STRIPE = "sk" + "_live_" + made("stripe", 24).lower()

_SQL_LINES = (
    f"-- hash {SHA}",
    f'INSERT INTO "drizzle"."__drizzle_migrations" ("hash", "created_at") VALUES (\'{SHA}\', 1716900000000);',
    f'CREATE TABLE "{NAME}" ("id" serial PRIMARY KEY NOT NULL);',
    f'CREATE TABLE "{LIKE_A_TOKEN}" ("id" serial PRIMARY KEY NOT NULL);',
    f'CREATE TABLE {LIKE_STRIPE} ("id" serial PRIMARY KEY NOT NULL);',
    f'ALTER TABLE "public"."{LIKE_A_TOKEN}" ADD COLUMN "x" text;',
    f'ALTER TABLE "{LIKE_A_TOKEN}" ADD CONSTRAINT "{LIKE_A_TOKEN}_fk" FOREIGN KEY ("a") REFERENCES "b"("id");',
    "CREATE TABLE passwords (id serial PRIMARY KEY, password text NOT NULL);",
    'CREATE TABLE "secret_tokens" ("token" text NOT NULL, "secret" text DEFAULT \'x\' NOT NULL);',
    'ALTER TABLE "users" ADD COLUMN "password_reset_token" text;',
    'ALTER TABLE "users" RENAME COLUMN "password" TO "password_hash";',
    '\t"password" varchar(255) NOT NULL,',
    "\t\"password_hash\" text DEFAULT '' NOT NULL,",
    '\t"token" text NOT NULL,',
    '\t"api_key" uuid DEFAULT gen_random_uuid() NOT NULL,',
    '\t"pw" varchar(255) NOT NULL,',
    "\"token\" text DEFAULT 'x' NOT NULL,",
    'CONSTRAINT "sessions_token_unique" UNIQUE("token")',
    "COMMENT ON COLUMN users.password IS 'bcrypt';",
    "COMMENT ON COLUMN users.token IS 'the token of the session, 32 bytes';",
    "CREATE TYPE \"public\".\"credential\" AS ENUM('password', 'token', 'api_key');",
    "CREATE TYPE \"auth\" AS ENUM('password','oauth2','sms1');",
    'CREATE INDEX "secret_idx" ON "vault" USING btree ("secret");',
    'CREATE UNIQUE INDEX "api_key_idx" ON "keys" ("api_key") WHERE "api_key" IS NOT NULL;',
    "UPDATE users SET password = crypt(password, gen_salt('bf'));",
    'UPDATE "users" SET "token" = NULL, "secret" = gen_random_uuid();',
    "SELECT md5('x'), md5(\"token\"), sha256('abc');",
    "ALTER ROLE app PASSWORD NULL;",
    "ALTER ROLE app PASSWORD :'pw';",
    "INSERT INTO auth_methods (id, name) VALUES (1, 'password'), (2, 'token');",
    "INSERT INTO settings (key, value) VALUES ('theme', 'dark'), ('page_size', '20');",
    "INSERT INTO permissions (name) VALUES ('password:reset'), ('token:create');",
    "GRANT SELECT (id, password) ON users TO auditor;",
    "SELECT set_config('search_path', 'public', false);",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (length(password) > 8);",
    "ALTER TABLE t ADD CONSTRAINT c CHECK (kind IN ('password', 'magic_link'));",
    "ALTER TABLE t ALTER COLUMN token SET DEFAULT encode(gen_random_bytes(32), 'hex');",
    "CREATE POLICY p ON secrets USING (owner = current_setting('app.user_id')::uuid);",
    "--> statement-breakpoint",
    f"-- snapshot {UUID}",
    "CREATE FUNCTION verify_password(text) RETURNS bool AS $$ SELECT $1 = 'x' $$ LANGUAGE sql;",
    "RAISE EXCEPTION 'the password '' % '' is too short', n;",
    "CREATE EXTENSION IF NOT EXISTS pgcrypto; -- for crypt and the token column",
    'COPY "users" ("id", "name") FROM stdin;\n1\tpassword\n\\.\n',
    "SELECT 1 AS password, 'a:b@c' AS contact;",
)

_JSON_LINES = (
    ("meta/_journal.json", '{"idx": 3, "version": "7", "when": 1716900000000, "tag": "0003_add_password_token", "breakpoints": true}'),
    ("meta/_journal.json", f'{{"idx": 4, "version": "7", "when": 1716900000001, "tag": "0004_{LIKE_STRIPE}", "breakpoints": true}}'),
    ("meta/0003_snapshot.json", f'{{"id": "{UUID}", "prevId": "00000000-0000-0000-0000-000000000000"}}'),
    ("meta/0003_snapshot.json", '"password": {"name": "password", "type": "text", "primaryKey": false, "notNull": true}'),
    ("meta/0003_snapshot.json", '"api_key": {"name": "api_key", "type": "varchar(64)", "notNull": true, "default": "\'none\'"}'),
    ("meta/0003_snapshot.json", '"columns": {"\\"users\\".\\"password\\"": "\\"users\\".\\"password_hash\\""}'),
    ("meta/0003_snapshot.json", '"uniqueConstraints": {"u_token_unique": {"name": "u_token_unique", "columns": ["token"]}}'),
    ("meta/0003_snapshot.json", f'"public.{LIKE_A_TOKEN}": {{\n "name": "{LIKE_A_TOKEN}",\n "schema": ""}}'),
    ("meta/0003_snapshot.json", f'"tableFrom": "{LIKE_A_TOKEN}", "columnsFrom": [\n  "{LIKE_STRIPE}"\n ]'),
    ("meta/0003_snapshot.json", f'"columns": ["a", "{LIKE_A_TOKEN}"]'),
    ("package.json", '"jsonwebtoken": "^9.0.2", "@auth/token": "workspace:*", "password-hash": "~1.2.3"'),
    ("package.json", '"pw:install": "playwright install", "test:pw": "playwright test"'),
    ("package-lock.json", '"integrity": "sha512-' + made("i", 86) + '=="'),
    ("tsconfig.json", '{"compilerOptions": {"types": ["node"], "secretMode": false}}'),
    ("en.json", '{"title": "Reset your password"}'),
)  # fmt: skip

_CODE_LINES = (
    ("schema.ts", "password: text('password').notNull(),"),
    ("schema.ts", "token: varchar('token', { length: 255 }),\n  secret: text('secret'),"),
    ("schema.ts", f"export const orders = pgTable('{LIKE_A_TOKEN}', {{ id: serial('id') }})"),
    ("schema.ts", "apiKey: uuid('api_key').defaultRandom(),"),
    ("schema.ts", "password: z.string().min(8),"),
    ("schema.ts", "pw: text('pw').notNull(),"),
    ("drizzle.config.ts", "dbCredentials: { url: process.env.DATABASE_URL!, password: process.env.DB_PASSWORD }"),
    ("drizzle.config.ts", "url: `postgres://${user}:${password}@${host}/app`"),
    ("drizzle.config.ts", f"migrations: {{ table: '{LIKE_A_TOKEN}', schema: 'public' }}"),
    ("drizzle.config.ts", "url: `postgres://app:${process.env.PW}@db/app`"),
    ("a.ts", "function login(user: string, password: string) { this.password = password; }"),
    ("a.ts", "pw: {\n  min: 8,\n},"),
    ("a.ts", "const pw = process.env.PW; import pw from 'playwright'"),
    ("a.ts", "const { token, secret } = await getSession(); if (token === undefined) throw e"),
    ("a.ts", "headers: { Authorization: `Bearer ${token}` }"),
    ("a.py", 'password = os.environ["DB_PASSWORD"]'),
    ("pnpm-lock.yaml", "      jsonwebtoken: 9.0.2\n      token-types: 4.2.1"),
    ("yarn.lock", 'resolved "https://registry.example.org/@babel/core/-/core-7.1.0.tgz#' + SHA[:40] + '"'),
    ("ci.yml", "          password: ${{ secrets.DB_PASSWORD }}"),
    ("ci.yml", "permissions:\n  id-token: write\n  contents: read"),
    ("compose.yml", "secrets:\n  db_password:\n    file: ./db_password.txt"),
    ("compose.yml", "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}"),
    ("a.yml", "anchor: &pw x\npassword: *pw"),
    (".env.example", "DB_PASSWORD=\nAPI_KEY=<your key>\nTOKEN=${OTHER}\nPASS=$PGPASSWORD"),
    ("schema.prisma", "model User {\n  password String\n  apiKey String @unique\n}"),
    ("notes.md", "The password is hashed. A token is a random string; the secret is in the vault."),
)  # fmt: skip

_MESSAGE_LINES = (
    f"commit {SHA[:40]}",
    f"bundle {SHA}",
    "feat(auth): rename password to password_hash, move token from users to sessions",
    "fix: the password is now hashed with argon2",
    "add password reset, token refresh and secret rotation",
    f'ERROR:  relation "{LIKE_A_TOKEN}" does not exist',
    f'ERROR:  relation "public.{LIKE_A_TOKEN}" already exists',
    f'column "{LIKE_STRIPE}" of relation "users" does not exist',
    f"error: drizzle/0004_{LIKE_STRIPE}.sql was not found",
    'error: password authentication failed for user "app"',
    "FATAL:  28P01: password authentication failed",
    "SyntaxError: Unexpected token: punc (}) at position 3",
    "SyntaxError: Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON",
    "SyntaxError: Expected ',' or '}' after property value in JSON at position 42",
    "http://localhost:3000/@vite/client and https://example.org:8443/a@b",
    "git@github.com:owner/repo.git and ssh://git@github.com/owner/repo.git",
    "postgres://app@db.internal:5432/app",
    "postgres://db.internal:5432/app failed; write to ops@example.org",
    "src/db/schema.ts:12:5: error TS2322: Type 'string' is not assignable",
    "PWD=/srv/app/project bypass=1 tests pass: 12",
    'CREATE SCHEMA IF NOT EXISTS "drizzle"; Basic configuration of the Bearer authentication',
    "at Object.<anonymous> (node_modules/drizzle-orm/migrator.js:12:9)",
    "[✓] migrations applied successfully! drizzle-kit: v0.31.4",
    '2026-11-28 10:11:12.345 UTC [123] ERROR:  syntax error at or near "token" at character 7',
    "index a1b2c3d..e4f5a6b 100644",
    "npm error code ELIFECYCLE, npm error errno 1, key: value",
    "canceling statement due to lock timeout; Key: none",
    "fix login: auth/oauth2 redirect",
    "refactor: rename token to token_v2, password to password2",
    "token expiry from 15m to 24h, password length to >=12",
    "switch password hashing from bcrypt to argon2id (PROJ-123, #45)",
    "move secret to src/lib/2fa.ts and token from v1 to v2.1",
    "the api key is sent to ops2@example.org",
    'null value in column "password" of relation "users" violates not-null constraint',
)


def harmless() -> tuple[Harmless, ...]:
    """All texts without secrets."""
    return (
        *(Harmless(f"sql {n}", "drizzle/0001_a.sql", text) for n, text in enumerate(_SQL_LINES)),
        *(Harmless(f"json {n}", file, text) for n, (file, text) in enumerate(_JSON_LINES)),
        *(Harmless(f"code {n}", file, text) for n, (file, text) in enumerate(_CODE_LINES)),
        *(Harmless(f"message {n}", "", text) for n, text in enumerate(_MESSAGE_LINES)),
    )
