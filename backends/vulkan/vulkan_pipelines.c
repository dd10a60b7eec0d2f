/* SPDX-License-Identifier: MIT */
/* The rule. A processor that acts as a Vulkan device takes the variant without shared work ("rows"); a GPU takes
 * "lanes" for the few rows of a decode step, where weights must stream at the memory's speed, and "tiled" for prefills
 * and many slots, where they must be used often. Each is there for matrices of bf16 and of integers, "lanes" and
 * "tiled" also with dot products of bytes, which are taken where the device says that they are in hardware. All give
 * the same bits, so the rule is free to change. */
#include "vulkan_pipelines.h"

#include "vulkan_shaders.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define ROWS_QUADS 16u /* quads of matrix rows of a workgroup: QUADS_OF_GROUP of shaders/matmul.glsl */
#define LANES_QUADS 4u /* but where its outputs are quantised: QUADS_TAKEN there */
#define TILED_QUADS 16u
#define TILED_COLUMNS 32u
#define LANES_ROWS_MAX 16u /* more rows than that: tiled */
#define HEAD_WORK 8u       /* operations to norm and rotate an element of a head, beside its norm's squares */
#define DRAW_WORK 100.0    /* operations to draw an entry of the vocabulary, beside its dot product */
#define SCORE_WORK 40.0    /* operations to add an entry's exponential */

uint64_t vulkan_pipelines_hash(void)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++)
        hash = XXH64(vulkan_shaders[i].code, vulkan_shaders[i].n_bytes, hash);
    return hash;
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Variant and columns, from what stands behind the op and its products; false if there is no such variant. */
static bool describe_variant(const char *rest, struct vulkan_pipeline *p)
{
    static const struct {
        const char *suffix;
        enum vulkan_variant variant;
        uint32_t columns; /* 0: a number follows */
    } variants[] = {{"", VULKAN_PLAIN, 1},      {"_narrow", VULKAN_NARROW, 1},
                    {"_wide", VULKAN_WIDE, 1},  {"_tiled", VULKAN_TILED, TILED_COLUMNS},
                    {"_rows_", VULKAN_ROWS, 0}, {"_lanes_", VULKAN_LANES, 0}};
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        const size_t n = strlen(variants[i].suffix);
        const bool fits =
            variants[i].columns != 0 ? strcmp(rest, variants[i].suffix) == 0 : begins_with(rest, variants[i].suffix);
        if (!fits)
            continue;
        p->variant = variants[i].variant;
        p->columns = variants[i].columns != 0 ? variants[i].columns : (uint32_t)strtoul(rest + n, NULL, 10);
        return true;
    }
    return false;
}

struct vulkan_pipeline vulkan_pipeline_describe(const char *name)
{
    static const struct {
        const char *prefix;
        enum vulkan_products products;
    } products[] = {{"", VULKAN_OF_BF16}, {"_integers", VULKAN_OF_INTEGERS}, {"_dot", VULKAN_OF_BYTES}};
    for (int op = 0; op < RFT_OP_COUNT; op++) {
        const char *stem = rft_op_name((enum rft_op)op), *rest = name + strlen(stem);
        for (size_t i = 0; i < sizeof products / sizeof *products && begins_with(name, stem); i++) {
            struct vulkan_pipeline p = {.op = (enum rft_op)op, .products = products[i].products};
            if (!begins_with(rest, products[i].prefix) || !describe_variant(rest + strlen(products[i].prefix), &p))
                continue;
            if (p.variant < VULKAN_ROWS) /* for any, which no prefix says */
                p.products = VULKAN_OF_ANY;
            if (p.variant >= VULKAN_ROWS || products[i].prefix[0] == '\0')
                return p;
        }
    }
    return (struct vulkan_pipeline){.op = RFT_OP_COUNT};
}

bool vulkan_pipeline_is_for(const struct vulkan_pipeline *p, const struct vulkan_facts *facts, bool is_test)
{
    if (p->products != VULKAN_OF_BYTES || facts->has_fast_dot)
        return true;
    return is_test && facts->has_dot && p->op == RFT_OP_project;
}

static enum vulkan_variant variant_for(bool is_cpu, enum rft_op op, uint32_t n_rows)
{
    if (op == RFT_OP_attention)
        return is_cpu ? VULKAN_NARROW : VULKAN_WIDE;
    if (op != RFT_OP_qkv && op != RFT_OP_residual && op != RFT_OP_gate_up && op != RFT_OP_project && op != RFT_OP_draw)
        return VULKAN_PLAIN;
    if (is_cpu)
        return VULKAN_ROWS;
    return n_rows <= LANES_ROWS_MAX ? VULKAN_LANES : VULKAN_TILED;
}

static enum vulkan_products products_for(const struct vulkan_facts *facts, const struct rft_node *node)
{
    const struct rft_node_matrix m = rft_node_matrix(node);
    if (m.n == 0)
        return VULKAN_OF_ANY;
    if (m.format == RFT_FORMAT_BF16)
        return VULKAN_OF_BF16;
    return facts->has_fast_dot && facts->type != VK_PHYSICAL_DEVICE_TYPE_CPU ? VULKAN_OF_BYTES : VULKAN_OF_INTEGERS;
}

static bool is_alike(const struct vulkan_pipeline *a, const struct vulkan_pipeline *b)
{
    return a->op == b->op && a->variant == b->variant && a->products == b->products;
}

