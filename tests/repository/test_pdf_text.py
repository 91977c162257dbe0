"""What becomes of a page on paper: a small page, with everything that folds, asks or moves."""

from datetime import date

import pytest
from bs4 import BeautifulSoup, Tag

from book.tools.pdf.chapters import Book, Chapter, listed, read_chapter
from book.tools.pdf.files import Pdf, PrintError, completed, with_titles
from book.tools.pdf.paper import asked, leave_out_empty, number_captions, on_paper
from book.tools.pdf.questions import title_parts
from book.tools.pdf.sheets import Linker, chapter_document, says_address, whole_document
from book.tools.pdf.spoken import FORMULA, give_words

SITE = "https://somebody.github.io/book"
PAGE = """<!doctype html><html><head><link rel="stylesheet" href="../_static/a.css?v=1"></head>
<body>
<article class="bd-article"><section id="top"><h1>Depth<a class="headerlink" href="#top">#</a></h1>
<p>See <a href="other.html#far">there</a>, <a href="#low">below</a> and
<a href="https://example.org/x">a source</a>.</p>
<section id="low"><h2>Low</h2>
<figure class="explorable" id="explorable-gap" data-explorable="gap"><p class="ex-title">A gap</p>
<div class="ex-controls" hidden><p class="ex-invitation">Try: move it.</p><input type="range"></div>
<div class="ex-pictures"><svg viewbox="0 0 9 9"><defs><path id="tick" d="M0 0"></path></defs>
<g clip-path="url(#tick)"><use xlink:href="#tick"></use></g></svg></div>
<figcaption class="ex-caption">The gap.</figcaption></figure>
<table><caption>All rows.</caption><tr><td>1</td></tr></table>
<details class="claim-evidence"><summary>What the source says</summary><p>Kept words.</p></details>
<details class="book-records"><summary>The 3 records in full</summary><p>Thousands.</p></details>
<noscript class="later"><p>Later words.</p></noscript></section>
<article class="q" data-q="one" id="q-one"><h3 class="q-title"><span class="q-count">1.</span>
One answer</h3>
<div class="q-prompt"><p>Which?</p></div><form class="q-form"><fieldset><legend>Choose</legend>
<ul class="q-choices">
<li><label class="q-choice"><input type="radio"><span class="q-text">This</span></label></li>
<li><label class="q-choice"><input type="radio"><span class="q-text">That</span></label></li>
</ul></fieldset></form><details class="q-hint"><summary>Hint</summary><p>Think.</p></details>
<details class="q-solution"><summary>Answer and solution</summary><ul class="q-answers">
<li><strong>Wrong:</strong> This <a class="q-see" href="deep.html#low">Read it</a></li>
<li data-right=""><strong>Right:</strong> That</li></ul>
</details></article>
<div class="exercise admonition" id="ex-1">
<p class="admonition-title"><span class="caption-number">Exercise 4 </span></p>
<p>Do it.</p></div>
<div class="solution dropdown admonition" id="sol-1"><p class="admonition-title">Solution to
<a href="#ex-1">Exercise 4</a></p><section class="solution-content"><p>Done so.</p></section></div>
</section><div class="book-definitions" hidden>Definition</div></article></body></html>"""


@pytest.fixture
def book(tmp_path) -> Book:
    (tmp_path / "book").mkdir()
    (tmp_path / "_static").mkdir()
    (tmp_path / "book" / "deep.html").write_text(PAGE, encoding="utf-8")
    far = '<p id="far">Far. <a href="deep.html#lost">Back</a></p></article>'
    far = f'<article class="bd-article"><h1>Other</h1>{far}'
    (tmp_path / "book" / "other.html").write_text(far, encoding="utf-8")
    day = date(2027, 3, 2)
    return Book("1.2.0", day, "A Book", ("We",), "About", "CC-BY-4.0", "", SITE, tmp_path)


@pytest.fixture
def chapters(book) -> list[Chapter]:
    return [
        read_chapter(book.html, f"book/{name}", "Chapters", number)
        for number, name in enumerate(("deep", "other"), 3)
    ]


