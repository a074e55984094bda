#!/usr/bin/env bash
# git 2.39.5 of Debian 12: `git fsck` starts one more git to verify a commit-graph, and one to verify a multi-pack-index, for
# the repository and for each store that it borrows objects from, although none of them has such a file. A repository with
# three alternates costs nine processes instead of one. The two settings that turn the files off turn the processes off.
# Source: builtin/fsck.c, which asks the settings alone.
# Seen: "commit-graph: 4, multi-pack-index: 4; with both settings off: 0".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git=1:2.39.5-0+deb12u3 2>/dev/null
dpkg --extract git_*.deb root
export PATH=$folder/root/usr/bin:$PATH GIT_EXEC_PATH=$folder/root/usr/lib/git-core
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
git -c init.templateDir= init --quiet -b main main
for store in one two three; do
  git -c init.templateDir= init --quiet "$store"
  echo "$folder/$store/.git/objects" >>main/.git/objects/info/alternates
done
cd main
git commit --quiet --allow-empty --message base
find "$folder" -name '*commit-graph*' -o -name 'multi-pack-index*' | grep "/objects/" && exit 1
count() {
  GIT_TRACE=1 git "$@" fsck --full 2>&1 | grep --count "run_command: .*$verified" || true
}
seen="commit-graph: $(verified="commit-graph verify" count)"
seen+=", multi-pack-index: $(verified="multi-pack-index verify" count)"
seen+="; with both settings off: $(verified=verify count -c core.commitGraph=false -c core.multiPackIndex=false)"
echo "$seen"
[ "$seen" = "commit-graph: 4, multi-pack-index: 4; with both settings off: 0" ]
