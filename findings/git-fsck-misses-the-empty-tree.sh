#!/usr/bin/env bash
# git 2.39.5 of Debian 12: a commit of the empty tree that `git commit-tree` made, as scripts make a first commit without files,
# lets `git fsck` end with 2 and "missing tree 4b825dc…" in a sound repository. Every other command knows that tree without
# having it, so that commit-tree takes its id and nobody writes it; `git stash export` of 2.55 leaves it out too. A clone and
# a push with checks work, and their fsck passes: what packs the commit writes the tree, so the first `git gc` ends it.
# Seen: "commit: fsck 0", "commit-tree: fsck 2, cat-file 0, log 0, checked push 0, clone 0, fsck of the clone 0, gc 0,
# fsck after gc 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git=1:2.39.5-0+deb12u3 2>/dev/null
dpkg --extract git_*.deb root
export PATH=$folder/root/usr/bin:$PATH GIT_EXEC_PATH=$folder/root/usr/lib/git-core
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
for name in one two remote; do git -c init.templateDir= init --quiet -b main "$name"; done
git -C remote config core.bare true
git -C remote config receive.fsckObjects true
empty=$(git -C two hash-object -t tree /dev/null)
git -C one commit --quiet --allow-empty --message first
git -C two update-ref refs/heads/main "$(git -C two commit-tree -m first "$empty")"
exit_code() {
  code=0
  "$@" >/dev/null 2>&1 || code=$?
  echo "$code"
}
seen="commit: fsck $(exit_code git -C one fsck)
commit-tree: fsck $(exit_code git -C two fsck), cat-file $(exit_code git -C two cat-file -e "$empty")"
seen+=", log $(exit_code git -C two log), checked push $(exit_code git -C two push ../remote main)"
seen+=", clone $(exit_code git clone --no-local two clone), fsck of the clone $(exit_code git -C clone fsck)"
seen+=", gc $(exit_code git -C two gc), fsck after gc $(exit_code git -C two fsck)"
echo "$seen"
[ "$seen" = "commit: fsck 0
commit-tree: fsck 2, cat-file 0, log 0, checked push 0, clone 0, fsck of the clone 0, gc 0, fsck after gc 0" ]
