"""A page of the site becomes one that is read: without controls, with answers at its end."""

from bs4 import BeautifulSoup, Tag
from small_site import page

from utils.epub.chapters import LONGEST, cut, readable
from utils.epub.contents import Page

ADDRESS = "https://small.example/book/a.html"
QUESTION = """
<article class="q" id="q-one" data-kind="single"><h3 class="q-title">1. One answer</h3>
<div class="q-prompt"><p>Which?</p></div>
<form class="q-form"><fieldset><legend>Choose one answer</legend><ul class="q-choices">
<li><label class="q-choice"><input type="radio"/><span class="q-text">This</span></label></li>
<li><label class="q-choice"><input type="radio"/><span class="q-text">That</span></label></li>
</ul></fieldset><p class="q-buttons"></p></form><div class="q-feedback"></div>
<details class="q-hint"><summary>Hint</summary><p>Think.</p></details>
<details class="q-solution"><summary>Answer and solution</summary><ul class="q-answers">
<li>Wrong: This <p>Because.</p></li><li>Right: That</li></ul></details></article>
"""


def read(article: str) -> Tag:
    """What an e-reader gets of a page with this section."""
    return readable(page(f'<section id="top"><h1>A</h1>{article}</section>'), ADDRESS)[0]


def words(tag: Tag) -> str:
    """The text of an element with single spaces."""
    return " ".join(tag.get_text(" ").split())


def test_an_answer_stands_at_the_end_and_links_lead_both_ways():
    made = read(f"{QUESTION}<section id='next'><h2>Next</h2></section>")
    question, answer = made.find(id="q-one"), made.find(id="answer-q-one")
    assert words(question) == (
        "1. One answer Which? Choose one answer This That Hint Think. Answer"
    )
    assert words(answer) == "1. One answer Wrong: This Because. Right: That"
    assert question.find("a")["href"] == "#answer-q-one" and answer.a["href"] == "#q-one"
    assert made.find(id="next") in answer.find_all_previous("section")
    assert not made.find_all(["form", "input", "label", "fieldset", "legend"])
    assert [one["type"] for one in made.find_all("ol")] == ["A", "A"]


def test_a_group_of_questions_has_its_answers_at_its_own_end():
    group = '<details class="q-group" data-chapter="{0}"><summary>{0}</summary>{1}</details>'
    other = QUESTION.replace("q-one", "q-two")
    made = read(
        f'<div class="q-set">{group.format("x/a", QUESTION)}{group.format("x/b", other)}</div>'
    )
    first, second = made.find(id="questions-x-a"), made.find(id="questions-x-b")
    assert first.find(id="answer-q-one") and second.find(id="answer-q-two")
    assert not made.find(id="answers")


def test_a_rubric_stands_beside_the_model_answer():
    rubric = (
        '<form class="q-form"><p><label class="q-written">Text<textarea></textarea></label></p>'
        '<details class="q-rubric"><summary>Four concepts</summary><fieldset><legend>Tick</legend>'
        '<ul class="q-choices"><li>One</li></ul></fieldset></details></form>'
        '<details class="q-solution"><summary>Model answer</summary><p>So.</p></details></article>'
    )
    made = read(QUESTION.partition("<form")[0] + rubric)
    assert words(made.find(id="q-one")) == "1. One answer Which? Answer"
    assert words(made.find(id="answer-q-one")) == (
        "1. One answer Four concepts Tick One Model answer So."
    )


def test_the_names_of_a_drawing_are_listed_once():
    select = (
        "<select><option value=''>choose</option><option>sum</option><option>F</option></select>"
    )
    places = f"<li>A {select}</li><li>B {select}</li>"
    form = f'<form class="q-form"><ul class="q-labels">{places}</ul></form>'
    assert words(read(form)) == "A sum F"


def test_the_solution_of_an_exercise_moves_to_the_end():
    made = read(
        '<div class="exercise admonition" id="ex"><p class="admonition-title">Exercise 1</p></div>'
        '<div class="solution admonition" id="sol"><p class="admonition-title">Solution to '
        '<a href="#ex">Exercise 1</a></p><section class="solution-content"><p>42</p></section>'
        "</div>"
        "<p>More</p>"
    )
    assert (
        words(made) == "A Exercise 1 Solution More Answers and solutions Solution to Exercise 1 42"
    )
    assert made.find("a", string="Solution")["href"] == "#sol"


