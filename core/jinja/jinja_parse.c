/* SPDX-License-Identifier: MIT */
/* Statements. */
#include "jinja_parse.h"

#include "jinja_value.h"

#include <string.h>

#define DEPTH_MAX 120

enum rft_status rft_jinja_enter(struct rft_jinja_parser *p)
{
    if (++p->depth <= DEPTH_MAX)
        return RFT_OK;
    return rft_jinja_fail_at(p->error, p->token->line, p->token->column, RFT_ERR_INPUT, "nested too deep");
}

bool rft_jinja_is_name(const struct rft_jinja_token *token, const char *name)
{
    return token->kind == RFT_JINJA_T_NAME && rft_bytes_equal(token->text, rft_bytes_z(name));
}

bool rft_jinja_is_operator(const struct rft_jinja_token *token, const char *text)
{
    return token->kind == RFT_JINJA_T_OPERATOR && rft_bytes_equal(token->text, rft_bytes_z(text));
}

bool rft_jinja_skip_name(struct rft_jinja_parser *p, const char *name)
{
    bool is_there = rft_jinja_is_name(p->token, name);
    p->token += is_there;
    return is_there;
}

bool rft_jinja_skip_operator(struct rft_jinja_parser *p, const char *text)
{
    bool is_there = rft_jinja_is_operator(p->token, text);
    p->token += is_there;
    return is_there;
}

enum rft_status rft_jinja_unexpected(struct rft_jinja_parser *p, const char *expected)
{
    const struct rft_jinja_token *t = p->token;
    return rft_jinja_fail_at(p->error, t->line, t->column, RFT_ERR_INPUT, "\"%.*s\" stands where %s is expected",
                             (int)(t->text.len < 40 ? t->text.len : 40), t->text.data, expected);
}

enum rft_status rft_jinja_unsupported(struct rft_jinja_parser *p, const char *what)
{
    return rft_jinja_fail_at(p->error, p->token->line, p->token->column, RFT_ERR_UNSUPPORTED,
                             "%s is not supported in chat templates", what);
}

enum rft_status rft_jinja_expect_operator(struct rft_jinja_parser *p, const char *text)
{
    return rft_jinja_skip_operator(p, text) ? RFT_OK : rft_jinja_unexpected(p, text);
}

enum rft_status rft_jinja_expect_name(struct rft_jinja_parser *p, struct rft_bytes *name)
{
    if (p->token->kind != RFT_JINJA_T_NAME)
        return rft_jinja_unexpected(p, "a name");
    *name = p->token++->text;
    return RFT_OK;
}

enum rft_status rft_jinja_node_new(struct rft_jinja_parser *p, enum rft_jinja_op op, struct rft_jinja_node **node)
{
    *node = rft_arena_take(p->arena, 1, sizeof **node);
    if (*node == NULL)
        return rft_jinja_fail_at(p->error, p->token->line, p->token->column, RFT_ERR_INPUT,
                                 "the template is too large");
    **node = (struct rft_jinja_node){.op = op, .line = p->token->line, .column = p->token->column};
    return RFT_OK;
}

static enum rft_status expect_block_end(struct rft_jinja_parser *p)
{
    if (p->token->kind != RFT_JINJA_T_BLOCK_END)
        return rft_jinja_unexpected(p, "%}");
    p->token++;
    return RFT_OK;
}

static enum rft_status parse_until(struct rft_jinja_parser *p, const char *const *ends, struct rft_jinja_node **body);

/* The rest of a tag, and everything up to the tag that one of `ends` opens, whose word is the current token then. */
static enum rft_status parse_block(struct rft_jinja_parser *p, const char *const *ends, struct rft_jinja_node **body)
{
    (void)rft_jinja_skip_operator(p, ":");
    RFT_TRY(expect_block_end(p));
    return parse_until(p, ends, body);
}

/* The same where only one word can end the block; it is passed over. */
static enum rft_status parse_whole_block(struct rft_jinja_parser *p, const char *end, struct rft_jinja_node **body)
{
    const char *const ends[] = {end, NULL};
    RFT_TRY(parse_block(p, ends, body));
    p->token++;
    return RFT_OK;
}

/* A block of its own that a loop's break cannot leave. */
static enum rft_status parse_separate_block(struct rft_jinja_parser *p, const char *end, struct rft_jinja_node **body)
{
    uint32_t n_loops = p->n_loops;
    p->n_loops = 0;
    RFT_TRY(parse_whole_block(p, end, body));
    p->n_loops = n_loops;
    return RFT_OK;
}

static enum rft_status parse_if(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_IF, node));
    struct rft_jinja_node *last = *node;
    p->n_conditions++;
    for (;;) {
        RFT_TRY(rft_jinja_parse_tuple(p, RFT_JINJA_NO_EITHER, &last->a));
        RFT_TRY(parse_block(p, ends, &last->body));
        if (!rft_jinja_skip_name(p, "elif"))
            break;
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_IF, &last->otherwise));
        last = last->otherwise;
    }
    if (rft_jinja_skip_name(p, "else"))
        RFT_TRY(parse_whole_block(p, "endif", &last->otherwise));
    else
        p->token++;
    p->n_conditions--;
    return RFT_OK;
}

