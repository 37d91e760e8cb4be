"""Detectors: from history to limits. One small file each; `register` lists them."""
