/* The search box: a combobox over data/search.js, which is loaded when the box is first used.
   Arrow keys move, Enter goes, Escape closes; everything works from disk. */
(function () {
  "use strict";
  const doingWith = window.doingWith;
  const form = document.querySelector("form.find");
  const box = form.querySelector("input");
  const list = document.getElementById("found");
  const said = document.getElementById("found-said");
  const MOST = 12;
  let entries = null;
  let shown = [];
  let at = -1;

  /* Accents, apostrophes and case are as people type them, or not. */
  const plain = (words) =>
    words.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f'’.]/g, "").replace(/[^a-z0-9]+/g, " ").trim();

  /* Called by data/search.js: rows of code, name, kind and place within. */
  doingWith.areas = function (data) {
    entries = data.rows.map(([code, name, kind, within]) => ({
      code, name, kind: data.kinds[kind][0], folder: data.kinds[kind][1], within: data.within[within],
      words: plain(name), low: code.toLowerCase(),
    }));
  };

  /* Smaller is nearer; null is no match. */
  function nearness(entry, asked, words) {
    if (entry.low === asked) return 0;
    if (entry.low.startsWith(asked)) return 1;
    if (entry.words.startsWith(words)) return 2;
    if ((" " + entry.words).includes(" " + words)) return 3;
    const parts = words.split(" ");
    if (parts.every((part) => (" " + entry.words).includes(" " + part))) return 4;
    return parts.every((part) => entry.words.includes(part)) ? 5 : null;
  }

  function matches(typed) {
    const asked = typed.trim().toLowerCase();
    const words = plain(typed);
    if (!words) return [];
    const found = [];
    entries.forEach((entry, place) => {
      const near = nearness(entry, asked, words);
      if (near !== null) found.push({ entry, near, place });
    });
    found.sort((a, b) => a.near - b.near || a.place - b.place);
    return found.map((one) => one.entry);
  }

  const addressOf = (entry) => doingWith.site + entry.folder + encodeURIComponent(entry.code) + ".html";

  function show() {
    const found = entries && box.value.trim() ? matches(box.value) : [];
    shown = found.slice(0, MOST);
    at = -1;
    list.replaceChildren(
      ...shown.map((entry, place) => {
        const item = document.createElement("li");
        const more = document.createElement("small");
        item.id = "found-" + place;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        item.textContent = entry.name;
        more.textContent = [entry.kind, entry.code, entry.within].filter(Boolean).join(" · ");
        item.append(more);
        return item;
      }),
    );
    list.hidden = !shown.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    box.removeAttribute("aria-activedescendant");
    if (!box.value.trim() || !entries) said.textContent = "";
    else if (!found.length) said.textContent = "Nothing found by this name or code.";
    else if (found.length > MOST) said.textContent = "The first " + MOST + " of " + found.length + " found.";
    else said.textContent = found.length + " found.";
    said.classList.toggle("nhsuk-u-visually-hidden", Boolean(found.length) || !said.textContent);
  }

  function move(step) {
    if (!shown.length) return;
    at = (at + step + shown.length) % shown.length;
    [...list.children].forEach((item, place) => item.setAttribute("aria-selected", String(place === at)));
    box.setAttribute("aria-activedescendant", "found-" + at);
    list.children[at].scrollIntoView({ block: "nearest" });
  }

  function close() {
    list.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  box.addEventListener("input", show);
  box.addEventListener("focus", show);
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) show();
      move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    } else if (event.key === "Escape") {
      close();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = shown[Math.max(at, 0)];
    if (chosen) window.location.assign(addressOf(chosen));
  });
  /* The press, not the click: by then the box has lost the focus and the list is gone. */
  list.addEventListener("pointerdown", (event) => {
    const item = event.target.closest("li");
    event.preventDefault();
    if (item) window.location.assign(addressOf(shown[[...list.children].indexOf(item)]));
  });

  doingWith.load(form.dataset.search).then(show, () => {
    said.textContent = "The list of areas could not be read.";
    said.classList.remove("nhsuk-u-visually-hidden");
  });
})();
