/** A value as JSON has it: snake_case keys, instants as ISO 8601, `null` for what is not known. */
export type SnakeCaseJson<Value> = Value extends undefined
  ? null
  : Value extends Date
    ? string
    : Value extends readonly (infer Each)[]
      ? readonly SnakeCaseJson<Each>[]
      : Value extends string
        ? Value
        : Value extends object
          ? { readonly [Key in keyof Value as SnakeCase<Key>]: SnakeCaseJson<Member<Value, Key>> }
          : Value;

/** A key that may be left out is not sent then. */
type Member<Value, Key extends keyof Value> =
  Partial<Record<Key, Value[Key]>> extends Pick<Value, Key> ? Exclude<Value[Key], undefined> : Value[Key];

type SnakeCase<Key, Done extends string = ""> = Key extends `${infer First}${infer Rest}`
  ? SnakeCase<Rest, `${Done}${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}`>
  : Key extends ""
    ? Done
    : Key;

type CamelCase<Key> = Key extends `${infer Start}_${infer Rest}`
  ? `${Start}${Capitalize<string & CamelCase<Rest>>}`
  : Key;

export function toSnakeCaseJson<Value>(value: Value): SnakeCaseJson<Value> {
  return convert(value) as SnakeCaseJson<Value>;
}

function convert(value: unknown): unknown {
  if (value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [snakeCase(key), convert(member)]));
}

/** The fields of a request as the code names them. */
export function toCamelCase<Fields extends object>(
  fields: Fields,
): { readonly [Key in keyof Fields as CamelCase<Key>]: Fields[Key] } {
  const entries = Object.entries(fields).map(([key, value]) => [camelCase(key), value] as const);
  return Object.fromEntries(entries) as { [Key in keyof Fields as CamelCase<Key>]: Fields[Key] };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
