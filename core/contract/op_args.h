/* SPDX-License-Identifier: MIT */
/* What kernels are given: one argument struct of at most 128 bytes per op, and the records that live in device memory.
 * One text for C, GLSL and CUDA; offsets agree because every member is 4 or 8 bytes and naturally aligned.
 *
 * Addresses are device addresses. Shapes: `rows` is the number of rows in use (batch.n_rows), at most the capacity that
 * the buffers were made for; a row is one token of one sequence: a prompt's token in a prefill, a slot's newest token
 * in a step. bf16 arrays are read as 32-bit words, the even element in the low half. */
#ifndef RFT_OP_ARGS_H
#define RFT_OP_ARGS_H

#include "lang.h"

#define RFT_PAGE_TOKENS 16u /* tokens of a KV page */
#define RFT_HEAD_DIM_MAX 256u
#define RFT_SCRATCH_ROWS 16u /* score rows of a piece of scratch, where pieces belong to workers */
#define RFT_DOT_BLOCK 64u    /* elements of a dot product, and keys of a softmax, that are summed apart */

/* Where a row stands. Everything above RUNNING is an end. */
#define RFT_ROW_IDLE 0u
#define RFT_ROW_RUNNING 1u
#define RFT_ROW_STOP 2u       /* an end-of-sequence token was drawn */
#define RFT_ROW_LENGTH 3u     /* n_new_max tokens were drawn */
#define RFT_ROW_NOT_FINITE 4u /* an activation was not finite or at least 2^60 */

/* Step state of one row. `bad` is set by kernels, read and turned into NOT_FINITE by advance. */
struct rft_row {
    RFT_U32 token;        /* the row's input token */
    RFT_U32 position;     /* of that token in its sequence, from 0 */
    RFT_U32 n_prompt;     /* tokens of the prompt: positions below are in prompt pages, the others in own pages */
    RFT_U32 prompt_table; /* index in `tables` of the sequence's first prompt page */
    RFT_U32 own_table;    /* index in `tables` of its first own page */
    RFT_U32 state;        /* RFT_ROW_* */
    RFT_U32 bad;
    RFT_U32 n_new; /* tokens drawn so far */
    RFT_U32 n_new_max;
    RFT_U32 sample_index; /* which sample of its question, for the random counter */
    RFT_U32 key0;         /* random key of the question */
    RFT_U32 key1;
    RFT_U32 rope_first; /* where the sequence's part of the RoPE tables begins: a position counts from there */
    RFT_U32 inverse_temperature_bits; /* f32; 1 for a greedy row */
    RFT_U32 is_greedy;                /* temperature 0: no noise, and no cutoff, as the greatest logit is never cut */
    RFT_U32 unused0;
};

struct rft_batch {
    RFT_U32 n_rows; /* rows in use */
    RFT_U32 unused0, unused1, unused2;
};

/* Cutoff of one row's distribution: an entry stays if its (key, id) is not behind (key, id) in the order key
 * descending, id ascending, and, with min-p, if exp(s - max) >= min_p. */
struct rft_cutoff {
    RFT_U32 key;
    RFT_U32 id;
    RFT_U32 max_bits; /* the row's greatest scaled logit */
    RFT_U32 unused0;
};

/* Best candidate of a part of the vocabulary; key 0 = none, with id 0. Parts ascend, and so do their ids. */
struct rft_candidate {
    RFT_U32 key;
    RFT_U32 id;
};

/* Of a part of the vocabulary: the greatest score, RFT_BITS_NO_SCORE if there is none, and the sum of the scores' terms
 * against it. */
struct rft_score {
    RFT_U32 max_bits;
    RFT_U32 sum_bits;
};