@pytest.fixture
def deep(chapters, book) -> Tag:
    return on_paper(chapters[0], book)


def texts(tag: Tag, selector: str) -> list[str]:
    return [" ".join(one.get_text().split()) for one in tag.select(selector)]


def test_a_chapter_knows_its_heading_and_its_style_sheets(chapters):
    assert (chapters[0].heading, chapters[0].styles) == ("3 Depth", ("_static/a.css",))


def test_the_contents_give_each_page_its_part_and_number():
    toc = {
        "root": "a",
        "parts": [{"chapters": [{"file": "b"}]}, {"caption": "P", "chapters": [{"file": "c"}]}],
    }
    assert list(listed(toc)) == [("a", "", None), ("b", "", 1), ("c", "P", 2)]


def test_a_page_that_is_not_built_is_named(book):
    with pytest.raises(FileNotFoundError, match="make book"):
        read_chapter(book.html, "book/nowhere", "", 1)


def test_answers_and_hints_stand_at_the_end_and_nothing_before_them_tells(deep):
    before, _, end = deep.get_text(" ").partition("Hints")
    for told in ("Right:", "Wrong:", "Think.", "Done so."):
        assert told in end and told not in before
    assert texts(deep, ".print-entry-title") == ["1. One answer", "1. One answer", "Exercise 4"]
    for pointer in deep.select(".print-pointer a"):
        assert deep.find(id=pointer["href"][1:]), "a pointer leads to its entry"


def test_an_option_has_the_same_letter_in_question_and_answer(deep):
    assert texts(deep, ".q-choices li") == ["A. This", "B. That"]
    assert texts(deep, ".q-answers li") == ["A. Wrong: This Read it", "B. Right: That"]


def test_what_folds_or_comes_later_is_open(deep):
    assert not deep.select("details, noscript, input, form, script, [hidden]")
    assert "Kept words." in deep.get_text() and "Later words." in deep.get_text()
    assert "Definition" not in deep.get_text()


def test_a_section_of_which_only_headings_are_left_is_left_out():
    markup = """<section id="a"><h2>All</h2><section id="b"><h3>Yours</h3><div> </div></section>
    <section id="c"><h3>Drawn</h3><svg></svg></section></section>
    <section id="d"><h2>None</h2><section id="e"><h3>Nothing</h3></section></section>"""
    article = BeautifulSoup(markup, "html.parser")
    leave_out_empty(article)
    assert [section["id"] for section in article.select("section")] == ["a", "c"]


def test_a_heading_right_before_another_of_its_level_is_left_out():
    markup = """<h2>Yours</h2><div> </div><h2>All</h2><h3>Part</h3><p>Words.</p>
    <h3>Drawn</h3><svg></svg><h3>Last</h3><p>More.</p>"""
    article = BeautifulSoup(markup, "html.parser")
    leave_out_empty(article)
    assert texts(article, "h2, h3") == ["All", "Part", "Drawn", "Last"]


def test_figures_and_tables_are_numbered_within_the_chapter(deep):
    assert texts(deep, ".print-number") == ["Figure 3.1.", "Table 3.1."]


def test_a_table_of_the_paper_keeps_its_number_alone(chapters):
    own = '<table><caption><span class="paper-caption"><strong>{}</strong></span></caption></table>'
    markup = own.format("Table 7. Errors") + own.format("Rows")
    article = BeautifulSoup(markup, "html.parser")
    number_captions(article, chapters[0])
    assert texts(article, "strong") == ["Table 7. Errors", "Table 3.1. Rows"]


@pytest.mark.parametrize(
    ("words", "address", "told"),
    [
        ("https://a.org/x/", "https://a.org/x", True),
        ("a.org/x", "https://a.org/x", True),
        ("doi:10.1/2", "https://doi.org/10.1/2", True),
        ("a@b.org", "mailto:a@b.org", True),
        ("", "https://a.org", True),
        ("x", "https://a.org/x", False),
        ("the source", "https://a.org/x", False),
    ],
)
def test_paper_adds_an_address_that_the_words_do_not_tell(words, address, told):
    assert says_address(words, address) == told


