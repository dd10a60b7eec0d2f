# SPDX-License-Identifier: MIT
# Read by the tests of this folder: sh test_<name>.sh RFTGEN SOURCE_DIR
set -eu
rftgen=$1
source_dir=$2
LC_ALL=C
export LC_ALL
tmp=$(mktemp -d "${TMPDIR:-/tmp}/rftgen-e2e.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
cd "$tmp"
tiny=$source_dir/tests/e2e/tiny.ini

fail()
{
    echo "FAILED: $*" >&2
    for log in *.log; do
        [ ! -s "$log" ] || tail -n 3 "$log" | sed "s/^/    $log: /" >&2
    done
    exit 1
}

# job NAME [ARGUMENT...]: the job of tiny.ini into NAME.json and NAME.records; its messages go to NAME.log.
job()
{
    job_name=$1
    shift
    "$rftgen" -c "$tiny" --quiet --set output.path="$job_name.json" --set output.records="$job_name.records" "$@" \
        2>"$job_name.log"
}

# expect NAME [ARGUMENT...]: the job must succeed, leave nothing beside its output, and give the bytes of the job `wanted`.
expect()
{
    expect_name=$1
    job "$@" || fail "$*: exit code $?"
    same "$expect_name" wanted "$*"
    rm -f "$expect_name.json" "$expect_name.records" "$expect_name.log"
}

# same A B WHAT
same()
{
    for suffix in json records; do
        cmp "$1.$suffix" "$2.$suffix" >&2 || fail "$3: $1.$suffix is not $2.$suffix"
    done
    for left in "$1".json.*; do
        [ ! -e "$left" ] || fail "$3: $left was left"
    done
}

# plain_records FILE: records without what they say of model and prompt, for runs that may differ in these files only.
plain_records()
{
    sed 's/"model": "[0-9a-f]*"//; s/"prompt_hash": "[0-9a-f]*"//; s/"prompt": "[a-z]*:[0-9a-f]*"//' "$1"
}

# same_samples A.records B.records WHAT: the same samples of models or prompts whose files differ.
same_samples()
{
    plain_records "$1" >a.plain
    plain_records "$2" >b.plain
    cmp a.plain b.plain >&2 || fail "$3: $1 has other samples than $2"
    rm a.plain b.plain
}

# n_lines PATTERN FILE
n_lines()
{
    grep -c "$1" "$2" || true
}

# The devices that can be used, a line each: the backend's name and the device's index. RFT_TEST_BACKENDS="cpu" leaves others out.
# bf16: without forms of the cpu that differ from another in products of integers alone.
list_devices()
{
    "$rftgen" devices | awk -v backends=" ${RFT_TEST_BACKENDS:-} " -v numbers="${1:-}" '
        numbers == "bf16" && $2 ~ /^(avx512vnni|avxvnni|dotprod)$/ { next }
        /^[a-z]+: [0-9]+ device/ { backend = $1; sub(":", "", backend) }
        /^  [0-9]+  / && !/ missing: / && (backends == "  " || index(backends, " " backend " ")) { print backend, $1 }'
}

# refuse PATTERN ARGUMENT...: rftgen must fail with exactly one line of error, which matches.
refuse()
{
    pattern=$1
    shift
    code=0
    "$rftgen" --quiet "$@" 2>refused.log >stdout || code=$?
    [ $code -ne 0 ] && [ $code -lt 128 ] || fail "$*: exit code $code"
    [ "$(n_lines '^rftgen: error: ' refused.log)" -eq 1 ] || fail "$*: not one line of error"
    grep -q "^rftgen: error: .*$pattern" refused.log || fail "$*: the line does not say $pattern"
    for left in out.*; do
        [ ! -e "$left" ] || fail "$*: $left was left"
    done
    n=$((${n:-0} + 1))
}

# failed_cleanly NAME WHAT CODE: after a job that was to fail
failed_cleanly()
{
    [ "$3" -ne 0 ] || fail "$2: the job succeeded"
    [ "$3" -lt 128 ] || fail "$2: died of a signal ($3)"
    [ "$(n_lines '^rftgen: error: ' "$1.log")" -eq 1 ] || fail "$2: not one line of error"
    [ ! -e "$1.json" ] || fail "$2: an output that is not complete"
}