/* A packed matrix [n][k] bf16 is stored as [ceil(n / 16)][RFT_PADDED(k) / 2][16] words; the word holds elements 2i and
 * 2i + 1 of one matrix row; rows past n and elements past k are zero. Activations that a matrix is multiplied with have
 * RFT_PADDED(k) elements, of which those past k are zero, too: adding +0 changes no sum. So kernels see whole blocks
 * only.
 *
 * Activation rows: RFT_PADDED(k) bf16, and room for the row quantised (below): RFT_ROW_WORDS(k) words.
 *
 * A normed row ("h") is what a matmul behind an RMSNorm reads: RFT_PADDED(dim) bf16, x times the norm's weight, behind
 * them RFT_PADDED(dim) / 16 f32, the sums of the squares of 16 neighbouring x, and room for the row quantised. Whoever
 * reads it scales its results.
 *
 * Paired rows: the rows of two halves a and b of one matrix are packed as a0 a1 b0 b1 a2 a3 b2 b3 ..., so that both
 * parts of a rotation (dimensions i and i + head_dim / 2), or a gate and its up, lie in one tile.
 *
 * KV pages of one layer: [n_pages][n_kv_heads], each K as [head_dim / 2][16] words (two neighbouring dimensions of one
 * key), then V as [16][head_dim] bf16. head_dim is a multiple of 8. */
#define RFT_TILE 16u /* rows of a packed weight tile, and squares that are summed apart */
#define RFT_PADDED(k) (((k) + 63u) / 64u * 64u)
/* 32-bit words of an activation row, and of a normed row, before its quantised part; and of all of it. */
#define RFT_ROW_QUANTISED(k) (RFT_PADDED(k) / 2u)
#define RFT_H_QUANTISED(dim) (RFT_PADDED(dim) / 2u + RFT_PADDED(dim) / 16u)
#define RFT_ROW_WORDS(k) (RFT_ROW_QUANTISED(k) + RFT_QUANTISED_WORDS(k))
#define RFT_H_WORDS(dim) (RFT_H_QUANTISED(dim) + RFT_QUANTISED_WORDS(dim))

/* A row quantised: RFT_PADDED(k) signed bytes, and behind them struct rft_quantised_block for each 32 of them. Whoever
 * writes a row for a matrix of integers (RFT_QUANTISED among its flags) writes this part of what it wrote, too: blocks
 * that hold one of its elements. Those past k are zero. */
#define RFT_QUANT_BLOCK 32u
#define RFT_QUANTISED_WORDS(k) (RFT_PADDED(k) / 4u + RFT_PADDED(k) / 8u)
struct rft_quantised_block {
    RFT_U32 scale_bits; /* f32: an element is its byte times this */
    RFT_U32 sum_bits;   /* f32: scale times the sum of the bytes */
    RFT_I32 sum0;       /* of the first 16 bytes ... */
    RFT_I32 sum1;       /* ... and of the others */
};

/* How a matrix is packed (`format` of an op's arguments): 0 is bf16, as above. Else its elements are integers under
 * scales, as quantised formats have them: (integer - RFT_FORMAT_ZERO) scale + minimum. A tile of 16 rows is then a list
 * of blocks of 64 columns, each its integers and then its scales, in words of [16]: one of each row.
 *
 * Integers of 8 bits: 16 words; a word has four neighbouring elements, signed bytes.
 *
 * Of 4 bits: 8 words; a word has eight elements, the first four in the low halves of its bytes.
 *
 * Of 6 bits: the same, and then 4 words of the upper two bits of 16 elements; of elements 4 i to 4 i + 3 they are bits
 * 2 i and 2 i + 1 of the four bytes.
 *
 * Scales: one word, an f16 for each 32 columns. With MINIMA two words, for each 32 columns f16 scale and f16 minimum.
 *
 * SUPER scales are bytes, and [16] words of f16 scale and f16 minimum that they are multiplied with stand in front of
 * every four blocks: K is a multiple of 256. One word: scale and minimum for each 32 columns. With HALVES a signed
 * scale for each 16 columns; or, with MINIMA, too, two words: scale and minimum for each 16.
 *
 * Rows past n and columns past k are zero. */
#define RFT_FORMAT_BF16 0u
#define RFT_FORMAT_MINIMA 0x10000u
#define RFT_FORMAT_SUPER 0x20000u
#define RFT_FORMAT_HALVES 0x40000u
#define RFT_FORMAT(bits, zero, flags) ((bits) | (zero) << 8u | (flags))
#define RFT_FORMAT_BITS(format) ((format)&0xffu)
#define RFT_FORMAT_ZERO(format) ((format) >> 8u & 0xffu)
#define RFT_FORMAT_IS(format, flag) (((format) & (flag)) != 0u)
/* Words of a block of 64 columns and one row: all, and of its scales. */
#define RFT_FORMAT_SCALE_WORDS(format)                                                                                 \
    (RFT_FORMAT_IS(format, RFT_FORMAT_MINIMA) &&                                                                       \
             RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) == RFT_FORMAT_IS(format, RFT_FORMAT_HALVES)                       \
         ? 2u                                                                                                          \
         : 1u)
