# SPDX-License-Identifier: MIT
# Prompts by a model's own template: what is chosen, what is shown, what goes into the rows, and what makes a run another one.
. "$(dirname "$0")/lib.sh"

# The bundled model with a chat template: links to its files, and ours beside them.
mkdir model
for file in config.json model.safetensors tokenizer.json; do
    ln -s "$source_dir/configs/demo/model/$file" model/
done
cat >template.jinja <<'END'
{%- for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + eos_token + '\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
END
cp template.jinja model/chat_template.jinja
printf '{"eos_token": "<|im_end|>"}' >model/tokenizer_config.json
printf '[["How many minutes are there in 7 hours?", 420], ["What is 5 years in months?", 60]]' >questions.json
printf '[model]\npath = model\n[data]\nquestions = questions.json\n[output]\npath = rows.json\n' >three.ini

prompt()
{
    "$rftgen" prompt -c three.ini "$@" 2>prompt.log || fail "prompt $*: exit code $?"
}

# ---- what is shown ----
prompt --raw >raw
printf '<|im_start|>user\nHow many minutes are there in 7 hours?<|im_end|>\n<|im_start|>assistant\n' | cmp - raw || fail "the first question's prompt"
grep -q 'the chat template of model/chat_template.jinja (prompt.format = auto)' prompt.log || fail "the choice is not said"
prompt --raw --question 1 >raw
printf '<|im_start|>user\nWhat is 5 years in months?<|im_end|>\n<|im_start|>assistant\n' | cmp - raw || fail "the second question's prompt"
prompt >shown
[ "$(head -n 1 shown)" = '[<|im_start|>]user' ] && grep -q '7 hours?\[<|im_end|>\]$' shown || fail "special tokens are not marked"
prompt --tokens >tokens
[ "$(tail -n 1 tokens)" = "$(($(wc -l <tokens) - 2)) tokens" ] || fail "tokens are not counted"
mkdir bare && printf 'Q: {{ messages[0].content }}' >bare/chat_template.jinja
prompt --raw --set model.path=bare >raw
grep -q '^Q: How many' raw || fail "a template alone is not enough for --raw"
for bad in '--question 2' '--question x' '--tokens --raw' '--set prompt.date=today' '--set prompt.variables=[]' \
    '--set prompt.template_name=none' '--set prompt.system_file=none' '--set prompt.examples=none'; do
    # shellcheck disable=SC2086
    if "$rftgen" prompt -c three.ini $bad >out 2>bad.log; then fail "prompt $bad was taken"; fi
    [ "$(grep -c 'error: ' bad.log)" -eq 1 ] && [ ! -s out ] || fail "prompt $bad: not one line of error"
done
if "$rftgen" plan -c three.ini --raw 2>bad.log; then fail "plan --raw was taken"; fi
for broken in '{{ x' \
    '{{ x|nosuch }}' "{{ raise_exception('no system') }}" '{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}'; do
    printf '%s' "$broken" >bare/chat_template.jinja
    if "$rftgen" prompt -c three.ini --raw --set model.path=bare >out 2>bad.log; then fail "$broken was taken"; fi
    [ "$(grep -c 'bare/chat_template.jinja' bad.log)" -ge 1 ] && [ ! -s out ] || fail "$broken: the file is not named"
done

# ---- what a run does ----
chat()
{
    "$rftgen" -c three.ini --quiet --set device.backend=cpu --set generate.samples=4 --set verify.rel_tol=1 --set select.keep=all "$@"
}
chat --set output.format=messages --set output.path=messages.json --set output.records=messages.records 2>run.log ||
    fail "messages: exit code $?"
chat --set output.format=prompt_completion --set output.path=split.json --set prompt.system=Brief. 2>run.log ||
    fail "prompt_completion: exit code $?"
n_rows=$(wc -l <messages.json)
[ "$(n_lines '^{"messages": \[{"role": "user", "content": "[^"]*"}, {"role": "assistant", "content": ".*"}\]}$' messages.json)" -eq "$n_rows" ] ||
    fail "rows are no messages"
[ "$(n_lines '"prompt": "chat:[0-9a-f]*"' messages.records)" -eq 8 ] || fail "records do not say which prompt"
[ "$(n_lines '^{"prompt": \[{"role": "system", "content": "Brief."}, {"role": "user", ' split.json)" -eq "$(wc -l <split.json)" ] ||
    fail "rows are no prompts with completions"

# The same words by hand give the same samples.
printf '<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n' >prompt.txt
chat --set generate.end_tokens='<|im_end|>' --set prompt.format=auto --set prompt.template=prompt.txt --set output.path=raw.json \
    --set output.records=raw.records 2>run.log ||
    fail "raw: exit code $?"
sed 's/ end_tokens=\[[^]]*\]/ end_tokens=[]/' raw.records >raw.ended
same_samples messages.records raw.ended "the same words by hand"

