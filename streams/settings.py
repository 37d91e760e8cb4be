"""Settings of the process: environment variables `TOCSIN_*`, files that they name, or files in a secrets folder.

Nothing here differs between cities; what does lies in the city's folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.brokers import Brokers, Security
from streams.messages import SpokenError
from streams.setting_sources import BY_FILE, SECRETS_FOLDER, faults_of, from_files, slips, text_of
from streams.wire_settings import bare_secrets, faults

File = Annotated[Path | None, BeforeValidator(lambda said: said or None)]
"""A file's path; empty, as a compose file hands an unset variable on, is none."""


class SettingsError(SpokenError):
    """A setting that cannot be used: one line, for the person who set it, never with the value."""


class SettingsWrongError(SettingsError):
    """All that is wrong with the settings, a line each."""

    def __init__(self, wrong: Sequence[SpokenError]) -> None:
        super().__init__("as-it-is", text="\n".join(str(one) for one in wrong))
        self.wrong = tuple(wrong)

    def render(self, language: str) -> str:
        return "\n".join(one.render(language) for one in self.wrong)


class Settings(BaseSettings):
    """All settings, with what they are for. Names in the environment carry the prefix `TOCSIN_`."""

    model_config = SettingsConfigDict(env_prefix="TOCSIN_", extra="ignore", frozen=True)

    data: Path = Field(Path("var"), description="Folder of journals, alerts and keys, one subfolder a city.")
    host: str = Field("127.0.0.1", description="Address to listen on. Loopback until you set a token.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    token: SecretStr = Field(
        SecretStr(""), description="Bearer token that POST /v1/events asks for. Empty: open, for loopback only."
    )
    key: SecretStr = Field(
        SecretStr(""),
        description="Secret of the keyed hashes over ids, matters, places. Empty: made once, kept in the data folder.",
    )
    database: SecretStr = Field(
        SecretStr(""),
        description="postgresql://... for alerts and moves, a schema a city. Empty: a SQLite file in the data folder.",
    )
    address: str = Field(
        "",
        pattern=r"^(https?://[^\s/?#@]+(/[^\s?#@]*)?)?$",
        description="https://..., where people reach the console: messages carry links by which a desk takes an alert."
        " Empty: no links.",
    )
    proxies: str = Field(
        "",
        pattern=r"^([0-9A-Fa-f.:/]+(,\s*[0-9A-Fa-f.:/]+)*)?$",
        description="Addresses or networks of reverse proxies, with commas: what they say of who asks is believed."
        " Empty: nobody is.",
    )
    certificate: File = Field(
        None, description="PEM file of the certificate under which we answer over https. Empty: http, for a proxy."
    )
    certificate_key: File = Field(None, description="PEM file of its key, without a password.")
    language: Literal["en", "zh-CN"] = Field("en", description="Language of the command line's messages.")
    log: Literal["auto", "json", "console"] = Field(
        "auto", description="Form of the logs: colours on a terminal, JSON elsewhere (auto), or one of the two."
    )
    body_bytes: int = Field(8 << 20, ge=1024, description="Largest body of one request, in bytes as sent.")
    unpacked_bytes: int = Field(64 << 20, ge=1024, description="Largest body of one request, in bytes after gzip.")
    body_events: int = Field(50_000, ge=1, description="Most events in one request.")
    queue_events: int = Field(100_000, ge=1, description="Most events waiting for the journal; beyond it, 429.")
    answer_seconds: float = Field(30.0, gt=0, description="Longest wait of a request for the journal; then 503.")
    body_seconds: float = Field(30.0, gt=0, description="Longest wait for the whole of a request's body; then 408.")
    snapshot_records: int = Field(20_000, ge=1, description="A snapshot is written after so many records.")
    snapshot_seconds: float = Field(60.0, gt=0, description="A snapshot is written after so many seconds with records.")
    reserve_bytes: int = Field(
        64 << 20, ge=0, description="Disk kept back, so that alerts still work when the disk is full."
    )
    refused_kept: int = Field(100_000, ge=0, description="Refused records kept per city, scrubbed; older ones go.")
    crash_at: str = Field(
        "",
        description="For tests, with --clock stream alone: name:n kills the process at a crash point's n-th passing.",
    )
    kafka: str = Field("127.0.0.1:9092", description="Brokers of the Kafka road: host:port, several with commas.")
    kafka_security: Security = Field(
        "PLAINTEXT",
        description="The wire to the brokers: in the open, TLS (SSL), or TLS with a user (SASL_SSL, SCRAM-SHA-512).",
    )
    kafka_ca: File = Field(
        None, description="PEM file of the authorities that sign the brokers' certificates. Empty: the system's."
    )
    kafka_certificate: File = Field(None, description="PEM file of our own certificate, where brokers ask for one.")
    kafka_certificate_key: File = Field(None, description="PEM file of its key, without a password.")
    kafka_user: str = Field("", pattern=r"^[A-Za-z0-9._-]*$", description="User at the brokers, with SASL_SSL.")
    kafka_password: SecretStr = Field(
        SecretStr(""), description="That user's password. Taken from a file alone, never from the environment."
    )
    watch_seconds: float = Field(1.0, gt=0, description="Seconds between two looks at watched files and folders.")
    watchdog_still_seconds: float = Field(
        60.0, gt=0, description="The watchdog says so when a city has no new tick, or no answer, for so long."
    )
    watchdog_look_seconds: float = Field(5.0, gt=0, description="Seconds between two looks of the watchdog.")
    watchdog_token: SecretStr = Field(
        SecretStr(""),
        description="Token of an account with the role system: with it the watchdog reads /metrics. Needed once there"
        " are accounts and it is given --url.",
    )

    @property
    def brokers(self) -> Brokers:
        """The brokers, and the wire to them."""
        return Brokers(
            self.kafka,
            self.kafka_security,
            self.kafka_ca,
            self.kafka_certificate,
            self.kafka_certificate_key,
            self.kafka_user,
            self.kafka_password.get_secret_value(),
        )


