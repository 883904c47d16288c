// The live page: frames to figures, verdict, chart and steps; the table on a clock of its own.

import { Chart } from "./chart.js";
import { clock, count, megabytes, say, size, time } from "./figures.js";
import { Flows } from "./flows.js";
import { watch } from "./live.js";

const WORST = 5;
const GOOD = ["HEALTHY", "PLATEAU"];
const BAD = ["LEAK-SUSPECT"];

const chart = new Chart(document.getElementById("chart"));
const flows = new Flows();
let kinds = [];
let stepNames = [];
let started = 0;
let live = false;
let pauseMillis = 1000;

const sampleOf = ([at, rss, charge, , , rows, steps]) => ({ t: at / 1000, rss, charge, rows, steps });

async function open() {
  const response = await fetch("live/history", { cache: "no-store" });
  if (!response.ok) throw new Error("no history");
  const history = await response.json();
  kinds = history.kinds;
  stepNames = history.steps;
  chart.names(kinds, stepNames);
  chart.replace(history.samples.map(sampleOf));
}

function state(name, words) {
  const element = document.getElementById("connection");
  if (element.dataset.state !== name) element.dataset.state = name;
  say("connection", words);
  const was = live;
  live = name === "live";
  document.body.toggleAttribute("data-stale", !live);
  if (live && !was) table();
}

function frame(f) {
  if (started && started !== f.started_ms) chart.replace([]);
  started = f.started_ms;
  pauseMillis = f.flows_pause_ms;
  flows.allow(f.write);
  figures(f);
  verdict(f);
  chart.add({ t: f.at_ms / 1000, rss: f.rss_bytes, charge: f.charge_bytes, rows: f.rows, steps: f.steps }, f.memory_bytes);
  rows(f);
  steps(f);
}

function figures(f) {
  say("figure-rss", megabytes(f.rss_bytes) + " MB");
  say("figure-charge", megabytes(f.charge_bytes) + " MB");
  say("figure-memory", megabytes(f.memory_bytes) + " MB");
  say("figure-leased", `${megabytes(f.leased_bytes)} / ${count(f.budget_bytes / 1e6)} MB`);
  say("figure-flows", count(f.flows));
  say("figure-rate", size(f.moved_bytes_per_second) + "/s");
  say("figure-moved", size(f.moved_bytes));
  document.title = `${megabytes(f.rss_bytes)} MB · ${count(f.flows)} flows · Weir`;
}

function verdict(f) {
  if (!f.verdict) {
    say("verdict-sentence", f.obstacle ? `cannot look: ${f.obstacle}` : "looking for the first time");
    return;
  }
  const word = document.getElementById("verdict-word");
  word.dataset.class = GOOD.includes(f.verdict.word) ? "good" : BAD.includes(f.verdict.word) ? "bad" : "watch";
  say("verdict-word", f.verdict.word);
  say("verdict-sentence", f.verdict.sentence);
  say("verdict-age", `Looked ${time(f.verdict.age_ms)} ago.`);
}

function rows(f) {
  say("chart-words", `Charge ${megabytes(f.charge_bytes)} MB and RSS ${megabytes(f.rss_bytes)} MB of ${megabytes(f.memory_bytes)} MB; the rows are in the table below.`);
  if (!document.getElementById("rows-details").open) return;
  const lines = f.rows
    .map((bytes, i) => [kinds[i], bytes])
    .filter(([, bytes]) => bytes !== 0)
    .sort((a, b) => b[1] - a[1])
    .map(([name, bytes]) => line(name, megabytes(bytes), ((bytes / f.charge_bytes) * 100).toFixed(1)));
  lines.push(line("charge", megabytes(f.charge_bytes), "100.0"));
  document.querySelector("#rows tbody").replaceChildren(...lines);
}

function line(...cells) {
  const tr = document.createElement("tr");
  cells.forEach((text, i) => {
    const cell = document.createElement(i ? "td" : "th");
    if (i) cell.className = "n";
    else cell.scope = "row";
    cell.textContent = text;
    tr.append(cell);
  });
  return tr;
}

/** A step that is taken second after second is one line. */
function runs(events) {
  const found = [];
  for (const { t, rose, goesOn } of events) {
    if (goesOn) {
      const run = found.at(-1);
      run.to = t;
      run.rose = run.rose.map(([name, by], i) => [name, by + rose[i][1]]);
    } else found.push({ from: t, to: t, rose });
  }
  return found;
}

function steps(f) {
  const list = document.getElementById("steps");
  if (list.children.length !== stepNames.length) {
    list.replaceChildren(...stepNames.map(() => document.createElement("li")));
  }
  stepNames.forEach((name, i) => {
    const text = `${name}: ${count(f.steps[i])}`;
    if (list.children[i].textContent !== text) list.children[i].textContent = text;
  });
  const events = runs(chart.events()).reverse().map((run) => {
    const li = document.createElement("li");
    const to = run.to > run.from ? "–" + clock(run.to * 1000) : "";
    li.textContent = `${clock(run.from * 1000)}${to} ${run.rose.map(([name, by]) => `${name} ${count(by)} times`).join(", ")}`;
    return li;
  });
  const shown = document.getElementById("events");
  if (shown.children.length !== events.length || shown.firstChild?.textContent !== events[0]?.textContent) {
    shown.replaceChildren(...events);
  }
}

function worst() {
  const items = flows.worst(WORST).map((r) => {
    const li = document.createElement("li");
    li.textContent = `${r.peer} ${r.method} ${r.route}: holds ${size(r.held_bytes + r.user_bytes)} of a lease of ${size(r.lease_bytes)}, ${r.rate == null ? "" : size(r.rate) + "/s, "}for ${time(r.age_ms)}`;
    return li;
  });
  if (!items.length) {
    const li = document.createElement("li");
    li.textContent = "none: no client holds anything up";
    items.push(li);
  }
  document.getElementById("worst").replaceChildren(...items);
}

let timer = 0;
async function table() {
  clearTimeout(timer);
  if (!live || document.hidden) return;
  try {
    if (await flows.fetch()) worst();
  } catch {
    // The event stream tells of a lost connection.
  }
  timer = setTimeout(table, pauseMillis);
}
document.addEventListener("visibilitychange", table);

watch({ onFrame: frame, onState: state, onOpen: open });
