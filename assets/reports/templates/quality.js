(() => {
  const words = document.getElementById("words");
  const outcome = document.getElementById("outcome");
  const severity = document.getElementById("severity");
  const said = document.getElementById("said");
  const tables = [...document.querySelectorAll("details.table")];
  const before = new Map(tables.map(table => [table, table.open]));
  const look = () => {
    const wanted = words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const asked = wanted.length || outcome.value || severity.value;
    let shown = 0;
    for (const table of tables) {
      let here = 0;
      for (const rule of table.querySelectorAll(".rule")) {
        const text = rule.dataset.text ??= (table.dataset.name + " " + rule.textContent).toLowerCase();
        const fits = wanted.every(word => text.includes(word))
          && (!outcome.value || rule.classList.contains(outcome.value))
          && (!severity.value || rule.dataset.severity === severity.value);
        rule.hidden = !fits;
        here += fits;
      }
      table.hidden = !here;
      table.open = asked ? here > 0 && shown < 200 : before.get(table);
      shown += here;
    }
    for (const suite of document.querySelectorAll("section.suite")) {
      suite.hidden = !suite.querySelector("details.table:not([hidden])");
    }
    said.textContent = shown + (shown === 1 ? " rule" : " rules") + " shown";
  };
  document.getElementById("look").hidden = false;
  for (const field of [words, outcome, severity]) field.addEventListener("input", look);
})();
