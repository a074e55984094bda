import { coloursOf, type Colour } from "./colours.ts";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** A cell's text, or a text with a colour (which the terminal may not have: never the only difference). */
export type Cell = string | { readonly text: string; readonly colour: Colour };

const gap = 2;
const narrowestColumn = 6;

/**
 * A table without lines whose columns share the terminal's width; what does not fit is wrapped, nothing is cut off.
 * Cells may come from a slot: they are made printable here.
 *
 *     await formatTable(context.terminal, ["SLOT", "STATE"], [[id, { text: "error", colour: "red" }]])
 */
export async function formatTable(
  terminal: Pick<Terminal, "columns" | "hasColours">,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<string> {
  // Not at the top: a subcommand's `--help` needs no table.
  const { default: Table } = await import("cli-table3");
  const colours = coloursOf(terminal);
  const texts = rows.map((row) => row.map((cell) => printable(typeof cell === "string" ? cell : cell.text)));
  const natural = heads.map((head, column) =>
    Math.max(...[head, ...texts.map((row) => row[column] ?? "")].map(displayWidth)),
  );
  const widths = terminal.columns === undefined ? natural : fitWidths(natural, terminal.columns);
  const table = new Table({
    chars: noLines,
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    colWidths: widths.map((width, column) => width + (column < widths.length - 1 ? gap : 0)),
    wordWrap: true,
  });
  table.push(
    heads.map((head) => colours.bold(head)),
    ...texts.map((row, index) =>
      row.map((text, column) => {
        const wrapped = wrap(text, widths[column] ?? narrowestColumn);
        const cell = rows[index]?.[column];
        if (cell === undefined || typeof cell === "string") return wrapped;
        return wrapped.split("\n").map(colours[cell.colour]).join("\n");
      }),
    ),
  );
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const noLines = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

/** Takes from the widest columns until all fit, or until none can give more. */
function fitWidths(natural: readonly number[], columns: number): number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, gap * (widths.length - 1)) - columns;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest];
    if (width === undefined || width <= narrowestColumn) break;
    widths[widest] = width - 1;
    excess -= 1;
  }
  return widths;
}

/** Between words if that is possible, else anywhere. */
function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (displayWidth(line) > width) {
      const head = takeWidth(line, width);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  return [...lines, line].join("\n");
}

function takeWidth(text: string, width: number): string {
  let taken = "";
  for (const character of text) {
    if (taken !== "" && displayWidth(taken + character) > width) break;
    taken += character;
  }
  return taken;
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** Columns of a terminal that a printable text takes: none for a combining mark, two for a wide character. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    width += wide.test(character) ? 2 : 1;
  }
  return width;
}
