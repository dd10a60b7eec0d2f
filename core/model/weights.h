/* SPDX-License-Identifier: MIT */
/* The weights as they lie on a device: which there are, how large each is in the packed layout, and how a checkpoint's
 * tensors become their bytes. Where they lie is the caller's to fill in. */
#ifndef RFT_WEIGHTS_H
#define RFT_WEIGHTS_H

#include "checkpoint.h"
#include "model.h"
#include "op.h"
#include "status.h"
#include "tensors.h"

/* The weights of one layer, in this order; those that a model does not have take no bytes. The rows of q, k and v are
 * one matrix, or up to three where they are not all of one format. */
#define RFT_LAYER_WEIGHT_LIST(X)                                                                                       \
    X(ATTN_NORM)                                                                                                       \
    X(QKV)                                                                                                             \
    X(QKV_SECOND)                                                                                                      \
    X(QKV_THIRD)                                                                                                       \
    X(QKV_BIAS)                                                                                                        \
    X(QK_NORM)                                                                                                         \
    X(O)                                                                                                               \
    X(O_BIAS)                                                                                                          \
    X(POST_ATTN_NORM)                                                                                                  \
    X(FFN_NORM)                                                                                                        \
    X(GATE_UP)                                                                                                         \
    X(GATE_UP_BIAS)                                                                                                    \
    X(DOWN)                                                                                                            \
    X(DOWN_BIAS)                                                                                                       \
    X(POST_FFN_NORM)
#define RFT_LAYER_WEIGHT_ENUM(name) RFT_LAYER_##name,
enum rft_layer_weight { RFT_LAYER_WEIGHT_LIST(RFT_LAYER_WEIGHT_ENUM) RFT_LAYER_WEIGHT_COUNT };
#undef RFT_LAYER_WEIGHT_ENUM

#define RFT_WEIGHT_PARTS_MAX 3

/* One weight: a packed matrix, or an f32 vector (n = 1). A matrix may stack the rows of several tensors (q, k, v),
 * and a vector their elements. */
struct rft_weight {
    struct rft_matrix matrix; /* matrix.parts: to be filled in; a vector has n = 1, k elements */
    bool is_vector;
    uint32_t layer;
    uint32_t first;    /* of the stacked rows of q, k and v */
    uint32_t n_paired; /* this many of its first rows are packed in pairs (op_args.h) ... */
    uint32_t half;     /* ... of halves of this many rows */
    uint32_t n_turned; /* this many of its first rows are q's and k's: of each head_dim of them ... */
    uint32_t head_dim; /* ... the first n_rotated are rotated, in pairs of halves of those (docs/arithmetic.md) */
    uint32_t n_rotated;
    uint32_t n_parts; /* 0: a vector of ones */
    struct rft_weight_part {
        enum rft_role role;
        uint32_t first;    /* row of the tensor */
        uint32_t n;        /* rows of it */
        uint32_t n_copies; /* of those rows, one behind the other */
    } parts[RFT_WEIGHT_PARTS_MAX];
    uint32_t model_parts; /* the model's: names of tensors depend on them */
    float add, scale;     /* a vector's elements become (v + add) scale */
    uint64_t bytes;       /* 0: the model has no such weight */
};

/* What queries or keys of the layers of a set are rotated by: rft_rope_table. */
struct rft_rope_place {
    enum rft_rope_set set;
    bool is_query;
    uint64_t bytes;         /* 0: no layer is of this set, or queries have the table of keys */
    struct rft_range range; /* to be filled in */
};
#define RFT_ROPE_PLACES (2 * RFT_ROPE_SETS) /* [set][is_query] */

struct rft_weights {
    struct rft_model_config config;
    struct rft_formats formats;
    uint32_t n_positions; /* of the RoPE tables */
    struct rft_rope_place ropes[RFT_ROPE_PLACES];
    struct rft_weight
        *weights; /* [n]: embedding, final norm, head (the embedding itself if tied), then layer by layer */
    size_t n;
};

/* formats: of all matrices; NULL: bf16. */
enum rft_status rft_weights_init(struct rft_weights *weights, const struct rft_model_config *config,
                                 const struct rft_formats *formats, uint32_t n_positions);
void rft_weights_finish(struct rft_weights *weights);

const struct rft_weight *rft_weights_embedding(const struct rft_weights *weights);
const struct rft_weight *rft_weights_final_norm(const struct rft_weights *weights);
const struct rft_weight *rft_weights_head(const struct rft_weights *weights);
const struct rft_weight *rft_weights_layer(const struct rft_weights *weights, uint32_t layer,
                                           enum rft_layer_weight which);

/* The tables of a layer. */
struct rft_rotation rft_weights_rotation(const struct rft_weights *weights, uint32_t layer);

/* The name of one of the tensors that a weight is stacked from. */
void rft_weight_name(const struct rft_weight *weight, uint32_t part, char name[RFT_TENSOR_NAME_BYTES]);

/* The tensor that it has in a checkpoint. */
const struct rft_tensor *rft_weight_tensor(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                           uint32_t part);

/* Units in which a weight is packed: tiles of 16 rows, or 1 for a vector; and the bytes of one. */
uint64_t rft_weight_n_units(const struct rft_weight *weight);
uint64_t rft_weight_unit_bytes(const struct rft_weight *weight);

/* Packs units [unit_0, unit_0 + n_units) into dst. A NaN, an infinity or a magnitude of 2^60 and more is refused by the
 * tensor's name; small magnitudes that became zero are added to *n_zeroed. */
enum rft_status rft_weight_pack(const struct rft_weight *weight, const struct rft_checkpoint *checkpoint,
                                uint64_t unit_0, uint64_t n_units, void *dst, uint64_t *n_zeroed);

#endif
