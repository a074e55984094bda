/** What the form of printed text depends on. */
export interface Terminal {
  /** A person may be looking: progress and redrawing make sense. */
  readonly isInteractive: boolean;
  readonly hasColours: boolean;
  /** Characters that fit into a line; undefined if the output is no terminal: nothing need be fitted then. */
  readonly columns: number | undefined;
}

interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Colours are for terminals only, unless `FORCE_COLOR` asks for them; `NO_COLOR` (https://no-color.org) and a dumb
 * terminal have none. `FORCE_COLOR` wins over `NO_COLOR`, as in Node.
 */
export function describeTerminal(
  stream: OutputStream,
  env: Readonly<Record<string, string | undefined>>,
): Terminal {
  const isTerminal = stream.isTTY === true;
  return {
    isInteractive: isTerminal && env["TERM"] !== "dumb",
    hasColours: wantsColours(isTerminal, env),
    columns: isTerminal ? columnsOf(stream, env) : undefined,
  };
}

function wantsColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  return isTerminal && env["TERM"] !== "dumb";
}

const narrowestColumns = 20;

function columnsOf({ columns }: OutputStream, env: Readonly<Record<string, string | undefined>>): number {
  const told = Number(env["COLUMNS"]);
  const width = Number.isInteger(told) && told > 0 ? told : (columns ?? 80);
  return Math.max(narrowestColumns, width);
}
