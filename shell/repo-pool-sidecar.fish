# Generated from the definitions of the commands by `npm run docs:generate`; do not edit.
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a serve -d 'collect, export metrics, show the page, take alerts'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a check -d 'detect anomalies, change nothing'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a discover -d 'the work trees below a directory, and the configuration that watches them'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a sources -d 'where tools keep work trees, as presets of a source'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a recover -d 'repair one slot, or everything that is broken'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a isolate -d 'take a slot out of rotation'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a status -d 'every pool at a glance'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a slots -d 'every slot, its state and what is wrong with it'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a why -d 'the evidence about a slot'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a history -d 'the steps of recoveries, and how each ended'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a pool -d 'create pools, list them, add and remove slots'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a allocate -d 'allocate a slot, cleaned and up to date'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a release -d 'end an allocation, with unsaved work saved; or end a hold'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a hold -d 'claim, for some time, a work tree that no pool manager has'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a reclaim -d 'save and move away work trees that nobody uses; or bring one back'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a heartbeat -d 'report that the agent in a slot is alive'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a locks -d 'slot locks: list, clean, unlock'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a salvage -d 'saved work: list, show, restore, prune'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a recoveries -d 'what waits to be recovered; approve or reject it'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a pause -d 'hold recoveries back, or list the pauses'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a resume -d 'end a pause'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a config -d 'check a configuration file, or print its schema'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a alertmanager-config -d 'print Alertmanager\'s receivers for a list of hosts'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -f -a demo -d 'a pool with one of each anomaly, served and recovered before your eyes'
complete -c repo-pool-sidecar -n 'not __fish_seen_subcommand_from serve check discover sources recover isolate status slots why history pool allocate release hold reclaim heartbeat locks salvage recoveries pause resume config alertmanager-config demo' -l version -d 'print the version and what it was built from'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l role -d 'a host\'s sidecar, or a fleet\'s gateway (default: sidecar)' -x -a 'sidecar gateway'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l web.listen-address -d 'where to listen; repeatable (default: 127.0.0.1:10469)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l web.systemd-socket -d 'listen on the sockets that systemd has opened instead'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l web.config.file -d 'TLS and users, in the form of Prometheus\'s exporters' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l web.telemetry-path -d 'the path of the metrics (default: /metrics)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from serve' -l web.external-url -d 'how people reach the page from outside' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l deep -d 'also check every object, as git fsck does'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l pool -d 'only this pool' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from check' -l max-allocation-hours -d 'age of a long allocation' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l depth -d 'how many levels below each' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from discover' -l seconds -d 'how long to look; what was not reached is reported' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and not __fish_seen_subcommand_from presets' -f -a presets -d 'Print where tools keep work trees and how a running job of theirs is recognised: each is a `preset` of a source.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and __fish_seen_subcommand_from presets' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and __fish_seen_subcommand_from presets' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and __fish_seen_subcommand_from presets' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and __fish_seen_subcommand_from presets' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and __fish_seen_subcommand_from presets' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from sources; and __fish_seen_subcommand_from presets' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l strategy -d 'a set of options; single options win over it' -x -a 'conservative aggressive maintenance'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l pool -d 'only this pool' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l max-allocation-hours -d 'age of a long allocation' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l deep -d 'also check every object, as git fsck does'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l dry-run -d 'say what would be done, change nothing'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l force -d 'with a slot: mark it available even if its repair failed'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l include-alive -d 'a forced release also ends an allocation that is alive'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l allow-pool-rebuild -d 'a worktree pool\'s main repository may be cloned again'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l allow-root -d 'as root, change slots of another owner too'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l restore-missing -d 'check out again the missing work tree that is registered at this path'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l lock-timeout -d 'how long to wait for locks' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l recover-corrupted -d 'repair corrupted slots (default)'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l no-recover-corrupted -d 'leave corrupted slots alone'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l cleanup-orphaned-locks -d 'move orphaned locks aside (default)'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l no-cleanup-orphaned-locks -d 'leave orphaned locks alone'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l force-release-long-allocated -d 'release long-allocated slots'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recover' -l no-force-release-long-allocated -d 'leave long-allocated slots alone (default)'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from isolate' -l reason -d 'required; why' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from status' -l watch -d 'show it again every two seconds, until Ctrl-C'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from slots' -l pool -d 'only this pool' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from why' -l deep -d 'also check every object, as git fsck does, and look for unsaved work'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from history' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from history' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from history' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from history' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from history' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from history' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and not __fish_seen_subcommand_from create list remove add-slot remove-slot' -f -a create -d 'Create a pool. It appears only when it is complete.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and not __fish_seen_subcommand_from create list remove add-slot remove-slot' -f -a list -d 'Every pool, with how many of its slots are in which state.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and not __fish_seen_subcommand_from create list remove add-slot remove-slot' -f -a remove -d 'Stop reporting a pool that was removed on purpose (`pool_gone`). Deletes nothing.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and not __fish_seen_subcommand_from create list remove add-slot remove-slot' -f -a add-slot -d 'Add one slot to a pool.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and not __fish_seen_subcommand_from create list remove add-slot remove-slot' -f -a remove-slot -d 'Move a slot out of its pool into quarantine. Unsaved work is saved first.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l url -d 'the repository (default: what pools.yaml says)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l slots -d 'how many slots (default: what pools.yaml says)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from create' -l layout -d 'full clones, or worktrees of one main repository (default: clone)' -x -a 'clone worktree'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from list' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from list' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from list' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from list' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from list' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from list' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from add-slot' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from add-slot' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from add-slot' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from add-slot' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from add-slot' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from add-slot' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pool; and __fish_seen_subcommand_from remove-slot' -l force -d 'also while the slot is allocated; never while its lock is held'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from allocate' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from allocate' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from allocate' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from allocate' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from allocate' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from allocate' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from release' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from release' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from release' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from release' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from release' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from release' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l for -d 'required; how long: 90s, 10m, 2h, 7d' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from hold' -l owner -d 'who uses it (default: the user who runs this)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l older -d 'only those without activity for longer: 12h, 7d' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l dry-run -d 'list what would be moved and what would be saved, change nothing'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l undo -d 'bring back what was reclaimed under this id' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from reclaim' -l allow-root -d 'as root, reclaim slots of another owner too'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from heartbeat' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from heartbeat' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from heartbeat' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from heartbeat' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from heartbeat' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from heartbeat' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and not __fish_seen_subcommand_from list clean unlock' -f -a list -d 'Every lock, with its holder.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and not __fish_seen_subcommand_from list clean unlock' -f -a clean -d 'Move orphaned locks aside.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and not __fish_seen_subcommand_from list clean unlock' -f -a unlock -d 'Move an old lock directory aside. A lock that is held is left alone, and its holder is named. A lock file stays.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from list' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from list' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from list' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from list' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from list' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from list' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from clean' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from clean' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from clean' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from clean' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from clean' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from clean' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from unlock' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from unlock' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from unlock' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from unlock' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from unlock' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from locks; and __fish_seen_subcommand_from unlock' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and not __fish_seen_subcommand_from save list show restore prune' -f -a save -d 'Save the unsaved work of a slot or of any git work tree, and change nothing in it.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and not __fish_seen_subcommand_from save list show restore prune' -f -a list -d 'Saved work, oldest first; then the directories in quarantine.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and not __fish_seen_subcommand_from save list show restore prune' -f -a show -d 'What one salvage holds, what could not be saved, and where else the slot\'s files are.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and not __fish_seen_subcommand_from save list show restore prune' -f -a restore -d 'Make a git repository of saved work, or of a directory in quarantine.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and not __fish_seen_subcommand_from save list show restore prune' -f -a prune -d 'Remove what is older, or takes more space, than salvage.max_age and salvage.max_bytes allow.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from save' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from save' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from save' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from save' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from save' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from save' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from list' -l quarantine -d 'with --json: the directories in quarantine instead of saved work'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from show' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from show' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from show' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from show' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from show' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from show' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from restore' -l to -d 'required; a directory that is new or empty, outside the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from salvage; and __fish_seen_subcommand_from prune' -l dry-run -d 'list what would be removed, remove nothing'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and not __fish_seen_subcommand_from list approve reject' -f -a list -d 'What waits or runs, oldest first; `history` has what ended.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and not __fish_seen_subcommand_from list approve reject' -f -a approve -d 'Let a waiting recovery run.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and not __fish_seen_subcommand_from list approve reject' -f -a reject -d 'Drop a waiting recovery.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from list' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from list' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from list' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from list' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from list' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from list' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from approve' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from approve' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from approve' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from approve' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from approve' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from approve' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from reject' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from reject' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from reject' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from reject' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from reject' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from recoveries; and __fish_seen_subcommand_from reject' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l reason -d 'why; required with a name' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l for -d 'when it ends by itself: 90s, 10m, 1h, 7d (default: never)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l pool -d 'only this pool' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from pause' -l slot -d 'only this slot' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from resume' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from resume' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from resume' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from resume' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from resume' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from resume' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and not __fish_seen_subcommand_from check schema' -f -a check -d 'Print every mistake of a configuration file with its line. Exits with 2 if there is one.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and not __fish_seen_subcommand_from check schema' -f -a schema -d 'Print the JSON Schema of the configuration file, for editors.'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from config; and __fish_seen_subcommand_from check' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l workspaces-dir -d 'the directory that holds the pools' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l state-dir -d 'the directory for the sidecar\'s own files' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l config.file -d 'a YAML configuration file' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l json -d 'print JSON'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l log.level -d 'what to log' -x -a 'debug info warn error'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l log.format -d 'how to log' -x -a 'json logfmt pretty'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l targets -d 'a file of Prometheus\' file_sd, JSON or YAML' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from alertmanager-config' -l credentials-file -d 'where Alertmanager finds the bearer token' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from demo' -l web.listen-address -d 'where to listen (default: 127.0.0.1:10469, else a free port)' -r
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from demo' -l step -d 'wait for Enter before the alerts, the recovery, the forced release and the reclaim'
complete -c repo-pool-sidecar -n '__fish_seen_subcommand_from demo' -l exit-after-recovery -d 'end when the recovery is shown, instead of serving on'
