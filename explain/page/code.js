/* SPDX-License-Identifier: MIT */
/*
 * One block: guest code, IR, optimised IR and host code side by side, a row a guest instruction. Pointing at something lights up
 * what it came of and what it became: elements carry the numbers of their ops (data-ir, data-opt).
 */
"use strict";

function hue(insn) { return (insn * 67 + 205) % 360; }

function code_text(text) {
  const m = text.match(/^(\s*)(.*? = )?([A-Za-z0-9_.]+:?)(.*)$/);
  return m ? [m[1], m[2] || "", el("b", {}, m[3]), m[4]] : text;
}

/* ---- Cells ---- */

function guest_cell(code, i) {
  const [pc, bytes, text, fate, reader] = code.guest[i];
  const note = fate === "read" ? `flags read by ${reader === i ? "itself" : "#" + reader}` : fate ? `flags ${fate}` : "";
  return el("td", { class: "guest" }, el("div", { class: "line" }, el("span", { class: "at" }, `#${i} ${pc}`), el("span", { class: "bytes" }, bytes)),
    el("div", { class: "insn" }, code_text(text)), note ? el("span", { class: "flags " + fate }, note) : null, places_of(code, i));
}

/* What moved at this instruction; at the first one, everything that is not in memory. */
function places_of(code, insn) {
  const here = code.places.filter(p => p[0] === insn && (insn || p[2] !== "memory") && (insn || !p[2].startsWith("dead")));
  if (!here.length) return null;
  return el("details", { class: "places", open: insn > 0 }, el("summary", {}, insn ? "moved" : "registers at the start"),
    here.map(p => el("div", {}, el("b", {}, p[1]), " ", p[2])));
}

function changes_of(code, op) { return code.changes.filter(c => c[0] === op); }

function ir_cell(code, i) {
  const lines = [];
  code.ir.forEach(([text, guest, optimised, removed, merged], op) => {
    if (guest !== i || text.startsWith("----")) return;
    const changed = changes_of(code, op);
    const story = [text.trim(), ...changed.map(c => `${index.passes[c[1]]}: ${c[2].trim()}`)];
    if (merged >= 0) story.push(`${index.passes[removed]}: merged into op ${merged}`);
    else if (removed >= 0) story.push(`${index.passes[removed]}: removed`);
    lines.push(el("div", { class: "op" + (removed >= 0 ? " removed" : changed.length ? " changed" : ""), "data-ir": op, title: story.join("\n"),
      "data-opt": optimised >= 0 ? optimised : merged >= 0 ? code.ir[merged][2] : null }, el("span", {}, code_text(text)),
      removed >= 0 ? el("i", {}, merged >= 0 ? `merged into ${merged}` : index.passes[removed]) : changed.length ? el("i", {}, changed.map(c => index.passes[c[1]]).join(" ")) : null));
  });
  return el("td", { class: "ir" }, lines);
}

function opt_cell(code, i) {
  return el("td", { class: "opt" }, code.opt.map(([text, guest], op) => guest !== i || text.startsWith("----") ? null :
    el("div", { class: "op", "data-opt": op }, el("span", {}, code_text(text)))));
}

/* "[r13 + 0xa0930]": a field of the CPU structure by its name. */
function field_name(sign, digits) {
  const offset = (sign === "-" ? -1 : 1) * Number(digits) + index.cpu_bias;
  const field = index.fields.find(f => offset >= f[1] && offset < f[1] + f[2]);
  return field ? `[cpu.${field[0]}${offset > field[1] ? "+" + (offset - field[1]) : ""}]` : `[cpu+${offset}]`;
}

/* Addresses inside the block as offsets, fields of the CPU structure by name. */
function host_text(code, text) {
  const base = BigInt(code.host_address), end = base + BigInt(code.host.length ? code.host.at(-1)[0] + code.host.at(-1)[1] : 0);
  if (index.cpu_register) text = text.replace(new RegExp(`\\[${index.cpu_register} ([+-]) (0x[0-9a-f]+|[0-9]+)\\]`), (all, sign, digits) => field_name(sign, digits));
  return text.replace(/0x[0-9a-f]{7,16}\b/g, a => BigInt(a) >= base && BigInt(a) < end ? "\u2192" + (BigInt(a) - base).toString(16).padStart(4, "0") : a);
}

function host_line(code, line) {
  const [at, , raw, , first, last] = line;
  const text = host_text(code, raw);
  return el("div", { class: "op", "data-from": first, "data-to": last }, el("span", { class: "at" }, at.toString(16).padStart(4, "0")), " ", code_text(text));
}

function host_cell(code, i) {
  const mine = code.host.filter(h => h[3] === i && h[4] !== -2);
  const far = mine.filter(h => h[6]);
  return el("td", { class: "host" }, mine.filter(h => !h[6]).map(h => host_line(code, h)), far.length ?
    el("details", { class: "far" }, el("summary", {}, `${far.length} in far code`), far.map(h => host_line(code, h))) : null);
}