def test_files_and_slides_have_their_address_on_paper_and_pages_do_not(book, chapters):
    targets = "../_static/deck.apkg", "../slides/week_1.html", "nowhere.html", "#low"
    links = "".join(f'<a href="{target}">It</a>' for target in targets)
    article = BeautifulSoup(f"<article>{links}</article>", "html.parser").article
    linker = Linker(book, {"book/deep": article})
    shown = [tag["class"] for tag in linker.rewritten("book/deep", article).select("[class]")]
    assert shown == [["print-outside"]] * 2


def test_the_title_of_an_answer_keeps_formulas_and_loses_links():
    title = BeautifulSoup("<p>What is <a href='#a'><math>x</math></a>?</p>", "html.parser")
    assert "".join(map(str, title_parts(title))) == "What is <math>x</math>?"
    assert [str(part) for part in title_parts("1 < 2")] == ["1 < 2"]


def test_a_figure_to_touch_and_left_out_records_name_the_live_page(deep):
    figure = deep.select_one("figure")
    assert f"{SITE}/book/deep.html#explorable-gap" in figure.get_text()
    assert "Try: move it." in figure.get_text() and figure.select_one("svg")
    assert "Thousands." not in deep.get_text()
    assert "“The 3 records in full”" in deep.get_text()


def test_a_drawing_has_its_words_itself_and_a_formula_those_of_its_source():
    markup = (
        '<figure><div role="img" aria-label="It rises."><svg aria-hidden="true"></svg>'
        '<svg aria-hidden="true"></svg></div></figure><math alttext="x^2"></math><pre>1</pre>'
    )
    article = BeautifulSoup(markup, "html.parser")
    give_words(article)
    named = [(one.name, one["aria-label"]) for one in article.select('[role="img"]')]
    assert named == [("svg", "It rises."), ("math", f"{FORMULA}x^2")]
    assert len(article.select("[aria-hidden]")) == 1, "the second drawing has no words of its own"
    assert article.pre["role"] == "code"


def test_a_formula_without_words_is_refused():
    with pytest.raises(ValueError, match="alttext"):
        give_words(BeautifulSoup("<p><math><mi>x</mi></math></p>", "html.parser"))


def test_a_page_of_all_questions_leaves_out_what_a_chapter_asks(book, chapters):
    path = book.html / "book" / "other.html"
    question = '<article class="q" data-q="{}"><p class="q-title">One</p></article>'
    group = "".join(question.format(name) for name in ("one", "two"))
    path.write_text(
        '<article class="bd-article"><h1>All</h1><details class="q-group"><summary>2 questions'
        f"</summary>{group}</details></article>",
        encoding="utf-8",
    )
    practice = read_chapter(book.html, "book/other", "", 4)
    known = asked([chapters[0], practice])
    assert known == {"one": "Depth"}
    paper = on_paper(practice, book, known)
    assert len(paper.select("article.q")) == 1
    assert "Printed already in “Depth”: 1 of these questions." in paper.get_text()


def test_links_of_a_chapter_lead_within_it_or_to_the_site(book, chapters, deep):
    page = BeautifulSoup(chapter_document(book, chapters[0], deep), "html.parser")
    links = {link.get_text(): link["href"] for link in page.select("a[href]")}
    assert links["there"] == f"{SITE}/book/other.html#far"
    assert links["below"] == "#deep--low"
    assert links["a source"] == "https://example.org/x"


def test_links_between_chapters_lead_within_the_whole_book(book, chapters):
    articles = {chapter.page: on_paper(chapter, book) for chapter in chapters}
    page = BeautifulSoup(whole_document(book, chapters, articles), "html.parser")
    links = {link.get_text(): link["href"] for link in page.select(".print-article a[href]")}
    assert links["there"] == "#other--far"
    assert links["Back"] == "#deep", "a place that is not printed gives way to its page"
    names = [tag["id"] for tag in page.find_all(id=True)]
    assert len(names) == len(set(names))
    assert {place["data-of"] for place in page.select(".print-page")} <= set(names)
    assert texts(page, ".q-see") == ["Read it, page 000"], "it is filled in by the press"
    drawn = page.select_one("use")["xlink:href"], page.select_one("g")["clip-path"]
    assert drawn == ("#deep--tick", "url(#deep--tick)")
    assert texts(page, ".print-contents-chapter") == ["3 Depth 000", "4 Other 000"]


