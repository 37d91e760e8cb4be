"""Mistakes that no folder in git can hold: links, pipes, giants, bytes. Each is made on a whole new city."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from streams.city import init

MISTAKES: Final = Path(__file__).parent / "mistakes"


def new_city(folder: Path) -> Path:
    """A whole city in `folder`/city."""
    city = folder / "city"
    init(city, "newcity")
    return city


def lay_over(mistake: Path, city: Path) -> None:
    """Put the files of a folder of `mistakes/` in place of the city's own; take away what removed.txt names."""
    removed = mistake / "removed.txt"
    for gone in removed.read_text().splitlines() if removed.exists() else ():
        (city / gone).unlink()
    for source in sorted(mistake.rglob("*")):
        name = source.relative_to(mistake)
        if source.is_dir() or name.name in ("removed.txt", "expected.en.txt", "expected.zh-CN.txt"):
            continue
        target = city / name
        if target.is_dir():
            for inner in target.iterdir():
                inner.unlink()
            target.rmdir()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def _link_out(city: Path) -> None:
    (city.parent / "secret.yaml").write_text("users: []\n")
    (city / "users.yaml").unlink()
    (city / "users.yaml").symlink_to(city.parent / "secret.yaml")


def _linked_folder(city: Path) -> None:
    (city / "rules").rename(city.parent / "elsewhere")
    (city / "rules").symlink_to(city.parent / "elsewhere")


def _ring_of_links(city: Path) -> None:
    (city / "users.yaml").unlink()
    (city / "users.yaml").symlink_to("users.yaml")


def _pipe(city: Path) -> None:
    (city / "users.yaml").unlink()
    os.mkfifo(city / "users.yaml")


def _folder_for_a_file(city: Path) -> None:
    (city / "users.yaml").unlink()
    (city / "users.yaml").mkdir()


def _giant(city: Path) -> None:
    with (city / "users.yaml").open("r+b") as file:
        file.truncate(2 << 30)  # a hole: it takes no room


def _gbk(city: Path) -> None:
    (city / "users.yaml").write_bytes("# 中文\nusers: []\n".encode("gb18030"))


def _crowd_of_rules(city: Path) -> None:
    for number in range(1001):
        (city / "rules" / f"note-{number:04}.md").touch()


def _crowd_of_values(city: Path) -> None:
    (city / "users.yaml").write_text("users: [" + "a, " * 50_000 + "a]\n")


def _crowd_of_problems(city: Path) -> None:
    rows = "".join(f"bad code {number},newcity,district,A,甲,,,,,\n" for number in range(1100))
    with (city / "areas.csv").open("a") as file:
        file.write(rows)


def _crowd_of_areas(city: Path) -> None:
    with (city / "areas.csv").open("a") as file:
        file.write("".join(f"a{number},newcity,district,A,甲,,,,,\n" for number in range(20_000)))


def _fine_display(city: Path) -> None:
    with (city / "areas.csv").open("a") as file:
        file.write("".join(f"a{number},newcity,district,A,甲,,,,,\n" for number in range(200)))
    with (city / "city.yaml").open("a") as file:
        file.write("display_level: district\n")


def _gone(city: Path) -> None:
    city.rename(city.parent / "moved")


SCENES: Final[Mapping[str, tuple[Callable[[Path], None], str]]] = {
    "a link out of the folder": (_link_out, "users.yaml:1:1: this leads out of the city's folder: "),
    "a linked folder": (_linked_folder, "rules:1:1: this leads out of the city's folder: "),
    "a ring of links": (_ring_of_links, "users.yaml:1:1: this leads out of the city's folder: "),
    "a pipe": (_pipe, "users.yaml:1:1: this is not a plain file: "),
    "a folder for a file": (_folder_for_a_file, "users.yaml:1:1: this is not a plain file: "),
    "2 GiB": (_giant, "users.yaml:1:1: the file has 2147483648 bytes, more than 1048576: "),
    "another encoding": (_gbk, "users.yaml:1:3: this byte is not UTF-8: "),
    "too many files": (_crowd_of_rules, "rules:1:1: there are 1003 files, more than 1000: "),
    "too many values": (_crowd_of_values, "users.yaml:1:150000: the file holds more than 50000 values: "),
    "too many problems": (_crowd_of_problems, ".:1:1: there are more than 1000 problems: "),
    "too many areas": (_crowd_of_areas, "areas.csv:1:1: the tree has 20003 nodes, more than 20000: "),
    "too fine a display": (_fine_display, "city.yaml:9:16: 203 areas lie at district and above, more than 200: "),
    "no folder": (_gone, "city:1:1: there is no such folder: "),
}
"""Name -> what is done to a city, and how the line begins that must be said."""
