// SPDX-License-Identifier: MIT OR Apache-2.0
// Fences carry no scoreboard: on an H100 (580.159.04) one that MEMBAR.ALL.CTA or CCTL.IVALL sets never
// falls. The distances are what follows from that; without scoreboards this shader ran there.
// options --print sass --arch sm_90
// expect MEMBAR.ALL.GPU                                               /* stall 6 wait
// expect CCTL.IVALL                                                   /* stall 11 */
// expect MEMBAR.ALL.CTA                                               /* stall 6 */
#version 450
layout(local_size_x = 64) in;
layout(set = 0, binding = 0) coherent buffer Out { uint cells[]; };

void main()
{
    uint i = gl_LocalInvocationID.x;
    cells[i * 16 + 1] = i + 100;
    memoryBarrier();
    cells[i * 16] = cells[i * 16 + 1] + 1;
    memoryBarrierBuffer();
    groupMemoryBarrier();
    cells[i * 16 + 2] = cells[i * 16] + 1;
}
