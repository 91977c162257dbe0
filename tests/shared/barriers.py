"""What a page shows of itself to a test of its accessibility: scripts that return faults as texts.

Each is an expression for ``page.evaluate``. Those who need other styles first say so. Nothing here
waits; the tests do.
"""

SPACED = """(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important;
        word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})()"""
"""Text as far apart as success criterion 1.4.12 asks a page to bear."""

WIDER = """(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
})()"""
"""By how many pixels the page is wider than its window."""

CUT = """(() => {
    const OTHER = "svg, script, style, noscript, option, math";
    const seen = { opacityProperty: true, visibilityProperty: true };
    const cut = [];
    const range = document.createRange();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const hides = (way) => way === "hidden" || way === "clip";
    while (walker.nextNode()) {
        const text = walker.currentNode;
        const inside = text.parentElement;
        if (!text.textContent.trim() || inside.closest(OTHER)) continue;
        if (!inside.checkVisibility(seen)) continue;
        range.selectNodeContents(text);
        const words = range.getBoundingClientRect();
        if (words.width < 1) continue;
        for (let box = inside; box && box !== document.body; box = box.parentElement) {
            const style = getComputedStyle(box);
            if (style.position === "fixed" || style.clipPath !== "none") break;
            if (style.display === "inline") continue;
            const edge = box.getBoundingClientRect();
            if (edge.width < 2) break;
            const beside = words.right > edge.right + 1 || words.left < edge.left - 1;
            const below = words.bottom > edge.bottom + 3 || words.top < edge.top - 3;
            if ((hides(style.overflowX) && beside) || (hides(style.overflowY) && below)) {
                cut.push(`${box.className}: ${text.textContent.trim().slice(0, 50)}`);
                break;
            }
            if (["auto", "scroll"].includes(style.overflowX)) break;
        }
    }
    for (const formula of document.querySelectorAll("span.math"))
        if (formula.scrollWidth > formula.clientWidth + 1 && formula.clientWidth > 0
            && hides(getComputedStyle(formula).overflowX)) cut.push(`math: ${formula.textContent}`);
    return cut;
})()"""
"""Texts and formulas of which a part can neither be seen nor scrolled to. Formulas are measured by
their box, because the box of a letter in a mathematical font is higher than its line."""

TARGETS = """(() => {
    const seen = { opacityProperty: true, visibilityProperty: true };
    const found = [...document.querySelectorAll(`a[href], button, input, select, textarea, summary,
        [role="button"]`)].filter((one) => one.checkVisibility(seen) && !one.disabled)
        .map((one) => {
            const parts = [one, one.closest("label")].filter(Boolean)
                .map((part) => part.getBoundingClientRect());
            parts.sort((a, b) => b.width * b.height - a.width * a.height);
            return { one, box: parts[0] };
        }).filter(({ box }) => box.width > 0 && box.height > 0);
    const inText = (one) => {
        if (getComputedStyle(one).display !== "inline") return false;
        let block = one.parentElement;
        while (getComputedStyle(block).display === "inline") block = block.parentElement;
        return block.textContent.trim().length > one.textContent.trim().length;
    };
    const near = (a, b) => {
        const x = (a.left + a.right) / 2, y = (a.top + a.bottom) / 2;
        const dx = Math.max(b.left - x, 0, x - b.right), dy = Math.max(b.top - y, 0, y - b.bottom);
        return Math.hypot(dx, dy) < 12;
    };
    return found.filter(({ one, box }) => Math.min(box.width, box.height) < 23.5 && !inText(one)
        && found.some((other) => other.one !== one && !one.contains(other.one)
            && !other.one.contains(one) && near(box, other.box)))
        .map(({ one, box }) => `${box.width}x${box.height} ${one.outerHTML.slice(0, 90)}`);
})()"""
"""Targets below 24 by 24 pixels with another target within 12 pixels of their middle. A link within
a sentence may be as high as its line, and a label is as good as its field."""

VAGUE = """[...document.querySelectorAll("main a[href]")].filter((link) => {
    const words = (link.getAttribute("aria-label") || link.textContent).trim().toLowerCase();
    const picture = link.querySelector("img[alt]:not([alt='']), svg[aria-label], [role='img']");
    return ["here", "this", "this page", "click here", "link", "more", "read more", "page", "see",
            "it", "there", "download", ""].includes(words) && !picture && !link.title;
}).map((link) => link.outerHTML.slice(0, 120))"""
"""Links whose words do not say where they lead."""

HEADINGS = """(() => {
    const faults = [];
    let last = 0;
    for (const heading of document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")) {
        if (!heading.checkVisibility()) continue;
        const level = Number(heading.tagName[1]);
        const words = heading.textContent.replace("#", "").trim();
        if (level > last + 1) faults.push(`h${last} to h${level}: ${words}`);
        if (!words) faults.push(`an empty h${level}`);
        last = level;
    }
    const first = [...document.querySelectorAll("main h1")].filter((one) => one.checkVisibility());
    return first.length === 1 ? faults : [...faults, `${first.length} headings of level 1`];
})()"""

