import { parseSlotId } from "../../pool/slot-id.ts";
import type { LiveParts } from "./recovery-parts.ts";
import { refuseRecord } from "../guards/slot-guards.ts";
import { withSlotSession } from "./slot-session.ts";

/** Takes a slot out of rotation because somebody asks for it; whether it is sound is not asked. */
export async function isolateSlot(slotId: string, reason: string, live: LiveParts): Promise<void> {
  const repoName = parseSlotId(slotId)?.repoName ?? "";
  await withSlotSession({ slotId, repoName }, "isolate", live, async (session) => {
    if ((await session.look({ isDeep: false })) === undefined) {
      session.fail(`${slotId} is not there any more`);
      return;
    }
    const { pool, inspection } = session.planner.assessment;
    const refusal = refuseRecord({ pool, slot: inspection.slot });
    const step = { action: "isolate", purpose: "isolate", reason, endsWhen: "step_done" } as const;
    if (refusal !== undefined) session.refuse("isolate", refusal);
    else await session.take({ ...step, refusedNow: undefined }, { because: reason });
  });
}
