# SPDX-License-Identifier: MIT
# Selection: rftgen and a plain reference in Python select the same rows, whatever the settings; a run's rows are those that its
# records give when they are judged again; settings that contradict each other are refused.
. "$(dirname "$0")/lib.sh"
python=$(command -v python3) || { echo "skipped: python3 is not there"; exit 77; }
reference=$source_dir/tests/oracle/select_reference.py
demo=$source_dir/configs/demo.ini

"$python" "$reference" make 1 >made.jsonl
"$python" "$reference" compare "$rftgen" "$demo" made.jsonl 2>made.log || fail "rows differ from the reference's"

select="--set select.keep=2 --set select.distinct=paths --set select.order=shortest --set select.dedupe=completions"
# shellcheck disable=SC2086
"$rftgen" -c "$demo" --quiet --set data.limit=4 --set generate.samples=6 --set device.backend=cpu --set output.path=wanted.json \
    --set output.records=wanted.records --set output.summary=wanted.summary $select 2>wanted.log || fail "the run: exit code $?"
# shellcheck disable=SC2086
"$rftgen" verify -c "$demo" --in wanted.records --quiet --set output.path=again.json --set output.records=again.records \
    --set output.summary=again.summary $select >table 2>again.log || fail "its records: exit code $?"
same again wanted "records judged again"
for word in '"rows"' '"accepted_left_out": {"solve_rate": [0-9]*, "equal": [0-9]*, "keep": [0-9]*, "duplicate": [0-9]*}'; do
    grep -q "$word" wanted.summary || fail "the summary has no $word"
    [ "$(grep "$word" wanted.summary)" = "$(grep "$word" again.summary)" ] || fail "$word differs"
done

refuse 'select.quota = difficulty is a part of select.keep' verify -c "$demo" --in made.jsonl --set select.quota=difficulty \
    --set select.keep=all --set output.path=out.json
refuse 'select.min_solve_rate = 0.9 is more than select.max_solve_rate = 0.5' verify -c "$demo" --in made.jsonl \
    --set select.min_solve_rate=0.9 --set select.max_solve_rate=0.5 --set output.path=out.json
refuse 'select.max_solve_rate' verify -c "$demo" --in made.jsonl --set select.max_solve_rate=1.5 --set output.path=out.json
