// Prints the markers that can be read below the given directories, one a line. The first argument is a file with what
// earlier searches learned about packs: to unpack each of them again would take longer than all else that a soak does.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { knownPacks, readableMarkers } from "../kit/working-slot.ts";

const [learnedFile = "", ...directories] = process.argv.slice(2);
const learnedSchema = z.array(z.tuple([z.string(), z.array(z.string())]));
if (existsSync(learnedFile))
  for (const [digest, markers] of learnedSchema.parse(JSON.parse(readFileSync(learnedFile, "utf8"))))
    knownPacks.set(digest, new Set(markers));
console.log([...readableMarkers(...directories)].join("\n"));
writeFileSync(
  learnedFile,
  JSON.stringify([...knownPacks].map(([digest, markers]) => [digest, [...markers]])),
);
