import type { SidecarConfig } from "../../config/sidecar-config.ts";
import { UsageError } from "../../platform/coded-error.ts";
import { parseMatcher } from "../../remediation/alerts/matcher.ts";
import { defaultPolicies, type RemediationPolicy } from "../../remediation/alerts/policy.ts";

/** @throws UsageError `POLICY_INVALID` if a matcher cannot be read. */
export function createRemediationPolicies({ remediation }: SidecarConfig): readonly RemediationPolicy[] {
  if (remediation.policies === undefined) return defaultPolicies;
  return remediation.policies.map((policy) => ({
    name: policy.name,
    matchers: policy.matchers.map((text) => {
      const parsed = parseMatcher(text);
      if (parsed.kind === "valid") return parsed.matcher;
      throw new UsageError("POLICY_INVALID", `policy ${policy.name}: ${text}: ${parsed.detail}`);
    }),
    options: { ...(policy.strategy === undefined ? {} : { strategy: policy.strategy }), ...policy.options },
    mode: policy.mode ?? "live",
    scope: policy.scope,
    maxPerHour: policy.maxPerHour,
  }));
}
