# SPDX-License-Identifier: MIT
# What cannot work is refused before anything is generated: an exit code, one line that names the file or the key, no files.
. "$(dirname "$0")/lib.sh"

fixtures=$source_dir/tests/oracle/data
model=$fixtures/tiny-tied-bf16
good="-c $tiny --set output.path=out.json"
n=0

# Command lines.
refuse 'no configuration given'
refuse 'nosuch: unknown command' nosuch
refuse '[-]-nosuch: unknown option' --nosuch
refuse 'give one FILE' -c "$tiny" -c "$tiny"
refuse 'give SECTION.KEY=VALUE' -c "$tiny" --set
refuse 'nosuch.ini' -c nosuch.ini

refuse 'plam: unknown command; did you mean plan' plam -c "$tiny"
refuse '[-]-quite: unknown option; did you mean --quiet' --quite -c "$tiny"
refuse 'generate.seed=1: a key is given with --set' generate.seed=1 -c "$tiny"
cp "$tiny" configuration
refuse 'configuration: unknown command; a configuration is given with -c' configuration
refuse 'cannot be given with --verbose' -v -c "$tiny"
refuse 'generate.samples: give SECTION.KEY=VALUE' -c "$tiny" --set generate.samples 3
refuse '[-]c: give one FILE' -c --set generate.samples=3
for word in -x -- ls 3 0.7; do
    refuse "$word: unknown" $word -c "$tiny"
    if grep -q 'did you mean' refused.log; then fail "$word: a word that nobody means"; fi
done
refuse 'give one FILE' "$tiny" "$tiny"

# What people are used to from elsewhere; where a value came from.
refuse 'unknown key max_tokens; what it means elsewhere is generate.max_new_tokens here' $good --set generate.max_tokens=9
refuse 'what it means elsewhere is generate.samples here' $good --set generate.num_return_sequences=9
refuse 'what it means elsewhere is model.path here' $good --set x.model_name_or_path=9
refuse 'did you mean temperature' $good --set generate.Temperature=9
(unset HOME && refuse 'HOME is not set' $good --set model.path=~/x)
(unset HOME XDG_CACHE_HOME && refuse 'neither XDG_CACHE_HOME nor HOME is set' $good --set 'model.path=$XDG_CACHE_HOME/x')
refuse 'only ~/ is known' $good --set 'data.questions=~nobody/x'
refuse 'only .XDG_CACHE_HOME/ and ~/ are replaced' $good --set 'data.questions=$HOME/x'
printf '[generate]\ntemperature = 1e-9\n[model]\npath = m\n[data]\nquestions = q\n[prompt]\ntemplate = t\n[output]\npath = o\n' >cold.ini
refuse 'cold.ini:2: generate.temperature' -c cold.ini
refuse '[-]-set: generate.temperature = 1e-08' -c cold.ini --set generate.temperature=1e-8
printf '[data]\nquestions = q.json # mine\n' >hash.ini
refuse 'hash.ini:2: a comment behind a value begins with ;' -c hash.ini
printf '[generate]\nsamples = 3\n' >several.ini
refuse 'several.ini: these keys are missing: model.path, data.questions, output.path' -c several.ini
# A message is printable whatever it shows.
code=0
"$rftgen" --quiet $good --set "data.questions=$(printf 'a\302\233b\377c\342\200\256d')" 2>printable.log || code=$?
[ $code -ne 0 ] && grep -q 'a b\\xffc d: cannot open' printable.log || fail "a name that cannot be printed: $(cat printable.log)"

# Words and forms that work.
for words in "help plan" "plan --help" help --help -h version --version help-config "devices"; do
    "$rftgen" $words >words.out 2>words.log || fail "$words: exit code $?"
    [ -s words.out ] || fail "$words printed nothing"
done
"$rftgen" plan "$tiny" >words.out 2>words.log || fail "plan FILE: exit code $?"
"$rftgen" "$tiny" --quiet --set output.path=ini.json 2>words.log || fail "FILE alone: exit code $?"
"$rftgen" "$tiny" --set output.path=ini.json --force 2>words.log || fail "FILE alone: exit code $?"
if grep -q 'software' words.log; then fail "an ordinary run speaks of software devices"; fi
rm -f ini.json

# The help fits a screen; what is made of the same tables is whole.
"$rftgen" --help >help.out
[ "$(awk 'length($0) > 80' help.out | wc -l)" -eq 0 ] && [ "$(wc -l <help.out)" -le 24 ] || fail "the help does not fit a screen"
[ "$(grep -c '^  rftgen ' help.out)" -eq 3 ] || fail "the help does not show three examples"
for section in NAME COMMANDS OPTIONS CONFIGURATION 'EXIT STATUS' EXAMPLES; do
    "$rftgen" help=man | grep -q "^\.SH $section\$" || fail "the manual page has no $section"
