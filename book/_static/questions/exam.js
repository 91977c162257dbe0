// Many questions at once, with all answers before any verdict: the exam, and the diagnostic of the
// practice page.
(() => {
  "use strict";

  const { ResNetBook: book, ResNetQuestions: questions } = window;
  if (!book || !questions?.asked) return;

  const { element, plural } = book;
  const { sets, PREFIXES, button, paragraph, save, readEntry, show, judge, clear, toFirst } =
    questions;

  const chapterLink = (chapter) => {
    const row = document.querySelector(`.q-progress [data-chapter="${chapter}"] a`);
    const link = row ?? document.querySelector(`.q-about a[href="../${chapter}.html"]`);
    return link ? link.cloneNode(true) : element("a", { href: `../${chapter}.html` }, chapter);
  };

  const recommend = (wrong) => {
    const counts = new Map();
    for (const { chapter } of wrong) counts.set(chapter, (counts.get(chapter) ?? 0) + 1);
    const order = [...counts].sort((a, b) => b[1] - a[1]);
    const items = order.map(([chapter, count]) =>
      element("li", {}, chapterLink(chapter), ` (${plural(count, "question")} to look at again)`),
    );
    return element("ul", {}, ...items);
  };

  const keepSitting = (asked, draw, done) => {
    const ids = asked.map(({ id }) => id);
    save(
      PREFIXES.sittings + asked[0].place,
      JSON.stringify({ draw, ids, done, at: new Date().toISOString() }),
    );
  };

  // Asks for all answers before any verdict. `done` says that the results were on show already.
  const sitting = (box, asked, words, { draw, done = false }) => {
    box.dataset.exam = "open";
    const summary = element("div", { class: "q-summary", role: "status", tabindex: "-1" });
    const grade = (verdict) => {
      const results = asked.map((question) => [question, verdict(question)]);
      const wrong = results.filter(([, right]) => !right).map(([question]) => question);
      const open = results.filter(([, right]) => right === null).length;
      for (const [question, right] of results) {
        if (right === null) {
          question.feedback.dataset.verdict = "wrong";
          question.feedback.replaceChildren(paragraph("You did not answer this question."));
        }
      }
      const right = asked.length - wrong.length;
      const score = `${right} of ${asked.length} answers ${right === 1 ? "is" : "are"} right`;
      const left = open
        ? `, and ${plural(open, "question")} ${open === 1 ? "is" : "are"} not answered`
        : "";
      summary.replaceChildren(paragraph(element("strong", {}, `${score}${left}.`)));
      if (wrong.length) summary.append(paragraph(words.wrong), recommend(wrong));
      else summary.append(paragraph(words.right));
      box.dataset.exam = "done";
      finish.hidden = true;
      again.hidden = false;
    };
    const restart = () => {
      asked.forEach(clear);
      summary.replaceChildren();
      box.dataset.exam = "open";
      finish.hidden = false;
      again.hidden = true;
      keepSitting(asked, draw, false);
      toFirst(asked);
    };
    const finish = button("Finish and see the results", () => {
      grade(judge);
      keepSitting(asked, draw, true);
      summary.focus();
    });
    const again = button("Start again", () => {
      box.querySelector(".q-resumed")?.remove();
      restart();
    });
    again.hidden = true;
    if (done) grade((question) => show(question));
    box.append(element("div", { class: "q-finish" }, finish, again, summary));
    return restart;
  };

  const examine = (set, asked, entries) => {
    for (const question of asked) if (questions.isBlank(question)) clear(question);
    const restart = sitting(
      set,
      asked,
      {
        wrong: "Read these chapters again, because your wrong answers belong to them:",
        right: "All your answers are right. You can now explain this paper to others.",
      },
      { draw: "exam", done: readEntry("sittings", "exam")?.done },
    );
    questions.tellBack(set, entries, restart);
  };

  for (const set of sets.filter(({ dataset }) => dataset.mode === "exam")) {
    const asked = questions.within(set);
    if (asked.length) examine(set, asked, questions.arrived.get(set));
    questions.offerFile(set);
  }
  questions.reveal();

  Object.assign(questions, { chapterLink, keepSitting, sitting });
})();
