"""How well words in the drawings of a page stand out from what is painted under them on the screen.

``axe`` passes over text in SVG. ``PALE`` is an expression for ``page.evaluate``; it returns faults
as texts. What is painted last lies on top, so every shape before a text may be its ground.
"""

from barriers import COLOURS

PALE = f"""(() => {{ {COLOURS}
    const SHAPES = "path, rect, circle, ellipse, line, polyline, polygon, text, image, use";
    const seeing = {{ opacityProperty: true, visibilityProperty: true }};
    const named = (value) => document.getElementById(/#([^")]+)/.exec(value ?? "")?.[1] ?? "");
    const under = (matrix, point) => new DOMPoint(point.x, point.y).matrixTransform(matrix);
    const within = (box, wide, {{ x, y }}) => x >= box.left - wide && x <= box.right + wide
        && y >= box.top - wide && y <= box.bottom + wide;

    // How much of an element is left by what makes it and the groups around it fainter.
    const strength = (element) => {{
        let left = 1;
        for (let one = element; one; one = one.parentElement)
            left *= Number(getComputedStyle(one).opacity);
        return left;
    }};
    const paint = (style, what, left) => {{
        if (style[what] === "none") return null;
        const [r, g, b, a] = rgba(style[what]);
        return [r, g, b, a * Number(style[`${{what}}Opacity`]) * left];
    }};

    // Whether the clip paths around an element show it at a point of the screen.
    const shown = (element, point) => {{
        for (let one = element; one && one.localName !== "svg"; one = one.parentElement) {{
            const clip = named(one.getAttribute("clip-path"));
            if (!clip) continue;
            const local = under(DOMMatrix.fromMatrix(one.getScreenCTM()).inverse(), point);
            if (![...clip.children].some((part) => part.isPointInFill?.(local))) return false;
        }}
        return true;
    }};

    const SIDE = 256;
    const sheets = new Map();
    const pixels = (image) => {{
        if (!sheets.has(image)) {{
            const sheet = document.createElement("canvas");
            sheet.width = sheet.height = SIDE;
            const brush = sheet.getContext("2d", {{ willReadFrequently: true }});
            brush.imageSmoothingEnabled = false;
            brush.drawImage(image, 0, 0, SIDE, SIDE);
            sheets.set(image, brush.getImageData(0, 0, SIDE, SIDE).data);
        }}
        return sheets.get(image);
    }};
    const pixelAt = (image, local) => {{
        const box = image.getBBox();
        const [x, y] = [(local.x - box.x) / box.width, (local.y - box.y) / box.height]
            .map((part) => Math.floor(part * SIDE));
        if (Math.min(x, y) < 0 || Math.max(x, y) >= SIDE) return null;
        const [r, g, b, a] = pixels(image).subarray(4 * (y * SIDE + x));
        return [r, g, b, a / 255];
    }};

    // What a shape paints at a point of the screen, from below to above. A line that is thin beside
    // the letters crosses them, but they do not stand on it.
    const layers = (shape, point, letter) => {{
        const {{ element, form, style, left }} = shape;
        const wide = (parseFloat(style.strokeWidth) || 0) * shape.scale;
        if (!within(shape.box, wide, point) || !shown(element, point)) return [];
        const local = under(shape.matrix, point);
        if (element.localName === "image") {{
            const colour = pixelAt(element, local);
            return colour ? [[...colour.slice(0, 3), colour[3] * left]] : [];
        }}
        const fill = form.isPointInFill?.(local) && paint(style, "fill", left);
        const line = wide > letter / 3 && form.isPointInStroke?.(local)
            && paint(style, "stroke", left);
        return [fill, line].filter(Boolean);
    }};

    // What a style of the original leaves open comes from the copy.
    const PAINTS = ["fill", "fillOpacity", "stroke", "strokeOpacity", "strokeWidth"];
    const dressed = (form, copy) => {{
        const [own, around] = [getComputedStyle(form), getComputedStyle(copy)];
        if (form === copy) return own;
        const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${{letter.toLowerCase()}}`);
        const says = (name) => form.style[name] || form.hasAttribute(kebab(name));
        return Object.fromEntries(PAINTS.map((name) => [name, (says(name) ? own : around)[name]]));
    }};

    const shapeOf = (element) => {{
        const form = element.localName === "use" ? named(element.getAttribute("href")
            ?? element.getAttribute("xlink:href")) ?? element : element;
        let matrix = DOMMatrix.fromMatrix(element.getScreenCTM());
        if (form !== element) matrix = matrix
            .translate(element.x.baseVal.value, element.y.baseVal.value)
            .multiply(form.transform.baseVal.consolidate()?.matrix ?? new DOMMatrix());
        const scale = Math.sqrt(Math.abs(matrix.a * matrix.d - matrix.b * matrix.c));
        return {{ element, form, scale, matrix: matrix.inverse(), left: strength(element),
            box: element.getBoundingClientRect(), style: dressed(form, element) }};
    }};

    // The middles of the first, the middle and the last letter, as points of the screen.
    const places = (text) => {{
        const matrix = DOMMatrix.fromMatrix(text.getScreenCTM());
        const last = text.getNumberOfChars() - 1;
        const spots = new Set(last < 0 ? [] : [0, Math.floor(last / 2), last]);
        return [...spots].map((number) => text.getExtentOfChar(number))
            .filter((box) => box.width > 0)
            .map((box) => under(matrix, {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }}));
    }};

    const texts = [...document.querySelectorAll("svg :is(text, tspan)")].filter((text) =>
        [...text.childNodes].some((node) => node.nodeType === 3 && node.data.trim()));
    const boxes = new Set();
    for (const text of texts)
        for (let box = text.closest("details:not([open])"); box;
            box = box.parentElement.closest("details:not([open])")) boxes.add(box);
    for (const box of boxes) box.open = true; // as it is for those who read what is drawn there

    const pale = [];
    const drawings = new Map();
    for (const text of texts) {{
        if (!text.checkVisibility(seeing)) continue;
        let svg = text.ownerSVGElement;
        while (svg.ownerSVGElement) svg = svg.ownerSVGElement;
        if (!drawings.has(svg)) {{
            const parts = [...svg.querySelectorAll(SHAPES)].filter((part) =>
                !part.closest("defs, clipPath, symbol, pattern, marker, mask")
                && part.checkVisibility(seeing));
            drawings.set(svg, {{ below: ground(svg), shapes: parts.map(shapeOf) }});
        }}
        const {{ below, shapes }} = drawings.get(svg);
        const style = getComputedStyle(text);
        const own = shapeOf(text);
        const letter = parseFloat(style.fontSize) * own.scale;
        const isLarge = letter >= (Number(style.fontWeight) >= 700 ? 18.66 : 24);
        const halo = (one) => parseFloat(one.style.strokeWidth) >= 1.5
            && paint(one.style, "stroke", one.left);
        const isTwin = (one) => one.element.localName === "text" && one.element !== text
            && !one.element.contains(text) && one.element.textContent === text.textContent
            && Math.hypot(one.box.x - own.box.x, one.box.y - own.box.y) < 4;
        const before = [], after = [];
        for (const shape of shapes) {{
            const order = text.compareDocumentPosition(shape.element);
            if (order & Node.DOCUMENT_POSITION_PRECEDING) before.push(shape);
            else if (shape.element !== text) after.push(shape);
        }}
        if (after.some(isTwin)) continue; // the halo of the text that follows it
        const around = before.filter(isTwin).map(halo).find(Boolean)
            || (style.paintOrder.startsWith("stroke") && halo(own));
        let worst = Infinity;
        for (const point of places(text)) {{
            const under = before.filter((one) => one.element.localName !== "text")
                .flatMap((one) => layers(one, point, letter));
            const base = [...under, ...(around ? [around] : [])]
                .reduce((lower, layer) => over(layer, lower), below);
            worst = Math.min(worst, contrast(over(paint(style, "fill", own.left) ?? [0, 0, 0, 0],
                base), base));
        }}
        if (worst < (isLarge ? 3 : 4.5)) {{
            const where = svg.closest("[id]")?.id;
            pale.push(`${{worst.toFixed(2)}} "${{text.textContent.trim()}}" in #${{where}}`);
        }}
    }}
    for (const box of boxes) box.open = false;
    return pale;
}})()"""
"""Texts in drawings whose contrast is below 4.5 to 1, or below 3 to 1 where they are large."""
