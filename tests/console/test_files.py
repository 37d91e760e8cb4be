"""What is served: headers, files of others, and no address of anybody else."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alerts.console.pages import STATIC, TEMPLATES
from alerts.console.sample_night import sample_night
from tests.console.reading import read

VENDOR = STATIC / "vendor"
OURS = [path for path in (*STATIC.glob("*"), *TEMPLATES.rglob("*.html")) if path.is_file()]
ADDRESS = re.compile(r"(?<!path:)(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s\"'`)<]*", re.IGNORECASE)
ANSWERS = [
    "/",
    "/alert/91c4e7aa",
    "/nothing",
    "/shapes/sample.json",
    "/static/style.css",
    "/static/none",
    "/events?city=x",
]
NAMES_NOT_ADDRESSES = {  # words that look like addresses: namespaces, and licences in comments
    "http://www.w3.org/2000/svg",
    "http://www.w3.org/1999/xlink",
    "http://www.w3.org/2000/xmlns/",
    "http://www.w3.org/XML/1998/namespace",
    "http://www.apache.org/licenses/LICENSE-2.0",
    "https://github.com/ecomfe/zrender/blob/master/LICENSE",
}


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_forbids_foreign_and_inline_scripts(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    rules = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == rules["connect-src"] == rules["style-src"] == "'self'"
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_no_page_has_an_inline_script_or_a_handler(client: TestClient) -> None:
    for path in ("/", *(f"/alert/{alert.id}" for alert in sample_night())):
        found = read(client.get(path).text)
        assert all("src" in script for script in found.all("script"))
        assert not found.all("style")
        for _, attributes in found.elements:
            assert not [name for name in attributes if name.startswith(("on", "hx-on"))]
            assert not [value for value in attributes.values() if value.startswith(("js:", "javascript:"))]


def test_style_attributes_hold_numbers_and_nothing_else(client: TestClient) -> None:
    numbers = re.compile(r"(--[a-z]+:-?\d+(\.\d+)?;?)+")
    styles = 0
    for path in ("/", *(f"/alert/{alert.id}" for alert in sample_night())):
        for _, attributes in read(client.get(path).text).elements:
            if "style" in attributes:
                assert numbers.fullmatch(attributes["style"]), attributes["style"]
                styles += 1
    assert styles > 20


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_file_of_ours_names_an_address_outside(path: Path) -> None:
    assert set(ADDRESS.findall(path.read_text())) <= NAMES_NOT_ADDRESSES


@pytest.mark.parametrize("path", sorted(VENDOR.glob("*.js")), ids=lambda path: path.name)
def test_files_of_others_name_only_namespaces_and_licences(path: Path) -> None:
    assert set(ADDRESS.findall(path.read_text())) <= NAMES_NOT_ADDRESSES


def test_files_of_others_are_those_that_were_published() -> None:
    lines = (VENDOR / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    present = {path.name for path in VENDOR.iterdir()} - {"SHA256SUMS", "README.md"}
    assert set(listed) == present
    for name, digest in listed.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name


def test_every_file_of_others_is_told_with_its_licence() -> None:
    told = (VENDOR / "README.md").read_text()
    for path in VENDOR.glob("*.js"):
        line = next(line for line in told.splitlines() if line.startswith(f"| `{path.name}`"))
        licences = re.findall(r"`([a-z]+\.[A-Z]+\.txt)`", line)
        assert licences
        assert all((VENDOR / name).is_file() for name in licences)


def test_every_file_that_a_page_names_is_there_and_kept(client: TestClient) -> None:
    found = read(client.get("/").text)
    named = [script["src"] for script in found.all("script")] + [link["href"] for link in found.all("link")]
    assert len(named) > 6
    for address in named:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]


def test_htmx_waits_for_its_extension(client: TestClient) -> None:
    """A deferred htmx may begin between two scripts: without the stream extension the page never goes live."""
    first, *others = read(client.get("/").text).all("script")
    assert "htmx" in first["src"]
    assert "defer" not in first
    assert all("defer" in script for script in others)


def test_pages_are_kept_by_nobody(client: TestClient) -> None:
    for path in ("/", "/alert/91c4e7aa", "/nothing"):
        assert client.get(path).headers["cache-control"] == "no-store"
