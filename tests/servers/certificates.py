"""A certificate for localhost that nobody else trusts."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """Paths of a self-signed certificate and its key."""

    cert: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """For a server that shows it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts it and checks the name."""
        return ssl.create_default_context(cafile=str(self.cert))


def make_certificate(folder: Path, *, days: int = 30, names: str = "DNS:localhost,IP:127.0.0.1") -> Certificate:
    """A self-signed certificate for these names, made by openssl in that folder."""
    made = Certificate(cert=folder / "cert.pem", key=folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", str(days), "-subj", "/CN=localhost", "-addext", f"subjectAltName={names}"]
    subprocess.run([*command, "-keyout", made.key, "-out", made.cert], check=True, capture_output=True)
    return made


def make_expired_certificate(folder: Path) -> Certificate:
    """One for localhost that ended yesterday."""
    made, request = Certificate(cert=folder / "cert.pem", key=folder / "key.pem"), folder / "request.pem"
    ask = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    extensions = folder / "extensions"  # Python 3.13 trusts nothing without them, and would complain of that first
    extensions.write_text(
        "subjectAltName=DNS:localhost\nbasicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n"
    )
    sign = ["openssl", "x509", "-req", "-in", str(request), "-signkey", str(made.key), "-days", "-1"]
    sign += ["-extfile", str(extensions)]
    subprocess.run(
        [*ask, "-subj", "/CN=localhost", "-keyout", made.key, "-out", request], check=True, capture_output=True
    )
    subprocess.run([*sign, "-out", made.cert], check=True, capture_output=True)
    return made
