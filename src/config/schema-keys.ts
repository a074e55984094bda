import { z } from "zod";

/** What one key of a schema says of itself. */
export interface SchemaKey {
  readonly description: string | undefined;
  /** As it is written in a file; undefined if there is none. */
  readonly defaultValue: unknown;
  /** What is below it: a section, or the elements of a list. */
  readonly schema: z.core.$ZodType;
}

/** The keys of a section by name; undefined if the schema is no section. */
export function keysOfSection(schema: z.core.$ZodType): ReadonlyMap<string, SchemaKey> | undefined {
  const section = unwrap(schema).schema;
  if (!(section instanceof z.ZodObject)) return undefined;
  const keys = Object.entries<z.core.$ZodType>(section.shape);
  return new Map(keys.map(([name, inner]) => [name, describeKey(inner)]));
}

/** The schema of the elements of a list; undefined if the schema is no list. */
export function elementOf(schema: z.core.$ZodType): z.core.$ZodType | undefined {
  const list = unwrap(schema).schema;
  return list instanceof z.ZodArray ? list.element : undefined;
}

function describeKey(schema: z.core.$ZodType): SchemaKey {
  const meta = z.globalRegistry.get(schema);
  const unwrapped = unwrap(schema);
  return {
    description: meta?.description,
    ...unwrapped,
    defaultValue: unwrapped.defaultValue ?? meta?.["default"],
  };
}

/** Without what says only whether it may be left out. */
function unwrap(schema: z.core.$ZodType): { schema: z.core.$ZodType; defaultValue?: unknown } {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodPrefault)
    return { ...unwrap(schema.unwrap()), defaultValue: schema.def.defaultValue };
  return { schema };
}
