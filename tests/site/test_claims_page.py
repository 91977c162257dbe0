"""The page of claims in a browser: filtered, searched, linked, read without a script."""

from __future__ import annotations

from browser import BUILD, DESKTOP_LIGHT, PHONE_DARK, visit
from playwright.sync_api import Browser, Page, expect

from utils.facts.claims import read_claims

FILE = read_claims()
CLAIMS = list(FILE.claims.values())
PAGE = "book/claims.html"


# The file ---------------------------------------------------------------------------------------


def test_a_role_gives_title_and_verdict_or_the_words_it_is_given(home):
    page = (BUILD / PAGE).read_text(encoding="utf-8")
    assert "“ResNet-152 reaches 3.57 %” (false)</span></a>" in page


# The page ---------------------------------------------------------------------------------------


def shown(page: Page) -> list[str]:
    """Ids of the claims that a reader sees."""
    return page.locator("article.claim:visible").evaluate_all("all => all.map((c) => c.id)")


def test_every_claim_has_its_address_once(home: str, chromium: Browser):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map((node) => node.id)")
        assert shown(seen.page) == [
            claim.anchor for group in FILE.groups for claim in FILE.of_group(group)
        ]
    assert len(set(ids)) == len(ids)


def test_a_verdict_is_a_word_and_a_sign(home: str, chromium: Browser):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        words = seen.page.locator("article.claim > .claim-verdict")
        signs = seen.page.locator("article.claim > .claim-verdict > svg[aria-hidden=true]")
        texts = [text.strip().lower() for text in words.all_inner_texts()]
        assert signs.count() == len(CLAIMS)
    by_page = [claim.verdict for group in FILE.groups for claim in FILE.of_group(group)]
    assert texts == by_page


def test_the_filter_works_by_keyboard_and_says_how_many(home: str, chromium: Browser):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        page = seen.page
        page.get_by_role("radio", name="All", exact=True).focus()
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        unproven = [claim for claim in CLAIMS if claim.verdict == "unproven"]
        expect(page.get_by_role("status").filter(has_text="Showing")).to_have_text(
            f"Showing {len(unproven)} of {len(CLAIMS)} claims."
        )
        assert set(shown(page)) == {claim.anchor for claim in unproven}
        page.keyboard.press("Tab")
        page.keyboard.type("covariate")
        expect(page.locator("article.claim:visible")).to_have_count(1)
        page.wait_for_url("**/claims.html?verdict=unproven&words=covariate")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("article.claim:visible")).to_have_count(len(CLAIMS))
        page.wait_for_url("**/claims.html")
        assert not seen.errors


def test_the_filter_is_in_the_address(home: str, chromium: Browser):
    with visit(chromium, home, f"{PAGE}?verdict=true&words=vgg", PHONE_DARK) as seen:
        expect(seen.page.get_by_role("radio", name="True", exact=True)).to_be_checked()
        expect(seen.page.get_by_role("searchbox")).to_have_value("vgg")
        assert shown(seen.page) == ["claim-eight-times-vgg"]


def test_a_filter_without_a_match_says_so(home: str, chromium: Browser):
    with visit(chromium, home, f"{PAGE}?words=zebra", PHONE_DARK) as seen:
        assert shown(seen.page) == []
        expect(seen.page.locator(".claims-none:visible")).to_have_count(len(FILE.groups))
        expect(seen.page.locator(".claims-status")).to_have_text(
            f"Showing 0 of {len(CLAIMS)} claims."
        )


def test_a_linked_claim_is_shown_under_any_filter(home: str, chromium: Browser):
    address = f"{PAGE}?verdict=true#claim-fewer-than-34"
    with visit(chromium, home, address, PHONE_DARK) as seen:
        target = seen.page.locator("#claim-fewer-than-34")
        expect(target).to_be_in_viewport()
        expect(target.locator("details")).to_have_attribute("open", "")
        expect(seen.page.locator(".claims-status")).to_contain_text(
            "and the claim that the link names."
        )
        seen.page.evaluate("location.hash = '#claim-plus-one'")
        expect(seen.page.locator("#claim-plus-one")).to_be_in_viewport()


def test_the_link_of_a_claim_leads_to_it(home: str, chromium: Browser):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        link = seen.page.get_by_role(
            "link", name="Link to this claim: More layers are always better"
        )
        link.click()
        seen.page.wait_for_url("**/claims.html#claim-deeper-is-better")


def test_all_is_readable_without_a_script(home: str, chromium: Browser):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(home + PAGE)
    expect(page.locator("article.claim:visible")).to_have_count(len(CLAIMS))
    expect(page.locator("form.claims-form")).to_have_count(0)
    claim = page.locator("#claim-deeper-is-better")
    claim.locator("summary").click()
    expect(claim.get_by_text("From 20 to 110 layers")).to_be_visible()
    context.close()


def test_evidence_is_printed(home: str, chromium: Browser):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        seen.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        expect(seen.page.locator(".claim-evidence:not([open])")).to_have_count(0)
        seen.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        expect(seen.page.locator(".claim-evidence[open]")).to_have_count(0)


def test_script_and_style_are_on_this_page_alone(home: str, chromium: Browser):
    with visit(chromium, home, PAGE, DESKTOP_LIGHT) as seen:
        assert seen.page.locator("script[src*='claims.js']").count() == 1
        assert seen.page.locator("link[data-holds*='claims.css']").count() == 1
    with visit(chromium, home, "book/glossary.html", DESKTOP_LIGHT) as seen:
        assert seen.page.locator("[src*='claims.js'], [data-holds*='claims.css']").count() == 0