static enum rft_status parse_for(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const char *const ends[] = {"endfor", "else", NULL};
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_FOR, node));
    struct rft_jinja_node *loop = *node;
    RFT_TRY(rft_jinja_parse_target(p, false, &loop->a));
    if (!rft_jinja_skip_name(p, "in"))
        return rft_jinja_unexpected(p, "in");
    RFT_TRY(rft_jinja_parse_tuple(p, RFT_JINJA_NO_EITHER | RFT_JINJA_UP_TO_RECURSIVE, &loop->b));
    if (rft_jinja_skip_name(p, "if"))
        RFT_TRY(rft_jinja_parse_expression(p, 0, &loop->c));
    if (rft_jinja_is_name(p->token, "recursive"))
        return rft_jinja_unsupported(p, "a recursive loop");
    p->n_loops++;
    RFT_TRY(parse_block(p, ends, &loop->body));
    p->n_loops--;
    if (rft_jinja_skip_name(p, "else"))
        return parse_whole_block(p, "endfor", &loop->otherwise);
    p->token++;
    return RFT_OK;
}

static enum rft_status parse_set(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_SET, node));
    RFT_TRY(rft_jinja_parse_target(p, true, &(*node)->a));
    if (rft_jinja_skip_operator(p, "="))
        return rft_jinja_parse_tuple(p, 0, &(*node)->b);
    (*node)->op = RFT_JINJA_SET_BLOCK;
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CAPTURED, &(*node)->b));
    RFT_TRY(rft_jinja_parse_filters(p, false, &(*node)->b));
    return parse_separate_block(p, "endset", &(*node)->body);
}

/* "(a, b=1)", of a macro or a caller. */
static enum rft_status parse_parameters(struct rft_jinja_parser *p, struct rft_jinja_node **parameters)
{
    bool has_default = false;
    RFT_TRY(rft_jinja_expect_operator(p, "("));
    for (struct rft_jinja_node **last = parameters; !rft_jinja_skip_operator(p, ")"); last = &(*last)->next) {
        if (last != parameters)
            RFT_TRY(rft_jinja_expect_operator(p, ","));
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_PARAMETER, last));
        if (rft_jinja_is_name(p->token, "caller"))
            return rft_jinja_unsupported(p, "a parameter that is called caller");
        RFT_TRY(rft_jinja_expect_name(p, &(*last)->name));
        for (const struct rft_jinja_node *other = *parameters; other != *last; other = other->next)
            if (rft_bytes_equal(other->name, (*last)->name))
                return rft_jinja_unexpected(p, "another parameter, as this one is there already,");
        if (rft_jinja_skip_operator(p, "="))
            RFT_TRY(rft_jinja_parse_expression(p, 0, &(*last)->a));
        else if (has_default)
            return rft_jinja_unexpected(p, "a default, as a parameter before has one,");
        has_default = (*last)->a != NULL;
    }
    return RFT_OK;
}

static enum rft_status parse_macro(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_DEFINE_MACRO, node));
    RFT_TRY(rft_jinja_expect_name(p, &(*node)->name));
    RFT_TRY(parse_parameters(p, &(*node)->args));
    const bool had_caller = p->has_caller, was_macro = p->is_macro;
    p->has_caller = false;
    p->is_macro = true;
    RFT_TRY(parse_separate_block(p, "endmacro", &(*node)->body));
    (*node)->has_caller = p->has_caller;
    p->has_caller = had_caller;
    p->is_macro = was_macro;
    return RFT_OK;
}

static enum rft_status parse_call_block(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CALL_BLOCK, node));
    if (rft_jinja_is_operator(p->token, "("))
        RFT_TRY(parse_parameters(p, &(*node)->args));
    RFT_TRY(rft_jinja_parse_expression(p, 0, &(*node)->a));
    if ((*node)->a->op != RFT_JINJA_CALL)
        return rft_jinja_unexpected(p, "the call of a macro");
    return parse_separate_block(p, "endcall", &(*node)->body);
}

static enum rft_status parse_filter_block(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_FILTER_BLOCK, node));
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_CAPTURED, &(*node)->a));
    RFT_TRY(rft_jinja_parse_filters(p, true, &(*node)->a));
    return parse_separate_block(p, "endfilter", &(*node)->body);
}

static enum rft_status parse_with(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_WITH, node));
    for (struct rft_jinja_node **last = &(*node)->args; p->token->kind != RFT_JINJA_T_BLOCK_END;
         last = &(*last)->next) {
        if (last != &(*node)->args)
            RFT_TRY(rft_jinja_expect_operator(p, ","));
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_SET, last));
        RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_NAME, &(*last)->a));
        RFT_TRY(rft_jinja_expect_name(p, &(*last)->a->name));
        RFT_TRY(rft_jinja_expect_operator(p, "="));
        RFT_TRY(rft_jinja_parse_expression(p, 0, &(*last)->b));
    }
    return parse_whole_block(p, "endwith", &(*node)->body);
}

