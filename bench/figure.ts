import { appendFileSync } from "node:fs";

/** What something costs beside its rival in the same run. Less is better, whatever the unit. */
export interface Figure {
  readonly what: string;
  readonly rival: string;
  readonly unit: string;
  /** The median. */
  readonly ours: number;
  /** The median. */
  readonly rivals: number;
  /** Ours divided by the rival's, of each round. */
  readonly ratios: readonly number[];
}

/** Rounds of ours and of the rival, each beside the other; a single one is compared with every round of the other. */
export function compareRounds(
  ours: readonly number[],
  rivals: readonly number[],
): Pick<Figure, "ours" | "rivals" | "ratios"> {
  const rounds = Math.max(ours.length, rivals.length);
  const at = (values: readonly number[], round: number): number =>
    values[round % values.length] ?? Number.NaN;
  const ratios = Array.from({ length: rounds }, (_, round) => at(ours, round) / at(rivals, round));
  return { ours: medianOf(ours), rivals: medianOf(rivals), ratios };
}

export function medianOf(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** For `npm run bench -- all`, which names the file; a bench that runs alone has told it in its text. */
export function recordFigure(figure: Figure): void {
  const file = process.env["BENCH_FIGURES"];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(figure)}\n`);
}
