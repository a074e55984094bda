import type { Terminal } from "./terminal.ts";

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39] } as const;

export type Colour = keyof typeof codes;
export type Colours = Readonly<Record<Colour, (text: string) => string>>;

/**
 * Functions that colour a text, or leave it alone if the terminal has no colours:
 * `coloursOf(context.terminal).red("failed")`. Text of a slot goes through `printable` first.
 */
export function coloursOf({ hasColours }: Pick<Terminal, "hasColours">): Colours {
  const paint = (colour: Colour) => (text: string) => {
    const [start, end] = codes[colour];
    return hasColours ? `\u001b[${start}m${text}\u001b[${end}m` : text;
  };
  return {
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
  };
}
