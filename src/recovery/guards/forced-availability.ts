import { isJsonObject, type JsonObject } from "../../pool/records/slot-record.ts";

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
  const kept = Object.entries(isJsonObject(metadata) ? metadata : {}).filter(
    ([name]) => !["isolated_at", "isolation_reason"].includes(name),
  );
  return {
    ...Object.fromEntries(kept),
    forced_available_at: forced.at,
    forced_available_reasons: [...forced.reasons],
  };
}
