# SPDX-License-Identifier: MIT
# What is made of the same samples: rows in every format, the unsolved questions, the card, by the records and check_formats.py; the
# card's configuration makes all of it again; outputs that are refused, killed and gone on with.
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || { echo "skipped: python3 is not there"; exit 77; }

# demo NAME [ARGUMENT...]: 12 questions of the bundled model into NAME.jsonl, NAME.records.jsonl and NAME.unsolved.jsonl.
demo()
{
    demo_name=$1
    shift
    "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set data.limit=12 --set device.backend=cpu --set select.keep=all \
        --set output.path="$demo_name.jsonl" --set output.records="$demo_name.records.jsonl" --set output.summary= \
        --set output.unsolved="$demo_name.unsolved.jsonl" "$@" 2>"$demo_name.log"
}
check() { python3 "$source_dir/tests/e2e/check_formats.py" "$@" >check.log || fail "$*: $(cat check.log)"; }

# ---- every format, by the records ----
demo all --set output.format=jsonl || fail "the run: exit code $?"
check jsonl all.records.jsonl all.jsonl
check unsolved all.records.jsonl all.unsolved.jsonl
for format in messages prompt_completion alpaca; do
    demo rows --set output.format=$format || fail "$format: exit code $?"
    cmp rows.records.jsonl all.records.jsonl >&2 || fail "$format: other records"
    check $format all.records.jsonl rows.jsonl
    rm rows.*
done
for choice in 'first 1' 'nearest 1' 'farthest 1' 'first 3' 'nearest all'; do
    set -- $choice
    demo rows --set output.format=pairs --set output.pair_by=$1 --set output.pairs=$2 || fail "pairs $choice: exit code $?"
    check pairs all.records.jsonl rows.jsonl $1 $2 no
    [ $2 != 1 ] || mv rows.jsonl $1.jsonl
    rm -f rows.*
done
! cmp -s first.jsonl nearest.jsonl && ! cmp -s first.jsonl farthest.jsonl || fail "output.pair_by changes nothing: no test"
# Cut-off samples: some of the wrong ones, if they are asked for.
for cut_off in no yes; do
    demo $cut_off --set output.format=pairs --set output.pairs=all --set data.limit=12 --set generate.max_new_tokens=40 --set output.pair_cut_off=$cut_off ||
        fail "pair_cut_off = $cut_off: exit code $?"
    check pairs $cut_off.records.jsonl $cut_off.jsonl first all $cut_off
done
[ "$(wc -l <no.jsonl)" -lt "$(wc -l <yes.jsonl)" ] || fail "output.pair_cut_off changes nothing: no test"

# A system message and examples: where a format has a place for them.
cat >chat.jinja <<'END'
{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}
END
cp -r "$source_dir/configs/demo/model" model
cp chat.jinja model/chat_template.jinja
echo '[{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]' >examples.json
chat() { demo "$@" --force --set model.path=model --set prompt.template= --set prompt.system='Be brief.' --set prompt.examples=examples.json; }
chat chat --set output.format=alpaca || fail "a chat: exit code $?"
python3 - chat.jsonl <<'END' || fail "alpaca with a system message"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert rows and all(list(r) == ["instruction", "input", "output", "system"] and r["system"] == "Be brief." for r in rows)
END
chat chat --set output.format=pairs --set output.examples=yes || fail "pairs of a chat: exit code $?"
python3 - chat.jsonl <<'END' || fail "pairs with a system message and examples"
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
assert rows and all([m["role"] for m in r["prompt"]] == ["system", "user", "assistant", "user"] for r in rows)
assert all(len(r[k]) == 1 and r[k][0]["role"] == "assistant" for r in rows for k in ("chosen", "rejected"))
END

# ---- the card ----
mkdir card
(cd card && demo rows --set output.format=messages --set output.card=README.md --set output.summary=s.json --set prompt.date=2026-02-03) ||
    fail "a card: exit code $?"
sed -n '/^```ini$/,/^```$/p' card/README.md | grep -v '^```' >card/rft.ini
cp -r "$source_dir/configs/demo/model" "$source_dir/configs/demo/prompt.txt" "$source_dir/configs/demo/questions.json" card/
mkdir again
(cd again && "$rftgen" -c ../card/rft.ini --quiet --set device.device=vector --set generate.chunk=1 2>again.log) ||
    fail "the card's configuration: exit code $?"
for file in README.md rows.jsonl rows.records.jsonl rows.unsolved.jsonl; do
    cmp card/$file again/$file >&2 || fail "the card's configuration gives another $file"
done
(cd card && "$rftgen" replay -c rft.ini --in rows.records.jsonl --fraction 0.1 --quiet >replay.log 2>&1) || fail "the card's audit: exit code $?"
! grep -q "$tmp\|$source_dir\|/" card/rft.ini || fail "the card tells a path"
python3 - card <<'END' || fail "the summary's account of its origin"
import json, sys
s = json.load(open(sys.argv[1] + "/s.json"))
card = open(sys.argv[1] + "/README.md").read()
assert s["format"] == 4 and s["configuration"]["generate.seed"] == 1 and s["configuration"]["output.card"] == "README.md"
assert "generate.samples" not in s["configuration"] and s["configuration"]["prompt.date"] == "2026-02-03"
assert all(f"`{s[k]}`" in card for k in ("model", "data", "prompt")), card
assert f"| rows | {s['rows']} |" in card and f"| samples | {s['samples']} |" in card
END
# of samples that were there
(cd card && "$rftgen" verify -c "$source_dir/configs/demo.ini" --in rows.records.jsonl --quiet --set output.path=v.jsonl --set output.format=pairs \
    --set output.records= --set output.summary= --set output.unsolved=v.unsolved.jsonl --set output.card=v.md --set select.keep=all >v.log 2>&1) ||
    fail "verify with a card: exit code $?"
