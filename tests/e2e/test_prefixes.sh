# SPDX-License-Identifier: MIT
# A checkpoint whose tensors have other names than they should: told by what such files come from.
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || { echo "skipped: no python3, which makes the checkpoints"; exit 77; }
model=$source_dir/tests/oracle/data/tiny-tied-bf16
good="-c $tiny --set output.path=out.json"
n=0

# Checkpoints: a copy with one thing wrong.
refuse 'nosuch' $good --set model.path=nosuch
refuse 'dir' $good --set model.path=dir
spoil()
{
    rm -rf bad
    mkdir bad
    cp "$model"/* bad/
}

# A prefix before all names, or in place of "model.": the header's length stays, as the names' and the gap's do.
prefix() # PREFIX: renames in the header
{
    spoil
    python3 - "$1" bad/model.safetensors <<'END'
import json, struct, sys
prefix, path = sys.argv[1:]
data = open(path, "rb").read()
n = struct.unpack("<Q", data[:8])[0]
old = json.loads(data[8:8 + n])
inner = not prefix or "language_model" in prefix
new = {(prefix + k.replace("model.", "", 1) if inner else prefix + k) if k != "__metadata__" else k: v for k, v in old.items()}
head = json.dumps(new).encode()
open(path, "wb").write(struct.pack("<Q", len(head)) + head + data[8 + n:])
END
}
prefix _orig_mod.
refuse 'all names begin with "_orig_mod." instead: they were saved from a compiled module' $good --set model.path=bad
prefix module.
refuse 'all names begin with "module." instead' $good --set model.path=bad
prefix strange.
refuse 'all names begin with "strange." instead: rename them' $good --set model.path=bad

# Names that are as good: those of the inner model alone, and of a model inside a larger one.
job wanted --set model.path="$model" || fail "the model itself: exit code $?"
for inner in '' language_model.model. model.language_model.; do
    prefix "$inner"
    expect inner --set model.path=bad
done
