import { z } from "zod";
import type { HttpDependencies } from "../http-dependencies.ts";
import { noSuch } from "../request-refusal.ts";
import { toSnakeCaseJson } from "../snake-case-json.ts";
import * as answers from "./answers.ts";
import { perform } from "./perform.ts";
import { requireSnapshot } from "./pool-routes.ts";
import * as requests from "./requests.ts";
import { routesFor, type Route } from "./route.ts";

const { read, operate } = routesFor<HttpDependencies>();

export const slotRoutes: readonly Route<HttpDependencies>[] = [
  read("/api/v1/slots", {
    summary: "Every slot with its evidence, as the last collection found it",
    answers: { 200: z.array(answers.slot) },
    run: ({ dependencies }) => ({ 200: toSnakeCaseJson(readSlots(dependencies)) }),
  }),
  read("/api/v1/slots/:id", {
    summary: "One slot with its evidence",
    parameters: requests.slotInPath,
    answers: { 200: answers.slot },
    errors: [404],
    run: ({ dependencies, parameters }) => {
      const slot = readSlots(dependencies).find(({ slotId }) => slotId === parameters.slotId);
      if (slot === undefined) throw noSuch("slot");
      return { 200: toSnakeCaseJson(slot) };
    },
  }),
  operate("/api/v1/slots/:id/isolate", {
    summary: "Take a slot out of rotation",
    parameters: requests.slotInPath,
    body: requests.isolation,
    answers: { 200: answers.isolatedSlot },
    errors: [404, 409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.isolate(asked)) }),
  }),
  operate("/api/v1/slots/:id/release", {
    summary: "End an allocation; unsaved work is saved first",
    parameters: requests.slotOnDiskInPath,
    body: requests.nothing,
    answers: { 200: answers.allocation },
    errors: [404, 409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.release(asked)) }),
  }),
  operate("/api/v1/slots/:id/remove", {
    summary: "Move a slot out of its pool into quarantine",
    parameters: requests.slotOnDiskInPath,
    body: requests.removal,
    answers: { 200: answers.removedSlot },
    errors: [404, 409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.removeSlot(asked)) }),
  }),
  operate("/api/v1/slots/:id/unlock", {
    summary: "Move an old lock directory aside; a lock that is held is refused",
    parameters: requests.slotOnDiskInPath,
    body: requests.nothing,
    answers: { 200: answers.unlocked },
    errors: [404, 409],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.unlock(asked)) }),
  }),
  operate("/api/v1/slots/:id/heartbeat", {
    summary: "Report that the slot's agent is alive",
    parameters: requests.watchedSlotInPath,
    body: requests.nothing,
    answers: { 200: answers.heartbeat },
    errors: [404],
    run: async (call) => ({ 200: await perform(call, (pools, asked) => pools.heartbeat(asked)) }),
  }),
];

function readSlots(dependencies: HttpDependencies) {
  return requireSnapshot(dependencies).pools.flatMap((pool) => pool.slots);
}
