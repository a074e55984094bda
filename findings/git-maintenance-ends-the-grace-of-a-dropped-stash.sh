#!/usr/bin/env bash
# git 2.39.5 of Debian 12: what nothing names any more, such as a dropped stash, is a loose object at first, which `git gc`
# spares for two weeks. `git maintenance run --task=loose-objects`, which `git maintenance start` runs daily, takes all loose
# objects into a pack, whether anything names them or not. From then on there is no grace: `git repack -a -d` deletes them
# however young they are, since it copies from packs only what is named. `git gc` keeps them.
# Seen: "loose, repack: kept; loose, gc: kept; after maintenance, gc: kept; after maintenance, repack: deleted".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq git=1:2.39.5-0+deb12u3 2>/dev/null
dpkg --extract git_*.deb root
export PATH=$folder/root/usr/bin:$PATH GIT_EXEC_PATH=$folder/root/usr/lib/git-core
export GIT_CONFIG_NOSYSTEM=1 HOME=$folder GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.invalid
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.invalid
try() {
  git -c init.templateDir= init --quiet -b main main
  echo committed >main/file
  git -C main add .
  git -C main commit --quiet --message base
  echo edited >main/file
  git -C main stash --quiet
  work=$(git -C main rev-parse stash)
  git -C main stash drop --quiet
  if [ "$1" = maintenance ]; then
    # The first run packs the objects, the second one removes the loose ones.
    git -C main maintenance run --quiet --task=loose-objects >/dev/null
    git -C main maintenance run --quiet --task=loose-objects >/dev/null
  fi
  git -C main "${@:2}" --quiet
  git -C main cat-file -e "$work" 2>/dev/null && echo kept || echo deleted
  rm -rf main
}
seen="loose, repack: $(try loose repack -a -d); loose, gc: $(try loose gc)"
seen+="; after maintenance, gc: $(try maintenance gc)"
seen+="; after maintenance, repack: $(try maintenance repack -a -d)"
echo "$seen"
[ "$seen" = "loose, repack: kept; loose, gc: kept; after maintenance, gc: kept; after maintenance, repack: deleted" ]
