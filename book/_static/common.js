// What scripts of several parts need: to make elements, to say something, to ask twice, to print
// what is folded, to mix a colour. Runs before them; a part whose page lacks it does nothing.
(() => {
  "use strict";

  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // An attribute that is true stands without a value, one that is false is left out.
  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };

  const button = (content, action, attributes = {}) => {
    const made = element("button", { type: "button", ...attributes }, ...[content].flat());
    made.addEventListener("click", action);
    return made;
  };

  // A button that asks before it acts: only a second press in a row does it.
  const twice = (text, sure, action, attributes = {}, asked = () => {}) => {
    const calm = () => {
      delete made.dataset.sure;
      made.textContent = text;
    };
    const press = () => {
      if (made.dataset.sure === undefined) {
        made.dataset.sure = "";
        made.textContent = sure;
        asked();
        return;
      }
      calm();
      action();
    };
    const made = button(text, press, attributes);
    made.addEventListener("blur", calm);
    return made;
  };

  // Screen readers speak a status anew whenever it is written, also with the same words.
  const setText = (region, text) => {
    if (region.textContent !== text) region.textContent = text;
  };

  const plural = (count, word, words = `${word}s`) => `${count} ${count === 1 ? word : words}`;

  const listed = (parts) =>
    parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;

  const inWords = (day, more = {}) =>
    new Date(day).toLocaleDateString("en-GB", { day: "numeric", month: "long", ...more });

  const shuffle = (items) => {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = Math.floor(Math.random() * (i + 1));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  };

  // Red, green and blue at a share of the way, from 0 to 1, along colours that are equally far apart.
  const colourAt = (colours, share) => {
    const at = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
    const low = Math.min(Math.floor(at), colours.length - 2);
    return colours[low].map((from, part) => from + (at - low) * (colours[low + 1][part] - from));
  };

  // A page that has no address of its own, such as one in a frame, has no state to keep in it.
  const setAddress = (address) => {
    try {
      history.replaceState(history.state, "", address);
    } catch {
      // Then the page works as before, and the address does not tell.
    }
  };

  // Opens folded boxes for the printer, and folds them again.
  const openForPrint = (selector) => {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = all(selector).filter((details) => !details.open);
      for (const details of opened) details.open = true;
    });
    addEventListener("afterprint", () => {
      for (const details of opened) details.open = false;
    });
  };

  // What a page has kept as text must not be lost where the script that opens it did not arrive.
  for (const kept of window.ResNetLater ? [] : all("noscript.later")) {
    const holder = element("template");
    holder.innerHTML = kept.textContent;
    kept.replaceWith(holder.content);
  }

  window.ResNetBook = {
    all,
    element,
    button,
    twice,
    setText,
    plural,
    listed,
    inWords,
    shuffle,
    colourAt,
    setAddress,
    openForPrint,
  };
})();
