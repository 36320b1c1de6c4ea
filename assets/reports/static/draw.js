/* Draws every <figure data-figure> of a page when it comes into view, and all of them before print.

   A classic script, because browsers refuse modules and fetch from disk. It needs of site.js:
   doingWith.load(address), a Promise that adds a classic script once, and doingWith.rowsOf(key),
   the {columns, rows, settings} that a data script gave to doingWith.rows.
   The library (vega.js) and the drawings (figures.js) lie beside this script and load once. */
(function () {
  "use strict";

  const doingWith = (window.doingWith = window.doingWith || {});
  const beside = document.currentScript.src;
  const SVG = "http://www.w3.org/2000/svg";
  const NARROW = 520;
  const EXPORT_WIDTH = 800;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();
  let isPrinting = false;

  /* ---- numbers in words, exactly as the page's own words say them ---- */

  // What halves a decimal number in binary would round down by a hair, people round up.
  const UP = 1 + 1e-12;
  const style = (options) => new Intl.NumberFormat("en-GB", options);
  const fixed = (places) =>
    style({ minimumFractionDigits: places, maximumFractionDigits: places });

  function inWords(value, unit) {
    const up = value * UP;
    let words;
    if (unit === "proportion") words = fixed(1).format(up * 100) + "%";
    else if (unit === "count") words = fixed(0).format(up);
    else if (unit === "score" || unit === "slope_pp") words = fixed(1).format(up);
    else if (!unit) words = style({ maximumFractionDigits: 6 }).format(value);
    else if (value === 0) words = "0";
    else {
      const digits = Math.floor(Math.log10(Math.abs(up)));
      words = fixed(Math.max(0, 1 - digits)).format(up);
    }
    return words.replace("-", "\u2212");
  }

  /* ---- what a figure is made of ---- */

  function once(make) {
    let made;
    return () => (made = made || make());
  }

  const tools = once(() =>
    Promise.all(
      ["vega.js", "figures.js"].map((name) => doingWith.load(new URL(name, beside).href)),
    ),
  );

  async function dataOf(figure) {
    if (!doingWith.rowsOf(figure.id)) await doingWith.load(figure.dataset.rows);
    const data = doingWith.rowsOf(figure.id);
    if (!data) throw new Error("its numbers are not in " + figure.dataset.rows);
    return data;
  }

  function shownColumns(data) {
    return data.columns
      .map(([name, label], place) => ({ name, label, place }))
      .filter((column) => column.label);
  }

  function cellWords(data, row, column) {
    const value = row[column.place];
    const settings = data.settings || {};
    if (value === null || value === undefined) {
      const state = data.columns.findIndex(([name]) => name === "state");
      const value_at = data.columns.findIndex(([name]) => name === "value");
      if (state >= 0 && value_at >= 0 && row[value_at] === null) return row[state];
      return (settings.missing || {})[column.name] || "not given";
    }
    if (typeof value !== "number") return String(value);
    let unit = (settings.units || {})[column.name];
    if (unit === "by row") unit = row[data.columns.findIndex(([name]) => name === "unit")];
    return inWords(value, unit);
  }

  function title(figure) {
    const caption = figure.querySelector("figcaption");
    const heading = figure.querySelector("figcaption :is(h2, h3, h4, h5, h6, .figure-title)");
    return (heading || caption || figure).textContent.trim();
  }

  const isMadeUp = () => document.documentElement.dataset.madeUp === "yes";

  /* ---- the drawing ---- */

  const lookNow = () => (dark.matches && !isPrinting ? "dark" : "light");

  function filled(figure, data, look, width, isNarrow) {
    const drawing = doingWith.specs[figure.dataset.figure];
    if (!drawing) throw new Error("there is no drawing called " + figure.dataset.figure);
    const meta = drawing.usermeta || {};
    const values = { ...doingWith.looks[look], ...data.settings, narrow: isNarrow };
    const names = data.columns.map(([name]) => name);
    const rows = data.rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
    const spec = { ...drawing, config: doingWith.config, datasets: { rows } };
    if (meta.line) spec.height = data.settings.lines * meta.line[isNarrow ? 1 : 0];
    if (meta.aspect) {
      const share = data.settings.aspect || meta.aspect[0];
      spec.height = Math.min(Math.round(width * share), meta.aspect[1]);
    }
    spec.params = (drawing.params || []).map((param) =>
      param.name in values ? { ...param, value: values[param.name] } : param,
    );
    return spec;
  }

  function embed(element, spec, look) {
    return window.vegaEmbed(element, spec, {
      mode: "vega-lite",
      renderer: "svg",
      actions: false,
      defaultStyle: false,
      tooltip: { theme: look === "dark" ? "dark" : "light" },
    });
  }

  function name(svg, figure, words) {
    const id = figure.id + "-name";
    svg.querySelectorAll("title").forEach((old) => old.remove());
    const element = document.createElementNS(SVG, "title");
    element.id = id;
    element.textContent = words;
    svg.prepend(element);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-labelledby", id);
    silence(svg);
  }

  // A picture is one image with one name: parts that call themselves images would need names too.
  function silence(svg) {
    for (const part of svg.querySelectorAll("[role], [aria-roledescription]")) {
      part.removeAttribute("role");
      part.removeAttribute("aria-roledescription");
    }
  }

  function captionId(figure) {
    const caption = figure.querySelector("figcaption");
    if (caption && !caption.id) caption.id = figure.id + "-caption";
    return caption ? caption.id : null;
  }

  function leastWidth(data, box) {
    const settings = data.settings || {};
    return (box.clientWidth < NARROW && settings.least_narrow_width) || settings.least_width || 0;
  }

  function placeFor(figure, data) {
    const box = figure.querySelector(".figure-drawing");
    let place = box.querySelector(".figure-picture");
    if (!place) {
      place = document.createElement("div");
      place.className = "figure-picture";
      place.style.width = "100%";
      box.replaceChildren(place);
    }
    const least = leastWidth(data, box);
    if (least) {
      // A wide picture scrolls in its own box, by keyboard too; the page never does.
      place.style.minWidth = least + "px";
      box.style.overflowX = "auto";
      box.tabIndex = 0;
      box.setAttribute("role", "region");
      if (captionId(figure)) box.setAttribute("aria-labelledby", captionId(figure));
    }
    return place;
  }

  // What an XmR chart means, as an icon with its words; the words alone are in the text as well.
  function showIcons(figure, data, look) {
    figure.querySelectorAll(".figure-icons").forEach((old) => old.remove());
    const wanted = (data.settings || {}).icons || [];
    if (!wanted.length) return;
    const list = document.createElement("ul");
    list.className = "figure-icons";
    list.style.cssText = "list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.5rem 1.5rem";
    for (const key of wanted) {
      const icon = doingWith.icons[key];
      const item = document.createElement("li");
      item.style.cssText = "display:flex;align-items:center;gap:.5rem;margin:0";
      const svg = document.createElementNS(SVG, "svg");
      const set = { viewBox: "0 0 48 48", width: 40, height: 40, "aria-hidden": "true" };
      Object.entries(set).forEach(([name, value]) => svg.setAttribute(name, value));
      for (const path of [icon.ring, icon.line]) {
        const part = document.createElementNS(SVG, "path");
        const how = {
          d: path, fill: "none", stroke: doingWith.looks[look][icon.colour],
          "stroke-width": 4, "stroke-linecap": "round", "stroke-linejoin": "round",
        };
        Object.entries(how).forEach(([name, value]) => part.setAttribute(name, value));
        svg.append(part);
      }
      item.append(svg, icon.words);
      list.append(item);
    }
    figure.querySelector(".figure-drawing").before(list);
  }

  // Colours are signals of a drawing, so a look is put on without drawing anew; at once, too,
  // because a printer does not wait.
  function putOn(figure, state, look) {
    const colours = doingWith.looks[look];
    const { params } = doingWith.specs[figure.dataset.figure];
    for (const param of params.filter((one) => one.name in colours)) {
      state.made.view.signal(param.name, colours[param.name]);
    }
    state.made.view.run();
    silence(figure.querySelector(".figure-drawing svg"));
    state.look = look;
    showIcons(figure, state.data, look);
    figure.dataset.drawn = look;
  }

  function putOnLooks() {
    for (const [figure, state] of drawn) {
      if (state.made && state.look !== lookNow()) putOn(figure, state, lookNow());
    }
  }

  async function draw(figure) {
    const box = figure.querySelector(".figure-drawing");
    const state = drawn.get(figure) || { turn: 0 };
    drawn.set(figure, state);
    const turn = (state.turn += 1);
    try {
      if (!state.data) {
        state.data = await dataOf(figure);
        await tools();
      }
      if (turn !== state.turn) return;
      const place = placeFor(figure, state.data);
      const look = lookNow();
      const width = place.clientWidth || EXPORT_WIDTH;
      const isNarrow = box.clientWidth > 0 && box.clientWidth < NARROW;
      const made = await embed(place, filled(figure, state.data, look, width, isNarrow), look);
      if (turn !== state.turn) {
        made.finalize();
        return;
      }
      if (state.made) state.made.finalize();
      Object.assign(state, { made, look, width });
      name(place.querySelector("svg"), figure, title(figure));
      showIcons(figure, state.data, look);
      figure.dataset.drawn = look;
      putOnLooks();
      watcher.observe(box);
    } catch (error) {
      drawn.delete(figure);
      say(figure, error);
    }
  }

  function say(figure, error) {
    const words = document.createElement("p");
    words.className = "figure-failed";
    words.setAttribute("role", "status");
    words.textContent =
      "This picture could not be drawn (" + error.message + "). " +
      "What it shows is said in the text beside it, and its numbers are in the table below.";
    figure.querySelector(".figure-drawing").replaceChildren(words);
    figure.dataset.drawn = "failed";
    window.console.error(figure.id, error);
  }

  // A drawing follows its box, once the box has come to rest.
  const watcher = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const figure = target.closest("figure");
      const state = drawn.get(figure);
      if (!state || !state.made || !contentRect.width) continue;
      const least = leastWidth(state.data, target);
      if (Math.abs(Math.max(contentRect.width, least) - state.width) > 1) {
        window.clearTimeout(state.waiting);
        state.waiting = window.setTimeout(() => draw(figure), 120);
      }
    }
  });

  /* ---- the table behind the toggle ---- */

  function cell(kind, words, scope) {
    const element = document.createElement(kind);
    element.textContent = words;
    if (scope) element.scope = scope;
    return element;
  }

  function tableOf(figure, data) {
    const table = document.createElement("table");
    const columns = shownColumns(data);
    table.createCaption().textContent = title(figure);
    const head = table.createTHead().insertRow();
    columns.forEach((column) => head.append(cell("th", column.label, "col")));
    const body = table.createTBody();
    for (const row of data.rows) {
      const line = body.insertRow();
      columns.forEach((column, place) => {
        const words = cellWords(data, row, column);
        const made = place === 0 ? cell("th", words, "row") : cell("td", words);
        if (typeof row[column.place] === "number") made.className = "number";
        line.append(made);
      });
    }
    return table;
  }

  async function fillTable(details) {
    if (details.querySelector("table")) return;
    const figure = details.closest("figure");
    let box = details.querySelector(".figure-table");
    if (!box) {
      box = document.createElement("div");
      box.className = "figure-table";
      details.append(box);
    }
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "Numbers of: " + title(figure));
    try {
      box.replaceChildren(tableOf(figure, await dataOf(figure)));
    } catch (error) {
      const words = "The numbers could not be read: " + error.message + ".";
      box.replaceChildren(cell("p", words));
    }
  }

  /* ---- downloads ---- */

  function csvCell(value) {
    // A spreadsheet would run a text that begins like a formula.
    let words = value === null || value === undefined ? "" : String(value);
    if (typeof value === "string" && /^[=+\-@\t\r]/.test(words)) words = "'" + words;
    return /[",\r\n]/.test(words) ? '"' + words.replaceAll('"', '""') + '"' : words;
  }

  function csvOf(data) {
    const columns = shownColumns(data);
    const note = isMadeUp() ? [["Data", "made-up data: not for any use"]] : [];
    const lines = [
      [...columns.map((column) => column.label), ...note.map(([label]) => label)],
      ...data.rows.map((row) => [
        ...columns.map((column) => row[column.place]),
        ...note.map(([, words]) => words),
      ]),
    ];
    return lines.map((line) => line.map(csvCell).join(",")).join("\r\n") + "\r\n";
  }

  async function svgOf(figure) {
    await tools();
    const data = await dataOf(figure);
    const least = (data.settings || {}).least_width || 0;
    const width = Math.max(EXPORT_WIDTH, least);
    const spec = filled(figure, data, "light", width, false);
    const words = title(figure) + (isMadeUp() ? ". Made-up data: not for any use" : "");
    const under = spec.title ? data.settings.unit_words : "";
    Object.assign(spec, {
      width,
      autosize: { type: "pad", contains: "padding" },
      background: doingWith.looks.light.paper,
      padding: 16,
      title: { text: words, fontSize: 16, fontWeight: "bold", anchor: "start", frame: "bounds" },
    });
    if (under) Object.assign(spec.title, { subtitle: under, subtitleFontSize: 13, subtitleColor: { expr: "ink" } });
    const made = await embed(document.createElement("div"), spec, "light");
    const svg = new DOMParser().parseFromString(await made.view.toSVG(), "image/svg+xml");
    made.finalize();
    name(svg.documentElement, figure, words);
    return new XMLSerializer().serializeToString(svg);
  }

  function fileName(figure, ending) {
    const page = decodeURIComponent(location.pathname.split("/").pop() || "index");
    const parts = [isMadeUp() ? "made-up" : "", page.replace(/\.html$/, ""), figure.id];
    const stem = parts.filter(Boolean).join("-");
    return stem.replace(/[^A-Za-z0-9._-]+/g, "-") + "." + ending;
  }

  function save(words, type, called) {
    const address = URL.createObjectURL(new Blob([words], { type }));
    const link = document.createElement("a");
    link.href = address;
    link.download = called;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(address), 60000);
  }

  async function download(figure, kind) {
    try {
      if (kind === "csv") {
        // The mark in front tells spreadsheets that the text is UTF-8.
        save("\ufeff" + csvOf(await dataOf(figure)), "text/csv;charset=utf-8",
          fileName(figure, "csv"));
      } else {
        save(await svgOf(figure), "image/svg+xml", fileName(figure, "svg"));
      }
    } catch (error) {
      say(figure, error);
    }
  }

  function offerDownloads(figure) {
    const place = figure.querySelector(".figure-downloads");
    if (!place || place.querySelector("[data-download]")) return;
    const kinds = [["csv", "Numbers (CSV)"], ["svg", "Picture (SVG)"]];
    place.replaceChildren(
      ...kinds.map(([kind, words]) => {
        const button = document.createElement("button");
        const of = document.createElement("span");
        button.type = "button";
        button.className = "figure-download";
        button.dataset.download = kind;
        button.textContent = "Download: " + words;
        of.className = "nhsuk-u-visually-hidden";
        of.textContent = " of " + title(figure);
        button.append(of);
        return button;
      }),
    );
  }

  /* ---- when ---- */

  function begin() {
    const figures = [...document.querySelectorAll("figure[data-figure]")];
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries.filter((one) => one.isIntersecting)) {
          seen.unobserve(entry.target);
          if (!drawn.has(entry.target)) draw(entry.target);
        }
      },
      { rootMargin: "200px" },
    );
    for (const figure of figures) {
      offerDownloads(figure);
      seen.observe(figure);
      figure.querySelectorAll("details").forEach((details) => {
        details.addEventListener("toggle", () => details.open && fillTable(details));
        if (details.open) fillTable(details);
      });
    }
    document.addEventListener("click", (event) => {
      const button = event.target.closest("figure[data-figure] [data-download]");
      if (!button) return;
      event.preventDefault();
      download(button.closest("figure"), button.dataset.download);
    });

    dark.addEventListener("change", putOnLooks);
    // A printer does not wait for scripts to load, so what is out of sight is drawn when idle.
    const idle = window.requestIdleCallback || ((work) => window.setTimeout(work, 200));
    const drawNext = () => {
      const next = figures.find((figure) => !drawn.has(figure) && !figure.dataset.drawn);
      if (next) draw(next).then(() => idle(drawNext));
    };
    window.addEventListener("load", () => window.setTimeout(() => idle(drawNext), 500));
    const print = (on) => () => {
      isPrinting = on;
      putOnLooks();
    };
    window.addEventListener("beforeprint", print(true));
    window.addEventListener("afterprint", print(false));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();

  doingWith.inWords = inWords;
  doingWith.drawFigure = draw;
})();
