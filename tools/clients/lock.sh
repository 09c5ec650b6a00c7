#!/bin/sh
# Makes the hashed lock of each environment of third-party clients: lock.sh UV
set -eu
cd "$(dirname "$0")"
for wanted in *.in; do
    "$1" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make lock" "$wanted" -o "${wanted%.in}.lock"
done
