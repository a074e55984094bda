#!/usr/bin/env bash
# @ntindle/branchlet 0.1.16 of npm (Node.js 20.20, git 2.39): `branchlet delete -n NAME` asks, as `git worktree remove` does,
# only whether a work tree has changes that `git status` shows. A clean work tree with a detached HEAD goes with commits
# that no ref has; one goes with ignored files, and one while a process works inside. Changes and a lock keep a work tree.
# Seen: "detached: deleted, its commit in 0 refs; ignored: deleted; process inside: deleted; edited: kept; locked: kept".
set -euo pipefail
folder=$(mktemp -d)
trap 'kill "${sleeper:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @ntindle/branchlet@0.1.16
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git init --quiet -b main repository
cd repository
echo .env >.gitignore
git add .
git commit --quiet --message base
git worktree add --quiet --detach ../detached
for name in ignored inside edited locked; do git worktree add --quiet -b "$name" "../$name"; done
git -C ../detached commit --quiet --allow-empty --message work
work=$(git -C ../detached rev-parse HEAD)
echo secret >../ignored/.env
echo change >../edited/new
git worktree lock --reason "on purpose" ../locked
(cd ../inside && exec sleep 60) &
sleeper=$!
state_of() {
  "$folder/node_modules/.bin/branchlet" delete -n "$1" >/dev/null 2>&1 || true
  [ -d "../$1" ] && echo kept || echo deleted
}
seen="detached: $(state_of detached), its commit in $(git for-each-ref --contains "$work" | wc -l) refs"
seen="$seen; ignored: $(state_of ignored); process inside: $(state_of inside)"
seen="$seen; edited: $(state_of edited); locked: $(state_of locked)"
echo "$seen"
[ "$seen" = "detached: deleted, its commit in 0 refs; ignored: deleted; process inside: deleted; edited: kept; locked: kept" ]
