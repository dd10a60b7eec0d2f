/* SPDX-License-Identifier: MIT */
#include "cpu_reference.h"

#include "cpu.h"

void cpu_reference_run(const struct rft_node *node)
{
    const struct cpu_form *plain = cpu_form_at(cpu_n_forms() - 1);
    const struct cpu_kernel *kernel = cpu_kernel_of(plain, node->op);
    const struct cpu_worker worker = {.index = 0, .n = 1};
    uint32_t n_items = kernel->n_items(node->args.bytes, worker.n);
    for (uint32_t item = 0; item < n_items; item++)
        kernel->run(node->args.bytes, item, worker);
}
