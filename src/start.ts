#!/usr/bin/env node
// The entry point of the built program.
import { fileURLToPath } from "node:url";
import { runCompiledCode } from "./platform/compiled-code.ts";

runCompiledCode(fileURLToPath(new URL("program.js", import.meta.url)));
