import type { Command, Option } from "commander";
import { createProgram } from "../src/commands/commands.ts";
import { describingContext, listCommands } from "./cli-reference.ts";

const name = "repo-pool-sidecar";

/** A place on the command line, and what can be written there. */
interface Place {
  /** The words before it, such as `pool create`; empty at the beginning. */
  readonly words: string;
  readonly subcommands: readonly Command[];
  readonly options: readonly Option[];
}

async function listPlaces(): Promise<Place[]> {
  return placesOf(await createProgram(describingContext, () => true), "");
}

function placesOf(command: Command, words: string): Place[] {
  const { commands, options } = command;
  const below = commands.flatMap((one) =>
    placesOf(one, words === "" ? one.name() : `${words} ${one.name()}`),
  );
  return [{ words, subcommands: commands, options }, ...below];
}

const flagsOf = ({ options }: Place): string[] => [...options.flatMap(({ long }) => long ?? []), "--help"];
const candidatesOf = (place: Place): string =>
  [...place.subcommands.map((command) => command.name()), ...flagsOf(place)].join(" ");

/** Flags with a closed list of values. */
const choicesOf = (places: readonly Place[]): (readonly [flag: string, values: string])[] => [
  ...new Map(
    places.flatMap(({ options }) =>
      options.flatMap(({ long, argChoices }) =>
        argChoices && long ? [[long, argChoices.join(" ")] as const] : [],
      ),
    ),
  ),
];

const header = "# Generated from the definitions of the commands by `npm run docs:generate`; do not edit.";

/** `source` it, or put it into /usr/share/bash-completion/completions/repo-pool-sidecar. */
export async function renderBashCompletion(): Promise<string> {
  const places = await listPlaces();
  const known = places.filter(({ words }) => words !== "").map(({ words }) => `"${words}"`);
  return `${header}
_repo_pool_sidecar() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} words="" index next
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="\${words:+$words }\${COMP_WORDS[index]}"
    case "$next" in
      ${known.join(" | ")}) words=$next ;;
    esac
  done
  case "$previous" in
${choicesOf(places)
  .map(([flag, values]) => `    ${flag}) COMPREPLY=($(compgen -W "${values}" -- "$current")) && return ;;`)
  .join("\n")}
  esac
  case "$words" in
${places.map((place) => `    "${place.words}") COMPREPLY=($(compgen -W "${candidatesOf(place)}" -- "$current")) ;;`).join("\n")}
  esac
}
complete -o default -F _repo_pool_sidecar ${name}
`;
}

/** Goes to a directory of $fpath as _repo-pool-sidecar. */
export async function renderZshCompletion(): Promise<string> {
  const places = await listPlaces();
  const known = places.filter(({ words }) => words !== "").map(({ words }) => `"${words}"`);
  return `#compdef ${name}
${header}
local done_words="" next word
for word in \${words[2,CURRENT-1]}; do
  next="\${done_words:+$done_words }$word"
  case "$next" in
    (${known.join("|")}) done_words=$next ;;
  esac
done
case "\${words[CURRENT-1]}" in
${choicesOf(places)
  .map(([flag, values]) => `  (${flag}) compadd -- ${values}; return ;;`)
  .join("\n")}
esac
case "$done_words" in
${places.map((place) => `  ("${place.words}") compadd -- ${candidatesOf(place)} ;;`).join("\n")}
esac
_files
`;
}

const quote = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** Goes to /usr/share/fish/vendor_completions.d/repo-pool-sidecar.fish. */
export async function renderFishCompletion(): Promise<string> {
  const lines = (await listPlaces()).flatMap(({ words, subcommands, options }) => {
    const seen = words.split(" ").filter((word) => word !== "");
    const after = seen.map((word) => `__fish_seen_subcommand_from ${word}`);
    const before = subcommands.map((command) => command.name()).join(" ");
    const condition = [
      ...after,
      ...(before === "" ? [] : [`not __fish_seen_subcommand_from ${before}`]),
    ].join("; and ");
    const complete = `complete -c ${name} -n ${quote(condition)}`;
    return [
      ...subcommands.map(
        (one) => `${complete} -f -a ${one.name()} -d ${quote(one.summary() || one.description())}`,
      ),
      ...options.flatMap(({ long, description, argChoices, required }) => {
        if (long === undefined) return [];
        const values = argChoices === undefined ? "" : ` -x -a ${quote(argChoices.join(" "))}`;
        return [
          `${complete} -l ${long.slice(2)} -d ${quote(description)}${values || (required ? " -r" : "")}`,
        ];
      }),
    ];
  });
  return `${header}\n${lines.join("\n")}\n`;
}

/** A line of roff: what begins with a dot or a quote is no request, and a hyphen can be copied. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");

/** repo-pool-sidecar(1). */
export async function renderManPage(): Promise<string> {
  const sections = (await listCommands()).map(({ words, command }) => {
    const names = command.registeredArguments.map((one) =>
      one.required ? `<${one.name()}>` : `[${one.name()}]`,
    );
    const options = command.options.map(
      ({ flags, description }) => `.TP\n.B ${roff(flags)}\n${roff(description)}`,
    );
    const usage = roff([name, words, ...names, "[options]"].join(" "));
    return `.SS ${roff(words)}\n.nf\n${usage}\n.fi\n.PP\n${roff(command.description())}\n${options.join("\n")}`;
  });
  return `.\\" Generated from the definitions of the commands by npm run docs:generate; do not edit.
.TH REPO\\-POOL\\-SIDECAR 1
.SH NAME
${roff(name)} \\- watches pools of pre\\-cloned git workspaces, and repairs them without losing work
.SH SYNOPSIS
.B ${roff(name)}
.I command
[options]
.SH DESCRIPTION
Every subcommand but
.B serve
works with no server running. It prints for people, and JSON with
.BR \\-\\-json .
Each flag can be given by the environment: REPO_POOL_SIDECAR_ and the flag in capitals, with _ for . and \\-.
.SH COMMANDS
${sections.join("\n")}
.SH EXIT STATUS
0 done; 1 something failed or could not be looked at; 2 wrong usage or configuration; 3
.B check
found anomalies; 4 a pause, a lock or a guard refused
.B recover
or
.BR reclaim ,
and nothing failed.
`;
}
