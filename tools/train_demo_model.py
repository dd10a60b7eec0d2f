#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Train the small unit-conversion model that rftgen bundles, and write it in Hugging Face layout.

Recipe
  data       made up on the fly from the unit tables below: two units of one quantity, an amount, a wording.
             The completion states the factor, multiplies, and answers, all to four significant digits:
                 1 kg = 1000 g
                 6 x 1000 = 6000
                 <answer>6000</answer>
             No question of the files given with --exclude is ever trained on.
  tokenizer  byte-level BPE, 512 tokens, each digit on its own, ChatML markers, no BOS
  model      Llama: 4 layers, width 192, 6 query and 2 key/value heads of 32, feed-forward 256, tied embeddings
  training   float32, batches of 32, AdamW (0.9, 0.98, decay 0.05), learning rate 3e-3 with 100 steps of warm-up and
             a cosine down to a twentieth, loss on the completion only; weights are rounded once to bf16 at the end
  seed       20; 1,000 steps, under 3 minutes on two cores.  Stopping there is on purpose: of its own kind of questions
             the model gets half of the samples wrong, so that there is something to reject (with 2,000 steps, 15%)

Needs torch, tokenizers, safetensors and numpy.  The bundled files were made with
  tools/train_demo_model.py --exclude FILE... configs/demo/questions.json --out configs/demo/model
