"""Certificates of the tests: an authority made anew by openssl, and what it signs, in the test's folder."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

DAYS = "2"


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key, PEM both."""

    certificate: Path
    key: Path

    def together(self) -> Path:
        """Both in one file, as a keystore of Kafka in PEM wants them."""
        path = self.certificate.with_suffix(".both.pem")
        path.write_bytes(self.key.read_bytes() + self.certificate.read_bytes())
        return path


class Authority:
    """Signs certificates. `certificate` is what others must believe."""

    def __init__(self, folder: Path, name: str = "authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.certificate = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        _openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", DAYS),
            *("-subj", f"/CN={name}", "-keyout", self._key, "-out", self.certificate),
        )

    def signs(self, name: str, *hosts: str, days: str = DAYS) -> Pair:
        """A certificate of `name` (its CN) for these hosts; without one, a client's. Negative `days`: past its end."""
        made = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        request, more = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        named = ",".join(f"{'IP' if host[:1].isdigit() else 'DNS'}:{host}" for host in hosts)
        more.write_text("basicConstraints=CA:FALSE\n" + (f"subjectAltName={named}\n" if named else ""))
        _openssl(
            *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}"),
            *("-keyout", made.key, "-out", request),
        )
        _openssl(
            *("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-days", days),
            *("-CAcreateserial", "-extfile", more, "-out", made.certificate),
        )
        made.key.chmod(0o600)
        return made


def _openssl(*words: str | Path) -> None:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
