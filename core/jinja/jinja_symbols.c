/* SPDX-License-Identifier: MIT */
#include "jinja_symbols.h"

#include <string.h>

/* A name that a block knows. */
struct symbol {
    struct rft_bytes name;
    bool is_hidden; /* its own from the beginning, and undefined then */
};

/* The names of a block that has variables of its own. */
struct frame {
    struct rft_arena *arena;
    const struct frame *parent;
    struct symbol *symbols;
    size_t n, cap;
    bool is_conditional; /* within a condition */
};

static struct symbol *find(const struct frame *f, struct rft_bytes name)
{
    for (size_t i = 0; i < f->n; i++)
        if (rft_bytes_equal(f->symbols[i].name, name))
            return &f->symbols[i];
    return NULL;
}

static bool is_known(const struct frame *f, struct rft_bytes name)
{
    for (; f != NULL; f = f->parent)
        if (find(f, name) != NULL)
            return true;
    return false;
}

static enum rft_status add(struct frame *f, struct symbol symbol)
{
    if (f->n == f->cap) {
        size_t cap = f->cap == 0 ? 8 : 2 * f->cap;
        struct symbol *symbols = rft_arena_take(f->arena, cap, sizeof *symbols);
        if (symbols == NULL)
            return RFT_ERR_HOST_MEMORY;
        if (f->n != 0)
            memcpy(symbols, f->symbols, f->n * sizeof *symbols);
        f->symbols = symbols;
        f->cap = cap;
    }
    f->symbols[f->n++] = symbol;
    return RFT_OK;
}

static enum rft_status load(struct frame *f, struct rft_bytes name)
{
    return is_known(f, name) ? RFT_OK : add(f, (struct symbol){.name = name});
}

static enum rft_status store(struct frame *f, struct rft_bytes name)
{
    if (find(f, name) != NULL)
        return RFT_OK;
    return add(f, (struct symbol){.name = name, .is_hidden = !f->is_conditional && !is_known(f->parent, name)});
}

/* Targets of an assignment; as parameters they have a value from the beginning. */
static enum rft_status store_targets(struct frame *f, const struct rft_jinja_node *target, bool is_parameter)
{
    if (target->op == RFT_JINJA_TARGET_ATTRIBUTE)
        return load(f, target->name);
    if (target->op == RFT_JINJA_NAME && is_parameter)
        return add(f, (struct symbol){.name = target->name});
    if (target->op == RFT_JINJA_NAME)
        return store(f, target->name);
    for (const struct rft_jinja_node *t = target->args; t != NULL; t = t->next)
        RFT_TRY(store_targets(f, t, is_parameter));
    return RFT_OK;
}

/* The names that an expression reads. */
static enum rft_status load_names(struct frame *f, const struct rft_jinja_node *node)
{
    if (node == NULL)
        return RFT_OK;
    if (node->op == RFT_JINJA_NAME)
        return load(f, node->name);
    RFT_TRY(load_names(f, node->a));
    RFT_TRY(load_names(f, node->b));
    RFT_TRY(load_names(f, node->c));
    for (const struct rft_jinja_node *arg = node->args; arg != NULL; arg = arg->next)
        RFT_TRY(load_names(f, arg));
    return RFT_OK;
}

static enum rft_status visit_body(struct frame *f, const struct rft_jinja_node *body);

/* A name that a condition's branches set keeps what it was outside. */
static enum rft_status visit_if(struct frame *f, const struct rft_jinja_node *node)
{
    const bool was_conditional = f->is_conditional;
    RFT_TRY(load_names(f, node->a));
    f->is_conditional = true;
    RFT_TRY(visit_body(f, node->body));
    RFT_TRY(visit_body(f, node->otherwise));
    f->is_conditional = was_conditional;
    return RFT_OK;
}