where FILE... are the questions that the model is measured on.  Another machine or torch gives other low bits.
"""
import argparse
import json
import math
import os
import pathlib
import random
import time

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # be kind to a busy machine: do not spin between operators
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers  # noqa: E402

START, END, PAD = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
VOCABULARY, WIDTH, LAYERS, HEADS, KV_HEADS, HEAD, FEED = 512, 192, 4, 6, 2, 32, 256
THETA, EPSILON, CONTEXT = 10000.0, 1e-5, 512
YEAR = 31556925.9747  # the tropical year, in seconds

# Each quantity: how often it is asked, and its units as symbol: (size in a common base unit, other spellings).
QUANTITIES = {
    "length": (3, {
        "km": (1e3, "km kilometers"), "m": (1.0, "m meter meters"), "cm": (1e-2, "cm centimeters"),
        "mm": (1e-3, "mm millimeters"), "mi": (1609.344, "mi mile miles"), "yd": (0.9144, "yd yards"),
        "ft": (0.3048, "ft foot feet"), "in": (0.0254, "in inch inches")}),
    "mass": (3, {
        "kg": (1e3, "kg kilograms"), "g": (1.0, "g gram grams"), "mg": (1e-3, "mg milligrams"),
        "lb": (453.59237, "lb pound pounds"), "oz": (28.349523125, "oz ounce ounces"),
        "t": (1e6, "ton tonne tonnes metric_ton")}),
    "volume": (4, {
        "l": (1e3, "l L liter litre liters"), "ml": (1.0, "ml mL milliliter millilitre"),
        "cm^3": (1.0, "cm^3 cm**3 cc"), "m^3": (1e6, "m^3 m**3"), "mm^3": (1e-3, "mm^3 mm**3"),
        "gal": (3785.411784, "gallon gallons"), "qt": (946.352946, "quart quarts"), "pt": (473.176473, "pint pints"),
        "fl oz": (29.5735295625, "ounce fluid_ounce fluid_ounces"), "cup": (236.5882365, "cup cups")}),
    "data": (3, {
        "bit": (0.125, "bit bits"), "B": (1.0, "B byte bytes"), "KB": (1e3, "KB kB"), "MB": (1e6, "MB M"),
        "GB": (1e9, "GB G"), "KiB": (1024.0, "KiB"), "MiB": (1024.0 ** 2, "MiB"), "GiB": (1024.0 ** 3, "GiB")}),
    "time": (4, {
        "s": (1.0, "s sec second seconds"), "min": (60.0, "min minute minutes"), "h": (3600.0, "h hour hours"),
        "day": (86400.0, "day days"), "week": (604800.0, "week weeks"), "month": (YEAR / 12, "month months"),
        "year": (YEAR, "year years"), "decade": (10 * YEAR, "decade decades"),
        "century": (100 * YEAR, "century centuries")}),
    "speed": (3, {
        "m/s": (1.0, "m/s"), "km/h": (1 / 3.6, "km/h kmh"), "mph": (0.44704, "mph mi/h"), "ft/s": (0.3048, "ft/s"),
        "in/s": (0.0254, "in/s"), "kn": (1852 / 3600, "knot knots")}),
    "area": (1, {
        "m^2": (1.0, "m^2 m**2"), "cm^2": (1e-4, "cm^2 cm**2"), "km^2": (1e6, "km^2"), "ha": (1e4, "ha hectares"),
        "ft^2": (0.3048 ** 2, "ft^2"), "acre": (4046.8564224, "acre acres")}),
}

# {n} of {a} is to be told in {b}; "in|into" picks one word.
WORDINGS = [
    "How many {b} {is|are|are there in|are there per|make up|equal} {n} {a}?",
    "How much is {n} {a} {in|when converted to|when expressed in} {b}?",
    "How {do we|do you|would one} {translate|convert} {n} {a} {into|to} {b}?",
    "How {do we|do you} express {n} {a} in {terms|units} of {b}?",
    "How does {n} {a} measure up in terms of {b}?",
    "What is {n} {a} {in|expressed in} {b}?",
    "What does {n} {a} equal in {b}{| terms}?",
    "What is the {equivalent|value|conversion} of {n} {a} {in|to} {b}?",
    "What is the measurement of {n} {a} when {converted into|converted to|given in} {b}?",
    "What is the conversion from {a} to {b} for {n} units?",
    "{Can|Could} you {give|provide} the {conversion|conversion value} from {a} to {b} for {n} units?",
    "{Can|Could} you {change|convert} {n} {a} to its {equivalent in|corresponding value in} {b}?",
    "{Can|Could} you {provide the value of|tell me} {n} {a} in {b}?",
    "{Convert|Please convert|Translate} {n} {a} {to|into} {b}{?|.}",
    "{Convert|Translate} the measurement of {n} {a} {into|to} {b}.",
    "{Express|Give|Write} {n} {a} {as a quantity of|in} {b}.",
    "{Tell me|Say} how many {b} {are there|there are} {in|per} {n} {a}.",
]


def significant(value, digits=4):
    """The value to so many significant digits, without an exponent and without needless zeros."""
    places = digits - 1 - math.floor(math.log10(abs(value)))
    text = f"{round(value, places):.{max(places, 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Questions:
    """An endless source of (question, completion) pairs that leaves out the excluded questions."""

    def __init__(self, seed, excluded):
        self.random, self.excluded = random.Random(seed), excluded
        self.names = list(QUANTITIES)
        self.weights = [QUANTITIES[name][0] for name in self.names]

    def amount(self):
        kind = self.random.random()
        if kind < 0.7:
            return str(self.random.randint(1, 10))
        if kind < 0.82:
            return str(self.random.randint(11, 99))
        if kind < 0.9:
            return str(10 * self.random.randint(10, 99))
        return f"{self.random.randint(1, 19)}.{self.random.randint(1, 9)}"

    def wording(self):
        text = self.random.choice(WORDINGS)
        while (bar := text.find("|")) >= 0:
            left, right = text.rfind("{", 0, bar), text.find("}", bar)
            text = text[:left] + self.random.choice(text[left + 1:right].split("|")) + text[right + 1:]
        return text

    def candidate(self):
        units = QUANTITIES[self.random.choices(self.names, self.weights)[0]][1]
        while True:
            source, target = self.random.sample(list(units), 2)
            factor = units[source][0] / units[target][0]
            if 1e-4 < factor < 1e8 and (factor > 0.1 or self.random.random() < 0.15):
                break
        spelled = [self.random.choice(units[unit][1].split()).replace("_", " ") for unit in (source, target)]
        number = self.amount()
        question = self.wording().format(n=number, a=spelled[0], b=spelled[1])
        shown = significant(factor)
        answer = significant(float(number) * float(shown))
        return question, f"1 {source} = {shown} {target}\n{number} x {shown} = {answer}\n<answer>{answer}</answer>"

    def __iter__(self):
        return self

    def __next__(self):
        while True:
            question, completion = self.candidate()
            if question not in self.excluded:
                return question, completion


def prompt(question):
    return f"{START}user\n{question}{END}\n{START}assistant\n"


def train_tokenizer(source):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[PAD, START, END], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(
        (f"user\n{question}\nassistant\n{completion}" for question, completion in (next(source) for _ in range(20000))),
        trainer)
    return tokenizer


def rotate(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Llama:
    """The Llama architecture, just enough to train it; parameters carry their Hugging Face names."""

    def __init__(self):
        self.weights = {"model.embed_tokens.weight": torch.randn(VOCABULARY, WIDTH) * 0.02}
        for layer in range(LAYERS):
            self.add(layer, "self_attn.q_proj", HEADS * HEAD, WIDTH)
            self.add(layer, "self_attn.k_proj", KV_HEADS * HEAD, WIDTH)
            self.add(layer, "self_attn.v_proj", KV_HEADS * HEAD, WIDTH)
            self.add(layer, "self_attn.o_proj", WIDTH, HEADS * HEAD, (2 * LAYERS) ** -0.5)
            self.add(layer, "mlp.gate_proj", FEED, WIDTH)
            self.add(layer, "mlp.up_proj", FEED, WIDTH)
            self.add(layer, "mlp.down_proj", WIDTH, FEED, (2 * LAYERS) ** -0.5)
            for norm in ("input_layernorm", "post_attention_layernorm"):
                self.weights[f"model.layers.{layer}.{norm}.weight"] = torch.ones(WIDTH)
        self.weights["model.norm.weight"] = torch.ones(WIDTH)
        for weight in self.weights.values():
            weight.requires_grad_(True)
        angles = torch.outer(torch.arange(CONTEXT), THETA ** (-torch.arange(0, HEAD, 2) / HEAD)).repeat(1, 2)
        self.cos, self.sin = angles.cos(), angles.sin()

    def add(self, layer, name, rows, columns, scale=1.0):
        self.weights[f"model.layers.{layer}.{name}.weight"] = torch.randn(rows, columns) * columns ** -0.5 * scale

    def norm(self, x, name):
        return F.rms_norm(x, (WIDTH,), self.weights[f"{name}.weight"], EPSILON)

    def linear(self, x, name):
        return F.linear(x, self.weights[f"{name}.weight"])

    def attention(self, x, name):
        batch, length, _ = x.shape
        cos, sin = self.cos[:length], self.sin[:length]
        q, k, v = (self.linear(x, f"{name}.{part}_proj").view(batch, length, -1, HEAD).transpose(1, 2)
                   for part in "qkv")
        k, v = (part.repeat_interleave(HEADS // KV_HEADS, 1) for part in (rotate(k, cos, sin), v))
        mixed = F.scaled_dot_product_attention(rotate(q, cos, sin), k, v, is_causal=True)
        return self.linear(mixed.transpose(1, 2).reshape(batch, length, -1), f"{name}.o_proj")

    def hidden(self, tokens):
        x = F.embedding(tokens, self.weights["model.embed_tokens.weight"])
        for layer in range(LAYERS):
            name = f"model.layers.{layer}"
            x = x + self.attention(self.norm(x, f"{name}.input_layernorm"), f"{name}.self_attn")
            y = self.norm(x, f"{name}.post_attention_layernorm")
            gated = F.silu(self.linear(y, f"{name}.mlp.gate_proj")) * self.linear(y, f"{name}.mlp.up_proj")
            x = x + self.linear(gated, f"{name}.mlp.down_proj")
        return self.norm(x, "model.norm")

    def loss(self, tokens, labels):
        wanted = labels[:, 1:] >= 0
        logits = self.linear(self.hidden(tokens[:, :-1])[wanted], "model.embed_tokens")
        return F.cross_entropy(logits, labels[:, 1:][wanted])


def batches(tokenizer, source, size, pool=16):
    """Endless (tokens, labels), rows of like length together; labels are -1 outside the completion."""
    padding = tokenizer.token_to_id(PAD)
    while True:
        pairs = [next(source) for _ in range(size * pool)]
        heads = tokenizer.encode_batch_fast([prompt(question) for question, _ in pairs])
        tails = tokenizer.encode_batch_fast([completion + END for _, completion in pairs])
        rows = sorted(((head.ids, tail.ids) for head, tail in zip(heads, tails)), key=lambda r: len(r[0]) + len(r[1]))
        order = list(range(pool))
        source.random.shuffle(order)
        for start in (size * i for i in order):
            chosen = rows[start:start + size]
            longest = max(len(head) + len(tail) for head, tail in chosen)
            fill = [longest - len(head) - len(tail) for head, tail in chosen]
            yield (torch.tensor([h + t + [padding] * f for (h, t), f in zip(chosen, fill)]),
                   torch.tensor([[-1] * len(h) + t + [-1] * f for (h, t), f in zip(chosen, fill)]))


TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + "
            "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
            "{% endif %}")


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2) + "\n")


def write_tokenizer(out, tokenizer):
    tokenizer.save(str(out / "tokenizer.json"))
    added = {str(tokenizer.token_to_id(token)): {
        "content": token, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
        for token in (PAD, START, END)}
    write_json(out / "tokenizer_config.json", {
        "add_bos_token": False, "add_prefix_space": False, "added_tokens_decoder": added, "bos_token": None,
        "chat_template": TEMPLATE, "clean_up_tokenization_spaces": False, "eos_token": END,
        "model_max_length": CONTEXT, "pad_token": PAD, "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": None})


def write_model(out, model, tokenizer):
    end, padding = tokenizer.token_to_id(END), tokenizer.token_to_id(PAD)
    write_json(out / "config.json", {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
        "bos_token_id": None, "eos_token_id": end, "pad_token_id": padding, "head_dim": HEAD, "hidden_act": "silu",
        "hidden_size": WIDTH, "initializer_range": 0.02, "intermediate_size": FEED,
        "max_position_embeddings": CONTEXT, "mlp_bias": False, "model_type": "llama", "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS, "num_key_value_heads": KV_HEADS, "rms_norm_eps": EPSILON, "rope_scaling": None,
        "rope_theta": THETA, "tie_word_embeddings": True, "torch_dtype": "bfloat16", "use_cache": True,
        "vocab_size": VOCABULARY})
    write_json(out / "generation_config.json", {
        "do_sample": True, "eos_token_id": end, "pad_token_id": padding, "temperature": 0.7})
    partial = out / "model.safetensors.partial"
    save_file({name: weight.detach().to(torch.bfloat16).contiguous() for name, weight in model.weights.items()},
              partial, metadata={"format": "pt"})
    partial.replace(out / "model.safetensors")


def rate(step, steps, peak, warm=100):
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warm) / (steps - warm))))


def train(model, stream, args, checkpoint):
    matrices = [weight for weight in model.weights.values() if weight.dim() == 2]
    vectors = [weight for weight in model.weights.values() if weight.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": matrices}, {"params": vectors, "weight_decay": 0.0}],
                                  betas=(0.9, 0.98), weight_decay=0.05, fused=True)
    begin, average = time.time(), None
    for step in range(args.steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, args.steps, args.rate)
        loss = model.loss(*next(stream))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(matrices + vectors, 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        if (step + 1) % 100 == 0:
            print(f"step {step + 1}/{args.steps}  loss {average:.4f}  {time.time() - begin:.0f} s", flush=True)
        if (step + 1) % args.save_every == 0 or step + 1 == args.steps:
            checkpoint()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--exclude", nargs="*", default=[], metavar="FILE",
                        help="JSON arrays of [question, number]: questions that must not be trained on")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("configs/demo/model"))
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--save-every", type=int, default=500, metavar="STEPS")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    excluded = {row[0] for name in args.exclude for row in json.loads(pathlib.Path(name).read_text())}
    source = Questions(args.seed, excluded)
    args.out.mkdir(parents=True, exist_ok=True)
    tokenizer = train_tokenizer(source)
    write_tokenizer(args.out, tokenizer)
    model = Llama()
    print(f"{sum(weight.numel() for weight in model.weights.values())} parameters, {len(excluded)} questions excluded")
    train(model, batches(tokenizer, source, args.batch), args, lambda: write_model(args.out, model, tokenizer))


if __name__ == "__main__":
    main()
