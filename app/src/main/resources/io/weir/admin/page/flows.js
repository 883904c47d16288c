// The table of flows. Of 10,000 rows only those in view are in the document: the space above and
// below them is one row each, as high as those that are left out. Its rows are keyed by id.

import { clock, count, say, size, time } from "./figures.js";

const ROW_PIXELS = 31;
const BEYOND = 8; // rows above and below the view

const COLUMNS = [
  { key: "peer", name: "Peer" },
  { key: "route", name: "Route", show: (r) => r.method + " " + r.route, text: (r) => r.route },
  { key: "bytes", name: "Bytes", show: (r) => size(r.bytes), number: true },
  { key: "rate", name: "Rate", show: (r) => (r.rate == null ? "–" : size(r.rate) + "/s"), number: true },
  { key: "lease_bytes", name: "Lease", show: (r) => size(r.lease_bytes), number: true },
  { key: "held_bytes", name: "In kernel", show: (r) => (r.held_bytes < 0 ? "–" : size(r.held_bytes)), number: true },
  { key: "user_bytes", name: "In user space", show: (r) => size(r.user_bytes), number: true },
  { key: "waits_for", name: "Waits for" },
  { key: "phase", name: "Phase", show: (r) => (r.status ? r.phase + " " + r.status : r.phase) },
  { key: "age_ms", name: "Age", show: (r) => time(r.age_ms), number: true },
];

