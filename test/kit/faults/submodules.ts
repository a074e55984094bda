import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { overwrite } from "../damage.ts";
import { addNestedSubmodule, addSubmodule } from "../slot-place.ts";
import { empty, fault, type Fault } from "./fault.ts";

export const submoduleFaults: readonly Fault[] = [
  fault("HEAD of a submodule empty", "submodule_corrupt", (slot) => {
    overwrite(join(addSubmodule(slot), "HEAD"), empty);
  }),
  fault("pack index of a nested submodule missing", "submodule_corrupt", (slot) => {
    const folder = join(addNestedSubmodule(slot), "objects", "pack");
    for (const name of readdirSync(folder).filter((entry) => entry.endsWith(".idx")))
      rmSync(join(folder, name));
  }),
  fault("repository of a submodule removed", "submodule_corrupt", (slot) => {
    rmSync(addSubmodule(slot), { recursive: true });
  }),
];
