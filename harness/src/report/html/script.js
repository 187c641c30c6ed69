"use strict";
// Filters and searches the table of rules of each plugin. Without scripts all rules are shown.
for (const form of document.querySelectorAll("form.filters")) {
  const rows = form.parentElement.querySelectorAll("table.rules tr");
  const filter = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = form.elements.group.value;
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !form.elements[row.dataset.verdict].checked
        || (group !== "" && row.dataset.group !== group)
        || !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    form.querySelector("output").value = `${shown} of ${rows.length} rules`;
  };
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
}
