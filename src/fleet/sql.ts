export type Row = Readonly<Record<string, unknown>>;

/** Runs one statement, or several without values. */
export interface Sql {
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
}
