"""A small timestamp authority: openssl behind a local address."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

CONFIG = """
[tsa]
default_tsa = main
[main]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[extensions]
extendedKeyUsage = critical,timeStamping
"""


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    """What openssl prints."""
    return subprocess.run(
        ["openssl", *arguments], input=given, capture_output=True, check=True
    ).stdout


def certificates(folder: Path) -> Path:
    """A root, and an authority that it vouches for; returns the root's certificate."""
    (folder / "config").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01\n")
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        *(*new, "-x509", "-days", "9", "-subj", "/CN=root", "-keyout", f"{folder}/ca.key"),
        *("-out", f"{folder}/ca.pem"),
    )
    openssl(*new, "-subj", "/CN=tsa", "-keyout", f"{folder}/tsa.key", "-out", f"{folder}/tsa.csr")
    openssl(
        *("x509", "-req", "-in", f"{folder}/tsa.csr", "-days", "9", "-CA", f"{folder}/ca.pem"),
        *("-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-extfile", f"{folder}/config"),
        *("-extensions", "extensions", "-out", f"{folder}/tsa.pem"),
    )
    return folder / "ca.pem"


@contextmanager
def authority(folder: Path) -> Iterator[str]:
    """Its address, while it answers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = folder / "query"
            query.write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            given = ("-config", f"{folder}/config", "-section", "main", "-queryfile", str(query))
            reply = openssl("ts", "-reply", *given)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
