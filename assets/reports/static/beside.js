/* One area beside another on the page of an indicator, and both in the address, so that a link
   shows the same: ?area=…&beside=…, and &in=… for the table of a practice or network.

   Everything is read from the tables of the page. Only England, regions, boards and sub-ICBs can be
   set beside an area: a practice is never set beside another practice. */
(function () {
  "use strict";
  const doingWith = window.doingWith;
  const section = document.getElementById("beside");
  if (!section) return;
  const [one, other] = section.querySelectorAll("select");
  const box = section.querySelector(".beside-rows");
  const ENGLAND = "E92000001";
  const found = new Map();

  const cell = (row, name) => row.querySelector('[data-is="' + name + '"]');
  const codeOf = (row) => {
    const link = row.querySelector("th a");
    return link ? decodeURIComponent(link.getAttribute("href").split("/").pop().replace(/\.html.*$/, "")) : "";
  };

  /* A row that a board's table has: limits and state stand in columns of their own there. */
  function ofSmall(row) {
    const text = (name) => (cell(row, name) || { textContent: "" }).textContent;
    const compared = text("Compared with England");
    const word = { similar: "similar to England", "not compared": "not compared" };
    const [low, high] = [text("Lower 95% limit"), text("Upper 95% limit")];
    return {
      code: codeOf(row), name: row.querySelector("th").textContent, level: "",
      Value: text("Value"), "95% interval": low && high && low !== high ? low + " to " + high : low || "no value",
      Compared: compared && (word[compared] || compared + " than England"), Period: text("State and period"),
    };
  }

  function ofPage(row, level) {
    const made = { code: codeOf(row), name: row.querySelector("th").firstChild.textContent, level };
    for (const name of ["Value", "95% interval", "Compared", "Period"]) made[name] = cell(row, name);
    return made;
  }

  function read() {
    const areas = document.querySelectorAll("main > .scroll > table.areas");
    // Right below its heading: without a table of England the next one is of other areas. Of several
    // ways of counting England's row is of the one in which the areas are counted.
    const england = [...document.querySelectorAll("#england + .scroll tbody tr")].find(
      (row) => !areas.length || row.dataset.series === areas[0].dataset.series
    );
    if (england) {
      const compared = "is what others are compared with";
      found.set(ENGLAND, { ...ofPage(england, ""), code: ENGLAND, name: "England", Compared: compared });
    }
    areas.forEach((table) => {
      const level = table.closest(".scroll").getAttribute("aria-label");
      table.querySelectorAll("tbody tr").forEach((row) => {
        const made = ofPage(row, level);
        if (!found.has(made.code)) found.set(made.code, made);
      });
    });
  }

  function options(select) {
    const levels = new Map();
    found.forEach((area) => {
      if (!levels.has(area.level)) levels.set(area.level, []);
      levels.get(area.level).push(new Option(area.name, area.code));
    });
    select.replaceChildren();
    levels.forEach((made, level) => {
      if (!level) return select.append(...made);
      const group = document.createElement("optgroup");
      group.label = level;
      group.append(...made);
      return select.append(group);
    });
  }

  function show() {
    const shown = [found.get(one.value), found.get(other.value)].filter(Boolean);
    const table = document.createElement("table");
    table.className = "stacked";
    table.createCaption().textContent = shown.map((area) => area.name).join(" beside ");
    const names = ["Value", "95% interval", "Compared", "Period"];
    const head = table.createTHead().insertRow();
    const body = table.createTBody();
    const th = (text, scope) => Object.assign(document.createElement("th"), { textContent: text, scope });
    head.append(th("Area", "col"), ...names.map((name) => th(name, "col")));
    [...new Set(shown)].forEach((area) => {
      const row = body.insertRow();
      row.append(th(area.name, "row"));
      for (const name of names) {
        const made = row.insertCell();
        made.dataset.is = name;
        if (area[name] instanceof Element) made.append(...area[name].cloneNode(true).childNodes);
        else made.textContent = area[name] || (name === "Compared" ? "not compared" : "");
      }
    });
    box.replaceChildren(table);
  }

  /* A practice or network stands in a table that is loaded first. */
  async function bring(code, key) {
    const details = [...document.querySelectorAll("details[data-keys]")].find((all) => all.dataset.keys === key);
    if (!details) return;
    details.open = true;
    await doingWith.filled(details);
    const row = [...details.querySelectorAll("tbody tr")].find((all) => codeOf(all) === code);
    if (!row) return;
    row.classList.add("in-view");
    found.set(code, ofSmall(row));
    one.append(new Option(found.get(code).name, code));
  }

  async function begin() {
    read();
    if (found.size < 2) return;
    options(one);
    options(other);
    const code = doingWith.chosen("area");
    if (code && !found.has(code) && doingWith.chosen("in")) await bring(code, doingWith.chosen("in"));
    const first = [...found.keys()].find((key) => key !== ENGLAND);
    one.value = found.has(code) ? code : first;
    other.value = doingWith.chosen("beside");
    // England where it has a row, else any other area.
    if (!other.value) other.value = [...found.keys()].find((key) => key !== one.value);
    show();
    section.hidden = false;
    if (window.location.hash === "#beside") section.scrollIntoView();
    one.addEventListener("change", () => {
      doingWith.choose("area", one.value);
      show();
    });
    other.addEventListener("change", () => {
      doingWith.choose("area", one.value);
      doingWith.choose("beside", other.value);
      show();
    });
  }

  begin();
})();
