/* SPDX-License-Identifier: MIT */
#include "program.h"

#include "alloc.h"

#include <inttypes.h>

const char *rft_op_name(enum rft_op op)
{
    static const char *const names[] = {
#define RFT_OP(name, grid) #name,
#include "ops.def"
#undef RFT_OP
    };
    return op < RFT_OP_COUNT ? names[op] : "?";
}

struct rft_node_matrix rft_node_matrix(const struct rft_node *node)
{
    const void *args = node->args.bytes;
    if (node->op == RFT_OP_qkv) {
        const struct rft_args_qkv *a = args;
        return (struct rft_node_matrix){a->n, a->dim, a->format, false};
    }
    if (node->op == RFT_OP_residual) {
        const struct rft_args_residual *a = args;
        return (struct rft_node_matrix){a->dim, a->k, a->format, (a->flags & RFT_QUANTISED) != 0};
    }
    if (node->op == RFT_OP_gate_up) {
        const struct rft_args_gate_up *a = args;
        return (struct rft_node_matrix){2 * a->ffn_dim, a->dim, a->format, (a->flags & RFT_QUANTISED) != 0};
    }
    if (node->op == RFT_OP_draw) {
        const struct rft_args_draw *a = args;
        return (struct rft_node_matrix){a->n, a->dim, a->format, false};
    }
    if (node->op == RFT_OP_project) {
        const struct rft_args_project *a = args;
        return (struct rft_node_matrix){a->n, a->dim, a->format, false};
    }
    return (struct rft_node_matrix){0, 0, 0, false};
}

bool rft_ranges_overlap(struct rft_range a, struct rft_range b)
{
    return a.bytes != 0 && b.bytes != 0 && a.address < b.address + b.bytes && b.address < a.address + a.bytes;
}

static bool any_overlap(const struct rft_range *a, uint32_t n_a, const struct rft_range *b, uint32_t n_b)
{
    for (uint32_t i = 0; i < n_a; i++)
        for (uint32_t j = 0; j < n_b; j++)
            if (rft_ranges_overlap(a[i], b[j]))
                return true;
    return false;
}

static bool must_wait_for(const struct rft_node *node, const struct rft_node *before)
{
    return any_overlap(node->reads, node->n_reads, before->writes, before->n_writes) ||
           any_overlap(node->writes, node->n_writes, before->writes, before->n_writes) ||
           any_overlap(node->writes, node->n_writes, before->reads, before->n_reads);
}

enum rft_status rft_program_add(struct rft_program *program, const struct rft_node *node)
{
    struct rft_node *added;
    void *nodes = program->nodes;
    if (rft_grow(&nodes, &program->cap_nodes, program->n_nodes + 1, sizeof *program->nodes) != 0)
        return RFT_ERR_HOST_MEMORY;
    program->nodes = nodes;
    added = &program->nodes[program->n_nodes];
    *added = *node;
    added->barrier = false;
    for (size_t i = program->first_unfenced; i < program->n_nodes && !added->barrier; i++)
        added->barrier = must_wait_for(added, &program->nodes[i]);
    if (added->barrier)
        program->first_unfenced = program->n_nodes;
    program->n_nodes++;
    return RFT_OK;
}

void rft_program_finish(struct rft_program *program)
{
    rft_free(program->nodes);
    *program = (struct rft_program){0};
}

static const char *name_of(struct rft_range range, const struct rft_range_name *names, size_t n_names, uint64_t *offset)
{
    for (size_t i = 0; i < n_names; i++) {
        if (rft_ranges_overlap(range, names[i].range)) {
            *offset = range.address - names[i].range.address;
            return names[i].name;
        }
    }
    *offset = range.address;
    return "?";
}

static enum rft_status dump_ranges(struct rft_str *text, const char *what, const struct rft_range *ranges, uint32_t n,
                                   const struct rft_range_name *names, size_t n_names)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t offset = 0;
        const char *name = ranges[i].bytes == 0 ? "-" : name_of(ranges[i], names, n_names, &offset);
        RFT_TRY(rft_str_printf(text, "%s%s", i == 0 ? what : " ", name));
        if (offset != 0)
            RFT_TRY(rft_str_printf(text, "+%" PRIu64, offset));
        RFT_TRY(rft_str_printf(text, "[%" PRIu64 "]", ranges[i].bytes));
    }
    return RFT_OK;
}

enum rft_status rft_program_dump(const struct rft_program *program, const struct rft_range_name *names, size_t n_names,
                                 struct rft_str *text)
{
    RFT_TRY(rft_str_printf(text, "program %s: %zu nodes\n", program->name, program->n_nodes));
    for (size_t i = 0; i < program->n_nodes; i++) {
        const struct rft_node *node = &program->nodes[i];
        RFT_TRY(rft_str_printf(text, "%4zu %c %-10s %-20s", i, node->barrier ? '|' : ' ', rft_op_name(node->op),
                               node->label));
        RFT_TRY(dump_ranges(text, " reads ", node->reads, node->n_reads, names, n_names));
        RFT_TRY(dump_ranges(text, " writes ", node->writes, node->n_writes, names, n_names));
        RFT_TRY(rft_str_append_z(text, "\n"));
    }
    return RFT_OK;
}
