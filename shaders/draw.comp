#version 450
// SPDX-License-Identifier: MIT
// The head's matrix, or a part of it, times the normed hidden states; of each tile of logits the best candidate is left. A quad's
// entries share one call of the random generator.
#extension GL_GOOGLE_include_directive : require
#include "kernel.glsl"

layout(push_constant) uniform Args { rft_args_draw a; };

#define INPUT a.h
#define N_ROWS_OF_MATRIX a.n
#define K a.dim
#define STRIDE RFT_H_WORDS(a.dim)
#define NORMED
#define IS_LEFT_ALONE(row) (Rows(a.rows).v[row].state != RFT_ROW_RUNNING)
#define TILES
#include "matmul.glsl"
#include "vocabulary.glsl"

void store_quad(uint quad, uint row, vec4 results, out uvec4 kept)
{
    uint first = a.first + quad * 4u, n = min(a.n - min(quad * 4u, a.n), 4u);
    kept = uvec4(0u); // key and id of the quad's best entry
    if (IS_LEFT_ALONE(row))
        return;
    Drawing d = drawing_of(row);
    rft_philox random = random_words(d, first);
    results = soft_caps(results, a.cap_bits, a.inverse_cap_bits); // which leaves bad ones as they are
    uvec4 words = uvec4(random.x0, random.x1, random.x2, random.x3);
    for (uint i = 0u; i < n; i++) {
        float logit = results[i];
        if (!has_token(first + i))
            continue;
        if (rft_is_bad(logit) != 0u) {
            mark_bad(Rows(a.rows), row);
            continue;
        }
        float s = rft_scaled_logit(logit, d.inverse_temperature);
        if (!d.is_greedy)
            s = s + rft_gumbel(words[i]);
        uint key = rft_sort_key(s);
        if (key > kept.x)
            kept.xy = uvec2(key, first + i);
    }
}

// The better of two candidates, the second one's id being the greater.
uvec2 better(uvec2 best, uvec2 next)
{
    return next.x > best.x ? next : best;
}

void store_tile(uint tile, uint row, uvec4 kept0, uvec4 kept1, uvec4 kept2, uvec4 kept3)
{
    if (IS_LEFT_ALONE(row))
        return;
    uvec2 best = better(better(better(kept0.xy, kept1.xy), kept2.xy), kept3.xy);
    uint at = (row * a.n_parts + a.first / RFT_TILE + tile) * 2u;
    Words(a.candidates).v[at] = best.x;
    Words(a.candidates).v[at + 1u] = best.y;
}
