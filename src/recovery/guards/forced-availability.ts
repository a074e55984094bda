import { isJsonObject, type JsonObject } from "../../pool/records/slot-record.ts";
import { withoutFields } from "../../platform/stored-fields.ts";

/** The reasons that a person saw when they made the slot available; undefined if nobody did. */
export function readForcedReasons(metadata: JsonObject): readonly string[] | undefined {
  if (typeof metadata["forced_available_at"] !== "string") return undefined;
  const reasons = metadata["forced_available_reasons"];
  return Array.isArray(reasons) ? reasons.filter((reason) => typeof reason === "string") : [];
}

export function withForcedAvailability(
  metadata: unknown,
  forced: { at: string; reasons: readonly string[] },
): JsonObject {
  return {
    ...withoutFields(isJsonObject(metadata) ? metadata : {}, "isolated_at", "isolation_reason"),
    forced_available_at: forced.at,
    forced_available_reasons: [...forced.reasons],
  };
}
