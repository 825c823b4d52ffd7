/* SPDX-License-Identifier: MIT */
/* Pictures, as SVG: who goes on to whom, and which pages of guest-physical memory run. */
"use strict";

/* ---- Chains ---- */

function neighbours(u) {
  const near = new Map([[place_of(u), u]]);
  const add = v => { if (v && !near.has(place_of(v))) near.set(place_of(v), v); };
  u.links.forEach(l => add(unit_by_number.get(l.to)));
  const into = index.units.filter(v => v.links.some(l => l.to === u.n)).sort((a, b) => heat(b) - heat(a));
  into.slice(0, 8).forEach(add);
  return [...near.values()];
}

function edges_of(units) {
  const here = new Map(units.map(u => [place_of(u), u])), edges = [];
  for (const u of units) {
    u.links.forEach((l, slot) => {
      const target = unit_by_number.get(l.to), to = target && here.get(place_of(target));
      if (to) edges.push({ from: u, to, taken: l.taken, linked: l.linked, guarded: l.guarded, slot });
    });
  }
  return edges;
}

/* The layer of each block: one below its predecessors, edges that close a circle left out. */
function layers_of(units, edges) {
  const out = new Map(units.map(u => [u, []])), layer = new Map(), state = new Map();
  edges.forEach(e => out.get(e.from).push(e));
  const order = [];
  function visit(u) {
    state.set(u, 1);
    for (const e of out.get(u)) {
      if (state.get(e.to) === 1) e.back = true;
      else if (!state.has(e.to)) visit(e.to);
    }
    state.set(u, 2);
    order.unshift(u);
  }
  const has_in = new Set(edges.filter(e => e.from !== e.to).map(e => e.to));
  [...units.filter(u => !has_in.has(u)), ...units].forEach(u => { if (!state.has(u)) visit(u); });
  order.forEach(u => layer.set(u, 0));
  order.forEach(u => out.get(u).forEach(e => { if (!e.back) layer.set(e.to, Math.max(layer.get(e.to), layer.get(u) + 1)); }));
  const rows = [];
  order.forEach(u => { (rows[layer.get(u)] ||= []).push(u); });
  return rows;
}

const NODE = { width: 118, height: 36, gap_x: 22, gap_y: 40, most: 9 };

/* Rows that are too long are broken. */
function positions(rows) {
  const at = new Map(), lines = [];
  rows.forEach(row => { for (let i = 0; i < row.length; i += NODE.most) lines.push(row.slice(i, i + NODE.most)); });
  const widest = Math.max(...lines.map(l => l.length));
  lines.forEach((line, y) => {
    const x0 = (widest - line.length) * (NODE.width + NODE.gap_x) / 2;
    line.forEach((u, x) => at.set(u, { x: 20 + x0 + x * (NODE.width + NODE.gap_x), y: 12 + y * (NODE.height + NODE.gap_y) }));
  });
  return { at, width: 70 + widest * (NODE.width + NODE.gap_x), height: 24 + lines.length * (NODE.height + NODE.gap_y) - NODE.gap_y + 10 };
}

function edge_path(a, b) {
  const w = NODE.width, h = NODE.height;
  if (b.y > a.y) return `M ${a.x + w / 2} ${a.y + h} C ${a.x + w / 2} ${a.y + h + 26}, ${b.x + w / 2} ${b.y - 26}, ${b.x + w / 2} ${b.y - 3}`;
  if (a === b) return `M ${a.x + w} ${a.y + 10} c 26 -14, 26 30, 3 16`;
  const side = Math.max(a.x, b.x) + w + 22 + Math.abs(a.y - b.y) / 14;
  return `M ${a.x + w} ${a.y + h / 2} C ${side} ${a.y + h / 2}, ${side} ${b.y + h / 2}, ${b.x + w + 3} ${b.y + h / 2}`;
}

