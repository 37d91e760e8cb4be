"""The wires to the brokers: each kind carries all of our clients, and each that is wrong says which setting to mend."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from streams.brokers import Brokers
from streams.kafka import admin, knock
from streams.kafka.topics import SIGNALS, STATE, partition_of
from streams.messages import MESSAGES, SpokenError
from streams.replay import REPLAY_KEY
from tests.certificates import Authority
from tests.kafka.broker import free_ports
from tests.kafka.road import PARTITIONS, example, messages, poured, span, taken_in
from tests.kafka.secured import USERS, SecuredBroker

pytestmark = pytest.mark.xdist_group("kafka")
LONGEST: Final = 90.0
WORLD: Final = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}


def environment(brokers: Brokers, folder: Path) -> dict[str, str]:
    """What a process is told of the wire: files alone for what is secret."""
    told = {"TOCSIN_KAFKA": brokers.address, "TOCSIN_KAFKA_SECURITY": brokers.security}
    files = {"CA": brokers.ca, "CERTIFICATE": brokers.certificate, "CERTIFICATE_KEY": brokers.key}
    told |= {f"TOCSIN_KAFKA_{name}": str(path) for name, path in files.items() if path is not None}
    if brokers.user:
        secret = folder / f"password-{brokers.user}"
        secret.write_text(brokers.password + "\n")
        told |= {"TOCSIN_KAFKA_USER": brokers.user, "TOCSIN_KAFKA_PASSWORD_FILE": str(secret)}
    return {**WORLD, "TOCSIN_KEY": REPLAY_KEY.decode(), **told}


def started(brokers: Brokers, folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from streams.entry import main; main()", *words]
    return subprocess.Popen(
        command, env=environment(brokers, folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def told(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    return out


@pytest.mark.nightly  # by a user the road is walked in every run, with its rights: test_rights.py
@pytest.mark.timeout(300)
@pytest.mark.parametrize("wire", ["tls", "by_certificate", "by_user"])
def test_a_wire_carries_setup_replay_intake_and_worker(secured: SecuredBroker, tmp_path: Path, wire: str) -> None:
    brokers: Brokers = secured.by_user("keeper") if wire == "by_user" else getattr(secured, wire)()
    city = example("montgomery")
    number = partition_of(city.name, PARTITIONS)
    admin.setup(brokers, [city], partitions=PARTITIONS)
    assert admin.check(brokers, [city]).drifts == ()
    before = len(messages(secured.address, STATE, number))
    assert poured(brokers, city, *span(city, "2016-01-23", "2016-01-24")) > 0
    taken_in(brokers, [city])
    worker = started(brokers, tmp_path, "worker", "--member", wire)
    limit = time.monotonic() + LONGEST
    while len(messages(secured.address, STATE, number)) <= before:
        assert worker.poll() is None, told(worker)
        assert time.monotonic() < limit
        time.sleep(0.2)
    worker.send_signal(signal.SIGTERM)
    assert "worker_left_without_a_word" not in told(worker)
    assert worker.returncode == 0
    assert messages(secured.address, SIGNALS, number)


def wrong_wires(secured: SecuredBroker, folder: Path) -> dict[str, Brokers]:
    """By the message that must come, a wire that is wrong in just that."""
    stranger = Authority(folder / "stranger", "stranger")
    theirs = stranger.signs("keeper")
    tls, certificate, user = secured.tls(), secured.by_certificate(), secured.by_user("keeper")
    return {
        "kafka-unreachable": replace(tls, address=f"localhost:{free_ports(1)[0]}"),
        "kafka-plain": replace(tls, address=secured.address),
        "kafka-tls-wanted": Brokers(secured.at("TLS")),
        "kafka-certificate-unknown": replace(tls, ca=stranger.certificate),
        "kafka-certificate-name": replace(tls, address=secured.at("TLS", host="127.0.0.1")),
        "kafka-certificate-wanted": replace(certificate, certificate=None, key=None),
        "kafka-certificate-refused": replace(certificate, certificate=theirs.certificate, key=theirs.key),
        "kafka-user-wanted": replace(tls, address=secured.at("USERS")),
        "kafka-user-unwanted": replace(user, address=secured.at("TLS")),
        "kafka-password": replace(user, password="hush-wrong-Ww1"),
    }


def test_each_wrong_wire_names_its_setting_and_the_cure_to_every_client(secured: SecuredBroker, tmp_path: Path) -> None:
    for name, brokers in wrong_wires(secured, tmp_path).items():
        fault = knock.kept_out(brokers)
        assert fault is not None, name
        assert fault.name == name, name
        if not brokers.secured:
            continue
        with pytest.raises(SpokenError) as of_the_admin, admin.admin(brokers):
            pass
        with pytest.raises(SpokenError) as of_the_rest:
            taken_in(brokers, [example("montgomery")])
        assert (of_the_admin.value.name, of_the_rest.value.name) == (name, name)


def test_a_worker_and_an_intake_with_a_wrong_password_end_with_one_line_that_holds_none(
    secured: SecuredBroker, tmp_path: Path
) -> None:
    wrong, home = replace(secured.by_user("keeper"), password="hush-wrong-Ww1"), str(example("montgomery").folder)
    begun = [
        started(wrong, tmp_path, *words)
        for words in (["worker"], ["intake", home], ["doctor", home, "--road", "kafka"])
    ]
    for process in begun:
        said = told(process)
        assert process.returncode == 1
        assert "TOCSIN_KAFKA_USER" in said
        assert "TOCSIN_KAFKA_PASSWORD" in said
        assert "hush" not in said
        assert "Traceback" not in said


def test_nobody_is_let_in_by_another_s_name(secured: SecuredBroker) -> None:
    brokers = secured.by_user("keeper")
    assert USERS["keeper"] not in f"{brokers} {brokers!r}"
    fault = knock.kept_out(replace(brokers, user="intake"))
    assert fault is not None
    assert fault.name == "kafka-password"


def one_answer(context: ssl.SSLContext, say: Callable[[ssl.SSLSocket], None]) -> int:
    """A server of one TLS connection on a port that is returned."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, listener.accept()[0] as link:
            try:
                with context.wrap_socket(link, server_side=True) as tls:
                    say(tls)
            except OSError:
                pass

    threading.Thread(target=serve, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def test_a_broker_whose_certificate_is_past_its_end_is_not_believed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    old = authority.signs("old", "localhost", days="-1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(old.certificate, old.key)
    port = one_answer(context, lambda tls: None)
    fault = knock.kept_out(Brokers(f"localhost:{port}", "SSL", authority.certificate))
    assert fault is not None
    assert fault.name == "kafka-certificate-expired"


def test_a_broker_that_offers_another_mechanism_is_told_which_we_speak(tmp_path: Path) -> None:
    """Such as one that has SCRAM-SHA-256 alone: it answers our handshake with its error 33."""
    authority = Authority(tmp_path)
    pair = authority.signs("other", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)

    def say(tls: ssl.SSLSocket) -> None:
        tls.recv(1024)
        tls.sendall(b"\x00\x00\x00\x06" + b"\x00\x00\x00\x01" + b"\x00\x00")
        tls.recv(1024)
        tls.sendall(b"\x00\x00\x00\x06" + b"\x00\x00\x00\x01" + b"\x00\x21")

    port = one_answer(context, say)
    fault = knock.kept_out(Brokers(f"localhost:{port}", "SASL_SSL", authority.certificate, user="a", password="b"))
    assert fault is not None
    assert fault.name == "kafka-mechanism"


def test_every_message_about_a_wire_is_called_forth_here_or_with_the_settings() -> None:
    mine = {name for name in MESSAGES if name.startswith("kafka-") and ("certificate" in name or "user" in name)}
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in sorted(mine) if name not in source] == []
