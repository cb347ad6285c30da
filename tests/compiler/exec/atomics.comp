// SPDX-License-Identifier: MIT OR Apache-2.0
#version 450
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { uint a[]; };
layout(std430, binding = 1) buffer Out { uint r[]; };
layout(push_constant) uniform Push { uint n; uint k; float f; };
shared uint bins[16];
shared int low, high;
void main()
{
    uint t = gl_LocalInvocationIndex;
    if (t < 16)
        bins[t] = 0;
    if (t == 0) { low = 0x7fffffff; high = -0x7fffffff; }
    barrier();
    uint v = a[gl_GlobalInvocationID.x];
    atomicAdd(bins[v & 15], 1);
    atomicMin(low, int(v));
    atomicMax(high, int(v));
    uint before = atomicAdd(r[0], v & 0xff);
    atomicXor(r[1], v); atomicOr(r[2], v & 0xf0f); atomicAnd(r[3], v | 0xffff); atomicMax(r[4], v); atomicMin(r[5], v);
    uint old;
    do { old = r[6]; } while (atomicCompSwap(r[6], old, old + 1) != old);
    barrier();
    if (t < 16)
        atomicAdd(r[8 + t], bins[t]);
    if (t == 0) { atomicMin(r[7], uint(low) ^ 0x80000000u); atomicMax(r[24], uint(high) ^ 0x80000000u); }
    r[32 + gl_GlobalInvocationID.x] = before < 0x10000000u ? atomicExchange(r[25], 5u) & 0u : 1u;
}
