// Prints the markers that can be read below the given directories, one a line.
import { readableMarkers } from "../kit/working-slot.ts";

console.log([...readableMarkers(...process.argv.slice(2))].join("\n"));
