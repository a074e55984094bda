import { Duration } from "./duration.ts";

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Rest}`
  ? `${Head}${Capitalize<CamelCase<Rest>>}`
  : Name;

type CodeName<Name, Value> = Name extends string
  ? Exclude<Value, undefined> extends Duration
    ? `${CamelCase<Name>}Seconds`
    : CamelCase<Name>
  : never;

/** Settings with the names of code: `stale_lock_hours` is `staleLockHours`, a duration `pass_wait` is `passWaitSeconds`. */
export type CodeNames<Value> = Value extends Duration
  ? number
  : Value extends readonly (infer Element)[]
    ? readonly CodeNames<Element>[]
    : Value extends object
      ? { readonly [Name in keyof Value as CodeName<Name, Value[Name]>]: CodeNames<Value[Name]> }
      : Value;

export function toCodeNames<Value>(value: Value): CodeNames<Value>;
export function toCodeNames(value: unknown): unknown {
  if (value instanceof Duration) return value.seconds;
  if (Array.isArray(value)) return value.map((element) => toCodeNames<unknown>(element));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [codeName(name, inner), toCodeNames<unknown>(inner)]),
  );
}

function codeName(name: string, value: unknown): string {
  const camelCase = name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase());
  return value instanceof Duration ? `${camelCase}Seconds` : camelCase;
}
