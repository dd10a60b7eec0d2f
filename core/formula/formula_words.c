/* SPDX-License-Identifier: MIT */
#include "formula_words.h"

#include <string.h>

#define SYMBOL(text, symbol)                                                                                           \
    {                                                                                                                  \
        text, RFT_TOKEN_SYMBOL, RFT_SYM_##symbol                                                                       \
    }
#define FUNC(text, func)                                                                                               \
    {                                                                                                                  \
        text, RFT_TOKEN_FUNC, RFT_FUNC_##func                                                                          \
    }
#define NAME(text, code_point)                                                                                         \
    {                                                                                                                  \
        text, RFT_TOKEN_NAME, code_point                                                                               \
    }
#define KIND(text, kind)                                                                                               \
    {                                                                                                                  \
        text, RFT_TOKEN_##kind, 0                                                                                      \
    }
#define STYLE(text, style)                                                                                             \
    {                                                                                                                  \
        text, RFT_TOKEN_STYLE, RFT_STYLE_##style                                                                       \
    }

static const struct rft_formula_word commands[] = {
    SYMBOL("frac", FRAC),
    SYMBOL("dfrac", FRAC),
    SYMBOL("tfrac", FRAC),
    SYMBOL("cfrac", FRAC),
    SYMBOL("sqrt", ROOT),
    SYMBOL("binom", BINOM),
    SYMBOL("dbinom", BINOM),
    SYMBOL("tbinom", BINOM),
    SYMBOL("over", OVER),
    SYMBOL("choose", CHOOSE),
    SYMBOL("overline", OVERLINE),
    SYMBOL("bar", OVERLINE),
    SYMBOL("dot", OVERLINE),
    SYMBOL("cdot", TIMES),
    SYMBOL("times", TIMES),
    SYMBOL("ast", TIMES),
    SYMBOL("div", DIVIDE),
    SYMBOL("pm", PM),
    SYMBOL("mp", MP),
    SYMBOL("pi", PI),
    SYMBOL("infty", INFINITY),
    SYMBOL("infinity", INFINITY),
    SYMBOL("circ", DEGREE),
    SYMBOL("degree", DEGREE),
    SYMBOL("degrees", DEGREE),
    SYMBOL("%", PERCENT),
    SYMBOL("prime", PRIME),
    SYMBOL("le", LE),
    SYMBOL("leq", LE),
    SYMBOL("leqslant", LE),
    SYMBOL("ge", GE),
    SYMBOL("geq", GE),
    SYMBOL("geqslant", GE),
    SYMBOL("lt", LT),
    SYMBOL("gt", GT),
    SYMBOL("ne", NE),
    SYMBOL("neq", NE),
    SYMBOL("approx", APPROX),
    SYMBOL("simeq", APPROX),
    SYMBOL("in", IN),
    SYMBOL("cup", CUP),
    SYMBOL("bigcup", CUP),
    SYMBOL("cap", CAP),
    SYMBOL("lor", OR),
    SYMBOL("vee", OR),
    SYMBOL("land", AND),
    SYMBOL("wedge", AND),
    SYMBOL("{", SET_OPEN),
    SYMBOL("}", SET_CLOSE),
    SYMBOL("lbrace", SET_OPEN),
    SYMBOL("rbrace", SET_CLOSE),
    SYMBOL("lbrack", BRACKET_OPEN),
    SYMBOL("rbrack", BRACKET_CLOSE),
    SYMBOL("langle", ANGLE_OPEN),
    SYMBOL("rangle", ANGLE_CLOSE),
    SYMBOL("lfloor", FLOOR_OPEN),
    SYMBOL("rfloor", FLOOR_CLOSE),
    SYMBOL("lceil", CEIL_OPEN),
    SYMBOL("rceil", CEIL_CLOSE),
    SYMBOL("vert", BAR),
    SYMBOL("lvert", BAR),
    SYMBOL("rvert", BAR),
    SYMBOL("mid", BAR),
    SYMBOL("colon", COLON),
    SYMBOL("&", CELL),
    SYMBOL("\\", ROW),
    SYMBOL("cr", ROW),
    SYMBOL("emptyset", EMPTY),
    SYMBOL("varnothing", EMPTY),
    SYMBOL("angle", ANGLE),
    SYMBOL("triangle", ANGLE),
    SYMBOL("$", CURRENCY),
    SYMBOL("pounds", CURRENCY),
    SYMBOL("euro", CURRENCY),
    SYMBOL("yen", CURRENCY),
    FUNC("sin", SIN),
    FUNC("cos", COS),
    FUNC("tan", TAN),
    FUNC("cot", COT),
    FUNC("sec", SEC),
    FUNC("csc", CSC),
    FUNC("arcsin", ASIN),
    FUNC("arccos", ACOS),
    FUNC("arctan", ATAN),
    FUNC("sinh", SINH),
    FUNC("cosh", COSH),
    FUNC("tanh", TANH),
    FUNC("tg", TAN),
    FUNC("ctg", COT),
    FUNC("arctg", ATAN),
    FUNC("log", LOG),
    FUNC("lg", LOG),
    FUNC("ln", LN),
    FUNC("exp", EXP),
    NAME("alpha", 0x3b1),
    NAME("beta", 0x3b2),
    NAME("gamma", 0x3b3),
    NAME("delta", 0x3b4),
    NAME("epsilon", 0x3b5),
    NAME("varepsilon", 0x3b5),
    NAME("zeta", 0x3b6),
    NAME("eta", 0x3b7),
    NAME("theta", 0x3b8),
    NAME("vartheta", 0x3b8),
    NAME("kappa", 0x3ba),
    NAME("lambda", 0x3bb),
    NAME("mu", 0x3bc),
    NAME("nu", 0x3bd),
    NAME("xi", 0x3be),
    NAME("rho", 0x3c1),
    NAME("sigma", 0x3c3),
    NAME("tau", 0x3c4),
    NAME("upsilon", 0x3c5),
    NAME("phi", 0x3c6),
    NAME("varphi", 0x3c6),
    NAME("chi", 0x3c7),
    NAME("psi", 0x3c8),
    NAME("omega", 0x3c9),
    NAME("Gamma", 0x393),
    NAME("Delta", 0x394),
    NAME("Theta", 0x398),
    NAME("Lambda", 0x39b),
    NAME("Xi", 0x39e),
    NAME("Sigma", 0x3a3),
    NAME("Phi", 0x3a6),
    NAME("Psi", 0x3a8),
    NAME("Omega", 0x3a9),
    NAME("ell", 0x2113),
    KIND("text", TEXT),
    KIND("mbox", TEXT),
    KIND("hbox", TEXT),
    KIND("textbf", TEXT),
    KIND("textit", TEXT),
    KIND("textrm", TEXT),
    KIND("textsf", TEXT),
    KIND("texttt", TEXT),
    KIND("textnormal", TEXT),
    KIND("emph", TEXT),
    STYLE("mathrm", PLAIN),
    STYLE("operatorname", PLAIN),
    STYLE("mathit", PLAIN),
    STYLE("mathsf", PLAIN),
    STYLE("mathcal", PLAIN),
    STYLE("mathbf", BOLD),
    STYLE("boldsymbol", BOLD),
    STYLE("bm", BOLD),
    STYLE("vec", BOLD),
    STYLE("hat", BOLD),
    STYLE("mathbb", BLACKBOARD),
    KIND("left", SKIP),
    KIND("right", SKIP),
    KIND("big", SKIP),
    KIND("Big", SKIP),
    KIND("bigg", SKIP),
    KIND("Bigg", SKIP),
    KIND("bigl", SKIP),
    KIND("bigr", SKIP),
    KIND("Bigl", SKIP),
    KIND("Bigr", SKIP),
    KIND("biggl", SKIP),
    KIND("biggr", SKIP),
    KIND("boxed", SKIP),
    KIND("fbox", SKIP),
    KIND("displaystyle", SKIP),
    KIND("textstyle", SKIP),
    KIND("limits", SKIP),
    KIND("nolimits", SKIP),
    KIND("quad", SKIP),
    KIND("qquad", SKIP),
    KIND("rm", SKIP),
    KIND("bf", SKIP),
    KIND("it", SKIP),
    KIND("mathstrut", SKIP),
    KIND("strut", SKIP),
    KIND("ensuremath", SKIP),
    KIND(",", SKIP),
    KIND(";", SKIP),
    KIND(":", SKIP),
    KIND("!", SKIP),
    KIND(">", SKIP),
    KIND(" ", SKIP),
    KIND("(", SKIP),
    KIND(")", SKIP),
    KIND("[", SKIP),
    KIND("]", SKIP),
    KIND("\"", SKIP),
    KIND("\n", SKIP),
    KIND("thinspace", SKIP),
    KIND("hspace", ARG),
    KIND("vspace", ARG),
    KIND("phantom", ARG),
    KIND("hphantom", ARG),
    KIND("vphantom", ARG),
    KIND("label", ARG),
    KIND("tag", ARG),
    KIND("pmod", UNKNOWN),
    KIND("bmod", UNKNOWN),
    KIND("mod", UNKNOWN),
    {"begin", RFT_TOKEN_ENV, RFT_SYM_BEGIN},
    {"end", RFT_TOKEN_ENV, RFT_SYM_FINISH},
};