#define RFT_FORMAT_BLOCK_WORDS(format) (2u * RFT_FORMAT_BITS(format) + RFT_FORMAT_SCALE_WORDS(format))
/* Words of a tile before block b; of a whole tile with b = RFT_PADDED(k) / 64. Before it: where its super-block's f16s
 * lie is RFT_FORMAT_SUPER_WORD. */
#define RFT_FORMAT_BLOCK_WORD(format, b)                                                                               \
    (RFT_TILE * ((b)*RFT_FORMAT_BLOCK_WORDS(format) + (RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) ? (b) / 4u + 1u : 0u)))
#define RFT_FORMAT_SUPER_WORD(format, b) (RFT_TILE * ((b) / 4u * (4u * RFT_FORMAT_BLOCK_WORDS(format) + 1u)))
#define RFT_FORMAT_TILE_WORDS(format, k)                                                                               \
    ((format) == RFT_FORMAT_BF16 ? RFT_TILE * (RFT_PADDED(k) / 2u)                                                     \
                                 : RFT_TILE * (RFT_PADDED(k) / 64u * RFT_FORMAT_BLOCK_WORDS(format) +                  \
                                               (RFT_FORMAT_IS(format, RFT_FORMAT_SUPER) ? RFT_PADDED(k) / 256u : 0u)))

/* Every layout there is: what bits, zero and flags stand for which of a file's formats. X(name, format) */
#define RFT_FORMAT_LIST(X)                                                                                             \
    X(Q8, RFT_FORMAT(8u, 0u, 0u))                                       /* Q8_0, and what is rounded at load */        \
    X(Q4, RFT_FORMAT(4u, 8u, 0u))                                       /* Q4_0 */                                     \
    X(Q4_MIN, RFT_FORMAT(4u, 0u, RFT_FORMAT_MINIMA))                    /* Q4_1 */                                     \
    X(Q6, RFT_FORMAT(6u, 16u, 0u))                                      /* Q5_0 */                                     \
    X(Q6_MIN, RFT_FORMAT(6u, 0u, RFT_FORMAT_MINIMA))                    /* Q5_1 */                                     \
    X(K4_MIN, RFT_FORMAT(4u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA)) /* Q4_K */                                     \
    X(K6_MIN, RFT_FORMAT(6u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA)) /* Q5_K */                                     \
    X(K6, RFT_FORMAT(6u, 32u, RFT_FORMAT_SUPER | RFT_FORMAT_HALVES))    /* Q6_K */                                     \
    X(K4, RFT_FORMAT(4u, 4u, RFT_FORMAT_SUPER | RFT_FORMAT_HALVES))     /* Q3_K */                                     \
    X(K4_HALVES, RFT_FORMAT(4u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_MINIMA | RFT_FORMAT_HALVES)) /* Q2_K */              \
    X(K8, RFT_FORMAT(8u, 0u, RFT_FORMAT_SUPER | RFT_FORMAT_HALVES))                            /* IQ4_XS */

/* Argument structs have no padding (unused0), so that the same call has the same bytes. */

/* A bias lies in the order in which the rows of its matrix are packed, with zeros up to a whole tile, and begins at a
 * multiple of 16 bytes; address 0: none. Rows of f32 whose length is a multiple of 4 begin so, too.
 *
 * A row that is read without a norm in front has inverse_dim_bits = 0 and eps_bits = RFT_BITS_NO_NORM, whose rsqrt is
 * exactly 1, and was written with a norm's weight of ones. */
#define RFT_BITS_NO_NORM 0x3f7fffffu

/* Flag of ops that write activation rows or normed rows: their quantised parts are written, too. */
#define RFT_QUANTISED 1u

/* x[row][i] = scale weight[token][i], f32, and its normed row. A large matrix may lie in parts: only rows whose token
 * is in [first, first + n) are taken. */