cmp card/v.unsolved.jsonl all.unsolved.jsonl >&2 || fail "verify: other unsolved questions"
cmp card/v.jsonl first.jsonl >&2 || fail "verify: other pairs"
grep -q 'rftgen verify -c rft.ini' card/v.md || fail "verify: no word of it in the card"

# ---- outputs like the others ----
rm -rf out.*
refuse 'output.unsolved = .*: is a device' -c "$tiny" --set output.path=out.json --set output.unsolved=/dev/zero
refuse 'output.card = /dev/stdout: is a pipe' -c "$tiny" --set output.path=out.json --set output.card=/dev/stdout
refuse 'output.unsolved and output.card name the same file' -c "$tiny" --set output.path=out.json --set output.unsolved=x --set output.card=./x
refuse 'output.path and output.unsolved name the same file' -c "$tiny" --set output.path=out.json --set output.unsolved=./out.json
refuse 'the run itself makes' -c "$tiny" --set output.path=out.json --set output.card=out.json.journal
refuse 'output.card and the configuration name the same file' -c card/rft.ini --set output.path=card/other --set output.card=./card/rft.ini --force
refuse 'output.card = card/x: a card stands in the directory of the dataset' -c "$tiny" --set output.path=out.json --set output.card=card/x
for key in unsolved card; do
    echo mine >there
    refuse 'there exists already' -c "$tiny" --set output.path=out.json --set output.$key=there
    [ "$(cat there)" = mine ] || fail "output.$key: what stood there is gone"
    job there --set output.$key=there --force || fail "output.$key with --force: exit code $?"
    [ "$(cat there)" != mine ] || fail "output.$key: --force did not replace it"
    rm -f there*
done
demo stream --set output.unsolved=/dev/stdout >stream.txt || fail "output.unsolved = /dev/stdout: exit code $?"
cmp stream.txt all.unsolved.jsonl >&2 || fail "output.unsolved = /dev/stdout: other bytes"

# Stopped between its last two steps, when all outputs but the summary stand there: the same command ends it.
slow="--set data.limit=8 --set generate.chunk=1 --set generate.questions_in_flight=1 --set device.threads=1 --set output.format=pairs"
demo whole $slow --set output.card=whole.md || fail "a slow run: exit code $?"
mkdir gone
"$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set device.backend=cpu --set select.keep=all --set output.path=last.jsonl \
    --set output.records=last.records.jsonl --set output.unsolved=last.unsolved.jsonl $slow --set output.card=last.md \
    --set output.summary=gone/s 2>last.log &
pid=$!
until [ -s last.jsonl.journal ]; do kill -0 $pid || fail "the run ended"; done
rm -r gone
wait $pid && fail "a summary that cannot be written"
for file in last.jsonl last.records.jsonl last.unsolved.jsonl last.md; do [ -e $file ] || fail "$file does not stand there"; done
cp last.md kept.md
echo mine >>last.md
demo last $slow --set output.card=last.md && fail "a card that was edited since was replaced"
grep -q 'last.md exists already' last.log || fail "an edited card: no word of it"
cat kept.md >last.md
rm last.md
demo last $slow --set output.card=last.md || fail "a run stopped before its last step: exit code $?"
for file in .jsonl .records.jsonl .unsolved.jsonl; do cmp last$file whole$file >&2 || fail "stopped before its last step: other last$file"; done
sed 's/last/whole/' last.md | cmp - whole.md >&2 || fail "stopped before its last step: another card"

# Killed at any time: the same bytes, and nothing is left beside them.
for point in 0 40 78; do
    "$rftgen" -c "$source_dir/configs/demo.ini" --quiet --set device.backend=cpu --set select.keep=all --set output.path=killed.jsonl $slow \
        --set output.records=killed.records.jsonl --set output.unsolved=killed.unsolved.jsonl --set output.card=killed.md \
        --set output.summary= 2>killed.log &
    pid=$!
    while kill -0 $pid 2>/dev/null; do
        n_kept=$(if [ -e killed.jsonl.journal ]; then wc -l <killed.jsonl.journal; else echo 0; fi)
        [ "$n_kept" -lt $point ] || break
    done
    kill -9 $pid 2>/dev/null || true
    if ! wait $pid 2>/dev/null; then demo killed $slow --set output.card=killed.md || fail "killed at $point lines, then exit code $?"; fi
    for file in .jsonl .records.jsonl .unsolved.jsonl; do cmp killed$file whole$file >&2 || fail "killed at $point lines: other killed$file"; done
    sed 's/killed/whole/' killed.md | cmp - whole.md >&2 || fail "killed at $point lines: another card"
    [ "$(ls -A | grep -c '^\.\?killed')" -eq 5 ] || fail "killed at $point lines: something was left: $(ls -A)"
    rm -f killed.*
done