def test_what_a_page_folds_is_open_but_hints_and_cards_are_not():
    made = read(
        '<details class="claim-evidence"><summary>Source</summary><p>x</p></details>'
        '<details class="book-fold"><summary>Hint</summary><p>y</p></details>'
        '<ul><li class="fc"><details><summary>front</summary>back</details></li></ul>'
        '<h2>Patient</h2><details class="book-fold"><summary>Repair</summary><p>z</p></details>'
    )
    assert [words(box.summary) for box in made.find_all("details")] == ["Hint", "front"]
    assert words(made.find(class_="folded")) == "Source x"
    assert words(made.find(id="answers")) == "Answers and solutions Patient: Repair z"


def test_a_figure_to_touch_is_a_still_with_the_address_of_the_live_one():
    made = read(
        '<figure class="explorable" id="fig" data-chain="plain"><div class="ex-controls" hidden="">'
        '<input type="range"/></div><svg aria-label="Bars" role="img"></svg>'
        "<figcaption>Words.</figcaption><script>1</script></figure>"
    )
    assert made.figure["data-chain"] == "plain" and made.svg.title.string == "Bars"
    assert words(made.figcaption) == "Words. Touch this figure on the site ."
    assert made.figcaption.a["href"] == f"{ADDRESS}#fig"
    assert not made.find(["input", "script"])


def test_several_drawings_share_the_words_of_their_box():
    drawing = '<svg aria-hidden="true"></svg>'
    box = '<div aria-label="Two" role="img">{}</div>'
    made = read(box.format(drawing * 2))
    assert made.find(attrs={"role": "img"})["aria-label"] == "Two"
    made = read(box.format(drawing))
    assert made.find(attrs={"role": "img"}).name == "svg" and made.svg.title.string == "Two"


def test_a_drawing_that_only_decorates_is_left_out():
    assert not read('<p><svg aria-hidden="true"></svg>False</p>').find("svg")


def test_a_page_to_operate_says_where_it_can_be_operated():
    made = read(
        '<section class="lab" id="lab" aria-label="Lab"><div class="lab-bench">x</div></section>'
    )
    assert [link["href"] for link in made.find_all("a")] == [ADDRESS, f"{ADDRESS}#lab"]
    assert "x" not in words(made).split()


def test_a_long_list_of_records_becomes_a_link():
    made = read('<details class="book-records"><summary>All 9</summary><dl></dl></details>')
    assert words(made) == "A All 9: on the site ." and made.a["href"] == ADDRESS


def test_ids_are_those_of_xml_and_the_old_ones_are_known():
    text = page('<section id="1/a"><p id="b">x</p><p id="b">y</p></section>')
    made, renamed = readable(text, ADDRESS)
    assert renamed == {"1/a": "at-1-a", "b": "b"}
    assert [tag["id"] for tag in made.find_all(id=True)] == ["at-1-a", "b"]


def test_sizes_within_a_formula_stand_where_mathml_3_allows_them():
    sized = '<mfrac displaystyle="true" scriptlevel="0"><mi>x</mi><mn>2</mn></mfrac>'
    made = read(f'<math alttext="x">{sized}</math>')
    assert made.mstyle.attrs == {"displaystyle": "true", "scriptlevel": "0"}
    assert made.mstyle.mfrac.attrs == {}


def test_a_span_around_a_block_becomes_a_block():
    assert read('<span class="q-level"><pre>x</pre></span>').find(class_="q-level").name == "div"


def test_a_long_page_is_cut_between_its_sections_and_loses_nothing():
    part = "<section id='{0}'><h2>{0}</h2><p>{1}</p></section>"
    text = "word " * (LONGEST // 12)
    made = read("".join(part.format(name, text) for name in "abcd"))
    said = words(made)
    parts = list(cut(Page("book/a", "A", ""), made))
    assert [one.name for one in parts] == ["book/a.xhtml", "book/a-2.xhtml"]
    assert [[words_ for _, words_ in one.headings] for one in parts] == [["a", "b"], ["c", "d"]]
    assert " ".join(words(one.body) for one in parts) == said
    assert all(len(one.text) < LONGEST + 1000 for one in parts)


def test_a_short_page_is_one_document():
    body = BeautifulSoup("<section><h1>A</h1></section>", "html.parser").section
    assert [one.name for one in cut(Page("book/a", "A", ""), body)] == ["book/a.xhtml"]