# Examples stand in the rows where they are wanted.
printf '[{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"}]' >examples.json
for want in no yes; do
    chat --set prompt.examples=examples.json --set output.examples=$want --set output.format=messages \
        --set output.path=ex-$want.json 2>run.log ||
        fail "examples $want: exit code $?"
    [ -s ex-$want.json ] || fail "examples $want: no row"
done
[ "$(n_lines '^{"messages": \[{"role": "user", "content": "1"}, {"role": "assistant", "content": "2"}, ' ex-yes.json)" -eq "$(wc -l <ex-yes.json)" ] &&
    [ "$(n_lines '"content": "1"' ex-no.json)" -eq 0 ] || fail "examples are not where they are wanted"

# Judged again, without the model, records say that they were a chat's.
printf 'Say: {question}' >turn.txt
chat --set prompt.template=turn.txt --set output.format=messages --set output.path=turn.json --set output.records=turn.records 2>run.log ||
    fail "turn: exit code $?"
"$rftgen" verify -c three.ini --quiet --in turn.records --set verify.rel_tol=1 --set select.keep=all --set prompt.template=turn.txt \
    --set output.format=messages --set output.path=turn.again >verdicts 2>run.log || fail "turn again: exit code $?"
grep -q '"content": "Say: How' turn.json && cmp turn.json turn.again >&2 || fail "verify: other rows than the run's"

# A model whose files forget the end of a turn: the template knows it.
mkdir forgetful
for file in model.safetensors tokenizer.json; do
    ln -s "$source_dir/configs/demo/model/$file" forgetful/
done
sed 's/"eos_token_id": 2/"eos_token_id": 0/' "$source_dir/configs/demo/model/config.json" >forgetful/config.json
cp model/chat_template.jinja model/tokenizer_config.json forgetful/
"$rftgen" -c three.ini --set device.backend=cpu --set generate.samples=4 --set model.path=forgetful --set output.path=end.json \
    --set output.records=end.records 2>run.log || fail "forgetful: exit code $?"
grep -q 'end tokens: <|im_end|>, too' run.log && [ "$(n_lines '"finish": "stop"' end.records)" -eq 8 ] || fail "the end of a turn is not found"

# What shapes the text makes another run; nothing else does.
printf 'S' >system.txt
interrupted() # NAME OF THE LOG
{
    exec 2>"$1"
    shift
    exec "$rftgen" -c three.ini --quiet --set device.backend=cpu --set generate.samples=40 --set output.path=run.json \
        --set prompt.system_file=system.txt --set prompt.examples=examples.json "$@"
}
chat --set generate.samples=40 --set output.path=whole.json --set prompt.system_file=system.txt --set prompt.examples=examples.json \
    --set select.keep=first --set verify.rel_tol=0.05 2>run.log || fail "whole: exit code $?"
interrupted run.log &
pid=$!
i=0
while [ "$(cat run.json.journal 2>/dev/null | wc -l)" -lt 6 ] && [ $i -lt 200 ] && [ ! -e run.json ]; do
    sleep 0.05
    i=$((i + 1))
done
kill -9 $pid 2>/dev/null || true
wait $pid || true
if [ -e run.json.journal ]; then
    for change in 'printf T >system.txt' 'printf "[{\"role\": \"user\", \"content\": \"3\"}]" >examples.json' \
        'echo "{# other #}" >>model/chat_template.jinja' \
        'printf "{\"top_k\": 3}" >model/generation_config.json'; do
        cp system.txt system.kept
        cp examples.json examples.kept
        cp model/chat_template.jinja template.kept
        sh -c "$change"
        if (interrupted bad.log); then fail "$change: gone on from"; fi
        grep -q 'another prompt\|was ' bad.log || fail "$change: not said"
        mv system.kept system.txt
        mv examples.kept examples.json
        mv template.kept model/chat_template.jinja
        rm -f model/generation_config.json
    done
    (interrupted run.log) || fail "the same run does not go on: exit code $?"
fi
cmp run.json whole.json || fail "another dataset after an interruption"

# Defaults of the model, in a chat alone.
printf '{"temperature": 0.25, "top_p": 0.5, "repetition_penalty": 1.3}' >model/generation_config.json
"$rftgen" plan -c three.ini --set device.backend=cpu --set generate.top_p=0.75 >plan 2>plan.log || fail "plan: exit code $?"
grep -q '^generate.temperature *0.25 (model/generation_config.json)' plan && grep -q '^generate.top_p *0.75 (the configuration)' plan &&
    grep -q '^generate.min_p *0 (built in)' plan || fail "the plan does not say where values come from"
grep -q 'not applied: repetition_penalty = 1.3' plan.log || fail "what is not applied is not said"
"$rftgen" plan -c three.ini --set device.backend=cpu --set generate.defaults=none >plan 2>plan.log || fail "plan: exit code $?"
grep -q '^generate.temperature *0.7 (built in)' plan || fail "generate.defaults = none takes the model's"
