// Charge over time, stacked by row of the ledger; RSS and the memory that is the limit as lines;
// the steps that were taken as marks. Drawn by uPlot on a canvas.

import { megabytes } from "./figures.js";

const SECONDS = 300;
const STACKED = 7; // and the rest: more colours cannot be told apart
const REST = "other rows";

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export class Chart {
  constructor(element) {
    this.element = element;
    this.samples = [];
    this.kinds = [];
    this.stepNames = [];
    this.plot = null;
    this.shown = [];
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
    new ResizeObserver(() => this.plot?.setSize(this.size())).observe(element);
  }

  names(kinds, stepNames) {
    this.kinds = kinds;
    this.stepNames = stepNames;
  }

  /** samples: {t (s), rss, charge, rows, steps}; a gap of more than 5 s is drawn as one. */
  replace(samples) {
    this.samples = samples;
    this.shown = [];
    this.draw();
  }

  add(sample, memory) {
    const drawn = this.memory === memory;
    this.memory = memory;
    if (!this.samples.length || sample.t > this.samples.at(-1).t) {
      this.samples.push(sample);
      while (this.samples[0].t < sample.t - SECONDS) this.samples.shift();
    } else if (drawn) return; // the history had it, and the limit is there
    this.draw();
  }

  /** The largest rows of now, in an order that does not change while they are the same. */
  choose() {
    const last = this.samples.at(-1)?.rows ?? [];
    const largest = last
      .map((bytes, kind) => ({ bytes, kind }))
      .filter((row) => row.bytes > 0 && this.kinds[row.kind] !== "unaccounted")
      .sort((a, b) => b.bytes - a.bytes)
      .slice(0, STACKED)
      .map((row) => row.kind);
    const same = largest.length === this.shown.length && largest.every((k) => this.shown.includes(k));
    if (!same) {
      this.shown = largest;
      this.plot?.destroy();
      this.plot = null;
    }
  }

  data() {
    const times = [];
    const columns = this.shown.map(() => []);
    const rest = [], rss = [], limit = [];
    let before = 0;
    for (const s of this.samples) {
      if (before && s.t - before > 5) {
        times.push(before + 1);
        [...columns, rest, rss, limit].forEach((c) => c.push(null));
      }
      before = s.t;
      times.push(s.t);
      let sum = 0;
      this.shown.forEach((kind, i) => columns[i].push((sum += Math.max(0, s.rows[kind])) / 1e6));
      rest.push(Math.max(sum, s.charge) / 1e6);
      rss.push(s.rss / 1e6);
      limit.push(this.memory ? this.memory / 1e6 : null);
    }
    // The highest of the stack first, so that the lower ones are painted over it.
    return [times, rest, ...columns.reverse(), rss, limit];
  }

  draw() {
    if (!this.samples.length || !this.kinds.length) return;
    this.choose();
    const data = this.data();
    if (this.plot) this.plot.setData(data, true);
    else this.plot = new uPlot(this.options(), data, this.element);
  }

  rebuild() {
    this.plot?.destroy();
    this.plot = null;
    this.draw();
  }

  size() {
    const width = Math.max(260, this.element.clientWidth);
    return { width, height: width < 600 ? 240 : 320 };
  }

  options() {
    const text = css("--soft"), line = css("--line");
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const value = (index) => (u, v, s, at) => this.bytesAt(index, at);
    const area = (name, color, index) => ({
      label: name, stroke: color, fill: color, width: 1, points: { show: false }, value: value(index),
    });
    const rows = this.shown.map((kind, i) => area(this.kinds[kind], css("--r" + i), kind));
    const plain = (name) => (u, v, s, at) => this.lineAt(name, at);
    return {
      ...this.size(),
      series: [
        { label: "time", value: "{HH}:{mm}:{ss}" },
        area(REST, css("--r7"), -1),
        ...rows.reverse(),
        { label: "RSS", stroke: css("--rss"), width: 2, dash: [6, 3], points: { show: false }, value: plain("rss") },
        { label: "--memory", stroke: css("--budget"), width: 2, points: { show: false }, value: plain("memory") },
      ],
      axes: [
        { ...axis, values: [[60, "{HH}:{mm}", null, null, null, null, null, null, 1], [1, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1]], space: 80 },
        { ...axis, size: 60, values: (u, ticks) => ticks.map((v) => v + " MB") },
      ],
      scales: {
        x: { range: (u, from, to) => [Math.max(from ?? 0, (to ?? 0) - SECONDS), Math.max(to ?? 0, (from ?? 0) + 30)] },
        y: { range: (u, from, to) => [0, to * 1.15 || 1] },
      },
      cursor: { drag: { x: false, y: false } },
      hooks: { draw: [(u) => this.marks(u)] },
    };
  }

  /** The sample at a place of the data, the last one without a place. */
  sampleAt(at) {
    // Where a gap was put in, places in data and samples differ: the time says which sample it is.
    const t = at == null ? null : this.plot?.data[0][at];
    return t == null ? this.samples.at(-1) : this.samples.find((s) => s.t === t);
  }

  lineAt(name, at) {
    const sample = this.sampleAt(at);
    if (!sample) return "–";
    return megabytes(name === "rss" ? sample.rss : this.memory ?? 0);
  }

  bytesAt(kind, at) {
    const sample = this.sampleAt(at);
    if (!sample) return "–";
    if (kind >= 0) return megabytes(sample.rows[kind]);
    return megabytes(sample.charge - this.shown.reduce((sum, k) => sum + Math.max(0, sample.rows[k]), 0));
  }

  marks(u) {
    const c = u.ctx;
    c.save();
    c.strokeStyle = c.fillStyle = css("--bad");
    c.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    c.textAlign = "left"; // the axes leave another one
    c.textBaseline = "top";
    let free = -1;
    for (const mark of this.events()) {
      const { words, goesOn } = mark;
      const x = u.valToPos(mark.t, "x", true);
      if (x < u.bbox.left) continue;
      c.globalAlpha = 0.5;
      // A step that is taken second after second must not cover the chart.
      c.fillRect(x, u.bbox.top, devicePixelRatio, goesOn ? 4 * devicePixelRatio : u.bbox.height);
      c.globalAlpha = 1;
      if (!goesOn && x > free) {
        const width = c.measureText(words).width;
        const left = Math.min(x + 3, u.bbox.left + u.bbox.width - width);
        c.fillText(words, left, u.bbox.top + 5 * devicePixelRatio);
        free = left + width + 8;
      }
    }
    c.restore();
  }

  /** The seconds in which a count of steps rose, the oldest first; goesOn: as in the second before. */
  events() {
    const events = [];
    for (let i = 1; i < this.samples.length; i++) {
      const rose = [];
      this.samples[i].steps.forEach((n, step) => {
        const by = n - (this.samples[i - 1].steps[step] ?? 0);
        if (by > 0) rose.push([this.stepNames[step], by]);
      });
      if (!rose.length) continue;
      const t = this.samples[i].t, words = rose.map((r) => r[0]).join(", "), before = events.at(-1);
      events.push({ t, words, rose, goesOn: Boolean(before) && t - before.t < 2 && words === before.words });
    }
    return events;
  }
}
