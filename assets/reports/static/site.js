/* The site's own script: one release per session, search, scripts on demand, shared addresses.
   A classic script, because browsers refuse modules and fetch from disk. */
(function () {
  "use strict";
  var root = document.documentElement;
  var site = root.getAttribute("data-site") || "";

  /* current/ is a link that moves with the next release: go to where this release will stay. */
  var version = root.getAttribute("data-version");
  var path = window.location.pathname;
  if (path.indexOf("/current/report/") >= 0) {
    window.location.replace(
      path.replace("/current/report/", "/" + version + "/report/") +
        window.location.search + window.location.hash
    );
  }

  var scripts = {};
  var data = {};
  var doingWith = (window.doingWith = {
    version: version,
    site: site,
    specs: {},

    /* Called by data scripts (data_script.py packs them): unpacks rows by the key of their figure. */
    rows: function (packed) {
      var column = function (place) {
        var cells = packed.cells[place];
        if (Array.isArray(cells)) { return function (row) { return cells[row]; }; }
        if (cells.texts) { return function (row) { return packed.texts[cells.texts[row]]; }; }
        return function () { return cells.one; };
      };
      packed.groups.forEach(function (group) {
        Object.keys(group.figures).forEach(function (key) {
          var figure = group.figures[key];
          var columns = figure[2].map(column);
          var rows = [];
          for (var row = 0; row < figure[0]; row += 1) {
            rows.push(columns.map(function (cell) { return cell(row); }));
          }
          data[key] = {
            columns: group.columns,
            rows: rows,
            settings: Object.assign(
              {}, packed.settings[group.settings], packed.settings[figure[1]]
            )
          };
        });
      });
    },
    rowsOf: function (key) { return data[key]; },

    /* Loads a script once, given its address as the page has it. */
    load: function (address) {
      scripts[address] = scripts[address] || new Promise(function (resolve, reject) {
        var element = document.createElement("script");
        element.src = address;
        element.onload = function () { resolve(); };
        element.onerror = function () { reject(new Error(address + " cannot be read")); };
        document.head.appendChild(element);
      });
      return scripts[address];
    },

    /* What is chosen on a page stands in its address, so that a link shows the same. */
    chosen: function (name) {
      return new URLSearchParams(window.location.search).get(name);
    },
    choose: function (name, value) {
      var asked = new URLSearchParams(window.location.search);
      if (value) { asked.set(name, value); } else { asked.delete(name); }
      var text = asked.toString();
      window.history.replaceState(null, "", path + (text ? "?" + text : "") + window.location.hash);
    }
  });

  document.addEventListener("DOMContentLoaded", function () {
    /* Who says what is wrong should not have to say where. */
    var here = path.slice(new URL(site || "./", window.location.href).pathname.length) || "index.html";
    document.querySelectorAll("a[data-tell]").forEach(function (link) {
      link.href = link.getAttribute("href").replace("#", "?page=" + encodeURIComponent(here) + "#");
    });
    var from = document.getElementById("wrong-page");
    if (from && doingWith.chosen("page")) {
      from.querySelector("code").textContent = doingWith.chosen("page");
      from.hidden = false;
    }
    /* From an area's page to an indicator's: the area comes along in the address. */
    var area = document.querySelector("[data-area]");
    if (area) {
      document.querySelectorAll("table.lines th a").forEach(function (link) {
        var asked = new URLSearchParams({ area: area.dataset.area });
        if (area.dataset.table) { asked.set("in", area.dataset.table); }
        link.setAttribute("href", link.getAttribute("href") + "?" + asked + "#beside");
      });
    }
  });

  /* The search needs the list of all areas, so it is fetched when somebody wants to search. */
  document.addEventListener("DOMContentLoaded", function () {
    var box = document.querySelector("form.find input");
    var begin = function () { doingWith.load(site + "static/search.js"); };
    box.addEventListener("focus", begin, { once: true });
    var asked = doingWith.chosen("find");
    if (asked) {
      box.value = asked;
      box.focus();
    }
    document.addEventListener("keydown", function (event) {
      var typing = /^(input|select|textarea)$/i.test(event.target.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        box.focus();
      }
    });
  });
})();
