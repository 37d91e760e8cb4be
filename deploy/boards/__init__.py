"""Grafana's boards as code: what each shows is data (pipeline.py, kafka.py), JSON is written by `make boards`.

A test asks that the committed JSON is what this writes, and runs every query on a real Prometheus.
"""

from deploy.boards.figures import Board, Figure, Row
from deploy.boards.kafka import KAFKA
from deploy.boards.pipeline import PIPELINE
from deploy.boards.written import FOLDER, pages

BOARDS = (PIPELINE, KAFKA)
LANGUAGES = ("en", "zh-CN")

__all__ = ["BOARDS", "FOLDER", "KAFKA", "LANGUAGES", "PIPELINE", "Board", "Figure", "Row", "pages"]
