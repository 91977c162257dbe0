"""A built book becomes one EPUB, the same for everybody, and a fault of it is found."""

import re
import zipfile
from pathlib import Path

import pytest
from small_site import SITE, write_citation, write_site

from utils.epub.book import write_epub
from utils.epub.checks import faults
from utils.facts.edition import EditionError


def made(folder: Path, **articles: str) -> Path:
    """The EPUB of the small book."""
    path = folder / "small.epub"
    write_epub(write_site(folder / "html", **articles), path, write_citation(folder))
    return path


def text_of(path: Path, name: str) -> str:
    """A file of an EPUB."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(f"EPUB/{name}").decode()


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    return made(tmp_path_factory.mktemp("small"))


def test_an_epub_begins_with_its_type_and_has_no_fault(small):
    assert list(faults(small)) == []
    with open(small, "rb") as file:
        assert file.read(58)[30:] == b"mimetypeapplication/epub+zip"


def test_the_same_book_gives_the_same_bytes(small, tmp_path):
    assert made(tmp_path).read_bytes() == small.read_bytes()


def test_links_lead_into_the_book_where_it_has_the_place_and_else_to_the_site(small):
    links = re.findall(r'<a href="([^"]+)"', text_of(small, "book/first.xhtml"))
    assert links == [
        "../notebooks/second.xhtml#id1-deep", f"{SITE}/book/cards.html",
        "https://elsewhere.example/x",
    ]  # fmt: skip


def test_the_contents_list_parts_pages_and_sections_in_reading_order(small):
    toc = text_of(small, "nav.xhtml").partition("landmarks")[0]
    assert re.findall(r">([^<>\n]+)</(?:a|span)>", toc) == [
        "Start here", "First", "Chapters", "Second", "Deep",
    ]  # fmt: skip
    order = re.findall(r'idref="(\w+)"', text_of(small, "package.opf"))
    assert order == ["title", "nav", "d1", "d2"]


def test_the_package_says_what_citation_says_and_what_documents_hold(small):
    package = text_of(small, "package.opf")
    assert "<dc:title>Small</dc:title>" in package
    assert "<dc:creator>Nobody</dc:creator>" in package
    assert '<meta property="dcterms:modified">2027-03-02T00:00:00Z</meta>' in package
    assert re.findall(r'href="(\S+)" \S+ properties="(mathml svg)"', package) == [
        ("notebooks/second.xhtml", "mathml svg")
    ]


def test_a_drawing_gets_its_words_as_title_and_its_capital_letters(small):
    text = text_of(small, "notebooks/second.xhtml")
    assert re.search(r'<svg [^>]*viewBox="0 0 9 9"[^>]*><title>A line</title>', text)
    assert "data-part" not in text


# Faults -----------------------------------------------------------------------------------------


def changed(path: Path, name: str, old: str, new: str, target: Path) -> list[str]:
    """The faults of an EPUB in which one text is replaced."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as archive:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == name:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            archive.writestr(info, content)
    return list(faults(target))


SECOND = "EPUB/notebooks/second.xhtml"


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("mimetype", "epub", "zip", "mimetype does not say"),
        (SECOND, "</p>", "", "not well-formed"),
        (SECOND, '<html xmlns="http://www.w3.org/1999/xhtml"', "<html", "namespace of XHTML"),
        (SECOND, ' xmlns="http://www.w3.org/1998/Math/MathML"', "", "math has the namespace"),
        (SECOND, 'alttext="x &lt; 1"', 'alttext=""', "has no alternative text"),
        (SECOND, "<mi>x</mi><mo>&lt;</mo><mn>1</mn>", "<mi></mi>", "a formula is empty"),
        (SECOND, "<mi>x</mi>", "<merror/>", "a formula has an error"),
        (SECOND, "<title>A line</title>", "", "a drawing has no title"),
        (SECOND, "<p>", "<p><script/>", "holds script"),
        (SECOND, "<p>", '<p onclick="x">', "onclick runs a script"),
        (SECOND, "<p>", '<p id="id1-deep">', "the id id1-deep is there 2 times"),
        (SECOND, "<p>", '<p><a href="gone.xhtml">x</a>', "gone.xhtml is not in the book"),
        (SECOND, "<p>", '<p><a href="#gone">x</a>', "#gone leads to no place"),
        (SECOND, "<p>", '<p><img alt="x" src="https://a.example/b.png"/>', "have to be fetched"),
        ("EPUB/book/first.xhtml", ' alt="a dot"', "", "dot.png has no alternative text"),
        ("EPUB/style.css", "body", "@import 'x'; body", "style.css loads another file"),
        ("EPUB/package.opf", "mathml ", "", "the package is wrong about mathml"),
        ("EPUB/package.opf", 'href="style.css"', 'href="other.css"', "other.css is listed"),
        ("EPUB/package.opf", '<itemref idref="d1"/>\n<itemref idref="d2"/>',
         '<itemref idref="d2"/>\n<itemref idref="d1"/>', "another order than the documents"),
        ("META-INF/container.xml", "package.opf", "other.opf", "the package cannot be found"),
    ],
)  # fmt: skip
def test_a_fault_is_found(small, tmp_path, name, old, new, said):
    found = changed(small, name, old, new, tmp_path / "changed.epub")
    assert any(said in one for one in found), found


def test_a_picture_that_is_not_on_the_site_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.png, which is not in"):
        made(tmp_path, first='<section><h1>A</h1><img alt="a" src="../gone.png"/></section>')


def test_a_book_that_is_not_built_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="make book"):
        write_epub(tmp_path, tmp_path / "a.epub", write_citation(tmp_path))


def test_a_list_without_pages_is_named(tmp_path):
    html = write_site(tmp_path / "html")
    (html / "llms.txt").write_text("# Small\n", encoding="utf-8")
    with pytest.raises(ValueError, match="lists no pages"):
        write_epub(html, tmp_path / "a.epub", write_citation(tmp_path))


def test_a_page_without_an_article_is_named(tmp_path):
    html = write_site(tmp_path / "html")
    (html / "book" / "first.html").write_text("<p>", encoding="utf-8")
    with pytest.raises(ValueError, match="page of the built book"):
        write_epub(html, tmp_path / "a.epub", write_citation(tmp_path))


def test_a_citation_without_a_licence_is_named(tmp_path):
    citation = tmp_path / "CITATION.cff"
    citation.write_text("version: 1.2.0\ndate-released: 2027-03-02\n", encoding="utf-8")
    with pytest.raises(EditionError, match=r"CITATION\.cff, line 1, authors: authors is missing"):
        write_epub(write_site(tmp_path / "html"), tmp_path / "a.epub", citation)