MISNAMED = """[...document.querySelectorAll("[aria-label]")].filter((one) => {
    if (!one.matches("a, button, summary, [role='button']")) return false;
    const plain = (text) => text.toLowerCase().replace(/[^\\p{L}\\p{N}]+/gu, " ").trim();
    const words = plain(one.innerText ?? "");
    return /\\p{L}{2}/u.test(words) && !plain(one.getAttribute("aria-label")).includes(words);
}).map((one) => one.outerHTML.slice(0, 120))"""
"""Controls whose name leaves out the words in sight, so that saying these words presses nothing."""

SILENT = """[...document.querySelectorAll(`.explorable, form.q, .fc-study, .play, .lab,
    .claims-form, .tl-legend`)]
    .filter((part) => part.checkVisibility())
    .filter((part) => !part.querySelector("[role='status'], [role='alert'], [aria-live]"))
    .map((part) => part.outerHTML.slice(0, 120))"""
"""Parts that answer a reader and have no place from which a screen reader speaks the answer."""

MEDIA = """[...document.querySelectorAll("audio, video, iframe, object, embed, marquee, blink")]
    .map((one) => one.tagName)"""

PERSONAL = """[...document.querySelectorAll("input, select, textarea")].filter((field) =>
    ["email", "tel", "password", "url", "date"].includes(field.type)
    || !["", "off", "on"].includes(field.autocomplete)).map((field) => field.outerHTML)"""
"""Fields that ask who the reader is."""

HEADLESS = """[...document.querySelectorAll("main table")].filter((table) => table.rows.length > 1)
    .filter((table) => !table.querySelector("th")).map((table) => table.outerHTML.slice(0, 120))"""
"""Tables without a heading cell."""

RASTER = """[...document.querySelectorAll("main img")].map((one) => one.getAttribute("src"))
    .filter((source) => !source.endsWith(".svg") && !source.startsWith("data:image/svg")
        && !source.includes("/lesion-lab/"))"""
"""Pictures of pixels besides those that the networks see."""

ENDLESS = """document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime > 5000)
    .map((one) => one.animationName ?? one.transitionProperty)"""
"""What moves for more than five seconds by itself."""

MOVING = """(() => {
    const faults = document.getAnimations()
        .filter((one) => one.effect.getComputedTiming().endTime > 0)
        .map((one) => `runs: ${one.animationName ?? one.transitionProperty ?? "a script"}`);
    const lasts = (times) => times.split(",").some((time) => parseFloat(time) > 0);
    for (const one of document.querySelectorAll("*")) {
        const tell = (what) => faults.push(`${what}: ${one.outerHTML.slice(0, 90)}`);
        for (const part of [null, "::before", "::after"]) {
            const style = getComputedStyle(one, part);
            if (part && style.content === "none") continue;
            if (lasts(style.transitionDuration)) tell(`fades ${part ?? ""}`.trim());
            if (lasts(style.animationDuration)) tell(`moves ${part ?? ""}`.trim());
            if (!part && style.scrollBehavior === "smooth") tell("glides");
        }
        if (one.matches("animate, animateMotion, animateTransform, [data-bs-smooth-scroll]"))
            tell("moves by itself");
    }
    return faults;
})()"""
"""What fades, moves or glides, or would do so, for a reader whose system asks for less motion."""

ORDERED = (
    """[...document.querySelectorAll("[tabindex]")].filter((one) => one.tabIndex > 0).length"""
)

SAME = """(() => {
    const words = (links) => [...document.querySelectorAll(links)]
        .map((link) => `${link.textContent.trim()} ${new URL(link.href, location).pathname}`);
    return { sidebar: words(".bd-sidebar-primary nav a"), foot: words("footer .book-edition a") };
})()"""
"""What stands at the side and at the foot, in its order."""

LOCKED = """[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule.media && /orientation/.test(rule.media.mediaText)).length"""

FOCUSED = """(() => {
    const one = document.activeElement;
    if (one === document.body) return null;
    const inView = (box) => ({
        left: Math.max(box.left, 0), right: Math.min(box.right, innerWidth),
        top: Math.max(box.top, 0), bottom: Math.min(box.bottom, innerHeight),
    });
    const isHit = (x, y) => {
        const hit = document.elementFromPoint(x, y);
        return hit && (one.contains(hit) || hit.closest("label")?.contains(one)
            || (hit.contains(one) && !hit.matches("html, body, main, .bd-main *:has(article)")));
    };
    const isSeen = [...one.getClientRects()].map(inView)
        .filter((box) => box.right > box.left && box.bottom > box.top)
        .some((box) => [0.1, 0.5, 0.9].some((x) => [0.1, 0.5, 0.9].some((y) => isHit(
            box.left + (box.right - box.left) * x, box.top + (box.bottom - box.top) * y))));
    const seeing = { opacityProperty: true, visibilityProperty: true };
    const isVisible = (part) => part.checkVisibility(seeing);
    const isOutlined = (part) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(part);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    };
    const label = one.closest("label");
    const shown = label && !isVisible(one) ? [label, ...label.querySelectorAll("*")] : [one];
    return {
        seen: isSeen && shown.some(isVisible),
        outlined: shown.some((part) => isVisible(part) && isOutlined(part)),
        place: one.outerHTML.slice(0, 100),
        at: [...document.querySelectorAll("*")].indexOf(one),
    };
})()"""
"""What has the focus: whether a part of it can be seen, and whether a line is drawn around it. A
field that is transparent is seen by its label."""

