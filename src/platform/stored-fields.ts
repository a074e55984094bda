/**
 * Readers of one value of a stored file. Each gives undefined for a value of another form, so that a format says in one
 * line what it takes. `check` and `status` read stored files and load no package, which rules out a schema library.
 */
export type StoredFields = Readonly<Record<string, unknown>>;

export function asFields(value: unknown): StoredFields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as StoredFields)
    : undefined;
}

export function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

export function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** An instant in ISO 8601. */
export function asTime(value: unknown): Date | undefined {
  const instant = typeof value === "string" ? new Date(value) : undefined;
  return instant === undefined || Number.isNaN(instant.getTime()) ? undefined : instant;
}

/** The member of a closed set that the value is. */
export function asOneOf<Member>(members: readonly Member[], value: unknown): Member | undefined {
  return members.find((member) => member === value);
}

/** The texts of a list; other elements are passed over, and no list has none. */
export function asTexts(value: unknown): string[] {
  return (asList(value) ?? []).filter((each) => typeof each === "string");
}

export function withoutFields(fields: StoredFields, ...names: readonly string[]): StoredFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}
