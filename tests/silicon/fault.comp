// SPDX-License-Identifier: MIT OR Apache-2.0
// One deed of several, chosen when it runs; with the right address or index each is an error. Says
// so before and after.
#version 450
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_buffer_reference_uvec2 : require
layout(local_size_x = 1) in;
layout(buffer_reference, buffer_reference_align = 4) buffer Word { uint value; };
layout(buffer_reference, buffer_reference_align = 16) buffer Said { uint begun, result, done; };
layout(push_constant) uniform Push {
    uvec2 at, said;
    uint what, index;
};
shared uint shared_words[64];

uint local_access(uint n)
{
    uint words[32], sum = 0;

    for (uint i = 0; i < 32; i++)
        words[i] = i * n;
    words[n] = 9;
    for (uint i = 0; i < 32; i++)
        sum = sum * 3 + words[(i + n) & 31];
    return sum;
}

void main()
{
    Said say = Said(said);
    Word word = Word(at);
    uint got = 0;

    say.begun = 1;
    switch (what) {
    case 0:
        got = word.value;
        break;
    case 1:
        word.value = 0x600dcafe;
        break;
    case 2:
        got = atomicAdd(word.value, 1);
        break;
    case 3: // until somebody makes the word 1
        while (atomicOr(word.value, 0) != 1)
            got++;
        break;
    case 4:
        shared_words[index & 63] = 7;
        shared_words[index] = 8;
        got = shared_words[index & 63];
        break;
    case 5:
        got = local_access(index);
        break;
    }
    say.result = got;
    say.done = 1;
}
