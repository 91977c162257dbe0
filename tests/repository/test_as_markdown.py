"""A page as Markdown says what the page says, with sources, formulas, tables and figures."""

import pytest
from resnet_book.as_markdown import as_markdown

HERE = "https://example.org/site/book/page.html"


def copy(markup: str) -> str:
    return as_markdown(markup, HERE)


def test_headings_and_paragraphs_keep_their_order_and_lose_the_link_to_themselves():
    heading = '<h2>A <em>b</em><a class="headerlink" href="#a">#</a></h2>'
    assert (
        copy(f'<section id="a">{heading}<p>One\ntwo.</p>x</section>') == "## A *b*\n\nOne two.\n\nx"
    )


@pytest.mark.parametrize(
    ("href", "address"),
    [
        ("other.html#x", "https://example.org/site/book/other.html#x"),
        ("../notebooks/a.html", "https://example.org/site/notebooks/a.html"),
        ("#x", f"{HERE}#x"),
        ("https://example.com/", "https://example.com/"),
    ],
)
def test_links_have_their_full_address(href, address):
    assert copy(f'<p>See <a href="{href}">it</a>.</p>') == f"See [it]({address})."


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("He. 770–778. 2016a. arXiv:1512.03385, doi:10.1109/A.90.", "https://arxiv.org/abs/1512.03385"),
        ("McCulloch. 5(4):115–133, 1943. doi:10.1007/BF0247.", "https://doi.org/10.1007/BF0247"),
        ("Ba. 2016. arXiv:1607.06450.", "https://arxiv.org/abs/1607.06450"),
        ("Hochreiter. Diploma thesis, 1991.", "https://example.org/site/book/references.html#id3"),
    ],
)  # fmt: skip
def test_a_citation_leads_to_the_work_where_it_has_an_address(title, address):
    link = f'<a class="reference internal" href="references.html#id3" title="{title}">2016a</a>'
    markup = f'<p><span class="bibtex-citation">He [{link}]</span></p>'
    assert copy(markup) == f"He [[2016a]({address})]"


def test_a_quoted_number_names_its_table_and_row():
    title = "Table 6: &quot;ResNet&quot;, Error"
    markup = f'<a class="paper-cell" href="paper.html#r" title="{title}">6.43</a>'
    address = "https://example.org/site/book/paper.html#r"
    assert copy(f"<p>{markup} %</p>") == f"[6.43]({address} \"Table 6: 'ResNet', Error\") %"


def test_formulas_are_tex_and_keep_their_signs():
    inline = r'<span class="math notranslate nohighlight">\(a_1 * b_2 &lt; c\)</span>'
    assert copy(f"<p>So {inline}.</p>") == r"So $a_1 * b_2 < c$."
    block = '<div class="math"><span class="eqno">(1)<a href="#e">#</a></span>\\[\nx + y\n\\]</div>'
    assert copy(block) == "$$\nx + y\n$$ (1)"


def test_code_stands_in_a_fence_that_it_cannot_close_and_keeps_its_blanks():
    markup = (
        '<div class="highlight-{0} notranslate"><div class="highlight"><pre>{1}</pre></div></div>'
    )
    python = '<span class="k">if</span> x:\n    y = "```"\n'
    assert copy(markup.format("ipython3", python)) == '```python\nif x:\n    y = "```"\n```'
    assert copy(markup.format("text", "```\na\n")) == "````text\n```\na\n````"
    assert copy("<p>Call <code>a_b  `c`</code>.</p>") == "Call `` a_b `c` ``."


def test_a_table_keeps_head_spans_and_caption():
    markup = (
        "<table><caption>Errors</caption><thead><tr><th rowspan=2>net</th><th colspan=2>error</th>"
        "</tr><tr><th>train</th><th>test</th></tr></thead><tbody><tr><th>a|b</th><td>1</td><td>"
        "<p>2</p><p>3</p></td></tr><tr><th>c</th><td colspan=2>none</td></tr></tbody></table>"
    )
    assert copy(markup).splitlines() == [
        "**Errors**", "", "| net | error / train | error / test |", "| --- | --- | --- |",
        "| a\\|b | 1 | 2<br>3 |", "| c | none | none |",
    ]  # fmt: skip


def test_a_table_without_rows_says_nothing():
    assert copy("<table><thead><tr><th>a</th></tr></thead><tbody></tbody></table>") == ""


def test_lists_of_several_depths_keep_their_marks():
    markup = "<ol start=3><li><p>a</p><ul><li>b</li><li>c</li></ul></li><li><p>d</p></li></ol>"
    assert copy(markup) == "3. a\n\n   - b\n   - c\n\n4. d"


def test_terms_stand_with_their_definitions():
    markup = "<dl><dt>a</dt><dt>b</dt><dd><p>One.</p></dd><div><dt>c</dt><dd>Two.</dd></div></dl>"
    assert copy(markup) == "- **a, b:** One.\n- **c:** Two."


def test_boxes_are_quotations_and_folded_text_is_there():
    box = '<div class="admonition note"><p class="admonition-title">Note</p><p>Text.</p></div>'
    assert copy(box) == "> **Note**\n>\n> Text."
    folded = (
        "<details><summary>Solution</summary><noscript class='later'><p>42</p></noscript></details>"
    )
    assert copy(folded) == "**Solution**\n\n42"


def test_a_figure_is_its_words_and_where_it_is_drawn():
    image = '<p><img src="../_images/a.png" alt="Plain is worse"></p>'
    assert copy(image) == "![Plain is worse](https://example.org/site/_images/a.png)"
    drawn = (
        '<figure id="f"><div role="img" aria-label="Up [then] down"><svg><text>9</text></svg></div>'
        '<svg aria-hidden="true"><text>8</text></svg><figcaption>Says it.</figcaption></figure>'
    )
    assert copy(drawn) == f"[Figure: Up (then) down]({HERE}#f)\n\nSays it."
    assert copy("<p>a <svg><title>Named</title></svg></p>") == f"a [Figure: Named]({HERE})"


def test_a_figure_to_touch_is_its_title_picture_finding_and_caption():
    markup = (
        '<figure class="explorable" id="e"><p class="ex-title">Deep is worse</p><div hidden>'
        '<label>Depth</label><input type="range"><output>12</output></div><svg role="img" '
        'aria-label="Bars"><text>1</text></svg><p aria-live="polite">The error is 8.</p>'
        "<script>go()</script></figure>"
    )
    assert copy(markup) == f"Deep is worse\n\n[Figure: Bars]({HERE}#e)\n\nThe error is 8."


def test_what_can_only_be_operated_is_left_out():
    markup = (
        '<form><fieldset><legend>Choose</legend><ul><li><label><input type="radio"><span>A</span>'
        "</label></li></ul></fieldset><select><option>x</option></select><button>Check</button>"
        "<textarea>t</textarea></form><!-- c --><style>p{}</style><nav><a href='#a'>A</a></nav>"
    )
    assert copy(markup) == "Choose\n\n- A"


def test_signs_of_markdown_in_the_text_are_not_read_as_such():
    assert copy("<p>2*3 a_b _c &lt;d&gt; e &lt; f `g`</p>") == r"2\*3 a_b \_c \<d> e < f \`g\`"
    assert copy("<p>- minus</p><p># no</p><p>1. one</p>") == "\\- minus\n\n\\# no\n\n\\1. one"


def test_bold_and_breaks_touch_no_blank():
    assert copy("<p>a<strong> b </strong>c<br>d<em></em></p>") == "a **b** c  \nd"
