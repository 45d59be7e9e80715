"use strict";
(() => {
  const missing = "–";

  // A cell's text as a number, or null: thousands separators and the true minus sign are ours.
  function number(text) {
    const plain = text.replace(/,/g, "").replace("−", "-");
    return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
  }

  function compare(a, b, numeric) {
    const [x, y] = numeric ? [number(a), number(b)] : [null, null];
    return x !== null && y !== null ? x - y : a.localeCompare(b, "en", { numeric: true });
  }

  // A name as a table holds it (own_tables.py): a spreadsheet must not take it for a formula.
  function asText(name) {
    const text = /^'*[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]./s.test(name) ? `'${name}` : name;
    return /["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  function asCell(cell, numeric) {
    if (cell === missing) return "";
    return numeric && number(cell) !== null ? String(number(cell)) : asText(cell);
  }

  function makeTable(box) {
    const body = box.querySelector("tbody");
    const heads = [...box.querySelectorAll("thead th")];
    const rows = [...body.rows].map((row) => {
      const cells = [...row.cells].map((cell) => cell.textContent.trim());
      heads.forEach((head, column) => row.cells[column].classList.toggle("n", head.classList.contains("n")));
      return { row, cells, text: cells.join("\t").toLowerCase() };
    });
    const size = Number(box.dataset.page) || Infinity;
    const search = box.querySelector("input[type=search]");
    let start = 0;
    let found = rows;

    function show() {
      body.replaceChildren(...found.slice(start, start + size).map((entry) => entry.row));
      const count = box.querySelector(".count");
      if (!count) return;
      const end = Math.min(start + size, found.length);
      count.textContent = found.length
        ? `${start + 1}–${end} of ${found.length.toLocaleString("en")} ${box.dataset.what}`
        : `no ${box.dataset.what} match`;
      box.querySelector(".back").disabled = start === 0;
      box.querySelector(".next").disabled = end >= found.length;
    }

    function filter() {
      const wanted = search ? search.value.trim().toLowerCase() : "";
      found = rows.filter((entry) => entry.text.includes(wanted));
      start = 0;
      show();
    }

    function sort(column) {
      const head = heads[column];
      const first = head.classList.contains("n") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      rows.sort((a, b) => {
        const [x, y] = [a.cells[column], b.cells[column]];
        if (x === missing || y === missing) return (x === missing) - (y === missing);
        return sign * compare(x, y, head.classList.contains("n"));
      });
      filter();
    }

    function save(event) {
      const numeric = heads.map((head) => head.classList.contains("n"));
      const titles = heads.map((head) => asText(head.textContent.trim()));
      const lines = found.map((entry) => entry.cells.map((cell, column) => asCell(cell, numeric[column])));
      const text = [titles, ...lines].map((line) => line.join("\t"));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text.join("\n") + "\n"], { type: "text/tab-separated-values" }));
      link.download = event.currentTarget.dataset.file;
      link.click();
      URL.revokeObjectURL(link.href);
    }

    heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => sort(column)));
    search?.addEventListener("input", filter);
    box.querySelector(".save").addEventListener("click", save);
    box.querySelector(".back")?.addEventListener("click", () => { start -= size; show(); });
    box.querySelector(".next")?.addEventListener("click", () => { start += size; show(); });
    show();
  }

  function draw(place) {
    const { data, layout } = JSON.parse(document.getElementById(place.id.replace("figure-", "data-")).textContent);
    const narrow = place.clientWidth < 480;
    if (narrow) {
      // A finger that drags is scrolling, not zooming; and labels need the room.
      layout.dragmode = false;
      layout.font.size = 11;
    }
    if (place.closest(".square")) {
      layout.height = Math.min(layout.height, Math.round(place.clientWidth * 0.95));
      place.style.minHeight = `${layout.height}px`;
    }
    return Plotly.newPlot(place, data, layout, { responsive: true, displayModeBar: false });
  }

  function picture(event) {
    const place = event.currentTarget.closest(".drawing").querySelector(".plot");
    const size = { width: place.clientWidth, height: place.clientHeight, scale: 3 };
    Plotly.downloadImage(place, { format: "png", filename: place.id, ...size });
  }

  function copy(event) {
    const button = event.currentTarget;
    const text = button.closest(".code").querySelector("code").textContent;
    navigator.clipboard.writeText(text).then(() => { button.textContent = "Copied"; });
  }

  document.querySelectorAll(".card.table").forEach(makeTable);
  document.querySelectorAll(".copy").forEach((button) => button.addEventListener("click", copy));
  document.querySelectorAll(".picture").forEach((button) => button.addEventListener("click", picture));
  Promise.all([...document.querySelectorAll(".plot")].map(draw)).then(() => {
    document.documentElement.dataset.ready = "yes";
  });
})();
