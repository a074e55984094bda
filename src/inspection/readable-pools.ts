import { CodedError } from "../platform/coded-error.ts";
import type { Pool } from "../pool/pool.ts";
import { readPoolsInSteps } from "../pool/pool-store.ts";
import type { InspectionError, InspectionScope, InspectionSettings } from "./inspection-result.ts";
import { KnownGoodStore } from "./memory/known-good.ts";

/** A workspaces directory that cannot be listed is one more thing that could not be looked at. */
export async function readReadablePools(
  { workspacesDir, stateDir, timeZone }: InspectionSettings,
  scope: InspectionScope,
  { errors, yieldToEventLoop }: { errors: InspectionError[]; yieldToEventLoop: () => Promise<void> },
): Promise<Pool[]> {
  const knownGood = new KnownGoodStore(stateDir);
  const steps = readPoolsInSteps(workspacesDir, {
    timeZone,
    only: scope.pool,
    cache: scope.memory?.records,
    rememberedNumbers: (repoName) => knownGood.listSlotNumbers(repoName),
  });
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      await yieldToEventLoop();
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    errors.push({ code: "workspaces_unreadable", path: workspacesDir, detail: error.message });
    return [];
  }
}
