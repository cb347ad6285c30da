// SPDX-License-Identifier: MIT OR Apache-2.0
// Loops with a constant number of trips: nested, with continue, with threads that part, counting
// down, never running, too long, and arrays that such counters index, or not only such.
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) readonly buffer In { uint a[]; };
layout(binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform P { uint n; };
shared uint tile[8][36];

uint mix_up(uint x)
{
    uint sum = x;
    for (int i = 3; i >= 0; i--)
        sum = sum * 31u + uint(i);
    return sum;
}

void main()
{
    uint lane = gl_LocalInvocationIndex, id = gl_GlobalInvocationID.x, at = id * 16;
    uint rows[4][4], few[6];

    for (uint i = 0; i < 4; i++)
        for (uint j = 0; j < 4; j++)
            rows[i][j] = a[(id + i * 4 + j) % n] ^ (i * j);
    uint sum = 0;
    for (uint i = 0; i < 4; i++) {
        if ((rows[i][0] & 1u) != 0)
            continue;
        for (uint j = 0; j < 4; j++) {
            sum += rows[i][j] * (j + 1);
            if ((sum & 3u) == 2u)
                sum ^= rows[j][i];
        }
    }
    r[at] = sum;

    uint x = 1, y = 1;
    for (int i = 0; i < 10; i++) { // each takes the other's place
        uint z = x + y;
        x = y;
        y = z;
    }
    r[at + 1] = x + y * (lane + 1);

    uint never = 5;
    for (uint i = 9; i < 4; i++)
        never += i;
    r[at + 2] = never;

    uint folded = 0;
    for (uint h = 16; h > 0; h /= 2)
        folded = folded * 3 + h + lane;
    r[at + 3] = folded;

    uint many = 0;
    for (uint i = 0; i < 1000; i++)
        many = many * 5 + i;
    r[at + 4] = many;

    for (uint i = 0; i < 6; i++)
        few[i] = a[(id * 7 + i) % n];
    r[at + 5] = few[id % 6] + few[5];

    uint left = 0;
    for (uint i = 0; i < 8; i++) { // left in the middle
        if ((a[(id + i) % n] & 7u) == 3u)
            break;
        left += mix_up(left + i);
    }
    r[at + 6] = left;

    uint first = 0;
    do {
        first += mix_up(first + lane);
    } while (first < 1u);
    r[at + 7] = first;

    for (uint i = 0; i < 8; i++)
        tile[i][lane] = mix_up(lane * 8 + i);
    barrier();
    uint column = (lane * 4) % 32, total = 0;
    for (uint i = 0; i < 8; i++) {
        uvec4 v;
        for (uint j = 0; j < 4; j++)
            v[j] = tile[i][column + j];
        total += v.x * 3 + v.y * 5 + v.z * 7 + v.w * 11;
        total ^= tile[i][column + 1 + (lane & 1)] + tile[i][column + 2 + (lane & 1)];
    }
    r[at + 8] = total;

    uint turns = 0;
    for (uint i = 0; i < 3; i++)
        for (uint j = i; j < 3; j++)
            for (uint k = 0; k < 40; k += 7)
                turns += (i + 1) * (j + 2) * (k + lane);
    r[at + 9] = turns;

    uint chosen = 0;
    for (uint i = 0; i < 6; i++) {
        switch ((lane + i) % 4) {
        case 0: chosen += few[i]; break;
        case 1: chosen ^= few[5 - i]; // falls
        case 2: chosen += 9; break;
        default: chosen *= 3;
        }
    }
    r[at + 10] = chosen;

    uint p = lane, q = 1; // an even number of trips, each takes the other's place
    for (int i = 50; i != 0; i--) {
        uint t = p * 3u + uint(i);
        p = q;
        q = t;
    }
    r[at + 11] = p ^ q;

    uint kept = 0;
    for (int i = -32; i <= 31; i++) { // reads, writes, and the counter below zero
        kept = kept * 7u + a[uint(i + 32) % n] + uint(i);
        r[at + 12] = kept;
        r[at + 13] = r[at + 12] + uint(i * i);
    }
    // As many trips as the running shader says; few, many, and steps whose sum would wrap.
    for (uint i = lane; i < n; i += 3)
        kept += a[i] * (i + 1u);
    for (uint i = lane * 4; i < n; i += id % 7u + 1u)
        kept = kept * 3u + a[i];
    for (uint i = lane; i < n * 0x1800000u; i += n * 0xa00000u)
        kept = kept * 5u + a[i & 63u];
    for (uint i = 0xffffff00u + lane; i < 0xfffffff0u; i += 16u)
        kept = kept * 9u + a[i & 127u];
    r[at + 14] = kept;
}