COLOURS = """
    const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        pixel.clearRect(0, 0, 1, 1);
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (above, below) =>
        [0, 1, 2].map((i) => above[i] * above[3] + below[i] * (1 - above[3]));
    const light = (colour) => {
        const [r, g, b] = colour.map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const ground = (element) => {
        const layers = [];
        for (let box = element; box; box = box.parentElement)
            layers.unshift(rgba(getComputedStyle(box).backgroundColor));
        return layers.reduce((below, layer) => over(layer, below), [255, 255, 255]);
    };
"""
"""Functions that measure colours as WCAG does, for the scripts below."""

FAINT = f"""(() => {{ {COLOURS}
    const faint = [];
    for (const one of document.querySelectorAll(`:is(.bd-main, .bd-sidebar-primary)
        :is(input, select, textarea, button)`)) {{
        if (!one.checkVisibility({{ visibilityProperty: true }}) || one.disabled) continue;
        const style = getComputedStyle(one);
        const outside = ground(one.parentElement);
        const lines = ["Top", "Right", "Bottom", "Left"]
            .filter((side) => parseFloat(style[`border${{side}}Width`]) > 0)
            .map((side) => contrast(over(rgba(style[`border${{side}}Color`]), outside), outside));
        const isNative = ["checkbox", "radio", "range", "file"].includes(one.type);
        const inside = one.matches("button") || isNative
            ? contrast(over(rgba(isNative && style.accentColor !== "auto" ? style.accentColor
                : style.color), ground(one)), ground(one))
            : contrast(ground(one), outside);
        const best = Math.max(inside, ...lines);
        if (best < 3) faint.push(`${{best.toFixed(2)}} ${{one.outerHTML.slice(0, 90)}}`);
    }}
    return faint;
}})()"""
"""Controls that stand out from what is around them by less than 3 to 1: by the line around a field,
by the colour of a ticked box, by the words or the picture of a button."""

GRAPHIC = f"""(() => {{ {COLOURS}
    const root = getComputedStyle(document.documentElement);
    const grounds = ["main", ".explorable, .play, .lab"]
        .map((place) => document.querySelector(place)).filter(Boolean).map(ground);
    return ["--book-plain", "--book-residual", "--pst-color-primary", "--pst-color-text-muted"]
        .flatMap((name) => grounds.map((below) => [name, below]))
        .map(([name, below]) => [contrast(rgba(root.getPropertyValue(name).trim()), below), name])
        .filter(([ratio]) => ratio < 3);
}})()"""
"""Colours of curves, of the line of the focus and of axes that are too near to their ground."""

LOST_ICONS = f"""(() => {{ {COLOURS}
    const lost = [];
    for (const one of document.querySelectorAll("body *"))
        for (const part of [null, "::before", "::after"]) {{
            const style = getComputedStyle(one, part);
            if ((part && style.content === "none") || style.display === "none") continue;
            if (!/url/.test(style.maskImage) || !one.checkVisibility()) continue;
            const below = ground(part ? one : one.parentElement);
            if (contrast(over(rgba(style.backgroundColor), below), below) < 3)
                lost.push(`${{part ?? ""}} ${{one.outerHTML.slice(0, 90)}}`);
        }}
    return lost;
}})()"""
"""Icons, which are painted as a background behind a mask, that cannot be seen."""

FLASHES = f"""(seconds) => new Promise((done) => {{ {COLOURS}
    const runs = new Map();
    const end = performance.now() + seconds * 1000;
    const look = () => {{
        for (const cell of document.querySelectorAll(".play-cells i")) {{
            const value = light(ground(cell));
            const run = runs.get(cell) ?? {{ turns: 0, last: value, way: 0 }};
            const step = value - run.last;
            if (Math.abs(step) >= 0.1 && Math.min(value, run.last) < 0.8) {{
                if (Math.sign(step) === -run.way) run.turns += 1;
                run.way = Math.sign(step);
                run.last = value;
            }} else if (Math.sign(step) === run.way) run.last = value;
            runs.set(cell, run);
        }}
        if (performance.now() < end) requestAnimationFrame(look);
        else {{
            const turns = [...runs.values()].map((run) => run.turns);
            done([runs.size, Math.max(...turns) / 2 / seconds]);
        }}
    }};
    requestAnimationFrame(look);
}})"""
"""How many cells of the strips were watched, and how often a second one of them flashed: became
lighter and darker again by a tenth of the lightest, with the darker one below 0.8."""
