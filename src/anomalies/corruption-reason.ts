import { findingCodes, type FindingCode } from "../inspection/finding.ts";

/** Findings that give another reason than their own name, or none: rights that are missing are no fault of the slot. */
const otherReasons = {
  head_branch_lost: "head_branch_missing",
  head_branch_unborn: "head_branch_missing",
  slot_json_unreadable: undefined,
  ownership: undefined,
} as const satisfies Partial<Record<FindingCode, string | undefined>>;

type OtherReasons = typeof otherReasons;

/** Why a slot counts as corrupted: a closed set, a metric label, and a row of docs/reasons.md each. */
export type CorruptionReason =
  Exclude<FindingCode, keyof OtherReasons> | Exclude<OtherReasons[keyof OtherReasons], undefined>;

/** The reason that a finding gives; undefined for one that is no fault. */
export function reasonOfFinding(code: FindingCode): CorruptionReason | undefined {
  return isNamedOtherwise(code) ? otherReasons[code] : code;
}

function isNamedOtherwise(code: FindingCode): code is keyof OtherReasons {
  return code in otherReasons;
}

export const corruptionReasons: readonly CorruptionReason[] = [
  ...new Set(findingCodes.map(reasonOfFinding).filter((reason) => reason !== undefined)),
];
