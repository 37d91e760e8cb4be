"""Fills the reference parts of the documents from the source: `make docs`.

A page holds blocks between `<!-- from the source: NAME -->` and `<!-- end -->`; what stands between is written
anew from the objects themselves. A test asks that nothing would change.
"""

from docs.reference.blocks import BLOCK, BLOCKS, filled, pages
from docs.reference.command_line import every_command

__all__ = ["BLOCK", "BLOCKS", "every_command", "filled", "pages"]
