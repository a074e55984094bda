import { withCommonOptions, withExamples, type DefineCommand } from "../program/command-definition.ts";
import type { CommonOptions } from "../program/command-context.ts";

export const defineAllocate: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Lend the most recently used available slot, cleaned and up to date.")
    .argument("<name>", "the pool's name")
    .action(async (name: string, options: CommonOptions) => {
      const { allocate } = await import("../lending.ts");
      await allocate(name, options, context);
    });
  withExamples(command, [["allocate demo --json", "the slot.json of a slot to work in"]]);
};

export const defineRelease: DefineCommand = (command, context) => {
  withCommonOptions(command)
    .description("Take a slot back: save what is unsaved, clean it, keep its branch.")
    .argument("<slot>", "the slot's slot_id")
    .action(async (slotId: string, options: CommonOptions) => {
      const { release } = await import("../lending.ts");
      await release(slotId, options, context);
    });
  withExamples(command, [["release workspace-demo-slot1", "when the work is done"]]);
};

export const defineLocks: DefineCommand = (command, context) => {
  command.description("Slot locks: who holds them, and what may be moved aside.");
  const list = withCommonOptions(command.command("list"))
    .description("Every lock, with its holder.")
    .action(async (options: CommonOptions) => {
      const { listLocks } = await import("../locks.ts");
      await listLocks(options, context);
    });
  withExamples(list, [["locks list", "who works on what"]]);
  const clean = withCommonOptions(command.command("clean"))
    .description("Move orphaned locks aside.")
    .action(async (options: CommonOptions) => {
      const { cleanLocks } = await import("../locks.ts");
      await cleanLocks(options, context);
    });
  withExamples(clean, [["locks clean", "what nobody needs any more"]]);
  const release = withCommonOptions(command.command("unlock"))
    .description("End a lock that nobody holds. One that is held is refused, and its holder named.")
    .argument("<slot>", "the slot's slot_id")
    .action(async (slotId: string, options: CommonOptions) => {
      const { unlock } = await import("../locks.ts");
      await unlock(slotId, options, context);
    });
  withExamples(release, [
    ["locks unlock workspace-demo-slot1", "see who holds it, or end an old lock directory"],
  ]);
};