struct rft_args_embed {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(weight); /* packed [n][dim] */
    RFT_ADDRESS(norm);   /* [dim] f32: the weight of the norm that comes next */
    RFT_ADDRESS(x);      /* [rows][dim] f32, out */
    RFT_ADDRESS(h);      /* [rows][RFT_H_WORDS(dim)], out */
    RFT_U32 dim;
    RFT_U32 first; /* a multiple of 16 */
    RFT_U32 n;
    RFT_U32 scale_bits; /* f32 */
    RFT_U32 format;     /* of weight, as in all that follows */
    RFT_U32 flags;      /* RFT_QUANTISED or 0 */
};

/* The quantised part of every row: its bf16 elements as bytes under a scale for each 32. For rows whose writers have
 * no whole blocks of 32. */
struct rft_args_quantise {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(y); /* [rows][RFT_ROW_WORDS(k)], in and out */
    RFT_U32 k;
    RFT_U32 unused0;
};

/* q, k, v of every row: scale times (weight times h), plus the bias, q and k rotated by the row's position, rounded to
 * bf16, k and v stored in the row's page; or, where they are not all of one format, [first, first + n) of the stacked
 * rows of q, k and v. Rows not RUNNING are left alone. */
struct rft_args_qkv {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(tables); /* page tables, u32 */
    RFT_ADDRESS(weight); /* packed [n][dim]; of [n_heads + 2 n_kv_heads][head_dim]: q, k (each head's rows paired), v */
    RFT_ADDRESS(h);      /* [rows][RFT_H_WORDS(dim)] */
    RFT_ADDRESS(bias);   /* f32, or 0; of these rows */
    RFT_ADDRESS(q_cos_sin); /* [positions][head_dim / 2][2] f32: what queries are rotated by ... */
    RFT_ADDRESS(k_cos_sin); /* ... and keys: as a rule the same table */
    RFT_ADDRESS(q);         /* [rows][n_heads][head_dim] bf16, out */
    RFT_ADDRESS(prompt_kv); /* the layer's prompt pages */
    RFT_ADDRESS(own_kv);    /* the layer's own pages */
    RFT_U32 dim;
    RFT_U32 n_heads;
    RFT_U32 n_kv_heads;
    RFT_U32 head_dim;
    RFT_U32 inverse_dim_bits; /* f32 of 1 / dim */
    RFT_U32 eps_bits;         /* f32 */
    RFT_U32 format;
    RFT_U32 first; /* a multiple of 16 */
    RFT_U32 n;
    RFT_U32 unused0;
};

/* The rest of qkv where q and k are normed, for which a head, or all of them, must be whole: y is what `project` made
 * of the stacked matrix. Rows not RUNNING are left alone. */
struct rft_args_heads {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(tables);
    RFT_ADDRESS(y);         /* [rows][n_heads + 2 n_kv_heads][head_dim] f32: q, k, v; no rows are paired */
    RFT_ADDRESS(norm);      /* [n_heads + n_kv_heads][head_dim] f32: weights of the norms of q and k */
    RFT_ADDRESS(q_cos_sin); /* as in qkv */
    RFT_ADDRESS(k_cos_sin);
    RFT_ADDRESS(q); /* [rows][n_heads][head_dim] bf16, out */
    RFT_ADDRESS(prompt_kv);
    RFT_ADDRESS(own_kv);
    RFT_U32 n_heads;
    RFT_U32 n_kv_heads;
    RFT_U32 head_dim;
    RFT_U32 q_span;         /* heads that are normed together: 1, or all n_heads of q ... */
    RFT_U32 k_span;         /* ... and all n_kv_heads of k */
    RFT_U32 q_inverse_bits; /* f32 of 1 / (q_span head_dim) */
    RFT_U32 k_inverse_bits;
    RFT_U32 eps_bits;
};

/* y[row][head] = softmax(q k scale) v over the row's prompt keys, then its own keys, of which it sees the last
 * `window`. Rows not RUNNING are left alone. */
