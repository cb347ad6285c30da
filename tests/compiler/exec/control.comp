// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
uint early(uint x)
{
    for (uint i = 0; i < 20; i++) {
        if (x % 7 == 3)
            return i + 100;
        if (x % 5 == 1) {
            if (x > 1000)
                return i + 200;
            x = x * 3 + 1;
            continue;
        }
        x += 11;
    }
    return x;
}
uint collatz(uint x)
{
    uint steps = 0;
    while (x != 1 && steps < 300) {
        x = (x & 1) == 0 ? x / 2 : 3 * x + 1;
        steps++;
    }
    return steps;
}
uint choose(uint x)
{
    uint v = 0;
    switch (x % 9) {
    case 0: v = 10; break;
    case 1: v = 20;
    case 2: v += 30; break;
    case 5: return x;
    case 7: for (uint i = 0; i < x % 4; i++) { if (i == 2) break; v += i + 1; } break;
    default: v = x % 3; break;
    }
    return v + 1;
}
uint nested(uint x)
{
    uint s = 0;
    for (uint i = 0; i < 8; i++) {
        for (uint j = i; j < 12; j++) {
            if (((x >> j) & 1) != 0) { if (i + j == 9) break; s += i * j; }
            else if (j == 7) continue;
            else s ^= j;
            s += 1;
        }
        if (s > 90) break;
    }
    do { s -= 3; } while (s > 40 && s < 1000);
    return s;
}
void main()
{
    uint i = gl_GlobalInvocationID.x;
    if (i >= n)
        return;
    uint x = a[i];
    r[4 * i] = early(x % 2000);
    r[4 * i + 1] = collatz(x % 5000 + 1);
    r[4 * i + 2] = choose(x) + choose(x / 9);
    r[4 * i + 3] = nested(x);
}
