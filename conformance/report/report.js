"use strict";
(() => {
  const form = document.getElementById("filters");
  const rows = [...document.querySelectorAll("tr[data-outcome]")];
  const texts = new Map();

  // Underscores are spaces on this page; people may type either.
  const spaced = (text) => text.toLowerCase().replaceAll("_", " ").replace(/\s+/g, " ").trim();

  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, spaced(row.textContent));
    return texts.get(row);
  };

  const isWanted = (row, outcome, level, text) => {
    const is = row.dataset.outcome;
    const fits = outcome.startsWith("!") ? is !== outcome.slice(1) : outcome === "" || is === outcome;
    return fits && (level === "" || row.dataset.level === level) && (text === "" || textOf(row).includes(text));
  };

  const filter = () => {
    const { outcome, level, text, shown } = form.elements;
    const wanted = spaced(text.value);
    for (const row of rows) row.hidden = !isWanted(row, outcome.value, level.value, wanted);
    for (const area of document.querySelectorAll(".area")) {
      area.hidden = !area.querySelector("tr[data-outcome]:not([hidden])");
    }
    const count = rows.filter((row) => !row.hidden).length;
    shown.value = `${count} of ${rows.length} shown`;
  };

  // A link to a requirement shows it, whatever the filters say, and opens it.
  const reveal = (hash) => {
    const row = rows.find((each) => `#${each.id}` === hash);
    if (!row) return;
    if (row.hidden) {
      form.reset();
      filter();
    }
    row.querySelector("details").open = true;
    row.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("click", (event) => {
    const open = event.target.dataset.open;
    if (open === undefined) return;
    for (const row of rows) if (!row.hidden) row.querySelector("details").open = open === "true";
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link) setTimeout(() => reveal(link.hash));
  });
  window.addEventListener("hashchange", () => reveal(location.hash));
  filter();
  reveal(location.hash);
})();
