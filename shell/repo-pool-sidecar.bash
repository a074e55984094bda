# Generated from the definitions of the commands by `npm run docs:generate`; do not edit.
_repo_pool_sidecar() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words="" index next
  for ((index = 1; index < COMP_CWORD; index++)); do
    next="${words:+$words }${COMP_WORDS[index]}"
    case "$next" in
      "serve" | "check" | "discover" | "sources" | "sources presets" | "recover" | "isolate" | "status" | "slots" | "why" | "history" | "pool" | "pool create" | "pool list" | "pool remove" | "pool add-slot" | "pool remove-slot" | "allocate" | "release" | "hold" | "reclaim" | "heartbeat" | "locks" | "locks list" | "locks clean" | "locks unlock" | "salvage" | "salvage save" | "salvage list" | "salvage show" | "salvage restore" | "salvage prune" | "recoveries" | "recoveries list" | "recoveries approve" | "recoveries reject" | "pause" | "resume" | "config" | "config check" | "config schema" | "alertmanager-config" | "demo") words=$next ;;
    esac
  done
  case "$previous" in
    --log.level) COMPREPLY=($(compgen -W "debug info warn error" -- "$current")) && return ;;
    --log.format) COMPREPLY=($(compgen -W "json logfmt pretty" -- "$current")) && return ;;
    --role) COMPREPLY=($(compgen -W "sidecar gateway" -- "$current")) && return ;;
    --strategy) COMPREPLY=($(compgen -W "conservative aggressive maintenance" -- "$current")) && return ;;
    --layout) COMPREPLY=($(compgen -W "clone worktree" -- "$current")) && return ;;
  esac
  case "$words" in
    "") COMPREPLY=($(compgen -W "serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo --version --help" -- "$current")) ;;
    "serve") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --role --web.listen-address --web.systemd-socket --web.config.file --web.telemetry-path --web.external-url --help" -- "$current")) ;;
    "check") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --deep --pool --max-allocation-hours --help" -- "$current")) ;;
    "discover") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --depth --seconds --help" -- "$current")) ;;
    "sources") COMPREPLY=($(compgen -W "presets --help" -- "$current")) ;;
    "sources presets") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "recover") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --strategy --pool --max-allocation-hours --deep --dry-run --force --include-alive --allow-pool-rebuild --allow-root --restore-missing --lock-timeout --recover-corrupted --no-recover-corrupted --cleanup-orphaned-locks --no-cleanup-orphaned-locks --force-release-long-allocated --no-force-release-long-allocated --help" -- "$current")) ;;
    "isolate") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --reason --help" -- "$current")) ;;
    "status") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --watch --help" -- "$current")) ;;
    "slots") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --pool --help" -- "$current")) ;;
    "why") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --deep --help" -- "$current")) ;;
    "history") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "pool") COMPREPLY=($(compgen -W "create list remove add-slot remove-slot --help" -- "$current")) ;;
    "pool create") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --url --slots --layout --help" -- "$current")) ;;
    "pool list") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "pool remove") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "pool add-slot") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "pool remove-slot") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --force --help" -- "$current")) ;;
    "allocate") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "release") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "hold") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --for --owner --help" -- "$current")) ;;
    "reclaim") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --older --dry-run --undo --allow-root --help" -- "$current")) ;;
    "heartbeat") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "locks") COMPREPLY=($(compgen -W "list clean unlock --help" -- "$current")) ;;
    "locks list") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "locks clean") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "locks unlock") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "salvage") COMPREPLY=($(compgen -W "save list show restore prune --help" -- "$current")) ;;
    "salvage save") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "salvage list") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --quarantine --help" -- "$current")) ;;
    "salvage show") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "salvage restore") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --to --help" -- "$current")) ;;
    "salvage prune") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --dry-run --help" -- "$current")) ;;
    "recoveries") COMPREPLY=($(compgen -W "list approve reject --help" -- "$current")) ;;
    "recoveries list") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "recoveries approve") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "recoveries reject") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "pause") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --reason --for --pool --slot --help" -- "$current")) ;;
    "resume") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "config") COMPREPLY=($(compgen -W "check schema --help" -- "$current")) ;;
    "config check") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --help" -- "$current")) ;;
    "config schema") COMPREPLY=($(compgen -W "--help" -- "$current")) ;;
    "alertmanager-config") COMPREPLY=($(compgen -W "--workspaces-dir --state-dir --config.file --json --log.level --log.format --targets --credentials-file --help" -- "$current")) ;;
    "demo") COMPREPLY=($(compgen -W "--web.listen-address --step --exit-after-recovery --help" -- "$current")) ;;
  esac
}
complete -o default -F _repo_pool_sidecar repo-pool-sidecar