/* ---- Lighting up ---- */

function light(root, target) {
  root.querySelectorAll(".lit").forEach(n => n.classList.remove("lit"));
  const op = target && target.closest(".op");
  if (!op) return;
  let from = Number(op.dataset.from ?? op.dataset.opt ?? -9), to = Number(op.dataset.to ?? op.dataset.opt ?? -9);
  op.classList.add("lit");
  root.querySelectorAll(".op").forEach(n => {
    const low = Number(n.dataset.from ?? n.dataset.opt ?? -8), high = Number(n.dataset.to ?? n.dataset.opt ?? -8);
    if (low <= to && high >= from && from !== -9) n.classList.add("lit");
  });
}

function code_table(code) {
  const rows = [];
  for (let i = -1; i < code.guest.length; i++) {
    const cells = [i < 0 ? el("td", { class: "guest" }, el("div", { class: "faint text" }, "the block itself: its entry. The lock add counts runs, in reports only")) : guest_cell(code, i), ir_cell(code, i), opt_cell(code, i),
      host_cell(code, i)];
    rows.push(el("tr", { style: i < 0 ? "--hue: 0; --depth: 0%" : `--hue: ${hue(i)}; --depth: 62%`, "data-insn": i }, cells));
  }
  const table = el("table", { class: "code", id: "code-table", onmouseover: e => light(table, e.target), onmouseleave: () => light(table, null) },
    el("thead", {}, el("tr", {}, el("th", {}, "guest"), el("th", {}, `IR (${code.ir.length} ops)`), el("th", {}, `optimised IR (${code.opt.length})`),
      el("th", {}, index.back_end === "interp" ? "interpreter's form" : "host"))),
    el("tbody", {}, rows));
  return table;
}

/* ---- The page of a block ---- */

function links_table(u) {
  if (!u.links.length) return el("p", { class: "note" }, "No direct way out.");
  return el("table", { class: "data" }, el("thead", {}, el("tr", {}, ["way", "to pc", "block", "taken", "now", "linked", "undone"].map(t => el("th", {}, t)))),
    el("tbody", {}, u.links.map((l, i) => el("tr", {}, el("td", {}, String(i)), el("td", { class: "left" }, el("code", {}, l.pc)),
      el("td", { class: "left" }, l.to >= 0 ? unit_link(l.to) : "never linked"), el("td", {}, number(l.taken)),
      el("td", { class: "left" }, (l.linked ? "linked" : "open") + (l.guarded ? ", guarded" : "")), el("td", {}, number(l.made)),
      el("td", { class: "left" }, Object.entries(l.undone).map(([why, n]) => `${n}: ${why}`).join("; "))))));
}

function fact(name, ...value) { return el("div", { class: "fact" }, el("span", {}, name), el("b", {}, value)); }

function facts_of(u) {
  return el("div", { class: "facts" }, fact("linear", u.linear), fact("physical", u.physical), fact("pc", u.pc), fact("runs", number(u.runs)), fact("turns", number(u.turns)),
    fact("guest", `${u.insns} insns, ${u.bytes} bytes`), fact("host", `${u.host} bytes, ${u.main} straight`), fact("host/guest", expansion(u).toFixed(1)),
    fact("made in", `${(made_ns(u) / 1000).toFixed(1)} µs`), fact("translation", `${u.version} of this place`), u.older >= 0 ? fact("before it", unit_link(u.older)) : null,
    fact("look-ups", number(u.lookups)), u.exits ? fact("other ways out", u.exits) : null, u.helpers ? fact("helpers", u.helpers) : null,
    u.ended ? fact("dropped", u.ended + (u.ended_by !== "0x0" ? ` (RAM offset ${u.ended_by})` : "")) : null, fact("mode", u.mode));
}

function block_page(n) {
  const u = unit_by_number.get(n);
  if (!u) return el("section", {}, el("p", {}, `Block #${n} is not among those that this report lists.`));
  const place = el("div", { id: "code-place" }, el("p", { class: "note" }, "Reading its code…"));
  const page = el("section", {}, el("h2", {}, `Block #${u.n} at ${u.linear}`), facts_of(u), place,
    el("div", { class: "two" }, el("div", { class: "panel" }, el("h2", {}, "Ways out"), links_table(u)),
      el("div", { class: "panel" }, el("h2", {}, "Neighbours"), chain_graph(neighbours(u), u))));
  want_detail(u, () => {
    const code = detail.get(n);
    place.replaceChildren(code ? code_table(code) : el("p", { class: "note" }, "Its code was let go to save memory: other blocks ran more often."));
  });
  return page;
}
