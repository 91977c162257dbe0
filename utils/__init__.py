"""Reusable code of "ResNet, Measured".

Data flows one way: files and the machine -> data -> models -> miniatures -> training -> probes ->
record -> results -> display -> facts -> notebook -> chapters -> explorables -> practice ->
epub. Each package may import what stands before it, never what stands behind it; nothing here
imports from the notebooks or the book. ``pyproject.toml`` states the order, and the checks hold it.
"""
