"""The book on paper: how do the built pages become PDFs that lose nothing of them?

``chapters`` reads the pages of the table of contents, ``paper`` makes each of them fit for paper,
with its answers at the end (``questions``), ``sheets`` joins them to documents whose links lead
on, ``press`` prints these with Chromium, and ``files`` reads and completes what it has printed.
Screen readers are served by ``spoken``, before printing, and by ``tags``, after it.
"""
