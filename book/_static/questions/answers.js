// What a reader enters for a question of each kind: whether it is there, what to keep of it, whether
// it is right, and what to say about it.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetQuestions: questions } = window;
  if (!book || !questions) return;

  const { element, all, shuffle } = book;
  const { button } = questions;

  const says = (item) => item.querySelector(".q-says").cloneNode(true);

  const byOption = (root) => {
    const picked = () => all(".q-choices input:checked", root).map((input) => input.value);
    const answer = (value) => root.querySelector(`.q-answers [data-option="${value}"]`);
    const isRight = (value) => answer(value).hasAttribute("data-right");
    const missing = () =>
      all(".q-answers [data-right]", root).filter((i) => !picked().includes(i.dataset.option));
    return {
      empty: () => picked().length === 0,
      missing: "Choose an answer first.",
      state: () => picked().join(),
      blank: () => picked().length === 0,
      values: picked,
      put: (values) => {
        for (const input of all(".q-choices input", root))
          input.checked = values.includes(input.value);
      },
      judge: () => {
        const parts = picked().map((value) => {
          const text = root.querySelector(`.q-choices input[value="${value}"]`);
          const name = text.closest("label").querySelector(".q-text").cloneNode(true);
          return root.dataset.kind === "multiple"
            ? element("div", {}, name, says(answer(value)))
            : says(answer(value));
        });
        const left = root.dataset.kind === "multiple" ? missing().length : 0;
        if (left) {
          const words = left === 1 ? "One right answer is" : `${left} right answers are`;
          parts.push(element("p", {}, `${words} not ticked.`));
        }
        return { right: picked().every(isRight) && left === 0, parts };
      },
      mark: () => {
        for (const input of all(".q-choices input", root)) {
          const label = input.closest("label");
          const verdict = input.checked ? (isRight(input.value) ? "right" : "wrong") : "";
          label.dataset.verdict = verdict;
          label.querySelector(".q-mark").textContent = verdict ? ` ${verdict}` : "";
        }
      },
      reorder: () => {
        const list = root.querySelector(".q-choices");
        list.append(...shuffle(list.children));
      },
    };
  };

  // The same rules as parse_number in utils/practice/widgets.py, with one table of tests for both. A comma
  // groups thousands where every group has three digits and the number begins with 1 to 9;
  // otherwise a single comma is a decimal one. A per cent sign fits a question that asks for per
  // cent, is a hundredth where a bare number is asked for, and is no answer to anything else.
  const parseNumber = (text, unit) => {
    let plain = text.replace(/\s/g, "").replace("\u2212", "-");
    const percent = plain.endsWith("%");
    if (percent) plain = plain.slice(0, -1);
    if (percent && unit !== "%" && unit !== "") return NaN;
    if (/^[-+]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?$/.test(plain))
      plain = plain.replace(/,/g, "");
    else if (/^[-+]?[0-9]*,[0-9]+$/.test(plain)) plain = plain.replace(",", ".");
    if (!/^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]{1,2})?$/i.test(plain)) return NaN;
    return percent && unit === "" ? Number(plain) / 100 : Number(plain);
  };

  const byNumber = (root) => {
    const input = root.querySelector(".q-number input");
    const unit = root.querySelector(".q-unit")?.textContent.trim() ?? "";
    const value = Number(input.dataset.value);
    const reach = Number(input.dataset.reach);
    const typed = () => parseNumber(input.value, unit);
    const close = (number, target) =>
      Math.abs(number - target) <= reach + 1e-9 * Math.max(1, Math.abs(target));
    const examples = { "": "such as 0.27", "%": "in per cent, such as 27" };
    return {
      empty: () => Number.isNaN(typed()),
      missing: `Type a number first, ${examples[unit] ?? `such as 27, counted in ${unit} and without %`}.`,
      state: () => input.value,
      blank: () => input.value.trim() === "",
      values: () => [input.value],
      put: ([text = ""]) => {
        input.value = text;
      },
      judge: () => {
        const number = typed();
        if (close(number, value)) return { right: true, parts: [] };
        const near = all(".q-near li", root).find((li) => close(number, Number(li.dataset.value)));
        const words = number > value ? "Your number is too large." : "Your number is too small.";
        return { right: false, parts: [near ? says(near) : element("p", {}, words)] };
      },
    };
  };

  const byOrder = (root) => {
    const list = root.querySelector(".q-steps");
    const feedback = root.querySelector(".q-feedback");
    let touched = false;
    const refresh = () => {
      const items = [...list.children];
      items.forEach((item, place) => {
        const [up, down] = all("button", item);
        up.disabled = place === 0;
        down.disabled = place === items.length - 1;
      });
    };
    const move = (item, step) => {
      const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
      if (!other) return;
      if (step < 0) other.before(item);
      else other.after(item);
      touched = true;
      refresh();
      const buttons = all("button", item);
      const wanted = buttons[step < 0 ? 0 : 1];
      (wanted.disabled ? buttons[step < 0 ? 1 : 0] : wanted).focus();
      const place = [...list.children].indexOf(item) + 1;
      const words = item.querySelector(".q-text").textContent;
      feedback.replaceChildren(
        element("p", {}, `${words}: now ${place} of ${list.children.length}.`),
      );
      list.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const item of list.children) {
      const words = item.querySelector(".q-text").textContent;
      const up = button("↑", () => move(item, -1), { "aria-label": `Move up: ${words}` });
      const down = button("↓", () => move(item, 1), { "aria-label": `Move down: ${words}` });
      item.append(element("span", { class: "q-moves" }, up, down));
    }
    refresh();
    const steps = () => [...list.children].map((item) => Number(item.dataset.step));
    return {
      empty: () => !touched,
      missing: "Move the steps first.",
      state: () => steps().join(),
      blank: () => !touched,
      values: () => steps().map(String),
      put: (values) => {
        const ordered = values.map((step) =>
          [...list.children].find((item) => item.dataset.step === step),
        );
        if (new Set(ordered).size !== list.children.length || ordered.includes(undefined)) return;
        list.append(...ordered);
        touched = true;
        refresh();
      },
      judge: () => {
        const wrong = steps().findIndex((step, place) => step !== place);
        if (wrong < 0) return { right: true, parts: [] };
        const words =
          wrong === 0
            ? "The first step is not the one on top."
            : `The first ${wrong === 1 ? "step is" : `${wrong} steps are`} right. Look at place ${wrong + 1}.`;
        return { right: false, parts: [element("p", {}, words)] };
      },
      clear: () => {
        list.append(...shuffle(list.children));
        touched = false;
        refresh();
      },
    };
  };

  const lines = (text) =>
    text
      .trim()
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n");

  const byText = (root) => {
    const input = root.querySelector(".q-printed textarea");
    const output = root.querySelector(".q-output pre").textContent;
    return {
      empty: () => input.value.trim() === "",
      missing: "Type the output first.",
      state: () => input.value,
      blank: () => input.value.trim() === "",
      values: () => [input.value],
      put: ([text = ""]) => {
        input.value = text;
      },
      judge: () => {
        const right = lines(input.value) === lines(output);
        const words = "Your text differs from what Python prints. The solution shows it.";
        return { right, parts: right ? [] : [element("p", {}, words)] };
      },
    };
  };

  const byLabel = (root) => {
    const selects = all(".q-labels select", root);
    const name = (letter) =>
      root.querySelector(`.q-places [data-letter="${letter}"] .q-name`).textContent;
    const isRight = (select) => select.value === name(select.dataset.letter);
    return {
      empty: () => selects.every((select) => select.value === ""),
      missing: "Choose a name for each place first.",
      state: () => selects.map((select) => select.value).join("\n"),
      blank: () => selects.every((select) => select.value === ""),
      values: () => selects.map((select) => select.value),
      put: (values) =>
        selects.forEach((select, place) => {
          const isOffered = [...select.options].some((option) => option.value === values[place]);
          select.value = isOffered ? values[place] : "";
        }),
      judge: () => {
        const count = selects.filter(isRight).length;
        const right = count === selects.length;
        const words = `${count} of ${selects.length} places are right.`;
        return { right, parts: [element("p", {}, words)] };
      },
      mark: (on) => {
        for (const select of selects) {
          const verdict = on && select.value ? (isRight(select) ? "right" : "wrong") : "";
          select.closest("label").dataset.verdict = verdict;
          select.closest("label").querySelector(".q-mark").textContent = verdict
            ? ` ${verdict}`
            : "";
        }
      },
    };
  };

  questions.answerOf = (root) => {
    const { kind } = root.dataset;
    if (kind === "numeric") return byNumber(root);
    if (kind === "order") return byOrder(root);
    if (kind === "label") return byLabel(root);
    return root.querySelector(".q-choices") ? byOption(root) : byText(root);
  };
})();