struct rft_args_attention {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(tables);
    RFT_ADDRESS(q); /* [rows][n_heads][head_dim] bf16 */
    RFT_ADDRESS(prompt_kv);
    RFT_ADDRESS(own_kv);
    RFT_ADDRESS(y);       /* [rows][RFT_ROW_WORDS(n_heads head_dim)], bf16, out */
    RFT_ADDRESS(scratch); /* caps.n_scratch pieces of scratch_floats f32; if that is 0, one for each row and kv head */
    RFT_U32 n_heads;
    RFT_U32 n_kv_heads;
    RFT_U32 head_dim;
    RFT_U32 scale_bits;       /* f32, as a rule 1 / sqrt(head_dim) */
    RFT_U32 scratch_floats;   /* of a piece: rft_scratch_floats (model/op.h) */
    RFT_U32 window;           /* keys at positions <= position - window are not seen; 0xffffffff: all are */
    RFT_U32 cap_bits;         /* f32: scores become cap tanh(score / cap); 0 = they stay */
    RFT_U32 inverse_cap_bits; /* f32 of 1 / cap */
    RFT_U32 flags;            /* RFT_QUANTISED, where a kv head's outputs are whole blocks of 32, or 0 */
    RFT_U32 unused0;
};
#define RFT_NO_WINDOW 0xffffffffu

/* x[row][i] += sum over j of weight[i][j] y[row][j] + bias[i], and x's normed row. */
struct rft_args_residual {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(weight); /* packed [dim][k] */
    RFT_ADDRESS(y);      /* [rows][RFT_ROW_WORDS(k)] */
    RFT_ADDRESS(norm);   /* [dim] f32: the weight of the norm that comes next */
    RFT_ADDRESS(bias);   /* f32, or 0 */
    RFT_ADDRESS(x);      /* [rows][dim] f32, in and out; with ALONE only out */
    RFT_ADDRESS(h);      /* [rows][RFT_H_WORDS(dim)], out */
    RFT_U32 dim;
    RFT_U32 k;
    RFT_U32 flags; /* RFT_RESIDUAL_ALONE, RFT_QUANTISED or 0 */
    RFT_U32 format;
};
#define RFT_RESIDUAL_ALONE 2u /* x was nothing: the sums themselves, which post_norm adds to the stream */

/* x[row][i] += the norm of y, and x's normed row. */
struct rft_args_post_norm {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(y);      /* [rows][dim] f32: what residual left ALONE, whose sums of squares are in h */
    RFT_ADDRESS(weight); /* [dim] f32: of y's norm */
    RFT_ADDRESS(norm);   /* [dim] f32: of the norm that comes next */
    RFT_ADDRESS(x);      /* [rows][dim] f32, in and out */
    RFT_ADDRESS(h);      /* [rows][RFT_H_WORDS(dim)], in and out */
    RFT_U32 dim;
    RFT_U32 inverse_dim_bits;
    RFT_U32 eps_bits;
    RFT_U32 flags; /* RFT_QUANTISED or 0 */
};

/* y[row][i] = bf16(act(gate) up), gate and up being scale times (weight times h), plus the bias. */
struct rft_args_gate_up {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(weight); /* packed [2 ffn_dim][dim]: gate and up, paired */
    RFT_ADDRESS(h);      /* [rows][RFT_H_WORDS(dim)] */
    RFT_ADDRESS(bias);   /* f32, or 0 */
    RFT_ADDRESS(y);      /* [rows][RFT_ROW_WORDS(ffn_dim)], bf16, out */
    RFT_U32 dim;
    RFT_U32 ffn_dim; /* even */
    RFT_U32 inverse_dim_bits;
    RFT_U32 eps_bits;
    RFT_U32 act; /* RFT_ACT_* */
    RFT_U32 format;
    RFT_U32 flags; /* RFT_QUANTISED or 0 */
    RFT_U32 unused0;
};
#define RFT_ACT_SILU 0u
#define RFT_ACT_GELU_TANH 1u
#define RFT_ACT_GELU_ERF 2u

/* y[row][first + j] = scale times (weight[j] times h[row]), plus the bias, j < n: logits, of which a large matrix may
 * lie in parts, and what `heads` works on. */
struct rft_args_project {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(weight); /* packed [n][dim] */
    RFT_ADDRESS(h);      /* [rows][RFT_H_WORDS(dim)] */
    RFT_ADDRESS(bias);   /* f32, or 0; of this part */
    RFT_ADDRESS(y);      /* [rows][stride] f32, out */
    RFT_U32 dim;
    RFT_U32 stride;
    RFT_U32 first; /* a multiple of 16 */
    RFT_U32 n;
    RFT_U32 inverse_dim_bits;
    RFT_U32 eps_bits;
    RFT_U32 cap_bits; /* as attention's */
    RFT_U32 inverse_cap_bits;
    RFT_U32 format;
    RFT_U32 unused0;
};

