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
  var doingWith = (window.doingWith = {
    version: version,
    site: site,
    data: {},
    specs: {},

    /* Called by data scripts: rows by the key of their figure. */
    rows: function (byKey) {
      Object.keys(byKey).forEach(function (key) { doingWith.data[key] = byKey[key]; });
    },

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
})();
