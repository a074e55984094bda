import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire, Module } from "node:module";
import { dirname } from "node:path";
import { Script } from "node:vm";

type RunModule = (...parameters: unknown[]) => void;

/**
 * Runs a file of CommonJS code as `require` does, from V8's compiled code if `saveCompiledCode` has saved it: a short
 * command spends a good part of its time on compiling. Another Node.js compiles the code as usual. The file may
 * not hold an `import()`: V8 does not keep what Node.js needs for it.
 */
export function runCompiledCode(file: string): void {
  const module = new Module(file);
  module.filename = file;
  const require = createRequire(file);
  // Modules that it loads later may need it.
  require.cache[file] = module;
  const run = loadCode(file).runInThisContext() as RunModule;
  run.call(module.exports, module.exports, require, module, file, dirname(file));
  module.loaded = true;
}

/** The file as a function that gets what a CommonJS module gets. */
export function loadCode(file: string): Script {
  const code = readFileSync(file);
  return scriptOf(file, code, readCompiled(file, code));
}

/** Compiles every function of the file, and keeps the result beside it. */
export async function saveCompiledCode(file: string): Promise<void> {
  const { setFlagsFromString } = await import("node:v8");
  const code = readFileSync(file);
  setFlagsFromString("--no-lazy");
  const script = scriptOf(file, code);
  // V8 accepts the saved code only if it was made with the same flags.
  setFlagsFromString("--lazy");
  writeFileSync(compiledFile(file), Buffer.concat([identify(code), script.createCachedData()]));
}

function scriptOf(file: string, code: Buffer, cachedData?: Buffer): Script {
  const text = code.toString("utf8");
  return new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, {
    filename: file,
    cachedData,
  });
}

function compiledFile(file: string): string {
  return `${file}.compiled`;
}

/** V8 itself compares only the length of the code. */
function identify(code: Buffer): Buffer {
  return createHash("sha256").update(`${process.version} ${process.arch} `).update(code).digest();
}

function readCompiled(file: string, code: Buffer): Buffer | undefined {
  try {
    const kept = readFileSync(compiledFile(file));
    const identity = identify(code);
    const isOfThisCode = kept.subarray(0, identity.length).equals(identity);
    return isOfThisCode ? kept.subarray(identity.length) : undefined;
  } catch {
    // The compiled code only saves time.
    return undefined;
  }
}
