#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes data/jinja.json: templates, and what transformers' apply_chat_template makes of them.

    python3 make_jinja.py            (needs transformers and jinja2)

Every case is [template, text], or [template, null] where the reference raises. All see the variables of VARIABLES."""
import datetime
import itertools
import json
import os
import random

import transformers.utils.chat_template_utils as utils

VARIABLES = {
    "messages": [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "Grüße <b> & 'quotes' \"double\" 你好 🙂"},
        {"role": "assistant", "content": "  fine\n", "n": 3, "tags": ["x", "Y", "z"]},
    ],
    "numbers": [3, 1, 2, 2, -5, 0],
    "reals": [1.5, 2.0, -0.25, 1e22, 1e-7],
    "words": ["pear", "Apple", "fig", "apple", "Fig"],
    "table": {"b": 1, "a": [1, 2, {"c": None}], "C": "text", "d": True},
    "text": "The quick  brown\tfox\njumps over\r\nthe lazy dog",
    "greek": "ΟΔΥΣΣΕΥΣ Straße ﬁn ŉ İx",
    "empty": "",
    "nothing": None,
    "yes": True,
    "no": False,
    "n": 7,
    "x": 2.5,
    "people": [
        {"name": "Ann", "age": 31, "home": {"town": "Ulm"}},
        {"name": "bob", "age": 4, "home": {"town": "Bonn"}},
        {"name": "Cid", "age": 31, "home": {"town": "Ulm"}},
    ],
}
TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

EXPRESSIONS = """
1 + 2 * 3 | 1 - 2 - 3 | 2 ** 3 ** 2 | -2 ** 2 | 7 // 2 | -7 // 2 | 7 % -3 | -7 % 3 | 7 / 2 | 6 / 2 | 1 / 0 | 1.0 + 2 | 1e3 | 1_000
0x1f | 0b101 | 0o17 | 1.5e-3 | 'a' ~ 1 ~ none ~ true | 'a' 'b' "c" | 'it\\'s' | "a\\tb\\n" | '\\x41\\u00e9\\U0001F642' | '\\q'
1 < 2 < 3 | 1 < 3 < 2 | 1 == 1.0 == true | 'a' < 'b' | [1, 2] < [1, 3] | 1 < 'a' | none < 1 | 'a' in 'abc' | 2 in [1, 2] | 'b' in table
'b' not in table | not true | not not 1 | 1 and 2 | 0 and 2 | 0 or '' | '' or 'x' | 1 if yes else 2 | 1 if no | (1 if no) is undefined
x if x > 2 else 'small' | [1, 'a', none, true, 1.5] | (1,) | () | (1, 2) | {'a': 1, 'b': [1, {'c': 2}]} | {} | [] | [1, 2,] | {'a': 1,}
"it's" | ["it's", 'say "x"', "both ' and \\"", 'tab\\t', 'é', '\\x00', '\\u200b'] | missing | missing.foo | missing is defined | none.foo
missing ~ 'x' | missing + 1 | missing == missing | missing | missing is none | missing in [1] | 1 in missing | messages[0].role
messages[0]['role'] | messages[-1]['content'] | messages[9] is undefined | messages[0].nothing is undefined | messages.0.role
messages[0].get('role') | messages[0].get('zzz') | messages[0].get('zzz', 5) | messages[1:] | messages[:-1] | numbers[::2] | numbers[::-1]
numbers[1:4] | numbers[-2:] | numbers[4:1:-1] | numbers[:100] | numbers[100:] | text[::-1] | text[4:9] | text[-3:] | text[::3] | 'abc'[1]
'你好🙂'[1] | '你好🙂'[::-1] | 'abc'[5] is undefined | 'abc'[-1] | table.b | table['b']
table | table.C | table.pop('b') | numbers.append(1) | numbers.sort() | true + 1 | 'a' * 3 | [0] * 3 | 3 * 'ab' | -'a' | +true | -true
'%s and %d' % ('a', 3) | '%05.2f|%-5s|%5s|%x' % (3.14159, 'ab', 'cd', 255) | '%s' % 'x' | '%(a)s' % {'a': 1} | '%d' % 'x' | '%%' % ()
'{} {}'.format(1, 'a') | '{0}{1}{0}'.format('x', 'y') | '{a}'.format(a=1) | '{{}}'.format() | true is true | 1 is true | 1 is number
true is number | 1.5 is float | 1 is integer | true is integer | 'a' is string | table is mapping | numbers is sequence | table is sequence
'a' is sequence | 1 is iterable | 'a' is iterable | none is none | missing is undefined | 3 is odd | 4 is even | 9 is divisibleby 3
9 is divisibleby(3) | 3 is equalto 3 | 3 is eq(3) | 3 is ne 4 | 3 is gt 2 | 3 is lessthan 5 | 2 is in [1, 2] | 'a' is in 'abc' | 'ABC' is upper
'abc' is lower | 'aBc' is lower | none is boolean | false is false | 0 is false | 1 is sameas true | true is sameas true | range is callable
'x' is not none | not 'x' is none | 1 is not number | 'upper' is filter | 'odd' is test
"""

FILTERS = """
text|upper | text|lower | text|title | text|capitalize | text|trim | '  a '|trim | 'xxaxx'|trim('x') | text|length | '你好🙂'|length
text|replace('the', 'THE') | text|replace('o', '0', 1) | 'aaa'|replace('', '-') | text|wordcount | text|indent | text|indent(2, true)
text|indent(width='> ') | 'a\\n\\nb'|indent(2, blank=true) | 'a\\n\\nb'|indent(first=true) | text|first | text|last | text|reverse | text|list
text|string | 5|string | 'a<b>&"\\''|e | 'a<b>'|escape | 'a'|safe | greek|upper | greek|lower | greek|title | greek|capitalize
'ab'|center(7) | 'abc'|center(8) | 'hello world-foo (bar) [x] <y>'|title | numbers|length | numbers|sum | numbers|min | numbers|max
numbers|sort | numbers|sort(reverse=true) | numbers|sort(true) | words|sort | words|sort(case_sensitive=true) | numbers|unique|list
words|unique|list | words|unique(case_sensitive=true)|list | numbers|first | numbers|last | numbers|reverse|list | []|first is undefined
numbers|join | numbers|join(', ') | words|join('|') | people|join(', ', attribute='name') | people|map(attribute='name')|list
people|map(attribute='home.town')|unique|join(',') | people|map(attribute='zip', default='?')|list | words|map('upper')|list
words|map('replace', 'p', 'b')|join(' ') | people|selectattr('age', 'gt', 5)|map(attribute='name')|list
people|selectattr('name')|list|length | people|rejectattr('age', 'equalto', 31)|list | numbers|select('odd')|list | numbers|reject('odd')|list
numbers|select|list | people|selectattr('home.town', '==', 'Ulm')|list|length | people|sort(attribute='age')|map(attribute='name')|join
people|sum(attribute='age') | people|max(attribute='age') | words|max | words|min | table|dictsort | table|dictsort(by='value')
{'b': 2, 'A': 1, 'c': 0}|dictsort | {'b': 2, 'A': 1}|dictsort(true) | {'b': 2, 'a': 1}|dictsort(reverse=true)
{'b': 2, 'a': 1}|dictsort(by='value') | table|items|list | table|length | table|list | missing|items|list | table|tojson
table|tojson(indent=2) | table|tojson(indent=4) | table|tojson(indent=0) | [[], {}, [1]]|tojson(indent=2) | table|tojson(sort_keys=true)
{'b': 1, 'a': 2}|tojson(sort_keys=true) | {'b': 1, 'a': 2}|tojson(separators=(',', ':')) | 'Grüße\\n"\\u2028\\x07\\x7f</s>'|tojson
'Grüße 🙂'|tojson(ensure_ascii=true) | none|tojson | true|tojson | 1.5|tojson | 1e22|tojson | reals|tojson | {1: 2, none: 3, true: 4}|tojson
missing|tojson | (1, 2)|tojson | messages|tojson | numbers|select|tojson | '42'|int | ' 42 '|int | '4.9'|int | 'x'|int | 'x'|int(7) | 4.9|int
-4.9|int | true|int | none|int | missing|int | '1_0'|int | '3.5'|float | 'x'|float | '1e3'|float | 3|float | 'nan'|float('q') | -3|abs
2.5|round | 3.5|round | 2.345|round(2) | 2.1|round(method='ceil') | 2.9|round(0, 'floor') | 2.675|round(2) | missing|default('d')
missing|d('d') | ''|default('d') | ''|default('d', true) | none|default('d') | none|default('d', boolean=true) | missing|default
reals | reals|join(' ') | 100.0 | 1e15 | 1e16 | 123456789.123 | 0.1 + 0.2 | 1e-4 | 1e-5 | 5e-324 | missing|upper | missing|list
missing|join | missing|length | none|length | 5|length | none|list | none|string | none|map('upper')|list | table|attr('items') is defined
'%s-%s'|format('a', 1) | '%(x)s'|format(x=1) | numbers|count | 'a b'|nosuch | 5 is nosuch | words|map('nosuch')|list
numbers|list|length|string ~ 'x' | (words|map('upper'))[0] | (words|map('upper'))|length | words|map('length')|sum | text|tojson|length
"""

METHODS = """
text.upper() | text.lower() | text.title() | text.capitalize() | text.split() | text.split(' ') | text.split(' ', 2) | text.split('o', 1)
text.split(none, 2) | text.rsplit(' ', 1) | text.rsplit('o') | text.splitlines() | text.splitlines(true) | ' a '.strip() | 'xaxbx'.strip('x')
' a '.lstrip() | ' a '.rstrip() | 'abc'.startswith('ab') | 'abc'.endswith('bc') | 'abc'.startswith(('x', 'a')) | 'abc'.startswith('')
'abcabc'.replace('b', 'X') | 'abcabc'.replace('b', 'X', 1) | 'abcabc'.find('c') | 'abcabc'.rfind('c') | 'abc'.find('z') | 'abcabc'.find('c', 3)
'你好你'.rfind('你') | 'abc'.index('z') | 'abcabc'.count('bc') | 'aaa'.count('') | ', '.join(['a', 'b']) | ', '.join([1]) | ''.join('abc')
'5'.zfill(3) | 'ab'.ljust(5, '.') | 'ab'.rjust(5) ~ '|' | 'ab'.center(5, '*') | 'abc'.partition('b') | 'abcb'.rpartition('b') | 'a'.partition('x')
'prefix-x'.removeprefix('prefix-') | 'x.txt'.removesuffix('.txt') | '12'.isdigit() | ''.isdigit() | 'a1'.isalnum() | 'ab'.isalpha()
' \\t'.isspace() | 'AB1'.isupper() | 'ab1'.islower() | 'aB'.swapcase() | greek.upper() | greek.lower() | greek.title() | "they're bill's".title()
numbers.index(2) | numbers.count(2) | numbers.index(99) | table.get('b') | table.values()|list | table.keys()|list | table.items()|list
dict(a=1, b=2) | dict({'a': 1}, b=2) | dict([('a', 1)]) | range(5)|list | range(2, 5)|list | range(5, 0, -2)|list | range(3)|length
range(3)[1] | range(100001) | namespace(a=1).a | text.nosuch() | 5.foo | messages.nosuch is undefined | text.__class__
strftime_now('%d %b %Y') | strftime_now('%Y-%m-%d %A %B %j %H:%M') | strftime_now('%-d/%-m/%y') | raise_exception('no')
bos_token ~ eos_token | messages|length > 2 and messages[0].role == 'system' | [1, 2] + [3] | (1, 2) + (3,) | [1] + 'a' | 'a' + 1
messages[1:]|map(attribute='role')|join(',') | messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|first
"""

TEMPLATES = r"""
{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.length }} {% endfor %}
---
{% for m in messages if m.role != 'system' %}{{ loop.index }}:{{ m.role }}/{{ loop.length }} {% else %}none{% endfor %}
---
{% for m in [] %}x{% else %}empty{% endfor %}
---
{% for k, v in table.items() %}{{ k }}={{ v }};{% endfor %}
---
{% for a in numbers %}{% if a == 2 %}{% continue %}{% endif %}{% if a < 0 %}{% break %}{% endif %}{{ a }}{% endfor %}
---
{% for a in words %}{{ loop.cycle('odd', 'even') }}-{{ loop.changed(a|lower) }} {{ loop.previtem }}<{{ loop.nextitem }};{% endfor %}
---
{% for a in [1, 2] %}{% for b in [3, 4] %}{{ loop.depth }}{{ loop.depth0 }}{{ a }}{{ b }} {% endfor %}{% endfor %}
---
{% for c in 'añ🙂' %}[{{ c }}]{% endfor %}
---
{% for k in table %}{{ k }}{% endfor %}
---
{% for x in missing %}a{% else %}b{% endfor %}
---
{% for x in nothing %}a{% endfor %}
---
{% for x in 5 %}a{% endfor %}
---
{% for a, b in [(1, 2), (3, 4)] %}{{ a }}{{ b }}{% endfor %}
---
{% for a, b in [(1, 2, 3)] %}{{ a }}{% endfor %}
---
{% for (a, b) in [(1, 2)] %}{{ a + b }}{% endfor %}
---
{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}
---
{% set ns = namespace(x=1, y='a') %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }}
---
{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a + ns.b }}{{ ns.c is defined }}
---
{% set table.b = 5 %}{{ table.b }}
---
{% set a, b = 1, 2 %}{{ a }}{{ b }}
---
{% set a = 1, 2 %}{{ a }}
---
{% set a %}  block {{ n }} {% endset %}[{{ a }}]
---
{% set a | upper | trim %} block {{ n }} {% endset %}[{{ a }}]
---
{% set a %}{% set inner = 5 %}{% endset %}{{ inner is defined }}
---
{% if no %}a{% elif n == 7 %}b{% else %}c{% endif %}
---
{% if yes %}{% set inside = 5 %}{% endif %}{{ inside }}
---
{% if yes %}a{% endif %}{% if missing %}b{% endif %}{% if '' %}c{% endif %}{% if [] %}d{% endif %}{% if {} %}e{% endif %}{% if 0.0 %}f{% endif %}
---
{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(c=5, a=1) }}{{ m() }}
---
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}
---
{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=2) }}
---
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}
---
{% macro m() %}{{ outer }}{% endmacro %}{% set outer = 5 %}{{ m() }}
---
{% macro fact(n) %}{% if n <= 1 %}1{% else %}{{ n * fact(n - 1)|int }}{% endif %}{% endmacro %}{{ fact(5) }}
---
{% macro m() %}a{% endmacro %}{{ m()|upper }}{{ m() ~ 'b' }}{{ m() + 'c' }}{{ m()|length }}
---
{% macro box(t) %}<{{ t }}>{{ caller() }}</{{ t }}>{% endmacro %}{% call box('b') %}inner {{ n }}{% endcall %}
---
{% macro each(l) %}{% for i in l %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) each([1, 2]) %}({{ i }}){% endcall %}
---
{% filter upper %}abc {{ words[0] }}{% endfilter %}
---
{% filter replace('a', 'b')|upper %}abca{% endfilter %}
---
{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}
---
{% with %}{% set a = 1 %}{% endwith %}{{ a is defined }}
---
{% generation %}x{{ n }}{% endgeneration %}
---
{% generation %}{% set g = 1 %}{% endgeneration %}{{ g is defined }}
---
{% raw %}{{ x }} {% if %}{% endraw %}
---
a {%- raw -%}  {{ x }}  {%- endraw -%} b
---
{# comment #}a{#- b -#} c {# {{ x }} #}
---
  {% if yes %}
  a
  {% endif %}
b
---
  {%+ if yes %}
  a
  {%- endif %}

b
---
{% if yes -%}
   a
{%- endif +%}
b
---
{%- for m in messages -%}
    {{- m.role -}}
{%- endfor -%}
---
a
  {{ n }}
  {# c #}
b
---
{% if yes %}
{% if yes %}
x
{% endif %}
{% endif %}
---
line
{{ n }}


---
	{%- set a = 1 %}
	{{ a }}
---
{{- n -}}   b
---
x {{ '{{' }} {{ "%}" }} {{ {'a': {'b': 1}}['a']['b'] }}
---
{{ {'a': 1} }}}}
---
{% if yes: %}a{% endif %}
---
{{ n|string|length }}{{ -n|abs }}{{ (-n)|abs }}{{ not n is odd }}
---
{% unknown %}
---
{% if yes %}a
---
{{ n
---
{{ 'abc }}
---
{{ n | }}
---
{{ n + }}
---
{{ (n }}
---
{% endif %}
---
{% else %}
---
{% for x in %}{% endfor %}
---
{% set true = 1 %}
---
{% break %}
---
{% include 'x' %}
---
{% extends 'x' %}
---
{% import 'x' as y %}
---
{% macro m(a=1, b) %}{% endmacro %}
---
{% for m in messages %}{{ n }}{% endfor %}{% set n = 1 %}{{ n }}
---
{% macro m() %}{{ n }}{% endmacro %}{{ m() }}{% set n = 1 %}{{ m() }}
---
{% set a %}{{ a }}{% endset %}{{ a }}{% set n %}{{ n }}{% endset %}[{{ n }}]
---
{% for i in [1] %}{{ n }}{% endfor %}{% if yes %}{% set n = 1 %}{% endif %}{{ n }}
---
{% for i in [1] %}{{ n }}{% endfor %}{% if yes %}{% set n = 1 %}{% elif no %}{% set n = 2 %}{% else %}{% set n = 3 %}{% endif %}{{ n }}
---
{% for i in [1] %}{% for j in [1] %}{{ n }}{% endfor %}{% set n = 1 %}{% endfor %}{{ n }}
---
{{ n }}{% for i in [1] %}{{ n }}{% endfor %}{% set n = 1 %}{{ n }}
---
{% macro m(n=n) %}{{ n }}{% endmacro %}{{ m() }}{% macro k(a=b, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ k() }}
---
{% for n in [n, 8] %}{{ n }}{% endfor %}{{ n }}
---
{% with %}{{ n }}{% endwith %}{% set n = 1 %}{% filter upper %}{{ x }}{% endfilter %}{% set x = 1 %}
---
{% for i in [1, 2] if n %}{{ i }}{% endfor %}{% set n = 0 %}
---
{% set x = 1 %}{% for i in [] %}{% else %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}
---
{% for i in [1, 2] %}{% break %}{% else %}E{% endfor %}
---
{% for i in [1, 2] %}{% continue %}{% else %}E{% endfor %}
---
{% for i in [1, 2] %}{% if i == 2 %}{% break %}{% endif %}{% else %}E{% endfor %}
---
{% set ns = namespace(_x=1) %}{{ ns._x }}
---
{% set ns = namespace() %}{% set ns._x = 1 %}
---
{% macro m() %}a{% endmacro %}{% call m() %}b{% endcall %}
---
{% macro m(a, a) %}{% endmacro %}
---
{{ 'x1'.removeprefix(('x', 'y')) }}
---
{{ 'ab'.rjust(-9223372036854775807 - 1) }}{{ 'ab'|center(-5) }}{{ 'ab'.zfill(-1) }}
---
{{ 5|round }}{{ true|round }}{{ 1.0 // 0.1 }}{{ -1.0 // 0.3 }}{{ 7.5 // -2 }}{{ -0.0 % 3 }}{{ -0.0|abs }}{{ 9007199254740993 == 9007199254740992.0 }}
---
{{ '1__0'|int }}{{ '1_0'|int }}{{ 'Infinity'|float }}{{ '-INF'|float }}{{ 'NaN'|float }}{{ '1e400'|float }}{{ '0x10'|float }}{{ '0x10'|int }}{{ '--1'|float }}
---
{{ '%x' % 1.5 }}
---
{{ 0x }}
---
{{ 5|indent }}
---
{{ [[1], [1]]|unique|list }}
---
{{ missing is callable }}{{ none is sameas none }}{{ true is sameas 1 }}
---
{{ ('<'|e)|e }}{{ '<'|safe|e }}{{ ('<'|e) ~ '<' }}{{ ['<'|e, '>']|join }}{{ ('a'|safe) is escaped }}
---
{{ n }}
---
{{ “n” }}
---
{{ raise_exception('stop ' ~ n) }}
---
{% if no %}{{ raise_exception('never') }}{{ missing() }}{{ missing.a.b }}{{ 1/0 }}{{ n|nosuch }}{{ n is nosuch }}{% endif %}ok
---
{{ n|nosuch if no else 'fine' }}
---
{{ n|nosuch }}
---
{{ missing() }}
---
{{ n() }}
---
{%- if messages[0]['role'] == 'system' -%}{%- set system = messages[0]['content'] -%}{%- set rest = messages[1:] -%}{%- else -%}{%- set rest = messages -%}{%- endif -%}{{ bos_token }}{%- for m in rest -%}{%- if (m['role'] == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception('must alternate') }}{%- endif -%}{{ '[' ~ m['role'] | upper ~ '] ' ~ (system if loop.first and system is defined else '') ~ m['content'] | trim }}{%- endfor -%}{% if add_generation_prompt %}{{ '[ASSISTANT]' }}{% endif %}
---
{{ '<|' + messages[0].role + '|>' }}{{ messages[1].content.split("'")[-1].lstrip('"') }}
---
{% set content = messages[2].content %}{% if '\n' in content %}{{ content.split('\n')[0].strip() }}{% endif %}
---
{% for m in messages|reverse %}{{ loop.index }}{{ m.role }}{% endfor %}
---
{% for m in messages[::-1] %}{{ (messages|length - 1) - loop.index0 }}{{ m.role }}{% endfor %}
---
{% set ns = namespace(last=0) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{{ ns.last }}
---
{{ messages[2].tags|tojson(indent=2)|indent(4) }}
---
{% set g = words|map('upper') %}{% for w in g %}{{ w }}{% endfor %}{% for w in g %}again{% endfor %}
---
{{ 'a' if messages|selectattr('role', 'equalto', 'tool')|list else 'b' }}
---
{% set x = x|default('d') %}{{ x }}{% set missing = missing|default('d') %}{{ missing }}
---
{% if tools is defined and tools %}t{% endif %}{% if not documents %}d{% endif %}{{ tools is none }}
---
{% for m in messages %}{% set outer_loop = loop %}{% for x in [1] %}{{ outer_loop.index }}{% endfor %}{% endfor %}
"""


def cases():
    for block in (EXPRESSIONS, FILTERS, METHODS):
        for line in block.strip().split("\n"):
            for expression in line.split(" | "):
                yield "{{ " + expression.strip().replace("\\\\", "\\") + " }}"
    for template in TEMPLATES.strip("\n").split("\n---\n"):
        yield template
    rng = random.Random(14)
    for _ in range(400):  # white space control in every combination
        parts = []
        for _ in range(rng.randint(1, 6)):
            kind = rng.choice(["text", "print", "if", "set", "comment"])
            left, right = rng.choice(["", "", "-", "+"]), rng.choice(["", "", "-"])
            if kind == "text":
                parts.append("".join(rng.choice([" ", "\n", "a", "\t", "  \n"]) for _ in range(rng.randint(1, 4))))
            elif kind == "print":
                parts.append("{{%s n %s}}" % (left, right))
            elif kind == "set":
                parts.append("{%%%s set q = 1 %s%%}" % (left, rng.choice([right, "+"])))
            elif kind == "comment":
                parts.append("{#%s c %s#}" % (left, right))
            else:
                parts.append("{%%%s if yes %s%%}\n  b \n{%%%s endif %s%%}" % (left, right, rng.choice(["", "-"]), left))
        yield "".join(parts)
    operands = ["n", "x", "'a'", "1", "[1]", "none", "true", "text[:3]", "numbers", "(1, 2)", "missing", "0", "-2", "{'a': 1}"]
    operators = ["+", "-", "*", "/", "//", "%", "~", "==", "!=", "<", ">=", "in", "and", "or", "not in", "if yes else"]
    for a, o, b in itertools.product(operands, operators, operands):
        yield "{{ %s %s %s }}" % (a, o, b)


def render(template):
    try:
        return utils.render_jinja_template(
            conversations=[VARIABLES["messages"]], chat_template=template, add_generation_prompt=True,
            **{k: v for k, v in VARIABLES.items() if k != "messages"}, **TOKENS)[0][0]
    except Exception:  # what the reference raises is of many kinds
        return None


class FixedDate(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 1, 31)


def main():
    utils.datetime = FixedDate
    out = {"variables": dict(VARIABLES, tools=None, documents=None, add_generation_prompt=True), "tokens": TOKENS,
           "date": "2026-01-31", "cases": [[t, render(t)] for t in dict.fromkeys(cases())]}
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "jinja.json")
    with open(path, "w", encoding="utf-8") as f:
        f.write('{"variables": %s,\n"tokens": %s, "date": "2026-01-31",\n"cases": [\n' %
                (json.dumps(out["variables"], ensure_ascii=False), json.dumps(TOKENS)))
        f.write(",\n".join(json.dumps(c, ensure_ascii=False) for c in out["cases"]) + "\n]}\n")
    print(len(out["cases"]), "cases,", sum(c[1] is None for c in out["cases"]), "that the reference refuses")


if __name__ == "__main__":
    main()
