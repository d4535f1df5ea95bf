#!/usr/bin/env bash
# Runs as root on each host of the lab: what the project needs, by the project's own command.
set -euo pipefail

cd /sluice
tools/dev setup
tools/dev build
ln -sf /sluice/build/bin/{sluice,sluiced,sluice-dump,sluice-bench} /usr/local/bin/