function chain_graph(units, centre) {
  if (!units.length) return el("p", { class: "note" }, "Nothing ran.");
  const edges = edges_of(units), { at, width, height } = positions(layers_of(units, edges));
  const most = heat(hottest(1)[0]);
  const arrow = el("defs", {}, el("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse",
    orient: "auto-start-reverse" }, el("path", { d: "M 0 0 L 8 4 L 0 8 z", fill: "#44506a" })));
  const lines = edges.map(e => el("path", { class: "edge" + (e.linked ? "" : " open") + (e.guarded ? " guarded" : ""), d: edge_path(at.get(e.from), at.get(e.to)),
    "stroke-width": (1 + Math.log10(1 + e.taken) * 0.55).toFixed(2), "marker-end": "url(#arrow)" },
    el("title", {}, `#${e.from.n} to #${e.to.n}, way ${e.slot}: taken ${number(e.taken)} times` + (e.guarded ? ", with a guard" : "") + (e.linked ? "" : ", not linked now"))));
  const boxes = units.map(u => {
    const p = at.get(u);
    const dark = heat_share(heat(u), most) > 0.72;
    return el("g", { class: "node" + (dark ? " dark" : "") + (u === centre ? " centre" : ""), "data-unit": u.n, transform: `translate(${p.x} ${p.y})`, onclick: () => go("block=" + u.n) },
      el("title", {}, `block #${u.n}\n${u.mode}\n${u.insns} instructions, run ${number(u.runs)} times, ${number(u.turns)} turns`),
      el("rect", { width: NODE.width, height: NODE.height, rx: 6, fill: heat_colour(heat_share(heat(u), most)) }),
      el("text", { x: NODE.width / 2, y: 15 }, u.linear), el("text", { class: "small", x: NODE.width / 2, y: 29 }, `${u.insns} insns · ${short(heat(u))} ×`));
  });
  return el("div", { class: "scroll" }, el("svg", { class: "graph", width, height, viewBox: `0 0 ${width} ${height}` }, arrow, lines, boxes));
}

function graph_page() {
  const place = el("div");
  const choice = el("select", { onchange: fill }, [20, 40, 80, 160].map(n => el("option", { value: n, selected: n === 40 }, `${n} hottest blocks`)));
  function fill() { place.replaceChildren(chain_graph(hottest_places(Number(choice.value)))); }
  fill();
  return el("section", {}, choice, el("p", { class: "note" }, "An arrow is a direct jump from a block to another: the thicker, the oftener it was taken. Dashed: it goes into " +
    "another page and is guarded. Red: not linked any more. Colour of a block: how often it ran. A click opens it."), place);
}

/* ---- Pages of memory ---- */

const CELL = { size: 13, gap: 2, columns: 64 };

function heat_map() {
  const columns = BigInt(CELL.columns), rows = new Map(), most = Math.max(1, ...index.pages.map(p => p[1]));
  index.pages.forEach(p => {
    const page = BigInt(p[0]) >> 12n, row = page / columns;
    if (!rows.has(row)) rows.set(row, []);
    rows.get(row).push({ x: Number(page % columns), page: p });
  });
  const label = 96, step = CELL.size + CELL.gap, sorted = [...rows.keys()].sort((a, b) => (a < b ? -1 : 1)), parts = [];
  sorted.forEach((row, y) => {
    const gap = y && row !== sorted[y - 1] + 1n;
    const top = y * step + 4;
    if (gap) parts.push(el("path", { class: "gap", d: `M 0 ${top - 1.5} H ${label + CELL.columns * step}` }));
    parts.push(el("text", { class: "small left", x: 0, y: top + 10 }, "0x" + (row * columns << 12n).toString(16)));
    parts.push(el("rect", { class: "row", x: label, y: top, width: CELL.columns * step - CELL.gap, height: CELL.size }));
    rows.get(row).forEach(({ x, page }) => parts.push(el("rect", { class: "page", "data-page": page[0], x: label + x * step, y: top, width: CELL.size, height: CELL.size, rx: 2,
      fill: heat_colour(heat_share(page[1], most)), onclick: () => go("page=" + page[0]) },
      el("title", {}, `page ${page[0]}: run ${number(page[1])} times, ${page[2]} blocks, ${page[3]} of them dropped, ${number(page[4])} bytes of host code`))));
  });
  const width = label + CELL.columns * step, height = sorted.length * step + 10;
  return el("div", { class: "scroll" }, el("svg", { class: "heat", width, height, viewBox: `0 0 ${width} ${height}` }, parts));
}

function heat_page() {
  const legend = el("div", { class: "legend" }, "seldom ", [0.05, 0.2, 0.4, 0.6, 0.8, 1].map(s => el("i", { style: `background: ${heat_colour(s)}` })), " often");
  return el("section", {}, el("p", { class: "note" }, "Guest-physical memory, a row 256 KiB, a square a page of 4 KiB that held translated code. Grey parts of a row hold none; rows without any are left " +
    "out (a line shows where). A click lists a page's blocks."), legend, el("div", { class: "panel" }, heat_map()),
    el("div", { class: "panel" }, el("h2", {}, "Pages"), table([
      { name: "page", value: p => BigInt(p[0]), left: true, show: p => el("a", { href: "#page=" + p[0] }, p[0]) }, { name: "run", value: p => p[1] },
      { name: "blocks", value: p => p[2] }, { name: "dropped", value: p => p[3] }, { name: "host bytes", value: p => p[4] }], index.pages, { by: 1, id: "pages" })));
}
