/** What the page loads from its own origin; nothing comes from elsewhere. */
export const pageStyle = `
:root { color-scheme: light dark; --ground: #f4f6f8; --card: #fff; --ink: #18222d; --quiet: #526070; --line: #d6dde4;
  --brand: #0b6b74; --on-brand: #fff; --good: #146c43; --busy: #1f5fae; --warn: #855700; --bad: #b3261e; --held: #6a3fa0; }
@media (prefers-color-scheme: dark) { :root { --ground: #10161c; --card: #18212a; --ink: #e6ecf2; --quiet: #a3b1bf;
  --line: #2c3945; --brand: #5cc9d3; --on-brand: #06282c; --good: #6fd3a0; --busy: #86b6f6; --warn: #f0bf5c;
  --bad: #ff9a90; --held: #c7a6f5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 78rem; padding: 0 1.25rem 2rem; background: var(--ground); color: var(--ink);
  font: 0.94rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; align-items: baseline; justify-content: space-between;
  padding: 1.4rem 0 0.9rem; border-bottom: 3px solid var(--brand); }
h1 { margin: 0; font-size: 1.35rem; letter-spacing: -0.01em; }
h2 { margin: 2rem 0 0.6rem; font-size: 1.08rem; }
h3 { margin: 0; font-size: 1rem; }
p { margin: 0.2rem 0 0.6rem; }
a { color: var(--brand); }
header p { margin: 0; }
.quiet, dt, small { color: var(--quiet); }
.count { padding: 0.05rem 0.5rem; border: 1px solid var(--line); border-radius: 1rem; font-size: 0.8rem; font-weight: 500; }
code, pre { font: 0.85em/1.45 ui-monospace, monospace; }
pre { margin: 0.4rem 0 0; padding: 0.5rem 0.7rem; overflow-x: auto; border-radius: 0.4rem; background: var(--ground);
  border: 1px solid var(--line); white-space: pre-wrap; }
ul, ol { margin: 0; padding: 0; list-style: none; }
ul.text { list-style: disc; } ol.text { list-style: decimal; } .text { margin: 0.2rem 0 0.6rem; padding-left: 1.4rem; }
table { border-collapse: collapse; } th, td { padding: 0.2rem 0.8rem 0.2rem 0; text-align: left; vertical-align: top; }
.slots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 0.9rem; }
.slot, .rows > li, .preview { padding: 0.8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem; }
.slot { border-left: 5px solid var(--status); }
.slot h3 { font-size: 0.9rem; } .slot h3 a { color: inherit; text-decoration-color: var(--line); }
.pages { display: flex; gap: 1rem; margin-top: 0.9rem; }
.slot-head { display: flex; gap: 0.5rem 1rem; flex-wrap: wrap; justify-content: space-between; margin-bottom: 0.5rem; }
.status { color: var(--status); font-weight: 650; white-space: nowrap; }
.available { --status: var(--good); } .allocated, .cleaning { --status: var(--busy); } .long-allocated { --status: var(--warn); }
.corrupted { --status: var(--bad); } .isolated { --status: var(--held); }
dl { margin: 0; }
dl > div { display: grid; grid-template-columns: 8rem 1fr; gap: 0.5rem; }
dd { margin: 0; }
.rows { display: grid; gap: 0.5rem; }
.preview { margin-top: 1.5rem; border: 2px solid var(--brand); }
.preview h2 { margin-top: 0; }
.badge { display: inline-block; padding: 0 0.5rem; border: 1px solid currentColor; border-radius: 0.3rem; font-size: 0.8rem; }
.failed, .rejected, .error { color: var(--bad); } .done, .finished { color: var(--good); }
.running, .queued, .planned { color: var(--busy); } .waiting_for_approval, .refused { color: var(--warn); }
summary { cursor: pointer; padding: 0.25rem 0; }
.slot h3 + .evidence { margin-bottom: 0.6rem; } dl + h3 { margin-top: 0.6rem; }
header + main > ul:first-child { margin-top: 1.4rem; }
.evidence li, .steps li { margin: 0.4rem 0; }
.steps { list-style: decimal; padding-left: 1.5rem; }
.slot details { margin-top: 0.5rem; border-top: 1px solid var(--line); padding-top: 0.3rem; }
li.slot summary { color: var(--bad); font-weight: 600; }
.buttons { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: center; }
form { margin: 0.6rem 0 0; } form[role="search"] { margin: 0 0 0.9rem; }
.fields { display: flex; flex-wrap: wrap; gap: 0.8rem; align-items: end; }
.fields label { display: grid; gap: 0.2rem; font-weight: 600; min-width: 0; max-width: 100%; }
input, select { min-height: 2.2rem; max-width: 100%; padding: 0.3rem 0.6rem; font: inherit; font-weight: 400; color: var(--ink); background: var(--card);
  border: 1px solid var(--quiet); border-radius: 0.4rem; }
button { min-height: 2.2rem; padding: 0.3rem 0.9rem; font: inherit; font-weight: 600; border-radius: 0.4rem; cursor: pointer;
  border: 1px solid var(--brand); background: transparent; color: var(--brand); }
button.main { background: var(--brand); color: var(--on-brand); }
:target { outline: 2px solid var(--brand); outline-offset: 2px; }
:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
.notice { margin-top: 1.2rem; padding: 0.7rem 1rem; border-left: 5px solid var(--brand); background: var(--card); }
.skip, .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip:focus { position: static; width: auto; height: auto; clip-path: none; }
footer { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; justify-content: space-between; margin-top: 2.5rem;
  padding-top: 0.8rem; border-top: 1px solid var(--line); }
footer a { margin-right: 0.8rem; }
`;

/** Replaces the content by a fresh one, unless somebody is using it. */
export const pageScript = `
"use strict";
async function refresh() {
  const main = document.querySelector("main");
  const isBegun = [...main.querySelectorAll("input")].some((field) => field.value !== field.defaultValue);
  if (document.hidden || isBegun || main.contains(document.activeElement)) return;
  const response = await fetch(location.href, { credentials: "same-origin" });
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const open of main.querySelectorAll("details[open]")) {
    const same = fresh.getElementById(open.id);
    if (same !== null) same.open = true;
  }
  for (const part of ["header", "main"]) {
    document.querySelector(part).replaceWith(document.adoptNode(fresh.querySelector(part)));
  }
  document.title = fresh.title;
}
setInterval(() => refresh().catch(() => undefined), 10000);
`;

export const pageIcon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0b6b74"/>' +
  '<path d="M3 3h4v4H3zM9 3h4v4H9zM3 9h4v4H3z" fill="#fff"/><path d="M9 11l1.5 1.5L13 9.5" stroke="#fff" fill="none"/></svg>';
