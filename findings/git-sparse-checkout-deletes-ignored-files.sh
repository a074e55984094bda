#!/usr/bin/env bash
# git 2.39.5 of Debian 12: `git sparse-checkout set` deletes the ignored files of a directory that it leaves out, and says
# nothing: a local .env, a database. One untracked file beside them keeps the whole directory, with a warning that the
# directory has untracked files. Without cone mode it deletes only what is tracked. None of the files is in any object.
# Seen: "cone: deleted; cone, an untracked file beside: kept, with a warning; no cone: kept".
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
  mkdir main/api main/web
  echo .env >main/.gitignore
  echo committed | tee main/api/file >main/web/file
  git -C main add .
  git -C main commit --quiet --message base
  echo secret >main/api/.env
  [ -z "${2:-}" ] || echo new >"main/api/$2"
  said=$(git -C main sparse-checkout set "$1" web 2>&1)
  answer=$([ -e main/api/.env ] && echo kept || echo deleted)
  [ -z "$said" ] || answer+=$(echo "$said" | grep -q '^warning: ' && echo ", with a warning" || echo ", with words")
  [ ! -e main/api/file ] || answer+=", nothing left out"
  rm -rf main
  echo "$answer"
}
seen="cone: $(try --cone); cone, an untracked file beside: $(try --cone untracked); no cone: $(try --no-cone)"
echo "$seen"
[ "$seen" = "cone: deleted; cone, an untracked file beside: kept, with a warning; no cone: kept" ]
