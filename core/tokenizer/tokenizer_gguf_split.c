/* SPDX-License-Identifier: MIT */
/* Patterns as the models' own tokenizer.json files have them, where llama.cpp writes them in another way for its
 * engine. */
#include "tokenizer_gguf_split.h"

#include "tokenizer_step.h"

#include <string.h>

/* clang-format off */
#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define SPACES "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define UPPER "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWER "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define CASED(tail) "[^\\r\\n\\p{L}\\p{N}]?" UPPER "*" LOWER "+" tail "|[^\\r\\n\\p{L}\\p{N}]?" UPPER "+" LOWER "*" tail
#define SIGNS " ?[^\\s\\p{L}\\p{N}]+"
#define LETTERS(digits) "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" digits "|" SIGNS "[\\r\\n]*|" SPACES
#define WORDS(digits) CONTRACTIONS "|" LETTERS(digits)
/* with the marks on letters */
#define MARKED_WORDS CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}|" \
                     " ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" SPACES

#define DEEPSEEK_CJK "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+"
#define DEEPSEEK_SIGNS "\\s?[!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}]+"
#define DEEPSEEK_LETTERS \
    "\\s?[" \
    "A-Za-z\\x{b5}\\x{c0}-\\x{d6}\\x{d8}-\\x{f6}\\x{f8}-\\x{1ba}\\x{1bc}-\\x{1bf}\\x{1c4}-\\x{293}" \
    "\\x{295}-\\x{2af}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37b}-\\x{37d}\\x{37f}\\x{386}\\x{388}-\\x{38a}" \
    "\\x{38c}\\x{38e}-\\x{3a1}\\x{3a3}-\\x{3f5}\\x{3f7}-\\x{481}\\x{48a}-\\x{52f}\\x{531}-\\x{556}" \
    "\\x{10a0}-\\x{10c5}\\x{13a0}-\\x{13f5}\\x{13f8}-\\x{13fd}\\x{1c90}-\\x{1cba}\\x{1cbd}-\\x{1cbf}" \
    "\\x{1d00}-\\x{1d2b}\\x{1d6b}-\\x{1d77}\\x{1d79}-\\x{1d9a}\\x{1e00}-\\x{1f15}\\x{1f18}-\\x{1f1d}" \
    "\\x{1f20}-\\x{1f45}\\x{1f48}-\\x{1f4d}\\x{1f50}-\\x{1f57}\\x{1f59}\\x{1f5b}\\x{1f5d}\\x{1f5f}-\\x{1f7d}" \
    "\\x{1f80}-\\x{1fb4}\\x{1fb6}-\\x{1fbc}\\x{1fbe}\\x{1fc2}-\\x{1fc4}\\x{1fc6}-\\x{1fcc}\\x{1fd0}-\\x{1fd3}" \
    "\\x{1fd6}-\\x{1fdb}\\x{1fe0}-\\x{1fec}\\x{1ff2}-\\x{1ff4}\\x{1ff6}-\\x{1ffc}\\x{2102}\\x{2107}" \
    "\\x{210a}-\\x{2113}\\x{2115}\\x{2119}-\\x{211d}\\x{2124}\\x{2126}\\x{2128}\\x{212a}-\\x{212d}" \
    "\\x{212f}-\\x{2134}\\x{2139}\\x{213c}-\\x{213f}\\x{2145}-\\x{2149}\\x{214e}\\x{2183}\\x{2184}" \
    "\\x{2c00}-\\x{2c7b}\\x{2c7e}-\\x{2ce4}\\x{2ceb}-\\x{2cee}\\x{2cf2}\\x{2cf3}\\x{a640}-\\x{a66d}" \
    "\\x{a680}-\\x{a69b}\\x{a722}-\\x{a76f}\\x{a771}-\\x{a787}\\x{a78b}-\\x{a78e}\\x{ab70}-\\x{abbf}" \
    "\\x{fb00}-\\x{fb06}\\x{fb13}-\\x{fb17}\\x{ff21}-\\x{ff3a}\\x{ff41}-\\x{ff5a}\\x{10400}-\\x{1044f}" \
    "\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}" \
    "\\x{118a0}-\\x{118df}\\x{1e900}-\\x{1e943}" \
    "]+"
#define DEEPSEEK_V3_CJK "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+"
#define DEEPSEEK_V3_WORDS "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|" \
                          "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|" SPACES
#define BAILING_WORDS "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}|" \
                      " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"
#define SEED_WORDS CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" SPACES

static const struct rft_tok_gguf_split splits[] = {
    { " default ", { "[\\p{P}$+<=>^~|]+", RFT_TOK_GPT2_PATTERN, "\\p{N}+", "[0-9][0-9][0-9]" }, false, false },
    { " gpt-2 phi-2 mpt olmo jais trillion gigachat mellum a.x-4.0 exaone4 granite-docling ",
      { RFT_TOK_GPT2_PATTERN }, false, false },
    { " smollm starcoder refact command-r codeshell exaone minerva-7b mellum2 ",
      { "\\p{N}", RFT_TOK_GPT2_PATTERN }, false, false },
    { " llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral lfm2 midm-2.0 ", { WORDS("\\p{N}{1,3}") }, true, true },
    { " glm4 glm5 ", { WORDS("\\p{N}{1,3}") }, true, false },
    { " dbrx smaug-bpe chatglm-bpe ", { WORDS("\\p{N}{1,3}") }, false, false },
    { " qwen2 deepseek-r1-qwen megrez stablelm2 hunyuan solar-open kormo grok-2 ", { WORDS("\\p{N}") }, false, false },
    { " qwen35 ", { MARKED_WORDS }, false, false },
    { " ufakzeka ", { LETTERS("\\p{N}") }, false, false },
    { " falcon ", { "[\\p{P}$+<=>^~|`]+", RFT_TOK_GPT2_PATTERN, "[0-9][0-9][0-9]" }, false, false },
    { " deepseek-llm ", { "[\\r\\n]", DEEPSEEK_LETTERS, DEEPSEEK_SIGNS, "\\s+$", DEEPSEEK_CJK, "\\p{N}+" },
      false, false },
    { " deepseek-coder ", { "[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", DEEPSEEK_CJK, "\\p{N}" }, false, false },
    { " deepseek-v3 hunyuan-dense joyai-llm hy_v4 ", { "\\p{N}{1,3}", DEEPSEEK_V3_CJK, DEEPSEEK_V3_WORDS },
      false, false },
    { " tekken ", { CASED("") "|\\p{N}|" SIGNS "[\\r\\n/]*|" SPACES }, true, true },
    { " gpt-4o llama4 kanana2 talkie minimax-m2 ",
      { CASED(CONTRACTIONS "?") "|\\p{N}{1,3}|" SIGNS "[\\r\\n/]*|" SPACES }, false, false },
    { " bailingmoe bailingmoe2 llada-moe ", { BAILING_WORDS }, false, false },
    { " seed-coder ", { SEED_WORDS }, false, false },
};
/* clang-format on */

const struct rft_tok_gguf_split *rft_tok_gguf_split_find(struct rft_bytes name)
{
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++)
        for (const char *p = splits[i].names; p[1] != '\0';) {
            size_t n = strcspn(p + 1, " ");
            if (rft_bytes_equal(name, (struct rft_bytes){p + 1, n}))
                return &splits[i];
            p += n + 1;
        }
    return NULL;
}
