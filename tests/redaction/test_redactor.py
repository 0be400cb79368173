"""No credential is written anywhere, and no evidence is damaged for it."""

import base64
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forensics.redaction.redactor import MASK, Redactor, mask, mask_text
from forensics.redaction.scan import Scan, SecretLeft
from tests.redaction.corpus import plain

S = "Hunt3r/2@x!"  # with what breaks naive patterns: a slash, an @, a bang
PLAIN = "hunter2secret"
PEM = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nKcwggSjAgEAAoIBAQ=="
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
SCRAM = "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$c3RvcmVka2V5c3RvcmVk:c2VydmVya2V5c2VydmVy"
MD5 = "md5" + "0123456789abcdef" * 2

SECRETS = [
    # URLs
    ("", f"postgres://app:{S}@db.internal:5432/app", S),
    ("", f"DATABASE_URL=postgresql://app:{PLAIN}@db/app?sslmode=require", PLAIN),
    (".env", f'DATABASE_URL="postgres://app:{S}@db/app"', S),
    ("drizzle.config.ts", f"url: 'mysql://root:{S}@localhost:3306/app',", S),
    ("drizzle.config.ts", f"url: process.env.DATABASE_URL ?? `postgres://a:{PLAIN}@b/c`", PLAIN),
    ("", f"redis://:{PLAIN}@cache:6379/0", PLAIN),
    ("", f"mongodb+srv://u:{PLAIN}@c.mongodb.net/x", PLAIN),
    ("", f"https://x-access-token:{PLAIN}@github.com/o/r.git", PLAIN),
    ("", f"remote: https://{PLAIN}@github.com/o/r.git", PLAIN),
    ("", f"jdbc:postgresql://db/app?user=app&password={PLAIN}&ssl=true", PLAIN),
    (
        "package.json",
        f'"migrate": "DATABASE_URL=postgres://u:{PLAIN}@h/d drizzle-kit migrate"',
        PLAIN,
    ),
    ("", f"could not connect to postgres://u:{quote(S, safe='')}@h/d: timeout", quote(S, safe="")),
    # libpq, .pgpass, .netrc
    ("", f"host=db dbname=app user=app password={PLAIN}", PLAIN),
    ("", "password='hunter2 with blanks' host=db", "hunter2 with blanks"),
    (
        "0001.sql",
        f"CREATE SUBSCRIPTION s CONNECTION 'host=db user=u password={PLAIN}' PUBLICATION p;",
        PLAIN,
    ),
    ("a.ts", f'const dsn = "host=db user=u password={PLAIN}"', PLAIN),
    ("", f"db.internal:5432:app:app:{PLAIN}", PLAIN),
    (".pgpass", f"*:*:*:app:{S}", S),
    (".netrc", f"machine git.internal login me password {PLAIN}", PLAIN),
    # SQL
    ("0001.sql", f"CREATE ROLE app LOGIN PASSWORD '{PLAIN}';", PLAIN),
    ("0001.sql", "ALTER USER app WITH ENCRYPTED PASSWORD 'it''s hunter2';", "it''s hunter2"),
    ("0001.sql", r"ALTER USER app PASSWORD E'hun\'ter2';", r"hun\'ter2"),
    ("0001.sql", f"CREATE USER 'a'@'%' IDENTIFIED BY '{S}';", S),
    ("0001.sql", f"CREATE USER a IDENTIFIED WITH mysql_native_password BY '{PLAIN}';", PLAIN),
    (
        "0001.sql",
        f"CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'app', password '{PLAIN}');",
        PLAIN,
    ),
    ("0001.sql", f"ALTER ROLE app PASSWORD '{SCRAM}';", SCRAM),
    ("0001.sql", f"-- rolpassword is {SCRAM}", SCRAM),
    ("", f"app | {MD5}", MD5),
    ("0001.sql", f"UPDATE settings SET api_key = '{PLAIN}' WHERE id = 1;", PLAIN),
    ("0001.sql", f"INSERT INTO users VALUES (1, crypt('{PLAIN}', gen_salt('bf')));", PLAIN),
    ("0001.sql", f"-- the admin password: {PLAIN}", PLAIN),
    (
        "0001.sql",
        "INSERT INTO u VALUES ('$2b$10$" + "N9qo8uLOickgx2ZMRZoMye" + "I" * 31 + "');",
        "N9qo8uLO",
    ),
    ("", f"SET PASSWORD FOR 'u'@'h' = '{PLAIN}'", PLAIN),
    # assignments
    (".env", f"DB_PASSWORD={S}", S),
    (".env", f"export PGPASSWORD={PLAIN}", PLAIN),
    (".env", f"API_KEY='{PLAIN}'  # the key", PLAIN),
    (".env", "DB_PASS=two words; and more", "two words"),
    (".env.local", f"NEXTAUTH_SECRET={PLAIN}\r\nX=1\r\n", PLAIN),
    ("drizzle.config.ts", f'dbCredentials: {{ host: "h", user: "u", password: "{S}" }}', S),
    ("drizzle.config.ts", f"password: process.env.DB_PASSWORD || '{PLAIN}',", PLAIN),
    ("a.ts", f'const password: string = "{PLAIN}";', PLAIN),
    ("a.ts", f"authToken: `{PLAIN}`,", PLAIN),
    ("a.ts", f'const PW = "{PLAIN}";', PLAIN),
    ("a.ts", f"{{ user: 'u', pw: '{PLAIN}' }}", PLAIN),
    ("a.ts", f"const dbPw = '{PLAIN}'", PLAIN),
    (".env", f"DB_PW={PLAIN}", PLAIN),
    ("", f"host=db user=u pw={PLAIN}", PLAIN),
    ("config.json", f'{{"password": "{S}"}}', S),
    ("log.json", f'{{"body": "{{\\"password\\":\\"{PLAIN}\\"}}"}}', PLAIN),
    ("docker-compose.yml", f"      POSTGRES_PASSWORD: {S}", S),
    ("config.yaml", f"  - token: {PLAIN}", PLAIN),
    ("config.toml", f'secret_key = "{PLAIN}"', PLAIN),
    ("settings.py", f'PASSWORD = os.getenv("DB_PASSWORD", "{PLAIN}")', PLAIN),
    (".npmrc", f"//registry.example/:_authToken={PLAIN}", PLAIN),
    ("", f"AccountName=a;AccountKey={PLAIN};EndpointSuffix=core", PLAIN),
    ("package.json", f'"migrate": "PGPASSWORD={PLAIN} psql -f x.sql"', PLAIN),
    # arguments
    ("", f"mysql -u root -p{S} app", S),
    ("package.json", f'"x": "tool --password {PLAIN} --force"', PLAIN),
    ("", f"docker run -e POSTGRES_PASSWORD={PLAIN} postgres", PLAIN),
    ("", f"curl -u admin:{PLAIN} https://example.org", PLAIN),
    # tokens
    (
        "",
        f"Authorization: Basic {base64.b64encode(b'app:hunter2secret').decode()}",
        "YXBwOmh1bnRlcjJ",
    ),
    ("a.ts", f'headers: {{ Authorization: "Bearer {PLAIN}" }}', PLAIN),
    ("", f"sent {JWT} to the server", JWT),
    ("", "key AKIAIOSFODNN7EXAMPLE was used", "AKIAIOSFODNN7EXAMPLE"),
    ("", "ghp_" + "a1B2" * 9, "a1B2a1B2"),
    ("key.pem", f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----", "MIIEvQ"),
    (
        "a.json",
        '{"k": "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----"}',
        "MIIEvQ",
    ),
    # prose
    ("", f"chore: change the db password to {PLAIN}", PLAIN),
    ("notes.md", f"The password is `{PLAIN}`.", PLAIN),
]

HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BENIGN = [
    ("0001.sql", f"-- hash {HASH}"),
    ("", f"commit {HASH[:40]}"),
    (
        "a.json",
        '{"id": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "prevId": "00000000-0000-0000-0000-000000000000"}',
    ),
    ("0001.sql", 'ALTER TABLE "users" ADD COLUMN "password_reset_token" text;'),
    ("0001.sql", '\t"password" varchar(255) NOT NULL,'),
    ("0001.sql", "\"token\" text DEFAULT 'x' NOT NULL,"),
    ("0001.sql", 'CONSTRAINT "sessions_token_unique" UNIQUE("token")'),
    ("0001.sql", "COMMENT ON COLUMN users.password IS 'bcrypt';"),
    ("0001.sql", "CREATE TYPE \"public\".\"credential\" AS ENUM('password', 'token', 'api_key');"),
    ("0001.sql", 'CREATE INDEX "secret_idx" ON "vault" USING btree ("secret");'),
    ("0001.sql", "UPDATE users SET password = crypt(password, gen_salt('bf'));"),
    ("0001.sql", "SELECT md5('x'), md5(\"token\");"),
    (
        "_journal.json",
        '{"idx": 3, "version": "7", "when": 1716900000000, "tag": "0003_add_password_token", "breakpoints": true}',
    ),
    (
        "0003_snapshot.json",
        '"password": {"name": "password", "type": "text", "primaryKey": false, "notNull": true}',
    ),
    (
        "0003_snapshot.json",
        '"columns": {"\\"users\\".\\"password\\"": "\\"users\\".\\"password_hash\\""}',
    ),
    (
        "0003_snapshot.json",
        '"uniqueConstraints": {"u_token_unique": {"name": "u_token_unique", "columns": ["token"]}}',
    ),
    ("schema.ts", "password: text('password').notNull(),"),
    ("schema.ts", "token: varchar('token', { length: 255 }),"),
    ("schema.ts", "password: z.string().min(8),"),
    (
        "drizzle.config.ts",
        "dbCredentials: { url: process.env.DATABASE_URL!, password: process.env.DB_PASSWORD }",
    ),
    ("drizzle.config.ts", "url: `postgres://${user}:${password}@${host}/app`"[:27] + "${host}`"),
    ("a.ts", "url: `postgres://app:${process.env.PW}@db/app`"),
    ("a.ts", "function login(user: string, password: string) { this.password = password; }"),
    ("package.json", '"jsonwebtoken": "^9.0.2", "@auth/token": "workspace:*"'),
    ("pnpm-lock.yaml", "      jsonwebtoken: 9.0.2\n      token-types: 4.2.1"),
    ("yarn.lock", 'resolved "https://registry.example.org/@babel/core/-/core-7.1.0.tgz#abc"'),
    ("a.ts", "pw: {\n  min: 8,\n},"),
    ("a.ts", "const pw = process.env.PW; const httpw = 'browser'; import pw from 'playwright'"),
    ("schema.ts", "pw: text('pw').notNull(),"),
    ("package.json", '"pw:install": "playwright install", "test:pw": "playwright test"'),
    ("0001.sql", '\t"pw" varchar(255) NOT NULL,'),
    ("ci.yml", "          password: ${{ secrets.DB_PASSWORD }}"),
    (".env.example", "DB_PASSWORD=\nAPI_KEY=<your key>\nTOKEN=${OTHER}"),
    ("", 'error: password authentication failed for user "app"'),
    ("", "SyntaxError: Unexpected token: punc (}) at position 3"),
    ("", "SyntaxError: Expected ',' or '}' after property value in JSON at position 42"),
    ("", "http://localhost:3000/@vite/client and https://example.org:8443/a@b"),
    ("", "git@github.com:owner/repo.git and ssh://git@github.com/owner/repo.git"),
    ("", "postgres://app@db.internal:5432/app"),
    ("", "feat(auth): rename password to password_hash, move token from users to sessions"),
    ("", "src/db/schema.ts:12:5: error TS2322: Type 'string'"),
    ("", "PWD=/home/app/project bypass=1 tests pass: 12"),
    ("", 'CREATE SCHEMA IF NOT EXISTS "drizzle"; Basic configuration of the Bearer authentication'),
]


@pytest.mark.parametrize(("path", "text", "secret"), SECRETS)
def test_a_secret_is_masked(path: str, text: str, secret: str) -> None:
    """Each way in which a credential is written: it goes, and its count is told."""
    assert secret in text
    masked, found = mask(text.encode(), path)
    assert secret.encode() not in masked
    assert MASK.encode() in masked
    assert found >= 1


@pytest.mark.parametrize(("path", "text", "secret"), SECRETS)
def test_masking_twice_changes_nothing(path: str, text: str, secret: str) -> None:
    """A masked text is masked: the second pass finds nothing."""
    once, _ = mask(text.encode(), path)
    assert mask(once, path) == (once, 0)


@pytest.mark.parametrize(("path", "text"), BENIGN)
def test_evidence_is_not_damaged(path: str, text: str) -> None:
    """Hashes, ids, DDL, journals, snapshots, code and error messages come out as they went in."""
    assert mask(text.encode(), path) == (text.encode(), 0)


def test_there_are_enough_of_both() -> None:
    """The tables cannot shrink unnoticed below what the issue asks for."""
    assert len(SECRETS) >= 40
    assert len(BENIGN) >= 20


def test_what_surrounds_a_secret_stays() -> None:
    """Host, user and database of a URL, and the line around a password, remain readable."""
    assert mask_text(f"postgres://app:{S}@db:5432/x") == f"postgres://app:{MASK}@db:5432/x"
    sql = f"CREATE ROLE app LOGIN PASSWORD '{PLAIN}' VALID UNTIL 'x';"
    assert mask(sql.encode(), "a.sql")[0].decode() == sql.replace(PLAIN, MASK)


@pytest.mark.parametrize(
    "encode",
    [
        str,
        lambda s: quote(s, safe=""),
        lambda s: base64.b64encode(s.encode()).decode(),
        lambda s: s.replace("'", "''"),
    ],
)
def test_a_known_secret_is_masked_in_every_form(encode: Callable[[str], str]) -> None:
    """The password in use is found where no pattern would: raw, URL-encoded, base64, SQL."""
    secret = "It's S3cret/+&"
    text = f"nothing announces {encode(secret)} here"
    assert Redactor([secret]).mask_text(text) == f"nothing announces {MASK} here"


@pytest.mark.parametrize(
    "url", ["postgres://app:s%2Fcr%40t99@db/app", "host=db user=app password=s/cr@t99"]
)
def test_of_a_known_connection_string_the_password_is_the_secret(url: str) -> None:
    """The rest of it stays readable; the password goes, as written and as the server sees it."""
    redactor = Redactor([url])
    assert redactor.mask_text("app at db said s/cr@t99") == f"app at db said {MASK}"
    assert redactor.mask_text("app at db said s%2Fcr%40t99") == f"app at db said {MASK}"


def test_an_ordinary_word_as_password_does_not_blacken_the_evidence() -> None:
    """The password `postgres` is masked in its URL, not in the name of the dialect."""
    redactor = Redactor(["postgres", "abc", ""])
    assert redactor.mask_text("dialect: postgresql, abc") == "dialect: postgresql, abc"
    assert (
        redactor.mask_text("postgres://postgres:postgres@h/postgres")
        == f"postgres://postgres:{MASK}@h/postgres"
    )


def test_utf16_is_masked_too() -> None:
    """A file that PowerShell wrote hides nothing."""
    data = f"\ufeffDB_PASSWORD={PLAIN}\r\n".encode("utf-16-le")
    masked, found = mask(data, ".env")
    assert found == 1
    assert masked.decode("utf-16-le") == f"\ufeffDB_PASSWORD={MASK}\r\n"


@given(st.binary(max_size=200))
def test_any_bytes_pass(data: bytes) -> None:
    """Bytes that are no text come through; unless something was masked they are the same."""
    masked, found = mask(data, "x.bin")
    assert found or masked == data


@pytest.mark.sample(3)
@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "token='",
        'password:"',
        "a://b:",
        "x:5432:",
        "PASSWORD ",
        "--token-",
        "eyJaaaaaaaaa.",
        "password is a ",
        "\\",
        "host=a password",
        "'' ",
        "E'\\",
        "mysql x ",
    ],
)
def test_hostile_repetition_takes_linear_time(unit: str) -> None:
    """No text makes the patterns explode: 50 KB of the worst prefix pass in seconds."""
    text = unit * (50_000 // len(unit))
    started = time.process_time()
    mask_text(text)
    mask(text.encode(), "a.sql")
    assert time.process_time() - started < 3


@pytest.mark.parametrize("before", [0, 1, 2, 3, 50])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_secret_is_found_wherever_it_stands_in_a_long_text(before: int, after: int) -> None:
    """Only lines around tell-tale words are looked at; none is missed for what surrounds it."""
    noise = '  "token" text NOT NULL,\nSELECT 1;\n'
    secret = f"ALTER ROLE a PASSWORD\n  '{PLAIN}';\n"
    text = noise * before + secret + noise * after + "x\n" * before + f"password = '{PLAIN}'"
    assert mask(text.encode(), "a.sql") == (text.replace(PLAIN, MASK).encode(), 2)


def test_a_token_that_markdown_escapes_is_not_a_secret() -> None:
    """A report may quote a masked address in a sentence; it was withheld for that."""
    scan = Scan(redactor=Redactor())
    scan.require(r"It is postgres://u:\*\*\*4c1fe35a\@h/d", "report.md", "report.md")
    with pytest.raises(SecretLeft):
        scan.require(rf"It is postgres://u:\*\*\*{plain(7)}\@h/d", "report.md", "report.md")
