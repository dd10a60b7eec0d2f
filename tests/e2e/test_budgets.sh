# SPDX-License-Identifier: MIT
# 20 budgets from the least on: same bytes, and never more memory than allowed or announced.
. "$(dirname "$0")/lib.sh"

# Samples that all run to the limit: with half their pages some must give way and start again.
wide="--set generate.samples=16 --set generate.stop= --set data.limit=2 --set device.threads=1"
wide="$wide --set generate.chunk=auto --set generate.questions_in_flight=auto"
# shellcheck disable=SC2086
job wanted $wide --set output.summary=summary || fail "the job itself"
most=$(sed -n 's/.*"peak_bytes": \([0-9]*\),.*/\1/p' summary)
heap=$(sed -n 's/.*"heap_bytes": \([0-9]*\),.*/\1/p' summary) # the cpu's memory is the host's, so this counts as well
most=$((most + heap))

if job little $wide --set memory.budget=1000; then
    fail "a budget of 1000 bytes was enough"
fi
[ "$(wc -l <little.log)" -eq 1 ] || fail "not one line about a budget that is too small"
missing=$(sed -n 's/.*error: \[memory\] budget: \([0-9]*\) bytes are missing: .*/\1/p' little.log)
[ -n "$missing" ] || fail "the message does not name the missing bytes"
least=$((1000 + missing))
[ ! -e little.json ] && [ ! -e little.json.journal ] || fail "a refused run left files"
if job little $wide --set memory.budget=$((least - 1)); then
    fail "one byte less than the least was enough"
fi
grep -q 'budget: 1 bytes are missing' little.log || fail "one byte is missing, and the message says something else"

i=0
while [ $i -lt 20 ]; do
    budget=$((least + (most - least) * i / 19))
    "$rftgen" plan -c "$tiny" $wide --set output.path=x.json --set memory.budget=$budget >plan || fail "plan for $budget"
    peak=$(sed -n 's/^peak  *[0-9.]* [KMG]iB  *\([0-9]*\) bytes.*/\1/p' plan)
    fewer=$(sed -n 's/^peak .*at most, and up to .* (\([0-9]*\) bytes) less.*/\1/p' plan)
    heap=$(sed -n 's/^on the host  *[0-9.]* [KMG]iB  *\([0-9]*\) bytes.*/\1/p' plan)
    rm -f summary
    expect budget $wide --set memory.budget=$budget --set output.summary=summary
    used=$(sed -n 's/.*"peak_bytes": \([0-9]*\),.*/\1/p' summary)
    [ "$used" -le "$peak" ] && [ "$used" -ge $((peak - ${fewer:-0})) ] && [ $((peak + heap)) -le "$budget" ] ||
        fail "budget $budget, plan $peak (${fewer:-0} fewer), host $heap, used $used"
    i=$((i + 1))
done
[ "$used" -gt "$((least * 2))" ] || fail "the largest budget is hardly larger than the least: no test"