/* What transformers marks an assistant's words with: what it holds is put out, with variables of its own. */
static enum rft_status parse_generation(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_WITH, node));
    return parse_separate_block(p, "endgeneration", &(*node)->body);
}

static enum rft_status parse_jump(struct rft_jinja_parser *p, enum rft_jinja_op op, struct rft_jinja_node **node)
{
    if (p->n_loops == 0) {
        p->token--;
        return rft_jinja_unexpected(p, "something else, as no loop is open,");
    }
    return rft_jinja_node_new(p, op, node);
}

static enum rft_status parse_break(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    return parse_jump(p, RFT_JINJA_BREAK, node);
}

static enum rft_status parse_continue(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    return parse_jump(p, RFT_JINJA_CONTINUE, node);
}

static enum rft_status parse_statement(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    static const struct {
        const char *word;
        enum rft_status (*parse)(struct rft_jinja_parser *p, struct rft_jinja_node **node);
    } statements[] = {
        {"if", parse_if},           {"for", parse_for},
        {"set", parse_set},         {"macro", parse_macro},
        {"break", parse_break},     {"continue", parse_continue},
        {"call", parse_call_block}, {"filter", parse_filter_block},
        {"with", parse_with},       {"generation", parse_generation},
    };
    static const char *const refused[] = {"include", "import", "from",       "extends", "block",
                                          "trans",   "do",     "autoescape", "print",   "debug"};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (rft_jinja_skip_name(p, statements[i].word))
            return statements[i].parse(p, node);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (rft_jinja_is_name(p->token, refused[i])) {
            char what[40] = "{% ";
            strcat(strcat(what, refused[i]), " %}");
            return rft_jinja_unsupported(p, what);
        }
    return rft_jinja_unexpected(p, "a statement, or the end of the block that is open,");
}

static bool is_end(const struct rft_jinja_token *token, const char *const *ends)
{
    for (; *ends != NULL; ends++)
        if (rft_jinja_is_name(token, *ends))
            return true;
    return false;
}

static enum rft_status parse_print(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_PRINT, node));
    p->token++;
    RFT_TRY(rft_jinja_parse_tuple(p, 0, &(*node)->a));
    if (p->token->kind != RFT_JINJA_T_PRINT_END)
        return rft_jinja_unexpected(p, "}}");
    p->token++;
    return RFT_OK;
}

static enum rft_status parse_data(struct rft_jinja_parser *p, struct rft_jinja_node **node)
{
    RFT_TRY(rft_jinja_node_new(p, RFT_JINJA_DATA, node));
    (*node)->value = rft_jinja_text_value((struct rft_jinja_text){p->token->text.data, NULL, p->token->text.len});
    p->token++;
    return RFT_OK;
}

/* A filter or a test that is not known is an error at once; within a condition only when it is reached, as in Jinja: a
 * branch for tools that is never taken does no harm. */
static enum rft_status check_known(const struct rft_jinja_parser *p)
{
    const struct rft_jinja_node *n = p->unknown;
    if (n == NULL)
        return RFT_OK;
    return rft_jinja_fail_at(p->error, n->line, n->column, RFT_ERR_UNSUPPORTED, "the %s \"%.*s\" is not known",
                             n->op == RFT_JINJA_FILTER ? "filter" : "test", (int)(n->name.len < 80 ? n->name.len : 80),
                             n->name.data);
}

static enum rft_status parse_until(struct rft_jinja_parser *p, const char *const *ends, struct rft_jinja_node **body)
{
    RFT_TRY(rft_jinja_enter(p));
    while (p->token->kind != RFT_JINJA_T_END) {
        if (p->token->kind == RFT_JINJA_T_DATA) {
            RFT_TRY(parse_data(p, body));
        } else if (p->token->kind == RFT_JINJA_T_PRINT_BEGIN) {
            RFT_TRY(parse_print(p, body));
        } else {
            p->token++;
            if (ends != NULL && is_end(p->token, ends)) {
                p->depth--;
                return RFT_OK;
            }
            RFT_TRY(parse_statement(p, body));
            RFT_TRY(expect_block_end(p));
        }
        RFT_TRY(check_known(p));
        body = &(*body)->next;
    }
    p->depth--;
    if (ends == NULL)
        return RFT_OK;
    while (strncmp(*ends, "end", 3) != 0) /* "else" may stand, this one must */
        ends++;
    char expected[40] = "{% ";
    strcat(strcat(expected, *ends), " %}");
    return rft_jinja_unexpected(p, expected);
}

enum rft_status rft_jinja_parse_body(struct rft_jinja_parser *p, struct rft_jinja_node **body)
{
    return parse_until(p, NULL, body);
}