done
for shell in bash zsh fish; do
    "$rftgen" completion=$shell >completion.out
    grep -q 'help-config' completion.out && grep -q 'generate\.temperature=' completion.out || fail "completions for $shell"
    command -v $shell >/dev/null || continue
    $shell -n completion.out || fail "$shell does not read its completions"
done
refuse 'behind = may stand bash, zsh, fish' completion=csh
refuse 'it takes no value' plan=x -c "$tiny"

# Keys and values.
for set in generate.sample=3 generate.samples=0 generate.samples=x generate.samples=1.5 generate.temperature=-1 \
    generate.temperature=nan generate.top_p=0 generate.top_p=1.1 generate.min_p=1 generate.seed=-1 generate.chunk=0 \
    select.keep=some verify.kind=guess verify.rel_tol=2 output.format=xml memory.budget=12XB memory.budget=101% \
    memory.reserve=-1 device.threads=0 data.limit=0 model.path= output.path= prompt.format=chat nosection=3 \
    nosuch.key=3 data.question_field; do
    # shellcheck disable=SC2086
    refuse "$(echo "${set%%=*}" | sed 's/.*\.//')" $good --set "$set"
done
printf '[generate]\nsamples = 3\nsampels = 4\n' >typo.ini
refuse 'typo.ini:3: .*sampels' -c typo.ini
printf '[generate]\nsamples = 3\n' >empty.ini
refuse 'empty.ini' -c empty.ini
printf '[generate]\n  samples = 3\n' >indented.ini
refuse 'indented.ini:2' -c indented.ini
awk 'BEGIN { printf "[generate]\nstop = "; for (i = 0; i < 5000; i++) printf "x"; print "" }' >long.ini
refuse 'long.ini:2' -c long.ini

# Devices and memory.
refuse 'backend = nosuch: this build has no such backend' $good --set device.backend=nosuch
refuse 'device = nosuch: no such device' $good --set device.device=nosuch
refuse 'device = 99: no such device' $good --set device.device=99
refuse 'budget: [0-9]* bytes are missing' $good --set memory.budget=10000

# Files.
mkdir dir
printf 'What is {question} and {question}?' >two.txt
printf 'What?' >none.txt
printf '[["a", 1], ["b"' >torn.json
printf '[["a", 1], ["b"]]' >short.json
printf '[["a", "one"]]' >words.json
printf '[["", 1]]' >blank.json
printf '[]' >empty.json
printf '{"question": "a"}\n' >missing.jsonl
refuse 'nosuch.json' $good --set data.questions=nosuch.json
for file in torn.json short.json words.json blank.json empty.json dir; do
    refuse "$file" $good --set data.questions=$file
done
refuse 'missing.jsonl:1.*answer' $good --set data.questions=missing.jsonl
refuse 'two.txt' $good --set prompt.template=two.txt
refuse 'none.txt' $good --set prompt.template=none.txt
refuse 'nosuch.txt' $good --set prompt.template=nosuch.txt
refuse 'the run itself makes' $good --set output.records=out.json.journal
cp -r "$source_dir/tests/oracle/data/tiny-tied-bf16" copy
refuse 'a file of the checkpoint' $good --set model.path=copy --set output.summary=copy/config.json
refuse 'or 1e-06 to 100' $good --set generate.temperature=1e-9
refuse 'a prompt of .* tokens .* do not fit' $good --set generate.max_new_tokens=250
refuse 'examples' $good --set prompt.examples=two.txt
refuse 'system' $good --set prompt.system=you

# Checkpoints: a copy with one thing wrong.
refuse 'nosuch' $good --set model.path=nosuch
refuse 'dir' $good --set model.path=dir
spoil()
{
    rm -rf bad
    mkdir bad
    cp "$model"/* bad/
}
for file in config.json tokenizer.json model.safetensors; do
    spoil
    rm bad/$file
    refuse "bad.*$file\|bad.*safetensors" $good --set model.path=bad
    spoil
    : >bad/$file
    refuse "bad.*$file" $good --set model.path=bad
    spoil
    dd if="$model/$file" of=bad/$file bs=100 count=4 2>/dev/null
    refuse "bad.*$file" $good --set model.path=bad
done
size=$(wc -c <"$model/model.safetensors")
spoil
head -c $((size - 1)) "$model/model.safetensors" >bad/model.safetensors
refuse 'bad/model.safetensors' $good --set model.path=bad
spoil
printf '\377\377\377\377\377\377\377\377' | dd of=bad/model.safetensors conv=notrunc bs=1 2>/dev/null
refuse 'bad/model.safetensors' $good --set model.path=bad
spoil # the last two bytes of the file belong to a weight: 0x7f80 is bf16's infinity
printf '\200\177' | dd of=bad/model.safetensors conv=notrunc bs=1 seek=$((size - 2)) 2>/dev/null
refuse 'bad: tensor [a-z0-9_.]* holds a value that is not finite' $good --set model.path=bad
change() # KEY VALUE
{
    spoil
    sed "s/\"$1\": *[^,}]*/\"$1\": $2/" "$model/config.json" >bad/config.json
    cmp -s bad/config.json "$model/config.json" && fail "config.json has no $1"
    refuse "bad.*$3" $good --set model.path=bad
}
change hidden_size 128 'embed_tokens\|hidden_size\|shape'
change num_hidden_layers 4 'layers.3'
change num_hidden_layers 0 num_hidden_layers
change num_key_value_heads 3 'config.json: .*key-value heads'
change vocab_size 303 'embed_tokens\|vocab_size'
change hidden_act '"relu"' 'hidden_act'
change model_type '"mamba"' 'mamba\|model_type\|architecture'
change attention_bias true 'q_proj.bias is missing'
change rms_norm_eps '"x"' 'rms_norm_eps'

