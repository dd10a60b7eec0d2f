/* SPDX-License-Identifier: MIT */
/* Words behind a value: units, things, and what changes it. */
#include "formula_words.h"

#include <string.h>

/* Units: a name, then its spellings. A spelling of up to three letters is also one where letters would be factors. */
static const char *const units[][8] = {
    {"mm", "millimeter", "millimeters", "millimetre", "millimetres"},
    {"cm", "centimeter", "centimeters", "centimetre", "centimetres", "cms"},
    {"km", "kilometer", "kilometers", "kilometre", "kilometres", "kms"},
    {"m", "meter", "meters", "metre", "metres"},
    {"ft", "foot", "feet"},
    {"in", "inch", "inches"},
    {"yd", "yard", "yards", "yds"},
    {"mi", "mile", "miles"},
    {"mi/h", "mph"},
    {"km/h", "kph"},
    {"sq", "square", "squared"},
    {"cu", "cubic", "cubed"},
    {"kg", "kilogram", "kilograms", "kgs"},
    {"mg", "milligram", "milligrams"},
    {"g", "gram", "grams"},
    {"lb", "pound", "pounds", "lbs"},
    {"oz", "ounce", "ounces"},
    {"ml", "milliliter", "milliliters", "millilitre", "millilitres"},
    {"l", "liter", "liters", "litre", "litres"},
    {"gal", "gallon", "gallons"},
    {"s", "second", "seconds", "sec", "secs"},
    {"min", "minute", "minutes", "mins"},
    {"h", "hour", "hours", "hr", "hrs"},
    {"day", "days"},
    {"week", "weeks"},
    {"month", "months"},
    {"year", "years", "yr", "yrs"},
    {"am"},
    {"pm"},
    {"cent", "cents"},
    {"rad", "radian", "radians"},
};

/* What makes a number before it another one, or the answer a bound or a denial. Sorted by kind. */
static const char *const words_that_matter[] = {
    "hundred",     "thousand", "million",   "billion", "trillion", "dozen",   "dozens",    "thousands", "millions",
    "billions",    "hundreds", "half",      "halves",  "third",    "thirds",  "fourth",    "fourths",   "quarter",
    "quarters",    "fifth",    "fifths",    "sixth",   "sixths",   "eighths", "tenth",     "tenths",    "hundredths",
    "thousandths", "plus",     "minus",     "times",   "divided",  "over",    "mod",       "modulo",    "not",
    "no",          "never",    "least",     "most",    "more",     "less",    "than",      "greater",   "fewer",
    "above",       "below",    "between",   "from",    "to",       "except",  "wrong",     "incorrect", "impossible",
    "about",       "around",   "if",        "when",    "for",      "where",   "factorial", "base",      "root",
    "am",          "pm",       "remainder", "but",     "then",     "choose",  "either",
};

static const char *const fillers[] = {"the", "a", "an", "is", "are", "it"};

/* Things that are counted, and words beside a number that change nothing: an answer is the same without them. Words
 * that are not here may make it another one ("5 sevenths", "3 pairs", "5 maybe"). Without their plural. */
static const char *const things[] = {
    "unit",     "apple",      "orange",     "banana",      "student",     "people",      "person",     "boy",
    "girl",     "child",      "children",   "man",         "men",         "woman",       "women",      "adult",
    "kid",      "friend",     "player",     "team",        "member",      "worker",      "way",        "card",
    "coin",     "marble",     "book",       "page",        "point",       "game",        "integer",    "number",
    "solution", "triangle",   "rectangle",  "side",        "edge",        "vertice",     "angle",      "vertex",
    "face",     "diagonal",   "line",       "segment",     "path",        "route",       "digit",      "factor",
    "divisor",  "multiple",   "prime",      "term",        "value",       "cookie",      "candy",      "candie",
    "cake",     "pizza",      "pie",        "slice",       "piece",       "vote",        "ticket",     "cup",
    "bottle",   "box",        "boxe",       "ball",        "bag",         "dog",         "cat",        "cow",
    "chicken",  "horse",      "bird",       "animal",      "tree",        "flower",      "plant",      "car",
    "bu",       "buse",       "seat",       "row",         "column",      "ton",         "pencil",     "pen",
    "egg",      "sticker",    "stamp",      "toy",         "penny",       "pennie",      "nickel",     "dime",
    "block",    "cube",       "tile",       "arrangement", "combination", "permutation", "outcome",    "function",
    "subset",   "sequence",   "pattern",    "color",       "item",        "problem",     "question",   "test",
    "word",     "letter",     "song",       "house",       "room",        "floor",       "step",       "turn",
    "lap",      "trip",       "revolution", "only",        "total",       "altogether",  "each",       "per",
    "of",       "ordered",    "positive",   "distinct",    "different",   "possible",    "fahrenheit", "celsius",
    "c",        "f",          "gift",       "present",     "shirt",       "sock",        "hat",        "ounce",
    "teaspoon", "tablespoon", "serving",    "cent",        "bacteria",    "fish",        "sheep",      "deer",
    "class",    "classe",     "school",     "job",         "task",        "stone",       "rock",       "shell",
    "bead",     "button",     "battery",    "brick",       "gram",        "watt",        "volt",       "ohm",
    "newton",   "joule",      "pascal",     "hertz",       "mole",        "kelvin",      "n",          "j",
    "k",        "w",          "hz",         "mol",         "pa",          "j",           "kw",         "kwh",
    "mph",
};

static bool is_among(const char *const *words, size_t n_words, const char *p, size_t n)
{
    for (size_t i = 0; i < n_words; i++)
        if (words[i] != NULL && strlen(words[i]) == n && memcmp(words[i], p, n) == 0)
            return true;
    return false;
}

static const char *unit_of(const char *p, size_t n)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (is_among(units[i], sizeof *units / sizeof **units, p, n))
            return units[i][0];
    return NULL;
}

bool rft_formula_is_short_unit(const char *p, size_t n)
{
    return n >= 2 && n <= 3 && unit_of(p, n) != NULL;
}

const char *rft_formula_unit_name(const char *p, size_t *n)
{
    const char *unit = unit_of(p, *n);
    if (unit != NULL)
        *n = strlen(unit);
    else if (*n > 3 && p[*n - 1] == 's' && p[*n - 2] != 's')
        --*n;
    return unit != NULL ? unit : p;
}

bool rft_formula_word_matters(const char *p, size_t n)
{
    return is_among(words_that_matter, sizeof words_that_matter / sizeof *words_that_matter, p, n);
}

bool rft_formula_word_is_filler(const char *p, size_t n)
{
    return is_among(fillers, sizeof fillers / sizeof *fillers, p, n);
}

bool rft_formula_word_is_harmless(const char *p, size_t n)
{
    size_t n_name = n;
    const char *name = rft_formula_unit_name(p, &n_name);
    return unit_of(p, n) != NULL || rft_formula_word_is_filler(p, n) ||
           is_among(things, sizeof things / sizeof *things, name, n_name) ||
           is_among(things, sizeof things / sizeof *things, p, n);
}