static const struct rft_formula_word plain_words[] = {
    SYMBOL("sqrt", ROOT),
    SYMBOL("pi", PI),
    SYMBOL("inf", INFINITY),
    SYMBOL("infty", INFINITY),
    SYMBOL("infinity", INFINITY),
    SYMBOL("and", AND),
    SYMBOL("or", OR),
    KIND("yes", WORD),
    KIND("no", WORD),
    KIND("not", WORD),
    SYMBOL("pct", PERCENT),
    SYMBOL("percent", PERCENT),
    SYMBOL("degree", DEGREE),
    SYMBOL("degrees", DEGREE),
    SYMBOL("deg", DEGREE),
    SYMBOL("dollar", CURRENCY),
    SYMBOL("dollars", CURRENCY),
    SYMBOL("euro", CURRENCY),
    SYMBOL("euros", CURRENCY),
    FUNC("sin", SIN),
    FUNC("cos", COS),
    FUNC("tan", TAN),
    FUNC("cot", COT),
    FUNC("sec", SEC),
    FUNC("csc", CSC),
    FUNC("arcsin", ASIN),
    FUNC("arccos", ACOS),
    FUNC("arctan", ATAN),
    FUNC("asin", ASIN),
    FUNC("acos", ACOS),
    FUNC("atan", ATAN),
    FUNC("sinh", SINH),
    FUNC("cosh", COSH),
    FUNC("tanh", TANH),
    FUNC("log", LOG),
    FUNC("ln", LN),
    FUNC("exp", EXP),
};

