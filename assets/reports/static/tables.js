/* Tables and pictures of a board that are loaded when somebody opens them.

   A <details data-rows="…" data-keys="…"> names a data script and what of it to show. A key whose
   rows are a table (settings.links) becomes one; any other is made a figure, under a heading of the
   level data-heading, which draw.js draws. */
(function () {
  "use strict";
  const doingWith = window.doingWith;

  function element(kind, words, attributes) {
    const made = document.createElement(kind);
    if (words) made.textContent = words;
    return Object.assign(made, attributes || {});
  }

  function words(data, row, place) {
    const value = row[place];
    const name = data.columns[place][0];
    if (value === null || value === undefined) {
      const state = data.columns.findIndex(([other]) => other === "state");
      const value_at = data.columns.findIndex(([other]) => other === "value");
      if (name === "value" || (value_at >= 0 && row[value_at] === null && name !== "base")) {
        return name === "value" ? row[state] : "";
      }
      return (data.settings.missing || {})[name] || "not given";
    }
    if (typeof value !== "number") return String(value);
    return doingWith.inWords(value, (data.settings.units || {})[name]);
  }

  function table(key, caption) {
    const data = doingWith.rowsOf(key);
    const code = data.columns.findIndex(([name]) => name === "code");
    const shown = data.columns.map(([, label], place) => [label, place]).filter(([label]) => label);
    const made = element("table", "", { className: "stacked" });
    made.createCaption().textContent = caption;
    const head = made.createTHead().insertRow();
    shown.forEach(([label]) => head.append(element("th", label, { scope: "col" })));
    const body = made.createTBody();
    data.rows.forEach((row) => {
      const line = body.insertRow();
      shown.forEach(([, place], column) => {
        const said = words(data, row, place);
        if (column > 0) {
          const cell = element("td", said);
          if (typeof row[place] === "number") cell.className = "number";
          cell.dataset.is = data.columns[place][1];
          line.append(cell);
          return;
        }
        const first = element("th", "", { scope: "row" });
        if (data.settings.links && code >= 0) {
          const address = doingWith.site + data.settings.links + row[code] + ".html";
          first.append(element("a", said, { href: address }));
        } else first.textContent = said;
        line.append(first);
      });
    });
    const box = element("div", "", { className: "scroll", tabIndex: 0 });
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", caption);
    box.append(made);
    return box;
  }

  function figure(key, kind, heading) {
    const { settings } = doingWith.rowsOf(key);
    const made = element("figure", "", { className: "figure", id: key });
    made.dataset.figure = kind;
    const caption = element("figcaption");
    caption.append(element(heading, settings.figure_title), element("p", settings.figure_text));
    made.append(caption, element("div", "", { className: "figure-drawing" }));
    return made;
  }

  const fillings = new Map();

  /* Fills a box once; a Promise that is kept when what it holds is there. */
  function filled(details) {
    if (!fillings.has(details)) fillings.set(details, fill(details));
    return fillings.get(details);
  }

  async function fill(details) {
    const box = details.querySelector(".wanted");
    try {
      await doingWith.load(details.dataset.rows);
      const parts = details.dataset.keys.split(" ").map((key) =>
        details.dataset.kind ? figure(key, details.dataset.kind, details.dataset.heading) : table(key, details.dataset.caption)
      );
      box.replaceChildren(...parts);
      if (details.dataset.kind) parts.forEach((part) => doingWith.drawFigure(part));
    } catch (error) {
      fillings.delete(details);
      box.replaceChildren(element("p", "The numbers could not be read: " + error.message + "."));
    }
  }

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches("details[data-keys]") && event.target.open) filled(event.target);
    },
    true
  );
  doingWith.filled = filled;
  document.querySelectorAll("details[data-keys][open]").forEach(filled);
})();