/* The names of a block's own level: what stands within blocks that have variables of their own is theirs. */
static enum rft_status visit_body(struct frame *f, const struct rft_jinja_node *body)
{
    for (const struct rft_jinja_node *node = body; node != NULL; node = node->next) {
        switch (node->op) {
        case RFT_JINJA_PRINT:
        case RFT_JINJA_CALL_BLOCK:
        case RFT_JINJA_FILTER_BLOCK: RFT_TRY(load_names(f, node->a)); break;
        case RFT_JINJA_IF: RFT_TRY(visit_if(f, node)); break;
        case RFT_JINJA_FOR: RFT_TRY(load_names(f, node->b)); break;
        case RFT_JINJA_SET:
            RFT_TRY(load_names(f, node->b));
            RFT_TRY(store_targets(f, node->a, false));
            break;
        case RFT_JINJA_SET_BLOCK: RFT_TRY(store_targets(f, node->a, false)); break;
        case RFT_JINJA_DEFINE_MACRO: RFT_TRY(store(f, node->name)); break;
        case RFT_JINJA_WITH:
            for (const struct rft_jinja_node *set = node->args; set != NULL; set = set->next)
                RFT_TRY(load_names(f, set->b));
            break;
        default: break;
        }
    }
    return RFT_OK;
}

/* The hidden names of a frame as a list of nodes. */
static enum rft_status list_hidden(const struct frame *f, struct rft_jinja_node **hidden)
{
    for (size_t i = 0; i < f->n; i++) {
        if (!f->symbols[i].is_hidden)
            continue;
        struct rft_jinja_node *node = rft_arena_take(f->arena, 1, sizeof *node);
        if (node == NULL)
            return RFT_ERR_HOST_MEMORY;
        node->op = RFT_JINJA_NAME;
        node->name = f->symbols[i].name;
        node->next = *hidden;
        *hidden = node;
    }
    return RFT_OK;
}

static enum rft_status visit_inner(const struct frame *f, struct rft_jinja_node *body);

/* A block within f: its parameters, then its own level, then the blocks within it. */
static enum rft_status visit_scope(const struct frame *f, struct rft_jinja_node *node, struct rft_jinja_node *body,
                                   struct rft_jinja_node **hidden)
{
    struct frame inner = {.arena = f->arena, .parent = f};
    bool is_loop = node->op == RFT_JINJA_FOR && body == node->body;
    if (is_loop) {
        RFT_TRY(add(&inner, (struct symbol){.name = rft_bytes_z("loop")}));
        RFT_TRY(store_targets(&inner, node->a, true));
    }
    for (const struct rft_jinja_node *arg = node->args; arg != NULL && node->op != RFT_JINJA_FOR; arg = arg->next)
        RFT_TRY(add(&inner, (struct symbol){.name = arg->op == RFT_JINJA_SET ? arg->a->name : arg->name}));
    for (const struct rft_jinja_node *arg = node->args; arg != NULL && node->op == RFT_JINJA_DEFINE_MACRO;
         arg = arg->next)
        RFT_TRY(load_names(&inner, arg->a));
    RFT_TRY(visit_body(&inner, body));
    RFT_TRY(list_hidden(&inner, hidden));
    return visit_inner(&inner, body);
}

static enum rft_status visit_inner(const struct frame *f, struct rft_jinja_node *body)
{
    for (struct rft_jinja_node *node = body; node != NULL; node = node->next) {
        switch (node->op) {
        case RFT_JINJA_IF:
            RFT_TRY(visit_inner(f, node->body));
            RFT_TRY(visit_inner(f, node->otherwise));
            break;
        case RFT_JINJA_FOR:
            RFT_TRY(visit_scope(f, node, node->body, &node->hidden));
            RFT_TRY(visit_scope(f, node, node->otherwise, &node->hidden_otherwise));
            break;
        case RFT_JINJA_SET_BLOCK:
        case RFT_JINJA_DEFINE_MACRO:
        case RFT_JINJA_CALL_BLOCK:
        case RFT_JINJA_FILTER_BLOCK:
        case RFT_JINJA_WITH: RFT_TRY(visit_scope(f, node, node->body, &node->hidden)); break;
        default: break;
        }
    }
    return RFT_OK;
}

enum rft_status rft_jinja_find_hidden(struct rft_jinja_template *template)
{
    struct frame root = {.arena = &template->arena};
    RFT_TRY(visit_body(&root, template->body));
    RFT_TRY(list_hidden(&root, &template->hidden));
    return visit_inner(&root, template->body);
}
