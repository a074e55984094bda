#!/usr/bin/env node
// Where the program starts once it is built.
import { fileURLToPath } from "node:url";
import { runCompiledCode } from "./platform/compiled-code.ts";

runCompiledCode(fileURLToPath(new URL("program.js", import.meta.url)));