/* The pipeline of the variant whose columns waste least: the rows are cut into equal groups of at most as many as the
 * largest takes, and that is as many as have their sums in registers (GPUs: 96 of them, so that enough workgroups hide
 * each other's waits). */
uint32_t vulkan_pipeline_for(const struct vulkan_pipeline *pipelines, const struct vulkan_facts *facts,
                             const struct rft_node *node)
{
    const uint32_t n_rows = node->n_rows;
    const struct vulkan_pipeline wanted = {
        .op = node->op,
        .variant = variant_for(facts->type == VK_PHYSICAL_DEVICE_TYPE_CPU, node->op, n_rows),
        .products = products_for(facts, node)};
    uint32_t columns_max = 1, best = n_vulkan_shaders;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++)
        if (is_alike(&pipelines[i], &wanted) && pipelines[i].columns > columns_max)
            columns_max = pipelines[i].columns;
    const uint32_t n_groups = (n_rows + columns_max - 1) / columns_max;
    const uint32_t columns = n_groups == 0 ? 1 : (n_rows + n_groups - 1) / n_groups;
    for (uint32_t i = 0; i < n_vulkan_shaders; i++) {
        const struct vulkan_pipeline *p = &pipelines[i];
        if (is_alike(p, &wanted) && p->columns >= columns &&
            (best == n_vulkan_shaders || p->columns < pipelines[best].columns))
            best = i;
    }
    assert(best < n_vulkan_shaders);
    return best;
}

/* Of a workgroup of lanes: a tile; or the quads whose results are a block of 32 outputs, where those may be quantised.
 */
static uint32_t quads_of_lanes(const struct vulkan_pipeline *p, const struct rft_node *node)
{
    if (p->products == VULKAN_OF_BF16 && !rft_node_matrix(node).is_quantised)
        return LANES_QUADS;
    return node->op == RFT_OP_gate_up    ? RFT_QUANT_BLOCK / 2
           : node->op == RFT_OP_residual ? RFT_QUANT_BLOCK / 4
                                         : LANES_QUADS;
}

static uint32_t quads_of_group(const struct vulkan_pipeline *p, const struct rft_node *node)
{
    return p->variant == VULKAN_LANES ? quads_of_lanes(p, node) : p->variant == VULKAN_ROWS ? ROWS_QUADS : TILED_QUADS;
}

static struct vulkan_call matmul_call(const struct vulkan_pipeline *p, const struct rft_node *node)
{
    const uint32_t quads = quads_of_group(p, node);
    const struct rft_node_matrix m = rft_node_matrix(node);
    const uint32_t n_quads = (m.n + RFT_TILE - 1) / RFT_TILE * (RFT_TILE / 4);
    return (struct vulkan_call){
        .n_groups = (n_quads + quads - 1) / quads * ((node->n_rows + p->columns - 1) / p->columns),
        .work_per_group = 4.0 * quads * p->columns * (m.k + (node->op == RFT_OP_draw ? DRAW_WORK : 0.0))};
}

/* Scratch has a place for the score of each key; those before a window are not looked at. */
static double attention_work(const struct rft_args_attention *a)
{
    const uint32_t heads = (a->n_heads / a->n_kv_heads + 3) / 4 * 4, n_keys = a->scratch_floats / heads;
    return 2.0 * heads * a->head_dim * (n_keys < a->window ? n_keys : a->window);
}

struct vulkan_call vulkan_pipeline_call(const struct vulkan_pipeline *p, const struct rft_node *node)
{
    const void *args = node->args.bytes;
    struct vulkan_call call = {.n_groups = node->n_rows, .work_per_group = 1};
    if (p->variant >= VULKAN_ROWS) {
        call = matmul_call(p, node);
    } else if (node->op == RFT_OP_attention) {
        call.n_groups = node->n_rows * ((const struct rft_args_attention *)args)->n_kv_heads;
        call.work_per_group = attention_work(args);
    } else if (node->op == RFT_OP_embed) {
        call.work_per_group = ((const struct rft_args_embed *)args)->dim;
    } else if (node->op == RFT_OP_quantise) {
        call.work_per_group = 4.0 * ((const struct rft_args_quantise *)args)->k;
    } else if (node->op == RFT_OP_heads) {
        const struct rft_args_heads *a = args;
        call.n_groups = node->n_rows * (a->n_heads + 2 * a->n_kv_heads);
        call.work_per_group =
            (double)(HEAD_WORK + a->q_span) * a->head_dim; /* every head adds all of its span's squares */
    } else if (node->op == RFT_OP_post_norm) {
        call.work_per_group = 4.0 * ((const struct rft_args_post_norm *)args)->dim;
    } else if (node->op == RFT_OP_sample) {
        const struct rft_args_sample *a = args;
        call.n_groups = node->n_rows * a->n_parts;
        call.work_per_group = DRAW_WORK * RFT_SAMPLE_PART;
    } else if (node->op == RFT_OP_score) {
        call.n_groups = node->n_rows * ((const struct rft_args_score *)args)->n_parts;
        call.work_per_group = SCORE_WORK * RFT_SAMPLE_PART;
    } else if (node->op == RFT_OP_filter) {
        call.work_per_group = 400.0 * ((const struct rft_args_filter *)args)->vocab;
    } else if (node->op == RFT_OP_advance) {
        call.work_per_group = ((const struct rft_args_advance *)args)->n_parts;
    }
    call.pipeline = p->handle;
    call.args_bytes = node->args_bytes;
    return call;
}