def read_secret(name: str) -> bytes:
    """The secret called `name`: a file of this name in the secrets folder, or `TOCSIN_SECRET_<NAME>`, or the file that
    `TOCSIN_SECRET_<NAME>_FILE` names.

    Raises KeyError where there is none, SpokenError where the file cannot be read.
    """
    folder = os.environ.get(SECRETS_FOLDER)
    path = Path(folder, name) if folder and name == Path(name).name else None
    variable = "TOCSIN_SECRET_" + name.upper().replace("-", "_")
    if path is not None and path.is_file():
        return text_of(path, SECRETS_FOLDER).encode()
    named = os.environ.get(variable + BY_FILE)
    if named and variable not in os.environ:
        return text_of(Path(named), variable + BY_FILE).encode()
    return os.environ[variable].encode()


def read_settings() -> Settings:
    """The settings of this process. Raises SettingsError with every mistake, never with a value."""
    found, wrong = from_files(Settings.model_fields, os.environ)
    wrong += slips(Settings.model_fields, os.environ)
    wrong += bare_secrets(os.environ)
    given = cast("dict[str, Any]", found)
    try:
        settings = Settings(**given)
    except ValidationError as invalid:
        wrong += faults_of(invalid)
        faulty = {str(fault["loc"][0]) for fault in invalid.errors(include_input=False, include_url=False)}
        settings = Settings(**given | {field: Settings.model_fields[field].default for field in faulty})
        if any(field.startswith("kafka_") for field in faulty):
            raise SettingsWrongError(wrong) from None  # what goes together is looked at once each can be read
    wrong += faults(settings, known={str(one.values.get("name")).removesuffix(BY_FILE) for one in wrong})
    if wrong:
        raise SettingsWrongError(wrong)
    return settings
