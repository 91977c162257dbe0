// Filters the claims by verdict and by words. Without this script the page shows them all.
(() => {
  const book = window.ResNetBook;
  const place = document.getElementById("claims-filter");
  const claims = [...document.querySelectorAll("article.claim")];
  if (!book || !place || claims.length === 0) return;

  const { element, setText, setAddress } = book;

  const QUIET_MS = 250;
  const VERDICTS = [
    ["", "All"],
    ["true", "True"],
    ["half-true", "Half true"],
    ["false", "False"],
    ["unproven", "Unproven"],
  ];

  const plain = (text) =>
    text
      .toLowerCase()
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .replace(/\s+/g, " ");

  const texts = new Map(claims.map((claim) => [claim, plain(claim.textContent)]));

  const choices = VERDICTS.map(([value, word]) => {
    const radio = element("input", { type: "radio", name: "verdict", value, checked: !value });
    return element("label", {}, radio, element("span", {}, word));
  });
  const words = element("input", { type: "search", name: "words", autocomplete: "off" });
  const clear = element("button", { type: "reset" }, "Show all");
  const status = element("p", { role: "status", class: "claims-status" });
  const form = element(
    "form",
    { class: "claims-form", "aria-label": "Filter the claims", role: "search" },
    element("fieldset", {}, element("legend", {}, "Verdict"), ...choices),
    element("label", { class: "claims-words" }, "Words in a claim ", words),
    clear,
    status,
  );
  place.append(form);
  place.hidden = false;

  const groups = [...document.querySelectorAll(".claims")].map((box) => {
    const none = "The filter hides all claims of this group.";
    const note = element("p", { class: "claims-none", hidden: true }, none);
    box.append(note);
    return { note, members: claims.filter((claim) => box.contains(claim)) };
  });

  const verdict = () => form.elements.verdict.value;
  const wanted = () => plain(words.value).trim().split(" ").filter(Boolean);

  const linked = () => {
    let id = location.hash.slice(1);
    try {
      id = decodeURIComponent(id);
    } catch {
      // A broken escape in the address names no claim.
    }
    return claims.find((claim) => claim.id === id);
  };

  const passes = (claim, parts) =>
    (verdict() === "" || claim.dataset.verdict === verdict()) &&
    parts.every((part) => texts.get(claim).includes(part));

  const sentence = (count, extra) => {
    const shown = count === claims.length ? "all" : `${count} of`;
    return (
      `Showing ${shown} ${claims.length} claims` +
      (extra ? ", and the claim that the link names." : ".")
    );
  };

  let timer;
  const later = (action) => {
    clearTimeout(timer);
    timer = setTimeout(action, QUIET_MS);
  };

  const remember = () => {
    const query = new URLSearchParams();
    if (verdict()) query.set("verdict", verdict());
    if (words.value.trim()) query.set("words", words.value.trim());
    const search = query.size ? `?${query}` : "";
    setAddress(location.pathname + search + location.hash);
  };

  const show = () => {
    const parts = wanted();
    const target = linked();
    let count = 0;
    for (const claim of claims) {
      const hit = passes(claim, parts);
      count += hit;
      claim.hidden = !hit && claim !== target;
    }
    for (const { note, members } of groups) note.hidden = members.some((claim) => !claim.hidden);
    clear.disabled = verdict() === "" && parts.length === 0;
    return sentence(count, Boolean(target) && !passes(target, parts));
  };

  const update = () => {
    const text = show();
    later(() => {
      setText(status, text);
      remember();
    });
  };

  const reveal = () => {
    const target = linked();
    status.textContent = show();
    if (!target) return;
    target.querySelector("details").open = true;
    target.scrollIntoView();
  };

  const restore = () => {
    const query = new URLSearchParams(location.search);
    const known = VERDICTS.some(([value]) => value === query.get("verdict"));
    form.elements.verdict.value = known ? query.get("verdict") : "";
    words.value = query.get("words") ?? "";
  };

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => (words.focus(), update())));
  window.addEventListener("hashchange", reveal);

  book.openForPrint(".claim-evidence");

  restore();
  reveal();
})();
