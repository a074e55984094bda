import { Option } from "commander";
import {
  parsePositiveNumber,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "../program/command-definition.ts";
import type { RecoverOptions } from "../recover.ts";

export const defineRecover: DefineCommand = (command, context) => {
  const strategy = new Option("--strategy <name>", "a set of options; single options win over it");
  withCommonOptions(command)
    .description("Repair one slot, or everything that is broken. Unsaved work is saved first.")
    .argument("[slot]", "only this slot")
    .addOption(strategy.choices(["conservative", "aggressive", "maintenance"]))
    .option("--pool <name>", "only this pool")
    .option("--max-allocation-hours <hours>", "age of a long allocation", parsePositiveNumber)
    .option("--deep", "look as deep as git fsck")
    .option("--dry-run", "say what would be done, change nothing")
    .option("--force", "with a slot: mark it available even where repair failed")
    .option("--include-alive", "a forced release also ends an allocation that is alive")
    .option("--allow-pool-rebuild", "a worktree pool's shared repository may be cloned anew")
    .option("--allow-root", "as root, change slots of another owner too")
    .option("--lock-timeout <seconds>", "how long to wait for locks", parsePositiveNumber)
    .option("--recover-corrupted", "repair corrupted slots (default)")
    .option("--no-recover-corrupted", "leave corrupted slots alone")
    .option("--cleanup-orphaned-locks", "move orphaned locks aside (default)")
    .option("--no-cleanup-orphaned-locks", "leave orphaned locks alone")
    .option("--force-release-long-allocated", "release long-allocated slots")
    .option("--no-force-release-long-allocated", "leave long-allocated slots alone (default)")
    .action(async (slotId: string | undefined, options: RecoverOptions) => {
      const { recover } = await import("../recover.ts");
      await recover(slotId, options, context);
    });
  withExamples(command, [
    ["recover --dry-run", "the plan for everything that is broken"],
    ["recover workspace-demo-slot1", "repair one slot"],
    ["recover --strategy conservative --pool demo", "repair one pool, releasing nothing"],
  ]);
};