/* Turns top-k, top-p and min-p into one cutoff per row. Rows not RUNNING and greedy rows are left alone. */
struct rft_args_filter {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(logits);  /* [rows][vocab] f32 */
    RFT_ADDRESS(mask);    /* [ceil(vocab / 32)] u32: bit set = the vocabulary has this token */
    RFT_ADDRESS(cutoffs); /* [rows] struct rft_cutoff, out */
    RFT_U32 vocab;
    RFT_U32 top_k;       /* 0 = off */
    RFT_U32 top_p_65536; /* p in 1/65536; 65536 = off */
    RFT_U32 unused0;
};

/* Best candidate of each part of the vocabulary: greatest scaled logit plus noise, ties to the lowest id. Marks rows
 * with a bad logit. */
struct rft_args_sample {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(logits);
    RFT_ADDRESS(mask);
    RFT_ADDRESS(cutoffs);
    RFT_ADDRESS(candidates); /* [rows][n_parts] struct rft_candidate, out */
    RFT_U32 vocab;
    RFT_U32 n_parts;    /* part p covers [p, p + 1) * RFT_SAMPLE_PART */
    RFT_U32 min_p_bits; /* f32; +0 = off */
    RFT_U32 flags;      /* RFT_SAMPLE_* or 0 */
};
#define RFT_SAMPLE_PART 2048u
#define RFT_SAMPLE_FILTERED 1u /* `cutoffs` and min_p apply, but to greedy rows */

/* LM head and sampling in one, where no filter wants to see the logits: the best candidate of each tile of the
 * vocabulary, as project and sample would find it, without logits in memory. Marks rows with a bad logit. A large
 * matrix may lie in parts: this one has the entries [first, first + n). Rows not RUNNING are left alone. */
struct rft_args_draw {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(weight);     /* packed [n][dim] */
    RFT_ADDRESS(h);          /* [rows][RFT_H_WORDS(dim)] */
    RFT_ADDRESS(mask);       /* [ceil(vocab / 32)] u32: bit set = the vocabulary has this token */
    RFT_ADDRESS(candidates); /* [rows][n_parts] struct rft_candidate, out; part p covers [p, p + 1) * RFT_TILE */
    RFT_U32 dim;
    RFT_U32 n_parts; /* of the whole vocabulary */
    RFT_U32 first;   /* a multiple of 16 */
    RFT_U32 n;
    RFT_U32 inverse_dim_bits;
    RFT_U32 eps_bits;
    RFT_U32 cap_bits; /* of the logits, as attention's */
    RFT_U32 inverse_cap_bits;
    RFT_U32 format;
    RFT_U32 unused0;
};

/* What a token's log-probability is made of, at temperature 1 and unfiltered: each part's greatest logit and the sum of
 * exponentials against it. Rows not RUNNING are left alone. */
struct rft_args_score {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(logits); /* [rows][vocab] f32 */
    RFT_ADDRESS(mask);
    RFT_ADDRESS(scores); /* [rows][n_parts] struct rft_score, out */
    RFT_U32 vocab;
    RFT_U32 n_parts; /* part p covers [p, p + 1) * RFT_SAMPLE_PART */
};

/* Takes the best candidate of a RUNNING row, ties to the lowest id, as its next token, stores it and, where it is asked
 * for, its log-probability, and moves the row on or ends it. */
struct rft_args_advance {
    RFT_ADDRESS(batch);
    RFT_ADDRESS(rows);
    RFT_ADDRESS(candidates); /* [rows][n_parts], of sample or of draw */
    RFT_ADDRESS(eos);        /* [n_eos] u32 */
    RFT_ADDRESS(tokens);     /* [rows][tokens_stride] u32, out: token i drawn by the row at its place i */
    RFT_ADDRESS(logits);     /* [rows][vocab] f32 */
    RFT_ADDRESS(scores);     /* [rows][n_scores] struct rft_score */
    RFT_ADDRESS(logprobs); /* [rows][tokens_stride] f32, out, as tokens; 0: none are asked for, nor logits and scores */
    RFT_U32 n_parts;
    RFT_U32 n_eos;
    RFT_U32 tokens_stride;
    RFT_U32 vocab;
    RFT_U32 n_scores;
    RFT_U32 unused0;
};

#define RFT_ARGS_BYTES_MAX 128

#endif