export class Flows {
  constructor() {
    this.rows = [];
    this.view = [];
    this.before = new Map();
    this.sort = { key: "held_bytes", up: false };
    this.write = false;
    this.viewport = document.getElementById("viewport");
    this.body = document.getElementById("table-body");
    this.filter = document.getElementById("filter");
    this.top = spacer();
    this.bottom = spacer();
    this.pool = [];
    this.head();
    this.body.append(this.top, this.bottom);
    this.viewport.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.soon()).observe(this.viewport);
    this.filter.addEventListener("input", () => {
      this.viewport.scrollTop = 0;
      this.arrange();
    });
    this.viewport.addEventListener("keydown", (event) => this.keys(event));
  }

  allow(write) {
    if (this.write === write) return;
    this.write = write;
    this.head();
    this.pool.forEach((tr) => tr.remove());
    this.pool = [];
    this.render();
  }

  head() {
    const cells = COLUMNS.map((column) => {
      const th = document.createElement("th");
      th.scope = "col";
      th.className = column.number ? "n" : "";
      if (column.key === this.sort.key) th.ariaSort = this.sort.up ? "ascending" : "descending";
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = column.name;
      button.addEventListener("click", () => this.sortBy(column));
      th.append(button);
      return th;
    });
    if (this.write) {
      const th = document.createElement("th");
      th.scope = "col";
      th.textContent = "Close";
      cells.push(th);
    }
    document.getElementById("table-head").replaceChildren(...cells);
  }

  sortBy(column) {
    const again = this.sort.key === column.key;
    this.sort = { key: column.key, up: again ? !this.sort.up : !column.number };
    const at = COLUMNS.indexOf(column);
    this.head();
    document.getElementById("table-head").children[at].firstChild.focus();
    this.arrange();
  }

  /** Fetches all rows. The answer is a stream; a flow may be in it twice while others end. */
  async fetch() {
    const response = await fetch("flows?form=table", { cache: "no-store" });
    if (!response.ok) return false;
    const answer = await response.json();
    const now = performance.now();
    const found = new Map();
    for (const values of answer.rows) {
      const row = {};
      answer.columns.forEach((name, i) => (row[name] = values[i]));
      row.bytes = row.downloaded_bytes + row.uploaded_bytes;
      const old = this.before.get(row.id);
      row.at = now;
      row.rate = old && now > old.at ? ((row.bytes - old.bytes) * 1000) / (now - old.at) : null;
      row.words = `${row.peer} ${row.method} ${row.route} ${row.phase} ${row.waits_for}`.toLowerCase();
      found.set(row.id, row);
    }
    this.before = found;
    this.rows = [...found.values()];
    say("table-pace", `Of ${clock(Date.now())}.`);
    this.arrange();
    return true;
  }

  arrange() {
    const words = this.filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.view = words.length ? this.rows.filter((r) => words.every((w) => r.words.includes(w))) : [...this.rows];
    const { key, up } = this.sort;
    const sign = up ? 1 : -1;
    this.view.sort((a, b) => {
      const x = a[key] ?? -1, y = b[key] ?? -1;
      return x === y ? a.id - b.id : x < y ? -sign : sign;
    });
    const all = count(this.rows.length);
    say("count", words.length ? `${count(this.view.length)} of ${all} flows` : `${all} flows`);
    document.getElementById("table").ariaRowCount = String(this.view.length + 1);
    this.render();
  }

  /** The worst: what is held for clients that do not read. */
  worst(most) {
    return this.rows
      .filter((r) => r.waits_for === "client" && r.held_bytes + r.user_bytes > 0)
      .sort((a, b) => b.held_bytes + b.user_bytes - a.held_bytes - a.user_bytes)
      .slice(0, most);
  }

  soon() {
    if (!this.waiting) {
      this.waiting = requestAnimationFrame(() => {
        this.waiting = 0;
        this.render();
      });
    }
  }

  render() {
    const shown = Math.ceil(this.viewport.clientHeight / ROW_PIXELS) + 2 * BEYOND;
    const last = Math.max(0, this.view.length - shown);
    const first = Math.min(last, Math.max(0, Math.floor(this.viewport.scrollTop / ROW_PIXELS) - BEYOND));
    const rows = this.view.slice(first, first + shown);
    while (this.pool.length < rows.length) {
      const tr = this.makeRow();
      this.pool.push(tr);
      this.bottom.before(tr);
    }
    while (this.pool.length > rows.length) this.pool.pop().remove();
    rows.forEach((row, i) => this.fill(this.pool[i], row, first + i));
    height(this.top, first * ROW_PIXELS);
    height(this.bottom, (this.view.length - first - rows.length) * ROW_PIXELS);
  }

  makeRow() {
    const tr = document.createElement("tr");
    for (const column of COLUMNS) {
      const td = document.createElement("td");
      td.className = column.number ? "n" : column.key === "route" ? "route" : "";
      tr.append(td);
    }
    if (this.write) {
      const td = document.createElement("td");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = "close";
      button.addEventListener("click", () => this.close(Number(tr.dataset.id), button));
      td.append(button);
      tr.append(td);
    }
    return tr;
  }

  fill(tr, row, index) {
    if (tr.dataset.id !== String(row.id)) {
      tr.dataset.id = row.id;
      const button = tr.querySelector("button");
      if (button) {
        button.disabled = false;
        button.ariaLabel = `close flow ${row.id} of ${row.peer}`;
      }
    }
    tr.ariaRowIndex = String(index + 2);
    COLUMNS.forEach((column, i) => {
      const text = String(column.show ? column.show(row) : row[column.key]);
      const td = tr.children[i];
      if (td.textContent !== text) td.textContent = text;
      if (column.key === "route") td.title = text;
    });
  }

  async close(id, button) {
    button.disabled = true;
    let problem = "";
    try {
      const response = await fetch("flows/" + id, { method: "DELETE" });
      if (!response.ok) problem = (await response.text()).trim();
    } catch {
      problem = "Weir does not answer";
    }
    const notice = document.getElementById("notice");
    notice.hidden = !problem;
    button.disabled = !problem;
    notice.textContent = problem ? `Flow ${id} was not closed: ${problem}` : "";
    if (!problem) {
      this.rows = this.rows.filter((r) => r.id !== id);
      this.arrange();
      this.viewport.focus();
    }
  }

  keys(event) {
    if (event.target !== this.viewport) return;
    const page = this.viewport.clientHeight - 2 * ROW_PIXELS;
    const move = { ArrowDown: ROW_PIXELS, ArrowUp: -ROW_PIXELS, PageDown: page, PageUp: -page }[event.key];
    if (move) this.viewport.scrollTop += move;
    else if (event.key === "Home") this.viewport.scrollTop = 0;
    else if (event.key === "End") this.viewport.scrollTop = this.viewport.scrollHeight;
    else return;
    event.preventDefault();
  }
}

function spacer() {
  const tr = document.createElement("tr");
  tr.className = "space";
  tr.ariaHidden = "true";
  const td = document.createElement("td");
  td.colSpan = COLUMNS.length + 1;
  tr.append(td);
  return tr;
}

function height(tr, pixels) {
  tr.hidden = pixels <= 0;
  tr.firstChild.style.height = pixels + "px";
}
