import { Option } from "commander";
import {
  parsePositiveInteger,
  withCommonOptions,
  withExamples,
  type DefineCommand,
} from "../program/command-definition.ts";
import type { CommonOptions } from "../program/command-context.ts";
import type { PoolCreateOptions, RemoveSlotOptions, SlotsOptions, StatusOptions } from "../pool.ts";

export const definePool: DefineCommand = (command, context) => {
  command.description("The pools themselves: make one, list them, add and remove slots.");
  const create = withCommonOptions(command.command("create"))
    .description("Make a pool. Nothing of it is seen before all of it is there.")
    .argument("<name>", "the new pool's name")
    .option("--url <url>", "the repository (default: what pools.yaml says)")
    .option("--slots <number>", "how many slots (default: what pools.yaml says)", parsePositiveInteger)
    .addOption(
      new Option(
        "--layout <kind>",
        "full clones, or worktrees of one shared repository (default: clone)",
      ).choices(["clone", "worktree"]),
    )
    .action(async (name: string, options: PoolCreateOptions) => {
      const { createPool } = await import("../pool.ts");
      await createPool(name, options, context);
    });
  withExamples(create, [
    ["pool create fresh --url file://$PWD/origin.git --slots 2", "two clones of a repository"],
  ]);
  const list = withCommonOptions(command.command("list"))
    .description("Every pool, with how many of its slots are in which state.")
    .action(async (options: CommonOptions) => {
      const { listPools } = await import("../pool.ts");
      await listPools(options, context);
    });
  withExamples(list, [["pool list", "every pool"]]);
  const add = withCommonOptions(command.command("add-slot"))
    .description("Add one slot to a pool.")
    .argument("<name>", "the pool's name")
    .action(async (name: string, options: CommonOptions) => {
      const { addSlot } = await import("../pool.ts");
      await addSlot(name, options, context);
    });
  withExamples(add, [["pool add-slot demo", "one more slot"]]);
  const remove = withCommonOptions(command.command("remove-slot"))
    .description("Move a slot out of its pool into quarantine. Unsaved work is saved first.")
    .argument("<slot>", "the slot's slot_id")
    .option("--force", "also while the slot is allocated; never while its lock is held")
    .action(async (slotId: string, options: RemoveSlotOptions) => {
      const { removeSlot } = await import("../pool.ts");
      await removeSlot(slotId, options, context);
    });
  withExamples(remove, [["pool remove-slot workspace-demo-slot3", "one slot fewer"]]);
};

export const defineSlots: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Every slot: its state, its lock, its branch, and what is wrong with it.")
    .option("--pool <name>", "only this pool")
    .action(async (options: SlotsOptions) => {
      const { listSlots } = await import("../pool.ts");
      await listSlots(options, context);
    });
  withExamples(command, [["slots --pool demo", "the slots of one pool"]]);
};

export const defineStatus: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description(
      "Every pool: how many of its slots are in which state or isolated, and the anomalies found now.",
    )
    .option("--watch", "show it anew every two seconds, until Ctrl-C")
    .action(async (options: StatusOptions) => {
      const { showStatus } = await import("../pool.ts");
      await showStatus(options, context);
    });
  withExamples(command, [
    ["status", "every pool at a glance"],
    ["status --watch", "keep it in view"],
  ]);
};