# What people point at that is no checkpoint: told by what it is. Nothing is looked up but on this disk.
HOME=$tmp/home
export HOME
unset HF_HOME HF_HUB_CACHE XDG_CACHE_HOME
refuse 'Org/Some-Model-0.5B is a model of the Hugging Face hub: .*--local-dir' $good --set model.path=Org/Some-Model-0.5B
snapshot=home/.cache/huggingface/hub/models--Org--Some-Model-0.5B/snapshots/0123abc
mkdir -p $snapshot
refuse "is in the Hugging Face cache: set model.path = $tmp/$snapshot" $good --set model.path=Org/Some-Model-0.5B
refuse "is a cache of the Hugging Face hub.*snapshots/0123abc" $good --set model.path=home/.cache/huggingface/hub/models--Org--Some-Model-0.5B
refuse 'nosuch.gguf: cannot open: no such file' $good --set model.path=dir/nosuch.gguf
refuse 'holds no config.json; a checkpoint has' $good --set model.path=dir
lfs() { printf 'version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 9\n' >"$1"; }
for file in config.json tokenizer.json model.safetensors generation_config.json; do
    spoil
    lfs bad/$file
    refuse "bad/$file: is a Git LFS pointer" $good --set model.path=bad
done
lfs pointer.gguf
refuse 'pointer.gguf: is a Git LFS pointer' $good --set model.path=pointer.gguf
spoil
echo '<!DOCTYPE html><html>' >bad/model.safetensors
refuse 'bad/model.safetensors: is a web page' $good --set model.path=bad
mkdir adapter gguf training meta pickle
echo '{"base_model_name_or_path": "Org/Base"}' >adapter/adapter_config.json
refuse 'adapter: holds an adapter (PEFT) for Org/Base' $good --set model.path=adapter
: >gguf/model-Q8_0.gguf
refuse 'gguf: holds no config.json, but GGUF files.*model-Q8_0.gguf' $good --set model.path=gguf
mkdir training/checkpoint-500
refuse 'training: .*checkpoints of a training run.*checkpoint-500' $good --set model.path=training
: >meta/params.json
refuse 'meta: is a checkpoint in the format of its makers' $good --set model.path=meta
for file in pytorch_model.bin consolidated.00.pth model-Q8_0.gguf weights.npz; do
    spoil
    mv bad/model.safetensors bad/$file
    refuse "bad: holds no safetensors files, but .*$file" $good --set model.path=bad
done
for file in tokenizer.model vocab.json tekken.json; do
    spoil
    mv bad/tokenizer.json bad/$file
    refuse "bad: holds no tokenizer.json, only $file" $good --set model.path=bad
done
refuse 'is one file of a checkpoint: set model.path to the directory' $good --set "model.path=$model/model.safetensors"
spoil
printf 'PK\003\004' >bad/pytorch_model.bin
refuse 'is a PyTorch file' $good --set model.path=bad/pytorch_model.bin
rm -rf bad
cp -r "$fixtures/tiny-untied-f16-sharded" bad
shard=$(ls bad/*.safetensors | head -n 1)
rm "$shard"
refuse "$shard: is not there, but .*index.json names it: [0-9]* of [0-9]* files are there" $good --set model.path=bad

# The output.
: >out-there.json
refuse 'out-there.json exists already' -c "$tiny" --set output.path=out-there.json
refuse 'dir' -c "$tiny" --set output.path=dir
printf 'something else\n' >mine.json.journal
refuse 'mine.json.journal' -c "$tiny" --set output.path=mine.json
[ "$(cat mine.json.journal)" = 'something else' ] || fail "a file that is no journal was changed"
echo "$n refusals"
