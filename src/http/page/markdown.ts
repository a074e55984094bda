import { html, Html } from "./html.ts";

/** The Markdown that the runbooks are written in: headings, paragraphs, lists, tables, code and links. */
export function renderMarkdown(text: string): Html {
  return html`${splitBlocks(text).map(renderBlock)}`;
}

/** A block ends at an empty line, and before and after fenced code, which may hold empty lines. */
function splitBlocks(text: string): string[] {
  const fenced = text.split(/^(```[^]*?^```)$/m);
  return fenced
    .flatMap((part) => (part.startsWith("```") ? [part] : part.split(/\n{2,}/)))
    .map((block) => block.trim())
    .filter((block) => block !== "" && !block.startsWith("<!--"));
}

function renderBlock(block: string): Html {
  const code = /^```\w*\n([\s\S]*?)\n?```$/.exec(block)?.[1];
  if (code !== undefined) return html`<pre tabindex="0"><code>${linesOf(code)}</code></pre>`;
  const [, marks = "", title = ""] = /^(#{1,3}) (.*)$/.exec(block) ?? [];
  if (marks.length === 1) return html`<h1>${renderInline(title)}</h1>`;
  if (marks.length === 2) return html`<h2>${renderInline(title)}</h2>`;
  if (marks.length === 3) return html`<h3>${renderInline(title)}</h3>`;
  if (block.startsWith("|")) return renderTable(block);
  if (/^[-*] /.test(block))
    return html`<ul class="text">
      ${itemsOf(block, /^[-*] /)}
    </ul>`;
  if (/^\d+\. /.test(block))
    return html`<ol class="text">
      ${itemsOf(block, /^\d+\. /)}
    </ol>`;
  return html`<p>${renderInline(block)}</p>`;
}

/** Escaping would show a line break as a character of its own. */
function linesOf(code: string): Html {
  const lines = code.split("\n").map((line) => html`${line}`.markup);
  return new Html(lines.join("\n"));
}

function itemsOf(block: string, mark: RegExp): Html[] {
  const start = new RegExp(`\\n(?=${mark.source.slice(1)})`);
  return block.split(start).map((item) => html`<li>${renderInline(item.replace(mark, ""))}</li>`);
}

function renderTable(block: string): Html {
  const [head = [], , ...rows] = block.split("\n").map((line) => line.split("|").slice(1, -1));
  return html`<table>
    <thead>
      <tr>
        ${head.map((cell) => html`<th scope="col">${renderInline(cell.trim())}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell, column) => renderCell(cell.trim(), column))}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** A row about a name in code can be linked to. */
function renderCell(cell: string, column: number): Html {
  const name = column === 0 ? /^`([\w-]+)`$/.exec(cell)?.[1] : undefined;
  return name === undefined
    ? html`<td>${renderInline(cell)}</td>`
    : html`<td id="${name}"><code>${name}</code></td>`;
}

function renderInline(text: string): Html {
  const parts = text.replaceAll(/\s*\n\s*/g, " ").split(/(`[^`]+`|\[[^\]]+\]\([^)]+\)|\*\*[^*]+\*\*)/);
  return html`${parts.map(renderPart)}`;
}

function renderPart(part: string): Html | string {
  const [, code] = /^`(.+)`$/.exec(part) ?? [];
  if (code !== undefined) return html`<code>${code}</code>`;
  const [, strong] = /^\*\*(.+)\*\*$/.exec(part) ?? [];
  if (strong !== undefined) return html`<strong>${strong}</strong>`;
  const [, label = "", target = ""] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? [];
  // Only the runbooks are served: the rest of the documentation is named.
  if (/^RepoPool\w+\.md/.test(target)) return html`<a href="${target.replace(".md", "")}">${label}</a>`;
  if (/^https?:/.test(target)) return html`<a href="${target}">${label}</a>`;
  return label === "" ? part : label;
}
