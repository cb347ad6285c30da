// SPDX-License-Identifier: MIT OR Apache-2.0
// C = A * B, square, row major: tiles of 64 x 64 x 16 in shared memory, 4 x 4 results per invocation.
#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(constant_id = 0) const uint SALT = 0;
layout(set = 0, binding = 0) readonly buffer A { float a[]; };
layout(set = 0, binding = 1) writeonly buffer C { float c[]; };
layout(set = 0, binding = 2) readonly buffer B { float b[]; };
layout(push_constant) uniform Parameters { uint n; float unused; };
const uint TILE = 64, DEPTH = 16, EACH = 4;
shared float tile_a[DEPTH][TILE + 4];
shared float tile_b[DEPTH][TILE + 4];

void main()
{
    uint lane = gl_LocalInvocationIndex;
    uint tx = gl_LocalInvocationID.x * EACH, ty = gl_LocalInvocationID.y * EACH;
    uint row0 = gl_WorkGroupID.y * TILE, column0 = gl_WorkGroupID.x * TILE;
    float sum[EACH][EACH];

    for (uint i = 0; i < EACH; i++)
        for (uint j = 0; j < EACH; j++)
            sum[i][j] = float(SALT);
    for (uint k0 = 0; k0 < n; k0 += DEPTH) {
        for (uint i = 0; i < 4; i++) {
            uint at = lane + i * 256;
            tile_a[at % DEPTH][at / DEPTH] = a[(row0 + at / DEPTH) * n + k0 + at % DEPTH];
            tile_b[at / TILE][at % TILE] = b[(k0 + at / TILE) * n + column0 + at % TILE];
        }
        barrier();
        for (uint k = 0; k < DEPTH; k++) {
            float u[EACH], v[EACH];
            for (uint i = 0; i < EACH; i++) {
                u[i] = tile_a[k][ty + i];
                v[i] = tile_b[k][tx + i];
            }
            for (uint i = 0; i < EACH; i++)
                for (uint j = 0; j < EACH; j++)
                    sum[i][j] = fma(u[i], v[j], sum[i][j]);
        }
        barrier();
    }
    for (uint i = 0; i < EACH; i++)
        for (uint j = 0; j < EACH; j++)
            c[(row0 + ty + i) * n + column0 + tx + j] = sum[i][j];
}
