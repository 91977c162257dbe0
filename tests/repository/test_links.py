"""Every link inside the built book leads to a file, and to a place in it, that exists."""

from pathlib import Path

from links import problem


def test_a_broken_link_and_a_broken_anchor_are_found(tmp_path: Path):
    (tmp_path / "b.html").write_text('<p id="there">', encoding="utf-8")
    page = tmp_path / "a.html"
    page.write_text('<p id="own">', encoding="utf-8")
    good = ["b.html", "b.html#there", "#own", "https://example.org/x#y", "b.html#figure=1"]
    assert [problem(page, address) for address in good] == [None] * 5
    assert problem(page, "c.html") == "c.html: no such file"
    assert problem(page, "b.html#nowhere") == "b.html#nowhere: no such place"
    assert problem(page, "#nowhere") == "#nowhere: no such place"
