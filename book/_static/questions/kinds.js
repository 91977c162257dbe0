// The kinds of question. Each reads what a reader entered, puts a kept answer back, judges as its
// class in utils/practice/kinds does, and says what to tell. No other script asks for a kind.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetQuestions: questions } = window;
  if (!book || !questions) return;

  const { all, element, shuffle } = book;
  const { button, paragraph } = questions;

  const says = (item) => item.querySelector(".q-says").cloneNode(true);
  const textOf = (item) => item.querySelector(".q-text");

  // What was chosen is marked as right or wrong; without a verdict the mark goes.
  const mark = (input, isChosen, isRight) => {
    const verdict = isChosen ? (isRight ? "right" : "wrong") : "";
    const label = input.closest("label");
    label.dataset.verdict = verdict;
    label.querySelector(".q-mark").textContent = verdict && ` ${verdict}`;
  };

  const typed = (input) => ({
    values: () => [input.value],
    put: ([text = ""]) => {
      input.value = text;
    },
  });

  const choices = (root, several = false) => {
    const list = root.querySelector(".q-choices");
    const inputs = () => all("input", list);
    const right = all(".q-answers [data-right]", root).map((answer) => answer.dataset.option);
    const said = (value) => {
      const words = says(root.querySelector(`.q-answers [data-option="${value}"]`));
      if (!several) return words;
      const label = list.querySelector(`input[value="${value}"]`).closest("label");
      return element("div", {}, textOf(label).cloneNode(true), words);
    };
    return {
      missing: "Choose an answer first.",
      values: () =>
        inputs()
          .filter((input) => input.checked)
          .map((input) => input.value),
      put: (values) => {
        for (const input of inputs()) input.checked = values.includes(input.value);
      },
      judge: (values) => {
        if (values.length === 0) return null;
        const left = right.filter((value) => !values.includes(value)).length;
        const parts = values.map(said);
        if (several && left) {
          const words = left === 1 ? "One right answer is" : `${left} right answers are`;
          parts.push(paragraph(`${words} not ticked.`));
        }
        const isRight = left === 0 && values.every((value) => right.includes(value));
        return { right: isRight, parts };
      },
      mark: (on) => {
        for (const input of inputs()) mark(input, on && input.checked, right.includes(input.value));
      },
      reorder: () => list.append(...shuffle(list.children)),
    };
  };

  // The same rules as parse_number in utils/practice/kinds/numeric.py. A comma groups thousands
  // where every group has three digits and the number begins with 1 to 9; otherwise a single comma
  // is a decimal one. A per cent sign fits a question that asks for per cent, is a hundredth where
  // a bare number is asked for, and is no answer to anything else.
  const parseNumber = (text, unit) => {
    let plain = text.replace(/\s/g, "").replaceAll("\u2212", "-");
    const percent = plain.endsWith("%");
    if (percent) plain = plain.slice(0, -1);
    if (percent && unit !== "%" && unit !== "") return NaN;
    if (/^[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$/.test(plain))
      plain = plain.replace(/,/g, "");
    else if (/^[-+]?[0-9]*,[0-9]+$/.test(plain)) plain = plain.replace(",", ".");
    if (!/^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]{1,2})?$/i.test(plain)) return NaN;
    return percent && unit === "" ? Number(plain) / 100 : Number(plain);
  };

  const numeric = (root) => {
    const input = root.querySelector(".q-number input");
    const unit = root.querySelector(".q-unit")?.textContent.trim() ?? "";
    const value = Number(input.dataset.value);
    const reach = Number(input.dataset.reach);
    const close = (number, target) =>
      Math.abs(number - target) <= reach + 1e-9 * Math.max(1, Math.abs(target));
    const examples = { "": "such as 0.27", "%": "in per cent, such as 27" };
    return {
      ...typed(input),
      missing: `Type a number first, ${examples[unit] ?? `such as 27, counted in ${unit} and without %`}.`,
      judge: ([text]) => {
        const number = parseNumber(text, unit);
        if (Number.isNaN(number)) return null;
        if (close(number, value)) return { right: true, parts: [] };
        const near = all(".q-near li", root).find((li) => close(number, Number(li.dataset.value)));
        const words = `Your number is too ${number > value ? "large" : "small"}.`;
        return { right: false, parts: [near ? says(near) : paragraph(words)] };
      },
    };
  };

  const order = (root) => {
    const list = root.querySelector(".q-steps");
    let touched = false;
    const arrange = (items, byReader) => {
      list.append(...items);
      touched = byReader;
      items.forEach((item, place) => {
        const [up, down] = all("button", item);
        up.disabled = place === 0;
        down.disabled = place === items.length - 1;
      });
    };
    const move = (item, step) => {
      const items = [...list.children];
      const place = items.indexOf(item) + step;
      items.splice(place - step, 1);
      items.splice(place, 0, item);
      arrange(items, true);
      const [up, down] = all("button", item);
      const wanted = step < 0 ? up : down;
      (wanted.disabled ? (step < 0 ? down : up) : wanted).focus();
      const words = `“${textOf(item).textContent}” is now step ${place + 1} of ${items.length}.`;
      root.querySelector(".q-feedback").replaceChildren(paragraph(words));
      list.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const item of list.children) {
      const words = textOf(item).textContent;
      const up = button("↑", () => move(item, -1), { "aria-label": `Move up: ${words}` });
      const down = button("↓", () => move(item, 1), { "aria-label": `Move down: ${words}` });
      item.append(element("span", { class: "q-moves" }, up, down));
    }
    arrange([...list.children], false);
    return {
      missing: "Move the steps first.",
      values: () => (touched ? [...list.children].map((item) => item.dataset.step) : []),
      put: (values) => {
        const items = [...list.children];
        const ordered = values.map((step) => items.find((item) => item.dataset.step === step));
        const isWhole = items.every((item) => ordered.includes(item));
        if (isWhole && ordered.length === items.length) arrange(ordered, true);
      },
      judge: (values) => {
        if (values.length === 0 || values.includes("")) return null;
        const wrong = values.findIndex((step, place) => step !== String(place));
        if (wrong < 0) return { right: true, parts: [] };
        const words =
          wrong === 0
            ? "The step on top is not the first one."
            : `The first ${wrong === 1 ? "step is" : `${wrong} steps are`} right. Look at place ${wrong + 1}.`;
        return { right: false, parts: [paragraph(words)] };
      },
      clear: () => arrange(shuffle(list.children), false),
    };
  };

  const lines = (text) =>
    text
      .trim()
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");

  const printed = (root) => ({
    ...typed(root.querySelector(".q-printed textarea")),
    missing: "Type the output first.",
    judge: ([text]) => {
      if (text.trim() === "") return null;
      const right = lines(text) === lines(root.querySelector(".q-output pre").textContent);
      const words =
        "Your text differs from what Python prints. Open the solution to see the right output.";
      return { right, parts: right ? [] : [paragraph(words)] };
    },
  });

  const label = (root) => {
    const selects = all(".q-labels select", root);
    const names = selects.map(
      ({ dataset }) =>
        root.querySelector(`.q-places [data-letter="${dataset.letter}"] .q-name`).textContent,
    );
    return {
      missing: "Choose a name for each place first.",
      values: () => selects.map((select) => select.value),
      put: (values) =>
        selects.forEach((select, place) => {
          const isOffered = [...select.options].some((option) => option.value === values[place]);
          select.value = isOffered ? values[place] : "";
        }),
      judge: (values) => {
        if (!values.some(Boolean)) return null;
        const count = names.filter((name, place) => name === values[place]).length;
        const words = `${count} of ${names.length} places ${count === 1 ? "is" : "are"} right.`;
        return { right: count === names.length, parts: [paragraph(words)] };
      },
      mark: (on) =>
        selects.forEach((select, place) =>
          mark(select, on && select.value, select.value === names[place]),
        ),
    };
  };

  // The same rules as utils/practice/rubric.py: a key is word beginnings of one sentence, or a formula.
  const wordsOf = (text) =>
    text
      .toLowerCase()
      .normalize("NFKD")
      .replaceAll("iz", "is")
      .replaceAll("×", "x")
      .split(/[^\p{L}\p{N}]+/u)
      .filter(Boolean);
  const squashed = (text) => text.toLowerCase().replace(/\\[a-z]+(?=\{)|[\s$\\{}*]/g, "");
  const isHit = (key, text) => {
    if (!/^[\p{L}\p{N}_ ×.-]+$/u.test(key)) return squashed(text).includes(squashed(key));
    const stems = wordsOf(key);
    return text
      .split(/[.!?;:](?=\s|$)|\n\s*\n/)
      .map(wordsOf)
      .some((sentence) => stems.every((stem) => sentence.some((word) => word.startsWith(stem))));
  };

  // `explains` says that readers judge themselves: a search only suggests what their text `found`.
  const short = (root) => {
    const concepts = all("[data-concept]", root).map(({ dataset }) => JSON.parse(dataset.keys));
    return {
      ...typed(root.querySelector(".q-written textarea")),
      explains: true,
      missing: "Write your explanation first.",
      judge: ([text]) => {
        if (text.trim() === "") return null;
        const found = concepts.map((keys) => keys.some((key) => isHit(key, text)));
        return { right: found.every(Boolean), found };
      },
    };
  };

  // Name of a kind in the bank -> what makes its object from the element of a question:
  //   missing            what is said where there is no answer
  //   values()           the answer, as a list of texts that a browser keeps; all blank for none
  //   put(values)        puts it back
  //   judge(values)      whether it is right, and the parts of what to say; null for no answer
  //   mark(on)           marks what was chosen, where something is chosen
  //   reorder(), clear() mix what may be mixed at any time, and what is itself the answer
  const KINDS = {
    single: (root) => choices(root),
    multiple: (root) => choices(root, true),
    numeric,
    order,
    output: (root) => (root.querySelector(".q-choices") ? choices(root) : printed(root)),
    bug: (root) => choices(root),
    label,
    short,
  };

  const answerOf = (root) => KINDS[root.dataset.kind](root);
  const found = all(".q-set .q").map((root) => ({ root, answer: answerOf(root) }));
  Object.assign(questions, { KINDS, answerOf, found });
})();
