"""Grafana's boards as code: what each shows is data (a file a board), JSON is written by `make boards`.

A test asks that the committed JSON is what this writes, and runs every query on a real Prometheus or PostgreSQL.
"""

from deploy.boards.city import BOARD as CITY
from deploy.boards.desks import BOARD as DESKS
from deploy.boards.figures import Board, Figure, Row
from deploy.boards.kafka import KAFKA
from deploy.boards.pipeline import PIPELINE
from deploy.boards.rules import BOARD as RULES
from deploy.boards.written import FOLDER, pages

BOARDS = (CITY, DESKS, RULES, PIPELINE, KAFKA)
LANGUAGES = ("en", "zh-CN")

__all__ = [
    "BOARDS",
    "CITY",
    "DESKS",
    "FOLDER",
    "KAFKA",
    "LANGUAGES",
    "PIPELINE",
    "RULES",
    "Board",
    "Figure",
    "Row",
    "pages",
]