/* Longest first where one begins another. */
static const struct rft_formula_word characters[] = {
    SYMBOL("<=", LE),
    SYMBOL(">=", GE),
    SYMBOL("!=", NE),
    SYMBOL("**", POWER),
    SYMBOL("+", PLUS),
    SYMBOL("-", MINUS),
    SYMBOL("*", TIMES),
    SYMBOL("/", DIVIDE),
    SYMBOL("^", POWER),
    SYMBOL("_", SUB),
    SYMBOL("!", FACTORIAL),
    SYMBOL("'", PRIME),
    SYMBOL("%", PERCENT),
    SYMBOL("=", EQ),
    SYMBOL("<", LT),
    SYMBOL(">", GT),
    SYMBOL(",", COMMA),
    SYMBOL(";", SEMICOLON),
    SYMBOL(":", COLON),
    SYMBOL("(", PAREN_OPEN),
    SYMBOL(")", PAREN_CLOSE),
    SYMBOL("[", BRACKET_OPEN),
    SYMBOL("]", BRACKET_CLOSE),
    SYMBOL("{", GROUP_OPEN),
    SYMBOL("}", GROUP_CLOSE),
    SYMBOL("|", BAR),
    SYMBOL("&", CELL),
    KIND("\"", SKIP),
    KIND("~", SKIP),
    SYMBOL("\xe2\x88\x92", MINUS),    /* U+2212 */
    SYMBOL("\xe2\x80\x93", MINUS),    /* U+2013 */
    SYMBOL("\xc2\xb1", PM),           /* U+00B1 */
    SYMBOL("\xc3\x97", TIMES),        /* U+00D7 */
    SYMBOL("\xc2\xb7", TIMES),        /* U+00B7 */
    SYMBOL("\xe2\x8b\x85", TIMES),    /* U+22C5 */
    SYMBOL("\xc3\xb7", DIVIDE),       /* U+00F7 */
    SYMBOL("\xe2\x88\x9a", ROOT),     /* U+221A */
    SYMBOL("\xcf\x80", PI),           /* U+03C0 */
    SYMBOL("\xe2\x88\x9e", INFINITY), /* U+221E */
    SYMBOL("\xc2\xb0", DEGREE),       /* U+00B0 */
    SYMBOL("\xe2\x89\xa4", LE),       /* U+2264 */
    SYMBOL("\xe2\x89\xa5", GE),       /* U+2265 */
    SYMBOL("\xe2\x89\xa0", NE),       /* U+2260 */
    SYMBOL("\xe2\x89\x88", APPROX),   /* U+2248 */
    SYMBOL("\xe2\x88\x88", IN),       /* U+2208 */
    SYMBOL("\xe2\x88\xaa", CUP),      /* U+222A */
    SYMBOL("\xe2\x88\xa9", CAP),      /* U+2229 */
    SYMBOL("\xe2\x88\x85", EMPTY),    /* U+2205 */
    SYMBOL("\xe2\x84\x9d", REALS),    /* U+211D */
    SYMBOL("\xe2\x82\xac", CURRENCY), /* U+20AC */
    SYMBOL("\xc2\xa3", CURRENCY),     /* U+00A3 */
    SYMBOL("\xc2\xa5", CURRENCY),     /* U+00A5 */
    KIND("\xc2\xa0", SKIP),           /* U+00A0 */
    KIND("\xe2\x80\xaf", SKIP),       /* U+202F */
    KIND("\xe2\x80\x9c", SKIP),       /* U+201C */
    KIND("\xe2\x80\x9d", SKIP),       /* U+201D */
    NAME("\xce\xb8", 0x3b8),          /* U+03B8 */
    NAME("\xce\xb1", 0x3b1),          /* U+03B1 */
    NAME("\xce\xb2", 0x3b2),          /* U+03B2 */
    NAME("\xce\xbb", 0x3bb),          /* U+03BB */
};

static const struct rft_formula_word *find(const struct rft_formula_word *words, size_t n_words, const char *p,
                                           size_t n)
{
    for (size_t i = 0; i < n_words; i++)
        if (words[i].text[0] == *p && strlen(words[i].text) == n && memcmp(words[i].text, p, n) == 0)
            return &words[i];
    return NULL;
}

const struct rft_formula_word *rft_formula_command(const char *p, size_t n)
{
    return n != 0 ? find(commands, sizeof commands / sizeof *commands, p, n) : NULL;
}

const struct rft_formula_word *rft_formula_plain_word(const char *p, size_t n)
{
    return n != 0 ? find(plain_words, sizeof plain_words / sizeof *plain_words, p, n) : NULL;
}

const struct rft_formula_word *rft_formula_character(const char *p, const char *end, size_t *length)
{
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        *length = strlen(characters[i].text);
        if ((size_t)(end - p) >= *length && memcmp(characters[i].text, p, *length) == 0)
            return &characters[i];
    }
    return NULL;
}
