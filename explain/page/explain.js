/* SPDX-License-Identifier: MIT */
/*
 * The page: data of the run (data/index.js calls explain_index), tabs, tables. The address after # says what is shown, so that
 * a view can be linked to: #blocks, #block=269, #graph, ... Code of blocks is in code.js, pictures are in graph.js.
 */
"use strict";

let index = null;                       /* what data/index.js gave */
const unit_by_number = new Map();
const detail = new Map();               /* code of units, as data/N.js gives it */
const chunks_wanted = new Map();        /* chunk -> functions to call when it is there */

/* ---- Building the document ---- */

function el(tag, attributes, ...children) {
  const svg = ["svg", "g", "rect", "path", "text", "title", "marker", "defs"].includes(tag);
  const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

function number(n) { return Number(n).toLocaleString("en"); }
function short(n) {
  const units = ["", "k", "M", "G", "T"];
  let u = 0;
  while (n >= 1000 && u < 4) { n /= 1000; u++; }
  return (u && n < 100 ? n.toFixed(1) : Math.round(n)) + units[u];
}
function heat(u) { return u.runs + u.turns; }
function expansion(u) { return u.bytes ? u.host / u.bytes : 0; }
function made_ns(u) { return u.front_ns + u.optimise_ns + u.emit_ns; }

/* 0..1 by the logarithm: what is run a million times does not hide what is run a thousand times. */
function heat_share(n, most) { return n && most > 1 ? Math.log(1 + n) / Math.log(1 + most) : n ? 1 : 0; }
function heat_colour(share) {
  return share ? `hsl(${Math.round(48 - 48 * share)} 95% ${Math.round(88 - 42 * share)}%)` : "#eef0f3";
}

function go(where) { location.hash = where; }
function unit_link(n, text) {
  const u = unit_by_number.get(n);
  return u ? el("a", { href: "#block=" + n }, text || `#${n} ${u.linear}`) : el("span", { class: "faint" }, text || "#" + n);
}

/* ---- Tables that sort ---- */

/* columns: { name, help, value(row), show(row) or undefined, left }. */
function table(columns, rows, options) {
  const state = { by: options.by || 0, down: options.down !== false };
  const head = el("tr"), body = el("tbody");
  const most = options.most || Infinity;
  function fill() {
    const value = columns[state.by].value;
    const sorted = rows.slice().sort((a, b) => {
      const x = value(a), y = value(b);
      return (x < y ? -1 : x > y ? 1 : 0) * (state.down ? -1 : 1);
    });
    body.replaceChildren(...sorted.slice(0, most).map(row => el("tr", options.row ? options.row(row) : {},
      columns.map(c => el("td", { class: c.left ? "left" : "" }, c.show ? c.show(row) : number(c.value(row)))))));
    [...head.children].forEach((th, i) => th.className = i === state.by ? (state.down ? "down" : "up") : "");
  }
  columns.forEach((c, i) => head.append(el("th", { title: c.help || "", onclick: () => {
    state.down = state.by === i ? !state.down : !c.left;
    state.by = i;
    fill();
  } }, c.name)));
  fill();
  return el("table", { class: "data " + (options.class || ""), id: options.id }, el("thead", {}, head), body);
}

/* ---- Overview ---- */

function sum(of) { return index.units.reduce((total, u) => total + of(u), 0); }
function counter(name) { const c = index.counters.find(c => c[0] === name); return c ? c[1] : 0; }

function card(value, name, help) {
  return el("div", { class: "card", title: help || "" }, el("b", {}, value), el("span", {}, name));
}

function overview() {
  const direct = sum(u => u.links.reduce((t, l) => t + l.taken, 0)), lookups = sum(u => u.lookups);
  const cards = el("div", { class: "cards" },
    index.instructions ? card(short(index.instructions), "guest instructions run", "counted by -icount") : null,
    card(number(index.units_total), "blocks translated"),
    card(short(sum(heat)), "times run", "entries, and turns of loops inside a block, of the blocks listed"),
    card(short(counter("runs")), "entries into the code cache", "everything else went from block to block by itself"),
    card((direct + lookups ? 100 * direct / (direct + lookups) : 0).toFixed(1) + " %", "left by direct jumps",
      "the others left by a look-up: indirect jumps, returns, the execution loop"),
    card((sum(u => u.host) / Math.max(1, sum(u => u.bytes))).toFixed(1), "host bytes per guest byte"),
    card((100 - 100 * sum(u => u.optimised) / Math.max(1, sum(u => u.ir))).toFixed(1) + " %", "IR ops optimised away"),
    card(number(counter("smc_blocks")), "blocks dropped: code written"));
  return el("section", {},
    cards,
    el("div", { class: "two" },
      el("div", { class: "panel" }, el("h2", {}, "Hottest blocks"), blocks_table(12), el("p", {}, el("a", { href: "#blocks" }, "all blocks"))),
      el("div", { class: "panel" }, el("h2", {}, "Where the code lies that ran"), heat_map(),
        el("p", { class: "note" }, "A square is a page of guest-physical memory with translated code; colour by how often it ran, on a logarithmic scale."))),
    el("div", { class: "panel" }, el("h2", {}, "Who goes on to whom"), chain_graph(hottest_places(16)), el("p", {}, el("a", { href: "#graph" }, "more of it"))));
}

/* ---- Blocks ---- */

const block_columns = [
  { name: "block", help: "in the order of translation", value: u => u.n, show: u => unit_link(u.n, "#" + u.n) },
  { name: "linear", help: "linear address of its first instruction", value: u => BigInt(u.linear), left: true, show: u => el("code", {}, u.linear) },
  { name: "physical", help: "physical address", value: u => BigInt(u.physical), left: true, show: u => el("code", {}, u.physical) },
  { name: "times run", help: "entries, and turns of the loops inside it", value: heat },
  { name: "runs", help: "times it was entered", value: u => u.runs },
  { name: "turns", help: "times a loop inside it went round", value: u => u.turns },
  { name: "insns", help: "guest instructions", value: u => u.insns },
  { name: "guest B", help: "bytes of guest code", value: u => u.bytes },
  { name: "IR", help: "ops as the front end wrote them", value: u => u.ir },
  { name: "opt", help: "ops after the optimiser", value: u => u.optimised },
  { name: "host B", help: "bytes of host code, exits and slow paths included", value: u => u.host },
  { name: "main B", help: "bytes of host code in the straight path", value: u => u.main },
  { name: "host/guest", help: "bytes of host code per byte of guest code", value: expansion, show: u => expansion(u).toFixed(1) },
  { name: "direct", help: "times left by a direct jump", value: u => u.links.reduce((t, l) => t + l.taken, 0) },
  { name: "look-ups", help: "times left by a look-up or back to the loop", value: u => u.lookups },
  { name: "made", help: "which translation of this place it is", value: u => u.version },
  { name: "µs", help: "time that translating it took", value: made_ns, show: u => (made_ns(u) / 1000).toFixed(1) },
  { name: "state", help: "why it was dropped", value: u => u.ended, left: true, show: u => el("span", { class: "mode short", title: u.ended }, u.ended) },
  { name: "mode", help: "what translation depends on", value: u => u.mode, left: true, show: u => el("span", { class: "mode", title: u.mode }, u.mode) },
];

function row_of_unit(u) {
  const most = heat(hottest(1)[0] || u);
  return { style: `--heat: ${heat_colour(heat_share(heat(u), most))}`, "data-unit": u.n, onclick: () => go("block=" + u.n) };
}

function blocks_table(most, units) {
  const few = most ? ["block", "linear", "times run", "runs", "insns", "IR", "opt", "host B", "made"] : null;
  const columns = block_columns.filter(c => !few || few.includes(c.name));
  return table(columns, units || index.units, { by: columns.findIndex(c => c.name === "times run"), most: most, class: "blocks", row: row_of_unit,
    id: most ? "blocks-few" : "blocks-table" });
}

function blocks(page) {
  const place = el("div");
  const box = el("input", { type: "search", id: "filter", placeholder: "address, mode, helper, #number…", oninput: fill });
  function fill() {
    const wanted = box.value.trim().toLowerCase();
    const hit = u => !wanted || ["#" + u.n, u.linear, u.physical, u.pc, u.mode, u.helpers, u.ended].some(t => t.toLowerCase().includes(wanted));
    const units = index.units.filter(u => hit(u) && (!page || (BigInt(u.physical) & ~0xfffn) === BigInt(page)));
    place.replaceChildren(el("p", { class: "note" }, `${number(units.length)} of ${number(index.units_total)} blocks` +
      (index.units_total > index.units.length ? `; listed are the ${number(index.units.length)} that ran most (--limit)` : "") +
      (page ? `, in the physical page ${page}` : "") + ". A click on a column's name sorts by it."), blocks_table(0, units));
  }
  fill();
  return el("section", {}, box, place);
}

function hottest(count) { return index.units.slice().sort((a, b) => heat(b) - heat(a)).slice(0, count); }

/* The place that a translation is of; of several translations of one the pictures show that which ran most. */
function place_of(u) { return `${u.ram} ${u.pc} ${u.mode}`; }
function hottest_places(count) {
  const places = new Map();
  hottest(index.units.length).forEach(u => { if (!places.has(place_of(u))) places.set(place_of(u), u); });
  return [...places.values()].slice(0, count);
}

/* ---- Counters, patches, comparison ---- */

function counters() {
  return el("section", {}, el("p", { class: "note" }, "Every mechanism counts; each counter with its meaning as the engine's table has it."),
    el("table", { class: "data", id: "counters-table" }, el("thead", {}, el("tr", {}, el("th", {}, "counter"), el("th", {}, "value"), el("th", {}, "meaning"))),
      el("tbody", {}, index.counters.map(c => el("tr", {}, el("td", { class: "left" }, el("code", {}, c[0])), el("td", {}, number(c[1])),
        el("td", { class: "left" }, c[2]))))),
    el("h2", {}, "Parts of the engine"),
    el("p", { class: "note" }, "Each can be left out: -accel tcg,opt=-NAME,…"),
    el("table", { class: "data" }, el("tbody", {}, index.switches.map(s => el("tr", {}, el("td", { class: "left" }, el("code", {}, "-" + s[0])),
      el("td", {}, (index.off || "").split(",").includes("-" + s[0]) ? el("b", { class: "off" }, "off") : "on"), el("td", { class: "left" }, s[1]))))));
}

function patches() {
  const why = new Map();
  for (const e of index.events) {
    const key = e[0] + (e[4] ? ": " + e[4] : "");
    why.set(key, (why.get(key) || 0) + 1);
  }
  const shown = index.events.slice(-1000).reverse();
  return el("section", {},
    el("p", { class: "note" }, `Jumps patched to go straight to their target, taken back again, and blocks dropped: the last ${number(index.events.length)} ` +
      `of ${number(index.events_total)}, newest first.`),
    el("div", { class: "cards" }, [...why].sort((a, b) => b[1] - a[1]).map(([name, n]) => card(number(n), name))),
    el("table", { class: "data", id: "patches-table" }, el("thead", {}, el("tr", {}, ["what", "block", "way", "to", "why"].map(t => el("th", {}, t)))),
      el("tbody", {}, shown.map(e => el("tr", { class: e[0] }, el("td", { class: "left" }, e[0]), el("td", { class: "left" }, unit_link(e[1])),
        el("td", {}, e[0] === "dropped" ? "" : String(e[2])), el("td", { class: "left" }, e[0] === "dropped" ? "" : unit_link(e[3])),
        el("td", { class: "left" }, e[4] + (e[4] && e[5] !== "0x0" ? ` (RAM offset ${e[5]})` : "")))))));
}

function compare() {
  const rows = index.comparison, slowest = rows[0].microseconds;
  const most = Math.max(...rows.map(r => r.missing ? 0 : r.microseconds));
  return el("section", {},
    el("p", { class: "note" }, "The same guest for the same number of instructions, run by more and more of the engine; processor time of the host."),
    el("table", { class: "data", id: "compare-table" }, el("thead", {}, el("tr", {}, ["", "time", "", "Minsn/s", "times the interpreter", "entries into the cache",
      "blocks", "host bytes", "jumps linked"].map(t => el("th", {}, t)))),
      el("tbody", {}, rows.map(r => el("tr", {}, el("td", { class: "left" }, r.name), r.missing ? el("td", { class: "left faint", colspan: 8 }, r.missing) : [
        el("td", {}, (r.microseconds / 1e6).toFixed(3) + " s"),
        el("td", { class: "left" }, el("div", { class: "bar", style: `width: ${Math.max(1, 220 * r.microseconds / most).toFixed(0)}px` })),
        el("td", {}, r.instructions ? (r.instructions / Math.max(1, r.microseconds)).toFixed(1) : ""),
        el("td", {}, (slowest / Math.max(1, r.microseconds)).toFixed(2)),
        ...[r.entries, r.units, r.host_bytes, r.links].map(n => el("td", {}, r.instructions ? number(n) : ""))])))));
}

function help() {
  const item = (name, text) => [el("dt", {}, name), el("dd", {}, text)];
  return el("section", { class: "help" }, el("dl", {},
    item("Block", "What is translated at once: guest code of one page, up to 32 instructions, with the loops that close inside it. The engine also calls it a unit."),
    item("Runs, turns", "How often a block was entered, and how often a loop inside it went round. Counted by code that is only made while a record is kept."),
    item("Guest", "The guest's instructions. Below each: what became of the flags it sets."),
    item("Flags: dead", "Set again before anybody reads them: the optimiser took the computation out."),
    item("Flags: deferred", "Kept as (kind, a, b): the operation and its values. A flags word is made only when somebody asks."),
    item("Flags: read", "A later instruction of the block tests them; often the host's own EFLAGS still hold them then."),
    item("IR", "The intermediate representation as the front end wrote it. Struck through: removed, with the pass that did it. Underlined: changed by a pass; point at it to see how."),
    item("Optimised IR", "What went to the back end."),
    item("Host", "The bytes that the back end made of each op. Far code lies behind the straight path: slow paths of memory accesses, exits."),
    item("Where registers live", "From this instruction on: the host register that holds a guest register, or memory (the CPU structure)."),
    item("Direct, look-up", "A direct jump knows its target and can be linked to it. An indirect one looks its target up in the jump cache."),
    item("Guard", "A link into another page tests first whether that page is still mapped as it was."),
    item("Files", "units.jsonl: a line a block for tools. stacks.folded: for flame graphs. data/: what this page reads.")));
}

/* ---- Where we are ---- */

const tabs = [
  ["overview", "Overview", overview], ["blocks", "Blocks", () => blocks()], ["graph", "Chains", () => graph_page()], ["heat", "Heat map", () => heat_page()],
  ["patches", "Patches", patches], ["counters", "Counters", counters], ["compare", "Comparison", compare], ["help", "How to read", help],
];

function show() {
  const [name, argument] = decodeURIComponent(location.hash.slice(1) || "overview").split("=");
  const main = document.getElementById("main");
  const known = tabs.filter(t => t[0] !== "compare" || index.comparison.length);
  document.getElementById("tabs").replaceChildren(...known.map(t => el("a", { href: "#" + t[0],
    class: t[0] === name || (t[0] === "blocks" && ["block", "page"].includes(name)) ? "here" : "" }, t[1])));
  if (name === "block") main.replaceChildren(block_page(Number(argument)));
  else if (name === "page") main.replaceChildren(blocks(argument));
  else main.replaceChildren((known.find(t => t[0] === name) || known[0])[2]());
  window.scrollTo(0, 0);
}

function explain_index(data) {
  index = data;
  index.units.forEach((u, i) => { u.place = i; unit_by_number.set(u.n, u); });
  document.getElementById("title").textContent = `dragoman explain ${data.title}`;
  document.getElementById("footer").textContent = `Dragoman ${data.version}, back end ${data.back_end}` + (data.off ? `, left out: ${data.off}` : "") +
    `. The run took ${data.seconds} s and ended: ${data.ended}. Code cache: ${short(data.cache_used)} of ${short(data.cache_bytes)} bytes used.` +
    (data.details_lost ? ` Code of ${number(data.details_lost)} blocks that ran least was let go to save memory.` : "");
  window.addEventListener("hashchange", show);
  show();
}

/* Calls `then` when the code of a unit is there. */
function want_detail(u, then) {
  if (detail.has(u.n)) { then(); return; }
  const chunk = Math.floor(u.place / index.chunk);
  if (!chunks_wanted.has(chunk)) {
    chunks_wanted.set(chunk, []);
    document.head.append(el("script", { src: `data/${chunk}.js`, onload: () => chunks_wanted.get(chunk).splice(0).forEach(f => f()) }));
  }
  chunks_wanted.get(chunk).push(then);
}
function explain_detail(units) {
  for (const [n, code] of Object.entries(units)) detail.set(Number(n), code);
}
