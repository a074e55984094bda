import { z } from "zod";
import { configSchema } from "./config-schema.ts";

/** The configuration file as JSON Schema, for editors: keys, types, defaults and meanings. `config check` checks more. */
export function createConfigJsonSchema(): object {
  const schema = z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" });
  return { ...schema, title: "The configuration of repo-pool-sidecar" };
}