def test_the_title_page_says_version_day_licence_address_and_citation(book):
    said = " ".join(BeautifulSoup(whole_document(book, [], {}), "html.parser").get_text().split())
    for part in (
        "Version 1.2.0, 2 March 2027", f"{SITE}/", "Creative Commons Attribution 4.0",
        f"We (2027). A Book, version 1.2.0. {SITE}",
    ):  # fmt: skip
        assert part in said


# The file ---------------------------------------------------------------------------------------

SMALL = b"""%PDF-1.4
1 0 obj
<</Title (T)>>
endobj
2 0 obj
<</Type /Catalog
/Pages 3 0 R
/Dests 6 0 R>>
endobj
3 0 obj
<</Type /Pages
/Count 2
/Kids [5 0 R 4 0 R]>>
endobj
4 0 obj
<</Type /Page>>
endobj
5 0 obj
<</Type /Page>>
endobj
6 0 obj
<</a#20b [4 0 R /XYZ 1 2 0]
/c [5 0 R /XYZ 1 2 0]>>
endobj
xref
0 7
trailer
<</Size 7
/Root 2 0 R
/Info 1 0 R>>
startxref
300
%%EOF
"""


def test_places_are_read_with_their_pages():
    pdf = Pdf(SMALL)
    assert pdf.pages == [5, 4]
    assert pdf.places == {"a b": 2, "c": 1}


def test_a_completed_file_keeps_its_pages_and_names_author_and_day():
    made = completed(SMALL, "Titel ü", "We", "About", date(2027, 3, 2))
    pdf = Pdf(made)
    assert pdf.places == Pdf(SMALL).places and len(pdf.objects) == 6
    author = b"<" + (b"\xfe\xff" + "We".encode("utf-16-be")).hex().upper().encode() + b">"
    assert b"/Author " + author in pdf.objects[1] and b"(D:20270302000000Z)" in pdf.objects[1]
    assert b"/UseOutlines" in pdf.objects[2]
    table = int(made.rsplit(b"startxref", 1)[1].split()[0])
    assert made[table:].startswith(b"xref\n0 7\n0000000000 65535 f \n")
    for number, entry in enumerate(made[table:].split(b"\n")[3:9], 1):
        assert made[int(entry.split()[0]) :].startswith(b"%d 0 obj\n" % number)
    assert b"/Prev" not in made and b"(T)" not in made, "nothing of the old file is left"


OUTLINED = SMALL.replace(b"/Dests 6 0 R", b"/Dests 6 0 R\n/Outlines 7 0 R").replace(
    b"xref\n0 7",
    b"""7 0 obj
<</First 8 0 R>>
endobj
8 0 obj
<</Title (1 1 OneOne)
/SE 3 0 R
/Next 10 0 R
/First 9 0 R>>
endobj
9 0 obj
<</Title (a \\(b\\))
/SE 3 0 R>>
endobj
10 0 obj
<</Title <FEFF0032>
/SE 3 0 R>>
endobj
xref
0 11""",
)


def test_the_outline_gets_the_headings_in_their_order():
    made = Pdf(with_titles(OUTLINED, ["1 One", "a (b)", "Zwei ü"]))
    assert list(made.outline()) == [8, 9, 10]
    for number, title in ((8, "1 One"), (9, "a (b)"), (10, "Zwei ü")):
        words = title.encode("utf-16-be").hex().upper().encode()
        assert made.objects[number].startswith(b"<</Title <FEFF" + words + b">\n/SE 3 0 R")


def test_an_outline_of_another_length_is_refused():
    with pytest.raises(PrintError, match="3 entries for 1 headings"):
        with_titles(OUTLINED, ["1 One"])


def test_a_file_of_another_printer_is_refused():
    with pytest.raises(PrintError, match="Chromium"):
        Pdf(b"%PDF-1.7 something else")
