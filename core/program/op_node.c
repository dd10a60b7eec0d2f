/* SPDX-License-Identifier: MIT */
#include "op_node.h"

#include "arith.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void node_begin(struct rft_emit *e, struct rft_node *node, enum rft_op op)
{
    memset(node, 0, sizeof *node);
    node->op = op;
    node->n_rows = e->n_rows;
    snprintf(node->label, sizeof node->label, "%s", e->label != NULL ? e->label : "");
    node->reads[node->n_reads++] = e->batch;
    node->reads[node->n_reads++] = e->rows;
}

uint64_t reads(struct rft_node *node, struct rft_range range, uint64_t bytes)
{
    assert(range.bytes >= bytes && node->n_reads < RFT_NODE_RANGES_MAX);
    (void)bytes;
    node->reads[node->n_reads++] = range;
    return range.address;
}

uint64_t writes(struct rft_node *node, struct rft_range range, uint64_t bytes)
{
    assert(range.bytes >= bytes && node->n_writes < RFT_NODE_RANGES_MAX);
    (void)bytes;
    node->writes[node->n_writes++] = range;
    return range.address;
}

void node_end(struct rft_emit *e, struct rft_node *node, const void *args, size_t args_bytes)
{
    assert(args_bytes <= RFT_ARGS_BYTES_MAX);
    memcpy(node->args.bytes, args, args_bytes);
    node->args_bytes = (uint32_t)args_bytes;
    if (e->status == RFT_OK)
        e->status = rft_program_add(e->program, node);
}

uint64_t rows_of(const struct rft_emit *e, uint64_t n, uint64_t element_bytes)
{
    return e->n_rows * n * element_bytes;
}

uint64_t h_bytes(const struct rft_emit *e)
{
    return rows_of(e, RFT_H_WORDS((uint64_t)e->norm.dim), 4);
}

uint32_t part_rows(const struct rft_matrix *w, uint32_t part)
{
    uint32_t first = part * w->part_rows;
    return part + 1 < w->n_parts ? w->part_rows : w->n - first;
}

uint64_t reads_matrix(struct rft_node *node, const struct rft_matrix *w, uint32_t part)
{
    assert(part == 0 ? w->n_parts == 1 || w->part_rows % RFT_TILE == 0 : part < w->n_parts);
    return reads(node, w->parts[part], rft_packed_bytes(part_rows(w, part), w->k, w->format));
}

uint32_t inverse_bits(uint64_t n)
{
    return RFT_BITS((float)(1.0 / (double)n));
}

uint32_t inverse_cap_bits(float cap)
{
    return cap != 0.0f ? RFT_BITS((float)(1.0 / (double)cap)) : 0;
}
